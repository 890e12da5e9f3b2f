package store

import (
	"context"
	"iter"
	"sync"

	"github.com/idprofile/engine/identity"
)

// Memory is a store that lives as long as the process. Iterations see the state
// at their start, so the loop may change the store. The first search by an
// attribute builds an index for it.
type Memory struct {
	mu sync.RWMutex
	s  state
}

var _ identity.Store = (*Memory)(nil)

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{s: newState()} }

// Get returns an identity, or [identity.ErrNotFound].
func (m *Memory) Get(ctx context.Context, id string) (*identity.Identity, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.RLock()
	i := m.s.ids[id]
	m.mu.RUnlock()
	if i == nil {
		return nil, identity.ErrNotFound
	}
	return i.Clone(), nil
}

// ByAccount returns the identity of an account, or [identity.ErrNotFound].
func (m *Memory) ByAccount(ctx context.Context, key identity.AccountKey) (*identity.Identity, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.RLock()
	i := m.s.ids[m.s.owners[key]]
	m.mu.RUnlock()
	if i == nil {
		return nil, identity.ErrNotFound
	}
	return i.Clone(), nil
}

// owner returns the id of the identity of an account, or "".
func (m *Memory) owner(_ context.Context, key identity.AccountKey) (string, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.s.owners[key], nil
}

// All yields every identity by ascending id.
func (m *Memory) All(ctx context.Context) iter.Seq2[*identity.Identity, error] {
	return func(yield func(*identity.Identity, error) bool) {
		m.mu.Lock()
		list := m.s.all()
		m.mu.Unlock()
		yieldIdentities(ctx, list, yield)
	}
}

// View yields what All yields, without copying it: see [identity.Viewer].
func (m *Memory) View(ctx context.Context) iter.Seq2[*identity.Identity, error] {
	return func(yield func(*identity.Identity, error) bool) {
		m.mu.Lock()
		list := m.s.all()
		m.mu.Unlock()
		yieldShared(ctx, list, yield)
	}
}

// Find yields the identities whose attribute has the value, by ascending id.
func (m *Memory) Find(ctx context.Context, attribute, value string, fold bool) iter.Seq2[*identity.Identity, error] {
	return func(yield func(*identity.Identity, error) bool) {
		m.mu.Lock()
		list := m.s.find(attribute, value, fold)
		m.mu.Unlock()
		yieldIdentities(ctx, list, yield)
	}
}

// yieldIdentities yields copies.
func yieldIdentities(ctx context.Context, list []*identity.Identity, yield func(*identity.Identity, error) bool) {
	yieldShared(ctx, list, func(i *identity.Identity, err error) bool {
		if err == nil {
			i = i.Clone()
		}
		return yield(i, err)
	})
}

func yieldShared(ctx context.Context, list []*identity.Identity, yield func(*identity.Identity, error) bool) {
	for _, i := range list {
		if err := ctx.Err(); err != nil {
			yield(nil, err)
			return
		}

		if !yield(i, nil) {
			return
		}
	}
}

// Uncorrelated yields the accounts without identity, see [identity.Store].
func (m *Memory) Uncorrelated(ctx context.Context, source string) iter.Seq2[identity.Account, error] {
	return func(yield func(identity.Account, error) bool) {
		m.mu.RLock()
		list := m.s.uncorrelated(source)
		m.mu.RUnlock()
		for _, a := range list {
			if err := ctx.Err(); err != nil {
				yield(identity.Account{}, err)
				return
			}

			if !yield(a.Clone(), nil) {
				return
			}
		}
	}
}

// Decisions yields the log of decisions without its first entries.
func (m *Memory) Decisions(ctx context.Context, after int) iter.Seq2[identity.Decision, error] {
	return func(yield func(identity.Decision, error) bool) {
		m.mu.RLock()
		list := m.s.decisions
		m.mu.RUnlock()
		yieldDecisions(ctx, list[min(max(after, 0), len(list)):], yield)
	}
}

func yieldDecisions(ctx context.Context, list []identity.Decision, yield func(identity.Decision, error) bool) bool {
	for _, d := range list {
		if err := ctx.Err(); err != nil {
			return yield(identity.Decision{}, err) && false
		}
		if !yield(d, nil) {
			return false
		}
	}

	return true
}

// Apply makes all changes of the batch, or none.
func (m *Memory) Apply(ctx context.Context, b identity.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c, err := plan(b)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := c.check(func(key identity.AccountKey) (string, error) { return m.s.owners[key], nil }); err != nil {
		return err
	}
	if err := c.follow(len(m.s.decisions)); err != nil {
		return err
	}
	m.s.apply(c)
	return nil
}
