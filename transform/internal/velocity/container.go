package velocity

// listClass tells the Java classes apart that templates see as lists.
type listClass uint8

const (
	arrayList listClass = iota
	javaArray           // of split: cannot grow
	keySet
	valueView
	entrySet
)

// list is a list, a range of numbers that is not written out, so that
// [1..1000000] costs nothing until somebody adds to it, or a view of a map.
type list struct {
	items    []Value
	class    listClass
	of       *dict // of a view
	isRange  bool
	from, to int64
	moved    int // how often items were added or removed
}

func (l *list) len() int {
	switch {
	case l.of != nil:
		return len(l.of.pairs)
	case !l.isRange:
		return len(l.items)
	case l.to >= l.from:
		return int(l.to - l.from + 1)
	}

	return int(l.from - l.to + 1)
}

// at returns item i, which must exist.
func (l *list) at(i int) Value {
	switch {
	case l.class == keySet:
		return l.of.pairs[i].key
	case l.class == valueView:
		return l.of.pairs[i].value
	case l.class == entrySet:
		return Value{kind: Entry, ref: &entry{l.of, i}}
	case !l.isRange:
		return l.items[i]
	case l.to >= l.from:
		return IntOf(l.from + int64(i))
	}

	return IntOf(l.from - int64(i))
}

// isIndexed reports whether get and the like exist: not on views of maps.
func (l *list) isIndexed() bool { return l.class == arrayList || l.class == javaArray }

// writeOut turns a range into a plain list.
func (l *list) writeOut() {
	if !l.isRange {
		return
	}
	items := make([]Value, l.len())
	for i := range items {
		items[i] = l.at(i)
	}
	l.items, l.isRange = items, false
}

// pair is what a map keeps of an entry.
type pair struct{ key, value Value }

// entry is one entry of a map; it follows the map when that changes.
type entry struct {
	of *dict
	i  int
}

func (e *entry) pair() pair { return e.of.pairs[e.i] }

// dict is a map in insertion order. Look-ups are linear: maps in templates are
// small, and the evaluator charges large ones.
type dict struct{ pairs []pair }

func (d *dict) find(key Value) int {
	for i := range d.pairs {
		if sameKey(d.pairs[i].key, key) {
			return i
		}
	}

	return -1
}

func (d *dict) findText(key string) int {
	for i := range d.pairs {
		if d.pairs[i].key.kind == Text && d.pairs[i].key.text == key {
			return i
		}
	}

	return -1
}

func (d *dict) get(key Value) Value {
	if i := d.find(key); i >= 0 {
		return d.pairs[i].value
	}
	return Value{}
}

// put returns the value it replaces, or null.
func (d *dict) put(key, value Value) Value {
	if i := d.find(key); i >= 0 {
		old := d.pairs[i].value
		d.pairs[i].value = value
		return old
	}

	d.pairs = append(d.pairs, pair{key, value})
	return Value{}
}

// sameKey is Java's equals for the scalar kinds; containers are the same key
// only when they are the same object.
func sameKey(a, b Value) bool {
	// Java's Integer 1 and Long 1 are not equal, so the kinds are compared first.
	if a.kind != b.kind {
		return false
	}

	switch a.kind {
	case Text:
		return a.text == b.text
	case BigInt:
		return compareNumbers(a, b) == 0
	case List:
		return a.list() == b.list()
	case Map:
		return a.dict() == b.dict()
	case Entry:
		return *a.ref.(*entry) == *b.ref.(*entry)
	case Host, loop:
		return false
	}

	return a.num == b.num
}

// copier makes deep copies of the caller's lists and maps for templates that
// change them. What is shared in the original is shared in the copy.
type copier struct {
	lists map[*list]*list
	dicts map[*dict]*dict
	items int64 // copied so far
}

func (c *copier) copy(v Value) Value {
	switch v.kind {
	case List:
		v.ref = c.list(v.list())
	case Map:
		v.ref = c.dict(v.dict())
	}

	return v
}

func (c *copier) list(l *list) *list {
	if n, ok := c.lists[l]; ok {
		return n
	}

	n := &list{class: l.class, isRange: l.isRange, from: l.from, to: l.to}

	// A view of a map's keys or values has no items of its own: its copy is the view of the copied map.
	if l.of != nil {
		n.of = c.dict(l.of)
		return n
	}

	if c.lists == nil {
		c.lists = map[*list]*list{}
	}

	// The copy is known before its items are made, since a list may hold itself.
	c.lists[l] = n
	c.items += int64(len(l.items)) + 1
	n.items = make([]Value, len(l.items))
	for i, item := range l.items {
		n.items[i] = c.copy(item)
	}
	return n
}

func (c *copier) dict(d *dict) *dict {
	if n, ok := c.dicts[d]; ok {
		return n
	}

	n := &dict{pairs: make([]pair, len(d.pairs))}
	if c.dicts == nil {
		c.dicts = map[*dict]*dict{}
	}

	c.dicts[d] = n
	c.items += int64(len(d.pairs)) + 1
	for i, p := range d.pairs {
		n.pairs[i] = pair{c.copy(p.key), c.copy(p.value)}
	}
	return n
}
