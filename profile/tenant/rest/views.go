package rest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant"
)

// view is what is stored, in the order of lists and with what lists need of others.
// It is read only; a change of the store makes another one of it.
type view struct {
	people   *isc.Table[*identity.Identity] // by id
	accounts *isc.Table[*account]           // by source and native identity
	sources  map[string]string              // names of sources to their ids
	bundle   *config.Bundle

	count    sync.Once
	managers map[string]bool // ids of identities that manage somebody
	inState  map[stateKey]int64
}

type stateKey struct{ profile, state string }

// account is an account with its identity, nil when it has none.
type account struct {
	*identity.Account
	id       string
	sourceID string
	owner    *identity.Identity
}

// viewCache keeps the view of the last change.
type viewCache struct {
	mu   sync.Mutex
	view *view
}

// view returns what is stored now.
func (c *call) view() (*view, error) { return c.Handler.current(c.ctx) }

func (h *Handler) current(ctx context.Context) (*view, error) {
	h.views.mu.Lock()
	defer h.views.mu.Unlock()

	v, bundle := h.views.view, h.tenant.Bundle()

	// What was written since the last request is taken here, and only what it touches is made again.
	changes, known := h.store.take()
	sources := sourceIDs(bundle)
	switch {
	case v == nil || !known || !maps.Equal(v.sources, sources):
		// What changes while the store is read is noted, and made once more: making
		// it twice is making it once.
		var err error
		if v, err = readView(context.WithoutCancel(ctx), h.store, sources); err != nil {
			h.store.forget()
			return nil, err
		}

		v.bundle = bundle

	case len(changes) > 0 || v.bundle != bundle:
		v = v.after(changes, bundle)
	}

	h.views.view = v
	return v, nil
}

// sourceIDs gives the ids of sources by their names.
func sourceIDs(b *config.Bundle) map[string]string {
	out := map[string]string{}
	for _, s := range b.Sources {
		out[s.Name] = sourceID(s)
	}
	return out
}

func readView(ctx context.Context, st identity.Store, sources map[string]string) (*view, error) {
	// Everything is read once and sorted once; lists that are asked for page by page would otherwise read the
	// store for each page.
	var people []*identity.Identity
	var accounts []*account
	v := &view{sources: sources}
	for i, err := range st.All(ctx) {
		if err != nil {
			return nil, err
		}
		people = append(people, i)
		accounts = v.accountsOf(accounts, i)
	}

	// Accounts without identity stand beside the identities in a store, and in one list in the API.
	for a, err := range st.Uncorrelated(ctx, "") {
		if err != nil {
			return nil, err
		}
		accounts = append(accounts, v.newAccount(&a, nil))
	}

	v.people, v.accounts = isc.NewTable(byID, people), isc.NewTable(byAccount, accounts)
	return v, nil
}

func (v *view) newAccount(a *identity.Account, owner *identity.Identity) *account {
	return &account{Account: a, id: accountID(v.sources, a), sourceID: v.sources[a.Source], owner: owner}
}

func (v *view) accountsOf(list []*account, i *identity.Identity) []*account {
	for k := range i.Accounts {
		list = append(list, v.newAccount(&i.Accounts[k], i))
	}
	return list
}

// after gives the view once batches were applied to the store, in their order.
func (v *view) after(batches []identity.Batch, b *config.Bundle) *view {
	// Later batches win: somebody who is deleted and put again is there.
	gone := map[string]bool{}
	people := map[string]*identity.Identity{}
	keys := map[identity.AccountKey]bool{} // accounts that are elsewhere or gone
	loose := map[identity.AccountKey]*identity.Account{}
	for _, batch := range batches {
		for _, id := range batch.Delete {
			gone[id] = true
			delete(people, id)
		}

		for _, i := range batch.Put {
			gone[i.ID], people[i.ID] = true, i
			for k := range i.Accounts {
				key := i.Accounts[k].Key()
				keys[key] = true
				delete(loose, key)
			}
		}

		for _, key := range batch.Forget {
			if a, ok := v.findAccount(key); ok && a.owner == nil {
				keys[key] = true
			}
			delete(loose, key)
		}

		for k := range batch.Uncorrelated {
			key := batch.Uncorrelated[k].Key()
			keys[key], loose[key] = true, &batch.Uncorrelated[k]
		}
	}

	// Tables are replaced and not changed, since requests that are under way read the old ones.
	next := &view{sources: v.sources, bundle: b}
	var accounts []*account
	for _, i := range people {
		accounts = next.accountsOf(accounts, i)
	}
	for _, a := range loose {
		accounts = append(accounts, next.newAccount(a, nil))
	}
	next.people = v.people.Replace(func(i *identity.Identity) bool { return gone[i.ID] },
		slices.Collect(maps.Values(people)), ownField)
	next.accounts = v.accounts.Replace(func(a *account) bool {
		return a.owner != nil && gone[a.owner.ID] || keys[a.Key()]
	}, accounts, nil)
	return next
}

