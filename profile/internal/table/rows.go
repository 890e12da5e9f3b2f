package table

import (
	"encoding/binary"
	"sync"
	"unsafe"
)

// Ref points at a row in a [rowStore]: chunk and place. The zero rowRef is no
// row.
type Ref uint64

const (
	firstChunk = 1 << 16 // few rows shall not take much
	chunkSize  = 1 << 20
)

// Rows keeps rows of bytes in large chunks without a pointer for each row.
// Rows are never changed or freed one by one.
type Rows struct {
	mu     sync.Mutex
	Chunks [][]byte
}

// Writer appends rows to a store; each goroutine has its own.
type Writer struct {
	store *Rows
	chunk int // number of the current chunk
	buf   []byte
}

func (s *Rows) NewWriter() *Writer { return &Writer{store: s} }

// Add copies a row and returns where it is.
func (w *Writer) Add(row []byte) Ref {
	need := len(row) + binary.MaxVarintLen32
	if len(w.buf)+need > cap(w.buf) {
		w.store.mu.Lock()
		w.buf = make([]byte, 0, max(need, min(chunkSize, firstChunk<<min(len(w.store.Chunks), 4))))
		w.store.Chunks = append(w.store.Chunks, w.buf)
		w.chunk = len(w.store.Chunks)
		w.store.mu.Unlock()
	}

	at := len(w.buf)
	w.buf = binary.AppendUvarint(w.buf, uint64(len(row)))
	w.buf = append(w.buf, row...)
	return Ref(uint64(w.chunk)<<32 | uint64(at))
}

// Get returns a row; it must not be changed. Rows may be read while others are
// written.
func (s *Rows) Get(r Ref) string { return RowAt(s.Chunks, r) }

func RowAt(chunks [][]byte, r Ref) string {
	if r == 0 {
		return ""
	}
	chunk := chunks[r>>32-1]
	chunk = chunk[:cap(chunk)]
	at := int(uint32(r))
	n, size := binary.Uvarint(chunk[at:])
	return unsafe.String(&chunk[at+size], int(n))
}

// Touch reads a byte of each line of memory that a row begins with, so that all of them are
// on their way at once.
func (s *Rows) Touch(r Ref) (sum byte) { return TouchText(s.Get(r)) }

// TouchText is [Rows.Touch] for a row that stands elsewhere.
func TouchText(row string) (sum byte) {
	for at := 0; at < min(len(row), touched); at += line {
		sum += row[at]
	}
	return sum
}

const (
	line    = 64
	touched = 6 * line // most rows are no longer
)
