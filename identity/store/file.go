package store

import (
	"bytes"
	"context"
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

	// Since the third version, in the place of I and U.
	entryTexts   = 'T' // texts that values refer to by number
	entryPerson  = 'P'
	entryAccount = 'A'
)

// Magics of the file. Frames of the first version hold entries or a commit, never both;
// those of the second are not packed, and identities and accounts are rows in them; the third
// has no outlines.
const (
	fileMagic  = "idpstor4"
	fileMagic1 = "idpstor1"
	fileMagic2 = "idpstor2"
	fileMagic3 = "idpstor3"
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

// File is a store in one file. What was read is in memory, as it is in the file, and what was
// written is read again when it is asked for: an identity is made when somebody asks for one.
// Each batch is appended to the file with a checksum and counts when it is on the disk as a
// whole; when most of the file is out of date, it is written anew under another name and
// renamed.
//
// Behind the last batch may stand an outline of all that counts, see [identity.Outliner]. Who opens
// the file reads that alone, until something is asked for that it does not say. Nothing depends on it:
// without it, or with a damaged one, the file says the same.
//
// The file is locked while it is open: one program may write, or several may
// read. After an error of [File.Apply], such as a full disk, the file and the store are as
// they were before.
type File struct {
	mu sync.RWMutex // guards s
	s  held

	writing   sync.Mutex // held while a batch is written
	log       *filelog.Log
	lists     *lists
	run       []record // of the batch that is being read
	claimed   bool     // there are accounts that nobody had before it
	replaying decoder
	scans     int      // how often all accounts were gone through, see [maxScans]
	outline   *outline // what is known in the place of s; nil: everything is in s
	note      string   // that of the outline behind the last batch, when everything is in s
	listed    bool     // the lists of the file are known while it is read
	entries   int      // in the file
	limit     int      // entries at which the file is written anew
}

var (
	_ identity.Transactor = (*File)(nil)
	_ identity.Viewer     = (*File)(nil)
)

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
	f := newFile()
	o.Replay, o.Batch, o.Outline = f.replay, f.replayed, f.outlined
	if err := f.open(path, o); err != nil {
		return nil, err
	}
	return f, nil
}

func newFile() *File {
	f := &File{s: newHeld(), lists: newLists()}
	f.s.lists = f.lists // until everything is read
	return f
}

func (f *File) open(path string, o filelog.Options) error {
	o.Magic, o.Older, o.OlderPacked, o.Pack = fileMagic, []string{fileMagic1, fileMagic2}, []string{fileMagic3}, true
	log, err := filelog.Open(path, o)
	if err != nil {
		return fmt.Errorf("store %w", err)
	}
	f.log = log
	f.s.lists = f.lists.fixed()
	f.limit = f.nextLimit()
	return nil
}

// Cut returns what stood behind the last batch that counts when the file was opened: a
// batch that was being written when its program or the machine stopped; nil when there was
// nothing. The next write sets it aside in a file of its own.
func (f *File) Cut() *Cut { return f.log.Cut() }

