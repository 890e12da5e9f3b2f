package mappingtest_test

import (
	"io/fs"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/profiletest"
)

// suites are the configurations with the figures that their tests must reach.
var suites = []struct {
	name, folder              string
	cases                     int
	mappings, branches, score float64 // least percentages
}{
	{name: "acme", folder: "../acme", cases: 60, mappings: 100, branches: 90, score: 80},
	{name: "m20", folder: "m20", cases: 50, mappings: 100, branches: 90, score: 80},
}

func compile(t *testing.T, fsys fs.FS) (*config.Bundle, *profile.Engine) {
	t.Helper()
	bundle, found := config.Load(fsys)
	engine, _ := profile.Compile(bundle, profile.Options{})
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return bundle, engine
}

func TestSuites(t *testing.T) {
	for _, s := range suites {
		t.Run(s.name, func(t *testing.T) {
			fsys := os.DirFS(s.folder)
			_, engine := compile(t, fsys)
			profiletest.Test(t, engine, fsys, "./...")
		})
	}
}

func TestCoverage(t *testing.T) {
	for _, s := range suites {
		t.Run(s.name, func(t *testing.T) {
			fsys := os.DirFS(s.folder)
			bundle, _ := compile(t, fsys)
			suite, found := profiletest.Load(fsys, "")
			if err := found.Err(); err != nil {
				t.Fatal(err)
			}
			if suite.Len() < s.cases {
				t.Errorf("%d cases, expected at least %d", suite.Len(), s.cases)
			}
			cover := profiletest.NewCoverage(bundle, profiletest.Options{})
			if _, found, err := cover.Suite(t.Context(), suite); err != nil || found.HasErrors() {
				t.Fatal(err, found)
			}
			sum := cover.Summary()
			if sum.Mappings.Percent() < s.mappings || sum.Branches.Percent() < s.branches {
				var b strings.Builder
				if err := cover.WriteText(&b, profiletest.TextOptions{}); err != nil {
					t.Fatal(err)
				}
				t.Errorf("expected at least %g %% of mappings and %g %% of branches\n%s", s.mappings, s.branches, b.String())
			}
		})
	}
}

func TestMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for _, s := range suites {
		t.Run(s.name, func(t *testing.T) {
			fsys := os.DirFS(s.folder)
			bundle, _ := compile(t, fsys)
			suite, _ := profiletest.Load(fsys, "")
			m, _, err := profiletest.Mutate(t.Context(), bundle, suite, profiletest.Options{}, runtime.GOMAXPROCS(0))
			if err != nil {
				t.Fatal(err)
			}
			if m.Score() < s.score {
				var b strings.Builder
				if err := m.WriteText(&b, profiletest.TextOptions{}); err != nil {
					t.Fatal(err)
				}
				t.Errorf("expected a score of %g %%\n%s", s.score, b.String())
			}
		})
	}
}
