package profile

import (
	"sync"

	"github.com/idprofile/engine/profile/config"
)

// Lock keeps operations away from aggregations: while one or more aggregations
// hold it, operations that must not run then are refused. The zero Lock is
// ready to use; it is safe for concurrent use.
//
// Source: DECISION 46.
type Lock struct {
	mu           sync.Mutex
	aggregations int
	changing     bool
	free         sync.Cond
}

// Aggregate takes the lock for an aggregation and returns what ends that. It
// waits for an operation that is being applied.
func (l *Lock) Aggregate() (done func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.free.L = &l.mu
	for l.changing {
		l.free.Wait()
	}
	l.aggregations++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.aggregations--
		l.free.Broadcast()
	}
}

// Aggregating reports whether an aggregation runs.
func (l *Lock) Aggregating() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.aggregations > 0
}

// Change takes the lock for an operation, waiting for other operations, and
// returns what ends that.
//
// Error: [config.ErrAggregationRunning].
func (l *Lock) Change() (done func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.free.L = &l.mu
	for l.changing {
		l.free.Wait()
	}
	if l.aggregations > 0 {
		return nil, config.ErrAggregationRunning
	}
	l.changing = true
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.changing = false
		l.free.Broadcast()
	}, nil
}
