package survey_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/survey"
)

// The reasons for nulls are those that explaining each person gives, although most people
// are not explained because the same is true of others.
func TestReasonsAreThoseOfEverybody(t *testing.T) {
	folder := os.DirFS("../../examples/acme")
	b, _ := config.Load(folder)
	e, _ := profile.Compile(b, profile.Options{})
	o := profile.RunOptions{Now: b.Settings.Now, Seed: b.Settings.Seed, Workers: 2}
	sources, _ := b.OpenAccounts(folder, config.Listener{})
	want := map[string]int{}
	v := e.NewRun(o).Evaluator(t.Context())
	for r, err := range e.Run(t.Context(), o, sources...) {
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range b.Profile(r.Identity.Profile).Mappings {
			if !r.Identity.Attribute(m.Attribute).IsNull() || m.Attribute == "uid" || m.Attribute == "manager" {
				continue
			}
			trace, err := v.Explain(r.Identity, m.Attribute)
			if err != nil {
				t.Fatal(err)
			}
			if reason, _ := survey.Reason(trace.Attributes[0].Step); reason != "" {
				want[r.Identity.Profile+" "+m.Attribute+": "+reason]++
			}
		}
	}

	report, err := survey.Take(t.Context(), folder, b, e, survey.Options{Run: o, Examples: 100})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, a := range report.Attributes {
		if a.Name == "uid" || a.Name == "manager" {
			continue
		}
		for _, n := range a.Nulls {
			got[a.Profile+" "+a.Name+": "+n.Reason] = n.Count
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-everybody +survey):\n%s", diff)
	}
	if len(want) < 20 {
		t.Errorf("only %d reasons", len(want))
	}
}
