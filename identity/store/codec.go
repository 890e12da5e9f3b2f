package store

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/idprofile/engine/identity"
)

// errCodec says that stored bytes are not what this package writes.
var errCodec = errors.New("malformed data")

// lists numbers the lists of texts that many records share: the names of
// attributes, and the fingerprints of mappings. Numbers begin at 1; 0 is no list.
type lists struct {
	byKey   map[string]int
	schemas []*identity.Schema
	recent  map[*identity.Schema]int // while one batch is encoded

	// notes has the schemas of notes that were stored in the form of before, by those of their
	// parts, see runState. Readers of a database share it.
	notes *sync.Map
}

func newLists() *lists {
	return &lists{byKey: map[string]int{}, recent: map[*identity.Schema]int{}, notes: new(sync.Map)}
}

// clone returns lists that grow on their own.
func (l *lists) clone() *lists {
	c := newLists()
	c.byKey, c.schemas = maps.Clone(l.byKey), slices.Clip(l.schemas)
	return c
}

func listKey(names []string) string {
	var b []byte
	for _, name := range names {
		b = appendText(b, name)
	}
	return string(b)
}

// number returns the number of a list, which it adds when it is new.
func (l *lists) number(names []string) int {
	key := listKey(names)
	n, ok := l.byKey[key]
	if !ok {
		n = l.add(strings.Clone(key), identity.NewSchema(names...))
	}
	return n
}

func (l *lists) add(key string, s *identity.Schema) int {
	l.schemas = append(l.schemas, s)
	l.byKey[key] = len(l.schemas)
	return len(l.schemas)
}

func (l *lists) of(s *identity.Schema) int {
	if s == nil {
		return 0
	}
	n, ok := l.recent[s]
	if !ok {
		n = l.number(s.Names())
		l.recent[s] = n
	}

	return n
}

// forget drops the lists after the first n.
func (l *lists) forget(n int) {
	for _, s := range l.schemas[n:] {
		delete(l.byKey, listKey(s.Names()))
	}
	l.schemas = slices.Clip(l.schemas[:n]) // readers may still look at the rest
	clear(l.recent)
}

// at returns a list; nil for number 0.
func (l *lists) at(n uint64) (*identity.Schema, error) {
	if n == 0 {
		return nil, nil
	}
	if n > uint64(len(l.schemas)) {
		return nil, errCodec
	}
	return l.schemas[n-1], nil
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendTexts(b []byte, list []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, s := range list {
		b = appendText(b, s)
	}
	return b
}

func appendTime(b []byte, at time.Time) []byte {
	if at.IsZero() {
		return append(b, 0)
	}
	b = binary.AppendVarint(append(b, 1), at.Unix())
	return binary.AppendUvarint(b, uint64(at.Nanosecond()))
}

func appendFlags(b []byte, flags ...bool) []byte {
	var n byte
	for i, on := range flags {
		if on {
			n |= 1 << i
		}
	}

	return append(b, n)
}

func (l *lists) appendAttributes(b []byte, a identity.Attributes) []byte {
	b = binary.AppendUvarint(b, uint64(l.of(a.Schema())))
	return appendText(b, a.Row())
}

// appendIdentity writes an identity. Later versions may append fields: readers
// ignore what follows the fields they know.
func (l *lists) appendIdentity(b []byte, i *identity.Identity) []byte {
	b = appendText(appendText(appendText(b, i.ID), i.Alias), i.Profile)
	b = l.appendAttributes(b, i.Attributes)

	// The third flag tells earlier versions that no note follows that they can read.
	note := !i.Evaluated.IsZero() || i.RunState.Schema() != nil
	b = appendFlags(b, i.Lifecycle.ManuallyUpdated, i.Protected, true, false, note)
	b = appendText(appendText(appendText(b, i.ManagerID), i.Lifecycle.State), i.Lifecycle.Overridden)
	b = appendTime(appendTime(b, i.Created), i.Modified)
	b = appendTexts(b, i.ExceptionCodes)
	if note {
		b = l.appendAttributes(appendTime(b, i.Evaluated), i.RunState)
	}
	return b
}

// appendAccount writes an account; see appendIdentity about later versions.
func (l *lists) appendAccount(b []byte, a *identity.Account) []byte {
	b = appendText(appendText(appendText(b, a.Source), a.NativeIdentity), a.Name)
	more := a.ID != "" || a.UUID != "" || a.IdentityID != "" || len(a.Entitlements) > 0
	b = appendFlags(b, a.Disabled, a.Locked, a.ManuallyCorrelated, more)
	b = appendTime(appendTime(b, a.Created), a.Modified)
	if more {
		b = appendText(appendText(appendText(b, a.ID), a.UUID), a.IdentityID)
		b = appendTexts(b, a.Entitlements)
	}

	return l.appendAttributes(b, a.Attributes)
}

// reader reads what the append functions write. Texts are views of its data.
// After an error everything it gives is zero.
type reader struct {
	lists *lists
	data  string
	err   error
}

func (r *reader) fail() {
	r.data, r.err = "", errCodec
}

func (r *reader) uvarint() uint64 {
	var v uint64
	for i := 0; i < len(r.data) && i < binary.MaxVarintLen64; i++ {
		b := r.data[i]
		v |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			r.data = r.data[i+1:]
			return v
		}
	}

	r.fail()
	return 0
}

