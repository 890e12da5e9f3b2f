package velocity

import (
	"github.com/idprofile/engine/transform/internal/javatext"
	"github.com/idprofile/engine/transform/internal/limit"
)

// maxTextDepth bounds lists inside lists when they are printed or compared.
const maxTextDepth = 256

// joinText appends s; halves of a surrogate pair that meet become one
// character.
func joinText(dst []byte, s string) []byte {
	if len(s) > 0 && s[0] == 0xED {
		return javatext.AppendText(dst, s)
	}
	return append(dst, s...)
}

// AppendText appends the text form of v to dst, as Java's toString gives it:
// [a, b] for lists and arrays, {k=v} for maps, null for null.
func AppendText(dst []byte, v Value) ([]byte, error) { return appendValue(dst, v, nil, 0) }

func appendValue(dst []byte, v Value, b *limit.Budget, depth int) ([]byte, error) {
	// A list may hold itself over another one, which only depth finds.
	if depth > maxTextDepth {
		return dst, limit.Err
	}

	switch v.kind {
	case Text:
		return joinText(dst, v.text), nil
	case List:
		return appendList(dst, v, b, depth)
	case Map:
		return appendMap(dst, v, b, depth)
	case Entry:
		p := v.ref.(*entry).pair()
		dst, err := appendValue(dst, p.key, b, depth+1)
		if err != nil {
			return dst, err
		}
		return appendValue(append(dst, '='), p.value, b, depth+1)

	case Host:
		s, err := v.ref.(Object).Text()
		return joinText(dst, s), err
	case loop:
		return appendMap(dst, Value{kind: Map, ref: &v.ref.(*loopScope).props}, b, depth)
	case Char:
		var buf [4]byte
		return joinText(dst, string(appendUnit(buf[:0], uint16(v.num)))), nil
	}

	return v.appendScalar(dst), nil
}

func appendList(dst []byte, v Value, b *limit.Budget, depth int) ([]byte, error) {
	l := v.list()
	dst = append(dst, '[')
	for i, n := 0, l.len(); i < n; i++ {
		start := len(dst)
		if i > 0 {
			dst = append(dst, ", "...)
		}

		// Java's own words for a list in itself.
		item := l.at(i)
		if item.kind == List && item.list() == l {
			dst = append(dst, "(this Collection)"...)
			continue
		}

		var err error
		if dst, err = appendValue(dst, item, b, depth+1); err != nil {
			return dst, err
		}

		// What was appended is paid for behind the item: how long it is is not known before.
		if err = b.Spend(textCost(len(dst) - start)); err != nil {
			return dst, err
		}
	}

	return append(dst, ']'), nil
}

func appendMap(dst []byte, v Value, b *limit.Budget, depth int) ([]byte, error) {
	d := v.dict()
	dst = append(dst, '{')
	for i, p := range d.pairs {
		start := len(dst)
		if i > 0 {
			dst = append(dst, ", "...)
		}

		for j, part := range [...]Value{p.key, p.value} {
			if j > 0 {
				dst = append(dst, '=')
			}

			// Java's own words for a map in itself.
			if part.kind == Map && part.dict() == d {
				dst = append(dst, "(this Map)"...)
				continue
			}

			var err error
			if dst, err = appendValue(dst, part, b, depth+1); err != nil {
				return dst, err
			}
		}

		if err := b.Spend(textCost(len(dst) - start)); err != nil {
			return dst, err
		}
	}

	return append(dst, '}'), nil
}

// textCost is what making a text of n bytes costs in steps.
func textCost(n int) int64 { return 1 + int64(n)/32 }
