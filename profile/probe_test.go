package profile_test

import (
	"errors"
	"io/fs"
	"os"
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

// A probe gives what the run gave, except where the population decided.
func TestProbe(t *testing.T) {
	engine, results := acme(t, profile.Options{Observe: true})
	run := engine.NewRun(profile.RunOptions{Now: engine.Bundle().Settings.Now})
	steps, depth := 0, 0
	trace := &transform.Tracer{
		Begin: func(*transform.Site, identity.Value) { steps, depth = steps+1, depth+1 },
		End:   func(*transform.Site, identity.Value, error) { depth-- },
	}
	if _, err := run.Probe(t.Context(), "Nobody", nil); !errors.Is(err, identity.ErrNotFound) {
		t.Errorf("got error %v, want %v", err, identity.ErrNotFound)
	}
	compared := 0
	for _, name := range []string{"Employees", "Contractors"} {
		p, err := run.Probe(t.Context(), name, trace)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results {
			if r.Identity.Profile != name || len(r.Errors)+len(r.Exceptions) > 0 {
				continue
			}
			p.Take(r.Identity)
			for i, attribute := range p.Attributes() {
				got, err := p.Evaluate(i)
				if err != nil {
					t.Fatalf("%s: %s: %v", r.Account, attribute, err)
				}
				if want := r.Identity.Attribute(attribute).Text(); attribute != "manager" && got.Text() != want {
					t.Errorf("%s: mismatch (-want +got):\n%s", attribute, cmp.Diff(want, got.Text()))
				}
				compared++
			}
		}
	}
	if compared < 5000 || steps < compared || depth != 0 {
		t.Errorf("%d values, %d steps, depth %d at the end", compared, steps, depth)
	}
}
