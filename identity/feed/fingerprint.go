package feed

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"

	"github.com/idprofile/engine/identity/diag"
)

// readingVersion is part of all fingerprints: it goes up when the same text gives another account.
const readingVersion = 1

// fingerprints makes those of the accounts of a file. Each begins with what decides about the
// meaning of all texts, which is worked out once.
type fingerprints struct {
	seed  uint64
	begun bool
}

// of returns the fingerprint of a text in UTF-8; never 0.
func (f *fingerprints) of(text []byte, settings func(io.Writer)) uint64 {
	if !f.begun {
		h := sha256.New()
		fmt.Fprintf(h, "%d ", readingVersion)
		settings(h)
		f.seed, f.begun = binary.LittleEndian.Uint64(h.Sum(nil)), true
	}

	return max(1, hash(text, f.seed))
}

// settingsOfAccounts writes what decides which account is made of given values.
func (r *Reading) settingsOfAccounts(w io.Writer) {
	o := r.Options
	fmt.Fprintf(w, " %q %q %+v %q %q %q %q %v %v %v", r.source, o.ID, o.Attributes, o.NativeIdentity, o.DisplayName, r.stableNames(),
		o.Separator, o.FirstColumn, o.KeepEmpty, o.KeepUnknown)
}

// recognized reports whether an account need not be read, which counts as seen.
func (r *Reading) recognized(id string, fingerprint uint64, pos diag.Pos) bool {
	if fingerprint == 0 || !r.known(id, fingerprint) {
		return false
	}
	r.checkDuplicate(id, pos)
	return true
}

// hash returns a hash of a text, the same in every process.
func hash(text []byte, seed uint64) uint64 {
	const k0, k1, k2 = 0xa0761d6478bd642f, 0xe7037ed1a0b428db, 0x8ebc6af09c88c6e3
	mix := func(a, b uint64) uint64 {
		hi, lo := bits.Mul64(a, b)
		return hi ^ lo
	}

	// Two lanes, so that one multiplication does not wait for the other.
	h, g, n := seed^k0, seed^k1, uint64(len(text))
	for len(text) > 32 {
		h = mix(binary.LittleEndian.Uint64(text)^k1, binary.LittleEndian.Uint64(text[8:])^h)
		g = mix(binary.LittleEndian.Uint64(text[16:])^k2, binary.LittleEndian.Uint64(text[24:])^g)
		text = text[32:]
	}

	var last [32]byte
	copy(last[:], text)
	h = mix(binary.LittleEndian.Uint64(last[:])^k1, binary.LittleEndian.Uint64(last[8:])^h)
	g = mix(binary.LittleEndian.Uint64(last[16:])^k2, binary.LittleEndian.Uint64(last[24:])^g)
	return mix(h^k0, g^k2^n)
}
