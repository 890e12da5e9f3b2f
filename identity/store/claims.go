package store

import (
	"context"
	"hash/maphash"
	"math/bits"
	"slices"

	"github.com/idprofile/engine/identity"
)

// claims are the accounts that a batch gives to identities. Nearly always nobody else has them,
// which hashes are enough to tell; in doubt [transaction.check] looks closely.
type claims struct {
	seed   maphash.Seed
	hashes []uint64
	follow bool    // the store knows who owns what, so that its table has to follow
	list   []claim // then
}

// claim says whose an account is now.
type claim struct {
	key identity.AccountKey
	id  string
}

func (c *claims) hash(key identity.AccountKey) uint64 {
	return maphash.String(c.seed, key.NativeIdentity) ^ bits.RotateLeft64(maphash.String(c.seed, key.Source), 1)
}

// claim notes that an account belongs to an identity of the batch.
func (c *claims) claim(key identity.AccountKey, id string) error {
	if key.NativeIdentity == "" {
		return accountWithoutID(key, id)
	}
	c.hashes = append(c.hashes, c.hash(key))
	if c.follow {
		c.list = append(c.list, claim{key, id})
	}
	return nil
}

// twice sorts the hashes and reports whether one is there twice.
func (c *claims) twice() bool {
	slices.Sort(c.hashes)
	for n := 1; n < len(c.hashes); n++ {
		if c.hashes[n] == c.hashes[n-1] {
			return true
		}
	}
	return false
}

// may reports whether an account may be among those of the batch.
func (c *claims) may(key identity.AccountKey) bool {
	_, found := slices.BinarySearch(c.hashes, c.hash(key))
	return found
}

// maxScans is how often all identities are gone through to find out whether somebody has the
// accounts of a batch. Whoever writes more often gets a table of owners.
const maxScans = 3

// check looks for accounts that would belong to two identities, or to one and to nobody.
func (t *transaction) check(ctx context.Context, b identity.Batch, c *change) error {
	for key := range c.loose {
		t.hashes = append(t.hashes, t.hash(key))
	}
	doubt := t.twice()
	if !doubt {
		var err error
		if doubt, err = t.taken(c); err != nil {
			return err
		}
	}
	if !doubt {
		return nil
	}

	// The rules are those of all stores.
	if err := t.batch.Flush(); err != nil {
		return t.at(err)
	}
	lists := t.File.lists.fixed()
	for _, r := range t.run {
		i, err := lists.personAt(r)
		if err != nil {
			return t.at(err)
		}
		b.Put = append(b.Put, i)
	}
	whole, err := plan(b)
	if err != nil {
		return err
	}
	return whole.check(func(key identity.AccountKey) (string, error) { return t.owner(ctx, key) })
}

// taken reports whether somebody who is stored may have an account of the batch.
func (t *transaction) taken(c *change) (doubt bool, err error) {
	f := t.File
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.outline != nil {
		return f.outline.taken(t, c)
	}
	if f.s.count == 0 || len(t.hashes) == 0 {
		return false, nil
	}
	if t.follow {
		for _, own := range t.list {
			if id := f.s.owners[own.key]; id != "" && id != own.id {
				return true, nil
			}
		}
		for key := range c.loose {
			if f.s.owners[key] != "" {
				return true, nil
			}
		}
		return false, nil
	}

	f.scans++
	for _, r := range f.s.all() {
		if t.has(r.id) || c.gone[r.id] {
			continue
		}
		if err := f.s.claims(r, func(key identity.AccountKey) { doubt = doubt || t.may(key) }); err != nil {
			return false, t.at(err)
		}
	}
	return doubt, nil
}

// applyClaims makes the accounts of a batch those of their owners.
func (h *held) applyClaims(t *transaction, c *change, run []record) error {
	// Somebody has asked in the meantime, or the batch has an identity twice: the table is made anew
	// when it is asked for.
	if !t.follow || t.puts+len(c.gone) > len(run) {
		h.owners = nil
	}
	if h.owners != nil {
		// Everything is taken away before anything is put: an account may go from one identity of the
		// batch to another.
		for _, r := range run {
			old, ok := h.find(r.id)
			if !ok {
				continue
			}
			if err := h.claims(old, func(key identity.AccountKey) { delete(h.owners, key) }); err != nil {
				return err
			}
		}
		for _, own := range t.list {
			h.owners[own.key] = own.id
		}
	}

	// What somebody has is no longer nobody's.
	free := true
	for key := range h.loose {
		if c.loose[key] == nil && !c.forget[key] && t.may(key) {
			free = false
			break
		}
	}
	if free {
		return nil
	}
	for _, r := range run {
		if r.gone() {
			continue
		}
		if err := h.claims(r, func(key identity.AccountKey) { delete(h.loose, key) }); err != nil {
			return err
		}
	}
	return nil
}
