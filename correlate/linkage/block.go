package linkage

import (
	"cmp"
	"slices"
)

// fewPairs is how many pairs are all compared.
const fewPairs = 600_000

// plan finds the blocks of each key and leaves out the largest where a key would
// cost more than its share.
func (s *space) plan(keys []*key) {
	budget := max(int64(leastBudget), budgetPerRecord*int64(s.records()))
	for _, k := range keys {
		limit := budget / 2
		if k.every {
			limit = fewPairs
		}
		k.limit(s, limit)
		budget -= k.pairs
	}
}

// The pairs of all keys together.
const (
	leastBudget     = 4_000_000
	budgetPerRecord = 7
)

// sort orders the records of a key by hash and finds its blocks.
func (k *key) sort(s *space) {
	// Within one table the sides are the same records, and a block of them is a triangle, not a
	// square.
	for side := range 2 {
		if side == 1 && s.self {
			k.order[1] = k.order[0]
			break
		}

		k.order[side] = sortByHash(k.hash[side])
	}

	// A merge join: blocks are runs of equal hashes, and only those that both sides have give pairs.
	a, b := k.order[0], k.order[1]
	for i, j := 0, 0; i < len(a) && j < len(b); {
		ha, hb := k.hash[0][a[i]], k.hash[1][b[j]]
		switch {
		case ha < hb:
			i++
		case ha > hb:
			j++
		default:
			i0, j0 := i, j
			for i < len(a) && k.hash[0][a[i]] == ha {
				i++
			}
			for j < len(b) && k.hash[1][b[j]] == ha {
				j++
			}
			bl := block{a0: int32(i0), a1: int32(i), b0: int32(j0), b1: int32(j)}
			if n := bl.pairs(s.self); n > 0 {
				k.blocks = push(k.blocks, bl)
				k.pairs += n
			}
		}
	}
}

// limit drops the largest blocks until the rest fits.
func (k *key) limit(s *space, most int64) {
	if k.pairs <= most {
		return
	}

	// The largest blocks go first, since a block's pairs grow with the square of its records while
	// what it finds grows with them: a common surname finds hardly anybody by itself.
	bySize := slices.Clone(k.blocks)
	slices.SortFunc(bySize, func(x, y block) int {
		return cmp.Or(-cmp.Compare(x.pairs(s.self), y.pairs(s.self)), cmp.Compare(x.a0, y.a0))
	})
	dropped := map[int32]bool{}
	for _, b := range bySize {
		if k.pairs <= most {
			break
		}
		n := b.pairs(s.self)
		k.pairs, k.cut, k.Cut = k.pairs-n, k.cut+n, k.Cut+1
		dropped[b.a0] = true
		// A pair of a dropped block is not found by this key: later ones must not think so.
		for _, i := range k.order[0][b.a0:b.a1] {
			k.hash[0][i] = 0
		}
		for _, j := range k.order[1][b.b0:b.b1] {
			k.hash[1][j] = 0
		}
	}

	k.blocks = slices.DeleteFunc(k.blocks, func(b block) bool { return dropped[b.a0] })
}

// sortByHash returns the records that have a hash, ordered by it.
func sortByHash(hash []uint32) []int32 {
	list := make([]uint64, 0, len(hash))
	for i, h := range hash {
		if h != 0 {
			list = append(list, uint64(h)<<32|uint64(i))
		}
	}

	// Radix sort, 11 bits at a time. It keeps equal hashes in the order of their records, which a
	// comparing sort of a million would pay for.
	spare := make([]uint64, len(list))
	for shift := 32; shift < 64; shift += 11 {
		var count [1<<11 + 1]int
		for _, v := range list {
			count[(v>>shift)&(1<<11-1)+1]++
		}
		for i := range 1 << 11 {
			count[i+1] += count[i]
		}
		for _, v := range list {
			slot := (v >> shift) & (1<<11 - 1)
			spare[count[slot]] = v
			count[slot]++
		}

		list, spare = spare, list
	}

	order := make([]int32, len(list))
	for i, v := range list {
		order[i] = int32(uint32(v))
	}
	return order
}

// foundBy returns which keys find a pair.
func foundBy(keys []*key, a, b int32) uint64 {
	var found uint64
	for i, k := range keys {
		if h := k.hash[0][a]; h != 0 && h == k.hash[1][b] {
			found |= 1 << i
		}
	}

	return found
}

// earlier reports whether a key before number n finds a pair.
func earlier(keys []*key, n int, a, b int32) bool {
	for _, k := range keys[:n] {
		if h := k.hash[0][a]; h != 0 && h == k.hash[1][b] {
			return true
		}
	}

	return false
}
