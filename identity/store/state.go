package store

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/idprofile/engine/identity"
)

// state is what a store holds. What it points to is never changed, only
// replaced, so that an iteration may go on with what it saw at its start. The
// caller does the locking.
type state struct {
	ids    map[string]*identity.Identity
	owners map[identity.AccountKey]string
	loose  map[identity.AccountKey]*identity.Account
	sorted []string // the ids in order; nil when not known
	index  map[indexed]*bucket

	decisions []identity.Decision // only appended to
}

// indexed names an index: one for each attribute that was asked for.
type indexed struct {
	attribute string
	fold      bool
}

// bucket leads from texts to the ids of the identities that have, or once had,
// them. Readers check; when most entries are stale the index is dropped.
type bucket struct {
	byText  map[string][]string
	entries int
}

func newState() state {
	return state{
		ids: map[string]*identity.Identity{}, owners: map[identity.AccountKey]string{},
		loose: map[identity.AccountKey]*identity.Account{}, index: map[indexed]*bucket{},
	}
}

// change is a batch with its contradictions resolved.
type change struct {
	put    map[string]*identity.Identity
	gone   map[string]bool // deleted, not put again
	loose  map[identity.AccountKey]*identity.Account
	forget map[identity.AccountKey]bool
	owners map[identity.AccountKey]string // of the accounts of put

	decisions []identity.Decision
}

// plan checks what can be checked without a store. The identities and accounts are those of
// the batch, see [change.copy].
func plan(b identity.Batch) (*change, error) {
	accounts := 0
	for _, i := range b.Put {
		if i != nil {
			accounts += len(i.Accounts)
		}
	}
	c := &change{
		put: make(map[string]*identity.Identity, len(b.Put)), gone: map[string]bool{},
		loose: make(map[identity.AccountKey]*identity.Account, len(b.Uncorrelated)), forget: map[identity.AccountKey]bool{},
		owners: make(map[identity.AccountKey]string, accounts), decisions: slices.Clone(b.Decisions),
	}

	// An identity that is deleted and put in one batch is put.
	for _, id := range b.Delete {
		c.gone[id] = true
	}
	for _, i := range b.Put {
		if i == nil || i.ID == "" {
			return nil, fmt.Errorf("%w: an identity without id", identity.ErrConflict)
		}
		c.put[i.ID] = i
		delete(c.gone, i.ID)
	}

	for id, i := range c.put {
		for n := range i.Accounts {
			if err := c.own(i.Accounts[n].Key(), id); err != nil {
				return nil, err
			}
		}
	}

	for _, key := range b.Forget {
		c.forget[key] = true
	}
	for n := range b.Uncorrelated {
		a := &b.Uncorrelated[n]
		key := a.Key()
		if key.NativeIdentity == "" {
			return nil, fmt.Errorf("%w: an uncorrelated account of %q without id", identity.ErrConflict, key.Source)
		}
		if id, ok := c.owners[key]; ok {
			return nil, fmt.Errorf("%w: account %s is uncorrelated and belongs to identity %s", identity.ErrConflict, key, id)
		}
		c.loose[key] = a
		delete(c.forget, key)
	}

	return c, nil
}

// copy puts copies into the change, for who keeps them: the caller may go on using what it gave.
func (c *change) copy() {
	for id, i := range c.put {
		c.put[id] = i.Clone()
	}
	for key, a := range c.loose {
		own := a.Clone()
		c.loose[key] = &own
	}
}

// own notes that an account belongs to an identity of the batch.
func (c *change) own(key identity.AccountKey, id string) error {
	if key.NativeIdentity == "" {
		return accountWithoutID(key, id)
	}
	if other, ok := c.owners[key]; ok {
		return fmt.Errorf("%w: account %s belongs to the identities %s and %s", identity.ErrConflict, key, min(id, other),
			max(id, other))
	}
	c.owners[key] = id
	return nil
}

func accountWithoutID(key identity.AccountKey, id string) error {
	return fmt.Errorf("%w: an account of %q without id in identity %s", identity.ErrConflict, key.Source, id)
}

// replaced reports whether the stored form of an identity no longer counts.
func (c *change) replaced(id string) bool { return c.gone[id] || c.put[id] != nil }

// check compares a change with what is stored; owner returns the identity of an
// account there, "" when there is none.
func (c *change) check(owner func(identity.AccountKey) (string, error)) error {
	// An account belongs to one identity. That of another one only becomes free when this batch
	// replaces its owner too.
	for key, id := range c.owners {
		other, err := owner(key)
		if err != nil {
			return err
		}
		if other != "" && !c.replaced(other) {
			return fmt.Errorf("%w: account %s belongs to the identities %s and %s", identity.ErrConflict, key, min(id, other),
				max(id, other))
		}
	}

	for key := range c.loose {
		other, err := owner(key)
		if err != nil {
			return err
		}
		if other != "" && !c.replaced(other) {
			return fmt.Errorf("%w: account %s is uncorrelated and belongs to identity %s", identity.ErrConflict, key, other)
		}
	}

	return nil
}

