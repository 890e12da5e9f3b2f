package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"os"
	"slices"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/internal/filelog"
)

// Apply makes all changes of the batch, or none.
//
// Error: [identity.ErrConflict], [ErrOtherWriter], [ErrReadOnly], what the operating
// system says.
func (f *File) Apply(ctx context.Context, b identity.Batch) error {
	// In the order of ids, so that one batch always has the same bytes.
	put := b.Put
	byID := func(a, b *identity.Identity) int {
		if a == nil || b == nil {
			return 0 // refused below
		}
		return cmp.Compare(a.ID, b.ID)
	}
	if !slices.IsSortedFunc(put, byID) {
		put = slices.Clone(put)
		slices.SortStableFunc(put, byID)
	}

	t, err := f.Begin(ctx)
	if err != nil {
		return err
	}
	defer t.Rollback()
	for n, i := range put {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := t.Put(i, false); err != nil {
			return err
		}
	}
	b.Put = nil
	return t.Commit(ctx, b)
}

// transaction is a batch that is being written behind the end of a file.
type transaction struct {
	*File
	ended bool
	entryWriter
	knownLists, knownTexts int // that the file had

	run   []record
	soon  []waiting
	ids   names
	puts  int // how many identities were put
	put   int // how many different ones; they are the first of run, in order
	loose map[identity.AccountKey]filelog.Place
	claims

	// For the outline.
	tags     []uint32 // of accounts, as they were put
	firstTag []uint32 // by identity, as they were put, and one more
	outlined bool     // the store is known by its outline
	tagged   []uint64 // the longer hashes, then
	order    []int32  // by identity of the batch, in order: as which it was put
}

// Begin begins a batch, see [identity.Transactor]. What is put is written at once, and counts
// from the commit on.
//
// Error: as [File.Apply].
func (f *File) Begin(ctx context.Context) (identity.Transaction, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if f == nil {
		return nil, os.ErrInvalid // opening it failed
	}

	// One writer at a time plans, checks and writes; readers only wait while memory changes.
	f.writing.Lock()
	t, err := f.begin(ctx)
	if err != nil {
		f.writing.Unlock()
		return nil, f.at(err)
	}
	return t, nil
}

// at says in which file.
func (f *File) at(err error) error { return fmt.Errorf("store %s: %w", f.log.Path(), err) }

func (f *File) begin(ctx context.Context) (*transaction, error) {
	if f.log.Outdated() {
		if err := f.compact(ctx); err != nil {
			return nil, err
		}
	}
	b, err := f.log.Begin()
	if err != nil {
		return nil, err
	}

	t := &transaction{File: f, knownLists: len(f.lists.schemas), knownTexts: len(f.lists.shared.list),
		loose: map[identity.AccountKey]filelog.Place{}}
	t.entryWriter = entryWriter{batch: b, lists: f.lists, known: t.knownLists, texts: t.knownTexts}
	t.claims, t.outlined = claims{seed: maphash.MakeSeed()}, f.outline != nil
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.scans >= maxScans {
		err = f.s.knowOwners()
	}
	t.follow = f.s.owners != nil
	if err != nil {
		f.log.Rollback()
	}
	return t, err
}

// errEnded is the error of a transaction that has ended.
var errEnded = errors.New("the batch has ended")

// Put writes an identity, or keeps it until those that are read soon are written.
func (t *transaction) Put(i *identity.Identity, soon bool) error {
	if t.ended {
		return errEnded
	}
	if i == nil || i.ID == "" {
		return fmt.Errorf("%w: an identity without id", identity.ErrConflict)
	}
	id := t.ids.clone(i.ID)
	t.firstTag = append(t.firstTag, uint32(len(t.tags)))
	for n := range i.Accounts {
		key := i.Accounts[n].Key()
		if err := t.claim(key, id); err != nil {
			return err
		}
		t.tags = append(t.tags, accountTag(key))
		if t.outlined {
			t.tagged = append(t.tagged, t.hashes[len(t.hashes)-1])
		}
	}

	t.puts++
	if soon {
		t.soon = append(t.soon, waiting{at: len(t.run), body: t.File.lists.appendPerson(nil, i)})
		t.run = append(t.run, record{id: id})
		return nil
	}
	at, err := t.person(i)
	if err != nil {
		return t.at(err)
	}
	t.run = append(t.run, record{id: id, at: at})
	return nil
}

// waiting is an identity that stands behind the others of its batch, given by its place in the run.
type waiting struct {
	at   int
	body []byte
}

// putSoon writes those that wait.
func (t *transaction) putSoon() error {
	for _, w := range t.soon {
		at, err := t.entryWriter.put(entryPerson, w.body)
		if err != nil {
			return err
		}
		t.run[w.at].at = at
	}
	t.soon = nil
	return nil
}

// Rollback takes what was written out of the file.
func (t *transaction) Rollback() {
	if !t.ended {
		t.log.Rollback()
		t.end(false)
	}
}

