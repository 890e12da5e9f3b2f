package filelog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Errors of a log. They come with the path and the details.
var (
	// ErrDamaged: what had been written completely cannot be read. Nothing is changed.
	ErrDamaged = errors.New("the file is damaged")
	// ErrForeign: the file is no log of this kind. Nothing is changed.
	ErrForeign = errors.New("the file is no store of this kind")
	// ErrInUse: another program, or another part of this one, has the file open.
	ErrInUse = errors.New("the file is in use")
	// ErrOtherWriter: the file was changed or replaced since it was opened.
	ErrOtherWriter = errors.New("the file was changed by another program")
	// ErrReadOnly: the file was opened for reading.
	ErrReadOnly = errors.New("the file was opened for reading only")
)

// magicSize is how many bytes name the kind and the version of a file.
const magicSize = 8

// Options say what a log holds.
type Options struct {
	// Magic are the first eight bytes of the file; the last one is the version.
	Magic string
	// Pack compresses the entries of each frame.
	Pack bool
	// Older are the magics of earlier versions, whose frames are not packed. Such a file is
	// read; it has to be written anew before anything is appended ([Log.Outdated]).
	Older []string
	// OlderPacked are those of earlier versions whose frames are packed.
	OlderPacked []string
	// Before reads a file from before there was a magic. It returns where the last
	// batch ends, or [ErrForeign] when the content is nothing of the kind.
	Before func(content string) (end int64, err error)
	// Replay takes in an entry of a batch that counts. The body is a view of memory that
	// is not written again, and can be had again at the place.
	Replay func(kind byte, body string, at Place) error
	// Outline takes in the outline that stands behind the last batch, if one does, see [Log.Outline].
	// It reports whether it needs no entries: then none is replayed until [Log.Replay]. Block
	// returns the block of a frame, given by its place in the file. May be nil.
	Outline func(body string, block func(at, end int64) *Block) bool
	// Batch hears that all entries of a batch were taken in, with the place where it ends;
	// nil: nobody does.
	Batch func(end int64) error
	// ReadOnly opens the file without the right to change it.
	ReadOnly bool
	// Disk replaces the file system in tests.
	Disk Disk
}

// Log is an open file. It belongs to one goroutine at a time.
type Log struct {
	o    Options
	path string
	file File
	src  *source // of what is written to the file
	lock *lock

	packed   bool  // the frames of the file are
	size     int64 // end of the last batch that counts
	length   int64 // of the file, with what was cut
	outdated bool
	created  bool // by us, and no batch written yet
	unsynced bool // the name of the file may not be durable
	cut      *Cut
	outline  string // payload of the frame behind the last batch
	broken   error  // why nothing can be written any more
}

// Open opens a log and reads it, or makes an empty file when there is none and it is
// not opened for reading only. Symbolic links are followed once, here.
//
// Error: [ErrInUse], [ErrForeign], [ErrDamaged], what the operating system says.
func Open(path string, o Options) (*Log, error) {
	if o.Disk == nil {
		o.Disk = osDisk{}
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}

	l := &Log{o: o, path: path}
	err := l.open()
	if err == nil {
		err = l.read()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, errors.Join(err, l.release()))
	}
	return l, nil
}

// maxTries is how often a file may be replaced while it is being opened.
const maxTries = 100

// open opens and locks the file that has the name.
func (l *Log) open() error {
	// A pipe would wait for ever, and a device has no end.
	before, err := os.Stat(l.path)
	if err == nil && !before.Mode().IsRegular() {
		return fmt.Errorf("%w: it is no regular file", ErrForeign)
	}
	flag := os.O_RDWR | os.O_CREATE
	if l.o.ReadOnly {
		flag = os.O_RDONLY
	}
	l.created = errors.Is(err, fs.ErrNotExist)

	// The holder of the lock may replace the file before we get it; then the lock
	// is on a file that no longer has the name.
	for range maxTries {
		if l.file, err = l.o.Disk.Open(l.path, flag); err != nil {
			return err
		}
		if l.lock, err = lockFile(l.file, l.path, !l.o.ReadOnly); err != nil {
			return err
		}
		if same, err := l.same(); err != nil || same {
			return err
		}
		if err := l.release(); err != nil {
			return err
		}
	}

	return fmt.Errorf("%w: it is being replaced all the time", ErrInUse)
}

