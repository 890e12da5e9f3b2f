package feed

import (
	"context"
	"iter"
	"slices"

	"github.com/idprofile/engine/identity"
)

// Slice returns the given accounts as a source. Accounts without a source get
// that name; the slice is kept, not copied.
func Slice(name string, accounts ...identity.Account) identity.Source {
	return Seq(name, func(context.Context) iter.Seq2[identity.Account, error] {
		return func(yield func(identity.Account, error) bool) {
			for a := range slices.Values(accounts) {
				if !yield(a, nil) {
					return
				}
			}
		}
	})
}

// Changes returns a source of accounts that are new or have changed, and of the
// native identities of those that are gone; all others stay as they are.
func Changes(name string, changed []identity.Account, removed ...string) identity.Changes {
	return changes{Slice(name, changed...), removed}
}

type changes struct {
	identity.Source
	removed []string
}

func (c changes) Removed() []string { return c.removed }

// Seq returns what accounts yields as a source: anything that can be iterated
// anew each time. Accounts without a source get that name. An error or the end
// of the context ends the stream.
func Seq(name string, accounts func(context.Context) iter.Seq2[identity.Account, error]) identity.Source {
	return sequence{name, accounts}
}

type sequence struct {
	name     string
	accounts func(context.Context) iter.Seq2[identity.Account, error]
}

func (s sequence) Name() string { return s.name }

func (s sequence) Accounts(ctx context.Context) iter.Seq2[identity.Account, error] {
	return func(yield func(identity.Account, error) bool) {
		for a, err := range s.accounts(ctx) {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(identity.Account{}, err)
				return
			}

			if a.Source == "" {
				a.Source = s.name
			}
			if !yield(a, nil) {
				return
			}
		}
	}
}
