package feed

import (
	"context"
	"iter"
	"sync"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// Accounts that were read ahead go from goroutine to goroutine in parts; so many parts may
// wait for who takes them.
const (
	aheadPart  = 256
	aheadParts = 128
)

// part is some accounts, and what was told before each of them.
type part struct {
	accounts []identity.Account
	told     []telling
	err      error // of the stream; behind the accounts
	panicked any   // likewise
}

// telling is a call of a listener, before the account with that number in its part.
type telling struct {
	at   int
	call func()
}

// Ahead implements [identity.Ahead]. [Options.Elsewhere] and the file itself are asked on a
// goroutine of its own, up to 32,768 accounts before they are taken; all listeners are called
// on that of who takes the accounts, in the order in which they would be called otherwise.
func (f *File) Ahead(ctx context.Context) (accounts iter.Seq2[identity.Account, error], stop func()) {
	outer := ctx
	ctx, cancel := context.WithCancel(outer)
	parts := make(chan part, aheadParts)
	go f.readAhead(ctx, parts)

	// Who stops waits for the file to be closed.
	stop = sync.OnceFunc(func() {
		cancel()
		for range parts {
		}
	})
	return func(yield func(identity.Account, error) bool) {
		defer stop()
		for p := range parts {
			if !p.give(yield) {
				return
			}
		}

		// The last part may be lost when the context ends.
		if err := outer.Err(); err != nil {
			yield(identity.Account{}, err)
		}
	}, stop
}

// give calls listeners and yields accounts as they were read.
func (p *part) give(yield func(identity.Account, error) bool) bool {
	told := 0
	tell := func(until int) {
		for ; told < len(p.told) && p.told[told].at <= until; told++ {
			p.told[told].call()
		}
	}
	for i, a := range p.accounts {
		if tell(i); !yield(a, nil) {
			return false
		}
	}

	tell(len(p.accounts))
	if p.panicked != nil {
		panic(p.panicked) // of a listener of the host, or ours: it belongs to who takes the accounts
	}
	if p.err != nil {
		yield(identity.Account{}, p.err)
	}
	return p.err == nil
}

// readAhead reads the file and sends it in parts, until its end or that of the context.
func (f *File) readAhead(ctx context.Context, parts chan<- part) {
	defer close(parts)
	var now part
	send := func() bool {
		select {
		case parts <- now:
			now = part{accounts: make([]identity.Account, 0, aheadPart)}
			return true
		case <-ctx.Done():
			return false
		}
	}

	defer func() {
		if now.panicked = recover(); now.panicked != nil || len(now.accounts)+len(now.told) > 0 || now.err != nil {
			send()
		}
	}()

	o := f.options
	later := func(call func()) { now.told = append(now.told, telling{at: len(now.accounts), call: call}) }
	if hear := f.options.OnFinding; hear != nil {
		o.OnFinding = func(d diag.Diagnostic) { later(func() { hear(d) }) }
	}
	if hear := f.options.OnAssumption; hear != nil {
		o.OnAssumption = func(a diag.Assumption) { later(func() { hear(a) }) }
	}
	if hear := f.options.OnColumns; hear != nil {
		o.OnColumns = func(names []string) { later(func() { hear(names) }) }
	}

	f.reading(ctx, &o, nil)(func(a identity.Account, err error) bool {
		if err != nil {
			now.err = err
			return false
		}
		now.accounts = append(now.accounts, a)
		return len(now.accounts) < aheadPart || send()
	})
}
