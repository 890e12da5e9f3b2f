package profile_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/fixture"
	"github.com/idprofile/engine/transform"
)

// runSeeds are mappings, settings of the HR source, its delimited file and the JSON file of AD.
var runSeeds = []struct{ mapping, settings, hr, ad string }{
	{`{"type":"upper","attributes":{"input":{"type":"accountAttribute","attributes":{"sourceName":"AD","attributeName":"cn"}}}}`,
		`{}`, "id,login,mail\n1,ann,a@x\n2,bo,b@x\n2,bo,c@x\n", `[{"id":"x","owner":"ann","cn":"Ann"},{"id":"y","owner":"zoe"}]`},
	{`{"type":"firstValid","attributes":{"values":[{"type":"static","attributes":{"value":"$identity.getAttribute('uid')"}},"x"]}}`,
		`{"delimiter":";","quote":"'","hasHeader":false,"columnNames":["id","login","mail"]}`, "1;'a\nn';a@x\n;;\n3;bo", "{\"id\":\"x\",\"owner\":\"bo\"}\n{\"id\":1}\n[]"},
	{`{"type":"randomAlphaNumeric"}`, `{"mergeRows":true,"indexColumns":["id"],"mergeColumns":["mail"],"separator":"|","comment":"#"}`,
		"id,login,mail\n#x\n1,ann,a\n1,ann,b|c\n\xff,\ud7ff,\r", `[{"id":"\ud800","owner":"ann"}]`},
	{`{"type":"dateMath","attributes":{"expression":"now+1d","roundUp":true}}`, `{"filter":"login == \"bo\"","encoding":"UTF-16","keepEmpty":true,"stableId":"mail"}`,
		"id,login,mail\n1,ann,a\n", `{"accounts":[{"nativeIdentity":"x"}]}`},
}

// FuzzRun runs any mapping, settings of a delimited file and account files as a whole: it ends
// without a panic, and with one worker and with two it gives the same results and findings, in
// JSON that is UTF-8.
func FuzzRun(f *testing.F) {
	for _, s := range runSeeds {
		f.Add(s.mapping, s.settings, s.hr, s.ad)
	}
	f.Fuzz(func(t *testing.T, mapping, settings, hr, ad string) {
		files := fstest.MapFS{
			"p.json": {Data: fmt.Appendf(nil, `[%s,%s,%s]`,
				fixture.Profile("P", 1, "HR", "uid=HR.login", "email=HR.mail", "nick={\"type\":\"trim\",\"attributes\":{\"input\":"+mapping+"}}"),
				fixture.Source("HR"), fixture.Source("AD", "uid=owner"))},
			"idprofile.json":   {Data: fmt.Appendf(nil, `{"sources":{"HR":%s}}`, settings)},
			"accounts/HR.csv":  {Data: []byte(hr)},
			"accounts/AD.json": {Data: []byte(ad)},
		}
		b, _ := config.Load(files)
		e, _ := profile.Compile(b, profile.Options{})
		var want string
		for _, workers := range []int{1, 2} {
			got := outcomeText(t, e, b, files, workers)
			if !utf8.ValidString(got) {
				t.Errorf("%d workers: the output is not UTF-8: %q", workers, got)
			}
			if workers == 1 {
				want = got
			} else if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("mismatch (-one worker +two):\n%s", diff)
			}
		}
	})
}

// outcomeText is all that a run over the files and many more people gives, as text. The people
// are so many that two workers have parts of the work.
func outcomeText(t *testing.T, e *profile.Engine, b *config.Bundle, files fstest.MapFS, workers int) string {
	var out strings.Builder
	found := diag.List{}
	sources, _ := b.Accounts(files, nil)
	for i, s := range sources {
		if s.Name() == "HR" {
			sources[i] = crowded{s}
		}
	}
	o := profile.RunOptions{
		Now:     fixture.Now,
		Workers: workers,
		Limits:  transform.Limits{Steps: 5_000, Output: 100_000},
		Hooks:   profile.Hooks{OnFinding: func(d diag.Diagnostic) { found.Add(d) }},
	}
	for r, err := range e.Run(t.Context(), o, sources...) {
		if err != nil {
			if panicked := (*profile.PanicError)(nil); errors.As(err, &panicked) {
				t.Fatalf("%v\n%s", err, panicked.Stack)
			}
			fmt.Fprintf(&out, "error %q\n", err)
			break
		}
		out.Write(r.AppendJSON(nil))
		out.WriteByte('\n')
	}
	for _, d := range found {
		fmt.Fprintf(&out, "%q\n", d.String())
	}
	return out.String()
}

// crowded is a source with some people more.
type crowded struct{ identity.Source }

func (c crowded) Accounts(ctx context.Context) iter.Seq2[identity.Account, error] {
	return func(yield func(identity.Account, error) bool) {
		for a, err := range c.Source.Accounts(ctx) {
			if !yield(a, err) {
				return
			}
		}
		for i := range 1100 {
			login := fmt.Sprint("crowd", i)
			a := fixture.Account(login, "login="+login, "mail="+login)
			a.Source = "HR"
			if !yield(a, nil) {
				return
			}
		}
	}
}
