package nonemployee

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"sync"

	"github.com/idprofile/engine/identity/internal/filelog"
)

// Magic of the file, and the one kind of its entries: a change as JSON.
const (
	fileMagic   = "idpnemp1"
	entryChange = 'C'
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
	// ErrReadOnly is returned by [File.Commit] of a file that was opened for reading.
	ErrReadOnly = filelog.ErrReadOnly
)

// Cut tells what stood behind the last commit of a file, see [File.Cut].
type Cut = filelog.Cut

// File is a Store in one file. A commit is a batch with a checksum that is on the disk
// when [File.Commit] returns, whole or not at all, whatever stops the program or the
// machine. When what is out of date outweighs the live objects the file is written anew
// beside the old one and renamed over it.
//
// The file is locked while it is open: one program may write, or several may read. A
// File holds all objects in memory.
type File struct {
	mu    sync.RWMutex
	t     table
	log   *filelog.Log
	waste int64 // bytes of the file that later commits made obsolete, about

	compactFrom int64 // waste below which the file is never written anew
}

// OpenFile opens the store in a file, or makes an empty one that its owner alone may read
// and write. Opening a file does not change it, whatever it holds; one from before files
// had a mark of their own is written anew by the first commit.
//
// Error: [ErrInUse], [ErrForeign], [ErrDamaged], and what the operating system says.
func OpenFile(path string) (*File, error) { return openFile(path, filelog.Options{}) }

// ReadFile opens a store that there is for reading. While it is open, others may read it
// too and nobody may write.
//
// Error: as [OpenFile].
func ReadFile(path string) (*File, error) { return openFile(path, filelog.Options{ReadOnly: true}) }

func openFile(path string, o filelog.Options) (*File, error) {
	s := &File{t: newTable(), compactFrom: 1 << 20}
	o.Magic, o.Replay, o.Before = fileMagic, s.replay, s.readLines
	log, err := filelog.Open(path, o)
	if err != nil {
		return nil, fmt.Errorf("store %w", err)
	}
	s.log = log
	return s, nil
}

// Cut returns what stood behind the last commit when the file was opened: a commit that was
// being written when its program or the machine stopped; nil when there was nothing. The
// next commit sets it aside in a file of its own.
func (s *File) Cut() *Cut { return s.log.Cut() }

// replay takes in a change of the file. The changes of a commit come in the order in which
// they can be made one by one: deletions first.
func (s *File) replay(kind byte, body string, _ filelog.Place) error {
	if kind != entryChange {
		return fmt.Errorf("an entry of the kind %q", kind)
	}
	var in fileChange
	if err := json.Unmarshal([]byte(body), &in); err != nil {
		return err
	}
	c, err := in.change()
	if err != nil {
		return err
	}
	s.count(c, len(body))
	s.t.apply([]Change{c})
	return nil
}

// count notes how many bytes a change makes obsolete: those of a replaced object, taken
// to be as long as the new one.
func (s *File) count(c Change, size int) {
	if c.Version > 0 {
		s.waste += int64(size)
	}
}

// fileChange is a change as it stands in the file.
type fileChange struct {
	Kind    Kind            `json:"k"`
	ID      string          `json:"i"`
	Parent  string          `json:"p,omitempty"`
	Unique  string          `json:"u,omitempty"`
	Version int64           `json:"v,omitempty"`
	Delete  bool            `json:"d,omitempty"`
	Value   json.RawMessage `json:"o,omitempty"`
}

// change decodes a change.
func (in *fileChange) change() (c Change, err error) {
	c.Object = Object{Kind: in.Kind, ID: in.ID, Parent: in.Parent, Unique: in.Unique, Version: in.Version}
	if c.Delete = in.Delete; !c.Delete {
		c.Value, err = DecodeValue(in.Kind, in.Value)
	}
	return c, err
}

// encodeChange writes a change as it stands in the file.
func encodeChange(c Change) ([]byte, error) {
	out := fileChange{Kind: c.Kind, ID: c.ID, Parent: c.Parent, Unique: c.Unique, Version: c.Version, Delete: c.Delete}
	if !c.Delete {
		data, err := EncodeValue(c.Value)
		if err != nil {
			return nil, err
		}
		out.Value = data
	}

	return json.Marshal(out)
}

// Get implements [Store].
func (s *File) Get(ctx context.Context, kind Kind, id string) (Object, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.t.get(ctx, kind, id)
}

// Find implements [Store].
func (s *File) Find(ctx context.Context, kind Kind, parent, unique string) (Object, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.t.find(ctx, kind, parent, unique)
}

// List implements [Store]. It yields the objects as they were when the loop began.
func (s *File) List(ctx context.Context, kind Kind, parent string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		s.mu.RLock()
		all := s.t.list(kind, parent)
		s.mu.RUnlock()
		yieldAll(ctx, all, yield)
	}
}

// Commit implements [Store]. When the file cannot be brought back to its state before a
// failed write, this and all later commits fail until it is opened again.
//
// Error besides: [ErrOtherWriter], [ErrReadOnly], what the operating system says.
func (s *File) Commit(ctx context.Context, changes []Change) error {
	if s == nil {
		return os.ErrInvalid // opening it failed
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.t.check(ctx, changes); err != nil {
		return err
	}
	if len(changes) == 0 {
		return nil
	}

	// A file of an older form is rewritten before anything is appended: one file has one form.
	if s.log.Outdated() {
		if err := s.compact(); err != nil {
			return err
		}
	}

	// Written and synced first, applied then: what is in memory is in the file.
	if err := s.log.Append(func(b *filelog.Batch) error { return s.write(b, changes) }); err != nil {
		return err
	}
	s.t.apply(changes)

	// The commit is safe already; a failed compaction is tried again later.
	if s.waste > s.compactFrom && s.waste > s.log.Size()/2 {
		_ = s.compact()
	}
	return nil
}

// write adds the changes of a commit, deletions first: they give up keys that others
// take.
func (s *File) write(b *filelog.Batch, changes []Change) error {
	for _, deletes := range []bool{true, false} {
		for _, c := range changes {
			if c.Delete != deletes {
				continue
			}
			body, err := encodeChange(c)
			if err != nil {
				return err
			}
			s.count(c, len(body))
			if _, err := b.Entry(entryChange, body); err != nil {
				return err
			}
		}
	}

	return nil
}

// compact writes all live objects to a new file and puts it in place of the old one.
func (s *File) compact() error {
	s.waste = 0 // do not try again at every commit
	return s.log.Rewrite(func(b *filelog.Batch) error {
		for _, objects := range s.t.byID {
			for _, live := range objects {
				// Reading a change counts the version up.
				o := *live
				o.Version--
				body, err := encodeChange(Change{Object: o})
				if err != nil {
					return err
				}
				if _, err := b.Entry(entryChange, body); err != nil {
					return err
				}
			}
		}

		return nil
	})
}

// Close closes the file. The store must not be used afterwards.
func (s *File) Close() error {
	if s == nil {
		return os.ErrInvalid // opening it failed
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Close()
}
