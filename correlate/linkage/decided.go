package linkage

import (
	"cmp"
	"iter"
	"maps"
	"slices"
)

// decided returns pairs that people decided about by the numbers of their records;
// those whose records are gone do not count.
func (r *Result) decided(list []Decided) map[[2]int32]bool {
	out := map[[2]int32]bool{}
	for _, d := range list {
		a, b := r.A.find(d.A), r.B.find(d.B)
		if a < 0 || b < 0 {
			continue
		}
		if r.s.self {
			a, b = min(a, b), max(a, b)
		}
		out[[2]int32{a, b}] = true
	}

	return out
}

// find returns the number of a record of a table that is ordered by id.
func (t *Table) find(id string) int32 {
	if i, ok := slices.BinarySearch(t.ID, id); ok {
		return int32(i)
	}
	return -1
}

// sortedPairs yields the entries of a map in the order of its keys.
func sortedPairs[V any](m map[[2]int32]V) iter.Seq2[[2]int32, V] {
	return func(yield func([2]int32, V) bool) {
		keys := slices.SortedFunc(maps.Keys(m), func(x, y [2]int32) int {
			return cmp.Or(cmp.Compare(x[0], y[0]), cmp.Compare(x[1], y[1]))
		})
		for _, k := range keys {
			if !yield(k, m[k]) {
				return
			}
		}
	}
}
