package join_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/correlate/internal/join"
)

// rows makes a side of lists of keys.
func rows(keys [][]string) join.Rows {
	return join.Rows{Len: len(keys), Reader: func() join.Reader {
		return func(row int32, emit join.Emit) {
			for _, k := range keys[row] {
				emit([]byte(k))
			}
		}
	}}
}

type found struct {
	Row     int32
	Matches []int32
}

func run(build, probe [][]string, workers int) []found {
	var m join.Memory
	m.Run(rows(probe), rows(build), 2) // leaves something behind
	r := m.Run(rows(build), rows(probe), workers)
	var out []found
	for i := range r.Probes() {
		out = append(out, found{r.Row(i), slices.Clone(r.Matches(i))})
	}
	return out
}

func naive(build, probe [][]string) []found {
	m := map[string][]int32{}
	for i, keys := range build {
		for _, k := range keys {
			if k != "" {
				m[k] = append(m[k], int32(i))
			}
		}
	}
	var out []found
	for i, keys := range probe {
		for _, k := range keys {
			if k != "" {
				out = append(out, found{int32(i), append([]int32{}, m[k]...)})
			}
		}
	}
	return out
}

func random(r *rand.Rand, n, distinct, most int) [][]string {
	out := make([][]string, n)
	for i := range out {
		for range r.IntN(most + 1) {
			k := fmt.Sprint("key", r.IntN(distinct))
			switch r.IntN(20) {
			case 0:
				k = ""
			case 2:
				k = strings.Repeat(k, 400)
			case 1:
				k += fmt.Sprintf("%0200d", r.IntN(3))
			}
			out[i] = append(out[i], k)
		}
	}
	return out
}

func TestRun(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct{ build, probe, distinct, most int }{
		{0, 5, 3, 1}, {5, 0, 3, 1}, {10, 10, 5, 1}, {10, 10, 5, 3}, {100, 1000, 50, 1}, {1000, 10, 500, 2},
		{70000, 40000, 60000, 1}, {100000, 300, 100000, 1}, {40000, 7000, 10, 1},
	} {
		if testing.Short() && c.build > 1000 {
			continue
		}
		build, probe := random(r, c.build, c.distinct, c.most), random(r, c.probe, c.distinct, c.most)
		if c.distinct == 10 && c.build > 1000 { // every probe has thousands of matches
			build = random(r, 300, c.distinct, 1)
		}
		want := naive(build, probe)
		for _, workers := range []int{1, 2, 8} {
			if diff := cmp.Diff(want, run(build, probe, workers), cmp.Comparer(func(a, b []int32) bool { return slices.Equal(a, b) })); diff != "" {
				t.Fatalf("%+v, %d workers: mismatch (-want +got):\n%.2000s", c, workers, diff)
			}
		}
	}
}

func TestHash(t *testing.T) {
	seen := map[uint64]string{}
	b := make([]byte, 100)
	for n := range b {
		for _, c := range []byte{0, 1, 'a'} {
			for i := range n {
				b[i] = c
				h := join.Hash(b[:n])
				if old, ok := seen[h]; ok && old != string(b[:n]) {
					t.Fatalf("%q and %q have the same hash", old, b[:n])
				}
				seen[h] = string(b[:n])
				b[i] = 0
			}
		}
	}
}

func FuzzRun(f *testing.F) {
	f.Add([]byte("a,b,,c"), []byte("c,,a,a"), uint8(2))
	f.Fuzz(func(t *testing.T, build, probe []byte, workers uint8) {
		split := func(b []byte) (out [][]string) {
			key := []string(nil)
			for _, c := range b {
				if c == ',' {
					out, key = append(out, key), nil
				} else {
					key = append(key, string(c))
				}
			}
			return append(out, key)
		}
		x, y := split(build), split(probe)
		if diff := cmp.Diff(naive(x, y), run(x, y, int(workers%9))); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
	})
}
