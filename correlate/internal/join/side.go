package join

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// blockBits is the size of a block of rows, the unit of parallel work.
const (
	blockBits = 15
	blockSize = 1 << blockBits
	usualKey  = 24 // bytes, to begin with
)

// Emit takes a key of the row that is read. Empty keys are left out. The bytes
// are copied.
type Emit func(key []byte)

// Reader gives the keys of a row. Every worker has a reader of its own.
type Reader func(row int32, emit Emit)

// Rows is one side of a join: Len rows and a maker of readers.
type Rows struct {
	Len    int
	Reader func() Reader
}

// tuple is a key of a row: its hash, the row, and where the key stands in the
// memory of the row's block.
type tuple struct {
	hash uint64
	row  int32 // of the build side: the row; of the probe side: the probe
	off  uint32
}

// block holds the keys of some rows.
type block struct {
	tuples []tuple
	text   []byte
}

// Parallel calls f for 0..n-1 on the given number of goroutines; of one or none it is the caller's.
func Parallel(workers, n int, f func(worker, i int)) {
	workers = min(workers, n)
	if workers <= 1 {
		for i := range n {
			f(0, i)
		}
		return
	}

	// A channel that is full and closed is a queue without a lock of ours: whoever is done takes the
	// next block, as blocks differ in work.
	next := make(chan int, n)
	for i := range n {
		next <- i
	}
	close(next)
	var wg Group
	for w := range workers {
		wg.Go(func() {
			for i := range next {
				f(w, i)
			}
		})
	}

	wg.Wait()
}

// side is memory for one side of a join.
type side struct {
	blocks []block
	all    []located
}

// fit returns a slice of length n, in the memory of old if it is large enough.
func fit[T any](old []T, n int) []T {
	if cap(old) < n {
		return make([]T, n)
	}
	return old[:n]
}

// read hashes the keys of all rows. Keep tells which hashes are needed.
func read(rows Rows, workers int, keep *filter, space *side) []block {
	// Blocks stay with the memory of the join: a correlator asks again and again, and their room is
	// used anew.
	n := (rows.Len + blockSize - 1) / blockSize
	for len(space.blocks) < n {
		space.blocks = append(space.blocks, block{})
	}
	blocks := space.blocks[:n]
	readers := make([]Reader, max(1, min(workers, len(blocks))))
	for i := range readers {
		readers[i] = rows.Reader()
	}
	Parallel(workers, len(blocks), func(worker, i int) {
		from := i << blockBits
		to := min(from+blockSize, rows.Len)
		b := &blocks[i]
		b.tuples, b.text = b.tuples[:0], b.text[:0]

		// A side that keeps all rows is sized at once; one that keeps few would waste what it never fills.
		if keep == nil {
			b.tuples = slices.Grow(b.tuples, to-from)
			b.text = slices.Grow(b.text, (to-from)*usualKey)
		}

		var row int32
		emit := func(key []byte) {
			if len(key) == 0 {
				return
			}

			// The filter may let a hash through that is not asked for: equal does not rest on hashes, so it
			// costs a tuple only.
			key = Short(key)
			h := Hash(key)
			if keep != nil && !keep.has(h) {
				return
			}
			b.tuples = append(b.tuples, tuple{hash: h, row: row, off: uint32(len(b.text))})
			b.text = binary.AppendUvarint(b.text, uint64(len(key)))
			b.text = append(b.text, key...)
		}

		for row = int32(from); row < int32(to); row++ {
			readers[worker](row, emit)
		}
	})

	return blocks
}

// key returns the key that starts at an offset.
func (b *block) key(off uint32) []byte {
	if n := b.text[off]; n < 0x80 {
		return b.text[off+1 : off+1+uint32(n)]
	}
	n, size := binary.Uvarint(b.text[off:])
	start := uint64(off) + uint64(size)
	return b.text[start : start+n]
}

// located is a tuple in its partition: part of its hash, and where its key is.
type located struct {
	tag   uint32
	row   int32
	off   uint32
	block int32
}

// scattered is a side in partitions.
type scattered struct {
	blocks []block
	all    []located
	starts []int32 // of the partitions, and the end
}

// scatter puts tuples into partitions, in row order within each.
func scatter(blocks []block, bits int, workers int, space *side) scattered {
	parts := 1 << bits
	counts := make([]int32, len(blocks)*parts)
	shift := 64 - bits
	Parallel(workers, len(blocks), func(_, i int) {
		count := counts[i*parts : (i+1)*parts]
		for _, t := range blocks[i].tuples {
			count[part(t.hash, shift)]++
		}
	})

	// Partition by partition and within it block by block: each block gets its own range to write to,
	// so that workers need no lock and rows keep their order.
	s := scattered{blocks: blocks, starts: make([]int32, parts+1)}
	var total int32
	for p := range parts {
		s.starts[p] = total
		for i := range blocks {
			n := counts[i*parts+p]
			counts[i*parts+p] = total
			total += n
		}
	}

	s.starts[parts] = total
	s.all = fit(space.all, int(total))
	space.all = s.all
	Parallel(workers, len(blocks), func(_, i int) {
		next := counts[i*parts : (i+1)*parts]
		for _, t := range blocks[i].tuples {
			p := part(t.hash, shift)
			s.all[next[p]] = located{tag: uint32(t.hash), row: t.row, off: t.off, block: int32(i)}
			next[p]++
		}

		// They are in their partitions now; the texts of the keys stay, since a partition points into them.
		blocks[i].tuples = blocks[i].tuples[:0]
	})

	return s
}

func part(hash uint64, shift int) uint64 {
	if shift >= 64 {
		return 0
	}
	return hash >> shift
}

func (s *scattered) part(p int) []located { return s.all[s.starts[p]:s.starts[p+1]] }

func (s *scattered) equal(a *located, o *scattered, b *located) bool {
	return bytes.Equal(s.blocks[a.block].key(a.off), o.blocks[b.block].key(b.off))
}

// filter tells which hashes may occur on the other side.
type filter struct {
	bits []uint64
	mask uint64
}

func newFilter(blocks []block, n int) *filter {
	size := uint64(1024)
	for size < uint64(n)*8 {
		size *= 2
	}
	f := &filter{bits: make([]uint64, size/64), mask: size - 1}
	for i := range blocks {
		for _, t := range blocks[i].tuples {
			h := t.hash & f.mask
			f.bits[h/64] |= 1 << (h % 64)
		}
	}

	return f
}

func (f *filter) has(hash uint64) bool {
	h := hash & f.mask
	return f.bits[h/64]&(1<<(h%64)) != 0
}

// number gives every tuple of the probe side the number of its probe instead of
// its row; several keys of one row are several probes.
func number(blocks []block) (rows []int32, single bool) {
	total := 0
	single = true
	for i := range blocks {
		last := int32(-1)
		for _, t := range blocks[i].tuples {
			single = single && t.row != last
			last = t.row
		}

		total += len(blocks[i].tuples)
	}

	// A tuple carries the number of its question from here on, by which its answer is written without a
	// search.
	rows = slices.Grow(rows, total)
	for i := range blocks {
		for j := range blocks[i].tuples {
			t := &blocks[i].tuples[j]
			rows = append(rows, t.row)
			t.row = int32(len(rows) - 1)
		}
	}

	return rows, single
}