// end lets others write.
func (t *transaction) end(committed bool) {
	// Names that a failed batch brought are no lists of the file, so they are forgotten again.
	clear(t.File.lists.recent)
	if !committed {
		t.File.lists.forget(t.knownLists)
		t.File.lists.shared.forget(t.knownTexts)
	}
	t.ended = true
	t.writing.Unlock()
}

// Commit writes the rest of the batch and makes it count.
func (t *transaction) Commit(ctx context.Context, b identity.Batch) error {
	if t.ended {
		return errEnded
	}
	defer t.Rollback() // when it has not come to its end
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, i := range b.Put {
		if err := t.Put(i, false); err != nil {
			return err
		}
	}

	b.Put = nil
	if err := t.putSoon(); err != nil {
		return t.at(err)
	}
	t.sort()
	c, err := plan(b)
	if err != nil {
		return err
	}
	maps.DeleteFunc(c.gone, func(id string, _ bool) bool { return t.has(id) }) // deleted and put is put
	if err := t.check(ctx, b, c); err != nil {
		return err
	}
	if err := c.follow(len(t.s.decisions)); err != nil {
		return err
	}

	// The file first: what memory holds is on the disk.
	if err := t.rest(c); err != nil {
		return t.at(err)
	}
	if b.Outline == nil && t.entryWriter.entries > 0 {
		if err := t.whole(); err != nil { // what is known by an outline alone would not be known any more
			return err
		}
	}
	if err := t.log.Commit(t.batch); err != nil {
		t.end(false)
		return t.at(err)
	}
	err = t.committed(ctx, b, c)
	t.end(true)
	return err
}

// sort puts what was put in order.
func (t *transaction) sort() {
	t.firstTag = append(t.firstTag, uint32(len(t.tags)))
	t.order = orderOf(t.run)
	t.put = len(t.order)
	if ascending(t.run) {
		return
	}
	sorted := make([]record, t.put)
	for k, n := range t.order {
		sorted[k] = t.run[n]
	}
	t.run = sorted
}

// rest writes what a batch changes but for the identities that it puts, in the order of keys.
func (t *transaction) rest(c *change) error {
	for _, id := range slices.Sorted(maps.Keys(c.gone)) {
		if err := t.gone(id); err != nil {
			return err
		}
		t.run = append(t.run, record{id: t.ids.clone(id)})
	}

	for _, key := range slices.SortedFunc(maps.Keys(c.forget), compareKeys) {
		if err := t.forget(key); err != nil {
			return err
		}
	}

	for _, key := range slices.SortedFunc(maps.Keys(c.loose), compareKeys) {
		at, err := t.account(c.loose[key])
		if err != nil {
			return err
		}
		t.loose[key] = at
	}

	for _, d := range c.decisions {
		if err := t.decision(d); err != nil {
			return err
		}
	}
	return nil
}

// has reports whether the batch puts an identity.
func (t *transaction) has(id string) bool {
	_, ok := slices.BinarySearchFunc(t.run[:t.put], id,
		func(r record, id string) int { return cmp.Compare(r.id, id) })
	return ok
}

// committed takes in a batch that is on the disk, and writes the outline of what counts now.
func (t *transaction) committed(ctx context.Context, b identity.Batch, c *change) error {
	f := t.File
	before := f.nextLimit()
	next, err := t.outlineAfter(b, c)
	if err != nil {
		return err
	}
	f.entries += t.entryWriter.entries
	if f.outline != nil && next == nil {
		err = f.whole()
	} else {
		err = t.takeIn(c, next)
	}
	if err != nil {
		return f.at(err)
	}

	// What is new is not out of date: the first batch of a store is not written twice.
	f.limit += max(0, f.nextLimit()-before)
	if next != nil && b.Outline != nil {
		_ = f.log.Outline(next.encode(f.lists, f.s.decisions, f.entries)) // missed by nobody
	}

	// The batch is safe already; a file that cannot be written anew is only longer
	// than it could be.
	if f.entries > f.limit && f.compact(ctx) != nil {
		f.limit = 2 * f.entries
	}
	return nil
}

// takeIn makes a batch part of what is known.
func (t *transaction) takeIn(c *change, next *outline) error {
	f := t.File
	f.mu.Lock()
	defer f.mu.Unlock()
	if next != nil {
		f.note = next.note
	} else if t.entryWriter.entries > 0 {
		f.note = ""
	}
	if f.outline == nil {
		return f.s.apply(t, c)
	}
	f.outline, f.s.decisions = next, append(f.s.decisions, c.decisions...)
	return nil
}

// apply takes in a change that was checked and written.
func (h *held) apply(t *transaction, c *change) error {
	h.lists = t.File.lists.fixed()
	run := sortRecords(t.run)
	if err := h.applyClaims(t, c, run); err != nil {
		return err
	}

	for key := range c.forget {
		delete(h.loose, key)
	}
	maps.Copy(h.loose, t.loose)
	h.merge(run)
	h.decisions = append(h.decisions, c.decisions...)
	return h.indexNew(run)
}
