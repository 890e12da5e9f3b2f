package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"github.com/idprofile/engine/identity"
)

// Kinds of entries in a log.
const (
	entryList     = 'L' // texts that later entries refer to by number
	entryIdentity = 'I'
	entryDelete   = 'D'
	entryLoose    = 'U' // uncorrelated account
	entryForget   = 'F'
)

// ErrOtherWriter is returned when a file was changed by somebody else since it
// was opened.
var ErrOtherWriter = errors.New("the file was changed by another program")

// File is a store in one file. Everything is held in memory too, so that reading
// costs what it costs with [Memory]. Each batch is appended to the file with a
// checksum and counts when it is on the disk as a whole; when most of the file
// is out of date, it is written anew under another name and renamed.
//
// One program at a time may use the file. After an error of [File.Apply], such as
// a full disk, the file and the store are as they were before.
type File struct {
	*Memory
	path string

	writing sync.Mutex // held while a batch is written
	file    logFile
	size    int64
	lists   *lists
	entries int // in the file
	limit   int // entries at which the file is written anew
	broken  error
}

var _ identity.Store = (*File)(nil)

// OpenFile opens a store, which it creates when there is no file. What a
// program that was stopped has left of a batch is cut off.
//
// Error: [ErrDamaged] when the content cannot be trusted, and what the operating
// system says.
func OpenFile(path string) (*File, error) {
	f := &File{Memory: NewMemory(), path: path, lists: newLists()}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	f.file = file
	info, err := file.Stat()
	if err == nil {
		err = f.load(info.Size())
	}
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", path, errors.Join(err, file.Close()))
	}
	f.limit = f.nextLimit()
	return f, nil
}

// load reads the file, or begins a new one.
func (f *File) load(size int64) error {
	head := make([]byte, min(size, int64(len(logMagic))))
	if _, err := f.file.ReadAt(head, 0); err != nil {
		return err
	}
	if !strings.HasPrefix(logMagic, string(head)) {
		return fmt.Errorf("it begins with %q, which is no store of this kind", head)
	}
	f.size = int64(len(logMagic))
	if len(head) < len(logMagic) {
		if _, err := f.file.WriteAt([]byte(logMagic), 0); err != nil {
			return err
		}
		return errors.Join(f.file.Sync(), syncFolder(f.path))
	}
	r := &logReader{file: f.file, size: size}
	if err := r.read(f.replay); err != nil {
		return err
	}
	f.size = r.committed
	if f.size < size {
		return errors.Join(f.file.Truncate(f.size), f.file.Sync())
	}
	return nil
}

// replay takes in the entries of a payload.
func (f *File) replay(payload string) error {
	r := &reader{lists: f.lists, data: payload}
	for r.data != "" && r.err == nil {
		kind, body := r.byte(), r.text()
		f.entries++
		b := &reader{lists: f.lists, data: body}
		switch kind {
		case entryList:
			f.lists.number(b.texts())
		case entryIdentity:
			i := b.person()
			if b.err == nil {
				f.s.put(i)
			}
		case entryDelete:
			f.s.remove(b.text())
		case entryLoose:
			a := b.account()
			f.s.loose[a.Key()] = &a
		case entryForget:
			delete(f.s.loose, identity.AccountKey{Source: b.text(), NativeIdentity: b.text()})
		default:
			return fmt.Errorf("%w: an entry of the kind %q", errCodec, kind)
		}
		if b.err != nil {
			return b.err
		}
	}
	return r.err
}

// put takes in an identity without looking for conflicts. An account that
// another identity of the batch has got before stays there.
func (s *state) put(i *identity.Identity) {
	if old := s.ids[i.ID]; old != nil {
		for n := range old.Accounts {
			if key := old.Accounts[n].Key(); s.owners[key] == i.ID {
				delete(s.owners, key)
			}
		}
	}
	s.ids[i.ID] = i
	s.sorted = nil
	for n := range i.Accounts {
		s.owners[i.Accounts[n].Key()] = i.ID
		delete(s.loose, i.Accounts[n].Key())
	}
}

// appendPerson writes an identity and its accounts, each behind its length.
func (l *lists) appendPerson(b []byte, i *identity.Identity) []byte {
	b = appendSized(b, func(b []byte) []byte { return l.appendIdentity(b, i) })
	b = binary.AppendUvarint(b, uint64(len(i.Accounts)))
	for n := range i.Accounts {
		b = appendSized(b, func(b []byte) []byte { return l.appendAccount(b, &i.Accounts[n]) })
	}
	return b
}

// appendSized appends what write appends, behind its length in four bytes.
func appendSized(b []byte, write func([]byte) []byte) []byte {
	at := len(b)
	b = write(append(b, 0, 0, 0, 0))
	binary.LittleEndian.PutUint32(b[at:], uint32(len(b)-at-4))
	return b
}

// part returns a reader of the next part that appendSized wrote.
func (r *reader) part() *reader {
	n := uint32(r.byte()) | uint32(r.byte())<<8 | uint32(r.byte())<<16 | uint32(r.byte())<<24
	if uint64(n) > uint64(len(r.data)) {
		r.fail()
		n = 0
	}
	p := &reader{lists: r.lists, data: r.data[:n], err: r.err}
	r.data = r.data[n:]
	return p
}

