package jsondoc

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
)

// Rewrite returns src with the changes that make it say what n says: text that means the
// same stays as it is written, byte by byte, with its order, blanks and line ends; what is
// new is written in the manner of what stands around it. Where src is no JSON, n is
// written indented by two blanks.
//
// Parsing the result gives n. Equal inputs give src itself.
func Rewrite(src []byte, n *Node) []byte {
	old, found := Parse("", src)
	if old == nil || found.HasErrors() {
		return n.Indent()
	}

	// Inserted lines end as those of the file do.
	r := &rewriter{src: src, newline: "\n"}
	if bytes.Contains(src, []byte("\r\n")) {
		r.newline = "\r\n"
	}
	r.value(old, n)

	var out []byte
	last := 0
	// what is inserted comes first
	slices.SortStableFunc(r.edits, func(a, b edit) int { return cmp.Or(a.from-b.from, a.to-b.to) })
	for _, e := range r.edits {
		out = append(append(out, src[last:e.from]...), e.text...)
		last = e.to
	}

	return append(out, src[last:]...)
}

// rewriter gathers the places of a text that have to change. They do not overlap.
type rewriter struct {
	src     []byte
	newline string
	edits   []edit
}

type edit struct {
	from, to int
	text     []byte
}

func (r *rewriter) change(from, to int, text []byte) {
	r.edits = append(r.edits, edit{from: from, to: to, text: text})
}

// value makes the text of one value that of another.
func (r *rewriter) value(old, n *Node) {
	switch {
	case old.Equal(n) && sameOrder(old, n):
	case old.Kind() == Object && n.Kind() == Object && r.object(old, n):
	case old.Kind() == Array && n.Kind() == Array && len(old.Items()) > 0 && len(n.Items()) > 0:
		r.array(old, n)
	default:
		from := old.Pos().Offset
		r.change(from, r.end(from), r.written(n, from))
	}
}

// sameOrder reports whether equal values have their members in the same order, everywhere.
func sameOrder(a, b *Node) bool {
	members := b.Members()
	for i, m := range a.Members() {
		if m.Key != members[i].Key || !sameOrder(m.Value, members[i].Value) {
			return false
		}
	}

	items := b.Items()
	for i, item := range a.Items() {
		if !sameOrder(item, items[i]) {
			return false
		}
	}

	return true
}

// object rewrites member by member; false where the order of what stays differs, or a key
// occurs twice, so that the whole has to be written anew.
func (r *rewriter) object(old, n *Node) bool {
	before, after := placesOf(old.Members()), placesOf(n.Members())

	// A key that occurs twice has no single place, and an empty object no manner to follow.
	if len(before) < len(old.Members()) || len(after) < len(n.Members()) || len(before) == 0 || len(after) == 0 {
		return false
	}
	var stay []string
	for _, m := range old.Members() {
		if _, ok := after[m.Key]; ok {
			stay = append(stay, m.Key)
		}
	}

	var still []string
	for _, m := range n.Members() {
		if _, ok := before[m.Key]; ok {
			still = append(still, m.Key)
		}
	}

	// Members that stay but in another order cannot be kept in their places, and a text that nothing
	// stays of is better written anew.
	if len(stay) == 0 || !slices.Equal(stay, still) {
		return false
	}

	s := &sequence{rewriter: r, open: old.Pos().Offset}
	for _, m := range old.Members() {
		_, stays := after[m.Key]
		s.begins, s.ends = append(s.begins, m.Pos().Offset), append(s.ends, r.end(m.Value.Pos().Offset))
		s.stays = append(s.stays, stays)
	}

	s.layout()
	s.remove()

	// New members go behind the one that they stand behind in the new object, and together, so that
	// they keep their order.
	at := -1 // member of old behind which new ones go
	var fresh [][]byte
	flush := func() {
		s.insert(at, fresh)
		fresh = nil
	}
	for _, m := range n.Members() {
		if i, ok := before[m.Key]; ok {
			flush()
			at = i
			r.value(old.Members()[i].Value, m.Value)
			continue
		}

		text := append(AppendString(nil, m.Key), s.colon()...)
		fresh = append(fresh, append(text, s.item(m.Value)...))
	}

	flush()
	return true
}

