package store

import (
	"encoding/binary"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/codec"
)

// lists numbers the lists of texts that many records share: the names of
// attributes, and the fingerprints of mappings. Numbers begin at 1; 0 is no list.
type lists struct {
	byKey   map[string]int
	schemas []*identity.Schema
	recent  map[*identity.Schema]int // while one batch is encoded
	shared  *texts                   // of a file

	columns               [][]column // by number of the list
	sources, entitlements column
	values                []identity.Value // memory for encoding
	part, whole           []byte

	// notes has the schemas of notes that were stored in the form of before, by those of their
	// parts, see runState. Readers of a database share it.
	notes *sync.Map
}

func newLists() *lists {
	return &lists{byKey: map[string]int{}, recent: map[*identity.Schema]int{}, shared: &texts{}, notes: new(sync.Map)}
}

// fixed returns lists to read with what has been written so far, while others are added.
func (l *lists) fixed() *lists {
	return &lists{schemas: slices.Clip(l.schemas), shared: &texts{list: slices.Clip(l.shared.list)}, notes: l.notes}
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
		b = codec.AppendText(b, name)
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
	l.columns = l.columns[:min(n, len(l.columns))]
	l.schemas = slices.Clip(l.schemas[:n]) // readers may still look at the rest
	clear(l.recent)
}

// at returns a list; nil for number 0.
func (l *lists) at(n uint64) (*identity.Schema, error) {
	if n == 0 {
		return nil, nil
	}
	if n > uint64(len(l.schemas)) {
		return nil, codec.ErrMalformed
	}
	return l.schemas[n-1], nil
}

// AppendSchema writes the number of a list, which it adds when it is new.
func (l *lists) AppendSchema(b []byte, s *identity.Schema) []byte {
	return binary.AppendUvarint(b, uint64(l.of(s)))
}

// ReadSchema reads it.
func (l *lists) ReadSchema(r *codec.Reader) *identity.Schema {
	s, err := l.at(r.Uvarint())
	if err != nil {
		r.Fail()
	}
	return s
}

// appendIdentity writes an identity. Later versions may append fields: readers
// ignore what follows the fields they know.
func (l *lists) appendIdentity(b []byte, i *identity.Identity) []byte {
	b = codec.AppendText(codec.AppendText(codec.AppendText(b, i.ID), i.Alias), i.Profile)
	b = codec.AppendAttributes(b, l, i.Attributes)

	// The third flag tells earlier versions that no note follows that they can read.
	note := !i.Evaluated.IsZero() || i.RunState.Schema() != nil
	b = codec.AppendFlags(b, i.Lifecycle.ManuallyUpdated, i.Protected, true, false, note)
	b = codec.AppendText(codec.AppendText(codec.AppendText(b, i.ManagerID), i.Lifecycle.State), i.Lifecycle.Overridden)
	b = codec.AppendTime(codec.AppendTime(b, i.Created), i.Modified)
	b = codec.AppendTexts(b, i.ExceptionCodes)
	if note {
		b = codec.AppendAttributes(codec.AppendTime(b, i.Evaluated), l, i.RunState)
	}
	return b
}

// reader reads what a store has written, with its lists.
type reader struct {
	codec.Reader
	lists *lists
}

func (l *lists) reader(data string) *reader { return &reader{codec.NewReader(data, l), l} }

// identity reads an identity, without accounts.
func (r *reader) identity() *identity.Identity {
	i := new(identity.Identity)
	r.into(i)
	return i
}

// into reads an identity in the place of another one.
func (r *reader) into(i *identity.Identity) {
	*i = identity.Identity{ID: r.Text(), Alias: r.Text(), Profile: r.Text(), Attributes: r.Attributes()}
	flags := r.Byte()
	i.Lifecycle.ManuallyUpdated, i.Protected = flags&1 != 0, flags&2 != 0
	i.ManagerID, i.Lifecycle.State, i.Lifecycle.Overridden = r.Text(), r.Text(), r.Text()
	i.Created, i.Modified = r.Time(), r.Time()
	i.ExceptionCodes = r.Texts()
	switch {
	case flags&16 != 0:
		i.Evaluated, i.RunState = r.Time(), r.Attributes()
	case flags&4 == 0:
		i.Evaluated, i.RunState = r.runState(flags&8 != 0)
	}
}

// runState reads what a run had noted in the form of before, when this package knew the
// parts, as runs note it now: whether the attributes were stable, those with errors, and
// values by attribute, under the name of the mappings.
func (r *reader) runState(stable bool) (evaluated time.Time, note identity.Attributes) {
	mappings, evaluated, errors, given := r.lists.ReadSchema(&r.Reader), r.Time(), r.Texts(), r.Attributes()
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

// What follows reads the entries of files of the first two versions.

// minPart is fewer bytes than AppendSized writes for the smallest account.
const minPart = 8

// sized returns a reader of the next part.
func (r *reader) sized() *reader { return &reader{r.Part(), r.lists} }

// failWith notes that a part could not be read.
func (r *reader) failWith(p *reader) {
	if p.Err() != nil {
		r.Fail()
	}
}

// person reads an identity and its accounts.
func (r *reader) person(i *identity.Identity) {
	p := r.sized()
	p.into(i)
	r.failWith(p)
	n := r.Count()
	if n > r.Len()/minPart {
		r.Fail()
		n = 0
	}

	if n > 0 {
		i.Accounts = make([]identity.Account, n)
	}
	for k := range i.Accounts {
		p := r.sized()
		i.Accounts[k] = p.Account()
		r.failWith(p)
	}
}
