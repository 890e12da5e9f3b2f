package main

import (
	"bytes"
	"encoding/json"
	"math"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/transform"
)

// unsteady is a clock that goes on by another step, of 1 to 64 microseconds,
// whenever somebody looks.
func unsteady() func() time.Time {
	now, state := time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC), uint32(1)
	return func() time.Time {
		state = state*1664525 + 1013904223
		now = now.Add(time.Duration(1+state>>26) * time.Microsecond)
		return now
	}
}

func TestBenchOutput(t *testing.T) {
	const folder = "testdata/bench"
	for _, tc := range []struct {
		name string
		args []string
	}{
		{name: "bench", args: []string{"bench", folder, "--rounds", "2"}},
		{name: "bench-json", args: []string{"bench", folder, "--rounds", "1", "--sample", "2", "--json"}},
		{name: "help-bench", args: []string{"bench", "--help"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			a := &app{ctx: t.Context(), out: &out, err: &errs, clock: unsteady()}
			if code := a.run(tc.args); code != exitDone {
				t.Fatal(errs.String())
			}
			golden(t, filepath.Join("testdata", tc.name+".golden"), out.String())
		})
	}
}

// With the clock of the system, shares are shares of the whole.
func TestBenchShares(t *testing.T) {
	t.Chdir("../..")
	var out, errs bytes.Buffer
	a := &app{ctx: t.Context(), out: &out, err: &errs, clock: time.Now}
	if code := a.run([]string{"bench", "examples/acme", "--rounds", "1", "--sample", "50", "--json"}); code != exitDone {
		t.Fatal(errs.String())
	}
	var r benchReport
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	var stages, attributes, operations float64
	for _, s := range r.Stages {
		stages += s.Share
	}
	for i, s := range r.Attributes {
		attributes += s.Share
		if i > 0 && s.Share > r.Attributes[i-1].Share {
			t.Errorf("%s stands behind %s", s.Attribute, r.Attributes[i-1].Attribute)
		}
	}
	for _, s := range r.Operations {
		operations += s.Share
	}
	for name, sum := range map[string]float64{"stages": stages, "attributes": attributes, "operations": operations} {
		if math.Abs(sum-1) > 1e-9 {
			t.Errorf("%s: the shares add up to %v", name, sum)
		}
	}
	if r.Identities != 284 || r.Sample != 50 || len(r.Attributes) != 46 {
		t.Errorf("%d identities, %d in the sample, %d attributes", r.Identities, r.Sample, len(r.Attributes))
	}
}

func TestBenchBadInput(t *testing.T) {
	t.Chdir("../..")
	for _, args := range [][]string{{"bench", "nowhere"}, {"bench", "examples/acme", "--rounds", "0"}, {"bench", "examples/acme", "--sample", "-1"}, {"bench", "profile/testdata/m20"}} {
		if code, _, errs := invoke(t, args...); code != exitCannotRun || errs == "" {
			t.Errorf("%v: exit code %d, %q", args, code, errs)
		}
	}
}

// A step has its own time: not that of the steps in it, nor that of the clock.
func TestStopwatch(t *testing.T) {
	now := time.Time{}
	const look = 3 * time.Nanosecond // looking at the clock takes that long
	w := newStopwatch(func() time.Time {
		now = now.Add(look)
		return now
	})
	w.calibrate()
	site := func(operation string) *transform.Site { return &transform.Site{Type: operation} }
	work := func(d time.Duration) { now = now.Add(d) }
	step := func(operation string, f func()) {
		w.begin(site(operation), identity.Value{})
		f()
		w.end(site(operation), identity.Value{}, nil)
	}
	step("lower", func() {
		work(100)
		step("concat", func() {
			work(10)
			step("", func() { work(7) }) // a literal
			step("trim", func() { work(40) })
			step("trim", func() { work(2) })
		})
		work(5)
	})
	got := map[string]spent{}
	for operation, s := range w.spent {
		got[operation] = *s
	}
	want := map[string]spent{"lower": {1, 105}, "concat": {1, 17}, "trim": {2, 42}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(spent{})); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	if operation, part := w.most(); operation != "lower" || math.Abs(part-105.0/164) > 1e-9 {
		t.Errorf("most: %s %v", operation, part)
	}
}

func TestSampler(t *testing.T) {
	for _, tc := range []struct{ want, people, got int }{{0, 7, 7}, {3, 2, 2}, {3, 3, 3}, {3, 1000, 3}, {10, 15, 10}, {10, 99, 10}} {
		s := sampler{want: tc.want, every: 1}
		for range tc.people {
			s.add(&profile.Result{Identity: &identity.Identity{Profile: "P"}})
			s.add(&profile.Result{Identity: &identity.Identity{Profile: "Q"}, Orphaned: true})
		}
		members, n := s.members()
		if n != tc.got || len(members["P"]) != tc.got || len(members["Q"]) != 0 {
			t.Errorf("%d of %d: got %d", tc.want, tc.people, n)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, tc := range []struct {
		list []float64
		want float64
	}{{nil, 0}, {[]float64{5}, 5}, {[]float64{9, 1, 4}, 4}, {[]float64{8, 1, 4, 2}, 3}} {
		if got := median(tc.list); got != tc.want {
			t.Errorf("%v: got %v, want %v", tc.list, got, tc.want)
		}
	}
}
