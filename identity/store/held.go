package store

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/codec"
	"github.com/idprofile/engine/identity/internal/filelog"
)

// record says where in memory the last entry of an identity is.
type record struct {
	id string
	at filelog.Place // nowhere: the identity is gone
}

func (r *record) gone() bool { return r.at == filelog.Place{} }

// held is what a file holds: places of entries, which are read when somebody asks. The
// caller does the locking. Records that were handed out are never changed, so that an
// iteration may go on with what it saw at its start.
type held struct {
	lists *lists            // to read with, see [lists.fixed]
	base  []record          // by id
	newer map[string]record // what counts instead of base
	count int

	owners    map[identity.AccountKey]string // nil: nobody has asked yet
	loose     map[identity.AccountKey]filelog.Place
	index     map[indexed]*bucket
	decisions []identity.Decision // only appended to
}

func newHeld() held {
	return held{lists: newLists(), loose: map[identity.AccountKey]filelog.Place{}, index: map[indexed]*bucket{}}
}

// find returns the record of an identity that there is.
func (h *held) find(id string) (record, bool) {
	r, ok := h.newer[id]
	if !ok {
		n, found := slices.BinarySearchFunc(h.base, id, func(r record, id string) int { return cmp.Compare(r.id, id) })
		if !found {
			return record{}, false
		}
		r = h.base[n]
	}
	return r, !r.gone()
}

// sortRecords puts the records of a batch in order; of those with one id the last stays.
func sortRecords(list []record) []record {
	if ascending(list) {
		return list
	}
	order := orderOf(list)
	sorted := make([]record, len(order))
	for k, n := range order {
		sorted[k] = list[n]
	}
	return sorted
}

// orderOf returns the numbers of records in the order of their ids; of those with one id the last
// stays.
func orderOf(list []record) []int32 {

	// Ids nearly always differ in their first bytes, which are compared as a number.
	type key struct {
		prefix uint64
		n      int32
	}
	keys := make([]key, len(list))
	for n := range list {
		var first [8]byte
		copy(first[:], list[n].id)
		keys[n] = key{binary.BigEndian.Uint64(first[:]), int32(n)}
	}
	slices.SortFunc(keys, func(a, b key) int {
		if a.prefix != b.prefix {
			return cmp.Compare(a.prefix, b.prefix)
		}
		return cmp.Or(cmp.Compare(list[a.n].id, list[b.n].id), cmp.Compare(a.n, b.n))
	})

	order := make([]int32, 0, len(list))
	for _, k := range keys {
		if last := len(order) - 1; last >= 0 && list[order[last]].id == list[k.n].id {
			order[last] = k.n
			continue
		}
		order = append(order, k.n)
	}
	return order
}

// ascending reports whether each id comes behind the one before.
func ascending(list []record) bool {
	for n := 1; n < len(list); n++ {
		if list[n].id <= list[n-1].id {
			return false
		}
	}
	return true
}

