package profile

import (
	"encoding/binary"
	"slices"
	"strings"
	"sync"
	"time"
	"unsafe"

	"github.com/idprofile/engine/identity"
)

// rowRef points at a row in a [rowStore]: chunk and place. The zero rowRef is no
// row.
type rowRef uint64

const (
	firstChunk = 1 << 16 // few rows shall not take much
	chunkSize  = 1 << 20
)

// rowStore keeps rows of bytes in large chunks without a pointer for each row.
// Rows are never changed or freed one by one.
type rowStore struct {
	mu     sync.Mutex
	chunks [][]byte
}

// rowWriter appends rows to a store; each goroutine has its own.
type rowWriter struct {
	store *rowStore
	chunk int // number of the current chunk
	buf   []byte
}

func (s *rowStore) writer() *rowWriter { return &rowWriter{store: s} }

// add copies a row and returns where it is.
func (w *rowWriter) add(row []byte) rowRef {
	need := len(row) + binary.MaxVarintLen32
	if len(w.buf)+need > cap(w.buf) {
		w.store.mu.Lock()
		w.buf = make([]byte, 0, max(need, min(chunkSize, firstChunk<<min(len(w.store.chunks), 4))))
		w.store.chunks = append(w.store.chunks, w.buf)
		w.chunk = len(w.store.chunks)
		w.store.mu.Unlock()
	}
	at := len(w.buf)
	w.buf = binary.AppendUvarint(w.buf, uint64(len(row)))
	w.buf = append(w.buf, row...)
	return rowRef(uint64(w.chunk)<<32 | uint64(at))
}

// get returns a row; it must not be changed. Rows may be read while others are
// written.
func (s *rowStore) get(r rowRef) string { return rowAt(s.chunks, r) }

func rowAt(chunks [][]byte, r rowRef) string {
	if r == 0 {
		return ""
	}
	chunk := chunks[r>>32-1]
	chunk = chunk[:cap(chunk)]
	at := int(uint32(r))
	n, size := binary.Uvarint(chunk[at:])
	return unsafe.String(&chunk[at+size], int(n))
}

// accountTable keeps accounts packed. Account n is read as a view of its row.
type accountTable struct {
	rows    rowStore
	writer  *rowWriter
	refs    []rowRef
	sources []uint16 // by account: index of names
	names   []string
	schemas []*identity.Schema
	schema  []uint32 // by account: index of schemas
	known   map[*identity.Schema]uint32
	byNames map[string]uint32
	scratch []byte

	lastSchema *identity.Schema // and its index
	lastIndex  uint32
}

func newAccountTable() *accountTable {
	t := &accountTable{known: map[*identity.Schema]uint32{}, byNames: map[string]uint32{}}
	t.writer = t.rows.writer()
	return t
}

func (t *accountTable) source(name string) uint16 {
	for i, known := range t.names {
		if known == name {
			return uint16(i)
		}
	}
	t.names = append(t.names, name)
	return uint16(len(t.names) - 1)
}

// schemaIndex returns the number of a schema; schemas with the same names in the
// same order have one number, so that equal rows are equal accounts.
func (t *accountTable) schemaIndex(s *identity.Schema) uint32 {
	if s == t.lastSchema && len(t.schemas) > 0 {
		return t.lastIndex
	}
	i, ok := t.known[s]
	if !ok {
		names := strings.Join(s.Names(), "\x00")
		if i, ok = t.byNames[names]; !ok {
			i = uint32(len(t.schemas))
			t.schemas = append(t.schemas, s)
			t.byNames[names] = i
		}
		if len(t.known) >= maxKnown {
			clear(t.known)
		}
		t.known[s] = i
	}
	t.lastSchema, t.lastIndex = s, i
	return i
}

// maxKnown is how many schemas are recognised without looking at their names:
// accounts that were made one by one may have one each.
const maxKnown = 1000

const (
	flagDisabled = 1 << iota
	flagLocked
	flagManual
	flagMore // rarely used fields follow
)

// pack writes an account: flags, creation time, texts with their lengths, and
// the row of attributes.
func (t *accountTable) pack(a *identity.Account) []byte {
	more := a.ID != "" || a.UUID != "" || a.IdentityID != "" || !a.Modified.IsZero() || len(a.Entitlements) > 0
	flags := byte(0)
	for i, on := range [...]bool{a.Disabled, a.Locked, a.ManuallyCorrelated, more} {
		if on {
			flags |= 1 << i
		}
	}
	b := append(t.scratch[:0], flags)
	b = appendTime(b, a.Created)
	b = appendText(b, a.NativeIdentity)
	b = appendText(b, a.Name)
	if more {
		b = appendTime(b, a.Modified)
		b = appendText(appendText(appendText(b, a.ID), a.UUID), a.IdentityID)
		b = binary.AppendUvarint(b, uint64(len(a.Entitlements)))
		for _, e := range a.Entitlements {
			b = appendText(b, e)
		}
	}
	t.scratch = append(b, a.Attributes.Row()...)
	return t.scratch
}

