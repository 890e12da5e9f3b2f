package filelog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"strings"
)

// errMalformed says that the bytes of a frame are not what [Batch] writes.
var errMalformed = errors.New("malformed entry")

// reader reads the frames of a log up to its last commit.
type reader struct {
	file      io.ReaderAt
	size      int64
	pack      bool
	src       *source // of the blocks
	replay    func(kind byte, body string, at Place) error
	done      func(end int64) error // hears of each batch; may be nil
	committed int64                 // end of the last batch that counts
	batch     []waiting
	whole     bool // of the last batch only the commit is missing

	outline string // payload of the one behind the last batch
	torn    bool   // there is the beginning of one

	skims   bool // nothing is replayed, so that no memory is needed for it
	scratch []byte
}

// waiting is the payload of a frame that waits for the commit of its batch.
type waiting struct {
	payload string
	at      int64
}

// read takes in each batch that counts.
func (r *reader) read() error {
	r.committed = magicSize
	at, followed := r.committed, false
	for at < r.size {
		// A payload that cannot be read ends the loop; whether that is damage is judged when
		// everything before it counts.
		payload, err := r.frame(at)
		if err != nil {
			return err
		}
		if payload == "" {
			break
		}
		own, end := at, at+frameHeader+int64(len(payload))
		if r.isOutline(payload) {
			if end == r.size {
				r.outline = strings.Clone(payload)
				return nil
			}
			followed = true // by what nobody has written: it is said, and kept
			break
		}
		at = end
		r.wait(payload, own)

		// A batch counts from its commit on, which names where the batch began: pieces of different
		// batches never count together.
		if start, place, ok := commitOf(payload); ok {
			if start != r.committed || place != own {
				return fmt.Errorf("%w: the batch that ends at byte %d does not follow the one before", ErrDamaged, at)
			}
			if err := r.takeIn(at); err != nil {
				return err
			}
		}
	}

	// Whole frames behind the last commit are a batch that was interrupted.
	if len(r.batch) > 0 {
		if err := r.noteWhole(at); err != nil {
			return err
		}
	}

	if at == r.size {
		return nil
	}
	if err := r.judgeTail(at); err != nil {
		return err
	}

	// An outline that was not written to its end is no loss: it says what the entries say.
	first := make([]byte, 1)
	if err := readAt(r.file, first, min(at+frameHeader, r.size-1)); err != nil {
		return err
	}
	r.torn = !followed && r.size-at > frameHeader && r.isOutline(string(first))
	return nil
}

// isOutline reports whether a payload is that of an outline, behind the last batch.
func (r *reader) isOutline(payload string) bool {
	return r.pack && len(r.batch) == 0 && payload[0] == formOutline
}

// noteWhole finds out whether what follows the entries of a batch is the beginning of
// its commit and nothing else.
func (r *reader) noteWhole(at int64) error {
	want := frame(appendCommit(make([]byte, frameHeader), r.committed, at))
	if r.size-at >= int64(len(want)) {
		return nil
	}
	rest := make([]byte, r.size-at)
	if err := readAt(r.file, rest, at); err != nil {
		return err
	}
	r.whole = bytes.HasPrefix(want, rest)
	return nil
}

// wait keeps a payload until its batch counts.
func (r *reader) wait(payload string, at int64) {
	if r.skims {
		payload = ""
	}
	r.batch = append(r.batch, waiting{payload, at})
}

// takeIn replays the batch that ends there.
func (r *reader) takeIn(end int64) error {
	if r.skims {
		r.batch, r.committed = r.batch[:0], end
		return nil
	}
	for n, w := range r.batch {
		r.batch[n] = waiting{} // once it is unpacked nobody needs it
		if err := r.payload(w); err != nil {
			return fmt.Errorf("%w: in the batch that ends at byte %d: %w", ErrDamaged, end, err)
		}
	}

	r.batch, r.committed = nil, end
	if r.done != nil {
		return r.done(end)
	}
	return nil
}

// frame returns the payload of the frame at that place, "" when there is no
// intact one.
func (r *reader) frame(at int64) (string, error) {
	var header [frameHeader]byte
	if r.size-at < frameHeader {
		return "", nil
	}
	if err := readAt(r.file, header[:], at); err != nil {
		return "", err
	}
	n := int64(binary.LittleEndian.Uint32(header[:]))
	if n == 0 || n > maxFrame || n > r.size-at-frameHeader {
		return "", nil
	}

	if int64(cap(r.scratch)) < n || !r.skims {
		r.scratch = make([]byte, n)
	}
	payload := r.scratch[:n]
	if err := readAt(r.file, payload, at+frameHeader); err != nil {
		return "", err
	}
	if checksum(payload) != binary.LittleEndian.Uint32(header[4:]) {
		return "", nil
	}
	return viewOf(payload), nil
}

// payload replays the entries of a frame.
func (r *reader) payload(w waiting) error {
	if !r.pack {
		return eachEntry(&Block{text: w.payload}, r.replay)
	}

	return eachEntry(&Block{text: w.payload}, func(form byte, packed string, _ Place) error {
		b := &Block{src: r.src, at: w.at, end: w.at + frameHeader + int64(len(w.payload))}
		if err := b.unpack(form, packed); err != nil {
			return err
		}
		return eachEntry(b, r.replay)
	})
}

// eachEntry calls do for each entry of a block, whose commit it leaves out.
func eachEntry(b *Block, do func(kind byte, body string, at Place) error) error {
	for rest := b.text; rest != ""; {
		kind := rest[0]
		if kind == 0 {
			if isCommit(rest) {
				return nil
			}
			return errMalformed
		}

		at := Place{block: b, at: uint32(len(b.text) - len(rest))}
		body, behind, ok := cutBody(rest[1:])
		if !ok {
			return errMalformed
		}
		if err := do(kind, body, at); err != nil {
			return err
		}
		rest = behind
	}

	return nil
}

