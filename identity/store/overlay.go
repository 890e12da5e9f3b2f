package store

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/idprofile/engine/identity"
)

// Overlay is a store whose changes lie on top of another store, which it only
// reads. While an Overlay is in use, nobody may change the store below. What is
// changed lives in memory.
type Overlay struct {
	base identity.Store

	mu        sync.RWMutex
	s         state                        // what is new or changed
	gone      map[string]bool              // identities below that were deleted
	forgotten map[identity.AccountKey]bool // uncorrelated accounts below that no longer are
	below     int                          // decisions of the store below; -1: not counted yet
}

var _ identity.Store = (*Overlay)(nil)

// NewOverlay returns a store that has what base has, without changes so far.
func NewOverlay(base identity.Store) *Overlay {
	return &Overlay{base: base, s: newState(), gone: map[string]bool{}, forgotten: map[identity.AccountKey]bool{},
		below: -1}
}

// hidden reports whether the form of an identity below no longer counts.
func (o *Overlay) hidden(id string) bool { return o.gone[id] || o.s.ids[id] != nil }

// Get returns an identity, or [identity.ErrNotFound].
func (o *Overlay) Get(ctx context.Context, id string) (*identity.Identity, error) {
	o.mu.RLock()
	i, hidden := o.s.ids[id], o.hidden(id)
	o.mu.RUnlock()
	switch {
	case i != nil:
		return i.Clone(), ctx.Err()
	case hidden:
		return nil, identity.ErrNotFound
	}

	return o.base.Get(ctx, id)
}

// ByAccount returns the identity of an account, or [identity.ErrNotFound].
func (o *Overlay) ByAccount(ctx context.Context, key identity.AccountKey) (*identity.Identity, error) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	if i := o.s.ids[o.s.owners[key]]; i != nil {
		return i.Clone(), ctx.Err()
	}
	i, err := o.base.ByAccount(ctx, key)
	if err == nil && o.hidden(i.ID) {
		return nil, identity.ErrNotFound
	}
	return i, err
}

// owner returns the id of the identity of an account, or "".
func (o *Overlay) owner(ctx context.Context, key identity.AccountKey) (string, error) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.locked(ctx, key)
}

func (o *Overlay) locked(ctx context.Context, key identity.AccountKey) (string, error) {
	if id, ok := o.s.owners[key]; ok {
		return id, nil
	}
	id, err := baseOwner(ctx, o.base, key)
	if o.hidden(id) {
		id = ""
	}
	return id, err
}

