package feed

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// flat reads objects without a tree of their nodes, as nearly all lines of account files are
// written: members that are texts without escapes, numbers, flags, nulls and lists of these.
// It knows nothing of errors: what it does not read is for jsondoc to read and to judge.
type flat struct {
	keys   []string // of the last object, which it holds
	next   []string // of this one, views of the text
	values []identity.Value
	items  []identity.Value // of all lists

	// What Pack knows of the keys, while neither they nor the schema change.
	schema     *identity.Schema
	attributes []flatAttribute
}

// flatAttribute is where a member goes.
type flatAttribute struct {
	Attribute
	slot int // -1: nowhere
}

// read reads an object, and reports whether it could. Texts are views.
func (f *flat) read(text []byte) bool {
	f.next, f.values, f.items = f.next[:0], f.values[:0], f.items[:0]
	s := flatScanner{text: text}
	if !s.is('{') {
		return false
	}
	for first := true; !s.is('}'); first = false {
		if !first && !s.is(',') {
			return false
		}
		s.blanks()
		key, ok := s.str()
		if !ok || !s.is(':') {
			return false
		}
		v, ok := f.value(&s)
		if !ok {
			return false
		}

		// Keys go to a list of their own: those of the object before are what they are compared with.
		f.next, f.values = append(f.next, key), append(f.values, v)
	}

	// Only a text with a byte beyond ASCII has to be looked through again.
	if s.blanks(); s.at < len(text) || s.high && !utf8.Valid(text) {
		return false
	}
	return f.known()
}

// known notes the keys. Whether one occurs twice has to be looked at only when they are not
// those of the object before.
func (f *flat) known() bool {
	if slices.Equal(f.next, f.keys) {
		return true
	}
	seen := make(map[string]bool, len(f.next))
	for _, key := range f.next {
		if seen[key] {
			return false
		}
		seen[key] = true
	}

	f.keys, f.schema = f.keys[:0], nil
	for _, key := range f.next {
		f.keys = append(f.keys, strings.Clone(key))
	}
	return true
}

// value reads the value of a member: no object, and lists without lists.
func (f *flat) value(s *flatScanner) (identity.Value, bool) {
	s.blanks()
	if s.at >= len(s.text) || s.text[s.at] != '[' {
		return s.scalar()
	}

	s.at++
	from := len(f.items)
	for first := true; !s.is(']'); first = false {
		if !first && !s.is(',') {
			return identity.Value{}, false
		}
		s.blanks()
		v, ok := s.scalar()
		if !ok {
			return identity.Value{}, false
		}
		f.items = append(f.items, v)
	}

	return identity.ListValue(f.items[from:len(f.items):len(f.items)]...), true
}

// get returns the value of a member, null when there is none.
func (f *flat) get(key string) identity.Value {
	if i := slices.Index(f.keys, key); i >= 0 {
		return f.values[i]
	}
	return identity.Value{}
}

// scalar returns the text of a text or a number, else "".
func (f *flat) scalar(key string) string {
	if v := f.get(key); v.Kind() == identity.Text || v.Kind() == identity.Integer {
		return strings.Clone(v.Text())
	}
	return ""
}

// flatScanner goes through the text of an object.
type flatScanner struct {
	text []byte
	at   int
	high bool // there are bytes beyond ASCII
}

func (s *flatScanner) blanks() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

// is consumes a sign, after blanks.
func (s *flatScanner) is(sign byte) bool {
	s.blanks()
	if s.at >= len(s.text) || s.text[s.at] != sign {
		return false
	}
	s.at++
	return true
}

// str reads a text without escapes.
func (s *flatScanner) str() (string, bool) {
	if s.at >= len(s.text) || s.text[s.at] != '"' {
		return "", false
	}
	from := s.at + 1
	for i, c := range s.text[from:] {
		switch {
		case c == '"':
			s.at = from + i + 1
			return view(s.text[from : from+i]), true
		case c == '\\' || c < ' ':
			return "", false
		case c >= utf8.RuneSelf:
			s.high = true
		}
	}

	return "", false
}

