package javaregex

import (
	"unicode/utf8"

	"github.com/idprofile/engine/transform/internal/javatext"
)

// A view is a text as UTF-16, the units in which Java counts. Those of ASCII are its
// bytes; of other texts they are written down.
type view struct {
	src   string
	units int // how many there are
	u     []uint16
	// off maps units to bytes of src, with one entry more than u. It is nil for
	// ASCII. The second half of a pair has the complement of the pair's offset.
	off   []int32
	spare []int32 // memory for off
}

// set makes v a view of src, in the memory v already has.
func (v *view) set(src string) {
	v.src, v.off, v.units = src, nil, len(src)
	if !javatext.IsASCII(src) {
		v.setWide(src)
	}
}

// setWide writes the units down.
func (v *view) setWide(src string) {
	v.u, v.off = v.u[:0], v.spare[:0]
	if cap(v.u) < len(src) { // there are never more units than bytes
		v.u = make([]uint16, 0, max(64, 2*len(src)))
	}

	for i := 0; i < len(src); {
		r, n := decode(src[i:])
		v.off = append(v.off, int32(i))
		if r > 0xFFFF {
			v.u = append(v.u, uint16(0xD800+(r-0x10000)>>10), uint16(0xDC00+(r-0x10000)&0x3FF))
			v.off = append(v.off, ^int32(i))
		} else {
			v.u = append(v.u, uint16(r))
		}

		i += n
	}

	v.off = append(v.off, int32(len(src)))
	v.spare, v.units = v.off, len(v.u)
}

// unit reads the unit at i.
func (v *view) unit(i int) uint16 {
	if v.off == nil {
		return uint16(v.src[i])
	}
	return v.u[i]
}

// at reads the code point at i, and how many units it takes.
func (v *view) at(i int) (rune, int) {
	if v.off == nil {
		return rune(v.src[i]), 1
	}
	return v.wideAt(i)
}

func (v *view) wideAt(i int) (rune, int) {
	r := rune(v.u[i])
	if r&0xFC00 == 0xD800 && i+1 < len(v.u) && v.u[i+1]&0xFC00 == 0xDC00 {
		return (r-0xD800)<<10 + rune(v.u[i+1]) - 0xDC00 + 0x10000, 2
	}
	return r, 1
}

// before reads the code point that ends at i.
func (v *view) before(i int) (rune, int) {
	if v.off == nil {
		return rune(v.src[i-1]), 1
	}
	r := rune(v.u[i-1])
	if r&0xFC00 == 0xDC00 && i >= 2 && v.u[i-2]&0xFC00 == 0xD800 {
		return (rune(v.u[i-2])-0xD800)<<10 + r - 0xDC00 + 0x10000, 2
	}
	return r, 1
}

// appendTo appends the units from i to j to dst.
func (v *view) appendTo(dst []byte, i, j int) []byte {
	if i >= j {
		return dst
	}
	if v.off == nil {
		return append(dst, v.src[i:j]...)
	}

	mark := len(dst)
	start, end := int(v.off[i]), int(v.off[j])

	// An offset below zero is one inside of a character of two units: halves are written by themselves,
	// and joined at the end where two of them meet.
	if start < 0 {
		dst = appendUnit(dst, v.u[i])
		start = ^start + utf8.UTFMax
	}

	if end < 0 {
		end = ^end
		if start < end {
			dst = append(dst, v.src[start:end]...)
		}
		dst = appendUnit(dst, v.u[j-1])
	} else {
		dst = append(dst, v.src[start:end]...)
	}

	return join(dst, mark)
}

// appendUnit appends half a pair as three bytes.
func appendUnit(dst []byte, u uint16) []byte {
	return append(dst, 0xE0|byte(u>>12), 0x80|byte(u>>6)&0x3F, 0x80|byte(u)&0x3F)
}

// join makes one character of two halves that meet at mark.
func join(dst []byte, mark int) []byte {
	if mark < 3 || len(dst)-mark < 3 || dst[mark] != 0xED || dst[mark+1] < 0xB0 || dst[mark-3] != 0xED {
		return dst
	}
	if h := dst[mark-2]; h < 0xA0 || h >= 0xB0 {
		return dst
	}

	hi, _ := decode(string(dst[mark-3 : mark]))
	lo, _ := decode(string(dst[mark : mark+3]))
	n := utf8.EncodeRune(dst[mark-3:mark+1], (hi-0xD800)<<10+lo-0xDC00+0x10000)
	return append(dst[:mark-3+n], dst[mark+3:]...)
}

// slice gives the units from i to j as a string, without a copy if possible.
func (v *view) slice(i, j int) string {
	if v.off == nil {
		return v.src[i:j]
	}
	if start, end := v.off[i], v.off[j]; start >= 0 && end >= 0 {
		return v.src[start:end]
	}
	return string(v.appendTo(nil, i, j))
}
