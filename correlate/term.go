package correlate

import (
	"context"
	"encoding/binary"
	"strings"
	"unicode/utf8"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/rule"
)

// term computes one side of a condition. It is immutable.
type term struct {
	attribute  string
	expression *rule.Program
	unit       *transform.Unit // of the transform; nil: none
	steps      []step
	signature  string // what it computes; equal signs compute the same
}

// placeholders is a set of folded, trimmed values; nil is empty.
type placeholders struct {
	texts map[string]bool
	// lengths has a bit for each length of those that start with a byte, so that
	// most values are told from all of them without a look at the set.
	lengths [utf8.RuneSelf]uint64
	long    bool // some do not fit into lengths
}

func newPlaceholders(list []string) *placeholders {
	if len(list) == 0 {
		return nil
	}
	p := &placeholders{texts: make(map[string]bool, len(list))}
	for _, text := range list {
		text = identity.Fold(trim(text))
		p.texts[text] = true
		if text == "" || len(text) >= 64 || !ascii(text) {
			p.long = true
		} else {
			p.lengths[text[0]] |= 1 << len(text)
		}
	}

	return p
}

func (p *placeholders) has(s string) bool {
	if p == nil {
		return false
	}
	s = trim(s)
	if !p.long && len(s) > 0 && ascii(s) && (len(s) >= 64 || p.lengths[asciiLower(s[0])]>>len(s)&1 == 0) {
		return false
	}
	return p.texts[identity.Fold(s)]
}

// evaluator is the memory of one goroutine that computes keys.
type evaluator struct {
	scratch scratch
	comparer
	scopes  map[*transform.Unit]*transform.Scope
	env     *transform.Env
	objects [2]rule.Object
	account accountObject
	person  identityObject
	column  columnCache
	keys    [][]byte // of the account, by number
	key     []byte
	ids     []int32
	match   progress
	ranks   ranks
	before  int32  // see [Search]
	marks   *Marks // see [Search]
}

// columnCache remembers where attributes stand in the schema last seen.
type columnCache struct {
	schema *identity.Schema
	slots  []namedSlot
}

type namedSlot struct {
	name string
	slot int // -1: the schema does not have it
}

func (c *columnCache) slot(schema *identity.Schema, name string) int {
	if schema != c.schema {
		c.schema, c.slots = schema, c.slots[:0]
	}
	for i := range c.slots {
		if c.slots[i].name == name {
			return c.slots[i].slot
		}
	}

	slot, ok := schema.Slot(name)
	if !ok {
		slot = -1
	}
	c.slots = append(c.slots, namedSlot{name, slot})
	return slot
}

// read returns an attribute of an account.
func (e *evaluator) read(a *identity.Account, attribute string) identity.Value {
	if slot := e.column.slot(a.Attributes.Schema(), attribute); slot >= 0 {
		if v := a.Attributes.At(slot); !v.IsNull() {
			return v
		}
	}

	return a.Field(attribute)
}

type accountObject struct{ a *identity.Account }

func (o *accountObject) Attribute(name string) identity.Value {
	switch name {
	case "source":
		return identity.StringValue(o.a.Source)
	}

	return o.a.Property(name)
}

type identityObject struct {
	n     int32
	value func(n int32, attribute string) identity.Value
}

func (o *identityObject) Attribute(name string) identity.Value {
	if o.value == nil {
		return identity.Value{}
	}
	return o.value(o.n, canonical(name))
}

// text gives the comparable text of a value, false when it has none: null,
// blank, a placeholder, or nothing left after normalising.
func (t *term) text(e *evaluator, v identity.Value, ph *placeholders) (string, outcome, error) {
	if v.IsNull() {
		return "", nothing, nil
	}
	s := v.Text()
	if blank(s) {
		return "", nothing, nil
	}

	// Placeholders are looked for before and after normalising: a transform must not see "N/A", and a
	// step may leave one, as before:@ does of "n/a@x".
	if ph.has(s) {
		return "", placeholder, nil
	}
	if t.unit != nil {
		out, err := e.transform(t.unit, v)
		if err != nil {
			return "", failed, err
		}
		if s = out.Text(); blank(s) {
			return "", nothing, nil
		}
	}

	for i := range t.steps {
		s = t.steps[i].run(&e.scratch, s)
	}
	if blank(s) {
		return "", nothing, nil
	}
	if len(t.steps) > 1 && ph.has(s) {
		return "", placeholder, nil
	}
	return s, compared, nil
}

