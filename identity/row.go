package identity

import "encoding/binary"

// ValidRow reports whether a row can be read with a schema of n names without
// going astray: for readers of rows that other programs may have written or
// damaged. The empty row is valid, all its values are null.
func ValidRow(n int, row string) bool {
	if row == "" {
		return true
	}
	width := int(row[0])

	// The number of names is compared by division, as a product could overflow.
	if width != 1 && width != 2 && width != 4 || n < 0 || n > (len(row)-1)/width {
		return false
	}
	cells := row[1+width*n:]
	start := 0
	for i := range n {
		end := offset(row, width, i)

		// Offsets must not go back: a cell would begin behind its end.
		if end < start || end > len(cells) || !validCell(cells[start:end], 0) {
			return false
		}
		start = end
	}

	return start == len(cells)
}

// maxNesting is how deep lists in lists may be in a row of unknown origin.
const maxNesting = 64

func validCell(cell string, depth int) bool {
	if cell == "" {
		return true
	}
	switch cell[0] {
	case tagText:
		return true
	case tagInt:
		return len(cell) == 9
	case tagTrue, tagNot:
		return len(cell) == 1
	case tagList:
		return depth < maxNesting && validItems(cell[1:], depth)
	}

	return false
}

func validItems(body string, depth int) bool {
	for body != "" {
		size, n := binary.Uvarint([]byte(body[:min(len(body), binary.MaxVarintLen32)]))
		if n <= 0 || size > uint64(len(body)-n) || !validCell(body[n:n+int(size)], depth+1) {
			return false
		}
		body = body[n+int(size):]
	}

	return true
}

// AppendReplaced appends the row of a with another value in one slot, without
// reading the other values. The slot is one of its schema.
func AppendReplaced(dst []byte, a Attributes, slot int, v Value) []byte {
	n := a.schema.Len()

	// An empty row stands for all null and has no offsets to move.
	if a.row == "" {
		values := make([]Value, n)
		values[slot] = v
		return AppendRow(dst, n, values)
	}

	width, start := int(a.row[0]), 0
	if slot > 0 {
		start = offset(a.row, width, slot-1)
	}
	end, cells := offset(a.row, width, slot), a.row[1+width*n:]

	// Cells behind the slot move by the difference; they are copied as they are, whatever they hold.
	delta := cellSize(&v) - (end - start)
	wide := offsetWidth(len(cells) + delta)
	dst = append(dst, byte(wide))
	for i := range n {
		at := offset(a.row, width, i)
		if i >= slot {
			at += delta
		}
		dst = appendOffset(dst, wide, at)
	}

	dst = append(dst, cells[:start]...)
	dst = appendCell(dst, v)
	return append(dst, cells[end:]...)
}