// replay takes in an entry of the file.
func (f *File) replay(kind byte, body string, at filelog.Place) error {
	// Entries count whatever they do: a file of many is written anew, since most of it is out of date.
	f.entries++
	f.replaying = decoder{lists: f.lists}
	d, b := &f.replaying, &f.replaying.light
	*b = reader{codec.NewReader(body, f.lists), f.lists}
	switch kind {
	case entryList:
		f.lists.number(b.Texts())
	case entryTexts:
		f.entries--
		if list := b.Texts(); !f.listed && !f.lists.shared.add(list) {
			b.Fail()
		}

	case entryPerson:
		id, err := d.id(body)
		if err != nil {
			return err
		}
		return f.replayPerson(record{id: id, at: at})
	case entryIdentity:
		i := b.sized().identity()
		if err := f.lists.read(kind, body, new(identity.Identity)); err != nil {
			return err
		}
		return f.replayPerson(record{id: i.ID, at: at})
	case entryDelete:
		f.run = append(f.run, record{id: b.Text()})

	case entryAccount:
		key, err := d.key(body)
		if err != nil {
			return err
		}
		f.s.loose[key] = at
	case entryLoose:
		a := b.Account()
		f.s.loose[a.Key()] = at
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

// replayPerson takes in an identity without looking for conflicts. Identities come before the
// accounts that nobody has, so those that there are were there before the batch.
func (f *File) replayPerson(r record) error {
	f.run = append(f.run, r)
	f.claimed = f.claimed || len(f.s.loose) > 0
	return nil
}

// replayed takes in a batch whose entries were all read. What an identity has belongs to nobody
// else; of several entries of one the last counts.
func (f *File) replayed(int64) error {
	run := sortRecords(f.run)
	for _, r := range run {
		if !f.claimed || r.gone() {
			continue
		}
		if err := f.s.claims(r, func(key identity.AccountKey) { delete(f.s.loose, key) }); err != nil {
			return err
		}
	}
	f.s.merge(run)
	f.run, f.claimed = nil, false
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
	if err := f.whole(); err != nil {
		return err
	}
	next := newHeld()
	next.decisions = f.s.decisions
	e := &entryWriter{lists: newLists()}
	var tags []uint32
	first := []uint32{0}
	err := f.log.Rewrite(func(b *filelog.Batch) error {
		e.batch = b
		return f.rewrite(ctx, e, &next, func(i *identity.Identity) {
			for n := range i.Accounts {
				tags = append(tags, accountTag(i.Accounts[n].Key()))
			}
			first = append(first, uint32(len(tags)))
		})
	})
	if err != nil {
		return err
	}

	// The outline says the same of other places.
	b := newOutlineBuilder(f)
	for n, r := range next.base {
		b.person(r.at, tags[first[n]:first[n+1]])
	}
	for _, key := range slices.SortedFunc(maps.Keys(next.loose), compareKeys) {
		b.account(next.loose[key], accountTag(key))
	}

	if o := b.outline(f.note); f.note != "" && o != nil {
		_ = f.log.Outline(o.encode(e.lists, next.decisions, e.entries)) // missed by nobody
	}

	clear(e.lists.recent)
	f.lists, f.entries = e.lists, e.entries
	next.lists = f.lists.fixed()
	f.mu.Lock()
	next.owners, next.index = f.s.owners, f.s.index
	f.s = next
	f.mu.Unlock()
	f.limit = f.nextLimit()
	return nil
}

// rewrite writes everything that the file holds, whose places go to next. Each identity is handed to
// written as well.
func (f *File) rewrite(ctx context.Context, e *entryWriter, next *held, written func(*identity.Identity)) error {
	f.mu.Lock()
	all := f.s.all()
	keys, places := f.s.uncorrelated("")
	f.mu.Unlock()
	d, i, a := decoder{lists: f.s.lists, chunk: chunkSize, again: true}, identity.Identity{}, identity.Account{}
	var ids names
	for n, r := range all {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := d.read(r, &i); err != nil {
			return err
		}
		at, err := e.person(&i)
		if err != nil {
			return err
		}
		next.base = append(next.base, record{id: ids.clone(r.id), at: at})
		written(&i)
	}

	next.count = len(next.base)
	for n, key := range keys {
		if err := d.readLoose(places[n], &a); err != nil {
			return err
		}
		at, err := e.account(&a)
		if err != nil {
			return err
		}
		next.loose[key] = at
	}

	for _, d := range next.decisions {
		if err := e.decision(d); err != nil {
			return err
		}
	}
	return nil
}

// nextLimit is how many entries the file may have before most of them are out
// of date.
func (f *File) nextLimit() int {
	count := f.s.count + len(f.s.loose)
	if f.outline != nil {
		count = len(f.outline.places) + len(f.outline.loose)
	}
	return 1000 + 2*(count+len(f.s.decisions))
}

// Close releases the file. The store must not be used afterwards.
func (f *File) Close() error {
	if f == nil {
		return os.ErrInvalid // opening it failed
	}
	f.writing.Lock()
	defer f.writing.Unlock()
	return f.log.Close()
}
