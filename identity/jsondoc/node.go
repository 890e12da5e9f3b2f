// Package jsondoc reads JSON into a tree that knows where everything stands,
// keeps the order of members, the spelling of numbers and every unknown field,
// reports duplicate keys, and can be edited and written back.
//
// Text is UTF-8; half of a surrogate pair that JSON spells as \ud83d alone is
// kept in its three-byte form and written back as it was.
package jsondoc

import (
	"sort"
	"strconv"
	"sync"
	"unicode/utf8"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// Kind is the kind of a JSON value.
type Kind uint8

// The kinds of JSON values.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

// String returns the kind as people call it: null, boolean, number, text, list, object.
func (k Kind) String() string {
	return [...]string{"null", "boolean", "number", "text", "list", "object"}[min(k, Object)]
}

// Node is one JSON value. A nil *Node stands for a value that is absent: all
// methods that only read accept it.
type Node struct {
	kind    Kind
	text    string // decoded string, or the spelling of a number or boolean
	members []Member
	items   []*Node
	src     *source
	offset  int
}

// Member is a key of an object with its value.
type Member struct {
	Key   string
	Value *Node
	at    int // offset of the key
	src   *source
}

// Pos returns the place of the key.
func (m Member) Pos() diag.Pos { return m.src.pos(m.at) }

// source is a text that was read. The strings of the tree are parts of it.
type source struct {
	file  string
	lines []int32 // offset of the first byte of each line
	text  string
	base  diag.Pos // where the text begins in the file

	marked sync.Once
	marks  []mark // in long lines, see [source.characters]
}

// mark is how many characters a text has before an offset.
type mark struct{ offset, count int32 }

// markEvery is the distance of marks in bytes.
const markEvery = 128

// characters counts the characters from the start of a line to an offset. In long
// lines it counts from the marks nearest to both, which are made when they are
// first needed: a file on one line would be counted from its start for each place.
func (s *source) characters(start, offset int) int {
	if offset-start < 4*markEvery {
		return utf8.RuneCountInString(s.text[start:offset])
	}
	s.marked.Do(s.mark)
	return s.before(offset) - s.before(start)
}

// before counts the characters before an offset.
func (s *source) before(offset int) int {
	m := s.marks[offset/markEvery]
	if int(m.offset) > offset { // a character reaches over the border
		m = s.marks[offset/markEvery-1]
	}
	return int(m.count) + utf8.RuneCountInString(s.text[m.offset:offset])
}

// mark counts the text once.
func (s *source) mark() {
	s.marks = make([]mark, 0, len(s.text)/markEvery+1)
	count := 0
	for at := range s.text {
		if at >= len(s.marks)*markEvery {
			s.marks = append(s.marks, mark{int32(at), int32(count)})
		}
		count++
	}

	if len(s.text) >= len(s.marks)*markEvery {
		s.marks = append(s.marks, mark{int32(len(s.text)), int32(count)})
	}
}

func (s *source) pos(offset int) diag.Pos {
	if s == nil {
		return diag.Pos{}
	}
	line := sort.Search(len(s.lines), func(i int) bool { return int(s.lines[i]) > offset }) - 1
	start := int(s.lines[line])
	column := s.characters(start, min(offset, len(s.text))) + 1
	if line == 0 && s.base.Line > 0 {
		column += s.base.Column - 1
	}
	return diag.Pos{File: s.file, Line: max(s.base.Line, 1) + line, Column: column, Offset: s.base.Offset + offset}
}

// Kind returns the kind; an absent node is [Null].
func (n *Node) Kind() Kind {
	if n == nil {
		return Null
	}
	return n.kind
}

// IsNull reports whether n is absent or null.
func (n *Node) IsNull() bool { return n.Kind() == Null }

// Pos returns where the value begins; nodes that were not read from a file have
// no place.
func (n *Node) Pos() diag.Pos {
	if n == nil {
		return diag.Pos{}
	}
	return n.src.pos(n.offset)
}

// Get returns the value of a member, or nil. When a key occurs twice, the last
// one counts.
func (n *Node) Get(key string) *Node {
	if i := n.find(key); i >= 0 {
		return n.members[i].Value
	}
	return nil
}

// find returns the index of the last member of that key, or -1.
func (n *Node) find(key string) int {
	if n == nil {
		return -1
	}
	for i := len(n.members) - 1; i >= 0; i-- {
		if n.members[i].Key == key {
			return i
		}
	}

	return -1
}

// At follows a chain of keys: n.At("object", "name").
func (n *Node) At(keys ...string) *Node {
	for _, key := range keys {
		n = n.Get(key)
	}
	return n
}

// Walk calls visit for n and for everything below it: parents first, members and
// items in order, of equal keys all. Below a value for which visit returns false
// it does not go. An absent node has nothing to visit.
func (n *Node) Walk(visit func(*Node) bool) {
	if n == nil || !visit(n) {
		return
	}
	for _, m := range n.members {
		m.Value.Walk(visit)
	}
	for _, item := range n.items {
		item.Walk(visit)
	}
}

// Any reports whether n or something below it matches.
func (n *Node) Any(match func(*Node) bool) bool {
	found := false
	n.Walk(func(m *Node) bool {
		found = found || match(m)
		return !found
	})
	return found
}

// Members returns the members in order. The caller must not change the slice.
func (n *Node) Members() []Member {
	if n == nil {
		return nil
	}
	return n.members
}

// Items returns the items of a list. The caller must not change the slice.
func (n *Node) Items() []*Node {
	if n == nil {
		return nil
	}
	return n.items
}

// Text returns the text of a string, the spelling of a number or boolean, and
// "" for everything else.
func (n *Node) Text() string {
	if n == nil {
		return ""
	}
	return n.text
}

// Str returns the text of a string and whether n is one.
func (n *Node) Str() (string, bool) { return n.Text(), n.Kind() == String }

// IsTrue reports whether n is true, as a boolean or, as exports have it, the
// text "true" in any case.
func (n *Node) IsTrue() bool {
	if n.Kind() != Bool && n.Kind() != String {
		return false
	}
	b, err := strconv.ParseBool(n.text)
	return err == nil && b && len(n.text) == 4
}

// Int returns a whole number and whether n is one; 2.0 and "2" count.
func (n *Node) Int() (int64, bool) {
	switch n.Kind() {
	case Number:
		return identity.NumberValue(n.text).Int()
	case String:
		i, err := strconv.ParseInt(n.text, 10, 64)
		return i, err == nil
	}

	return 0, false
}

// Value returns n as an attribute value. Objects become their JSON text.
func (n *Node) Value() identity.Value {
	switch n.Kind() {
	case Bool:
		return identity.BoolValue(n.text == "true")
	case Number:
		return identity.NumberValue(n.text)
	case String:
		return identity.StringValue(n.text)
	case Array:
		items := make([]identity.Value, len(n.items))
		for i, item := range n.items {
			items[i] = item.Value()
		}
		return identity.ListValue(items...)

	case Object:
		return identity.StringValue(string(n.Append(nil)))
	}

	return identity.Value{}
}

// NewString returns a text node.
func NewString(s string) *Node { return &Node{kind: String, text: s} }

// NewBool returns a boolean node.
func NewBool(b bool) *Node { return &Node{kind: Bool, text: strconv.FormatBool(b)} }

// NewInt returns a number node.
func NewInt(i int64) *Node { return &Node{kind: Number, text: strconv.FormatInt(i, 10)} }

// NewNull returns a null node.
func NewNull() *Node { return &Node{} }

// NewArray returns a list of the given items.
func NewArray(items ...*Node) *Node { return &Node{kind: Array, items: items} }

// NewObject returns an object; keys and values alternate in pairs of members.
func NewObject(members ...Member) *Node { return &Node{kind: Object, members: members} }

// M returns a member for [NewObject].
func M(key string, value *Node) Member { return Member{Key: key, Value: value} }

// Set replaces the value of a member, or appends one. It does nothing to nodes
// that are not objects.
func (n *Node) Set(key string, value *Node) {
	if n.Kind() != Object {
		return
	}
	if i := n.find(key); i >= 0 {
		n.members[i].Value = value
		return
	}

	n.members = append(n.members, Member{Key: key, Value: value})
}

// Remove deletes all members of that key and reports whether there were any.
func (n *Node) Remove(key string) bool {
	if n == nil {
		return false
	}
	kept := n.members[:0]
	for _, m := range n.members {
		if m.Key != key {
			kept = append(kept, m)
		}
	}

	found := len(kept) < len(n.members)
	n.members = kept
	return found
}

// SetItems replaces the items of a list.
func (n *Node) SetItems(items []*Node) {
	if n.Kind() == Array {
		n.items = items
	}
}

// Clone returns a deep copy that keeps the places.
func (n *Node) Clone() *Node {
	if n == nil {
		return nil
	}
	c := *n
	c.members = append([]Member(nil), n.members...)
	for i := range c.members {
		c.members[i].Value = c.members[i].Value.Clone()
	}
	c.items = append([]*Node(nil), n.items...)
	for i := range c.items {
		c.items[i] = c.items[i].Clone()
	}
	return &c
}

// Equal reports whether two values are the same: members in any order, of members
// with one key the last, numbers by their spelling. Absent equals null.
func (n *Node) Equal(o *Node) bool {
	if n.Kind() != o.Kind() {
		return false
	}
	if n == nil || o == nil {
		return true
	}
	if n.text != o.text || len(n.items) != len(o.items) || !n.sameMembers(o) {
		return false
	}
	for i, item := range n.items {
		if !item.Equal(o.items[i]) {
			return false
		}
	}

	return true
}

// sameMembers reports whether n and o have the same keys with the same values.
func (n *Node) sameMembers(o *Node) bool {
	for _, m := range o.members {
		if n.find(m.Key) < 0 {
			return false
		}
	}

	for _, m := range n.members {
		if i, j := n.find(m.Key), o.find(m.Key); j < 0 || !n.members[i].Value.Equal(o.members[j].Value) {
			return false
		}
	}

	return true
}
