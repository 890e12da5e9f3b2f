package store

import (
	"context"
	"hash/crc32"
	"slices"
	"sort"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/codec"
	"github.com/idprofile/engine/identity/internal/filelog"
	"github.com/idprofile/engine/identity/tags"
)

// outline is what a file says of itself behind its last batch, so that opening it reads no
// entry: where each identity is, by ascending id, and which accounts it may have.
type outline struct {
	file   *File
	note   string
	blocks []*filelog.Block
	places []uint32 // by identity: block and offset
	first  []uint32 // by identity, and one more: the number of its first account
	tags   []uint32 // by account

	loose     []uint32 // places of accounts that nobody has, by their keys
	looseTags []uint32

	byTag *tags.Table // of accounts, those that nobody has behind the others; made when it is first asked

	read, own decoder // of what is late, and of accounts
}

// offsetBits are those of the offset in a place: no entry begins behind the size of a frame.
const offsetBits = 20

// accountTag is a hash of 24 bits of the key of an account, the same in every process; never 0.
func accountTag(key identity.AccountKey) uint32 {
	hash := crc32.Update(crc32.Update(0, castagnoli, []byte(key.Source)), castagnoli, []byte(key.NativeIdentity))
	return max(1, hash^hash>>24<<24)
}

// Outline implements [identity.Outliner]. Each caller has its own.
func (f *File) Outline(ctx context.Context) (identity.Outline, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.outline == nil {
		return nil, ctx.Err()
	}
	o := *f.outline
	o.byTag, o.read, o.own = nil, decoder{}, decoder{}
	return &o, ctx.Err()
}

// outlined takes in the outline of a file, and reports whether it is one.
func (f *File) outlined(body string, block func(at, end int64) *filelog.Block) bool {
	lists := newLists()
	o := &outline{file: f}
	decisions, entries, ok := o.decode(body, lists, block)
	if !ok {
		return false
	}
	f.lists, f.entries, f.outline = lists, entries, o
	f.s = newHeld()
	f.s.decisions, f.s.lists = decisions, lists
	return true
}

// whole takes in everything that an outline stands for.
func (f *File) whole() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.outline == nil {
		return nil
	}

	// The lists are there: whoever writes goes on numbering them.
	f.note = f.outline.note
	f.s, f.run, f.entries, f.listed = newHeld(), nil, 0, true
	f.s.lists = f.lists
	err := f.log.Replay()
	f.s.lists, f.listed = f.lists.fixed(), false
	if err != nil {
		return f.at(err)
	}
	f.outline = nil
	f.limit = f.nextLimit()
	return nil
}

// Empty reports whether the store has no identity.
func (f *File) Empty() bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.outline != nil {
		return len(f.outline.places) == 0
	}
	return f.s.count == 0
}

// Note implements [identity.Outline].
func (o *outline) Note() string { return o.note }

// Len implements [identity.Outline].
func (o *outline) Len() (identities, uncorrelated int) { return len(o.places), len(o.loose) }

// Accounts implements [identity.Outline].
func (o *outline) Accounts(n int) int { return int(o.first[n+1] - o.first[n]) }

func (o *outline) place(p uint32) filelog.Place {
	return o.blocks[p>>offsetBits].Place(p & (1<<offsetBits - 1))
}

// decoders makes what is read with, when it is needed first.
func (o *outline) decoders() {
	if o.read.lists == nil {
		lists := o.file.lists.fixed()
		o.read = decoder{lists: lists, chunk: chunkSize, late: true}
		o.own = decoder{lists: lists, chunk: chunkSize}
	}
}

// Identity implements [identity.Outline].
func (o *outline) Identity(n int) (*identity.Identity, []string, error) {
	o.decoders()
	i := new(identity.Identity)
	if err := o.read.read(record{at: o.place(o.places[n])}, i); err != nil {
		return nil, nil, o.file.at(err)
	}
	if len(i.Accounts) != o.Accounts(n) {
		return nil, nil, o.file.at(damaged(codec.ErrMalformed))
	}
	return i, slices.Clone(o.read.unread), nil
}

