package javaregex

import (
	"strings"
	"unicode/utf8"

	"github.com/idprofile/engine/transform/internal/limit"
)

// direct is an expression that is one character class, perhaps with a plus, or
// a plain text. It is matched by a loop over bytes.
type direct struct {
	set  *charSet // nil for a plain text
	plus bool
	text string
}

// newDirect gives nil for every other expression.
func newDirect(t *tree) *direct {
	switch t.kind {
	case kindSet:
		// One character is found faster as a text.
		if r, ok := t.set.single(); ok && !beyondBMP(r) {
			return &direct{text: string(r)}
		}
		return &direct{set: t.set}

	case kindRepeat:
		if body := t.subs[0]; body.single() && t.scan() && t.min == 1 {
			return &direct{set: body.set, plus: true}
		}
	case kindText:
		// A text is looked for as it is when each of its places allows one character only.
		var text strings.Builder
		for _, s := range t.sets {
			r, ok := s.single()
			if !ok || beyondBMP(r) {
				return nil
			}
			text.WriteRune(r)
		}

		return &direct{text: text.String()}
	}

	return nil
}

// next finds the first match at i or later: its start and end, or -1. It gives
// up (ok is false) at what takes two UTF-16 units or is no valid UTF-8.
func (d *direct) next(src string, i int) (from, to int, ok bool) {
	if d.set == nil {
		if from = strings.Index(src[i:], d.text); from < 0 {
			return -1, -1, true
		}
		return i + from, i + from + len(d.text), true
	}

	// Without a plus one character is all there is to find.
	if from, to, ok = d.one(src, i); !ok || from < 0 || !d.plus {
		return from, to, ok
	}

	// With a plus the match goes on as far as the class does.
	for to < len(src) {
		c := src[to]
		if c < utf8.RuneSelf {
			if d.set.ascii[c>>6]&(1<<(c&63)) == 0 {
				break
			}
			to++
			continue
		}

		r, n := utf8.DecodeRuneInString(src[to:])
		if n == 4 || n == 1 {
			return 0, 0, false
		}

		if !d.set.has(r) {
			break
		}

		to += n
	}

	return from, to, true
}

// one finds the next character of the class.
func (d *direct) one(src string, i int) (from, to int, ok bool) {
	bits := d.set.ascii
	for i < len(src) {
		c := src[i]
		if c < utf8.RuneSelf {
			if bits[c>>6]&(1<<(c&63)) != 0 {
				return i, i + 1, true
			}
			i++
			continue
		}

		r, n := utf8.DecodeRuneInString(src[i:])

		// A character of two units, or bytes that are no character: this search counts neither, and the
		// general one takes over.
		if n == 4 || n == 1 {
			return 0, 0, false
		}
		if d.set.has(r) {
			return i, i + n, true
		}

		i += n
	}

	return -1, -1, true
}

// replace appends src with every match replaced by with, and counts them.
// Without a match it appends nothing. When ok is false the text needs the
// matcher; dst is as it was then.
func (d *direct) replace(b *limit.Budget, dst []byte, src, with string) (out []byte, n int, ok bool, err error) {
	start, tail := len(dst), 0
	for {
		from, to, ok := d.next(src, tail)
		if !ok {
			return dst[:start], 0, false, nil
		}

		if from < 0 {
			break
		}

		n++
		dst = append(dst, src[tail:from]...)
		dst = append(dst, with...)
		tail = to

		// A text that grows is stopped while it grows.
		if b != nil && int64(len(dst)-start) > b.Output {
			return dst, n, true, b.Produce(len(dst) - start)
		}
	}

	// The whole text was looked at, whatever was found.
	if err = b.Spend(int64(len(src)) + 1); err != nil || n == 0 {
		return dst, n, true, err
	}

	dst = append(dst, src[tail:]...)
	return dst, n, true, b.Produce(len(dst) - start)
}

// split cuts src around the matches, none of which is empty. One part means
// that there was no match.
func (d *direct) split(b *limit.Budget, src string) (parts []string, ok bool, err error) {
	// The cost is that of one pass over the text, as the matcher would pay at least.
	if err := b.Spend(int64(len(src)) + 1); err != nil {
		return nil, true, err
	}

	// Counting first gives a list of the right size.
	count := 1
	for i := 0; ; count++ {
		from, to, ok := d.next(src, i)
		if !ok {
			return nil, false, nil
		}
		if from < 0 {
			break
		}
		i = to
	}

	parts = make([]string, 0, count)
	tail := 0
	for from, to, _ := d.next(src, 0); from >= 0; from, to, _ = d.next(src, tail) {
		parts = append(parts, src[tail:from])
		tail = to
	}

	return append(parts, src[tail:]), true, nil
}