// person finds an identity, nil when there is none.
func (v *view) person(id string) *identity.Identity {
	list := v.people.Items()
	at, ok := slices.BinarySearchFunc(list, id,
		func(i *identity.Identity, id string) int { return strings.Compare(i.ID, id) })
	if !ok {
		return nil
	}
	return list[at]
}

// account finds an account by its id, nil when there is none.
func (v *view) account(id string) *account {
	list := v.accounts.Items()
	order := v.accounts.Rows("id", isc.Order[*account]{Compare: byAccountID, Key: func(a *account) string {
		return a.id
	}})
	at, ok := slices.BinarySearchFunc(order, id,
		func(row int32, id string) int { return strings.Compare(list[row].id, id) })
	if !ok {
		return nil
	}
	return list[order[at]]
}

func (v *view) findAccount(key identity.AccountKey) (*account, bool) {
	list := v.accounts.Items()
	at, ok := slices.BinarySearchFunc(list, key,
		func(a *account, key identity.AccountKey) int { return compareKeys(a.Key(), key) })
	if !ok {
		return nil, false
	}
	return list[at], true
}

// counted counts what lists say of others.
func (v *view) counted() {
	v.count.Do(func() {
		v.managers, v.inState = map[string]bool{}, map[stateKey]int64{}
		for _, i := range v.people.Items() {
			v.inState[stateKey{i.Profile, i.Lifecycle.State}]++
			if i.ManagerID != "" {
				v.managers[i.ManagerID] = true
			}
		}
	})
}

// isManager reports whether somebody has the identity as manager.
func (v *view) isManager(id string) bool {
	v.counted()
	return v.managers[id]
}

// members counts the identities of a profile by their lifecycle states.
func (v *view) members(profile string) map[string]int64 {
	v.counted()
	out := map[string]int64{}
	for key, n := range v.inState {
		if key.profile == profile {
			out[key.state] = n
		}
	}

	return out
}

func byAccountID(a, b *account) int { return strings.Compare(a.id, b.id) }

func byAccount(a, b *account) int { return compareKeys(a.Key(), b.Key()) }

func compareKeys(a, b identity.AccountKey) int {
	if n := strings.Compare(a.Source, b.Source); n != 0 {
		return n
	}
	return strings.Compare(a.NativeIdentity, b.NativeIdentity)
}

func byID(a, b *identity.Identity) int { return strings.Compare(a.ID, b.ID) }

// accountID is the id of an account; one that no tenant gave an id gets one of its
// source and native identity.
func accountID(sources map[string]string, a *identity.Account) string {
	if a.ID != "" {
		return a.ID
	}
	of, ok := sources[a.Source]
	if !ok {
		of = a.Source
	}
	return config.IdentityID("ACCOUNT/"+of, a.NativeIdentity)
}

// identityView shows identities with what the view knows of others.
func (h *Handler) identityView(v *view) tenant.IdentityView {
	return tenant.IdentityView{Bundle: h.tenant.Bundle(), Manager: v.person, IsManager: v.isManager}
}

// watchedStore notes the changes of a store, so that views of it follow.
type watchedStore struct {
	identity.Store
	mu     sync.Mutex
	noting bool // a view is there that follows
	size   int
	noted  []identity.Batch
}

// maxNoted is how many objects are noted at most: a view is read anew when more of
// them change at a time.
const maxNoted = 50_000

// Apply implements [identity.Store].
func (s *watchedStore) Apply(ctx context.Context, b identity.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.Store.Apply(ctx, b)
	n := len(b.Put) + len(b.Delete) + len(b.Uncorrelated) + len(b.Forget)
	switch {
	case n == 0 || !s.noting:
	case err != nil || s.size+n > maxNoted:
		s.noting, s.noted, s.size = false, nil, 0 // what became of it is not known
	default:
		s.noted, s.size = append(s.noted, cloneBatch(b)), s.size+n
	}

	return err
}

// take gives the batches since the last time; known is false when they are not
// known. From now on they are noted.
func (s *watchedStore) take() (batches []identity.Batch, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	batches, known = s.noted, s.noting
	s.noting, s.noted, s.size = true, nil, 0
	return batches, known
}

// forget stops to note.
func (s *watchedStore) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noting, s.noted, s.size = false, nil, 0
}

// cloneBatch copies a batch, which its owner may go on with.
func cloneBatch(b identity.Batch) identity.Batch {
	out := identity.Batch{Delete: slices.Clone(b.Delete), Forget: slices.Clone(b.Forget)}
	for _, i := range b.Put {
		out.Put = append(out.Put, i.Clone())
	}
	for k := range b.Uncorrelated {
		out.Uncorrelated = append(out.Uncorrelated, b.Uncorrelated[k].Clone())
	}
	return out
}
