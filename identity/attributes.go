package identity

import (
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"unsafe"
)

// Schema names the attributes of the rows that share it. It is immutable, so
// that ten million accounts can point at one name table and a compiled read of
// an attribute is an index.
type Schema struct {
	names []string
	slots map[string]int
}

// NewSchema returns a schema of the given names. A name that occurs twice keeps
// its first slot for look-ups by name; both slots can be read by index.
func NewSchema(names ...string) *Schema {
	s := &Schema{names: slices.Clone(names), slots: make(map[string]int, len(names))}
	for i, name := range names {
		if _, ok := s.slots[name]; !ok {
			s.slots[name] = i
		}
	}

	return s
}

// Slot returns the index of an attribute; names are compared exactly.
func (s *Schema) Slot(name string) (int, bool) {
	if s == nil {
		return 0, false
	}
	i, ok := s.slots[name]
	return i, ok
}

// Len returns the number of attributes.
func (s *Schema) Len() int {
	if s == nil {
		return 0
	}
	return len(s.names)
}

// Name returns the name in slot i.
func (s *Schema) Name(i int) string { return s.names[i] }

// Names returns all names in slot order. The caller must not change the slice.
func (s *Schema) Names() []string {
	if s == nil {
		return nil
	}
	return s.names
}

// With returns a schema that has the names of s in the same slots and the new
// ones after them.
func (s *Schema) With(names ...string) *Schema {
	return NewSchema(append(slices.Clone(s.Names()), names...)...)
}

// Attributes is a set of attribute values: one packed row behind a shared
// [Schema]. It is immutable; values read from it are views into the row. The
// zero Attributes is empty.
type Attributes struct {
	schema *Schema
	row    string // layout: see AppendRow
}

// NewAttributes packs a map. Names are put in alphabetical order.
func NewAttributes(values map[string]Value) Attributes {
	names := slices.Sorted(maps.Keys(values))
	row := make([]Value, len(names))
	for i, name := range names {
		row[i] = values[name]
	}
	return Pack(NewSchema(names...), row)
}

// Pack packs values, one for each slot of the schema; missing ones are null.
func Pack(schema *Schema, values []Value) Attributes {
	buf := AppendRow(nil, schema.Len(), values)
	return Attributes{schema, unsafe.String(unsafe.SliceData(buf), len(buf))}
}

// FromRow returns the attributes of a row that [AppendRow] wrote for this
// schema. The row must not change afterwards.
func FromRow(schema *Schema, row string) Attributes { return Attributes{schema, row} }

// Schema returns the names behind a; nil when a is empty.
func (a Attributes) Schema() *Schema { return a.schema }

// Row returns the packed row, for stores that keep rows themselves.
func (a Attributes) Row() string { return a.row }

// Get returns the value of an attribute, null when there is none. Names are
// compared exactly.
func (a Attributes) Get(name string) Value {
	if i, ok := a.schema.Slot(name); ok {
		return a.At(i)
	}
	return Value{}
}

// Column reads one attribute of many who mostly share a schema, in which its slot is looked up once. It serves
// one goroutine.
type Column struct {
	name   string
	schema *Schema // the last one
	slot   int     // there; -1: it has no such name
}

// NewColumn returns a column of an attribute.
func NewColumn(name string) *Column { return &Column{name: name, slot: -1} }

// Of returns the value of the attribute, as [Attributes.Get] does.
func (c *Column) Of(a Attributes) Value {
	if a.schema != c.schema {
		c.schema, c.slot = a.schema, -1
		if slot, ok := a.schema.Slot(c.name); ok {
			c.slot = slot
		}
	}
	return a.At(c.slot)
}

// All yields the attributes that are not null, in slot order.
func (a Attributes) All() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for i, name := range a.schema.Names() {
			if v := a.At(i); !v.IsNull() && !yield(name, v) {
				return
			}
		}
	}
}

// Map returns the attributes that are not null.
func (a Attributes) Map() map[string]Value { return maps.Collect(a.All()) }

// MarshalJSON writes an object with the attributes that are not null.
func (a Attributes) MarshalJSON() ([]byte, error) {
	buf := []byte{'{'}
	for name, v := range a.All() {
		if len(buf) > 1 {
			// A null attribute is left out, as in the data of a tenant.
			buf = append(buf, ',')
		}
		key, err := marshal(name)
		if err != nil {
			return nil, err
		}
		val, err := v.MarshalJSON()
		if err != nil {
			return nil, err
		}
		buf = append(append(append(buf, key...), ':'), val...)
	}

	return append(buf, '}'), nil
}

