package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/codec"
	"github.com/idprofile/engine/identity/internal/filelog"
)

// Kinds of entries in a log.
const (
	entryList     = 'L' // texts that later entries refer to by number
	entryIdentity = 'I'
	entryDelete   = 'D'
	entryLoose    = 'U' // uncorrelated account
	entryForget   = 'F'
	entryDecision = 'C'
)

// Magics of the file. The frames of the first version hold entries or a commit, never both.
const (
	fileMagic  = "idpstor2"
	fileMagic1 = "idpstor1"
)

// Errors of a [File].
var (
	// ErrDamaged is returned when what had been written completely cannot be read.
	// Nothing is changed then.
	ErrDamaged = filelog.ErrDamaged
	// ErrForeign is returned when a file is no store of this kind, or of a later
	// version. Nothing is changed then.
	ErrForeign = filelog.ErrForeign
	// ErrInUse is returned when another program, or this one, has the file open. The
	// text names the process, where it is known.
	ErrInUse = filelog.ErrInUse
	// ErrOtherWriter is returned when a file was changed by somebody who does not mind
	// locks since it was opened.
	ErrOtherWriter = filelog.ErrOtherWriter
	// ErrReadOnly is returned by [File.Apply] of a file that was opened for reading.
	ErrReadOnly = filelog.ErrReadOnly
)

// IsFile reports whether content that begins with head is that of a [File] of any version,
// as it may lie among the files of a configuration.
func IsFile(head []byte) bool { return bytes.HasPrefix(head, []byte("idpstor")) }

// Cut tells what stood behind the last batch of a file that counts, see [File.Cut].
type Cut = filelog.Cut

// File is a store in one file. Everything is held in memory too, so that reading
// costs what it costs with [Memory]. Each batch is appended to the file with a
// checksum and counts when it is on the disk as a whole; when most of the file
// is out of date, it is written anew under another name and renamed.
//
// The file is locked while it is open: one program may write, or several may
// read. After an error of [File.Apply], such as a full disk, the file and the store are as
// they were before.
type File struct {
	*Memory

	writing sync.Mutex // held while a batch is written
	log     *filelog.Log
	lists   *lists
	entries int // in the file
	limit   int // entries at which the file is written anew
}

var _ identity.Store = (*File)(nil)

// OpenFile opens a store, which it creates when there is no file. Opening a file
// does not change it, whatever it holds; a file of an earlier version is
// written anew by the first batch.
//
// Error: [ErrInUse], [ErrForeign], [ErrDamaged], and what the operating system says.
func OpenFile(path string) (*File, error) { return openFile(path, filelog.Options{}) }

// ReadFile opens a store that there is for reading. While it is open, others may
// read it too and nobody may write.
//
// Error: as [OpenFile].
func ReadFile(path string) (*File, error) { return openFile(path, filelog.Options{ReadOnly: true}) }

func openFile(path string, o filelog.Options) (*File, error) {
	f := &File{Memory: NewMemory(), lists: newLists()}
	f.s.owners = nil // most who open a file never ask
	o.Replay = f.replay
	if err := f.open(path, o); err != nil {
		return nil, err
	}
	return f, nil
}

func (f *File) open(path string, o filelog.Options) error {
	o.Magic, o.Older = fileMagic, []string{fileMagic1}
	log, err := filelog.Open(path, o)
	if err != nil {
		return fmt.Errorf("store %w", err)
	}
	f.log = log
	f.limit = f.nextLimit()
	return nil
}

// Cut returns what stood behind the last batch that counts when the file was opened: a
// batch that was being written when its program or the machine stopped; nil when there was
// nothing. The next write sets it aside in a file of its own.
func (f *File) Cut() *Cut { return f.log.Cut() }

// replay takes in an entry of the file.
func (f *File) replay(kind byte, body string) error {
	// Entries count whatever they do: a file of many is written anew, since most of it is out of date.
	f.entries++
	b := f.lists.reader(body)
	switch kind {
	case entryList:
		f.lists.number(b.Texts())
	case entryIdentity:
		i := b.person()
		if b.Err() == nil {
			f.s.put(i)
		}
	case entryDelete:
		f.s.remove(b.Text())
	case entryLoose:
		a := b.Account()
		f.s.loose[a.Key()] = &a
	case entryForget:
		delete(f.s.loose, identity.AccountKey{Source: b.Text(), NativeIdentity: b.Text()})
	case entryDecision:
		// Decisions are numbered, so that a hole, which a lost batch would leave, is seen.
		d := identity.Decision{Number: int(b.Uvarint()), Event: b.Text()}
		if b.Err() == nil && d.Number != len(f.s.decisions)+1 {
			return fmt.Errorf("%w: decision %d behind %d others", codec.ErrMalformed, d.Number, len(f.s.decisions))
		}
		f.s.decisions = append(f.s.decisions, d)

	default:
		return fmt.Errorf("%w: an entry of the kind %q", codec.ErrMalformed, kind)
	}

	return b.Err()
}

// put takes in an identity without looking for conflicts. An account that
// another identity of the batch has got before stays there.
func (s *state) put(i *identity.Identity) {
	if old := s.ids[i.ID]; old != nil && s.owners != nil {
		for n := range old.Accounts {
			if key := old.Accounts[n].Key(); s.owners[key] == i.ID {
				delete(s.owners, key)
			}
		}
	}

	s.ids[i.ID] = i
	s.sorted = nil
	s.own(i)
}

