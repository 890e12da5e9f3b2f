package pipeline_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/examples/beam/pipeline"
	"github.com/idprofile/engine/examples/beam/shards"
	"github.com/idprofile/engine/profile/config"
)

func TestMain(m *testing.M) {
	beam.Init()
	slog.SetDefault(slog.New(slog.DiscardHandler))
	if os.Getenv(asWorker) != "" {
		serve()
	}
	os.Exit(m.Run())
}

var _ = prism.Execute // registers the runner

// jobOf makes a job of a folder with configuration and accounts.
func jobOf(t *testing.T, folder string) *pipeline.Job {
	t.Helper()
	fsys := os.DirFS(folder)
	b, found := config.Load(fsys)
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	packed, err := pipeline.Pack(fsys, b.Data)
	if err != nil {
		t.Fatal(err)
	}
	j := &pipeline.Job{Config: packed, Root: folder, Now: b.Settings.Now, Seed: b.Settings.Seed, Bounds: pipeline.Defaults()}
	for _, s := range b.Sources {
		for i, file := range b.Data[s.Name] {
			j.Shards = append(j.Shards, shards.Shard{Source: s.Name, File: file, Number: i})
		}
	}
	return j
}

// ownFault is in the error of a run that Prism itself has failed: where a machine is so busy
// that a stage of the runner, such as a shuffle, takes a tenth of a second to be noticed as
// done, Prism asks the worker of that stage for its progress, and there is none (2.77.0).
const ownFault = "panic in stage.Execute bundle processing goroutine: runtime error: invalid memory address"

// spread runs a job on Prism and returns the lines of all outputs.
func spread(t *testing.T, j *pipeline.Job) map[string][]string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	m, result, err := pipeline.Run(t.Context(), "prism", j, out)
	for try := 1; err != nil && strings.Contains(err.Error(), ownFault) && try < 3; try++ {
		fmt.Fprintln(t.Output(), "Prism failed, the run is repeated")
		m, result, err = pipeline.Run(t.Context(), "prism", j, out)
	}
	if err != nil {
		t.Fatal(err)
	}
	countedShuffles(t, m, pipeline.Shuffled(result))
	lines := map[string][]string{}
	for _, f := range m.Files {
		b, err := os.ReadFile(filepath.Join(out, f.Name))
		if err != nil {
			t.Fatal(err)
		}
		output, _, _ := strings.Cut(f.Name, "-")
		list := strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
		if !slices.IsSorted(list) || int64(len(list)) != f.Lines {
			t.Errorf("%s has %d lines, sorted %v; its manifest says %d", f.Name, len(list), slices.IsSorted(list), f.Lines)
		}
		lines[output] = append(lines[output], list...)
	}
	for _, list := range lines {
		slices.Sort(list)
	}
	return lines
}

// countedShuffles reports shuffles whose counts do not fit what a run has counted, and
// those that take more than they should.
func countedShuffles(t *testing.T, m *pipeline.Manifest, shuffles []pipeline.Shuffle) {
	t.Helper()
	var bytes int64
	records := map[string]int64{}
	for _, s := range shuffles {
		bytes += s.Bytes
		records[s.Stage] = s.Records
	}
	if records["rows"] != m.Counts["rows"] || records["evaluated identities"] != m.Counts[pipeline.OutIdentities] {
		t.Errorf("%d rows and %d identities were shuffled, but there are %d and %d", records["rows"],
			records["evaluated identities"], m.Counts["rows"], m.Counts[pipeline.OutIdentities])
	}
	if m.Shuffles < 40 || m.Shuffles > 80 {
		t.Errorf("%d shuffles; expected 40 to 80", m.Shuffles)
	}
	if each := bytes / max(1, m.Counts[pipeline.OutIdentities]); each > 30_000 && m.Counts[pipeline.OutIdentities] > 200 {
		t.Errorf("%d bytes of each identity were shuffled; expected less than 30,000", each)
	}
}

// compare reports where a spread run differs from the one on one machine.
func compare(t *testing.T, name string, want, got map[string][]string) bool {
	t.Helper()
	ok := true
	for _, output := range pipeline.Outputs {
		if diff := cmp.Diff(want[output], got[output]); diff != "" {
			ok = false
			t.Errorf("%s: %s: mismatch (-one machine +spread):\n%.4000s", name, output, diff)
		}
	}
	return ok
}

func single(t *testing.T, j *pipeline.Job) map[string][]string {
	t.Helper()
	lines, err := pipeline.Single(t.Context(), j, 2)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// The tenant of the examples comes out as on one machine.
func TestAcme(t *testing.T) {
	j := jobOf(t, "../../acme")
	want := single(t, j)
	for _, output := range []string{pipeline.OutIdentities, pipeline.OutLinks, pipeline.OutExceptions, pipeline.OutManagers, pipeline.OutUncorrelated, pipeline.OutFindings} {
		if len(want[output]) == 0 {
			t.Errorf("acme has no %s, so that nothing is shown of them", output)
		}
	}
	compare(t, "acme", want, spread(t, j))
	for output, lines := range want {
		fmt.Fprintln(t.Output(), output, len(lines))
	}
}
