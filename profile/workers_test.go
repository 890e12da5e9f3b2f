package profile_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// Results do not depend on the number of workers that match accounts, evaluate
// and put results together, and nothing goes on when nobody wants more of them.
func TestWorkers(t *testing.T) {
	acme, people := os.DirFS("../examples/acme"), m20Folder(t, 3000)
	bundle, _ := config.Load(acme)
	engine, _ := profile.Compile(bundle, profile.Options{})
	twenty := m20Engine(t)
	for _, tc := range []struct {
		name   string
		engine *profile.Engine
		open   func() []identity.Source
	}{
		{"acme", engine, func() []identity.Source { s, _ := bundle.Accounts(acme, nil); return s }},
		{"m20", twenty, func() []identity.Source { s, _ := twenty.Bundle().Accounts(people, nil); return s }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var want []string
			for _, workers := range []int{1, 2, 5} {
				var got []string
				for r, err := range tc.engine.Run(t.Context(), profile.RunOptions{Now: m20Now, Workers: workers}, tc.open()...) {
					if err != nil {
						t.Fatal(err)
					}
					if got = append(got, string(r.AppendJSON(nil))); workers == 5 && len(got) == 100 {
						break
					}
				}
				if want == nil {
					want = got
				}
				if diff := cmp.Diff(want[:len(got)], got); diff != "" {
					t.Errorf("%d workers: mismatch (-want +got):\n%s", workers, diff)
				}
			}
		})
	}
}
