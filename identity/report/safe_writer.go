package report

import (
	"fmt"
	"io"
	"unicode/utf8"
)

// SafeWriter writes a page or JSON so that nothing in it is obeyed by a terminal that shows it, see
// [NewSafePage] and [NewSafeJSON]. It holds back the beginning of a character until the rest comes,
// so it is closed at the end.
type SafeWriter struct {
	w       io.Writer
	replace func(dst []byte, r rune) []byte
	buf     []byte
	rest    []byte // the beginning of a character
}

// NewSafePage is for HTML, XML and drawings: control characters and the marks of direction
// become what [OneLine] makes of them. Line ends and tabs are white space there, and stay.
func NewSafePage(w io.Writer) *SafeWriter {
	return &SafeWriter{w: w, replace: func(dst []byte, r rune) []byte {
		if r == '\n' || r == '\t' {
			return append(dst, byte(r))
		}
		return append(dst, visible(string(r))...)
	}}
}

// NewSafeJSON is for JSON, where such characters only occur in strings: they are escaped,
// which means the same.
func NewSafeJSON(w io.Writer) *SafeWriter {
	return &SafeWriter{w: w, replace: func(dst []byte, r rune) []byte {
		if r < 0x20 { // between values; in strings they are escaped already
			return append(dst, byte(r))
		}
		return fmt.Appendf(dst, `\u%04x`, r)
	}}
}

// Write implements [io.Writer].
func (s *SafeWriter) Write(p []byte) (int, error) {
	src := p
	if len(s.rest) > 0 {
		src = append(s.rest, p...)
	}

	// What need not be looked at is copied in one piece.
	s.buf = s.buf[:0]
	from, at := 0, 0
	for at < len(src) {
		if c := src[at]; c >= 0x20 && c < 0x7F {
			at++
			continue
		}
		if !utf8.FullRune(src[at:]) {
			break
		}
		r, size := utf8.DecodeRune(src[at:])
		if r >= 0x80 && !obeyed(r) && (r != utf8.RuneError || size > 1) {
			at += size
			continue
		}
		s.buf = append(s.buf, src[from:at]...)
		s.buf = s.replace(s.buf, r)
		at += size
		from = at
	}

	s.buf = append(s.buf, src[from:at]...)
	s.rest = append([]byte(nil), src[at:]...)
	if _, err := s.w.Write(s.buf); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close writes what was held back; the writer below stays open.
func (s *SafeWriter) Close() error {
	if len(s.rest) == 0 {
		return nil
	}
	s.rest = nil
	_, err := s.w.Write(s.replace(nil, utf8.RuneError))
	return err
}
