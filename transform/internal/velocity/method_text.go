package velocity

import (
	"errors"
	"math"
	"strings"

	"github.com/idprofile/engine/transform/internal/javatext"
	"github.com/idprofile/engine/transform/internal/limit"
)

// callText calls a method of a text. Positions are UTF-16 units.
func (e *evaluator) callText(s string, m *member, args []Value) (Value, error) {
	if err := e.b.Spend(textCost(len(s))); err != nil {
		return Value{}, err
	}

	switch {
	case m.method == mJoin || m.method == mValueOf:
		return e.callString(m, args)
	case m.method == mFormat:
		return e.format(args)
	case len(args) == 0:
		return e.callText0(s, m.method)
	case len(args) == 1:
		return e.callText1(s, m, args[0])
	case len(args) == 2:
		return e.callText2(s, m, args[0], args[1])
	}

	return Value{}, errNoMember
}

func (e *evaluator) callText0(s string, id methodID) (Value, error) {
	switch id {
	case mLength:
		return IntOf(int64(javatext.Len(s))), nil
	case mToUpperCase:
		return TextOf(e.memory.upper(s)), nil
	case mToLowerCase:
		return TextOf(e.memory.lower(s)), nil
	case mTrim:
		return TextOf(javatext.Trim(s)), nil
	case mIsEmpty:
		return BoolOf(s == ""), nil
	case mIsBlank:
		return BoolOf(javatext.Strip(s) == ""), nil
	case mStrip:
		return TextOf(javatext.Strip(s)), nil
	case mStripLeading:
		return TextOf(javatext.StripLeading(s)), nil
	case mStripTrailing:
		return TextOf(javatext.StripTrailing(s)), nil
	}

	return Value{}, errNoMember
}

// errNull is what Java raises as NullPointerException.
var errNull = errors.New("argument is null")

func (e *evaluator) callText1(s string, m *member, a Value) (Value, error) {
	switch {
	case a.kind == Integer:
		return e.callTextInt(s, m.method, a.num)

	// A method that takes a text raises at null, as in Java. Only equalsIgnoreCase has an answer:
	// nothing equals null.
	case a.kind == Unset:
		switch m.method {
		case mEqualsIgnoreCase:
			return BoolOf(false), nil
		case mContains, mStartsWith, mEndsWith, mIndexOf, mLastIndexOf, mConcat, mMatches, mSplit,
			mCompareTo, mCompareToIgnoreCase, mToUpperCase, mToLowerCase:
			return Value{}, errNull
		}

		return Value{}, errNoMember

	case a.kind != Text:
		return Value{}, errNoMember
	}

	switch m.method {
	case mContains:
		return BoolOf(javatext.IndexOf(s, a.text, 0) >= 0), nil
	case mStartsWith:
		return BoolOf(javatext.IndexOf(s, a.text, 0) == 0), nil
	case mEndsWith:
		return BoolOf(endsWith(s, a.text)), nil
	case mEqualsIgnoreCase:
		return BoolOf(javatext.EqualFold(s, a.text)), nil
	case mIndexOf:
		return IntOf(int64(javatext.IndexOf(s, a.text, 0))), nil
	case mLastIndexOf:
		return IntOf(int64(javatext.LastIndexOf(s, a.text, math.MaxInt32))), nil
	case mConcat:
		return e.concat(TextOf(s), a)
	case mCompareTo:
		return IntOf(int64(javatext.Compare(s, a.text))), nil
	case mCompareToIgnoreCase:
		return IntOf(int64(javatext.CompareFold(s, a.text))), nil
	case mMatches, mSplit:
		return e.callPattern(s, m, a.text, 0)
	}

	return Value{}, errNoMember
}

func endsWith(s, end string) bool {
	n := javatext.Len(s) - javatext.Len(end)
	return n >= 0 && javatext.LastIndexOf(s, end, math.MaxInt32) == n
}

