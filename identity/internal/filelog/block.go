package filelog

import (
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
	"unsafe"

	"github.com/klauspost/compress/s2"
)

// Forms of the entries of a frame in a log that packs them.
const (
	formPlain = 'E'
	formS2    = 'S'
)

// maxRatio is how many times larger than itself a packed block may become, so that no
// file makes its reader use more memory than that. What would be larger is not packed.
const maxRatio = 64

// Block is the entries of a frame. Blocks that were just written stay packed until somebody
// asks for an entry.
type Block struct {
	mu     sync.Mutex
	form   byte
	packed string
	text   string // "": not unpacked yet
}

// Place is where an entry is in memory. The zero Place is nowhere.
type Place struct {
	block *Block
	at    uint32
}

// Entry returns the entry. Its body is a view of memory that is not written again.
//
// Error: [ErrDamaged].
func (p Place) Entry() (kind byte, body string, err error) {
	if p.block == nil {
		return 0, "", fmt.Errorf("%w: no entry", ErrDamaged)
	}
	text, err := p.block.entries()
	if err != nil {
		return 0, "", fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	body, _, ok := cutBody(text[p.at+1:])
	if !ok {
		return 0, "", fmt.Errorf("%w: %w", ErrDamaged, errMalformed)
	}
	return text[p.at], body, nil
}

// entries unpacks the block when it was not yet.
func (b *Block) entries() (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.text == "" {
		if err := b.unpack(b.form, b.packed); err != nil {
			return "", err
		}
		b.packed = ""
	}
	return b.text, nil
}

// unpack makes the entries of what pack has written.
func (b *Block) unpack(form byte, packed string) error {
	switch form {
	case formPlain:
		b.text = packed
	case formS2:
		n, err := s2.DecodedLen(bytesOf(packed))
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

// pack appends entries in the form that they have in a frame, which the block keeps.
func (b *Block) pack(dst, entries []byte) []byte {
	b.form, b.packed = formS2, ""
	packed := s2.Encode(nil, entries)
	if len(packed) >= len(entries) || len(entries) > maxRatio*len(packed) {
		b.form, packed = formPlain, entries
	}

	b.packed = strings.Clone(viewOf(packed))
	dst = binary.AppendUvarint(append(dst, b.form), uint64(len(packed)))
	return append(dst, packed...)
}

func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
