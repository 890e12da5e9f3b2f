package feed

import "io"

const (
	blockSize = 64 << 10 // looked at to find out how the file is written
	maxRecord = 16 << 20 // longer rows are refused
)

// buffer holds the part of a stream that is being looked at: buf[pos:end].
type buffer struct {
	src      io.Reader
	buf      []byte
	pos, end int
	eof      bool // nothing follows buf[:end]
	err      error
	wide     *utf16Reader // src, when the file is UTF-16
}

func newBuffer(src io.Reader) buffer { return buffer{src: src, buf: make([]byte, 2*blockSize)} }

// fill reads more bytes behind the unread ones, making room when there is none.
// What lies before pos is lost. An error stays.
func (b *buffer) fill() error {
	if b.err != nil {
		return b.err
	}

	// Unread bytes move to the front, and only a record that fills all of the buffer makes it grow.
	if b.pos > 0 {
		copy(b.buf, b.buf[b.pos:b.end])
		b.pos, b.end = 0, b.end-b.pos
	}

	if b.end == len(b.buf) {
		b.buf = append(b.buf, make([]byte, len(b.buf))...)
	}

	// A reader may return nothing without an error; one that does nothing else is
	// broken.
	for range 100 {
		n, err := b.src.Read(b.buf[b.end:])
		b.end += n
		if err == io.EOF {
			b.eof = true
			return nil
		}

		b.err = err
		if n > 0 || err != nil {
			return err
		}
	}

	b.err = io.ErrNoProgress
	return b.err
}

// fillTo fills until there are at least n unread bytes, or no more.
func (b *buffer) fillTo(n int) error {
	for !b.eof && b.end-b.pos < n {
		if err := b.fill(); err != nil {
			return err
		}
	}

	return nil
}
