package correlate

import (
	"slices"

	"github.com/idprofile/engine/correlate/internal/join"
	"github.com/idprofile/engine/identity"
)

// Names of the identity side that are not ordinary attributes.
const (
	Alias = "alias" // the identity's internal name; criteria also call it "name"
	UID   = "uid"
)

// Index finds identities by the value of an attribute, or by the keys of rules.
// It is not safe for concurrent changes; look-ups alone may run concurrently.
// Changing an index one value at a time gives the same answers as filling a new
// one.
type Index struct {
	keys        []string // attributes
	specs       []spec
	columns     []column // by spec
	bySignature map[string]int
	byKey       [][]int // by attribute: the specs that read it
	simple      []int   // by attribute: its spec without case
	raw         [][]identity.Value
	eval        evaluator
	altered     map[string]*altered // keys with one more normaliser, see [Evidence.Effects]
	epoch       uint64              // of [Index.Hold]; 0: nothing holds
	epochs      uint64              // how many there were
	given       *Given              // identities that were looked up elsewhere; nil: those of the columns
	watches     []*Watch
	late        *late // nil: everybody was put

	// UIDOrder orders claimants of one uid: the best one holds it, the others are
	// not found by it (DECISION 17).
	UIDOrder func(a, b int32) bool
	// RankLast reports identities that count only when no other one matches: those
	// that are uncorrelated and not protected (DECISION 31). Nil: none.
	RankLast func(n int32) bool
	// Order is the order in which an ambiguity lists identities; nil: by number.
	Order func(a, b int32) int
}

// NewIndex returns an index on the given attributes, [Alias] and [UID]. It
// serves correlators of plain criteria on them; for others call [Index.Cover].
func NewIndex(attributes ...string) *Index {
	x := &Index{bySignature: map[string]int{}}
	x.attribute(Alias)
	x.attribute(UID)
	for _, a := range attributes {
		x.attribute(canonical(a))
	}
	return x
}

// Cover adds what the rules of the correlators look up. Call it before the first
// Put.
func (x *Index) Cover(correlators ...*Correlator) {
	for _, c := range correlators {
		if x.eval.env == nil {
			x.eval.env = c.options.Env
		}
		for i := range c.specs {
			x.cover(&c.specs[i])
		}
		for _, name := range c.reads {
			if key := x.attribute(name); x.raw[key] == nil {
				x.raw[key] = []identity.Value{}
			}
		}
	}
}

// Value returns an attribute of identity n as [Index.Put] had it last. It knows
// the attributes that predicates of covered correlators name; others are null.
func (x *Index) Value(n int32, attribute string) identity.Value {
	return x.kept(canonical(attribute), n)
}

// attribute adds an attribute with its key without case and returns its number.
func (x *Index) attribute(name string) int {
	if i := slices.Index(x.keys, name); i >= 0 {
		return i
	}
	i := len(x.keys)
	x.keys = append(x.keys, name)
	x.byKey = append(x.byKey, nil)
	x.raw = append(x.raw, nil)
	x.simple = append(x.simple, -1)
	b := builder{}
	s := newSpec([]term{b.simple(name, foldNames...)}, nil)
	x.simple[i] = x.cover(&s)
	return i
}

// cover adds a column and returns its number.
func (x *Index) cover(s *spec) int {
	if i, ok := x.bySignature[s.signature]; ok {
		return i
	}
	i := len(x.specs)
	x.bySignature[s.signature] = i
	x.specs = append(x.specs, *s)
	x.columns = append(x.columns, column{})
	for _, name := range s.attributes {
		key := x.attribute(name)
		x.byKey[key] = append(x.byKey[key], i)
		if len(s.attributes) > 1 && x.raw[key] == nil {
			x.raw[key] = []identity.Value{}
		}
	}

	return i
}

// canonical maps the other name of the alias.
func canonical(attribute string) string {
	if attribute == "name" {
		return Alias
	}
	return attribute
}

// Keys returns the attributes that are indexed.
func (x *Index) Keys() []string { return x.keys }

