package identity

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unsafe"
)

// Kind says what a [Value] holds.
type Kind uint8

// The kinds of values. The zero Value is [Null].
const (
	Null Kind = iota
	Text
	Integer
	Boolean
	List
)

var kindNames = [...]string{"null", "text", "integer", "boolean", "list"}

// String returns the name of k in lower case.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// Value is an attribute value: null, text, an integer, a boolean or a list of
// values (a multi-valued attribute). It is immutable and small enough to pass
// by value; the zero Value is null, which differs from the empty text.
//
// Compare values with [Value.Equal]; == does not compile.
//
// Source: transform/DECISIONS.md, DECISION 4.
type Value struct {
	_    [0]func()      // forbids ==
	ptr  unsafe.Pointer // the bytes of a text or the items of a list
	n    int64          // their number; the integer; 0 or 1
	kind Kind
}

// StringValue returns s as a text value. The empty string is a value, not null.
func StringValue(s string) Value {
	return Value{kind: Text, ptr: unsafe.Pointer(unsafe.StringData(s)), n: int64(len(s))}
}

// IntValue returns n as an integer value.
func IntValue(n int64) Value { return Value{kind: Integer, n: n} }

// BoolValue returns b as a boolean value.
func BoolValue(b bool) Value {
	if b {
		return Value{kind: Boolean, n: 1}
	}
	return Value{kind: Boolean}
}

// ListValue returns a list of the given values. The slice is kept, not copied.
func ListValue(items ...Value) Value {
	return Value{kind: List, ptr: unsafe.Pointer(unsafe.SliceData(items)), n: int64(len(items))}
}

// StringsValue returns a list of texts.
func StringsValue(items ...string) Value {
	list := make([]Value, len(items))
	for i, s := range items {
		list[i] = StringValue(s)
	}
	return ListValue(list...)
}

// Kind returns what v holds.
func (v Value) Kind() Kind { return v.kind }

// IsNull reports whether v is null. The empty text and the empty list are not.
func (v Value) IsNull() bool { return v.kind == Null }

// Int returns the integer of v, or false when v is not an integer.
func (v Value) Int() (int64, bool) { return v.n, v.kind == Integer }

// Bool returns the boolean of v, or false when v is not a boolean.
func (v Value) Bool() (value, ok bool) { return v.n != 0, v.kind == Boolean }

// List returns the items of a list; any other value gives nil. The caller must
// not change the slice.
func (v Value) List() []Value {
	if v.kind != List {
		return nil
	}
	return unsafe.Slice((*Value)(v.ptr), int(v.n))
}

// Text returns the text form of v: decimal integers, true and false, lists as
// Java prints them ([a, b]). Null gives "". Only integers and lists allocate.
func (v Value) Text() string {
	if v.kind != Text {
		return v.otherText()
	}
	return *(*string)(unsafe.Pointer(&textHeader{(*byte)(v.ptr), int(v.n)})) // small enough to be inlined
}

// textHeader is how a string looks in memory. What a [Value] holds came from a string, so
// that unsafe.String would check it in vain whenever it is read.
type textHeader struct {
	ptr *byte
	n   int
}

// text is [Value.Text] for what is known to be one.
func (v *Value) text() string {
	return *(*string)(unsafe.Pointer(&textHeader{(*byte)(v.ptr), int(v.n)}))
}

func (v Value) otherText() string {
	switch v.kind {
	case Boolean:
		if v.n != 0 {
			return "true"
		}
		return "false"
	case Null:
		return ""
	}

	return string(v.AppendText(nil))
}

// AppendText appends the text form of v, see [Value.Text]. A null inside a list
// is written as null.
func (v Value) AppendText(dst []byte) []byte {
	switch v.kind {
	case Integer:
		return strconv.AppendInt(dst, v.n, 10)
	case List:
		dst = append(dst, '[')
		for i, item := range v.List() {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			if item.IsNull() {
				dst = append(dst, "null"...)
			}
			dst = item.AppendText(dst)
		}

		return append(dst, ']')
	}

	return append(dst, v.Text()...)
}

// Equal reports whether v and w have the same kind and content.
func (v Value) Equal(w Value) bool {
	// For texts n is the length, for lists the number of items, so most differences show here.
	if v.kind != w.kind || v.n != w.n {
		return false
	}
	switch v.kind {
	case Text:
		return v.Text() == w.Text()
	case List:
		other := w.List()
		for i, item := range v.List() {
			if !item.Equal(other[i]) {
				return false
			}
		}
	}

	return true
}

// Clone returns a copy of v that shares no memory with it.
func (v Value) Clone() Value {
	switch v.kind {
	case Text:
		return StringValue(string(append([]byte(nil), v.Text()...)))
	case List:
		items := make([]Value, len(v.List()))
		for i, item := range v.List() {
			items[i] = item.Clone()
		}
		return ListValue(items...)
	}

	return v
}

// String returns v for people: texts quoted, null as null.
func (v Value) String() string {
	switch v.kind {
	case Null:
		return "null"
	case Text:
		return strconv.Quote(v.Text())
	case List:
		return fmt.Sprint(v.List())
	}

	return v.Text()
}

// MarshalJSON writes null, a string, a number, true or false, or an array.
func (v Value) MarshalJSON() ([]byte, error) {
	switch v.kind {
	case Null:
		return []byte("null"), nil
	case Text:
		return marshal(v.Text())
	case List:
		if v.n == 0 {
			return []byte("[]"), nil // a nil slice would be null
		}
		return marshal(v.List())
	}

	return v.AppendText(nil), nil
}

// marshal writes JSON without escaping for HTML: an encoder that wants that does
// it to what it is given.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// UnmarshalJSON reads what [Value.MarshalJSON] writes. Whole numbers written as
// doubles are integers; other numbers and objects become their JSON text.
func (v *Value) UnmarshalJSON(src []byte) error {
	src = bytes.TrimSpace(src)
	switch {
	case len(src) == 0:
		return fmt.Errorf("empty JSON value")
	case src[0] == '"':
		var s string
		err := json.Unmarshal(src, &s)
		*v = StringValue(s)
		return err
	case src[0] == '[':
		var items []Value
		err := json.Unmarshal(src, &items)
		*v = ListValue(items...)
		return err
	}

	// Literals and numbers are what is left: the text decides.
	switch text := string(src); text {
	case "null":
		*v = Value{}
	case "true", "false":
		*v = BoolValue(text == "true")
	default:
		*v = NumberValue(text)
	}

	return nil
}

// NumberValue returns the value of a JSON number: an integer when it is whole
// (2.0 is 2), else its text.
//
// Source: transform/DECISIONS.md, DECISION 3.
func NumberValue(text string) Value {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return IntValue(n)
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil && f == float64(int64(f)) && f > -1<<53 && f < 1<<53 {
		return IntValue(int64(f))
	}
	return StringValue(text)
}