// callTextInt calls a method with one position or, for the searches, one
// character as a number.
func (e *evaluator) callTextInt(s string, id methodID, n int64) (Value, error) {
	switch id {
	case mRepeat:
		return e.repeat(s, n)
	case mSubstring:
		return substring(s, n, int64(javatext.Len(s)))
	case mCharAt:
		part, ok := javatext.Substring(s, int(n), int(n)+1)
		if !ok {
			return Value{}, errors.New("index " + itoa(int(n)) + ", length " + itoa(javatext.Len(s)))
		}
		return charOf(firstUnit(part)), nil

	case mIndexOf, mLastIndexOf:
		// A number is a character here: the searches of Java take an int, and one that is no character is
		// nowhere.
		c, ok := codePoint(n)
		switch {
		case !ok:
			return IntOf(-1), nil
		case id == mIndexOf:
			return IntOf(int64(javatext.IndexOf(s, c, 0))), nil
		}

		return IntOf(int64(javatext.LastIndexOf(s, c, math.MaxInt32))), nil
	}

	return Value{}, errNoMember
}

// repeat writes a text n times.
func (e *evaluator) repeat(s string, n int64) (Value, error) {
	if n < 0 {
		return Value{}, errors.New("count is negative: " + itoa(int(n)))
	}
	if n > 0 && int64(len(s)) > math.MaxInt32/n {
		return Value{}, limit.Err
	}
	if err := e.b.Spend(textCost(len(s) * int(n))); err != nil {
		return Value{}, err
	}
	if s != "" && s[0] >= 0xED { // halves of a pair can meet
		var dst []byte
		for range n {
			dst = joinText(dst, s)
		}
		return TextOf(string(dst)), nil
	}

	return TextOf(strings.Repeat(s, int(n))), nil
}

func codePoint(n int64) (string, bool) {
	if n < 0 || n > 0x10FFFF {
		return "", false
	}
	if n < 0x10000 {
		return string(appendUnit(nil, uint16(n))), true
	}
	return string(rune(n)), true
}

// firstUnit is the UTF-16 unit of a text of one unit.
func firstUnit(s string) uint16 {
	if len(s) == 3 && s[0] == 0xED {
		return uint16(s[0]&0xF)<<12 | uint16(s[1]&0x3F)<<6 | uint16(s[2]&0x3F)
	}
	for _, r := range s {
		return uint16(r)
	}
	return 0
}

func substring(s string, begin, end int64) (Value, error) {
	part, ok := javatext.Substring(s, int(begin), int(end))
	if !ok {
		return Value{}, errors.New("begin " + itoa(int(begin)) + ", end " + itoa(int(end)) + ", length " +
			itoa(javatext.Len(s)))
	}

	return TextOf(part), nil
}

func (e *evaluator) callText2(s string, m *member, a, b Value) (Value, error) {
	switch m.method {
	case mSubstring:
		if a.kind == Integer && b.kind == Integer {
			return substring(s, a.num, b.num)
		}
	case mStartsWith:
		if a.kind == Text && b.kind == Integer {
			return startsWithFrom(s, a.text, b.num), nil
		}
	case mIndexOf, mLastIndexOf:
		return searchFrom(s, m.method, a, b)
	case mReplace:
		return e.replace(s, a, b)
	case mSplit:
		if a.kind == Text && b.kind == Integer {
			return e.callPattern(s, m, a.text, int(b.num))
		}
	case mReplaceAll, mReplaceFirst:
		if a.kind == Text && b.kind == Text {
			return e.replacePattern(s, m, a.text, b.text)
		}

		// The method fits, and so the null raises; with other types there is no such method, and the
		// reference stays as text.
		if isTextOrNull(a) && isTextOrNull(b) {
			return Value{}, errNull
		}
	}

	return Value{}, errNoMember
}

// startsWithFrom reports whether start stands in s at a position.
func startsWithFrom(s, start string, from int64) Value {
	n := int64(javatext.Len(start))
	if from < 0 || from > int64(javatext.Len(s))-n {
		return BoolOf(false)
	}
	part, _ := javatext.Substring(s, int(from), int(from+n))
	return BoolOf(part == start)
}

