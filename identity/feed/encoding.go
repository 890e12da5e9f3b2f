package feed

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// The encodings of text files by the names that messages and settings use.
const (
	UTF8        = "UTF-8"
	UTF16LE     = "UTF-16LE"
	UTF16BE     = "UTF-16BE"
	Windows1252 = "windows-1252"
)

// encodingNames are the spellings of encodings in settings and connector
// attributes, without case and signs: those of the web and those of Java.
var encodingNames = map[string]string{
	"utf8": UTF8, "ascii": UTF8, "usascii": UTF8,
	"utf16": UTF16LE, "utf16le": UTF16LE, "unicode": UTF16LE, "utf16be": UTF16BE,
	"windows1252": Windows1252, "cp1252": Windows1252, "ansi": Windows1252,
	"iso88591": Windows1252, "iso885915": Windows1252, "latin1": Windows1252,
}

// encodingName returns the encoding that a setting means, or "" when nobody
// knows it.
func encodingName(text string) string {
	key := strings.Map(func(c rune) rune {
		if c == '-' || c == '_' || c == ' ' {
			return -1
		}
		return c
	}, strings.ToLower(text))

	return encodingNames[key]
}

// begin reads the first block, skips a byte order mark and turns UTF-16 into
// UTF-8 from here on. It returns the encoding that was declared or is seen at
// once, or "" when every later byte may still tell UTF-8 from Windows-1252.
func (b *buffer) begin(declared string) (encoding string) {
	b.firstBlock()
	block := b.buf[b.pos:b.end]
	mark, width := byteOrderMark(block)

	// A mark says more than a setting only about its own width: it is no text in
	// any of the encodings.
	if encoding = declared; encoding == "" {
		encoding = mark
	}
	if encoding == "" {
		encoding = withoutMark(block)
	}

	// A mark of UTF-8 is skipped whatever was declared; one of UTF-16 only when that is what is read.
	if mark == encoding || mark == UTF8 {
		b.pos += width
	}
	if encoding != UTF16LE && encoding != UTF16BE {
		return encoding
	}

	var order binary.ByteOrder = binary.LittleEndian
	if encoding == UTF16BE {
		order = binary.BigEndian
	}

	// The bytes read so far are part of the text too, so the decoder begins with them.
	b.wide = &utf16Reader{src: b.rest(), order: order}
	b.src, b.pos, b.end, b.eof, b.err = b.wide, 0, 0, false, nil
	b.firstBlock()
	return encoding
}

// firstBlock fills the first block. What cannot be read is reported when the
// records before it are read.
func (b *buffer) firstBlock() {
	for !b.eof && b.end-b.pos < blockSize {
		if b.fill() != nil {
			return
		}
	}
}

// rest returns everything that is not read yet, with the error that ends it.
func (b *buffer) rest() io.Reader {
	have := bytes.NewReader(bytes.Clone(b.buf[b.pos:b.end]))
	switch {
	case b.err != nil:
		return io.MultiReader(have, failedReader{b.err})
	case b.eof:
		return have
	}

	return io.MultiReader(have, b.src)
}

type failedReader struct{ err error }

func (f failedReader) Read([]byte) (int, error) { return 0, f.err }

// byteOrderMark returns the encoding that a mark declares, and its length.
func byteOrderMark(block []byte) (encoding string, width int) {
	switch {
	case bytes.HasPrefix(block, []byte("\ufeff")):
		return UTF8, 3
	case bytes.HasPrefix(block, []byte("\xff\xfe")):
		return UTF16LE, 2
	case bytes.HasPrefix(block, []byte("\xfe\xff")):
		return UTF16BE, 2
	}

	return "", 0
}

// withoutMark recognises UTF-16 by its zero bytes: the names of columns are
// mostly ASCII, whose other byte is zero, and few characters have a zero on the
// other side.
func withoutMark(block []byte) string {
	block = block[:min(len(block), 512)&^1]
	var zeros [2]int
	for i, c := range block {
		if c == 0 {
			zeros[i&1]++
		}
	}

	switch most := len(block) / 4; {
	case len(block) < 4:
	case zeros[1] > most && zeros[0] < zeros[1]/4:
		return UTF16LE
	case zeros[0] > most && zeros[1] < zeros[0]/4:
		return UTF16BE
	}

	return ""
}

