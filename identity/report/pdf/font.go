package pdf

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// ErrFont marks a font that cannot be used. Test with errors.Is.
var ErrFont = errors.New("unusable font")

// needed are the tables a font must have to be embedded.
var needed = [...]string{"cmap", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "name", "OS/2", "post"}

// face knows which letters a font has. It belongs to one goroutine.
type face struct {
	font   *sfnt.Font
	buffer sfnt.Buffer
	known  map[rune]glyph
}

// newFace checks everything the embedding relies on, because it trusts the font blindly.
func newFace(ttf []byte) (*face, error) {
	tables, err := fontTables(ttf)
	if err != nil {
		return nil, err
	}
	for _, name := range needed {
		if len(tables[name]) < 6 {
			return nil, fmt.Errorf("%w: no table %q, expected a TrueType font with outlines", ErrFont, name)
		}
	}

	if err := checkTables(tables); err != nil {
		return nil, err
	}
	parsed, err := sfnt.Parse(ttf)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFont, err)
	}
	f := &face{font: parsed, known: map[rune]glyph{}}
	for r := rune(0); r < 0x7F; r++ {
		// The first letters are always embedded, so their outlines must be sound.
		if index, err := parsed.GlyphIndex(&f.buffer, r); err != nil || !f.sound(index) {
			return nil, fmt.Errorf("%w: damaged outline of U+%04X", ErrFont, r)
		}
		if r >= 0x20 && !f.has(r) {
			return nil, fmt.Errorf("%w: no letter %q, expected all of ASCII", ErrFont, r)
		}
	}

	return f, nil
}

// fontTables cuts a TrueType file into its tables.
func fontTables(ttf []byte) (map[string][]byte, error) {
	if len(ttf) < 12 {
		return nil, fmt.Errorf("%w: %d bytes, expected a TrueType font", ErrFont, len(ttf))
	}
	if kind := binary.BigEndian.Uint32(ttf); kind != 0x00010000 && kind != 0x74727565 {
		return nil, fmt.Errorf("%w: file type %08X, expected a TrueType font (no collection, no CFF outlines)", ErrFont,
			kind)
	}
	tables := map[string][]byte{}
	n := int(binary.BigEndian.Uint16(ttf[4:]))
	if len(ttf) < 12+16*n {
		return nil, fmt.Errorf("%w: the file ends inside its table directory", ErrFont)
	}
	for i := range n {
		entry := ttf[12+16*i:]
		at, size := uint64(binary.BigEndian.Uint32(entry[8:])), uint64(binary.BigEndian.Uint32(entry[12:]))

		// Sums of two 32-bit numbers do not overflow in 64 bits, so that the check holds for any file.
		if at+size > uint64(len(ttf)) {
			return nil, fmt.Errorf("%w: table %q ends outside the file", ErrFont, entry[:4])
		}
		tables[string(entry[:4])] = ttf[at : at+size]
	}

	return tables, nil
}

// checkTables looks at the fields that decide whether the font may and can be embedded.
func checkTables(tables map[string][]byte) error {
	os2, name, hhea := tables["OS/2"], tables["name"], tables["hhea"]
	if len(os2) < 78 || len(hhea) < 36 || len(tables["head"]) < 54 || len(tables["post"]) < 16 {
		return fmt.Errorf("%w: a table is too short", ErrFont)
	}

	// The maker's word comes first: 2 is a restricted licence, the two bits forbid subsets and
	// outlines.
	if license := binary.BigEndian.Uint16(os2[8:]); license == 2 || license&0x0300 != 0 {
		return fmt.Errorf("%w: its licence bits (%04X) forbid embedding a subset", ErrFont, license)
	}

	// What follows are the forms that the library reads; at another one it would read past a table or
	// panic.
	if binary.BigEndian.Uint16(name) != 0 {
		return fmt.Errorf("%w: name table of format 1, expected 0", ErrFont)
	}
	if binary.BigEndian.Uint16(hhea[34:]) == 0 || binary.BigEndian.Uint16(hhea[32:]) != 0 {
		return fmt.Errorf("%w: no letter widths of a known format", ErrFont)
	}
	if head := tables["head"]; binary.BigEndian.Uint16(head[50:]) > 1 || binary.BigEndian.Uint16(head[52:]) != 0 {
		return fmt.Errorf("%w: outlines of an unknown format", ErrFont)
	}
	for i := range int(binary.BigEndian.Uint16(name[2:])) {
		if at := 6 + 12*i; len(name) >= at+12 && binary.BigEndian.Uint16(name[at:]) == 3 && name[at+9]%2 != 0 {
			return fmt.Errorf("%w: a name of %d bytes, expected UTF-16", ErrFont, binary.BigEndian.Uint16(name[at+8:]))
		}
	}

	return checkMap(tables["cmap"])
}

// checkMap looks for the character map that the embedding uses.
func checkMap(cmap []byte) error {
	for i := range int(binary.BigEndian.Uint16(cmap[2:])) {
		if len(cmap) < 12+8*i {
			break
		}
		entry := cmap[4+8*i:]
		platform, encoding := binary.BigEndian.Uint16(entry), binary.BigEndian.Uint16(entry[2:])
		at := uint64(binary.BigEndian.Uint32(entry[4:]))

		// Platform 0 is Unicode, 3 is Windows with encoding 1 for Unicode; other maps name letters by older
		// codes.
		unicode := platform == 0 || platform == 3 && encoding == 1
		if unicode && at+2 <= uint64(len(cmap)) && binary.BigEndian.Uint16(cmap[at:]) == 4 {
			return nil
		}
	}

	return fmt.Errorf("%w: no character map of format 4 for Unicode", ErrFont)
}

// glyph is what the layout needs to know of a letter.
type glyph struct {
	drawn bool
	width int // thousandths of the font size
}

// sound reports whether the outline can be read: above all, that parts do not contain themselves.
func (f *face) sound(index sfnt.GlyphIndex) bool {
	_, err := f.font.LoadGlyph(&f.buffer, index, fixed.I(int(f.font.UnitsPerEm())), nil)
	return err == nil
}

// has reports whether the font draws r. Only the first plane can be embedded.
func (f *face) has(r rune) bool { return r <= 0xFFFF && f.glyph(r).drawn }

// width is the width of s in thousandths of the font size.
func (f *face) width(s string) int {
	n := 0
	for _, r := range s {
		n += f.glyph(r).width
	}
	return n
}

func (f *face) glyph(r rune) glyph {
	if g, seen := f.known[r]; seen {
		return g
	}
	var g glyph
	units := int(f.font.UnitsPerEm())
	index, err := f.font.GlyphIndex(&f.buffer, r)
	if err == nil && index != 0 && f.sound(index) {
		advance, err := f.font.GlyphAdvance(&f.buffer, index, fixed.I(units), font.HintingNone)
		g = glyph{drawn: err == nil, width: (advance.Round()*1000 + units/2) / units}
	}

	f.known[r] = g
	return g
}
