package report_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity/report"
)

func TestSafeWriter(t *testing.T) {
	for _, tc := range []struct{ name, in, page, json string }{
		{name: "plain", in: "a <b> é 人\n\tz", page: "a <b> é 人\n\tz", json: "a <b> é 人\n\tz"},
		{name: "controls", in: "\u009bx\x7f\u0085", page: "\uFFFDx\u2421\uFFFD", json: `\u009bx\u007f\u0085`},
		{name: "escape", in: "\x1b[31m\r\n", page: "\u241b[31m\u240d\n", json: "\x1b[31m\r\n"}, // JSON has none
		{name: "marks", in: "a\u202eb\u2066\u200f\u061c\u2028", page: "a\uFFFDb\uFFFD\uFFFD\uFFFD\uFFFD", json: `a\u202eb\u2066\u200f\u061c\u2028`},
		{name: "no UTF-8", in: "a\xffb\xc2", page: "a\uFFFDb\uFFFD", json: `a\ufffdb\ufffd`},
	} {
		for _, step := range []int{1, 2, 3, len(tc.in)} { // characters are cut anywhere
			for _, form := range []struct {
				name, want string
				make       func(*bytes.Buffer) *report.SafeWriter
			}{
				{"page", tc.page, func(b *bytes.Buffer) *report.SafeWriter { return report.NewSafePage(b) }},
				{"json", tc.json, func(b *bytes.Buffer) *report.SafeWriter { return report.NewSafeJSON(b) }},
			} {
				var b bytes.Buffer
				w := form.make(&b)
				for i := 0; i < len(tc.in); i += step {
					if _, err := w.Write([]byte(tc.in[i:min(i+step, len(tc.in))])); err != nil {
						t.Fatal(err)
					}
				}
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(form.want, b.String()); diff != "" {
					t.Errorf("%s as %s by %d: mismatch (-want +got):\n%s", tc.name, form.name, step, diff)
				}
			}
		}
	}
}

// FuzzSafeWriter writes JSON in two pieces: it means the same as before.
func FuzzSafeWriter(f *testing.F) {
	f.Add("a\u009b\u202e\x7f\U0001F600", 3)
	f.Fuzz(func(t *testing.T, text string, at int) {
		src, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		at = max(0, min(at, len(src)))

		var b strings.Builder
		w := report.NewSafeJSON(&b)
		_, _ = w.Write(src[:at]) // a strings.Builder has no errors
		_, _ = w.Write(src[at:])
		_ = w.Close()

		var want, got string
		if err := json.Unmarshal(src, &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(b.String()), &got); err != nil || got != want {
			t.Errorf("%q became %q: %v", src, b.String(), err)
		}
		if strings.ContainsAny(b.String(), "\u009b\u202e\x7f") {
			t.Errorf("unsafe: %q", b.String())
		}
	})
}