// cutBody takes a text off behind its length.
func cutBody(s string) (body, rest string, ok bool) {
	var n uint64
	for i := 0; i < len(s) && i < binary.MaxVarintLen64; i++ {
		n |= uint64(s[i]&0x7f) << (7 * i)
		if s[i] >= 0x80 {
			continue
		}
		s = s[i+1:]
		if n > uint64(len(s)) {
			return "", "", false
		}
		return s[:n], s[n:], true
	}

	return "", "", false
}

func isCommit(s string) bool { return len(s) == commitSize && s[:len(commitMark)] == commitMark }

// commitOf reads the commit at the end of a payload, if it has one. The value of an
// entry may end like a commit; only one behind the last entry is.
func commitOf(payload string) (start, own int64, ok bool) {
	end := len(payload) - commitSize

	// Walked from the front, since only that tells entries from a value that looks like a commit.
	if end < 0 || !isCommit(payload[end:]) {
		return 0, 0, false
	}
	found := false
	for rest := payload; rest != ""; {
		if rest[0] == 0 {
			found = isCommit(rest)
			break
		}

		if _, rest, found = cutBody(rest[1:]); !found {
			break
		}
		found = false
	}

	if !found {
		return 0, 0, false
	}
	start, own = places(payload[end:])
	return start, own, true
}

// places are the numbers of a commit.
func places(commit string) (start, own int64) {
	b := []byte(commit[len(commitMark):commitSize])
	return int64(binary.LittleEndian.Uint64(b)), int64(binary.LittleEndian.Uint64(b[8:]))
}

// judgeTail looks at what begins with a broken frame: it is damage when the commit of its
// batch was written, since everything else of the batch was too.
func (r *reader) judgeTail(at int64) error {
	damaged := fmt.Errorf("%w: what was written at byte %d cannot be read", ErrDamaged, at)

	// A commit with one or two wrong bits is no interrupted write: that leaves the
	// beginning of what was to be written, or zeros.
	if r.size-at >= int64(commitSize) {
		end := make([]byte, commitSize)
		if err := readAt(r.file, end, r.size-int64(commitSize)); err != nil {
			return err
		}
		want := appendCommit(nil, r.committed, at)
		if wrong := wrongBits(end, want); wrong > 0 && wrong <= maxWrongBits && !interrupted(end, want) {
			return damaged
		}
	}

	own, err := r.findCommit(at)
	if err != nil || own < 0 {
		return err
	}
	// A commit in a frame of its own is written when the rest is on the disk. One that
	// shares the frame may arrive before the rest of it, a hole of zeros, does.
	if own == at {
		hole, err := r.hasHole(at)
		if err != nil || hole {
			return err
		}
	}

	return damaged
}

// maxWrongBits is up to how many wrong bits a commit is recognised.
const maxWrongBits = 8

func wrongBits(a, b []byte) int {
	n := 0
	for i := range a {
		n += bits.OnesCount8(a[i] ^ b[i])
	}
	return n
}

// interrupted reports whether got is what is left of want when its beginning or its
// end did not reach the disk.
func interrupted(got, want []byte) bool {
	same := 0
	for same < len(want) && got[same] == want[same] {
		same++
	}
	if len(bytes.Trim(got[same:], "\x00")) == 0 {
		return true
	}
	zero := 0
	for zero < len(got) && got[zero] == 0 {
		zero++
	}
	return bytes.Equal(got[zero:], want[zero:])
}

// findCommit looks behind a broken frame for a commit: that of its batch, or of a later
// one. It returns the place of the frame that the commit names as its own; -1 when there is
// none.
func (r *reader) findCommit(at int64) (own int64, err error) {
	const step = 1 << 20
	buf := make([]byte, step+commitSize)
	for from := at; from < r.size; from += step {
		part := buf[:min(int64(len(buf)), r.size-from)]
		if err := readAt(r.file, part, from); err != nil {
			return -1, err
		}
		for i := 0; ; i++ {
			found := bytes.Index(part[i:], []byte(commitMark))
			if found < 0 || i+found+commitSize > len(part) {
				break
			}
			i += found
			own, ok, err := r.vouches(part[i:i+commitSize], from+int64(i), at)
			if err != nil || ok {
				return own, err
			}
		}
	}

	return -1, nil
}

// vouches reports whether what looks like a commit at a place is one: of the broken
// frame, or of an intact one behind it. The text of an entry may look so too.
func (r *reader) vouches(commit []byte, place, broken int64) (own int64, ok bool, err error) {
	start, own := places(string(commit))
	if start < r.committed || own < max(start, broken) || own > place-frameHeader {
		return -1, false, nil
	}
	if own == broken {
		return own, start == r.committed, nil
	}
	payload, err := r.frame(own)
	if err != nil {
		return -1, false, err
	}
	return own, own+frameHeader+int64(len(payload)) == place+int64(commitSize), nil
}

// sector is the smallest piece that a disk writes at once.
const sector = 512

// hasHole reports whether a sector behind that place is all zeros.
func (r *reader) hasHole(at int64) (bool, error) {
	buf, zeros := make([]byte, sector), make([]byte, sector)
	for from := (at + sector - 1) / sector * sector; from+sector <= r.size; from += sector {
		if err := readAt(r.file, buf, from); err != nil {
			return false, err
		}
		if bytes.Equal(buf, zeros) {
			return true, nil
		}
	}

	return false, nil
}
