package filelog

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"unsafe"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
)

// Forms of the entries of a frame in a log that packs them.
const (
	formPlain   = 'E'
	formS2      = 'S'
	formZstd    = 'Z'
	formOutline = 'O' // no entries, but an outline of them, see [Log.Outline]
)

// maxRatio is how many times larger than itself a packed block may become, so that no
// file makes its reader use more memory than that. What would be larger is not packed.
const maxRatio = 64

// Block is the entries of a frame. Those that were read are in memory; those that were written,
// or that an outline names, are read when somebody asks for an entry.
type Block struct {
	mu   sync.Mutex
	text string // "": not read yet
	src  *source
	at   int64 // of the frame
	end  int64
}

// source is the file that blocks are read from. They have to be in memory before it is closed
// and the log goes on with another one.
type source struct {
	file   File
	unread []*Block // those that may not be in memory
}

// Place is where an entry is in memory. The zero Place is nowhere.
type Place struct {
	block *Block
	at    uint32
}

// Where returns where the frame of the entry begins and ends in the file, and the place of the
// entry in it; ok is false when the frame is not written yet.
func (p Place) Where() (at, end int64, offset uint32, ok bool) {
	if p.block == nil || p.block.end == 0 {
		return 0, 0, 0, false
	}
	return p.block.at, p.block.end, p.at, true
}

// Block returns the block of the entry.
func (p Place) Block() *Block { return p.block }

// Place returns the place of an entry of the block, see [Place.Where].
func (b *Block) Place(offset uint32) Place { return Place{block: b, at: offset} }

// Entry returns the entry. Its body is a view of memory that is not written again.
//
// Error: [ErrDamaged], [fs.ErrClosed], and what the operating system says.
func (p Place) Entry() (kind byte, body string, err error) {
	if p.block == nil {
		return 0, "", fmt.Errorf("%w: no entry", ErrDamaged)
	}
	text, err := p.block.entries()
	if err != nil {
		return 0, "", err
	}
	if int(p.at) >= len(text) {
		return 0, "", fmt.Errorf("%w: %w", ErrDamaged, errMalformed)
	}
	body, _, ok := cutBody(text[p.at+1:])
	if !ok {
		return 0, "", fmt.Errorf("%w: %w", ErrDamaged, errMalformed)
	}
	return text[p.at], body, nil
}

// entries reads the block when it is not in memory.
func (b *Block) entries() (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.text != "" {
		return b.text, nil
	}

	r := reader{file: b.src.file, size: b.end}
	payload, err := r.frame(b.at)
	if err != nil {
		return "", err
	}
	if payload != "" {
		if packed, _, ok := cutBody(payload[1:]); ok && b.unpack(payload[0], packed) == nil {
			return b.text, nil
		}
	}
	return "", fmt.Errorf("%w: what was written at byte %d cannot be read", ErrDamaged, b.at)
}

// readAll takes all blocks into memory that are not there yet.
func (s *source) readAll() {
	for _, b := range s.unread {
		_, _ = b.entries() // whoever asks for an entry is told
	}
	s.unread = nil
}

// unpack makes the entries of what pack has written.
func (b *Block) unpack(form byte, packed string) error {
	switch form {
	case formPlain:
		b.text = packed
	case formS2:
		n, err := s2.DecodedLen(bytesOf(packed))

		// The length that a damaged block claims is not believed: it would take that much memory.
		if err != nil || n > maxRatio*len(packed) {
			return errMalformed
		}
		text, err := s2.Decode(make([]byte, n), bytesOf(packed))
		if err != nil {
			return errMalformed
		}
		b.text = viewOf(text)

	default:
		return errMalformed
	}

	if b.text == "" {
		return errMalformed
	}
	return nil
}

// pack appends entries in the form that they have in a frame.
func pack(dst, entries []byte) []byte {
	// They are packed behind where they go, in the memory of dst: that of the frame before is used again.
	const head = 1 + binary.MaxVarintLen64
	at := len(dst)
	dst = slices.Grow(dst, head+s2.MaxEncodedLen(len(entries)))
	form, packed := byte(formS2), s2.Encode(dst[at+head:cap(dst)], entries)
	if len(packed) >= len(entries) || len(entries) > maxRatio*len(packed) {
		form, packed = formPlain, entries
	}

	dst = binary.AppendUvarint(append(dst[:at], form), uint64(len(packed)))
	return append(dst, packed...)
}

// packOutline appends an outline in the form that it has in a frame: much of it are hashes and
// short numbers, which takes more than looking for repetitions. The fastest level makes it three
// hundredths larger than the next one, in less than half of the time.
func packOutline(dst, body []byte) ([]byte, error) {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithWindowSize(outlineWindow), zstd.WithEncoderCRC(false))
	if err != nil {
		return nil, err
	}
	packed := w.EncodeAll(body, nil)
	if len(body) > maxRatio*len(packed) {
		return pack(dst, body), w.Close()
	}
	dst = binary.AppendUvarint(append(dst, formZstd), uint64(len(packed)))
	return append(dst, packed...), w.Close()
}

// outlineWindow is how far behind repetitions are looked for, and how much memory that takes.
const outlineWindow = 1 << 20

// unpackOutline returns what packOutline was given, or nothing when that cannot be read.
func unpackOutline(payload string) (body string, ok bool) {
	packed, rest, ok := cutBody(payload[1:])
	if !ok || rest != "" || packed == "" {
		return "", false
	}
	form := packed[0]
	text, rest, ok := cutBody(packed[1:])
	if !ok || rest != "" {
		return "", false
	}
	if form != formZstd {
		b := &Block{}
		err := b.unpack(form, text)
		return b.text, err == nil
	}

	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(maxRatio*len(text)+1<<10)),
		zstd.WithDecoderMaxWindow(outlineWindow))
	if err != nil {
		return "", false
	}
	defer r.Close()
	out, err := r.DecodeAll(bytesOf(text), nil)
	return viewOf(out), err == nil
}

func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