// add appends an account and returns its number.
func (t *accountTable) add(a *identity.Account) int32 {
	t.refs = append(t.refs, t.writer.add(t.pack(a)))
	t.sources = append(t.sources, t.source(a.Source))
	t.schema = append(t.schema, t.schemaIndex(a.Attributes.Schema()))
	return int32(len(t.refs) - 1)
}

// replace puts another account in the place of n and reports whether it is fresh,
// so that mappings can see a difference, and dirty, so that it has to be written.
func (t *accountTable) replace(n int32, a *identity.Account) (dirty, fresh bool) {
	row := t.pack(a)
	schema := t.schemaIndex(a.Attributes.Schema())
	if schema == t.schema[n] && string(row) == t.rows.get(t.refs[n]) {
		return false, false
	}
	old := t.at(n)
	t.refs[n], t.schema[n] = t.writer.add(row), schema
	now := t.at(n)
	dirty = !sameAccount(&old, &now)
	return dirty, dirty || !sameDetails(&old, &now)
}

// sameAccount compares the data of two accounts, whatever their schemas are.
func sameAccount(a, b *identity.Account) bool {
	if a.Name != b.Name || a.Disabled != b.Disabled || a.Locked != b.Locked || !a.Created.Equal(b.Created) ||
		a.ManuallyCorrelated != b.ManuallyCorrelated || a.IdentityID != b.IdentityID || !slices.Equal(a.Entitlements, b.Entitlements) {
		return false
	}
	count := 0
	for name, v := range a.Attributes.All() {
		count++
		if !b.Attributes.Get(name).Equal(v) {
			return false
		}
	}
	for range b.Attributes.All() {
		count--
	}
	return count == 0
}

// at returns account n; its texts are views of the table.
func (t *accountTable) at(n int32) (a identity.Account) {
	t.read(n, &a)
	return a
}

// read reads account n into an empty one.
func (t *accountTable) read(n int32, a *identity.Account) {
	r := rowReader{row: t.rows.get(t.refs[n])}
	flags := r.byte()
	a.Source = t.names[t.sources[n]]
	a.Disabled, a.Locked, a.ManuallyCorrelated = flags&flagDisabled != 0, flags&flagLocked != 0, flags&flagManual != 0
	a.Created = r.time()
	a.NativeIdentity, a.Name = r.text(), r.text()
	if flags&flagMore != 0 {
		a.Modified, a.ID, a.UUID, a.IdentityID = r.time(), r.text(), r.text(), r.text()
		for range r.uvarint() {
			a.Entitlements = append(a.Entitlements, r.text())
		}
	}
	a.Attributes = identity.FromRow(t.schemas[t.schema[n]], r.row)
}

// native returns the native identity of account n.
func (t *accountTable) native(n int32) string {
	r := rowReader{row: t.rows.get(t.refs[n])[1:]}
	r.parts()
	return r.text()
}

// created returns the creation time of account n in nanoseconds; ok is false
// when it is not known.
func (t *accountTable) created(n int32) (ns int64, ok bool) {
	r := rowReader{row: t.rows.get(t.refs[n])[1:]}
	return r.nanos()
}

func appendTime(b []byte, at time.Time) []byte {
	if at.IsZero() {
		return append(b, 0)
	}
	b = append(b, 1)
	b = binary.AppendVarint(b, at.Unix())
	return binary.AppendUvarint(b, uint64(at.Nanosecond()))
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// rowReader reads what pack has written.
type rowReader struct{ row string }

func (r *rowReader) byte() byte {
	b := r.row[0]
	r.row = r.row[1:]
	return b
}

func (r *rowReader) uvarint() uint64 {
	var v uint64
	for shift := 0; ; shift += 7 {
		b := r.byte()
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
}

func (r *rowReader) text() string {
	n := r.uvarint()
	s := r.row[:n]
	r.row = r.row[n:]
	return s
}

func (r *rowReader) parts() (sec, nano int64, ok bool) {
	if r.byte() == 0 {
		return 0, 0, false
	}
	u := r.uvarint()
	sec = int64(u >> 1)
	if u&1 != 0 {
		sec = ^sec
	}
	return sec, int64(r.uvarint()), true
}

func (r *rowReader) time() time.Time {
	sec, nano, ok := r.parts()
	if !ok {
		return time.Time{}
	}
	return time.Unix(sec, nano).UTC()
}

func (r *rowReader) nanos() (int64, bool) {
	sec, nano, ok := r.parts()
	return sec*1e9 + nano, ok
}