func (r *reader) person() *identity.Identity {
	p := r.part()
	i := p.identity()
	r.err = errors.Join(r.err, p.err)
	n := r.count()
	if n > len(r.data)/frameHeader {
		r.fail()
		n = 0
	}
	if n > 0 {
		i.Accounts = make([]identity.Account, n)
	}
	for k := range i.Accounts {
		p := r.part()
		i.Accounts[k] = p.account()
		r.err = errors.Join(r.err, p.err)
	}
	return i
}

// Apply makes all changes of the batch, or none.
//
// Error: [identity.ErrConflict], [ErrOtherWriter], what the operating system
// says.
func (f *File) Apply(ctx context.Context, b identity.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c, err := plan(b)
	if err != nil {
		return err
	}
	f.writing.Lock()
	defer f.writing.Unlock()
	if err := c.check(func(key identity.AccountKey) (string, error) { return f.owner(ctx, key) }); err != nil {
		return err
	}
	if err := f.append(ctx, c); err != nil {
		return fmt.Errorf("store %s: %w", f.path, err)
	}
	f.mu.Lock()
	f.s.apply(c)
	f.mu.Unlock()
	if f.entries > f.limit && f.compact(ctx) != nil {
		f.limit = 2 * f.entries // the file is good, only longer than it could be
	}
	return nil
}

// append writes a change behind the end of the file. After an error the file is
// as it was.
func (f *File) append(ctx context.Context, c *change) error {
	if f.broken != nil {
		return f.broken
	}
	if err := f.alone(); err != nil {
		return err
	}
	known := len(f.lists.schemas)
	w := newLogWriter(f.file, f.size)
	e := &entryWriter{logWriter: w, lists: f.lists, known: known}
	err := e.change(ctx, c)
	if err == nil {
		err = w.commit()
	}
	clear(f.lists.recent)
	if err != nil {
		f.lists.forget(known)
		if cut := f.file.Truncate(f.size); cut != nil {
			f.broken = fmt.Errorf("a batch could not be undone: %w", cut)
		}
		return err
	}
	f.size = w.at
	f.entries += w.entries
	return nil
}

// alone reports whether nobody else has written to or replaced the file.
func (f *File) alone() error {
	file, ok := f.file.(*os.File)
	if !ok {
		return nil
	}
	own, err := file.Stat()
	if err != nil {
		return err
	}
	now, err := os.Stat(f.path)
	if err != nil {
		return err
	}
	if !os.SameFile(own, now) || now.Size() != f.size {
		return ErrOtherWriter
	}
	return nil
}

// entryWriter writes changes as entries.
type entryWriter struct {
	*logWriter
	lists *lists
	known int // lists that the file has
	body  []byte
}

// put writes an entry, after the lists that it refers to.
func (e *entryWriter) put(kind byte, body []byte) error {
	e.body = body[:0]
	for ; e.known < len(e.lists.schemas); e.known++ {
		if err := e.entry(entryList, appendTexts(nil, e.lists.schemas[e.known].Names())); err != nil {
			return err
		}
	}
	return e.entry(kind, body)
}

func (e *entryWriter) change(ctx context.Context, c *change) error {
	for _, id := range slices.Sorted(maps.Keys(c.gone)) {
		if err := e.put(entryDelete, appendText(e.body[:0], id)); err != nil {
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
		if err := e.put(entryForget, appendText(appendText(e.body[:0], key.Source), key.NativeIdentity)); err != nil {
			return err
		}
	}
	for _, key := range slices.SortedFunc(maps.Keys(c.loose), compareKeys) {
		if err := e.put(entryLoose, e.lists.appendAccount(e.body[:0], c.loose[key])); err != nil {
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
		return fmt.Errorf("store %s: %w", f.path, err)
	}
	return nil
}

func (f *File) compact(ctx context.Context) error {
	if f.broken != nil {
		return f.broken
	}
	if err := f.alone(); err != nil {
		return err
	}
	name := f.path + ".new"
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	lists := newLists()
	w, err := f.copyTo(ctx, file, lists)
	if err == nil {
		err = os.Rename(name, f.path)
	}
	if err != nil {
		return errors.Join(err, file.Close(), os.Remove(name))
	}
	closed := f.file.Close()
	f.file, f.size, f.lists, f.entries = file, w.at, lists, w.entries
	f.limit = f.nextLimit()
	return errors.Join(closed, syncFolder(f.path))
}

// copyTo writes everything to another file.
func (f *File) copyTo(ctx context.Context, file logFile, l *lists) (*logWriter, error) {
	if _, err := file.WriteAt([]byte(logMagic), 0); err != nil {
		return nil, err
	}
	all := &change{put: f.s.ids, loose: f.s.loose}
	w := newLogWriter(file, int64(len(logMagic)))
	e := &entryWriter{logWriter: w, lists: l}
	if err := e.change(ctx, all); err != nil {
		return nil, err
	}
	clear(l.recent)
	return w, w.commit()
}

// nextLimit is how many entries the file may have before most of them are out
// of date.
func (f *File) nextLimit() int { return 1000 + 2*(len(f.s.ids)+len(f.s.loose)) }

// Close releases the file. The store cannot be changed afterwards.
func (f *File) Close() error {
	f.writing.Lock()
	defer f.writing.Unlock()
	if f.broken == nil {
		f.broken = os.ErrClosed
	}
	return f.file.Close()
}

// syncFolder makes a new name of a file durable, where folders can be synced.
func syncFolder(path string) error {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	_ = dir.Sync() // not every system can; the content is safe either way
	return dir.Close()
}

func viewOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