// placesOf returns the places of members by their keys; fewer than there are members if a
// key occurs twice.
func placesOf(members []Member) map[string]int {
	places := make(map[string]int, len(members))
	for i, m := range members {
		places[m.Key] = i
	}
	return places
}

// mostItems bounds the table that finds the items which stay.
const mostItems = 2000

// array rewrites item by item: those that are equal stay, as many as possible, and as many
// as there are between them on both sides are changed.
func (r *rewriter) array(old, n *Node) {
	items := old.Items()
	pairs := matches(items, n.Items()) // by item of n: the item of old it is made of, else -1
	s := &sequence{rewriter: r, open: old.Pos().Offset, stays: make([]bool, len(items))}
	for _, item := range items {
		s.begins, s.ends = append(s.begins, item.Pos().Offset), append(s.ends, r.end(item.Pos().Offset))
	}
	some := false
	for _, i := range pairs {
		if i >= 0 {
			s.stays[i], some = true, true
		}
	}

	// Nothing of the list stays, so its layout tells nothing about the new one.
	if !some {
		r.change(s.open, r.end(s.open), r.written(n, s.open))
		return
	}

	s.layout()
	s.remove()
	at := -1
	var fresh [][]byte
	for k, item := range n.Items() {
		if i := pairs[k]; i >= 0 {
			s.insert(at, fresh)
			fresh, at = nil, i
			r.value(items[i], item)
			continue
		}

		fresh = append(fresh, s.item(item))
	}

	s.insert(at, fresh)
}

// matches pairs the items of a new list with those of the old one.
func matches(old, n []*Node) []int {
	pairs := make([]int, len(n))
	for k := range pairs {
		pairs[k] = -1
	}
	same := func(i, k int) bool { return old[i].Equal(n[k]) }

	// What begins and ends both lists is the same in most cases.
	head := 0
	for head < len(old) && head < len(n) && same(head, head) {
		pairs[head] = head
		head++
	}

	tail := 0

	// The tail must not reach into the head, which happens when a list is shorter than both.
	for tail < len(old)-head && tail < len(n)-head && same(len(old)-1-tail, len(n)-1-tail) {
		pairs[len(n)-1-tail] = len(old) - 1 - tail
		tail++
	}

	a, b := len(old)-head-tail, len(n)-head-tail

	// The table below has a place for each pair of items, so lists that differ in very many are not
	// matched in the middle.
	if a > mostItems || b > mostItems {
		a, b = 0, 0
	}

	// length[i][k]: how many of the items from i and k on can stay.
	length := make([][]int32, a+1)
	for i := range length {
		length[i] = make([]int32, b+1)
	}
	for i := a - 1; i >= 0; i-- {
		for k := b - 1; k >= 0; k-- {
			length[i][k] = max(length[i+1][k], length[i][k+1])
			if same(head+i, head+k) {
				length[i][k] = max(length[i][k], 1+length[i+1][k+1])
			}
		}
	}

	// Where as many items went as came, they are taken for changed ones, which keeps the text around
	// them.
	var gapOld, gapNew []int
	change := func() {
		if len(gapOld) == len(gapNew) {
			for j, k := range gapNew {
				pairs[k] = gapOld[j]
			}
		}

		gapOld, gapNew = nil, nil
	}

	i, k := 0, 0
	for i < a || k < b {
		switch {
		case i < a && k < b && same(head+i, head+k) && length[i][k] == 1+length[i+1][k+1]:
			change()
			pairs[head+k] = head + i
			i, k = i+1, k+1
		case k == b || i < a && length[i+1][k] >= length[i][k+1]:
			gapOld = append(gapOld, head+i)
			i++
		default:
			gapNew = append(gapNew, head+k)
			k++
		}
	}

	change()
	return pairs
}