// follow checks that the decisions of a change come next in a log of some length.
func (c *change) follow(length int) error {
	for n, d := range c.decisions {
		if want := length + n + 1; d.Number != want {
			return fmt.Errorf("%w: decision %d, expected decision %d: the log has %d", identity.ErrConflict, d.Number, want,
				length)
		}
	}

	return nil
}

// apply makes a change that was checked.
func (s *state) apply(c *change) {
	c.copy()

	// Everything is taken away before anything is put: an account may go from one identity of the
	// batch to another.
	for id := range c.gone {
		s.remove(id)
		s.sorted = nil
	}

	for id := range c.put {
		if s.ids[id] == nil {
			s.sorted = nil
		}
		s.remove(id)
	}

	if len(s.ids) == 0 {
		s.ids = make(map[string]*identity.Identity, len(c.put))
	}
	for id, i := range c.put {
		s.ids[id] = i
		s.own(i)

		for name, b := range s.index {
			b.add(name, i)
		}
	}

	for key := range c.forget {
		delete(s.loose, key)
	}
	maps.Copy(s.loose, c.loose)
	s.decisions = append(s.decisions, c.decisions...)
	dropStale(s.index, len(s.ids))
}

// own notes whose the accounts of an identity are now.
func (s *state) own(i *identity.Identity) {
	for n := range i.Accounts {
		key := i.Accounts[n].Key()
		s.owners[key] = i.ID
		delete(s.loose, key)
	}
}

// remove takes an identity out; the indexes keep stale entries of it.
func (s *state) remove(id string) {
	i := s.ids[id]
	if i == nil {
		return
	}
	for n := range i.Accounts {
		delete(s.owners, i.Accounts[n].Key())
	}
	delete(s.ids, id)
}

// all returns the identities by id.
func (s *state) all() []*identity.Identity {
	if s.sorted == nil {
		s.sorted = slices.AppendSeq(make([]string, 0, len(s.ids)), maps.Keys(s.ids))
		slices.Sort(s.sorted)
	}

	list := make([]*identity.Identity, len(s.sorted))
	for n, id := range s.sorted {
		list[n] = s.ids[id]
	}
	return list
}

// uncorrelated returns the accounts without identity in order.
func (s *state) uncorrelated(source string) []*identity.Account {
	var list []*identity.Account
	for key, a := range s.loose {
		if source == "" || key.Source == source {
			list = append(list, a)
		}
	}

	slices.SortFunc(list, func(a, b *identity.Account) int { return compareKeys(a.Key(), b.Key()) })
	return list
}

func compareKeys(a, b identity.AccountKey) int {
	return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.NativeIdentity, b.NativeIdentity))
}

// find returns the identities whose attribute has a value, by id. It may build
// an index.
func (s *state) find(attribute, value string, fold bool) []*identity.Identity {
	name := indexed{attribute, fold}

	// An index is built by the first who asks, since few attributes are ever asked for.
	b := s.index[name]
	if b == nil {
		b = &bucket{byText: map[string][]string{}}
		for _, i := range s.ids {
			b.add(name, i)
		}
		s.index[name] = b
	}

	if fold {
		value = identity.Fold(value)
	}
	list, _ := b.find(name, value, func(id string) (*identity.Identity, error) { return s.ids[id], nil })
	return list
}

// find returns the identities that have a text, by id, given who has an id: nil for nobody.
func (b *bucket) find(name indexed, text string,
	get func(id string) (*identity.Identity, error)) (list []*identity.Identity, err error) {
	ids := slices.Sorted(slices.Values(b.byText[text]))

	// Entries may be out of date, so each is compared with the identity.
	for _, id := range slices.Compact(ids) {
		i, err := get(id)
		if err != nil {
			return nil, err
		}
		if i != nil && slices.Contains(name.texts(i), text) {
			list = append(list, i)
		}
	}

	return list, nil
}

// dropStale drops indexes in which too many entries are out of date: entries are never taken
// out, they are checked when found. Who asks next builds the index again.
func dropStale(index map[indexed]*bucket, identities int) {
	for name, b := range index {
		if b.entries > 1000+4*identities {
			delete(index, name)
		}
	}
}

func (b *bucket) add(name indexed, i *identity.Identity) {
	for _, text := range name.texts(i) {
		b.byText[text] = append(b.byText[text], i.ID)
		b.entries++
	}
}

// texts returns the texts by which an index finds an identity: that of the
// value, or of each item of a list.
func (n indexed) texts(i *identity.Identity) []string {
	v := i.Attribute(n.attribute)
	if v.IsNull() {
		return nil
	}
	items := v.List()
	if v.Kind() != identity.List {
		items = []identity.Value{v}
	}
	var texts []string
	for _, item := range items {
		if item.IsNull() {
			continue
		}
		text := item.Text()
		if n.fold {
			text = identity.Fold(text)
		}
		texts = append(texts, text)
	}

	return texts
}
