package velocity

import (
	"math/big"
	"strconv"
	"unicode/utf8"
)

// Kind says what a [Value] is.
type Kind uint8

// The kinds of values. Integers have three of them because Java has three
// number classes for them and method arguments are matched by class.
const (
	Unset   Kind = iota // null: a reference to it is an error
	Text                // String
	Char                // Character, one UTF-16 unit, from charAt
	Bool                // Boolean
	Integer             // Integer, 32 bits
	Long                // Long, 64 bits
	BigInt              // BigInteger
	Float               // Double
	List                // ArrayList, Java array, or a view of a map
	Map                 // LinkedHashMap
	Entry               // Map.Entry
	Host                // an [Object]
	loop                // $foreach
)

// Value is one value of a template: small, immutable except for what lists and
// maps hold, and not to be compared with ==. The zero Value is null.
type Value struct {
	kind Kind
	num  int64 // Char, Bool, Integer, Long; the bits of a Float
	text string
	ref  any // *list, *dict, *entry, *big.Int, Object, *loopScope
}

// TextOf makes a text. Halves of surrogate pairs may be in it in their
// three-byte form.
func TextOf(s string) Value { return Value{kind: Text, text: s} }

// BoolOf makes a boolean.
func BoolOf(b bool) Value {
	v := Value{kind: Bool}
	if b {
		v.num = 1
	}
	return v
}

// IntOf makes an [Integer], or a [Long] when n does not fit into 32 bits.
func IntOf(n int64) Value {
	if n == int64(int32(n)) {
		return Value{kind: Integer, num: n}
	}
	return Value{kind: Long, num: n}
}

// FloatOf makes a floating point number.
func FloatOf(f float64) Value { return Value{kind: Float, num: floatBits(f)} }

// ListOf makes a list of items, which it keeps: the caller must not change
// them afterwards. Null items are allowed, referring to one is an error.
func ListOf(items []Value) Value { return Value{kind: List, ref: &list{items: items}} }

// Field is one entry of a map.
type Field struct {
	Name  string
	Value Value
}

// MapOf makes a map that keeps the order of fields. A later field of the same
// name replaces the value of an earlier one.
func MapOf(fields []Field) Value {
	d := &dict{}
	for _, f := range fields {
		d.put(TextOf(f.Name), f.Value)
	}
	return Value{kind: Map, ref: d}
}

// ObjectOf makes a value of a host object. A nil Object makes null.
func ObjectOf(o Object) Value {
	if o == nil {
		return Value{}
	}
	return Value{kind: Host, ref: o}
}

// Object is something of the host that templates may ask: $identity, an
// account. Implementations must be safe for the concurrency their caller uses.
// Lists and maps they return are not changed by templates.
type Object interface {
	// Property answers $o.name. ok is false when there is no such property; a
	// property whose value is null returns the zero Value and true. Both are
	// errors for the template. A name that is not found is asked for once more
	// with its first letter in the other case, as Java beans are.
	Property(name string) (v Value, ok bool, err error)
	// Call answers $o.name(args). ok is false when there is no such method or
	// the arguments do not fit it. Null arguments are zero Values.
	Call(name string, args []Value) (v Value, ok bool, err error)
	// Text is the text form, for $o alone.
	Text() (string, error)
}

// IsNull reports whether v is null.
func (v Value) IsNull() bool { return v.kind == Unset }

// Str returns the text of a [Text] and "" for other kinds; see [AppendText]
// for the text form of any value.
func (v Value) Str() string { return v.text }

func charOf(unit uint16) Value { return Value{kind: Char, num: int64(unit)} }

func bigOf(n *big.Int) Value { return Value{kind: BigInt, ref: n} }

func (v Value) list() *list { return v.ref.(*list) }

func (v Value) dict() *dict { return v.ref.(*dict) }

func (v Value) isTrue() bool { return v.kind == Bool && v.num != 0 }

// appendScalar writes the text of a value that is neither text nor container.
func (v Value) appendScalar(dst []byte) []byte {
	switch v.kind {
	case Char:
		return appendUnit(dst, uint16(v.num))
	case Bool:
		return strconv.AppendBool(dst, v.num != 0)
	case Integer, Long:
		return strconv.AppendInt(dst, v.num, 10)
	case BigInt:
		return v.ref.(*big.Int).Append(dst, 10)
	case Float:
		return appendDouble(dst, v.float())
	}

	return append(dst, "null"...)
}

// appendUnit writes one UTF-16 unit; half a surrogate pair takes three bytes.
func appendUnit(dst []byte, unit uint16) []byte {
	if unit >= 0xD800 && unit <= 0xDFFF {
		return append(dst, 0xED, 0x80|byte(unit>>6)&0x3F, 0x80|byte(unit)&0x3F)
	}
	return utf8.AppendRune(dst, rune(unit))
}
