package rest

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant"
)

// view is what is stored, in the order of lists and with what lists need of others.
// It is read only, and made anew after a change of the store.
type view struct {
	people   []*identity.Identity // by id
	byID     map[string]*identity.Identity
	accounts []*account // by source and native identity
	byKey    map[string]*account
	managers map[string]bool // ids of identities that manage somebody
	inState  map[stateKey]int64
}

type stateKey struct{ profile, state string }

// account is an account with its identity, nil when it has none.
type account struct {
	*identity.Account
	id     string
	source *config.Source
	owner  *identity.Identity
}

// viewCache keeps the view of the last change.
type viewCache struct {
	mu      sync.Mutex
	view    *view
	changes uint64
	bundle  *config.Bundle
}

// view returns what is stored now.
func (c *call) view() (*view, error) { return c.Handler.current(c.ctx) }

func (h *Handler) current(ctx context.Context) (*view, error) {
	h.views.mu.Lock()
	defer h.views.mu.Unlock()

	// The counter is read first: a change while the store is read makes the view old.
	changes, bundle := h.store.changes.Load(), h.tenant.Bundle()
	if h.views.view != nil && h.views.changes == changes && h.views.bundle == bundle {
		return h.views.view, nil
	}
	v, err := readView(context.WithoutCancel(ctx), h.store, bundle)
	if err != nil {
		return nil, err
	}
	h.views.view, h.views.changes, h.views.bundle = v, changes, bundle
	return v, nil
}

func readView(ctx context.Context, st identity.Store, b *config.Bundle) (*view, error) {
	v := &view{
		byID: map[string]*identity.Identity{}, byKey: map[string]*account{},
		managers: map[string]bool{}, inState: map[stateKey]int64{},
	}
	sources := map[string]*config.Source{}
	for _, s := range b.Sources {
		sources[s.Name] = s
	}
	add := func(a *identity.Account, owner *identity.Identity) {
		one := &account{Account: a, id: accountID(sources[a.Source], a), source: sources[a.Source], owner: owner}
		v.accounts = append(v.accounts, one)
		v.byKey[one.id] = one
	}

	for i, err := range st.All(ctx) {
		if err != nil {
			return nil, err
		}
		v.people = append(v.people, i)
		v.byID[i.ID] = i
		v.inState[stateKey{i.Profile, i.Lifecycle.State}]++
		if i.ManagerID != "" {
			v.managers[i.ManagerID] = true
		}
		for k := range i.Accounts {
			add(&i.Accounts[k], i)
		}
	}
	for a, err := range st.Uncorrelated(ctx, "") {
		if err != nil {
			return nil, err
		}
		add(&a, nil)
	}
	slices.SortFunc(v.accounts, byAccount)
	return v, nil
}

func byAccount(a, b *account) int {
	if n := strings.Compare(a.Source, b.Source); n != 0 {
		return n
	}
	return strings.Compare(a.NativeIdentity, b.NativeIdentity)
}

func byID(a, b *identity.Identity) int { return strings.Compare(a.ID, b.ID) }

// accountID is the id of an account; one that no tenant gave an id gets one of its
// source and native identity.
func accountID(s *config.Source, a *identity.Account) string {
	if a.ID != "" {
		return a.ID
	}
	of := a.Source
	if s != nil {
		of = sourceID(s)
	}
	return config.IdentityID("ACCOUNT/"+of, a.NativeIdentity)
}

// identityView shows identities with what the view knows of others.
func (h *Handler) identityView(v *view) tenant.IdentityView {
	return tenant.IdentityView{
		Bundle:    h.tenant.Bundle(),
		Manager:   func(id string) *identity.Identity { return v.byID[id] },
		IsManager: func(id string) bool { return v.managers[id] },
	}
}
