package velocity

import (
	"errors"
	"math"
	"strconv"

	"github.com/idprofile/engine/transform/internal/javaregex"
	"github.com/idprofile/engine/transform/internal/javatext"
)

// methodID is a name of the closed list of methods.
type methodID uint8

const (
	mOther methodID = iota
	mLength
	mSubstring
	mToUpperCase
	mToLowerCase
	mTrim
	mContains
	mStartsWith
	mEndsWith
	mEquals
	mEqualsIgnoreCase
	mIsEmpty
	mIndexOf
	mLastIndexOf
	mReplace
	mReplaceAll
	mReplaceFirst
	mMatches
	mSplit
	mConcat
	mCharAt
	mCompareTo
	mCompareToIgnoreCase
	mToString
	mValueOf
	mJoin
	mSize
	mGet
	mAdd
	mAddAll
	mPut
	mContainsKey
	mKeySet
	mValues
	mEntrySet
	mGetKey
	mGetValue
	mParseInt
	mIntValue
	mDoubleValue
	mParseBoolean
	mRepeat
	mStrip
	mStripLeading
	mStripTrailing
	mIsBlank
	mFormat
	mBooleanValue
	mRemove
	mSet
)

var methods = map[string]methodID{
	"length": mLength, "substring": mSubstring, "toUpperCase": mToUpperCase, "toLowerCase": mToLowerCase,
	"trim": mTrim, "contains": mContains, "startsWith": mStartsWith, "endsWith": mEndsWith, "equals": mEquals,
	"equalsIgnoreCase": mEqualsIgnoreCase, "isEmpty": mIsEmpty, "indexOf": mIndexOf, "lastIndexOf": mLastIndexOf,
	"replace": mReplace, "replaceAll": mReplaceAll, "replaceFirst": mReplaceFirst, "matches": mMatches,
	"split": mSplit, "concat": mConcat, "charAt": mCharAt, "compareTo": mCompareTo,
	"compareToIgnoreCase": mCompareToIgnoreCase, "toString": mToString, "valueOf": mValueOf, "join": mJoin,
	"size": mSize, "get": mGet, "add": mAdd, "addAll": mAddAll, "put": mPut, "containsKey": mContainsKey,
	"keySet": mKeySet, "values": mValues, "entrySet": mEntrySet, "getKey": mGetKey, "getValue": mGetValue,
	"parseInt": mParseInt, "intValue": mIntValue, "doubleValue": mDoubleValue, "parseBoolean": mParseBoolean,
	"repeat": mRepeat, "strip": mStrip, "stripLeading": mStripLeading, "stripTrailing": mStripTrailing,
	"isBlank": mIsBlank, "format": mFormat, "booleanValue": mBooleanValue, "remove": mRemove, "set": mSet,
}

// textMethods are the names that texts answer.
var textMethods = [...]string{
	"charAt", "compareTo", "compareToIgnoreCase", "concat", "contains", "endsWith", "equals", "equalsIgnoreCase",
	"format", "indexOf", "isBlank", "isEmpty", "join", "lastIndexOf", "length", "matches", "repeat", "replace",
	"replaceAll", "replaceFirst", "split", "startsWith", "strip", "stripLeading", "stripTrailing", "substring",
	"toLowerCase", "toString", "toUpperCase", "trim", "valueOf",
}

// TextMethods lists the methods of texts in alphabetical order.
func TextMethods() []string { return append([]string(nil), textMethods[:]...) }

// changes reports whether the method changes what it is called on.
func (m methodID) changes() bool {
	switch m {
	case mAdd, mAddAll, mPut, mRemove, mSet:
		return true
	}

	return false
}

// IsLateMethod reports whether texts have the method, or property, only since
// Java 11.
func IsLateMethod(name string) bool {
	switch name {
	case "repeat", "strip", "stripLeading", "stripTrailing", "isBlank", "blank", "Blank":
		return true
	}

	return false
}

// takesNothing reports whether the method has no argument. Velocity finds such
// a method for one argument too and fails when it calls it.
func (m methodID) takesNothing() bool {
	switch m {
	case mLength, mTrim, mIsEmpty, mToString, mSize, mKeySet, mValues, mEntrySet, mGetKey, mGetValue, mIntValue,
		mDoubleValue,
		mStrip, mStripLeading, mStripTrailing, mIsBlank, mBooleanValue:
		return true
	}

	return false
}

// givesText reports whether the result is certainly text.
func (m methodID) givesText() bool {
	switch m {
	case mSubstring, mToUpperCase, mToLowerCase, mTrim, mReplace, mReplaceAll, mReplaceFirst, mConcat, mToString, mJoin,
		mRepeat, mStrip, mStripLeading, mStripTrailing, mFormat:
		return true
	}

	return false
}

