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

// writer appends the parts of a row. In a pack, attributes have the number of their
// schema in place of its names.
type writer struct {
	b       []byte
	inPack  bool
	records int
	schemas []*identity.Schema
	numbers map[*identity.Schema]int
}

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
	if w.inPack {
		w.uint(uint64(w.schema(a.Schema())))
	} else {
		w.text(strings.Join(a.Schema().Names(), "\x00"))
	}
	w.text(a.Row())
}

// schema returns the number of a schema in the pack. Shards of a source have schemas of
// their own with the same names; they share one number.
func (w *writer) schema(s *identity.Schema) int {
	n, ok := w.numbers[s]
	if ok {
		return n
	}
	one := interned.of(strings.Join(s.Names(), "\x00"))
	if n, ok = w.numbers[one]; !ok {
		n = len(w.schemas)
		w.schemas = append(w.schemas, one)
	}

	if w.numbers == nil {
		w.numbers = map[*identity.Schema]int{}
	}
	w.numbers[s], w.numbers[one] = n, n
	return n
}

// errShort is the error of a row that ends too early.
var errShort = errors.New("the row is cut")

// reader reads what a writer has written. After an error everything is zero. Texts are
// views of what is read.
type reader struct {
	s       string
	err     error
	inPack  bool
	schemas []*identity.Schema
}

func (r *reader) fail() {
	if r.err == nil {
		r.err = errShort
	}
	r.s = ""
}

func (r *reader) uint() uint64 {
	var v uint64
	for i := range min(len(r.s), binary.MaxVarintLen64) {
		c := r.s[i]
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			r.s = r.s[i+1:]
			return v
		}
	}

	r.fail()
	return 0
}

func (r *reader) int() int64 {
	v := r.uint()
	return int64(v>>1) ^ -int64(v&1)
}

func (r *reader) bool() bool {
	if len(r.s) == 0 {
		r.fail()
		return false
	}

	v := r.s[0] != 0
	r.s = r.s[1:]
	return v
}

func (r *reader) text() string {
	n := r.uint()
	if n > uint64(len(r.s)) {
		r.fail()
		return ""
	}

	s := r.s[:n]
	r.s = r.s[n:]
	return s
}

// count reads how many parts follow, each of at least one byte.
func (r *reader) count() int {
	n := r.uint()
	if n > uint64(len(r.s)) {
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
	if r.inPack {
		n := r.uint()
		row := r.text()
		if n >= uint64(len(r.schemas)) {
			r.fail()
			return identity.Attributes{}
		}
		return attributes(r.schemas[n], row)
	}
	names, row := r.text(), r.text()
	return attributes(interned.of(names), row)
}

// attributes returns those of a row; the zero ones have no names and an empty row.
func attributes(s *identity.Schema, row string) identity.Attributes {
	if s.Len() == 0 && row == "" {
		return identity.Attributes{}
	}
	return identity.FromRow(s, row)
}

// done returns the error of a row that was read to its end.
func (r *reader) done(what string) error {
	if r.err == nil && len(r.s) > 0 {
		r.err = fmt.Errorf("%d bytes are left", len(r.s))
	}
	if r.err != nil {
		return fmt.Errorf("row of %s: %w", what, r.err)
	}
	return nil
}

// interned are the schemas that rows of this process had last: thousands of rows share
// one.
var interned schemaTable

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
	s = identity.NewSchema()
	if names != "" {
		s = identity.NewSchema(slices.Clip(strings.Split(strings.Clone(names), "\x00"))...)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil || len(t.known) >= maxSchemas {
		t.known = map[string]*identity.Schema{}
	}
	t.known[strings.Clone(names)] = s
	return s
}

// encoded writes a row by itself.
func encoded(x parts) []byte {
	var w writer
	x.put(&w)
	return w.b
}

// decoded reads what encoded has written.
func decoded[T any](b []byte) (T, error) {
	r := reader{s: string(b)}
	var x T
	get(&r, &x)
	return x, r.done(fmt.Sprintf("%T", x))
}
