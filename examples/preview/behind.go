package main

import (
	"errors"
	"io"
	"sync/atomic"
)

// behind is a file that is written on a goroutine of its own, so that the next
// bytes are made meanwhile. An error shows in a later call, at the latest in
// Close.
type behind struct {
	file io.WriteCloser
	free chan []byte // buffers
	full chan []byte
	done chan struct{}
	err  atomic.Pointer[error]
}

func newBehind(file io.WriteCloser) *behind {
	const buffers = 2
	b := &behind{file: file, free: make(chan []byte, buffers), full: make(chan []byte, buffers),
		done: make(chan struct{})}
	for range buffers {
		b.free <- nil
	}
	go b.write()
	return b
}

func (b *behind) write() {
	defer close(b.done)
	for buf := range b.full {
		if b.err.Load() == nil {
			if _, err := b.file.Write(buf); err != nil {
				b.err.Store(&err)
			}
		}

		b.free <- buf[:0]
	}
}

// Write takes a copy of the bytes.
func (b *behind) Write(p []byte) (int, error) {
	if err := b.err.Load(); err != nil {
		return 0, *err
	}
	b.full <- append(<-b.free, p...)
	return len(p), nil
}

// Close waits until everything is written and closes the file.
func (b *behind) Close() error {
	close(b.full)
	<-b.done
	err := b.file.Close()
	if failed := b.err.Load(); failed != nil {
		err = errors.Join(*failed, err)
	}
	return err
}
