package feed

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// cut returns the values of a stream with their places, and what is wrong
// between them.
func cut(t testing.TB, src io.Reader, lines bool) (out []string) {
	t.Helper()
	for v := newValues(src, lines); ; {
		text, line, column, err := v.next()
		if v.bad != "" {
			out = append(out, fmt.Sprintf("%d: %s", v.badLine, v.bad))
		}
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%d:%d %s", line, column, text))
	}
}

func TestValues(t *testing.T) {
	for _, tc := range []struct {
		name, src string
		lines     bool
		want      []string
	}{
		{name: "array", src: "[{\"a\":\"]é\\\"}\"} ,[1,[2]], 3,\n\"x,\\\\\",null]\n", want: []string{
			`1:2 {"a":"]é\"}"}`, `1:17 [1,[2]]`, `1:26 3`, `2:1 "x,\\"`, `2:8 null`}},
		{name: "values", src: "{}\n{\n\"a\":1}{} 7\n8", want: []string{"1:1 {}", "2:1 {\n\"a\":1}", "3:7 {}", "3:10 7", "4:1 8"}},
		{name: "lines", src: "\ufeff {} \r\n\n{\"a\":\nx", lines: true, want: []string{"1:2 {} \r", "3:1 {\"a\":", "4:1 x"}},
		{name: "array in a file of lines", src: "\n[{},\n{}]", lines: true, want: []string{"2:2 {}", "3:1 {}"}},
		{name: "after the array", src: "[1] 2", want: []string{"1:2 1", "1:5 2"}},
		{name: "cut off", src: "[{\"a\":\"\\", want: []string{"1:2 {\"a\":\"\\", "1: the array is not closed: the file is cut off"}},
		{name: "trailing comma", src: "[1,]", want: []string{"1:2 1", "1: a comma before the end of the array"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, src := range []io.Reader{strings.NewReader(tc.src), iotest.OneByteReader(strings.NewReader(tc.src))} {
				if diff := cmp.Diff(tc.want, cut(t, src, tc.lines)); diff != "" {
					t.Errorf("mismatch (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestLimit(t *testing.T) {
	src := "{}\n" + strings.Repeat("x", 5*blockSize) + "\n{}"
	v := newValues(strings.NewReader(src), true)
	v.limit = blockSize
	for _, want := range []struct {
		line int
		bad  string
	}{{1, ""}, {3, "the line is longer than 65536 bytes"}} {
		text, line, _, err := v.next()
		if err != nil || line != want.line || v.bad != want.bad || string(text) != "{}" {
			t.Errorf("line %d: %q, wrong %q, error %v; want line %d, wrong %q", line, text, v.bad, err, want.line, want.bad)
		}
	}
	v = newValues(strings.NewReader("[\""+strings.Repeat("x", 5*blockSize)+"\"]"), false)
	v.limit = blockSize
	if _, _, _, err := v.next(); err == nil || err.Error() != "a value is longer than 65536 bytes" {
		t.Errorf("in an array: error %v", err)
	}
}

// A valid array is cut into its items; however it arrives, the answer is the same.
func FuzzValues(f *testing.F) {
	for _, src := range []string{`[{"id":1},{"id":"é\"]"}]`, "{\"id\":1}\n{}", "[1,,2", "[[]]{}", "\ufeff[]", "[\"\\", "]}", "{\"a\": [}", "1 2,3]4"} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		whole := cut(t, strings.NewReader(src), false)
		if diff := cmp.Diff(whole, cut(t, iotest.OneByteReader(strings.NewReader(src)), false)); diff != "" {
			t.Fatalf("byte by byte: mismatch (-whole +bytes):\n%s", diff)
		}
		cut(t, strings.NewReader(src), true)
		var items []json.RawMessage
		if json.Unmarshal([]byte(src), &items) != nil || items == nil {
			return
		}
		var want []string
		for _, item := range items {
			want = append(want, string(bytes.TrimSpace(item)))
		}
		var got []string
		for _, text := range whole {
			_, value, _ := strings.Cut(text, " ")
			got = append(got, strings.TrimSpace(value))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q: mismatch (-want +got):\n%s", src, diff)
		}
	})
}

// badges is a file like those that web services give, one object a line.
func badges(rows int) string {
	var b strings.Builder
	for i := range rows {
		fmt.Fprintf(&b, `{"badgeId": %d, "cardholder": "Given%d Family%d", "personnelNumber": "%06d", "email": null, "zones": ["HQ-%d", "LAB"], `+
			`"active": true, "issued": "2024-04-03", "created": "2024-04-03T06:00:00Z", "disabled": false}`+"\n", 40000000+i, i, i, i, i%9)
	}
	return b.String()
}

// A value that a chunk of memory holds stays as it was when more is read.
func TestJSONKeepsValues(t *testing.T) {
	data := badges(5000)
	f, err := JSON("B.jsonl", func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(data)), nil }, Options{NativeIdentity: "badgeId"})
	if err != nil {
		t.Fatal(err)
	}
	var all []identity.Account
	for a, err := range f.Accounts(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
	}
	for i, a := range all {
		if got, want := a.Attributes.Get("cardholder").Text(), fmt.Sprintf("Given%d Family%d", i, i); got != want {
			t.Fatalf("account %d: %q, want %q", i, got, want)
		}
		if a.Attributes.Schema() != all[0].Attributes.Schema() {
			t.Fatalf("account %d has a schema of its own", i)
		}
	}
}

// Reading with one set of findings twice gives the same.
func TestReadTwice(t *testing.T) {
	n := 0
	o := Options{NativeIdentity: "badgeId", OnFinding: func(diag.Diagnostic) { n++ }}
	data := badges(3) + badges(1)
	f, err := JSON("B.jsonl", func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(data)), nil }, o)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		for _, err := range f.Accounts(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if n != 2 {
		t.Errorf("%d findings, want one each time", n)
	}
}

func BenchmarkJSON(b *testing.B) {
	data := badges(20000)
	f, err := JSON("B.jsonl", func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(data)), nil }, Options{NativeIdentity: "badgeId"})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		for range f.Accounts(b.Context()) {
		}
	}
}
