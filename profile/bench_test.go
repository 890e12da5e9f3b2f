package profile_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile"
)

// The batch path packs every identity into memory that is used again: what is
// allocated are texts that do not fit into the memory of a scope.
func TestEvaluatorAllocates(t *testing.T) {
	const people, most = 1000, 1
	engine := m20Engine(t)
	batch := newBatch(t, engine, m20People(t, engine, people))
	if n := testing.AllocsPerRun(10, func() { batch.run(t) }) / people; n > most {
		t.Errorf("%.2f allocations for each identity, want at most %d", n, most)
	}
}

// batch evaluates people one after another, as programs with many of them do.
type batch struct {
	v      *profile.Evaluator
	people []*identity.Identity
}

func newBatch(tb testing.TB, engine *profile.Engine, people []*identity.Identity) *batch {
	for n, i := range people { // they are new
		people[n] = &identity.Identity{ID: i.ID, Alias: i.Alias, Accounts: i.Accounts}
	}
	return &batch{v: engine.NewRun(profile.RunOptions{Now: m20Now}).Evaluator(tb.Context()), people: people}
}

func (b *batch) run(tb testing.TB) {
	for _, i := range b.people {
		r, err := b.v.Evaluate(i)
		if err != nil || r.Identity.Profile == "" {
			tb.Fatal("no profile", err)
		}
	}
}

// BenchmarkEvaluate is the mapping set alone, on accounts in memory.
func BenchmarkEvaluate(b *testing.B) {
	const people = 10_000
	engine := m20Engine(b)
	batch := newBatch(b, engine, m20People(b, engine, people))
	b.ReportAllocs()
	before := memory().Mallocs
	for b.Loop() {
		batch.run(b)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*people), "ns/identity")
	b.ReportMetric(float64(memory().Mallocs-before)/float64(b.N*people), "allocs/identity")
}

func memory() (m runtime.MemStats) {
	runtime.ReadMemStats(&m)
	return m
}

// sizes are populations; short benchmarks leave out the large one.
func sizes() []int {
	if testing.Short() {
		return []int{10_000, 100_000}
	}
	return []int{10_000, 100_000, 1_000_000}
}

// BenchmarkRun takes account files to results. Kept is the heap that accounts,
// links and attributes occupy when everything is evaluated, and growth how much
// more time an identity takes than among the fewest.
func BenchmarkRun(b *testing.B) {
	engine := m20Engine(b)
	fewest := 0.0
	for _, n := range sizes() {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			fsys := m20Folder(b, n)
			var took []float64
			var kept uint64
			for b.Loop() {
				for range max(1, 200_000/n) { // small ones need several
					d, heap := fromFiles(b, engine, 1, fsys)
					took, kept = append(took, float64(d)/float64(n)), heap
				}
			}
			slices.Sort(took)
			middle := took[len(took)/2]
			if fewest == 0 {
				fewest = middle
			}
			b.ReportMetric(middle, "ns/identity")
			b.ReportMetric(float64(kept)/float64(n), "kept-B/identity")
			b.ReportMetric(middle/fewest, "growth")
		})
	}
}

// fromFiles runs a folder and returns how long that took, without measuring the
// heap, and the heap that the run keeps.
func fromFiles(b *testing.B, engine *profile.Engine, workers int, fsys fs.FS) (took time.Duration, kept uint64) {
	sources, _ := engine.Bundle().Accounts(fsys, nil)
	runtime.GC()
	before := memory().HeapAlloc
	start, paused := time.Now(), time.Duration(0)
	for _, err := range engine.Run(b.Context(), profile.RunOptions{Now: m20Now, Workers: workers}, sources...) {
		if err != nil {
			b.Fatal(err)
		}
		if kept == 0 {
			pause := time.Now()
			runtime.GC()
			kept = memory().HeapAlloc - before
			paused = time.Since(pause)
		}
	}
	return time.Since(start) - paused, kept
}

// BenchmarkWorkers compares one worker with two, best of all rounds. A loop that
// needs no memory tells what two can gain on this machine at best.
func BenchmarkWorkers(b *testing.B) {
	const people = 20_000
	engine := m20Engine(b)
	all := m20People(b, engine, people)
	evaluate := func(share int) { newBatch(b, engine, all[:share]).run(b) }
	spin := func(share int) {
		x := uint64(1)
		for range share * 2000 {
			x = x*6364136223846793005 + 1
		}
		spun.Add(x)
	}
	var evaluated, spun halved
	for b.Loop() {
		evaluated.round(evaluate, people)
		spun.round(spin, people)
	}
	b.ReportMetric(evaluated.gain(), "gain")
	b.ReportMetric(spun.gain(), "spin-gain")
	b.ReportMetric(evaluated.gain()/spun.gain(), "of-spin-gain")
}

// halved are the shortest times of some work on one and on two goroutines.
type halved struct{ one, two time.Duration }

func (h *halved) round(work func(share int), n int) {
	one := timed(func() { work(n) })
	two := timed(func() {
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { work(n / 2) })
		}
		wg.Wait()
	})
	if h.one == 0 || one < h.one {
		h.one = one
	}
	if h.two == 0 || two < h.two {
		h.two = two
	}
}

func (h *halved) gain() float64 { return float64(h.one) / float64(h.two) }

var spun atomic.Uint64 // keeps the spin loop alive

func timed(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}

// BenchmarkCompile loads and compiles the mapping set, compared with parsing its
// files with encoding/json. The shortest times are compared: what others do on the
// machine makes some rounds longer.
func BenchmarkCompile(b *testing.B) {
	var texts [][]byte
	for _, name := range []string{"profile.json", "transforms.json"} {
		text, err := os.ReadFile(filepath.Join("testdata", "m20", name))
		if err != nil {
			b.Fatal(err)
		}
		texts = append(texts, text)
	}
	bundle := m20(b)
	const long = time.Hour
	parsing, loading, compiling := long, long, long
	for b.Loop() {
		parsing = min(parsing, timed(func() {
			for _, text := range texts {
				var v any
				if err := json.Unmarshal(text, &v); err != nil {
					b.Fatal(err)
				}
			}
		}))
		loading = min(loading, timed(func() { m20(b) }))
		compiling = min(compiling, timed(func() { profile.Compile(bundle, profile.Options{}) }))
	}
	b.ReportMetric(float64(compiling)/float64(parsing), "compile/json")
	b.ReportMetric(float64(loading)/float64(parsing), "load/json")
}