func isTextOrNull(v Value) bool { return v.kind == Text || v.kind == Unset }

// searchFrom is indexOf and lastIndexOf with a position.
func searchFrom(s string, id methodID, a, from Value) (Value, error) {
	if a.kind == Integer {
		c, ok := codePoint(a.num)
		if !ok {
			return IntOf(-1), nil
		}
		a = TextOf(c)
	}

	if a.kind != Text || from.kind != Integer {
		return Value{}, errNoMember
	}
	if id == mIndexOf {
		return IntOf(int64(javatext.IndexOf(s, a.text, int(from.num)))), nil
	}
	return IntOf(int64(javatext.LastIndexOf(s, a.text, int(from.num)))), nil
}

// replace is literal: two texts, or two characters.
func (e *evaluator) replace(s string, a, b Value) (Value, error) {
	switch {
	case a.kind == Char && b.kind == Char:
		a, b = TextOf(string(appendUnit(nil, uint16(a.num)))), TextOf(string(appendUnit(nil, uint16(b.num))))
	case isTextOrNull(a) && isTextOrNull(b):
		if a.kind != b.kind || a.kind == Unset {
			return Value{}, errNull
		}
	default:
		return Value{}, errNoMember
	}

	if a.text == "" {
		return e.insert(s, b.text)
	}

	n := strings.Count(s, a.text)
	if err := e.b.Spend(textCost(len(s) + n*len(b.text))); err != nil {
		return Value{}, err
	}
	return TextOf(strings.ReplaceAll(s, a.text, b.text)), nil
}

// insert puts b around every UTF-16 unit of s, as Java's replace of the empty
// text does.
func (e *evaluator) insert(s, b string) (Value, error) {
	n := javatext.Len(s)
	if err := e.b.Spend(textCost(len(s) + (n+1)*len(b))); err != nil {
		return Value{}, err
	}

	dst := joinText(nil, b)
	for len(s) > 0 {
		part := s
		if n := runeSize(s); n < 4 {
			part, s = s[:n], s[n:]
		} else {
			high, _ := javatext.Substring(s[:n], 0, 1)
			low, _ := javatext.Substring(s[:n], 1, 2)
			dst = joinText(append(dst, high...), b)
			part, s = low, s[n:]
		}

		dst = joinText(joinText(dst, part), b)
	}

	return TextOf(string(dst)), nil
}

// runeSize is the number of bytes of the first character, halves of surrogate
// pairs included.
func runeSize(s string) int {
	n := 1
	for n < len(s) && n < 4 && s[n]&0xC0 == 0x80 {
		n++
	}
	return n
}

// callString calls the static methods that texts give access to.
func (e *evaluator) callString(m *member, args []Value) (Value, error) {
	switch {
	case m.method == mValueOf && len(args) == 1:
		s, err := e.text(args[0])
		return TextOf(s), err
	case m.method == mValueOf || len(args) == 0 || args[0].kind != Text:
		return Value{}, errNoMember
	}

	parts := args[1:]
	if len(parts) == 1 && parts[0].kind == List {
		return e.join(args[0].text, parts[0].list())
	}

	for _, p := range parts {
		if !isTextOrNull(p) {
			return Value{}, errNoMember
		}
	}

	return e.join(args[0].text, &list{items: append([]Value(nil), parts...)})
}

// join is String.join: the items must be texts; null is written as null.
func (e *evaluator) join(separator string, l *list) (Value, error) {
	var dst []byte
	for i, n := 0, l.len(); i < n; i++ {
		start := len(dst)
		if i > 0 {
			dst = joinText(dst, separator)
		}

		switch item := l.at(i); item.kind {
		case Text:
			dst = joinText(dst, item.text)
		case Unset:
			dst = append(dst, "null"...)
		default:
			return Value{}, errors.New("join of " + item.kind.name())
		}

		if err := e.b.Spend(textCost(len(dst) - start)); err != nil {
			return Value{}, err
		}
	}

	return TextOf(string(dst)), nil
}