// utf16Reader turns UTF-16 into UTF-8. What is no UTF-16, half of a surrogate
// pair or of a code unit, becomes U+FFFD and is counted.
type utf16Reader struct {
	src    io.Reader
	order  binary.ByteOrder
	in     [4096]byte
	kept   int    // bytes at the start of in that are read and not yet decoded
	out    []byte // decoded
	err    error  // after out
	broken int
}

// Read implements [io.Reader].
func (u *utf16Reader) Read(p []byte) (int, error) {
	for len(u.out) == 0 {
		if u.err != nil {
			return 0, u.err
		}
		n, err := u.src.Read(u.in[u.kept:])
		u.decode(u.in[:u.kept+n], err != nil)
		u.err = err
	}

	n := copy(p, u.out)
	u.out = u.out[n:]
	return n, nil
}

// decode appends the text of b to out and keeps what is not complete, unless
// nothing follows.
func (u *utf16Reader) decode(b []byte, last bool) {
	out := u.out[:0]
	for len(b) >= 2 {
		c, n := rune(u.order.Uint16(b)), 2

		// Half of a surrogate pair at the end waits for the next bytes; one without its other half is
		// damage.
		if utf16.IsSurrogate(c) {
			if len(b) < 4 && !last {
				break
			}
			c = utf8.RuneError
			if len(b) >= 4 {
				c = utf16.DecodeRune(rune(u.order.Uint16(b)), rune(u.order.Uint16(b[2:])))
			}
			if c == utf8.RuneError {
				u.broken++
			} else {
				n = 4
			}
		}

		out, b = utf8.AppendRune(out, c), b[n:]
	}

	// One byte too many: the file was cut.
	if last && len(b) > 0 {
		out, b = utf8.AppendRune(out, utf8.RuneError), nil
		u.broken++
	}

	u.kept = copy(u.in[:], b)
	u.out = out
}

// windows1252 are the characters of 0x80 to 0x9F; zero: there is none. The bytes
// above are the characters of the same number.
//
// Source: the vendor's table of code page 1252.
var windows1252 = [32]rune{
	'€', 0, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0, 'Ž', 0,
	0, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0, 'ž', 'Ÿ',
}

// fromWindows1252 returns text with its bytes read as Windows-1252; a byte
// without a character gives U+FFFD.
func fromWindows1252(s string) string {
	var b strings.Builder
	b.Grow(len(s) + len(s)/4)
	for i := range len(s) {
		switch c := s[i]; {
		case c < 0x80:
			b.WriteByte(c)
		case c >= 0xA0:
			b.WriteRune(rune(c))
		case windows1252[c-0x80] == 0:
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(windows1252[c-0x80])
		}
	}

	return b.String()
}

// textEncoding tells UTF-8 from Windows-1252 by the bytes above ASCII; it is ""
// when there are none. Bytes that are no UTF-8 are taken for damage, not for
// another encoding, when there is real UTF-8 beside them or when Windows-1252 has
// no letter for them (0xFF, a letter there, is what damaged files are full of).
func textEncoding(b []byte, eof bool) string {
	valid, invalid, unlikely := 0, 0, 0
	for len(b) > 0 {
		if b[0] < utf8.RuneSelf {
			b = b[1:]
			continue
		}

		c, n := utf8.DecodeRune(b)
		switch {
		case c != utf8.RuneError || n > 1:
			valid++
		case !eof && !utf8.FullRune(b):
			b = nil // goes on behind the bytes at hand
			continue
		default:
			invalid++
			if b[0] == 0xFF || b[0] < 0xA0 && windows1252[b[0]-0x80] == 0 {
				unlikely++
			}
		}

		b = b[n:]
	}

	// More damage than UTF-8, and all of it letters of Windows-1252: that is another encoding.
	switch {
	case invalid > valid && unlikely == 0:
		return Windows1252
	case valid+invalid > 0:
		return UTF8
	}

	return ""
}

// unknownEncoding is the error for a name that no encoding has.
func unknownEncoding(name string) error {
	return fmt.Errorf("encoding %q: expected UTF-8, UTF-16LE, UTF-16BE or windows-1252", name)
}

// UTF8Reader returns the text of src in UTF-8 without a byte order mark: UTF-16 is
// decoded, everything else passes as it is.
func UTF8Reader(src io.Reader) io.Reader {
	b := newBuffer(src)
	b.begin("")
	return b.rest()
}
