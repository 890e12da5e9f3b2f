package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// ErrDamaged is returned when a file of a [File] store has been damaged: what is
// there cannot be read, although it had been written completely. Nothing is
// changed then.
var ErrDamaged = errors.New("the file is damaged")

// A log begins with logMagic. Frames follow: the length of the payload, its
// checksum, the payload. The payload of a commit frame is commitMark, the place
// where its batch begins and its own place; other payloads hold entries. Entries
// count when the commit frame of their batch is there, which is written after
// they have reached the disk.
const (
	logMagic    = "idpstor1"
	commitMark  = "\x00commit\x01"
	frameHeader = 8
	frameSize   = 1 << 20 // after so many bytes a new frame begins
	maxFrame    = 1 << 30
)

// checksum makes the table when it is first needed.
func checksum(payload []byte) uint32 {
	return crc32.Checksum(payload, crc32.MakeTable(crc32.Castagnoli))
}

// logFile is what a log needs of [os.File].
type logFile interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Truncate(size int64) error
	Sync() error
}

// logWriter writes one batch behind the end of a log.
type logWriter struct {
	file    logFile
	start   int64
	at      int64
	buf     []byte // a frame: place for the header, then payload
	entries int
}

func newLogWriter(file logFile, end int64) *logWriter {
	return &logWriter{file: file, start: end, at: end, buf: make([]byte, frameHeader, 4096)}
}

// entry adds an entry to the frame, which is written when it is full.
func (w *logWriter) entry(kind byte, body []byte) error {
	w.buf = append(w.buf, kind)
	w.buf = binary.AppendUvarint(w.buf, uint64(len(body)))
	w.buf = append(w.buf, body...)
	w.entries++
	if len(w.buf) < frameSize {
		return nil
	}
	return w.flush()
}

func (w *logWriter) flush() error {
	if len(w.buf) == frameHeader {
		return nil
	}
	payload := w.buf[frameHeader:]
	if len(payload) > maxFrame {
		return fmt.Errorf("an identity of %d bytes is too large", len(payload))
	}
	binary.LittleEndian.PutUint32(w.buf, uint32(len(payload)))
	binary.LittleEndian.PutUint32(w.buf[4:], checksum(payload))
	if _, err := w.file.WriteAt(w.buf, w.at); err != nil {
		return err
	}
	w.at += int64(len(w.buf))
	w.buf = w.buf[:frameHeader]
	return nil
}

// commit makes the batch count. Its entries reach the disk before the commit
// frame does, so that a commit frame vouches for them.
func (w *logWriter) commit() error {
	if err := w.flush(); err != nil {
		return err
	}
	if err := w.file.Sync(); err != nil {
		return err
	}
	w.buf = append(w.buf, commitMark...)
	w.buf = binary.LittleEndian.AppendUint64(w.buf, uint64(w.start))
	w.buf = binary.LittleEndian.AppendUint64(w.buf, uint64(w.at))
	if err := w.flush(); err != nil {
		return err
	}
	return w.file.Sync()
}

// logReader reads a log up to its last commit.
type logReader struct {
	file      io.ReaderAt
	size      int64
	committed int64 // end of the last batch that counts
	batch     []string
}

// read calls do for each payload of each batch that was committed. What follows
// the last commit is the rest of a batch that was being written when the program
// or the machine stopped; [ErrDamaged] when it is more than that.
func (r *logReader) read(do func(payload string) error) error {
	r.committed = int64(len(logMagic))
	for at := r.committed; at < r.size; {
		payload, err := r.frame(at)
		if err != nil {
			return err
		}
		if payload == "" {
			return r.tail(at)
		}
		at += frameHeader + int64(len(payload))
		start, own, isCommit := commitOf(payload)
		if !isCommit {
			r.batch = append(r.batch, payload)
			continue
		}
		if start != r.committed || own != at-frameHeader-int64(len(payload)) {
			return fmt.Errorf("%w: the batch that ends at byte %d does not follow the one before", ErrDamaged, at)
		}
		for _, p := range r.batch {
			if err := do(p); err != nil {
				return fmt.Errorf("%w: in the batch that ends at byte %d: %w", ErrDamaged, at, err)
			}
		}
		r.batch, r.committed = nil, at
	}
	return nil
}

// frame returns the payload of the frame at that place, "" when there is no
// intact one.
func (r *logReader) frame(at int64) (string, error) {
	var header [frameHeader]byte
	if r.size-at < frameHeader {
		return "", nil
	}
	if _, err := r.file.ReadAt(header[:], at); err != nil {
		return "", err
	}
	n := int64(binary.LittleEndian.Uint32(header[:]))
	if n == 0 || n > maxFrame || n > r.size-at-frameHeader {
		return "", nil
	}
	payload := make([]byte, n)
	if _, err := r.file.ReadAt(payload, at+frameHeader); err != nil {
		return "", err
	}
	if checksum(payload) != binary.LittleEndian.Uint32(header[4:]) {
		return "", nil
	}
	return viewOf(payload), nil
}

// tail looks at what follows a broken frame. A commit frame there means that
// the broken one had been complete.
func (r *logReader) tail(at int64) error {
	const step = 1 << 20
	buf := make([]byte, step+len(commitMark))
	for from := at; from < r.size; from += step {
		part := buf[:min(int64(len(buf)), r.size-from)]
		if _, err := r.file.ReadAt(part, from); err != nil {
			return err
		}
		for i := 0; ; i++ {
			found := bytes.Index(part[i:], []byte(commitMark))
			if found < 0 {
				break
			}
			i += found
			place := from + int64(i) - frameHeader
			payload, err := r.frame(max(place, 0))
			if err != nil {
				return err
			}
			if _, own, ok := commitOf(payload); ok && own == place && place >= at {
				return fmt.Errorf("%w at byte %d", ErrDamaged, at)
			}
		}
	}
	return nil
}

func commitOf(payload string) (start, own int64, ok bool) {
	if len(payload) != len(commitMark)+16 || payload[:len(commitMark)] != commitMark {
		return 0, 0, false
	}
	b := []byte(payload[len(commitMark):])
	return int64(binary.LittleEndian.Uint64(b)), int64(binary.LittleEndian.Uint64(b[8:])), true
}