// resolve finds the method and compiles patterns that are literals, which it
// returns. Bad ones are left for the evaluation, which reports them if it gets
// there.
func (m *member) resolve() (pattern string, ok bool) {
	// The method is known by its name alone; what it is called on is known at evaluation.
	m.method = methods[m.name]
	if len(m.args) == 0 {
		return "", false
	}

	switch m.method {
	case mReplaceAll, mReplaceFirst, mMatches, mSplit:
	default:
		return "", false
	}

	if pattern, ok = literalText(m.args[0]); ok {
		if re, err := javaregex.Compile(pattern); err == nil {
			m.pattern = re
		}
	}

	// The same for the replacement, whose groups are read once.
	if len(m.args) == 2 && m.method != mSplit {
		if s, ok := literalText(m.args[1]); ok {
			m.repl, _ = javaregex.ParseReplacement(s)
		}
	}

	return pattern, ok
}

func literalText(x expr) (string, bool) {
	if l, ok := x.(*literalExpr); ok && l.value.kind == Text {
		return l.value.text, true
	}
	return "", false
}

// call calls a method of v.
func (e *evaluator) call(v Value, m *member, args []Value) (Value, error) {
	switch {
	case v.kind == Host:
		return e.hostCall(v.ref.(Object), m.name, append([]Value(nil), args...))
	case m.method == mToString && len(args) == 0:
		s, err := e.text(v)
		return TextOf(s), err
	case m.method == mEquals && len(args) == 1:
		ok, err := e.equal(v, args[0], 0)
		return BoolOf(ok), err
	}

	// Given an argument, a method without one is another one in Java, which is not there.
	if len(args) == 1 && m.method.takesNothing() && v.kind != loop {
		return Value{}, errors.New("takes no argument")
	}

	switch v.kind {
	case Text:
		return e.callText(v.text, m, args)
	case List:
		return e.callList(v.list(), m, args)
	case Map:
		return e.callMap(v.dict(), m, args)
	case Entry:
		return callEntry(v.ref.(*entry).pair(), m, args)
	case Bool:
		if m.method == mBooleanValue && len(args) == 0 {
			return v, nil
		}
		if m.method == mParseBoolean && len(args) == 1 && (args[0].kind == Text || args[0].kind == Unset) {
			return BoolOf(javatext.EqualFold(args[0].text, "true")), nil
		}

	case Integer, Long, BigInt, Float:
		return callNumber(v, m, args)
	case loop:
		return e.callLoop(v.ref.(*loopScope), m, args)
	}

	return Value{}, errNoMember
}

func callEntry(p pair, m *member, args []Value) (Value, error) {
	switch {
	case len(args) > 0:
	case m.method == mGetKey:
		return p.key, nil
	case m.method == mGetValue:
		return p.value, nil
	}

	return Value{}, errNoMember
}

func callNumber(v Value, m *member, args []Value) (Value, error) {
	switch {
	case m.method == mIntValue && len(args) == 0:
		return IntOf(int64(int32(v.longValue()))), nil
	case m.method == mDoubleValue && len(args) == 0:
		return FloatOf(v.float()), nil
	case (m.method == mParseInt || m.method == mValueOf) && len(args) == 1:
		if v.kind != Integer {
			break
		}
		if args[0].kind == Text {
			return parseInt(args[0].text)
		}
		if m.method == mValueOf && args[0].kind == Integer {
			return args[0], nil
		}
	}

	return Value{}, errNoMember
}

// longValue is Number.longValue; its lower half is Number.intValue except for
// decimals, which stop at the ends of the range.
func (v Value) longValue() int64 {
	switch v.kind {
	case BigInt:
		n := v.bigInt()
		low := int64(n.Uint64()) // of the absolute value
		if n.Sign() < 0 {
			return -low
		}
		return low

	case Float:
		switch f := v.float(); {
		case f != f:
			return 0
		case f >= math.MaxInt32:
			return math.MaxInt32
		case f <= math.MinInt32:
			return math.MinInt32
		default:
			return int64(f)
		}
	}

	return v.num
}

// parseInt is Integer.parseInt for ASCII digits.
func parseInt(s string) (Value, error) {
	n, err := strconv.ParseInt(s, 10, 32)
	if err != nil {
		return Value{}, errors.New("not a number: " + quote(s))
	}
	return IntOf(n), nil
}

// callLoop answers methods of $foreach.
func (e *evaluator) callLoop(s *loopScope, m *member, args []Value) (Value, error) {
	if len(args) > 0 {
		if m.method == mGet || m.method == mPut || m.method == mContainsKey {
			return e.callMap(&s.props, m, args)
		}
		return Value{}, errNoMember
	}

	switch m.name {
	case "hasNext":
		return BoolOf(s.hasNext), nil
	case "isFirst":
		return BoolOf(s.index < 1), nil
	case "isLast":
		return BoolOf(!s.hasNext), nil
	case "getIndex", "getCount", "getHasNext", "getFirst", "getLast", "getParent", "getTopmost":
		return s.property(m.name[len("get"):]), nil
	}

	return e.callMap(&s.props, m, args)
}
