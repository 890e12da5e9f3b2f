package identity

import (
	"encoding/binary"
	"unsafe"
)

// chunkSize is how many bytes a [Packer] allocates at a time. A chunk lives as
// long as one of its rows does.
const chunkSize = 64 << 10

// Packer packs one row after another, cell by cell, for readers of large files.
// Rows of many accounts share chunks of memory, so that packing a row allocates
// nothing of its own. The rows are those of [Pack]. A Packer belongs to one
// goroutine; the attributes it returns are shared freely. The zero Packer is
// ready to use.
type Packer struct {
	cells []byte
	ends  []int
	chunk []byte
}

// Null adds a null cell.
func (p *Packer) Null() { p.ends = append(p.ends, len(p.cells)) }

// Text adds a text cell. The text is copied, so it may be a view of a buffer.
func (p *Packer) Text(s string) {
	p.cells = append(append(p.cells, tagText), s...)
	p.ends = append(p.ends, len(p.cells))
}

// Value adds a cell with any value.
func (p *Packer) Value(v Value) {
	p.cells = appendCell(p.cells, v)
	p.ends = append(p.ends, len(p.cells))
}

// List adds a cell with an empty list. [Packer.Item] fills it.
func (p *Packer) List() {
	p.cells = append(p.cells, tagList)
	p.ends = append(p.ends, len(p.cells))
}

// Item appends a text to the list that [Packer.List] added last. Calling it
// after another kind of cell does nothing.
func (p *Packer) Item(s string) {
	last := len(p.ends) - 1
	if last < 0 || p.last() != tagList {
		return
	}
	p.cells = binary.AppendUvarint(p.cells, uint64(1+len(s)))
	p.cells = append(append(p.cells, tagText), s...)
	p.ends[last] = len(p.cells)
}

// last returns the tag of the last cell.
func (p *Packer) last() byte {
	start := 0
	if len(p.ends) > 1 {
		start = p.ends[len(p.ends)-2]
	}
	if start == len(p.cells) {
		return 0
	}
	return p.cells[start]
}

// Pack returns the cells added since the last call as attributes of that
// schema: one cell for each slot, in order. Missing cells are null, surplus
// ones are dropped.
func (p *Packer) Pack(schema *Schema) Attributes {
	n := schema.Len()

	// A row of a table may end early.
	for len(p.ends) < n {
		p.Null()
	}
	size := 0
	if n > 0 {
		size = p.ends[n-1]
	}

	// Offsets are as wide as the whole needs: one byte each in most rows.
	width := offsetWidth(size)
	total := 1 + width*n + size

	// Rows share chunks; a chunk is kept as long as one of its rows is.
	if cap(p.chunk)-len(p.chunk) < total {
		p.chunk = make([]byte, 0, max(chunkSize, total))
	}
	start := len(p.chunk)
	row := append(p.chunk, byte(width))
	for _, end := range p.ends[:n] {
		row = appendOffset(row, width, end)
	}
	row = append(row, p.cells[:size]...)
	p.chunk, p.cells, p.ends = row, p.cells[:0], p.ends[:0]
	return Attributes{schema, unsafe.String(&row[start], total)}
}

// offsetWidth is the number of bytes of an offset in a row with cells of that
// size.
func offsetWidth(size int) int {
	switch {
	case size < 1<<8:
		return 1
	case size < 1<<16:
		return 2
	}

	return 4
}

func appendOffset(dst []byte, width, end int) []byte {
	switch width {
	case 1:
		return append(dst, byte(end))
	case 2:
		return binary.LittleEndian.AppendUint16(dst, uint16(end))
	}

	return binary.LittleEndian.AppendUint32(dst, uint32(end))
}
