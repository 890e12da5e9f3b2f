package profile_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform"
)

// acme runs the example tenant.
func acme(t *testing.T, o profile.Options) (*profile.Engine, []*profile.Result) {
	t.Helper()
	var fsys fs.FS = os.DirFS("../examples/acme")
	b, found := config.Load(fsys)
	sources, missing := b.Accounts(fsys, nil)
	engine, _ := profile.Compile(b, o)
	if err := append(found, missing...).Err(); err != nil {
		t.Fatal(err)
	}
	var results []*profile.Result
	for r, err := range engine.Run(t.Context(), profile.RunOptions{Now: b.Settings.Now}, sources...) {
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, r)
	}
	return engine, results
}

// An isolated attribute is what the run gave, except where the population decided.
func TestIsolated(t *testing.T) {
	engine, results := acme(t, profile.Options{Observe: true})
	steps, depth := 0, 0
	trace := &transform.Tracer{
		Begin: func(*transform.Site, identity.Value) { steps, depth = steps+1, depth+1 },
		End:   func(*transform.Site, identity.Value, error) { depth-- },
	}
	v := engine.NewRun(profile.RunOptions{Now: engine.Bundle().Settings.Now}).Evaluator(t.Context()).Isolated().Traced(trace)
	each := map[string]*profile.Evaluator{}
	for _, p := range engine.Bundle().Profiles {
		for _, m := range p.Mappings {
			each[m.Attribute] = v.Only(m.Attribute)
		}
	}
	compared := 0
	for _, r := range results {
		if r.Orphaned || len(r.Errors)+len(r.Exceptions) > 0 {
			continue
		}
		for _, m := range engine.Bundle().Profile(r.Identity.Profile).Mappings {
			got, err := each[m.Attribute].Evaluate(r.Identity)
			if err != nil || len(got.Errors) > 0 {
				t.Fatalf("%s: %s: %v %v", r.Account, m.Attribute, err, got.Errors)
			}
			value := got.Identity.Attribute(m.Attribute).Text()
			if want := r.Identity.Attribute(m.Attribute).Text(); m.Attribute != "manager" && value != want {
				t.Errorf("%s: mismatch (-want +got):\n%s", m.Attribute, cmp.Diff(want, value))
			}
			compared++
		}
	}
	if compared < 5000 || steps < compared || depth != 0 {
		t.Errorf("%d values, %d steps, depth %d at the end", compared, steps, depth)
	}
}

// Some attributes are what they are among all, and nothing else is in the result.
func TestOnly(t *testing.T) {
	engine, results := acme(t, profile.Options{})
	v := engine.NewRun(profile.RunOptions{Now: engine.Bundle().Settings.Now}).Evaluator(t.Context())
	names := []string{"email", "nobodyMapsThis", "uid"}
	some, none := v.Only(names...), v.Only()
	for _, r := range results {
		person := *r.Identity
		person.Attributes = identity.Attributes{}
		all, err := v.Evaluate(&person)
		if err != nil {
			t.Fatal(err)
		}
		want := all.Clone()
		got, err := some.Evaluate(&person)
		if err != nil {
			t.Fatal(err)
		}
		wantNames := []string{"email", "uid"}
		if want.Identity.Attributes.Schema() == nil { // it has no profile
			wantNames = nil
		}
		if diff := cmp.Diff(wantNames, got.Identity.Attributes.Schema().Names()); diff != "" {
			t.Fatalf("%s: mismatch (-want +got):\n%s", person.Alias, diff)
		}
		for _, name := range wantNames {
			if a, b := want.Identity.Attribute(name), got.Identity.Attribute(name); !a.Equal(b) {
				t.Errorf("%s %s: %s among all, %s alone", person.Alias, name, a, b)
			}
		}
		for _, c := range got.Changes {
			if c.Attribute != "email" && c.Attribute != "uid" {
				t.Errorf("%s: change of %s", person.Alias, c.Attribute)
			}
		}
		if got, err := none.Evaluate(&person); err != nil || got.Identity.Attributes.Schema().Len() > 0 {
			t.Errorf("%s: got %v, %v, want nothing", person.Alias, got.Identity.Attributes, err)
		}
	}
}

// A result that was cloned, and the attributes of any result, outlive what the
// evaluator does next; the person may be the last result's.
func TestEvaluatorKeeps(t *testing.T) {
	engine, results := acme(t, profile.Options{})
	v := engine.NewRun(profile.RunOptions{Now: engine.Bundle().Settings.Now}).Evaluator(t.Context())
	var clones []*profile.Result
	var rows []string
	for _, r := range results {
		got, err := v.Evaluate(r.Identity)
		if err != nil {
			t.Fatal(err)
		}
		clones, rows = append(clones, got.Clone()), append(rows, strings.Clone(got.Identity.Attributes.Row()))
		again, err := v.Evaluate(got.Identity)
		if err != nil || len(again.Changes) > 0 {
			t.Fatalf("%s: changes %v, error %v", r.Account, again.Changes, err)
		}
	}
	for n, c := range clones {
		if c.Identity.ID != results[n].Identity.ID || c.Identity.Attributes.Row() != rows[n] {
			t.Errorf("result %d is no longer what it was", n)
		}
	}
}

// An evaluator ends with its context.
func TestEvaluatorCanceled(t *testing.T) {
	engine, results := acme(t, profile.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	v := engine.NewRun(profile.RunOptions{}).Evaluator(ctx)
	cancel()
	if _, err := v.Evaluate(results[0].Identity); !errors.Is(err, context.Canceled) {
		t.Errorf("Evaluate: got error %v", err)
	}
	if _, err := v.Explain(results[0].Identity); !errors.Is(err, context.Canceled) {
		t.Errorf("Explain: got error %v", err)
	}
}