// same reports whether the open file is the one that has the name.
func (l *Log) same() (bool, error) {
	own, err := l.file.Stat()
	if err != nil {
		return false, err
	}
	now, err := os.Stat(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return os.SameFile(own, now), nil
}

// read finds out what the file is and takes in its batches.
func (l *Log) read() error {
	info, err := l.file.Stat()
	if err != nil {
		return err
	}
	l.length = info.Size()
	head := make([]byte, min(l.length, magicSize))
	if err := readAt(l.file, head, 0); err != nil {
		return err
	}

	// The beginning of a file that was being made is no reason to refuse it: it holds
	// nothing yet.
	magic := string(head)
	switch {
	case magic == l.o.Magic:
		l.packed = l.o.Pack
	case slices.Contains(l.o.Older, magic), slices.Contains(l.o.OlderPacked, magic):
		l.outdated, l.packed = true, slices.Contains(l.o.OlderPacked, magic)
	case strings.HasPrefix(l.o.Magic, magic):
		l.noteCut(0, false)
		return nil
	case len(magic) == magicSize && magic[:magicSize-1] == l.o.Magic[:magicSize-1]:
		return fmt.Errorf("%w: it has version %q, this program knows %q", ErrForeign, magic[7:], l.o.Magic[7:])
	default:
		return l.readBefore(magic)
	}

	l.src = &source{file: l.file}
	r := l.reader(l.length)
	r.skims = l.o.Outline != nil && !l.outdated
	if err := r.read(); err != nil {
		return err
	}
	if r.skims && !l.outlined(r.outline) {
		r = l.reader(l.length)
		if err := r.read(); err != nil {
			return err
		}
	}
	if l.size = r.committed; r.outline == "" && !r.torn {
		l.noteCut(l.size, r.whole)
	}
	l.outline = r.outline
	return nil
}

// reader returns one that reads so many bytes of the file from its beginning.
func (l *Log) reader(size int64) *reader {
	return &reader{file: l.file, size: size, pack: l.packed, src: l.src, replay: l.o.Replay, done: l.o.Batch}
}

// outlined reports whether an outline stands for all entries; "" is none.
func (l *Log) outlined(payload string) bool {
	if payload == "" {
		return false
	}
	body, ok := unpackOutline(payload)
	return ok && l.o.Outline(body, func(at, end int64) *Block {
		b := &Block{src: l.src, at: at, end: end}
		l.src.unread = append(l.src.unread, b)
		return b
	})
}

// Outline puts an outline of all entries behind the last batch, in the place of the one that is there:
// whoever opens the log gets that alone, see [Options.Outline], as long as no other batch is
// written. One that cannot be written is missed by nobody: there is none then.
func (l *Log) Outline(body []byte) error {
	if err := l.writable(); err != nil {
		return err
	}
	packed, err := packOutline(nil, body)
	if err == nil && len(packed) > maxFrame/2 {
		err = fmt.Errorf("an outline of %d bytes is too large", len(packed))
	}
	if err != nil {
		return err
	}
	payload := append(binary.AppendUvarint([]byte{formOutline}, uint64(len(packed))), packed...)
	l.outline = viewOf(payload)
	return l.putOutline()
}

// putOutline writes the outline behind the last batch.
func (l *Log) putOutline() error {
	if l.outline == "" {
		return nil
	}
	text := frame(append(make([]byte, frameHeader), l.outline...))
	err := l.file.Truncate(l.size)
	if err == nil {
		_, err = l.file.WriteAt(text, l.size)
	}
	if l.length = l.size + int64(len(text)); err == nil {
		return nil
	}
	l.outline, l.length = "", l.size
	if failed := l.file.Truncate(l.size); failed != nil {
		l.broken = fmt.Errorf("%s: an outline could not be undone: %w", l.path, failed)
	}
	return err
}

// Replay takes in all entries of a log that was opened by its outline.
//
// Error: [ErrDamaged], what the operating system says.
func (l *Log) Replay() error { return l.reader(l.size).read() }

// readBefore reads a file from before there was a magic.
func (l *Log) readBefore(head string) error {
	if l.o.Before == nil {
		return fmt.Errorf("%w: it begins with %q", ErrForeign, head)
	}
	content := make([]byte, l.length)
	if err := readAt(l.file, content, 0); err != nil {
		return err
	}

	end, err := l.o.Before(viewOf(content))
	if errors.Is(err, ErrForeign) {
		return fmt.Errorf("%w: it begins with %q", ErrForeign, head)
	}
	if err != nil {
		return err
	}
	l.outdated, l.size = true, end
	l.noteCut(end, false)
	return nil
}

func (l *Log) noteCut(at int64, whole bool) {
	if at < l.length {
		l.cut = &Cut{Path: l.path, At: at, Bytes: l.length - at, Whole: whole}
	}
}

// Cut returns what was found behind the last batch that counts; nil when there was
// nothing.
func (l *Log) Cut() *Cut { return l.cut }

// Path is the file, behind symbolic links.
func (l *Log) Path() string { return l.path }

// Size is where the last batch ends, in bytes.
func (l *Log) Size() int64 { return l.size }

// Outdated reports whether [Log.Rewrite] has to come before the next [Log.Append].
func (l *Log) Outdated() bool { return l.outdated }

// Append writes the entries that write adds as one batch. When it returns, the batch is on
// the disk as a whole; after an error the file is as it was.
func (l *Log) Append(write func(*Batch) error) error {
	b, err := l.Begin()
	if err != nil {
		return err
	}
	if err := write(b); err != nil {
		l.Rollback()
		return err
	}
	return l.Commit(b)
}

// Begin begins a batch, which [Log.Commit] or [Log.Rollback] ends. Until the commit is on the
// disk, whoever reads the file takes its entries for a torn write.
func (l *Log) Begin() (*Batch, error) {
	if err := l.writable(); err != nil {
		return nil, err
	}
	if l.outdated {
		return nil, errors.New("a file of an earlier version has to be written anew first")
	}
	if err := l.begin(); err != nil {
		return nil, err
	}
	if l.src == nil {
		l.src = &source{file: l.file}
	}
	l.packed = l.o.Pack
	return newBatch(l.src, l.size, l.o.Pack), nil
}

// Commit makes the batch count. When it returns, the batch is on the disk as a whole; after an
// error the file is as it was before the batch.
func (l *Log) Commit(b *Batch) error {
	// A batch may take long to write, so somebody without our locks may have come in between. What
	// they did is left alone.
	l.length = b.at
	if err := l.writable(); err != nil {
		l.broken = err
		return err
	}

	if err := b.commit(); err != nil {
		l.Rollback()
		return err
	}
	l.size, l.length, l.created = b.at, b.at, false

	// After a batch of nothing everything is as the outline says.
	if b.entries > 0 {
		l.outline = ""
	}
	_ = l.putOutline() // missed by nobody
	return nil
}

// Rollback takes the entries of a batch out of the file. When that fails, nothing can be
// written to it any more.
func (l *Log) Rollback() {
	if err := l.file.Truncate(l.size); err != nil {
		l.broken = fmt.Errorf("%s: a batch could not be undone: %w", l.path, err)
	}
	l.length = l.size
	if l.broken == nil {
		_ = l.putOutline()
	}
}

// writable reports why nothing can be written: among other things because somebody
// without our locks has changed the file.
func (l *Log) writable() error {
	if l.broken != nil {
		return l.broken
	}
	if l.o.ReadOnly {
		return ErrReadOnly
	}
	own, err := l.file.Stat()
	if err != nil {
		return err
	}
	same, err := l.same()
	if err == nil && (!same || own.Size() != l.length) {
		err = ErrOtherWriter
	}
	return err
}

// begin makes the end of the file the place for the next batch.
func (l *Log) begin() error {
	if err := l.keepCut(); err != nil {
		return err
	}

	// What an interrupted write has left is in the way of the next batch.
	if l.length > l.size {
		if err := l.file.Truncate(l.size); err != nil {
			return err
		}
		l.length = l.size
	}

	// The name of a file that was replaced has to be durable before anything is written to the file.
	if l.unsynced {
		if err := l.o.Disk.SyncFolder(l.path); err != nil {
			return err
		}
		l.unsynced = false
	}

	if l.size > 0 {
		return nil
	}

	// The magic is on the disk before anything else is, so that a file with content
	// always has one.
	_, err := l.file.WriteAt([]byte(l.o.Magic), 0)
	if err == nil {
		err = l.file.Sync()
	}
	if err == nil {
		err = l.o.Disk.SyncFolder(l.path)
	}

	// Without its magic the file is nobody's, so it is emptied.
	if err != nil {
		return errors.Join(err, l.file.Truncate(0))
	}
	l.size, l.length = magicSize, magicSize
	return nil
}

// Close releases the file. One that was made by opening it and holds no batch is removed
// again: none was written, or none could be.
func (l *Log) Close() error {
	if l.broken == nil {
		l.broken = fmt.Errorf("%s: %w", l.path, fs.ErrClosed)
	}
	var err error
	if l.created && l.file != nil && !l.o.ReadOnly {
		err = l.o.Disk.Remove(l.path)
	}
	return errors.Join(err, l.release())
}

// release closes the file and gives the lock back.
func (l *Log) release() error {
	var err error
	if l.lock != nil {
		l.lock.forget()
	}
	if l.file != nil {
		err = l.file.Close()
	}
	if l.lock != nil {
		err = errors.Join(err, l.lock.free())
	}
	l.file, l.lock = nil, nil
	return err
}

func ignoreClosed(err error) error {
	if errors.Is(err, fs.ErrClosed) {
		return nil
	}
	return err
}
