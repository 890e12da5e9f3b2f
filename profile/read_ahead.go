package profile

import (
	"iter"

	"github.com/idprofile/engine/identity"
)

// readAhead reads sources side by side, as many as there are workers. Their accounts are taken
// one source after the other all the same, so nothing depends on which of them is faster.
type readAhead struct {
	*reader
	sources []identity.Source
	begun   []iter.Seq2[identity.Account, error] // by place in sources; nil: none that is read ahead
	stops   []func()
}

// accounts are those of a source, nil when it is read by who takes them.
func (r *readAhead) accounts(source int) iter.Seq2[identity.Account, error] {
	if r.opts.Workers < 2 {
		return nil
	}
	for len(r.begun) < min(source+r.opts.Workers, len(r.sources)) {
		r.begun = append(r.begun, r.begin(r.sources[len(r.begun)]))
	}
	return r.begun[source]
}

func (r *readAhead) begin(src identity.Source) iter.Seq2[identity.Account, error] {
	s, ok := src.(identity.Ahead)
	if !ok || r.engine.sources[src.Name()] == nil {
		return nil
	}

	// A source whose rows are recognised asks the tables row by row, and cannot be ahead of them.
	if _, asks := src.(identity.Recognizer); asks && r.opts.Incremental {
		return nil
	}
	accounts, stop := s.Ahead(r.ctx)
	r.stops = append(r.stops, stop)
	return accounts
}

// stop ends all reading, also of accounts that were not taken.
func (r *readAhead) stop() {
	for _, stop := range r.stops {
		stop()
	}
}
