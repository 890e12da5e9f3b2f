package profiletest

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// What a case gives alone is what it gives as a population, exceptions about
// others aside.
func TestAloneIsTheSame(t *testing.T) {
	compared := 0
	for _, folder := range []string{"testdata/tenant", "../../examples/acme"} {
		fsys := os.DirFS(folder)
		b, _ := config.Load(fsys)
		s, found := Load(fsys, "")
		if err := found.Err(); err != nil {
			t.Fatal(err)
		}
		o := Options{Compile: profile.Options{Rules: s.Rules()}}
		e, _ := profile.Compile(b, o.Compile)
		cases, _ := s.bind(t.Context(), b, e)
		r := &runner{ctx: t.Context(), engine: e, options: o}
		for _, c := range cases {
			if c.alone == nil {
				continue
			}
			alone, err := r.identity(c)
			if err != nil {
				t.Fatal(err)
			}
			c.alone = nil
			full, err := r.identity(c)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(summaryOf(full.subject), summaryOf(alone.subject)); diff != "" {
				t.Errorf("%s: mismatch (-population +alone):\n%s", c.FullName(), diff)
			}
			compared++
		}
	}
	if compared < 60 {
		t.Errorf("only %d cases run alone", compared)
	}
}

// summaryOf is what expectations can see of a result that is alone.
func summaryOf(r *profile.Result) map[string]string {
	out := map[string]string{"profile": r.Identity.Profile, "status": string(r.Lifecycle.Status), "state": r.Lifecycle.State, "alias": r.Identity.Alias, "account": r.Account.String()}
	for _, name := range r.Identity.Attributes.Schema().Names() {
		if name == "manager" {
			continue // settled by the population
		}
		out["attribute "+name] = described(r.Identity.Attributes.Get(name), errorOf(r, name))
	}
	for _, x := range r.Exceptions {
		out["exception "+exceptionText(x)] = x.Message
	}
	return out
}
