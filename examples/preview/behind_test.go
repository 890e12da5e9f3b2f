package main

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
)

// full is a file that takes so many bytes.
type full struct {
	bytes.Buffer
	room   int
	closed bool
}

var errFull = errors.New("no space left")

func (f *full) Write(p []byte) (int, error) {
	if f.Len()+len(p) > f.room {
		return 0, errFull
	}
	return f.Buffer.Write(p)
}

func (f *full) Close() error {
	f.closed = true
	return nil
}

func TestBehind(t *testing.T) {
	for _, tc := range []struct {
		name string
		room int
		want error
	}{{"room for all", 1 << 20, nil}, {"room for some", 5000, errFull}, {"no room", 0, errFull}} {
		t.Run(tc.name, func(t *testing.T) {
			file, want := &full{room: tc.room}, bytes.Buffer{}
			b := newBehind(file)
			line := make([]byte, 0, 100)
			var err error
			for i := 0; i < 1000 && err == nil; i++ {
				line = fmt.Appendf(line[:0], "line %d\n", i) // the buffer is used again
				want.Write(line)
				_, err = b.Write(line)
			}
			if err != nil && !errors.Is(err, tc.want) {
				t.Errorf("write: %v", err)
			}
			if err := b.Close(); !errors.Is(err, tc.want) || !file.closed {
				t.Errorf("close: %v, want %v; closed: %v", err, tc.want, file.closed)
			}
			if !bytes.HasPrefix(want.Bytes(), file.Bytes()) || tc.want == nil && file.Len() != want.Len() {
				t.Errorf("%d bytes are written, want %d", file.Len(), want.Len())
			}
		})
	}
}
