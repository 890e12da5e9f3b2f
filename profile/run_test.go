package profile_test

import (
	"encoding/json"
	"os"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/fixture"
)

// TestEvaluateTogether: what an evaluator gives somebody does not depend
// on whom the run evaluated before, or evaluates meanwhile.
func TestEvaluateTogether(t *testing.T) {
	fsys := os.DirFS("../examples/acme")
	bundle, _ := config.Load(fsys)
	sources, _ := bundle.Accounts(fsys, nil)
	engine, _ := profile.Compile(bundle, profile.Options{})
	options := profile.RunOptions{Now: fixture.Now}
	var people []*identity.Identity
	for r, err := range engine.Run(t.Context(), options, sources...) {
		if err != nil {
			t.Fatal(err)
		}
		i := *r.Identity
		i.Attributes = identity.Attributes{}
		people = append(people, &i)
	}
	evaluate := func(v *profile.Evaluator, i *identity.Identity) string {
		r, err := v.Evaluate(i)
		if err != nil {
			t.Error(err)
			return ""
		}
		text, err := json.Marshal(r.Identity)
		if err != nil {
			t.Error(err)
		}
		for _, e := range r.Errors {
			text = append(text, e.Error()...)
		}
		return string(text)
	}
	want := make([]string, len(people))
	for n, i := range people {
		want[n] = evaluate(engine.NewRun(options).Evaluator(t.Context()), i) // alone
	}
	run := engine.NewRun(options)
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			v := run.Evaluator(t.Context())
			for k := range people {
				n := (k*7 + worker*50) % len(people)
				if diff := cmp.Diff(want[n], evaluate(v, people[n])); diff != "" {
					t.Errorf("person %d: mismatch (-alone +together):\n%s", n, diff)
				}
			}
		})
	}
	wg.Wait()
}