// appendPerson writes an identity and its accounts, each behind its length.
func (l *lists) appendPerson(b []byte, i *identity.Identity) []byte {
	b = codec.AppendSized(b, func(b []byte) []byte { return l.appendIdentity(b, i) })
	b = binary.AppendUvarint(b, uint64(len(i.Accounts)))
	for n := range i.Accounts {
		b = codec.AppendSized(b, func(b []byte) []byte { return codec.AppendAccount(b, l, &i.Accounts[n]) })
	}
	return b
}

// minAccount is fewer bytes than AppendSized writes for the smallest account.
const minAccount = 8

// part returns a reader of the next part.
func (r *reader) part() *reader { return &reader{r.Part(), r.lists} }

// failWith notes that a part could not be read.
func (r *reader) failWith(p *reader) {
	if p.Err() != nil {
		r.Fail()
	}
}

func (r *reader) person() *identity.Identity {
	p := r.part()
	i := p.identity()
	r.failWith(p)
	n := r.Count()
	if n > r.Len()/minAccount {
		r.Fail()
		n = 0
	}

	if n > 0 {
		i.Accounts = make([]identity.Account, n)
	}
	for k := range i.Accounts {
		p := r.part()
		i.Accounts[k] = p.Account()
		r.failWith(p)
	}

	return i
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
	if err := f.append(ctx, c); err != nil {
		return fmt.Errorf("store %s: %w", f.log.Path(), err)
	}
	before := f.nextLimit()
	f.mu.Lock()
	f.s.apply(c)
	f.mu.Unlock()

	// What is new is not out of date: the first batch of a store is not written twice.
	f.limit += max(0, f.nextLimit()-before)

	// The batch is safe already; a file that cannot be written anew is only longer
	// than it could be.
	if f.entries > f.limit && f.compact(ctx) != nil {
		f.limit = 2 * f.entries
	}
	return nil
}

// append writes a change behind the end of the file. After an error the file is
// as it was.
func (f *File) append(ctx context.Context, c *change) error {
	if f.log.Outdated() {
		if err := f.compact(ctx); err != nil {
			return err
		}
	}

	// Names that a failed batch brought are no lists of the file, so they are forgotten again.
	known, entries := len(f.lists.schemas), 0
	err := f.log.Append(func(b *filelog.Batch) error {
		e := &entryWriter{batch: b, lists: f.lists, known: known}
		err := e.change(ctx, c)
		entries = b.Entries()
		return err
	})

	clear(f.lists.recent)
	if err != nil {
		f.lists.forget(known)
		return err
	}

	f.entries += entries
	return nil
}

// entryWriter writes changes as entries.
type entryWriter struct {
	batch *filelog.Batch
	lists *lists
	known int // lists that the file has
	body  []byte
}

// put writes an entry, after the lists that it refers to.
func (e *entryWriter) put(kind byte, body []byte) error {
	e.body = body[:0]
	for ; e.known < len(e.lists.schemas); e.known++ {
		if err := e.batch.Entry(entryList, codec.AppendTexts(nil, e.lists.schemas[e.known].Names())); err != nil {
			return err
		}
	}

	return e.batch.Entry(kind, body)
}

func (e *entryWriter) change(ctx context.Context, c *change) error {
	// In the order of their keys, so that one batch always has the same bytes. What goes comes first:
	// an account may move to another identity in one batch.
	for _, id := range slices.Sorted(maps.Keys(c.gone)) {
		if err := e.put(entryDelete, codec.AppendText(e.body[:0], id)); err != nil {
			return err
		}
	}

	for n, id := range slices.Sorted(maps.Keys(c.put)) {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := e.put(entryIdentity, e.lists.appendPerson(e.body[:0], c.put[id])); err != nil {
			return err
		}
	}

	for _, key := range slices.SortedFunc(maps.Keys(c.forget), compareKeys) {
		if err := e.put(entryForget, codec.AppendText(codec.AppendText(e.body[:0], key.Source), key.NativeIdentity)); err != nil {
			return err
		}
	}

	for _, key := range slices.SortedFunc(maps.Keys(c.loose), compareKeys) {
		if err := e.put(entryLoose, codec.AppendAccount(e.body[:0], e.lists, c.loose[key])); err != nil {
			return err
		}
	}

	for _, d := range c.decisions {
		if err := e.put(entryDecision, codec.AppendText(binary.AppendUvarint(e.body[:0], uint64(d.Number)), d.Event)); err != nil {
			return err
		}
	}

	return nil
}

// Compact writes the file anew, without what is out of date. [File.Apply] does
// so by itself now and then.
func (f *File) Compact(ctx context.Context) error {
	f.writing.Lock()
	defer f.writing.Unlock()
	if err := f.compact(ctx); err != nil {
		return fmt.Errorf("store %s: %w", f.log.Path(), err)
	}
	return nil
}

func (f *File) compact(ctx context.Context) error {
	lists, entries := newLists(), 0
	err := f.log.Rewrite(func(b *filelog.Batch) error {
		e := &entryWriter{batch: b, lists: lists}
		err := e.change(ctx, &change{put: f.s.ids, loose: f.s.loose, decisions: f.s.decisions})
		entries = b.Entries()
		return err
	})

	if err != nil {
		return err
	}
	clear(lists.recent)
	f.lists, f.entries = lists, entries
	f.limit = f.nextLimit()
	return nil
}

// nextLimit is how many entries the file may have before most of them are out
// of date.
func (f *File) nextLimit() int { return 1000 + 2*(len(f.s.ids)+len(f.s.loose)+len(f.s.decisions)) }

// Close releases the file. The store cannot be changed afterwards.
func (f *File) Close() error {
	if f == nil {
		return os.ErrInvalid // opening it failed
	}
	f.writing.Lock()
	defer f.writing.Unlock()
	return f.log.Close()
}
