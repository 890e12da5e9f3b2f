package nonemployee

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"sync"
)

// File is a Store in one file. Every commit is one line, written ahead and synced, with
// a checksum: a line that a crash cut short is dropped at the next open, so a commit is
// there whole or not at all. When old lines outweigh the live objects the file is
// written anew beside the old one and renamed over it.
//
// One process may have the file open. A File holds all objects in memory.
type File struct {
	mu     sync.RWMutex
	t      table
	disk   disk
	path   string
	file   diskFile
	size   int64 // end of the last whole commit
	waste  int64 // bytes of the file that later lines made obsolete, about
	broken error // set when the end of the file is not known any more

	compactFrom int64 // waste below which the file is never written anew
}

// disk is what a File needs of the file system; tests make it fail.
type disk interface {
	Open(path string, flag int) (diskFile, error)
	Rename(from, to string) error
	Remove(path string) error
	SyncDir(path string) error
}

type diskFile interface {
	io.ReadWriteCloser
	Sync() error
	Truncate(size int64) error
	Seek(offset int64, whence int) (int64, error)
	Stat() (fs.FileInfo, error)
}

type osDisk struct{}

func (osDisk) Open(path string, flag int) (diskFile, error) { return os.OpenFile(path, flag, 0o600) }
func (osDisk) Rename(from, to string) error                 { return os.Rename(from, to) }
func (osDisk) Remove(path string) error                     { return os.Remove(path) }

func (osDisk) SyncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// OpenFile opens the store in a file, or makes an empty one. The file may be read and
// written by its owner alone.
func OpenFile(path string) (*File, error) { return openFile(path, osDisk{}) }

func openFile(path string, d disk) (*File, error) {
	f, err := d.Open(path, os.O_RDWR|os.O_CREATE)
	if err != nil {
		return nil, err
	}
	s := &File{t: newTable(), disk: d, path: path, file: f, compactFrom: 1 << 20}
	if err := s.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return s, nil
}

// load reads all whole lines and cuts off what follows them.
func (s *File) load() error {
	r := bufio.NewReaderSize(s.file, 1<<16)
	for {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break // a line without its end was never committed
		}
		if err != nil {
			return err
		}
		changes, ok, err := readLine(line)
		if err != nil {
			return fmt.Errorf("at byte %d: %w", s.size, err)
		}
		if !ok {
			if _, err := r.Peek(1); errors.Is(err, io.EOF) {
				break // the last line, damaged while it was written
			}
			return fmt.Errorf("at byte %d: the line is damaged, its checksum does not fit", s.size)
		}
		s.count(changes, len(line))
		s.t.apply(changes)
		s.size += int64(len(line))
	}
	return s.cut()
}

// cut puts the end of the file at the end of the last commit.
func (s *File) cut() error {
	if err := s.file.Truncate(s.size); err != nil {
		return err
	}
	_, err := s.file.Seek(s.size, io.SeekStart)
	return err
}

// count notes how many bytes the changes make obsolete: those of replaced objects,
// taken to be as long as the new ones.
func (s *File) count(changes []Change, size int) {
	for _, c := range changes {
		if c.Version > 0 {
			s.waste += int64(size / len(changes))
		}
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

// writeLine gives "checksum json\n".
func writeLine(changes []Change) ([]byte, error) {
	out := make([]fileChange, len(changes))
	for i, c := range changes {
		out[i] = fileChange{c.Kind, c.ID, c.Parent, c.Unique, c.Version, c.Delete, nil}
		if !c.Delete {
			data, err := EncodeValue(c.Value)
			if err != nil {
				return nil, err
			}
			out[i].Value = data
		}
	}
	body, err := json.Marshal(out)
	if err != nil {
		return nil, err
	}
	line := fmt.Appendf(make([]byte, 0, len(body)+10), "%08x ", crc32.ChecksumIEEE(body))
	return append(append(line, body...), '\n'), nil
}

// readLine reads what writeLine wrote; ok is false for a damaged line.
func readLine(line []byte) (changes []Change, ok bool, err error) {
	sum, body, found := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(" "))
	want, err := strconv.ParseUint(string(sum), 16, 32)
	if !found || err != nil || uint32(want) != crc32.ChecksumIEEE(body) {
		return nil, false, nil
	}
	var in []fileChange
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, false, err
	}
	changes = make([]Change, len(in))
	for i, c := range in {
		changes[i] = Change{Object{c.Kind, c.ID, c.Parent, c.Unique, c.Version, nil}, c.Delete}
		if c.Delete {
			continue
		}
		if changes[i].Value, err = DecodeValue(c.Kind, c.Value); err != nil {
			return nil, false, err
		}
	}
	return changes, true, nil
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
func (s *File) Commit(ctx context.Context, changes []Change) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != nil {
		return s.broken
	}
	if err := s.t.check(ctx, changes); err != nil {
		return err
	}
	if len(changes) == 0 {
		return nil
	}
	line, err := writeLine(changes)
	if err != nil {
		return err
	}
	if err := s.append(line); err != nil {
		return err
	}
	s.size += int64(len(line))
	s.count(changes, len(line))
	s.t.apply(changes)
	if s.waste > s.compactFrom && s.waste > s.size/2 {
		// The commit is safe already; a failed compaction is tried again later.
		_ = s.compact()
	}
	return nil
}

func (s *File) append(line []byte) error {
	if info, err := s.file.Stat(); err != nil {
		return err
	} else if info.Size() != s.size {
		s.broken = fmt.Errorf("%s: another process wrote to the file", s.path)
		return s.broken
	}
	_, err := s.file.Write(line)
	if err == nil {
		err = s.file.Sync()
	}
	if err == nil {
		return nil
	}
	if cut := s.cut(); cut != nil {
		s.broken = fmt.Errorf("%s: cannot undo a failed write: %w", s.path, cut)
	}
	return err
}

// compact writes all live objects to a new file and puts it in place of the old one.
func (s *File) compact() error {
	s.waste = 0 // do not try again at every commit
	tmp := s.path + ".new"
	f, err := s.disk.Open(tmp, os.O_RDWR|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return err
	}
	size, err := s.writeAll(f)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = s.disk.Rename(tmp, s.path)
	}
	if err != nil {
		return errors.Join(err, f.Close(), s.disk.Remove(tmp))
	}
	old := s.file
	s.file, s.size = f, size
	return errors.Join(old.Close(), s.disk.SyncDir(filepath.Dir(s.path)))
}

// writeAll writes one line per object; versions stay, because a line counts them up.
func (s *File) writeAll(f diskFile) (int64, error) {
	w, size := bufio.NewWriterSize(f, 1<<16), int64(0)
	for _, objects := range s.t.byID {
		for _, live := range objects {
			o := *live
			o.Version--
			line, err := writeLine([]Change{{Object: o}})
			if err != nil {
				return 0, err
			}
			size += int64(len(line))
			if _, err := w.Write(line); err != nil {
				return 0, err
			}
		}
	}
	return size, w.Flush()
}

// Close closes the file. The store must not be used afterwards.
func (s *File) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken == nil {
		s.broken = fmt.Errorf("%s: %w", s.path, fs.ErrClosed)
	}
	return s.file.Close()
}