// scalar reads a text, a number, true, false or null.
func (s *flatScanner) scalar() (v identity.Value, ok bool) {
	if s.at >= len(s.text) {
		return v, false
	}
	switch c := s.text[s.at]; {
	case c == '"':
		text, ok := s.str()
		return identity.StringValue(text), ok
	case c == '-' || c >= '0' && c <= '9':
		return s.number()
	case s.word("null"):
		return v, true
	case s.word("true"):
		return identity.BoolValue(true), true
	case s.word("false"):
		return identity.BoolValue(false), true
	}

	return v, false
}

func (s *flatScanner) word(word string) bool {
	if !bytes.HasPrefix(s.text[s.at:], []byte(word)) {
		return false
	}
	s.at += len(word)
	return true
}

// number reads a whole number of at most 18 digits, which most are.
func (s *flatScanner) number() (v identity.Value, ok bool) {
	from, negative, n := s.at, false, int64(0)
	if s.text[from] == '-' {
		negative = true
		from++
	}
	at := from
	for at < len(s.text) && s.text[at] >= '0' && s.text[at] <= '9' {
		if at-from >= 18 {
			return v, false
		}
		n = 10*n + int64(s.text[at]-'0')
		at++
	}

	if at == from || s.text[from] == '0' && at > from+1 || at < len(s.text) &&
		bytes.IndexByte([]byte(".eE"), s.text[at]) >= 0 {
		return v, false
	}
	if negative {
		n = -n
	}
	s.at = at
	return identity.IntValue(n), true
}

// flat reads an object whose members are the attributes, if it is written plainly and nothing
// is wrong with it. read is false when it has to be read otherwise; an account that is
// recognised comes without id.
func (o *objects) flat(text []byte, pos diag.Pos) (a identity.Account, read bool) {
	f := &o.plainly
	if !f.read(text) || slices.Contains(f.keys, "sourceName") {
		return a, false
	}
	key := o.idKey(func(key string) bool { return slices.Contains(f.keys, key) })
	if a.NativeIdentity = f.scalar(key); a.NativeIdentity == "" {
		return a, false
	}

	// Which members the objects of the file have is told at its end, so the first of each kind is
	// read.
	a.Fingerprint = o.fingerprint(text)
	if f.schema != nil && f.schema == o.schema && o.recognized(a.NativeIdentity, a.Fingerprint, pos) {
		o.created = o.created || !f.get(reserved[0]).IsNull()
		return identity.Account{}, true
	}

	// A field that is not written as it should be is reported with its place.
	for _, name := range reserved {
		if v := f.get(name); !v.IsNull() && !setField(&a, name, v.Text()) {
			return a, false
		}
	}
	if !o.packFlat(&a, f) {
		return a, false
	}

	o.created = o.created || !f.get(reserved[0]).IsNull()
	if o.DisplayName != "" {
		a.Name = f.scalar(o.DisplayName)
	}
	for _, name := range o.stableNames() {
		if a.UUID = f.scalar(name); a.UUID != "" {
			break
		}
	}
	o.Finish(&a, pos)
	return a, true
}

// fingerprint returns that of an object, 0 when nobody asks for it.
func (o *objects) fingerprint(text []byte) uint64 {
	if o.known == nil {
		return 0
	}
	return o.fingerprints.of(text, func(w io.Writer) {
		io.WriteString(w, "object")
		o.settingsOfAccounts(w)
	})
}

// packFlat is [Reading.Pack] for objects that have the keys of the one before.
func (r *Reading) packFlat(a *identity.Account, f *flat) bool {
	r.prepare()
	if f.schema == nil || f.schema != r.schema {
		if !r.learnFlat(f) {
			return false
		}
	}

	r.row = append(r.row[:0], make([]identity.Value, r.schema.Len())...)
	for i, v := range f.values {
		if at := &f.attributes[i]; at.slot >= 0 {
			r.row[at.slot] = r.attributeValue(a, at.Attribute, v)
		}
	}
	r.packRow(a)
	return true
}

// learnFlat finds out where the members of an object go.
func (r *Reading) learnFlat(f *flat) bool {
	if !r.learn(func(yield func(string, identity.Value) bool) {
		for _, key := range f.keys {
			if !yield(key, identity.Value{}) {
				return
			}
		}
	}) {
		return false
	}

	f.schema, f.attributes = r.schema, f.attributes[:0]
	for _, key := range f.keys {
		f.attributes = append(f.attributes, flatAttribute{Attribute: r.attributes[key], slot: r.place(key)})
	}

	return true
}
