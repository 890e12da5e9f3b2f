// Package jsondoc reads JSON into a tree that knows where everything stands,
// keeps the order of members, the spelling of numbers and every unknown field,
// reports duplicate keys, and can be edited and written back.
//
// Text is UTF-8; half of a surrogate pair that JSON spells as \ud83d alone is
// kept in its three-byte form and written back as it was.
package jsondoc

import (
	"slices"
	"sort"
	"strconv"
	"strings"
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
//
// Files of a million values are read, so a node has no more than it needs: a text that
// stands in the file as it is, is where it stands and how long it is.
type Node struct {
	src  *source // nil: made, not read
	data any     // *[]Member of an object, *[]*Node of a list; else the text, if it is not in the source as it is
	at   uint32  // offset in the source
	size uint32  // of the text in the source
	kind Kind
}

// Member is a key of an object with its value.
type Member struct {
	Key   string
	Value *Node
	at    uint32 // 1 + the offset of the key in the source of the value; 0: it has no place
}

// Pos returns the place of the key.
func (m Member) Pos() diag.Pos {
	if m.at == 0 || m.Value == nil {
		return diag.Pos{}
	}
	return m.Value.src.pos(int(m.at) - 1)
}

// source is a text that was read. The strings of the tree are parts of it.
type source struct {
	file string
	text string
	base diag.Pos // where the text begins in the file

	lined sync.Once
	lines []int32 // offset of the first byte of each line, see [source.line]

	marked sync.Once
	marks  []mark // in long lines, see [source.characters]
}

// byteOrderMark may stand before the first line.
const byteOrderMark = "\ufeff"

// line returns the number of the line of an offset, from 0, and where that begins.
// Lines are counted when the first place is asked for: most files have no findings.
func (s *source) line(offset int) (line, start int) {
	s.lined.Do(func() {
		first := 0
		if strings.HasPrefix(s.text, byteOrderMark) {
			first = len(byteOrderMark)
		}

		// Lines are counted first, so that the list is made in its size.
		s.lines = append(make([]int32, 0, 1+strings.Count(s.text, "\n")), int32(first))
		for at := 0; ; {
			i := strings.IndexByte(s.text[at:], '\n')
			if i < 0 {
				break
			}
			at += i + 1
			s.lines = append(s.lines, int32(at))
		}
	})
	line = sort.Search(len(s.lines), func(i int) bool { return int(s.lines[i]) > offset }) - 1
	return line, int(s.lines[line])
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
	line, start := s.line(offset)
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
	return n.src.pos(int(n.at))
}

// Get returns the value of a member, or nil. When a key occurs twice, the last
// one counts.
func (n *Node) Get(key string) *Node {
	members := n.Members()
	if i := findKey(members, key); i >= 0 {
		return members[i].Value
	}
	return nil
}

// findKey returns the index of the last member of that key, or -1.
func findKey(members []Member, key string) int {
	for i := len(members) - 1; i >= 0; i-- {
		if members[i].Key == key {
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
	for _, m := range n.Members() {
		m.Value.Walk(visit)
	}
	for _, item := range n.Items() {
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
	if n == nil || n.kind != Object {
		return nil
	}
	members, _ := n.data.(*[]Member)
	if members == nil {
		return nil
	}
	return *members
}

// Items returns the items of a list. The caller must not change the slice.
func (n *Node) Items() []*Node {
	if n == nil || n.kind != Array {
		return nil
	}
	items, _ := n.data.(*[]*Node)
	if items == nil {
		return nil
	}
	return *items
}

// Text returns the text of a string, the spelling of a number or boolean, and
// "" for everything else.
func (n *Node) Text() string {
	if n == nil || n.kind == Null || n.kind > String {
		return ""
	}
	if text, ok := n.data.(string); ok {
		return text
	}

	from := n.at
	if n.kind == String { // behind the quote
		from++
	}
	return n.src.text[from : from+n.size]
}

// Str returns the text of a string and whether n is one.
func (n *Node) Str() (string, bool) { return n.Text(), n.Kind() == String }

// IsTrue reports whether n is true, as a boolean or, as exports have it, the
// text "true" in any case.
func (n *Node) IsTrue() bool {
	if n.Kind() != Bool && n.Kind() != String {
		return false
	}
	b, err := strconv.ParseBool(n.Text())
	return err == nil && b && len(n.Text()) == 4
}

// Int returns a whole number and whether n is one; 2.0 and "2" count.
func (n *Node) Int() (int64, bool) {
	switch n.Kind() {
	case Number:
		return identity.NumberValue(n.Text()).Int()
	case String:
		i, err := strconv.ParseInt(n.Text(), 10, 64)
		return i, err == nil
	}

	return 0, false
}

// Value returns n as an attribute value. Objects become their JSON text.
func (n *Node) Value() identity.Value {
	// A number keeps its spelling: 1.0 and 1 are different texts for an attribute.
	switch n.Kind() {
	case Bool:
		return identity.BoolValue(n.Text() == "true")
	case Number:
		return identity.NumberValue(n.Text())
	case String:
		return identity.StringValue(n.Text())
	case Array:
		items := make([]identity.Value, len(n.Items()))
		for i, item := range n.Items() {
			items[i] = item.Value()
		}
		return identity.ListValue(items...)

	case Object:
		return identity.StringValue(string(n.Append(nil)))
	}

	return identity.Value{}
}

// NewString returns a text node.
func NewString(s string) *Node { return &Node{kind: String, data: s} }

// NewBool returns a boolean node.
func NewBool(b bool) *Node { return &Node{kind: Bool, data: strconv.FormatBool(b)} }

// NewInt returns a number node.
func NewInt(i int64) *Node { return &Node{kind: Number, data: strconv.FormatInt(i, 10)} }

// NewNull returns a null node.
func NewNull() *Node { return &Node{} }

// NewArray returns a list of the given items.
func NewArray(items ...*Node) *Node { return &Node{kind: Array, data: &items} }

// NewObject returns an object; keys and values alternate in pairs of members.
func NewObject(members ...Member) *Node { return &Node{kind: Object, data: &members} }

// M returns a member for [NewObject].
func M(key string, value *Node) Member { return Member{Key: key, Value: value} }

// Set replaces the value of a member, or appends one. It does nothing to nodes
// that are not objects.
func (n *Node) Set(key string, value *Node) {
	if n.Kind() != Object {
		return
	}
	members := n.Members()
	if i := findKey(members, key); i >= 0 {
		members[i].Value, members[i].at = value, 0
		return
	}

	n.setMembers(append(slices.Clip(members), Member{Key: key, Value: value}))
}

// setMembers gives an object other members.
func (n *Node) setMembers(members []Member) { n.data = &members }

// Remove deletes all members of that key and reports whether there were any.
func (n *Node) Remove(key string) bool {
	members := n.Members()
	if findKey(members, key) < 0 {
		return false
	}
	n.setMembers(slices.DeleteFunc(slices.Clone(members), func(m Member) bool { return m.Key == key }))
	return true
}

// SetItems replaces the items of a list.
func (n *Node) SetItems(items []*Node) {
	if n.Kind() == Array {
		n.data = &items
	}
}

// Clone returns a deep copy that keeps the places.
func (n *Node) Clone() *Node {
	if n == nil {
		return nil
	}
	c := *n
	switch n.kind {
	case Object:
		members := slices.Clone(n.Members())
		for i := range members {
			members[i].Value = members[i].Value.Clone()
		}
		c.setMembers(members)

	case Array:
		items := slices.Clone(n.Items())
		for i := range items {
			items[i] = items[i].Clone()
		}
		c.SetItems(items)
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
	items, others := n.Items(), o.Items()

	// The cheap questions come first.
	if n.Text() != o.Text() || len(items) != len(others) || !sameMembers(n.Members(), o.Members()) {
		return false
	}
	for i, item := range items {
		if !item.Equal(others[i]) {
			return false
		}
	}

	return true
}

// sameMembers reports whether two objects have the same keys with the same values.
func sameMembers(a, b []Member) bool {
	// Most have them in one order, and each once: then no key need be looked up.
	var keys keySet
	ordered := len(a) == len(b)
	for i := 0; i < len(a) && ordered; i++ {
		ordered = a[i].Key == b[i].Key && !keys.add(a[:i], a[i].Key)
	}
	if ordered {
		for i := range a {
			if !a[i].Value.Equal(b[i].Value) {
				return false
			}
		}
		return true
	}

	// A key that occurs twice counts with its last value, as when it is read.
	last, other := lastOf(a), lastOf(b)
	if len(last) != len(other) {
		return false
	}
	for key, value := range last {
		if o, ok := other[key]; !ok || !value.Equal(o) {
			return false
		}
	}

	return true
}

// lastOf returns the values that count, by key.
func lastOf(members []Member) map[string]*Node {
	last := make(map[string]*Node, len(members))
	for _, m := range members {
		last[m.Key] = m.Value
	}
	return last
}
