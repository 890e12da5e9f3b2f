//go:build unix && !race

package correlate_test

import (
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
)

// work counts what an analysis does: reads of values of identities, questions to the host about
// an identity, and pieces of memory. It is the same on every machine.
type work struct{ reads, questions, pieces, bytes int64 }

// counting is a population that counts reads.
type counting struct {
	correlate.Population
	reads *atomic.Int64
}

func (c counting) Column(attribute string) func(n int32) identity.Value {
	read := c.Population.Column(attribute)
	return func(n int32) identity.Value {
		c.reads.Add(1)
		return read(n)
	}
}

// workOf counts the work of an analysis.
func workOf(tb testing.TB, people []identity.Identity, accounts []identity.Account) work {
	var reads, questions atomic.Int64
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	analyseWith(tb, counting{correlate.PopulationOf(people), &reads}, people, accounts, &questions)
	runtime.ReadMemStats(&after)
	return work{reads.Load(), questions.Load(), int64(after.Mallocs - before.Mallocs), int64(after.TotalAlloc - before.TotalAlloc)}
}

// Under the race detector pools drop evaluators at random, and what they had worked out with
// them, so this is told without it. Sixteen times the accounts are at most twenty-four times the work: a quadratic way would be
// 256 times, and n log n is 21 times.
func TestAnalysisGrowth(t *testing.T) {
	for _, kind := range []string{"usual", "same", "near", "near same", "one identity"} {
		people, accounts := growthData(kind, 250)
		small := workOf(t, people, accounts)
		people, accounts = growthData(kind, 4_000)
		large := workOf(t, people, accounts)
		for _, c := range []struct {
			what         string
			small, large int64
		}{
			{"reads of values", small.reads, large.reads}, {"questions about identities", small.questions, large.questions},
			{"pieces of memory", small.pieces, large.pieces}, {"bytes of memory", small.bytes, large.bytes},
		} {
			t.Logf("%s: %s of 250 accounts: %d, of 4,000: %d (%.1f times)", kind, c.what, c.small, c.large, float64(c.large)/float64(max(c.small, 1)))
			if c.large > 24*c.small+1000 {
				t.Errorf("%s: %s: %d for 250 accounts, %d for 4,000", kind, c.what, c.small, c.large)
			}
		}
	}
}