// merge takes in the records of a batch, which are in order.
func (h *held) merge(list []record) {
	for _, r := range list {
		_, had := h.find(r.id)
		h.count += btoi(!r.gone()) - btoi(had)
	}

	// Few records wait in a table until somebody wants all.
	if 8*len(list) < len(h.base) {
		if h.newer == nil {
			h.newer = map[string]record{}
		}
		for _, r := range list {
			h.newer[r.id] = r
		}
		return
	}
	h.base, h.newer = mergeRecords(h.all(), list), nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// mergeRecords returns both lists as one, without what is gone; the second one counts.
func mergeRecords(base, list []record) []record {
	merged := make([]record, 0, len(base)+len(list))
	for _, r := range list {
		for len(base) > 0 && base[0].id < r.id {
			merged, base = append(merged, base[0]), base[1:]
		}
		if len(base) > 0 && base[0].id == r.id {
			base = base[1:]
		}
		if !r.gone() {
			merged = append(merged, r)
		}
	}
	return append(merged, base...)
}

// all returns the records by id.
func (h *held) all() []record {
	if len(h.newer) > 0 {
		list := slices.SortedFunc(maps.Values(h.newer), func(a, b record) int { return cmp.Compare(a.id, b.id) })
		h.base, h.newer = mergeRecords(h.base, list), nil
	}
	return h.base
}

// claims calls do with each account of an identity.
func (h *held) claims(r record, do func(identity.AccountKey)) error {
	kind, body, err := r.at.Entry()
	if err != nil {
		return err
	}
	if kind == entryPerson {
		d := decoder{lists: h.lists}
		return damaged(d.keys(body, do))
	}

	var i identity.Identity
	if err := h.lists.read(kind, body, &i); err != nil {
		return err
	}
	for n := range i.Accounts {
		do(i.Accounts[n].Key())
	}
	return nil
}

// read reads an identity of any version.
func (d *decoder) read(r record, i *identity.Identity) error {
	kind, body, err := r.at.Entry()
	if err != nil {
		return err
	}
	if kind == entryPerson {
		return damaged(d.person(body, i))
	}
	return d.lists.read(kind, body, i)
}

// read reads an identity of an earlier version.
func (l *lists) read(kind byte, body string, i *identity.Identity) error {
	if kind != entryIdentity {
		return damaged(codec.ErrMalformed)
	}
	b := l.reader(body)
	b.person(i)
	return damaged(b.Err())
}

// readLoose reads an account that nobody has.
func (d *decoder) readLoose(at filelog.Place, a *identity.Account) error {
	kind, body, err := at.Entry()
	if err != nil {
		return err
	}
	if kind == entryAccount {
		return damaged(d.account(body, a))
	}
	b := d.lists.reader(body)
	*a = b.Account()
	return damaged(b.Err())
}

func damaged(err error) error {
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return nil
}

// personAt reads an identity that belongs to the caller.
func (l *lists) personAt(r record) (*identity.Identity, error) {
	d, i := decoder{lists: l}, new(identity.Identity)
	if err := d.read(r, i); err != nil {
		return nil, err
	}
	return i, nil
}

// knowOwners makes the table of owners, if there is none.
func (h *held) knowOwners() error {
	if h.owners != nil {
		return nil
	}
	owners := make(map[identity.AccountKey]string, 2*h.count)
	for _, r := range h.all() {
		if err := h.claims(r, func(key identity.AccountKey) { owners[key] = r.id }); err != nil {
			return err
		}
	}
	h.owners = owners
	return nil
}

// uncorrelated returns the keys of accounts that nobody has, in order.
func (h *held) uncorrelated(source string) (keys []identity.AccountKey, at []filelog.Place) {
	for key := range h.loose {
		if source == "" || key.Source == source {
			keys = append(keys, key)
		}
	}

	slices.SortFunc(keys, compareKeys)
	for _, key := range keys {
		at = append(at, h.loose[key])
	}
	return keys, at
}

// search returns the identities whose attribute has a value, by id. It may build an index.
func (h *held) search(attribute, value string, fold bool) ([]*identity.Identity, error) {
	name := indexed{attribute, fold}

	// An index is built by the first who asks, since few attributes are ever asked for.
	b := h.index[name]
	if b == nil {
		b = &bucket{byText: map[string][]string{}}
		d, i := decoder{lists: h.lists, chunk: chunkSize}, identity.Identity{}
		for _, r := range h.all() {
			if err := d.read(r, &i); err != nil {
				return nil, err
			}
			b.add(name, &i)
		}
		h.index[name] = b
	}

	if fold {
		value = identity.Fold(value)
	}
	return b.find(name, value, func(id string) (*identity.Identity, error) {
		r, ok := h.find(id)
		if !ok {
			return nil, nil
		}
		return h.lists.personAt(r)
	})
}

// indexNew puts the identities of a batch into the indexes that there are.
func (h *held) indexNew(list []record) error {
	if len(h.index) == 0 {
		return nil
	}
	for _, r := range list {
		if r.gone() {
			continue
		}
		i, err := h.lists.personAt(r)
		if err != nil {
			return err
		}
		for name, b := range h.index {
			b.add(name, i)
		}
	}
	dropStale(h.index, h.count)
	return nil
}

// names copies ids into one piece of memory, so that they keep nothing else alive.
type names struct{ b strings.Builder }

func (n *names) clone(s string) string {
	if n.b.Cap()-n.b.Len() < len(s) {
		n.b = strings.Builder{}
		n.b.Grow(max(len(s), 4096))
	}
	at := n.b.Len()
	n.b.WriteString(s)
	return n.b.String()[at:]
}
