package filelog

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"unsafe"
)

const (
	frameHeader = 8
	frameSize   = 1 << 20 // after so many bytes a new frame begins
	maxFrame    = 1 << 30

	commitMark = "\x00commit\x01" // no entry begins with zero
	commitSize = len(commitMark) + 16
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(payload []byte) uint32 { return crc32.Checksum(payload, castagnoli) }

// Batch writes the entries of one batch behind the end of a log.
type Batch struct {
	src     *source
	start   int64
	at      int64
	pack    bool
	buf     []byte // the entries of a frame
	block   *Block // that they become; nil when nobody has asked
	out     []byte // the frame
	entries int
}

func newBatch(src *source, end int64, pack bool) *Batch {
	return &Batch{src: src, start: end, at: end, pack: pack}
}

// Entry adds an entry. The kind is not zero. The body is copied. In a log that packs its
// entries the place is where it can be read again, once the batch is written.
func (b *Batch) Entry(kind byte, body []byte) (Place, error) {
	if b.pack && b.block == nil {
		b.block = &Block{src: b.src}
	}
	p := Place{block: b.block, at: uint32(len(b.buf))}
	b.buf = append(b.buf, kind)
	b.buf = binary.AppendUvarint(b.buf, uint64(len(body)))
	b.buf = append(b.buf, body...)
	b.entries++
	if len(b.buf) < frameSize {
		return p, nil
	}
	return p, b.flush(nil)
}

// Flush writes the entries that are not written yet, so that all can be read at their places.
func (b *Batch) Flush() error { return b.flush(nil) }

// flush writes a frame of the entries and a commit, if there are any.
func (b *Batch) flush(commit []byte) error {
	if len(b.buf)+len(commit) == 0 {
		return nil
	}
	if len(b.buf) > maxFrame-commitSize {
		return fmt.Errorf("an entry of %d bytes is too large", len(b.buf))
	}

	b.out = append(b.out[:0], make([]byte, frameHeader)...)
	switch {
	case !b.pack:
		b.out = append(b.out, b.buf...)
	case len(b.buf) > 0:
		b.out = pack(b.out, b.buf)
	}
	b.out = append(b.out, commit...)
	if _, err := b.src.file.WriteAt(frame(b.out), b.at); err != nil {
		return err
	}
	if b.block != nil {
		b.block.at, b.block.end = b.at, b.at+int64(len(b.out))
		b.src.unread = append(b.src.unread, b.block)
	}
	b.at += int64(len(b.out))
	b.buf, b.block = b.buf[:0], nil
	return nil
}

// frame fills in the header of a frame and returns it.
func frame(buf []byte) []byte {
	payload := buf[frameHeader:]
	binary.LittleEndian.PutUint32(buf, uint32(len(payload)))
	binary.LittleEndian.PutUint32(buf[4:], checksum(payload))
	return buf
}

// commit makes the batch count.
func (b *Batch) commit() error {
	// One frame is there as a whole or its checksum does not fit: the commit may stand
	// in it. The entries of several have to be on the disk first, so that the commit
	// vouches for them.
	if b.at > b.start {
		if err := b.flush(nil); err != nil {
			return err
		}
		if err := b.src.file.Sync(); err != nil {
			return err
		}
	}

	if err := b.flush(appendCommit(nil, b.start, b.at)); err != nil {
		return err
	}
	return b.src.file.Sync()
}

// appendCommit writes the end of a batch: where it begins, and where the frame
// that holds the commit does.
func appendCommit(buf []byte, start, own int64) []byte {
	buf = append(buf, commitMark...)
	buf = binary.LittleEndian.AppendUint64(buf, uint64(start))
	return binary.LittleEndian.AppendUint64(buf, uint64(own))
}

func viewOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
