package profile_test

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/idprofile/engine/identity/cputime"
	"github.com/idprofile/engine/profile"
)

var duckdb = flag.String("duckdb", "", "a folder in which npm has installed @duckdb/node-api, to compare evaluation with")

// TestDuckDB compares the mapping set without phone numbers with one statement of DuckDB on
// one thread: processor time of a person, medians. The values of both are the same, but for
// names that lose their accents in another way.
func TestDuckDB(t *testing.T) {
	if *duckdb == "" {
		t.Skip("for measuring: -duckdb FOLDER -v")
	}

	const n = 20_000
	engine := m20Engine(t)
	people := m20People(t, engine, n)
	newBatch(t, engine, people) // they are new
	withoutAttributes(people, []string{"phone", "telephoneNumber"})
	v := engine.NewRun(profile.RunOptions{Now: m20Now}).Evaluator(t.Context())
	folder := t.TempDir()
	if err := os.CopyFS(folder, m20Folder(t, n)); err != nil {
		t.Fatal(err)
	}

	var ratios []float64
	for range 5 {
		cmd := exec.CommandContext(t.Context(), "node", "testdata/m20/duckdb.cjs", folder)
		cmd.Env = append(os.Environ(), "NODE_PATH="+filepath.Join(*duckdb, "node_modules"))
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		var theirs struct {
			Version string
			NS      float64
			Names   []string
			Rows    [][]string
		}
		if err := json.Unmarshal(out, &theirs); err != nil {
			t.Fatal(err)
		}

		var took []float64
		for range 9 {
			took = append(took, float64(cputime.Of(func() {
				for _, who := range people {
					v.Evaluate(who)
				}
			}))/n)
		}
		slices.Sort(took)
		ratios = append(ratios, theirs.NS/took[len(took)/2])
		t.Logf("DuckDB %s takes %.0f ns a person, the engine %.0f", theirs.Version, theirs.NS, took[len(took)/2])

		for i, row := range theirs.Rows {
			r, err := v.Evaluate(people[i])
			if err != nil {
				t.Fatal(err)
			}
			for k, name := range theirs.Names {
				got := r.Identity.Attributes.Get(name).Text()
				if got != row[k] && name != "sortName" {
					t.Fatalf("%s is %q, of DuckDB %q", name, got, row[k])
				}
			}
		}
	}

	slices.Sort(ratios)
	t.Logf("the engine is %.2f times as fast (median of %d runs)", ratios[len(ratios)/2], len(ratios))
}
