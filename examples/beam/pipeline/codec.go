package pipeline

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/idprofile/engine/identity"
)

// The rows of the pipeline are written by hand: a person with three accounts takes
// the bytes of its texts and a few more, and equal rows are equal bytes, which is
// what a key or a repeated bundle needs.

// writer appends the parts of a row.
type writer struct{ b []byte }

func (w *writer) uint(v uint64) { w.b = binary.AppendUvarint(w.b, v) }

func (w *writer) int(v int64) { w.b = binary.AppendVarint(w.b, v) }

func (w *writer) bool(v bool) {
	if v {
		w.b = append(w.b, 1)
	} else {
		w.b = append(w.b, 0)
	}
}

func (w *writer) text(s string) {
	w.uint(uint64(len(s)))
	w.b = append(w.b, s...)
}

func (w *writer) texts(list []string) {
	w.uint(uint64(len(list)))
	for _, s := range list {
		w.text(s)
	}
}

func (w *writer) time(t time.Time) {
	w.bool(!t.IsZero())
	if !t.IsZero() {
		w.int(t.Unix())
		w.uint(uint64(t.Nanosecond()))
	}
}

// attributes writes names and row.
func (w *writer) attributes(a identity.Attributes) {
	w.text(strings.Join(a.Schema().Names(), "\x00"))
	w.text(a.Row())
}

// errShort is the error of a row that ends too early.
var errShort = errors.New("the row is cut")

// reader reads what a writer has written. After an error everything is zero.
type reader struct {
	b   []byte
	err error
}

func (r *reader) fail() {
	if r.err == nil {
		r.err = errShort
	}
	r.b = nil
}

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}

	r.b = r.b[n:]
	return v
}

func (r *reader) int() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}

	r.b = r.b[n:]
	return v
}

func (r *reader) bool() bool {
	if len(r.b) == 0 {
		r.fail()
		return false
	}

	v := r.b[0] != 0
	r.b = r.b[1:]
	return v
}

func (r *reader) text() string {
	n := r.uint()
	if n > uint64(len(r.b)) {
		r.fail()
		return ""
	}

	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

// count reads how many parts follow, each of at least one byte.
func (r *reader) count() int {
	n := r.uint()
	if n > uint64(len(r.b)) {
		r.fail()
		return 0
	}

	return int(n)
}

func (r *reader) texts() []string {
	n := r.count()
	if n == 0 {
		return nil
	}
	list := make([]string, n)
	for i := range list {
		list[i] = r.text()
	}
	return list
}

func (r *reader) time() time.Time {
	if !r.bool() {
		return time.Time{}
	}
	sec := r.int()
	return time.Unix(sec, int64(r.uint())).UTC()
}

func (r *reader) attributes() identity.Attributes {
	names, row := r.text(), r.text()
	if names == "" && row == "" {
		return identity.Attributes{}
	}
	return identity.FromRow(schemas.of(names), row)
}

// done returns the error of a row that was read to its end.
func (r *reader) done(what string) error {
	if r.err == nil && len(r.b) > 0 {
		r.err = fmt.Errorf("%d bytes are left", len(r.b))
	}
	if r.err != nil {
		return fmt.Errorf("row of %s: %w", what, r.err)
	}
	return nil
}

// schemas are those that rows of this process had last: thousands of rows share
// one.
var schemas schemaTable

type schemaTable struct {
	mu    sync.RWMutex
	known map[string]*identity.Schema
}

// maxSchemas bounds the table; then it begins anew.
const maxSchemas = 1000

func (t *schemaTable) of(names string) *identity.Schema {
	t.mu.RLock()
	s := t.known[names]
	t.mu.RUnlock()
	if s != nil {
		return s
	}
	s = identity.NewSchema(slices.Clip(strings.Split(names, "\x00"))...)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil || len(t.known) >= maxSchemas {
		t.known = map[string]*identity.Schema{}
	}
	t.known[strings.Clone(names)] = s
	return s
}
