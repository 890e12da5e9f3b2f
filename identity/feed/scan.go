package feed

import "encoding/binary"

const noBlock = -1 << 32 // far before anything in a buffer

const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
	gather   = 0x0002040810204081 // moves the high bits of eight bytes into the top byte
)

// resume returns the marks of the block that the record at the start of d
// begins in. When the block was looked at for the record before, it begins
// before d.
func (r *reader) resume(d []byte) (base int, delims, others uint64) {
	base = r.block - r.pos
	if base+64 <= 0 {
		r.high = 0
		delims, others = r.scan(d)
		return 0, delims, others
	}

	r.high = r.blockHigh
	from := ^uint64(0) << -base
	return base, r.delims & from, r.others & from
}

// past drops the marks before offset start. When nothing of the block at base is
// left, the next block begins at start.
func past(start, base int, delims, others uint64) (int, uint64, uint64) {
	if start >= base+64 {
		return start - 64, 0, 0
	}
	from := ^uint64(0) << (start - base)
	return base, delims & from, others & from
}

// scan marks the first 64 bytes of d, the first byte in the lowest bit: where a
// delimiter begins, and where a line end or a quote may stand. Bytes that d does
// not have are not marked.
func (r *reader) scan(d []byte) (delims, others uint64) {
	// The last block is filled with bytes that are never a mark.
	if len(d) < 64 {
		var pad [64]byte
		for i := copy(pad[:], d); i < 64; i++ {
			pad[i] = 0xFF
		}
		d = pad[:]
	}

	// Eight words at a time, without a branch: the loop over bytes was what reading cost.
	b := (*[64]byte)(d)
	var w [8]uint64
	for i := range w {
		w[i] = binary.LittleEndian.Uint64(b[8*i : 8*i+8])
	}
	delim, lineEnd, quote := r.delim8, r.lineEnd8, r.quote8
	delims = delimiters(w[0]^delim) | delimiters(w[1]^delim)<<8 |
		delimiters(w[2]^delim)<<16 | delimiters(w[3]^delim)<<24 |
		delimiters(w[4]^delim)<<32 | delimiters(w[5]^delim)<<40 |
		delimiters(w[6]^delim)<<48 | delimiters(w[7]^delim)<<56
	others = breaks(w[0], lineEnd, quote) | breaks(w[1], lineEnd, quote)<<8 |
		breaks(w[2], lineEnd, quote)<<16 | breaks(w[3], lineEnd, quote)<<24 |
		breaks(w[4], lineEnd, quote)<<32 | breaks(w[5], lineEnd, quote)<<40 |
		breaks(w[6], lineEnd, quote)<<48 | breaks(w[7], lineEnd, quote)<<56

	// Bytes above ASCII are remembered for the file and for the block: only these need decoding.
	high := w[0] | w[1] | w[2] | w[3] | w[4] | w[5] | w[6] | w[7]
	r.blockHigh = high
	r.high |= high
	return delims, others
}

// delimiters marks the zero bytes of x in the low eight bits.
func delimiters(x uint64) uint64 {
	return ^((x&^highBits + ^uint64(highBits)) | x) & highBits * gather >> 56
}

// breaks marks line ends and quotes. A byte after one of them may be marked as
// well, which costs nothing but a look.
func breaks(word, lineEnd, quote uint64) uint64 {
	return ((word ^ lineEnd - lowBits) | (word ^ quote - lowBits)) &^ word & highBits * gather >> 56
}
