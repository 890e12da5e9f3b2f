package table

import (
	"encoding/binary"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/idprofile/engine/identity"
)

// Accounts keeps accounts packed. Account n is read as a view of its row.
type Accounts struct {
	Rows    Rows
	writer  *Writer
	refs    []Ref
	Sources []uint16 // by account: index of names
	Names   []string
	schemas []*identity.Schema
	schema  []uint32 // by account: index of schemas
	prints  []uint64 // by account: [identity.Account.Fingerprint]
	order   []uint64 // by account: see [Accounts.Prefix]
	known   map[*identity.Schema]uint32
	byNames map[string]uint32
	scratch []byte
	late    late
	Manual  bool // some account that was ever there is marked as correlated by hand

	lastSchema *identity.Schema // and its index
	lastIndex  uint32
}

func NewAccounts() *Accounts {
	t := &Accounts{known: map[*identity.Schema]uint32{}, byNames: map[string]uint32{}}
	t.writer = t.Rows.NewWriter()
	return t
}

func (t *Accounts) SourceNumber(name string) uint16 {
	for i, known := range t.Names {
		if known == name {
			return uint16(i)
		}
	}

	t.Names = append(t.Names, name)
	return uint16(len(t.Names) - 1)
}

// schemaIndex returns the number of a schema; schemas with the same names in the
// same order have one number, so that equal rows are equal accounts.
func (t *Accounts) schemaIndex(s *identity.Schema) uint32 {
	// Accounts of a file come one after the other with one schema.
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

		// A source that makes a schema for each account would fill the memory.
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
func (t *Accounts) pack(a *identity.Account) []byte {
	// Most accounts have none of these, and then they take no room at all.
	more := a.ID != "" || a.UUID != "" || a.IdentityID != "" || !a.Modified.IsZero() || len(a.Entitlements) > 0
	flags := byte(0)
	for i, on := range [...]bool{a.Disabled, a.Locked, a.ManuallyCorrelated, more} {
		if on {
			flags |= 1 << i
		}
	}

	// Whether anybody was linked by hand decides which way correlation goes.
	t.Manual = t.Manual || a.ManuallyCorrelated
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

// Over returns an empty table that reads the rows of t, of which [Accounts.Take] takes
// accounts in without a copy. What is added to it later is not in t.
func (t *Accounts) Over() *Accounts {
	o := NewAccounts()
	o.Rows.Chunks = slices.Clone(t.Rows.Chunks)
	o.Manual = t.Manual
	o.Names, o.schemas, o.byNames = slices.Clone(t.Names), slices.Clone(t.schemas), maps.Clone(t.byNames)
	return o
}

// Take appends account n of the table that t was made over and returns its number.
func (t *Accounts) Take(from *Accounts, n int32) int32 {
	t.refs = append(t.refs, from.refs[n])
	t.Sources = append(t.Sources, from.Sources[n])
	t.schema = append(t.schema, from.schema[n])
	t.prints, t.order = append(t.prints, from.prints[n]), append(t.order, from.order[n])
	return int32(len(t.refs) - 1)
}

// Add appends an account and returns its number.
func (t *Accounts) Add(a *identity.Account) int32 {
	t.refs = append(t.refs, t.writer.Add(t.pack(a)))
	t.Sources = append(t.Sources, t.SourceNumber(a.Source))
	t.schema = append(t.schema, t.schemaIndex(a.Attributes.Schema()))
	t.prints, t.order = append(t.prints, a.Fingerprint), append(t.order, Prefix(a.NativeIdentity))
	return int32(len(t.refs) - 1)
}

// Replace puts another account in the place of n and reports whether it is fresh,
// so that mappings can see a difference, and dirty, so that it has to be written.
func (t *Accounts) Replace(n int32, a *identity.Account) (dirty, fresh bool) {
	if t.late.read != nil {
		t.need(n)()
	}
	row := t.pack(a)
	schema := t.schemaIndex(a.Attributes.Schema())

	// The same bytes are the same account; only where they differ is it read again.
	if schema == t.schema[n] && string(row) == t.Rows.Get(t.refs[n]) {
		t.recognize(n, a.Fingerprint)
		return false, false
	}
	old := t.At(n)
	t.refs[n], t.schema[n] = t.writer.Add(row), schema
	now := t.At(n)
	dirty = !SameAccount(&old, &now)
	if fresh = dirty || !SameDetails(&old, &now); fresh {
		t.prints[n] = a.Fingerprint
	} else {
		t.recognize(n, a.Fingerprint)
	}
	return dirty, fresh
}

// recognize notes another text of account n; without one, the text that it had still gives
// the same account.
func (t *Accounts) recognize(n int32, fingerprint uint64) {
	if fingerprint != 0 {
		t.prints[n] = fingerprint
	}
}

// Fingerprint returns that of the text which account n was read from, 0 when it is not known.
func (t *Accounts) Fingerprint(n int32) uint64 { return t.prints[n] }

// Forget drops the fingerprint of account n, so that it is read the next time.
func (t *Accounts) Forget(n int32) { t.prints[n] = 0 }

// DropRows lets go of the rows: of the accounts no more than sources and fingerprints can be read
// then, and none can be added.
func (t *Accounts) DropRows() { t.Rows.Chunks, t.writer = nil, nil }

// UUID returns the stable id of account n.
func (t *Accounts) UUID(n int32) string {
	if t.late.read != nil {
		defer t.need(n)()
	}
	r := rowReader{row: t.Rows.Get(t.refs[n])}
	if r.byte()&flagMore == 0 {
		return ""
	}
	r.parts()
	r.text()
	r.text()
	r.parts()
	r.text()
	return r.text()
}

// SameAccount compares the data of two accounts, whatever their schemas are.
func SameAccount(a, b *identity.Account) bool {
	if a.Name != b.Name || a.Disabled != b.Disabled || a.Locked != b.Locked || !a.Created.Equal(b.Created) ||
		a.ManuallyCorrelated != b.ManuallyCorrelated || a.IdentityID != b.IdentityID ||
		!slices.Equal(a.Entitlements, b.Entitlements) {
		return false
	}

	// Schemas may differ in their order, so attributes are compared by name and then counted.
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

// At returns account n; its texts are views of the table.
func (t *Accounts) At(n int32) (a identity.Account) {
	t.Read(n, &a)
	return a
}

// Read reads account n into an empty one.
func (t *Accounts) Read(n int32, a *identity.Account) {
	if t.late.read != nil {
		defer t.need(n)()
	}
	r := rowReader{row: t.Rows.Get(t.refs[n])}
	flags := r.byte()
	a.Source = t.Names[t.Sources[n]]
	a.Disabled, a.Locked, a.ManuallyCorrelated = flags&flagDisabled != 0, flags&flagLocked != 0, flags&flagManual != 0
	a.Created = r.time()
	a.NativeIdentity, a.Name = r.text(), r.text()
	if flags&flagMore != 0 {
		a.Modified, a.ID, a.UUID, a.IdentityID = r.time(), r.text(), r.text(), r.text()
		if count := r.uvarint(); count > 0 {
			a.Entitlements = make([]string, 0, count)
			for range count {
				a.Entitlements = append(a.Entitlements, r.text())
			}
		}
	}

	// What is left of the bytes are the attributes.
	a.Attributes = identity.FromRow(t.schemas[t.schema[n]], r.row)
	a.Fingerprint = t.prints[n]
}

// Touch looks at the row of account n, so that the processor has it at hand when it is read:
// rows that are touched together are waited for together. The result means nothing.
func (t *Accounts) Touch(n int32) byte {
	if t.late.read != nil {
		return 0 // it may have none
	}
	return t.Rows.Touch(t.refs[n])
}

// Native returns the native identity of account n.
func (t *Accounts) Native(n int32) string {
	if t.late.read != nil {
		defer t.need(n)()
	}
	r := rowReader{row: t.Rows.Get(t.refs[n])[1:]}
	r.parts()
	return r.text()
}

// Prefix returns the first eight bytes of the native identity of account n as a number that is
// in the order of the texts, without a look at its row where that is known.
func (t *Accounts) Prefix(n int32) uint64 {
	if t.late.read != nil {
		defer t.need(n)()
	}
	return t.order[n]
}

// Prefix returns the first eight bytes of a text as a number that is in the order of the texts;
// a shorter text is filled up with zero bytes.
func Prefix(s string) (n uint64) {
	for i := range 8 {
		n <<= 8
		if i < len(s) {
			n |= uint64(s[i])
		}
	}

	return n
}

// Created returns the creation time of account n in nanoseconds; ok is false
// when it is not known.
func (t *Accounts) Created(n int32) (ns int64, ok bool) {
	if t.late.read != nil {
		defer t.need(n)()
	}
	r := rowReader{row: t.Rows.Get(t.refs[n])[1:]}
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

// SameDetails compares what sameAccount leaves out: what mappings can read,
// although its change alone is no reason to write an account.
func SameDetails(a, b *identity.Account) bool {
	return a.Modified.Equal(b.Modified) && a.ID == b.ID && a.UUID == b.UUID
}
