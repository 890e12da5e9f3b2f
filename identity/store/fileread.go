package store

import (
	"context"
	"iter"

	"github.com/idprofile/engine/identity"
)

// Get returns an identity, or [identity.ErrNotFound].
func (f *File) Get(ctx context.Context, id string) (*identity.Identity, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := f.whole(); err != nil {
		return nil, err
	}
	f.mu.RLock()
	r, ok := f.s.find(id)
	l := f.s.lists
	f.mu.RUnlock()
	if !ok {
		return nil, identity.ErrNotFound
	}
	return l.personAt(r)
}

// ByAccount returns the identity of an account, or [identity.ErrNotFound].
func (f *File) ByAccount(ctx context.Context, key identity.AccountKey) (*identity.Identity, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	id, err := f.owner(ctx, key)
	if err != nil {
		return nil, err
	}
	if id == "" {
		return nil, identity.ErrNotFound
	}
	return f.Get(ctx, id)
}

// owner returns the id of the identity of an account, or "".
func (f *File) owner(_ context.Context, key identity.AccountKey) (string, error) {
	if err := f.whole(); err != nil {
		return "", err
	}
	f.mu.RLock()
	id, known := f.s.owners[key], f.s.owners != nil || f.s.count == 0
	f.mu.RUnlock()
	if known {
		return id, nil
	}

	f.mu.Lock()
	defer f.mu.Unlock()
	err := f.s.knowOwners()
	return f.s.owners[key], err
}

// snapshot returns what there is now, by id.
func (f *File) snapshot() ([]record, *lists, error) {
	if err := f.whole(); err != nil {
		return nil, nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.s.all(), f.s.lists, nil
}

// All yields every identity by ascending id.
func (f *File) All(ctx context.Context) iter.Seq2[*identity.Identity, error] {
	return func(yield func(*identity.Identity, error) bool) {
		list, l, err := f.snapshot()
		if err != nil {
			yield(nil, err)
			return
		}
		for _, r := range list {
			i, err := (*identity.Identity)(nil), ctx.Err()
			if err == nil {
				i, err = l.personAt(r)
			}
			if !yield(i, err) || err != nil {
				return
			}
		}
	}
}

// View yields what All yields, each identity in the place of the one before: see
// [identity.Viewer].
func (f *File) View(ctx context.Context) iter.Seq2[*identity.Identity, error] {
	return func(yield func(*identity.Identity, error) bool) {
		list, l, err := f.snapshot()
		if err != nil {
			yield(nil, err)
			return
		}
		d := decoder{lists: l, chunk: chunkSize, again: true}
		var i identity.Identity
		var accounts []identity.Account
		for _, r := range list {
			if err := ctx.Err(); err != nil {
				yield(nil, err)
				return
			}

			i.Accounts = accounts
			if err := d.read(r, &i); err != nil {
				yield(nil, err)
				return
			}
			if cap(i.Accounts) > cap(accounts) {
				accounts = i.Accounts
			}
			if !yield(&i, nil) {
				return
			}
		}
	}
}

// ViewLate implements [identity.LateViewer].
func (f *File) ViewLate(ctx context.Context,
	use func(*identity.Identity, []string) error) (identity.AccountReader, error) {
	list, l, err := f.snapshot()
	if err != nil {
		return nil, err
	}
	d := decoder{lists: l, chunk: chunkSize, again: true, late: true}
	var i identity.Identity
	var accounts []identity.Account
	for _, r := range list {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		i.Accounts, d.unread = accounts, nil
		if err := d.read(r, &i); err != nil {
			return nil, err
		}
		if cap(i.Accounts) > cap(accounts) {
			accounts = i.Accounts
		}
		if err := use(&i, d.unread); err != nil {
			return nil, err
		}
	}

	one := decoder{lists: l, chunk: chunkSize}
	return func(unread string, a *identity.Account) error {
		one.accountRows = one.accountRows[:0]
		return damaged(one.account(unread, a))
	}, nil
}

// Find yields the identities whose attribute has the value, by ascending id.
func (f *File) Find(ctx context.Context, attribute, value string, fold bool) iter.Seq2[*identity.Identity, error] {
	return func(yield func(*identity.Identity, error) bool) {
		err := f.whole()
		var list []*identity.Identity
		if err == nil {
			f.mu.Lock()
			list, err = f.s.search(attribute, value, fold)
			f.mu.Unlock()
		}
		if err != nil {
			yield(nil, err)
			return
		}
		yieldShared(ctx, list, yield) // they were made for us
	}
}

// Uncorrelated yields the accounts without identity, see [identity.Store].
func (f *File) Uncorrelated(ctx context.Context, source string) iter.Seq2[identity.Account, error] {
	return func(yield func(identity.Account, error) bool) {
		if err := f.whole(); err != nil {
			yield(identity.Account{}, err)
			return
		}
		f.mu.RLock()
		_, list := f.s.uncorrelated(source)
		d := decoder{lists: f.s.lists, chunk: chunkSize}
		f.mu.RUnlock()
		for _, at := range list {
			var a identity.Account
			err := ctx.Err()
			if err == nil {
				err = d.readLoose(at, &a)
			}
			if !yield(a, err) || err != nil {
				return
			}
		}
	}
}

// Decisions yields the log of decisions without its first entries.
func (f *File) Decisions(ctx context.Context, after int) iter.Seq2[identity.Decision, error] {
	return func(yield func(identity.Decision, error) bool) {
		f.mu.RLock()
		list := f.s.decisions
		f.mu.RUnlock()
		yieldDecisions(ctx, list[min(max(after, 0), len(list)):], yield)
	}
}
