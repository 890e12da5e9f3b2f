package javadate

import (
	"strconv"
)

// Format is what the operation dateFormat calls a format: a pattern, or a count of time
// since an epoch. It is immutable and safe for concurrent use. The zero value parses and
// prints nothing.
type Format struct {
	name    string
	pattern *Pattern // nil: a count
}

const (
	epochJava  = "EPOCH_TIME_JAVA"
	epochWin32 = "EPOCH_TIME_WIN32"

	win32Epoch      = -11644473600000 // 1601-01-01, in milliseconds
	win32PerMilli   = 10000           // steps of 100 nanoseconds
	win32MilliZeros = "0000"
)

// namedPattern returns the pattern behind a name.
func namedPattern(name string) (pattern string, ok bool) {
	switch name {
	case "ISO8601":
		return "yyyy-MM-dd'T'HH:mm:ss.SSSX", true
	case "LDAP":
		return "yyyyMMddHHmmss.Z", true
	case "PEOPLE_SOFT":
		return "MM/dd/yyyy", true
	}

	return "", false
}

// Named returns the format of a name: ISO8601, LDAP, PEOPLE_SOFT, EPOCH_TIME_JAVA
// (milliseconds since 1970) or EPOCH_TIME_WIN32 (steps of 100 nanoseconds since 1601).
// Names are compared exactly; any other text is a pattern.
//
// Source: ISC operation "Date Format".
func Named(name string) (Format, bool) {
	if name == epochJava || name == epochWin32 {
		return Format{name: name}, true
	}

	text, ok := namedPattern(name)
	if !ok {
		return Format{}, false
	}

	p, err := Compile(text)
	return Format{name, p}, err == nil
}

// CompileFormat returns the named format, or else compiles the text as a pattern. The error
// is a [*PatternError].
func CompileFormat(text string) (Format, error) {
	if f, ok := Named(text); ok {
		return f, nil
	}
	p, err := Compile(text)
	if err != nil {
		return Format{}, err
	}
	return Format{text, p}, nil
}

// String returns the name or the pattern.
func (f Format) String() string { return f.name }

// Pattern returns the pattern, or nil for a count.
func (f Format) Pattern() *Pattern { return f.pattern }

// Parse returns milliseconds since 1970-01-01 UTC, as [Pattern.Parse] does. A count is a
// whole decimal number with an optional sign, within the range of a Java long; it is rounded
// down to milliseconds. The error is a [*ParseError].
func (f Format) Parse(text string, zone Zone, twoDigitStart int64) (ms int64, err error) {
	if f.pattern != nil {
		return f.pattern.Parse(text, zone, twoDigitStart)
	}

	at, n := scanCount(text)
	if at >= 0 || f.name == "" {
		return 0, &ParseError{Offset: utf16Len(text[:max(at, 0)]), Pattern: f.name, Text: text}
	}
	if f.name == epochWin32 {
		return floorDiv(n, win32PerMilli) + win32Epoch, nil
	}
	return n, nil
}

// scanCount reads a whole number. The place of an error is -1 when there is none.
func scanCount(text string) (errorAt int, n int64) {
	first := 0
	if text != "" && (text[0] == '-' || text[0] == '+') {
		first = 1
	}

	// The place of the first bad character is told, as people mistype one digit.
	for i := first; i < len(text); i++ {
		if text[i]-'0' > 9 {
			return i, 0
		}
	}

	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return len(text), 0
	}
	return -1, n
}

// Append prints a moment and returns the extended buffer, as [Pattern.Append] does.
func (f Format) Append(dst []byte, ms int64, zone Zone) []byte {
	switch {
	case f.pattern != nil:
		return f.pattern.Append(dst, ms, zone)
	case f.name == epochJava:
		return strconv.AppendInt(dst, ms, 10)
	case f.name == epochWin32:
		return appendWin32(dst, ms)
	}

	return dst
}

// InISO reports whether [Format.Append] prints the moment in the form that [ParseISO] reads as
// the same moment.
func (f Format) InISO(ms int64) bool {
	return f.pattern != nil && f.pattern.layout.iso && ms >= firstPlain && ms <= lastPlain
}

// appendWin32 multiplies in text, because the product may be out of range.
func appendWin32(dst []byte, ms int64) []byte {
	switch {
	case ms == win32Epoch:
		return append(dst, '0')
	case ms < 0:
		dst = strconv.AppendInt(dst, ms-win32Epoch, 10)
	default:
		dst = strconv.AppendUint(dst, uint64(ms)+(-win32Epoch), 10)
	}

	return append(dst, win32MilliZeros...)
}
