package linkage

import (
	"context"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
)

func log2(x float64) float64 { return math.Log2(x) }

func (o *Options) workers() int {
	if o.Workers > 0 {
		return o.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// parallel does n pieces of work, several at a time.
func parallel(workers, n int, do func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(max(1, workers), n) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}

	wg.Wait()
}

// scored is a pair with its evidence.
type scored struct {
	a, b int32
	p    pattern
	bits float64 // with the prior
	prob float64 // set by the decision
	veto string
}

// keepBits is the evidence from which a pair is kept: one in 1,000.
const keepBits = -10

// chunk is work for one goroutine: some blocks of a key.
type chunk struct{ key, from, to int }

// chunkPairs is how many pairs a chunk has, about.
const chunkPairs = 1 << 16

func chunksOf(keys []*key, self bool) []chunk {
	var list []chunk
	for n, k := range keys {
		from, pairs := 0, int64(0)
		for i, b := range k.blocks {
			pairs += b.pairs(self)
			if pairs >= chunkPairs || i == len(k.blocks)-1 {
				list = append(list, chunk{key: n, from: from, to: i + 1})
				from, pairs = i+1, 0
			}
		}
	}

	return list
}

// scorePairs scores the candidates of all keys, each pair once, and returns those
// with some evidence and how many there were.
func (sc *scorer) scorePairs(ctx context.Context, keys []*key, workers int) ([]scored, int64, error) {
	chunks := chunksOf(keys, sc.s.self)
	found := make([][]scored, len(chunks))
	counts := make([]int64, len(chunks))
	parallel(workers, len(chunks), func(i int) {
		if ctx.Err() == nil {
			found[i], counts[i] = sc.scoreChunk(keys, chunks[i])
		}
	})

	// Chunks are put together in their order, whichever was done first: results do not depend on the
	// workers.
	var all []scored
	total := int64(0)
	for i := range found {
		all = append(all, found[i]...)
		total += counts[i]
		found[i] = nil
	}

	return all, total, ctx.Err()
}

func (sc *scorer) scoreChunk(keys []*key, c chunk) (out []scored, n int64) {
	k := keys[c.key]
	for _, b := range k.blocks[c.from:c.to] {
		for i := b.a0; i < b.a1; i++ {
			from := b.b0
			if sc.s.self {
				from = i + 1
			}
			for j := from; j < b.b1; j++ {
				x, y := k.order[0][i], k.order[1][j]

				// A pair has one direction within a table, whatever block it was found in.
				if sc.s.self && x > y {
					x, y = y, x
				}

				// A pair that several keys find is scored for the first of them, without a list of
				// what was seen.
				if earlier(keys, c.key, x, y) {
					continue
				}
				n++
				if p, bits, ok := sc.evaluate(x, y); ok {
					out = append(out, scored{a: x, b: y, p: p, bits: bits})
				}
			}
		}
	}

	return out, n
}