// Read implements [identity.Outline].
func (o *outline) Read(unread string, a *identity.Account) error {
	o.decoders()
	o.own.accountRows = o.own.accountRows[:0]
	return damaged(o.own.account(unread, a))
}

// Uncorrelated implements [identity.Outline].
func (o *outline) Uncorrelated(n int, a *identity.Account) error {
	o.decoders()
	o.own.accountRows = o.own.accountRows[:0]
	if err := o.own.readLoose(o.place(o.loose[n]), a); err != nil {
		return o.file.at(err)
	}
	return nil
}

// Number implements [identity.Outline].
func (o *outline) Number(id string) (n int, found bool, err error) {
	n, found = sort.Find(len(o.places), func(n int) int {
		other, failed := o.id(n)
		if failed != nil {
			err = failed
			return 0
		}
		return compareTexts(id, other)
	})
	return n, found, err
}

func compareTexts(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func (o *outline) id(n int) (string, error) {
	o.decoders()
	_, body, err := o.place(o.places[n]).Entry()
	if err == nil {
		var id string
		id, err = o.own.id(body)
		if err == nil {
			return id, nil
		}
		err = damaged(err)
	}
	return "", o.file.at(err)
}

// Candidates implements [identity.Outline].
func (o *outline) Candidates(key identity.AccountKey, yield func(identity, account int)) {
	o.candidates(accountTag(key), yield)
}

func (o *outline) candidates(tag uint32, yield func(identity, account int)) {
	if o.byTag == nil {
		o.byTag = tags.New(o.tags, o.looseTags)
	}
	for n := range o.byTag.Find(tag) {
		if n >= len(o.tags) {
			yield(-1, n-len(o.tags))
			continue
		}
		owner := sort.Search(len(o.places), func(i int) bool { return o.first[i+1] > uint32(n) })
		yield(owner, n-int(o.first[owner]))
	}
}

// keyOf reads which account a candidate is.
func (o *outline) keyOf(owner, account int) (key identity.AccountKey, err error) {
	if owner < 0 {
		return o.looseKey(account)
	}
	o.decoders()
	_, body, err := o.place(o.places[owner]).Entry()
	if err != nil {
		return key, o.file.at(err)
	}
	n := 0
	err = o.own.keys(body, func(k identity.AccountKey) {
		if n == account {
			key = k
		}
		n++
	})
	if err != nil {
		return key, o.file.at(damaged(err))
	}
	return key, nil
}

func (o *outline) looseKey(n int) (key identity.AccountKey, err error) {
	o.decoders()
	_, body, err := o.place(o.loose[n]).Entry()
	if err == nil {
		if key, err = o.own.key(body); err == nil {
			return key, nil
		}
		err = damaged(err)
	}
	return key, o.file.at(err)
}

// taken reports whether somebody who is not of the batch has an account of the batch.
func (o *outline) taken(t *transaction, c *change) (doubt bool, err error) {
	ids := map[int]bool{} // of candidates: whether they are of the batch
	ofBatch := func(owner int) bool {
		of, known := ids[owner]
		if !known && err == nil {
			var id string
			if id, err = o.id(owner); err == nil {
				of = t.has(id) || c.gone[id]
			}
			ids[owner] = of
		}
		return of
	}
	look := func(tag uint32, same func(identity.AccountKey) bool) {
		o.candidates(tag, func(owner, account int) {
			if owner < 0 || doubt || err != nil || ofBatch(owner) || err != nil {
				return
			}
			stored, failed := o.keyOf(owner, account)
			if failed != nil {
				err = failed
				return
			}
			doubt = same(stored)
		})
	}

	// Of the accounts of identities only hashes are at hand.
	for n, tag := range t.tags {
		look(tag, func(stored identity.AccountKey) bool { return t.hash(stored) == t.tagged[n] })
	}
	for key := range c.loose {
		look(accountTag(key), func(stored identity.AccountKey) bool { return stored == key })
	}
	return doubt, err
}