func (e *evaluator) transform(u *transform.Unit, v identity.Value) (identity.Value, error) {
	s := e.scopes[u]
	if s == nil {
		env := e.env
		if env == nil {
			env = &transform.Env{}
		}
		s = u.NewScope(context.Background(), env)
		if e.scopes == nil {
			e.scopes = map[*transform.Unit]*transform.Scope{}
		}
		e.scopes[u] = s
	}

	s.Reset(nil, nil)
	return u.Programs()[0].Eval(s, v)
}

// outcome says what became of a value.
type outcome uint8

const (
	compared outcome = iota
	nothing
	placeholder
	failed
)

// ofAccount returns the value of an account before normalising.
func (t *term) ofAccount(e *evaluator, a *identity.Account) (identity.Value, error) {
	switch {
	case t.expression != nil:
		e.account.a = a
		e.objects[0] = &e.account
		return t.expression.Value(e.objects[:1])
	case t.attribute == accountName:
		return identity.StringValue(a.DisplayName()), nil
	case t.attribute == accountID:
		return identity.StringValue(a.NativeIdentity), nil
	}

	return e.read(a, t.attribute), nil
}

// ofIdentity returns the value of an identity before normalising. Lists count
// as their text, as the search of the platform sees them.
func (t *term) ofIdentity(e *evaluator, read func(attribute string) identity.Value) (identity.Value, error) {
	if t.expression != nil {
		e.objects[0] = readObject(read)
		return t.expression.Value(e.objects[:1])
	}

	return read(t.attribute), nil
}

type readObject func(attribute string) identity.Value

func (o readObject) Attribute(name string) identity.Value { return o(canonical(name)) }

// Names of the account side that no attribute can have.
const (
	accountName = "\x00name"
	accountID   = "\x00id"
)

// spec says what an index or a join has as its key: the identity side of all
// conditions of a rule.
type spec struct {
	terms        []term
	placeholders *placeholders
	attributes   []string // identity attributes that it reads
	signature    string
}

// newSpec returns the key of some terms. A single term's key is its text.
func newSpec(terms []term, ph []string) spec {
	s := spec{terms: terms}
	var signs []string
	for i := range terms {
		signs = append(signs, terms[i].signature)
		names := []string{terms[i].attribute}

		// An expression may read several attributes, and a change of each changes the key.
		if terms[i].expression != nil {
			names = nil
			for _, r := range terms[i].expression.Reads() {
				names = append(names, canonical(r.Name))
			}
		}

		for _, name := range names {
			s.attributes = appendNew(s.attributes, name)
		}
	}

	// Placeholders decide which values have no key, so they are part of what the column is.
	if len(ph) > 0 {
		s.placeholders = newPlaceholders(ph)
		signs = append(signs, "-"+strings.Join(ph, "\x00"))
	}

	s.signature = strings.Join(signs, "\x01")
	return s
}

func appendNew(list []string, name string) []string {
	for _, have := range list {
		if have == name {
			return list
		}
	}

	return append(list, name)
}

// appendPart appends the text of one of n conditions to a key.
func appendPart(key []byte, s string, n int) []byte {
	if n > 1 {
		key = binary.AppendUvarint(key, uint64(len(s)))
	}
	return append(key, s...)
}

// appendKey appends the key of an identity, and reports whether it has one.
func (s *spec) appendKey(e *evaluator, key []byte, read func(attribute string) identity.Value) ([]byte, bool) {
	for i := range s.terms {
		v, err := s.terms[i].ofIdentity(e, read)
		if err != nil {
			return key, false
		}
		t, out, _ := s.terms[i].text(e, v, s.placeholders)
		if out != compared {
			return key, false
		}
		key = appendPart(key, t, len(s.terms))
	}

	return key, len(s.terms) > 0
}