// UnmarshalJSON reads an object of values.
func (a *Attributes) UnmarshalJSON(src []byte) error {
	var m map[string]Value
	if err := json.Unmarshal(src, &m); err != nil {
		return err
	}
	*a = NewAttributes(m)
	return nil
}

// AppendValues appends the values of all slots of the schema to dst, null for
// those that have none. It is faster than [Attributes.At] for each of them.
func (a Attributes) AppendValues(dst []Value) []Value {
	n := a.schema.Len()

	// Offsets of one or two bytes are by far the most, and their cells are read without a call each.
	if a.row == "" || a.row[0] > 2 {
		for i := range n {
			dst = append(dst, a.At(i))
		}
		return dst
	}

	width := int(a.row[0])
	ends, cells := a.row[1:1+width*n], a.row[1+width*n:]
	start := 0
	for i := range n {
		end := int(ends[width*i])
		if width == 2 {
			end |= int(ends[2*i+1]) << 8
		}
		dst = append(dst, readCell(cells[start:end]))
		start = end
	}

	return dst
}

// ReadSlots writes the values in the given slots of the schema to dst, which has as many,
// and null for slots that it does not have. It is faster than [Attributes.At] for each.
func (a Attributes) ReadSlots(dst []Value, slots []int) {
	dst = dst[:len(slots)]
	n := a.schema.Len()
	if a.row == "" || a.row[0] != 1 {
		for i, slot := range slots {
			dst[i] = a.At(slot)
		}
		return
	}

	ends, cells := a.row[:1+n], a.row[1+n:]
	for i, slot := range slots {
		// A schema may have grown since the plan was made that asks for the slot.
		if uint(slot) >= uint(n) {
			dst[i] = Value{}
			continue
		}

		start, end := 0, int(ends[slot+1])
		if slot > 0 {
			start = int(ends[slot])
		}

		switch {
		case start == end:
			dst[i] = Value{}
		case cells[start] == tagText:
			dst[i] = StringValue(cells[start+1 : end])
		default:
			dst[i] = readCell(cells[start:end])
		}
	}
}

// At returns the value in a slot of the schema, null for slots it does not have.
func (a Attributes) At(slot int) Value {
	if slot < 0 || slot >= a.schema.Len() || a.row == "" {
		return Value{}
	}
	width, n := int(a.row[0]), len(a.schema.names)
	if width == 1 { // most rows
		start := 0
		if slot > 0 {
			start = int(a.row[slot])
		}
		return readCell(a.row[1+n+start : 1+n+int(a.row[slot+1])])
	}

	start := 0
	if slot > 0 {
		start = offset(a.row, width, slot-1)
	}
	base := 1 + width*n
	return readCell(a.row[base+start : base+offset(a.row, width, slot)])
}

func offset(row string, width, i int) int {
	p := 1 + width*i
	switch width {
	case 1:
		return int(row[p])
	case 2:
		return int(row[p]) | int(row[p+1])<<8
	}

	return int(row[p]) | int(row[p+1])<<8 | int(row[p+2])<<16 | int(row[p+3])<<24
}

func readCell(cell string) Value {
	if cell == "" {
		return Value{}
	}
	if cell[0] == tagText {
		return StringValue(cell[1:])
	}
	return otherCell(cell)
}

// otherCell reads what is neither null nor text.
func otherCell(cell string) Value {
	switch body := cell[1:]; cell[0] {
	case tagInt:
		var n uint64
		for i := range 8 {
			n |= uint64(body[i]) << (8 * i)
		}
		return IntValue(int64(n))

	case tagTrue:
		return BoolValue(true)
	case tagNot:
		return BoolValue(false)
	default:
		return ListValue(readItems(body)...)
	}
}

func readItems(body string) []Value {
	// They are counted first: lists that grow would be copied, and leave what they grew out of.
	count := 0
	for rest := body; rest != ""; count++ {
		_, rest = cutItem(rest)
	}
	items := make([]Value, count)
	for n := range items {
		var cell string
		cell, body = cutItem(body)
		items[n] = readCell(cell)
	}
	return items
}

// cutItem cuts the first item off the cell of a list. Sizes have as many bytes as they need: most items are
// short.
func cutItem(body string) (cell, rest string) {
	size, shift := 0, 0
	for {
		b := body[0]
		body = body[1:]
		size |= int(b&0x7f) << shift
		if b < 0x80 {
			return body[:size], body[size:]
		}
		shift += 7
	}
}
