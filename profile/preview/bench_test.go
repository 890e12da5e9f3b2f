package preview_test

import (
	"flag"
	"os"
	"testing"

	"github.com/idprofile/engine/examples/preview/tenant"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/preview"
)

var size = flag.Int("people", 5000, "people in benchmarks")

// BenchmarkCompare shows what a comparison costs beside one run: in full, and
// where one attribute alone can differ.
func BenchmarkCompare(b *testing.B) {
	dir := b.TempDir()
	if _, err := tenant.Write(b.Context(), dir, tenant.Options{People: *size, Seed: 1}); err != nil {
		b.Fatal(err)
	}
	before, _ := config.Load(os.DirFS(dir))
	sources, found := before.Accounts(os.DirFS(dir), func(diag.Diagnostic) {})
	if found.HasErrors() {
		b.Fatal(found)
	}
	o := profile.RunOptions{Now: before.Settings.Now, Seed: before.Settings.Seed, Workers: 2}
	b.Run("run", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			once(b, before, o, sources)
		}
	})
	for _, c := range []struct {
		name, change string
		full         bool
	}{
		{"unchanged/full", "", true}, {"everybody/full", "domain-change", true}, {"priority/full", "priority-swap", true},
		{"attribute/full", "broken-transform", true}, {"attribute/part", "broken-transform", false},
	} {
		after := acme(b, c.change)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r, err := preview.Compare(b.Context(), before, after, preview.Options{Run: o, Full: c.full}, sources...)
				if err != nil {
					b.Fatal(err)
				}
				if !c.full && r.Evaluated == "all" {
					b.Fatal("the comparison was not partial")
				}
			}
		})
	}
}

func once(b *testing.B, bundle *config.Bundle, o profile.RunOptions, sources []identity.Source) {
	b.Helper()
	e, _ := profile.Compile(bundle, profile.Options{})
	for _, err := range e.Run(b.Context(), o, sources...) {
		if err != nil {
			b.Fatal(err)
		}
	}
}
