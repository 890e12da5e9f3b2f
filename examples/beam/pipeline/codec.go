package pipeline

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/codec"
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

func (w *writer) bool(v bool) { w.b = codec.AppendFlags(w.b, v) }

func (w *writer) text(s string) { w.b = codec.AppendText(w.b, s) }

func (w *writer) texts(list []string) { w.b = codec.AppendTexts(w.b, list) }

func (w *writer) time(t time.Time) { w.b = codec.AppendTime(w.b, t) }

func (w *writer) attributes(a identity.Attributes) { w.b = codec.AppendAttributes(w.b, w, a) }

func (w *writer) account(a *identity.Account) { w.b = codec.AppendAccount(w.b, w, a) }

// AppendSchema writes the number of a schema in the pack or, where there is none, its
// names.
func (w *writer) AppendSchema(b []byte, s *identity.Schema) []byte {
	if w.inPack {
		return binary.AppendUvarint(b, uint64(w.schema(s)))
	}
	return codec.AppendText(b, strings.Join(s.Names(), "\x00"))
}

// schema returns the number of a schema in the pack. Shards of a source have schemas of
// their own with the same names; they share one number.
func (w *writer) schema(s *identity.Schema) int {
	n, ok := w.numbers[s]
	if ok {
		return n
	}

	// Names are compared as one text, which is cheaper than comparing lists, and no name has the separator in it.
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

// reader reads what a writer has written.
type reader struct {
	codec.Reader
	inPack  bool
	schemas []*identity.Schema
}

// newReader reads a row that stands by itself.
func newReader(row string) *reader {
	r := &reader{}
	r.Reader = codec.NewReader(row, r)
	return r
}

func (r *reader) bool() bool { return r.Byte() != 0 }

// ReadSchema reads what [writer.AppendSchema] has written.
func (r *reader) ReadSchema(from *codec.Reader) *identity.Schema {
	if !r.inPack {
		return interned.of(from.Text())
	}
	n := from.Uvarint()
	if n >= uint64(len(r.schemas)) {
		from.Fail()
		return nil
	}
	return r.schemas[n]
}

// done returns the error of a row that was read to its end.
func (r *reader) done(what string) error {
	if err := r.Err(); err != nil {
		return fmt.Errorf("row of %s: %w", what, err)
	}
	if n := r.Len(); n > 0 {
		return fmt.Errorf("row of %s: %d bytes are left", what, n)
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

	// The table is emptied when it is full: it saves memory, nothing depends on it.
	if t.known == nil || len(t.known) >= maxSchemas {
		t.known = map[string]*identity.Schema{}
	}

	// The names may lie in the memory of a whole pack, which must not be kept for them.
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
	r := newReader(string(b))
	var x T
	get(r, &x)
	return x, r.done(fmt.Sprintf("%T", x))
}
