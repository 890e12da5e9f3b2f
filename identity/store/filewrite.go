package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/codec"
	"github.com/idprofile/engine/identity/internal/filelog"
)

// entryWriter writes changes as entries.
type entryWriter struct {
	batch   *filelog.Batch
	lists   *lists
	known   int // lists that the file has
	texts   int // shared texts that it has
	entries int // that count, see [File.replay]
	body    []byte
	names   []byte
}

// put writes an entry, after the lists and texts that it refers to.
func (e *entryWriter) put(kind byte, body []byte) (filelog.Place, error) {
	e.body = body[:0]
	for ; e.known < len(e.lists.schemas); e.known++ {
		e.names = codec.AppendTexts(e.names[:0], e.lists.schemas[e.known].Names())
		if _, err := e.batch.Entry(entryList, e.names); err != nil {
			return filelog.Place{}, err
		}
		e.entries++
	}

	if list := e.lists.shared.list; e.texts < len(list) {
		e.names = codec.AppendTexts(e.names[:0], list[e.texts:])
		e.texts = len(list)
		if _, err := e.batch.Entry(entryTexts, e.names); err != nil {
			return filelog.Place{}, err
		}
	}

	e.entries++
	return e.batch.Entry(kind, body)
}

func (e *entryWriter) person(i *identity.Identity) (filelog.Place, error) {
	return e.put(entryPerson, e.lists.appendPerson(e.body[:0], i))
}

func (e *entryWriter) account(a *identity.Account) (filelog.Place, error) {
	return e.put(entryAccount, e.lists.appendAccount(e.body[:0], a))
}

func (e *entryWriter) decision(d identity.Decision) error {
	_, err := e.put(entryDecision, codec.AppendText(binary.AppendUvarint(e.body[:0], uint64(d.Number)), d.Event))
	return err
}

func (e *entryWriter) gone(id string) error {
	_, err := e.put(entryDelete, codec.AppendText(e.body[:0], id))
	return err
}

func (e *entryWriter) forget(key identity.AccountKey) error {
	_, err := e.put(entryForget, codec.AppendText(codec.AppendText(e.body[:0], key.Source), key.NativeIdentity))
	return err
}

// Apply makes all changes of the batch, or none.
//
// Error: [identity.ErrConflict], [ErrOtherWriter], [ErrReadOnly], what the operating
// system says.
func (f *File) Apply(ctx context.Context, b identity.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c, err := plan(b)
	if err != nil {
		return err
	}
	if f == nil {
		return os.ErrInvalid // opening it failed
	}

	// One writer at a time plans, checks and writes; readers only wait while memory changes.
	f.writing.Lock()
	defer f.writing.Unlock()
	if err := c.check(func(key identity.AccountKey) (string, error) { return f.owner(ctx, key) }); err != nil {
		return err
	}
	if err := c.follow(len(f.s.decisions)); err != nil {
		return err
	}

	// The file first: what memory holds is on the disk.
	w, err := f.append(ctx, c)
	if err != nil {
		return fmt.Errorf("store %s: %w", f.log.Path(), err)
	}
	before := f.nextLimit()
	f.mu.Lock()
	err = f.s.apply(c, w, f.lists.fixed())
	f.mu.Unlock()
	if err != nil {
		return fmt.Errorf("store %s: %w", f.log.Path(), err)
	}

	// What is new is not out of date: the first batch of a store is not written twice.
	f.limit += max(0, f.nextLimit()-before)

	// The batch is safe already; a file that cannot be written anew is only longer
	// than it could be.
	if f.entries > f.limit && f.compact(ctx) != nil {
		f.limit = 2 * f.entries
	}
	return nil
}

// written says where the entries of a batch are.
type written struct {
	run   []record
	loose map[identity.AccountKey]filelog.Place
	ids   names
}

// append writes a change behind the end of the file. After an error the file is
// as it was.
func (f *File) append(ctx context.Context, c *change) (*written, error) {
	if f.log.Outdated() {
		if err := f.compact(ctx); err != nil {
			return nil, err
		}
	}

	// Names that a failed batch brought are no lists of the file, so they are forgotten again.
	known, texts := len(f.lists.schemas), len(f.lists.shared.list)
	e := &entryWriter{lists: f.lists, known: known, texts: texts}
	w := &written{loose: map[identity.AccountKey]filelog.Place{}}
	err := f.log.Append(func(b *filelog.Batch) error {
		e.batch = b
		return e.change(ctx, c, w)
	})

	clear(f.lists.recent)
	if err != nil {
		f.lists.forget(known)
		f.lists.shared.forget(texts)
		return nil, err
	}

	f.entries += e.entries
	return w, nil
}

func (e *entryWriter) change(ctx context.Context, c *change, w *written) error {
	// In the order of their keys, so that one batch always has the same bytes. What goes comes first:
	// an account may move to another identity in one batch.
	for _, id := range slices.Sorted(maps.Keys(c.gone)) {
		if err := e.gone(id); err != nil {
			return err
		}
		w.run = append(w.run, record{id: w.ids.clone(id)})
	}

	for n, id := range slices.Sorted(maps.Keys(c.put)) {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		at, err := e.person(c.put[id])
		if err != nil {
			return err
		}
		w.run = append(w.run, record{id: w.ids.clone(id), at: at})
	}

	for _, key := range slices.SortedFunc(maps.Keys(c.forget), compareKeys) {
		if err := e.forget(key); err != nil {
			return err
		}
	}

	for _, key := range slices.SortedFunc(maps.Keys(c.loose), compareKeys) {
		at, err := e.account(c.loose[key])
		if err != nil {
			return err
		}
		w.loose[key] = at
	}

	for _, d := range c.decisions {
		if err := e.decision(d); err != nil {
			return err
		}
	}

	return nil
}

// apply takes in a change that was checked and written.
func (h *held) apply(c *change, w *written, lists *lists) error {
	// Everything is taken away before anything is put: an account may go from one identity of the
	// batch to another.
	list := sortRecords(w.run)
	if h.owners != nil {
		for _, r := range list {
			old, ok := h.find(r.id)
			if !ok {
				continue
			}
			if err := h.claims(old, func(key identity.AccountKey) { delete(h.owners, key) }); err != nil {
				return err
			}
		}
		maps.Copy(h.owners, c.owners)
	}

	if len(h.loose) > 0 {
		for key := range c.owners {
			delete(h.loose, key)
		}
	}
	for key := range c.forget {
		delete(h.loose, key)
	}
	maps.Copy(h.loose, w.loose)

	h.lists = lists
	h.merge(list)
	h.decisions = append(h.decisions, c.decisions...)
	return h.indexNew(list)
}