// sequence is the members of an object or the items of an array in the text.
type sequence struct {
	*rewriter
	open         int   // the bracket
	begins, ends []int // of each
	stays        []bool
	indent       string // of each on a line of its own; with lines
	step         string
	lines        bool
}

// layout finds out whether each stands on a line of its own.
func (s *sequence) layout() {
	gap := string(s.src[s.open+1 : s.begins[0]])
	if i := strings.LastIndexByte(gap, '\n'); i >= 0 {
		s.lines, s.indent = true, gap[i+1:]
		outer := s.indentAt(s.open)
		if s.step = strings.TrimPrefix(s.indent, outer); s.step == s.indent && outer != "" || s.step == "" {
			s.step = "  "
		}
	}
}

// colon is what stands between a key and its value.
func (s *sequence) colon() string {
	if s.lines || bytes.Contains(s.src[s.open:s.ends[0]], []byte(": ")) {
		return ": "
	}
	return ":"
}

// item is a new member's value or item as text.
func (s *sequence) item(n *Node) []byte {
	if !s.lines {
		return n.Append(nil)
	}
	return n.write(nil, s.newline+s.indent, s.step)
}

// remove takes out what does not stay: with the comma before it, else with that behind it.
func (s *sequence) remove() {
	for i := 0; i < len(s.stays); {
		if s.stays[i] {
			i++
			continue
		}

		j := i
		for j < len(s.stays) && !s.stays[j] {
			j++
		}

		// The comma before goes with what is removed, except at the beginning, where it is the one behind.
		if i > 0 {
			s.change(s.ends[i-1], s.ends[j-1], nil)
		} else {
			s.change(s.begins[0], s.begins[j], nil) // something stays, see the callers
		}

		i = j
	}
}

// insert puts new texts behind the one with that number, -1: before all.
func (s *sequence) insert(at int, texts [][]byte) {
	if len(texts) == 0 {
		return
	}

	// Separators are taken from what is there: lines, or blanks behind commas, or neither.
	between := ", "
	if s.lines {
		between = "," + s.newline + s.indent
	} else if s.colon() == ":" && !bytes.Contains(s.src[s.open:s.ends[len(s.ends)-1]], []byte(", ")) {
		between = ","
	}

	joined := bytes.Join(texts, []byte(between))
	if at < 0 {
		first := slices.Index(s.stays, true)
		s.change(s.begins[first], s.begins[first], append(joined, between...))
		return
	}

	s.change(s.ends[at], s.ends[at], append([]byte(between), joined...))
}

// written is a value as it is written at a place: in lines where the value there, or what
// is around it, is.
func (r *rewriter) written(n *Node, at int) []byte {
	if !bytes.Contains(r.src, []byte("\n")) {
		return n.Append(nil)
	}
	step := "  "
	if i := bytes.Index(r.src, []byte("\n\t")); i >= 0 {
		step = "\t"
	}
	return n.write(nil, r.newline+r.indentAt(at), step)
}

// indentAt is the blanks that the line of a place begins with.
func (r *rewriter) indentAt(at int) string {
	line := r.src[bytes.LastIndexByte(r.src[:at], '\n')+1 : at]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}

// end is where the value ends that begins at a place of a text that is JSON.
func (r *rewriter) end(at int) int {
	// The text is JSON, so counting brackets outside of strings is enough.
	depth := 0
	for i := at; i < len(r.src); i++ {
		switch c := r.src[i]; c {
		case '"':
			// Escapes are stepped over in pairs, so that a quote behind a backslash does not end the string.
			for i++; r.src[i] != '"'; i++ {
				if r.src[i] == '\\' {
					i++
				}
			}

		case '{', '[':
			depth++
			continue
		case '}', ']':
			depth--
		default:
			if depth > 0 {
				continue
			}
			for i < len(r.src) && !bytes.ContainsRune([]byte(" \t\r\n,]}"), rune(r.src[i])) {
				i++
			}
			return i
		}

		if depth == 0 {
			return i + 1
		}
	}

	return len(r.src)
}
