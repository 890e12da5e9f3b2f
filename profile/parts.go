package profile

import (
	"sync"
	"sync/atomic"
)

const (
	matchBlock = 1 << 14 // accounts or identities that are looked at between two looks at whether to go on
	matchPart  = 1 << 8  // of them, those that a worker takes at a time
)

// workersFor returns how many workers share so much work: parts are small enough that none
// waits for another at the end.
func (t *tables) workersFor(work int) int { return max(1, min(t.opts.Workers, work/matchPart)) }

// inParts hands out the indexes of a list of so many to workers, part by part. Place names what a
// worker is at.
func (t *tables) inParts(count, workers int, place func(worker int) string, do func(worker, i int)) {
	var next atomic.Int64
	work := func(worker int) {
		for {
			to := int(next.Add(matchPart))
			for i := to - matchPart; i < min(to, count); i++ {
				do(worker, i)
			}
			if to >= count {
				return
			}
		}
	}

	if workers == 1 {
		work(0) // on the goroutine of the run, to which a panic belongs
		return
	}

	var wg sync.WaitGroup
	for worker := range workers {
		wg.Go(func() {
			t.fail(guard(func() string { return place(worker) }, func() { work(worker) }))
		})
	}

	wg.Wait()
}