// count reads how many items follow, each of at least one byte.
func (r *reader) count() int {
	n := r.uvarint()
	if n > uint64(len(r.data)) {
		r.fail()
		return 0
	}

	return int(n)
}

func (r *reader) text() string {
	n := r.count()
	s := r.data[:n]
	r.data = r.data[n:]
	return s
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

func (r *reader) byte() byte {
	if r.data == "" {
		r.fail()
		return 0
	}

	b := r.data[0]
	r.data = r.data[1:]
	return b
}

func (r *reader) time() time.Time {
	if r.byte() == 0 {
		return time.Time{}
	}
	u := r.uvarint()
	sec := int64(u >> 1)
	if u&1 != 0 {
		sec = ^sec
	}
	return time.Unix(sec, int64(r.uvarint()%1e9)).UTC()
}

func (r *reader) list() *identity.Schema {
	s, err := r.lists.at(r.uvarint())
	if err != nil {
		r.fail()
	}
	return s
}

func (r *reader) attributes() identity.Attributes {
	s := r.list()
	row := r.text()
	if !identity.ValidRow(s.Len(), row) {
		r.fail()
		return identity.Attributes{}
	}

	return identity.FromRow(s, row)
}

// identity reads an identity, without accounts.
func (r *reader) identity() *identity.Identity {
	i := &identity.Identity{ID: r.text(), Alias: r.text(), Profile: r.text(), Attributes: r.attributes()}
	flags := r.byte()
	i.Lifecycle.ManuallyUpdated, i.Protected = flags&1 != 0, flags&2 != 0
	i.ManagerID, i.Lifecycle.State, i.Lifecycle.Overridden = r.text(), r.text(), r.text()
	i.Created, i.Modified = r.time(), r.time()
	i.ExceptionCodes = r.texts()
	switch {
	case flags&16 != 0:
		i.Evaluated, i.RunState = r.time(), r.attributes()
	case flags&4 == 0:
		i.Evaluated, i.RunState = r.runState(flags&8 != 0)
	}

	return i
}

// runState reads what a run had noted in the form of before, when this package knew the
// parts, as runs note it now: whether the attributes were stable, those with errors, and
// values by attribute, under the name of the mappings.
func (r *reader) runState(stable bool) (evaluated time.Time, note identity.Attributes) {
	mappings, evaluated, errors, given := r.list(), r.time(), r.texts(), r.attributes()
	if mappings.Len() != 1 {
		return evaluated, note
	}

	key := [2]*identity.Schema{mappings, given.Schema()}
	schema, ok := r.lists.notes.Load(key)
	if !ok {
		names := append([]string{mappings.Name(0), "errors"}, given.Schema().Names()...)
		schema, _ = r.lists.notes.LoadOrStore(key, identity.NewSchema(names...))
	}

	cells := []identity.Value{identity.BoolValue(stable), {}}
	if len(errors) > 0 {
		cells[1] = identity.StringsValue(errors...)
	}
	return evaluated, identity.Pack(schema.(*identity.Schema), given.AppendValues(cells))
}

func (r *reader) account() identity.Account {
	a := identity.Account{Source: r.text(), NativeIdentity: r.text(), Name: r.text()}
	flags := r.byte()
	a.Disabled, a.Locked, a.ManuallyCorrelated = flags&1 != 0, flags&2 != 0, flags&4 != 0
	a.Created, a.Modified = r.time(), r.time()
	if flags&8 != 0 {
		a.ID, a.UUID, a.IdentityID = r.text(), r.text(), r.text()
		a.Entitlements = r.texts()
	}

	a.Attributes = r.attributes()
	return a
}