// baseOwner asks a store for the identity of an account, without copying the
// identity where that can be had.
func baseOwner(ctx context.Context, base identity.Store, key identity.AccountKey) (string, error) {
	if b, ok := base.(interface {
		owner(context.Context, identity.AccountKey) (string, error)
	}); ok {
		return b.owner(ctx, key)
	}

	i, err := base.ByAccount(ctx, key)
	if errors.Is(err, identity.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return i.ID, nil
}

// All yields every identity by ascending id.
func (o *Overlay) All(ctx context.Context) iter.Seq2[*identity.Identity, error] {
	return func(yield func(*identity.Identity, error) bool) {
		o.mu.Lock()
		list := o.s.all()
		gone := maps.Clone(o.gone)
		o.mu.Unlock()
		for _, i := range list {
			gone[i.ID] = true
		}
		hidden := func(i *identity.Identity) bool { return gone[i.ID] }
		merge(ctx, list, o.base.All(ctx), hidden, (*identity.Identity).Clone, byID, yield)
	}
}

// Find yields the identities whose attribute has the value, by ascending id.
func (o *Overlay) Find(ctx context.Context, attribute, value string, fold bool) iter.Seq2[*identity.Identity, error] {
	return func(yield func(*identity.Identity, error) bool) {
		o.mu.Lock()
		list := o.s.find(attribute, value, fold)
		o.mu.Unlock()
		hidden := func(i *identity.Identity) bool {
			o.mu.RLock()
			defer o.mu.RUnlock()
			return o.hidden(i.ID)
		}
		merge(ctx, list, o.base.Find(ctx, attribute, value, fold), hidden, (*identity.Identity).Clone, byID, yield)
	}
}

func byID(a, b *identity.Identity) int { return strings.Compare(a.ID, b.ID) }

// Uncorrelated yields the accounts without identity, see [identity.Store].
func (o *Overlay) Uncorrelated(ctx context.Context, source string) iter.Seq2[identity.Account, error] {
	return func(yield func(identity.Account, error) bool) {
		o.mu.RLock()
		changed := o.s.uncorrelated(source)
		forgotten := maps.Clone(o.forgotten)
		o.mu.RUnlock()
		list := make([]identity.Account, len(changed))
		for n, a := range changed {
			list[n] = *a
			forgotten[a.Key()] = true
		}

		hidden := func(a identity.Account) bool { return forgotten[a.Key()] }
		order := func(a, b identity.Account) int { return compareKeys(a.Key(), b.Key()) }
		clone := func(a identity.Account) identity.Account { return a.Clone() }
		merge(ctx, list, o.base.Uncorrelated(ctx, source), hidden, clone, order, yield)
	}
}

// Decisions yields the log of decisions without its first entries.
func (o *Overlay) Decisions(ctx context.Context, after int) iter.Seq2[identity.Decision, error] {
	return func(yield func(identity.Decision, error) bool) {
		o.mu.Lock()
		list := o.s.decisions
		below, err := o.countBelow(ctx)
		o.mu.Unlock()
		if err != nil {
			yield(identity.Decision{}, err)
			return
		}

		if after < below {
			for d, err := range o.base.Decisions(ctx, after) {
				if !yield(d, err) || err != nil {
					return
				}
			}
		}

		yieldDecisions(ctx, list[min(max(after-below, 0), len(list)):], yield)
	}
}

// countBelow returns how many decisions the store below has.
func (o *Overlay) countBelow(ctx context.Context) (int, error) {
	if o.below >= 0 {
		return o.below, nil
	}
	n := 0
	for _, err := range o.base.Decisions(ctx, 0) {
		if err != nil {
			return 0, err
		}
		n++
	}

	o.below = n
	return n, nil
}

// merge yields copies of the items of list among those of base that are not
// hidden; both are in order.
func merge[T any](ctx context.Context, list []T, base iter.Seq2[T, error], hidden func(T) bool, clone func(T) T,
	order func(a, b T) int, yield func(T, error) bool) {
	// Two sorted streams become one; where both have an item, that of the overlay counts, and the one
	// below is hidden.
	for item, err := range base {
		for err == nil && len(list) > 0 && order(list[0], item) <= 0 {
			if !yield(clone(list[0]), nil) {
				return
			}
			list = list[1:]
		}

		if err == nil && hidden(item) {
			continue
		}
		if !yield(item, err) || err != nil {
			return
		}
	}

	for _, item := range list {
		if err := ctx.Err(); err != nil {
			var none T
			yield(none, err)
			return
		}

		if !yield(clone(item), nil) {
			return
		}
	}
}

// Apply makes all changes of the batch, or none. The store below stays as it is.
func (o *Overlay) Apply(ctx context.Context, b identity.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c, err := plan(b)
	if err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := c.check(func(key identity.AccountKey) (string, error) { return o.locked(ctx, key) }); err != nil {
		return err
	}

	// Numbers of decisions go on behind those below, which are counted only when there is something to
	// add.
	if len(c.decisions) > 0 {
		below, err := o.countBelow(ctx)
		if err != nil {
			return err
		}
		if err := c.follow(below + len(o.s.decisions)); err != nil {
			return err
		}
	}

	o.s.apply(c)
	maps.Copy(o.gone, c.gone)
	maps.Copy(o.forgotten, c.forget)

	// An account that belongs to somebody here is not free below any more.
	for key := range c.owners {
		o.forgotten[key] = true
	}
	return nil
}

// Changed returns the ids of the identities that were put or deleted since the
// overlay was made, in order.
func (o *Overlay) Changed() []string {
	o.mu.RLock()
	defer o.mu.RUnlock()
	ids := maps.Clone(o.gone)
	for id := range o.s.ids {
		ids[id] = true
	}
	return slices.Sorted(maps.Keys(ids))
}
