package identity

import (
	"encoding/binary"
	"slices"
	"unsafe"
)

// A packed row is: the width of an offset in bytes (1, 2 or 4); the end of each
// cell, counted from the end of this table; the cells. An empty cell is null,
// any other starts with its tag.
const (
	tagText = 't'
	tagInt  = 'i' // eight bytes, little endian
	tagTrue = 'y'
	tagNot  = 'n'
	tagList = 'l' // for each item its length (uvarint) and its cell
)

// AppendRow appends the packed form of n values; values beyond len(values) are
// null.
func AppendRow(dst []byte, n int, values []Value) []byte { return appendRow(dst, n, values, false) }

// MoveToRow is [AppendRow] for values that are read on: afterwards they are those of the
// row, and share no memory with what they were. They hold as long as nobody writes to the
// row, also when dst was moved to make room.
func MoveToRow(dst []byte, n int, values []Value) []byte { return appendRow(dst, n, values, true) }

func appendRow(dst []byte, n int, values []Value, move bool) []byte {
	values = values[:min(n, len(values))]

	// The width of the offsets depends on where the last cell ends, so sizes come first.
	size, others := rowSize(values)
	width := offsetWidth(size)
	start, base := len(dst), 1+width*n
	dst = slices.Grow(dst, base+size)[:start+base+size]
	dst[start] = byte(width)
	if ends, cells := dst[start+1:start+base], dst[start+base:]; width <= 2 && !others && size > 0 && n == len(values) {
		putTexts(ends, cells, width, values, move)
	} else {
		putCells(ends, cells, width, values, move)
	}
	return dst
}

// rowSize is the size of all cells, and whether others than texts and nulls are among them.
func rowSize(values []Value) (size int, others bool) {
	// Nearly all values are texts or null, and these have no branch: their kinds are 1 and 0, as many
	// as there are bytes before the text.
	kinds := Null
	for i := range values {
		v := &values[i]
		kinds |= v.kind
		size += int(v.n) + int(v.kind)
	}
	if kinds <= Text {
		return size, false
	}

	size = 0
	for i := range values {
		size += cellSize(&values[i])
	}
	return size, true
}

// putTexts is putCells for what most rows are: texts and nulls, and not more than 64 KiB.
func putTexts(ends, cells []byte, width int, values []Value, move bool) {
	// The sizes of the same values were added up to that of the cells, so that nothing has to be
	// checked. Short texts are two words, or halves of words, that may overlap: a call for each
	// would take longer than its bytes.
	row, end, at := unsafe.Pointer(unsafe.SliceData(cells)), unsafe.Pointer(unsafe.SliceData(ends)), 0
	for i := range values {
		if v := &values[i]; v.kind == Text {
			*(*byte)(unsafe.Add(row, at)) = tagText
			n := int(v.n)
			at += 1 + n
			if n > 0 {
				to := unsafe.Add(row, at-n)
				switch from := v.ptr; {
				case n > 32:
					copy(unsafe.Slice((*byte)(to), n), v.text())
				case n > 16: // an address, or a moment
					first, second := word(from), word(unsafe.Add(from, 8))
					third, last := word(unsafe.Add(from, n-16)), word(unsafe.Add(from, n-8))
					putWord(to, first)
					putWord(unsafe.Add(to, 8), second)
					putWord(unsafe.Add(to, n-16), third)
					putWord(unsafe.Add(to, n-8), last)
				case n >= 8:
					first, last := word(from), word(unsafe.Add(from, n-8))
					putWord(to, first)
					putWord(unsafe.Add(to, n-8), last)
				case n >= 4:
					first, last := half(from), half(unsafe.Add(from, n-4))
					putHalf(to, first)
					putHalf(unsafe.Add(to, n-4), last)
				default:
					first, middle, last := *(*byte)(from), *(*byte)(unsafe.Add(from, n/2)), *(*byte)(unsafe.Add(from, n-1))
					*(*byte)(to), *(*byte)(unsafe.Add(to, n/2)), *(*byte)(unsafe.Add(to, n-1)) = first, middle, last
				}
				if move {
					v.ptr = to
				}
			}
		}
		if width == 1 {
			*(*byte)(unsafe.Add(end, i)) = byte(at)
		} else {
			binary.LittleEndian.PutUint16(ends[2*i:], uint16(at))
		}
	}
}

func word(p unsafe.Pointer) uint64       { return binary.LittleEndian.Uint64((*[8]byte)(p)[:]) }
func half(p unsafe.Pointer) uint32       { return binary.LittleEndian.Uint32((*[4]byte)(p)[:]) }
func putWord(p unsafe.Pointer, w uint64) { binary.LittleEndian.PutUint64((*[8]byte)(p)[:], w) }
func putHalf(p unsafe.Pointer, h uint32) { binary.LittleEndian.PutUint32((*[4]byte)(p)[:], h) }

// putCells writes cells and, for all slots, their ends.
func putCells(ends, cells []byte, width int, values []Value, move bool) {
	at := 0
	for i := range values {
		at = putCell(cells, at, &values[i], move)
		putOffset(ends, width, i, at)
	}

	for i := len(values); i*width < len(ends); i++ {
		putOffset(ends, width, i, at)
	}
}

// putOffset writes the end of cell i.
func putOffset(ends []byte, width, i, end int) {
	switch width {
	case 1:
		ends[i] = byte(end)
	case 2:
		binary.LittleEndian.PutUint16(ends[2*i:], uint16(end))
	default:
		binary.LittleEndian.PutUint32(ends[4*i:], uint32(end))
	}
}

// putCell writes a cell at a place of cells, where there is room for it, and
// returns its end. A value that moves belongs to the cell afterwards.
func putCell(cells []byte, at int, v *Value, move bool) int {
	switch v.kind {
	case Null:
		return at
	case Text:
		cells[at] = tagText
		at++

		// A value that moves then points into the row, so that the text it came from can be freed.
		if to := cells[at : at+int(v.n)]; len(to) > 0 {
			copy(to, v.text())
			if move {
				v.ptr = unsafe.Pointer(&to[0])
			}
		}
		return at + int(v.n)
	}

	// A list is decoded again from the row, for the same reason.
	end := len(appendCell(cells[:at], *v))
	if move && v.kind == List {
		*v = readCell(unsafe.String(&cells[at], end-at))
	}
	return end
}

func cellSize(v *Value) int {
	switch v.kind {
	case Null:
		return 0
	case Text:
		return 1 + int(v.n)
	}

	return otherSize(v)
}

// otherSize is the size of what is neither null nor text.
func otherSize(v *Value) int {
	switch v.kind {
	case Integer:
		return 9
	case Boolean:
		return 1
	case List:
		size := 1
		items := v.List()
		for i := range items {
			n := cellSize(&items[i])
			size += n + uvarintSize(n)
		}

		return size
	}

	return 0
}

func uvarintSize(n int) int {
	size := 1
	for ; n >= 0x80; n >>= 7 {
		size++
	}
	return size
}

func appendCell(dst []byte, v Value) []byte {
	switch v.kind {
	case Text:
		return append(append(dst, tagText), v.Text()...)
	case Integer:
		return binary.LittleEndian.AppendUint64(append(dst, tagInt), uint64(v.n))
	case Boolean:
		if v.n != 0 {
			return append(dst, tagTrue)
		}
		return append(dst, tagNot)
	case List:
		dst = append(dst, tagList)
		for _, item := range v.List() {
			dst = binary.AppendUvarint(dst, uint64(cellSize(&item)))
			dst = appendCell(dst, item)
		}
	}

	return dst
}