// Put indexes identity n by a value of an attribute, given by its number in
// [Index.Keys]; the value replaces the one before. Null and blank values are not
// indexed. Nothing of the value is kept.
func (x *Index) Put(n int32, key int, v identity.Value) {
	x.altered, x.epoch = nil, 0
	if x.late != nil {
		x.late.know(n) // its other keys are those that it had
	}

	// Keys of several attributes need the other values again when one changes, so these are kept; for
	// single ones the text in the column is enough.
	if x.raw[key] != nil {
		for int(n) >= len(x.raw[key]) {
			x.raw[key] = append(x.raw[key], identity.Value{})
		}
		x.raw[key][n] = v.Clone()
	}

	// A value that cannot be compared is put as well, as no key: it may replace one that could.
	for _, i := range x.byKey[key] {
		s := &x.specs[i]
		if s.plain() { // nearly all
			x.put(n, i, s.keyOf(&x.eval, v))
			continue
		}

		x.putAll(n, key, i, v)
	}
}

// plain reports whether a key is made of one attribute, without an expression.
func (s *spec) plain() bool { return len(s.terms) == 1 && s.terms[0].expression == nil }

// keyOf returns the key that a plain spec makes of a value, valid until the next one; nil
// when the value cannot be compared.
func (s *spec) keyOf(e *evaluator, v identity.Value) []byte {
	text, out, _ := s.terms[0].text(e, v, s.placeholders)
	if out != compared {
		return nil
	}
	return view(text)
}

// putAll indexes an identity by several attributes or an expression.
func (x *Index) putAll(n int32, key, column int, v identity.Value) {
	s := &x.specs[column]
	read := func(attribute string) identity.Value {
		if attribute == x.keys[key] {
			return v
		}
		return x.kept(attribute, n)
	}

	k, ok := s.appendKey(&x.eval, x.eval.key[:0], read)
	x.eval.key = k[:0]
	if !ok {
		k = nil
	}
	x.put(n, column, k)
}

// put gives an identity a key.
func (x *Index) put(n int32, column int, key []byte) {
	key = join.Short(key)
	x.putHashed(n, column, key, join.Hash(key))
}

func (x *Index) putHashed(n int32, column int, key []byte, hash uint64) {
	if x.columns[column].putHashed(n, key, hash) {
		for _, w := range x.watches {
			w.note(markOf(column, hash))
		}
	}
}

// Hold promises that RankLast and Order answer the same until the next Hold or Put,
// so that what thousands of accounts ask alike is worked out once. An index starts
// without that promise.
func (x *Index) Hold() {
	x.epochs++
	x.epoch = x.epochs
}

// Grow makes room for n identities, so that it need not be made bit by bit.
func (x *Index) Grow(n int) {
	for i := range x.columns {
		x.columns[i].reserve(n)
	}
}

// kept returns a value that Put was given before.
func (x *Index) kept(attribute string, n int32) identity.Value {
	if x.given != nil {
		return x.given.Value(n, attribute)
	}
	key := slices.Index(x.keys, attribute)
	if key < 0 || int(n) >= len(x.raw[key]) {
		return identity.Value{}
	}
	return x.raw[key][n]
}

// Find returns the identities whose attribute has the value without case,
// ascending. The result must not be changed.
func (x *Index) Find(attribute, value string) []int32 { return x.find(attribute, value, 0) }

func (x *Index) find(attribute, value string, before int32) []int32 {
	if blank(value) {
		return nil
	}
	key := slices.Index(x.keys, canonical(attribute))
	if key < 0 {
		return nil
	}
	found := x.best(x.simple[key], x.all(x.simple[key], []byte(identity.Fold(value)), before))
	if len(found) == 0 && x.keys[key] == Alias {
		return x.find(UID, value, before)
	}
	return found
}

// look returns what a column has; of the claimants of a uid only the best.
func (x *Index) look(column int, key []byte) []int32 { return x.best(column, x.all(column, key, 0)) }

// all returns what a column has of identities before one, 0: of all.
func (x *Index) all(column int, key []byte, before int32) []int32 {
	if x.given != nil {
		return x.lookGiven(column, key)
	}
	if x.late != nil {
		x.late.meet(column, key)
	}
	return until(x.columns[column].find(key), before)
}

// best leaves of the claimants of a uid only the best.
func (x *Index) best(column int, found []int32) []int32 {
	if len(found) > 1 && x.UIDOrder != nil && x.specs[column].isUID() {
		best := 0
		for i := range found {
			if x.UIDOrder(found[i], found[best]) {
				best = i
			}
		}

		return found[best : best+1 : best+1]
	}

	return found
}

func (s *spec) isUID() bool {
	return len(s.terms) == 1 && s.terms[0].attribute == UID && s.terms[0].expression == nil
}
