package pipeline

import (
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/idprofile/engine/profile"
)

// KeyUse says what an account, or a component that is called by one, has to do with
// a key.
type KeyUse struct {
	Account string
	Looks   bool // it looks the key up
	Found   bool // identities of it are found by the key
}

// Offers are the candidates of a key.
type Offers struct {
	profile.Candidates
	Best bool // only the best claimant counts
}

// Answer is what came of one key that an account looks up.
type Answer struct {
	Key string
	Offers
}

// merge adds offers; it leaves both as they are.
func (x Offers) merge(limit int, other Offers) Offers {
	sum := Offers{Best: x.Best || other.Best}
	sum.Merge(limit, &x.Candidates)
	sum.Merge(limit, &other.Candidates)
	if sum.Best {
		sum.Candidates.Best()
	}
	return sum
}

func init() {
	beam.RegisterCoder(reflect.TypeFor[KeyUse](), encodeKeyUse, decodeKeyUse)
	beam.RegisterCoder(reflect.TypeFor[Offers](), encodeOffers, decodeOffers)
	beam.RegisterCoder(reflect.TypeFor[Answer](), encodeAnswer, decodeAnswer)
}

func encodeKeyUse(x KeyUse) []byte          { return encoded(&x) }
func decodeKeyUse(b []byte) (KeyUse, error) { return decoded[KeyUse](b) }

func encodeOffers(x Offers) []byte          { return encoded(&x) }
func decodeOffers(b []byte) (Offers, error) { return decoded[Offers](b) }

func encodeAnswer(x Answer) []byte          { return encoded(&x) }
func decodeAnswer(b []byte) (Answer, error) { return decoded[Answer](b) }

func (x *KeyUse) put(w *writer) {
	w.text(x.Account)
	w.bool(x.Looks)
	w.bool(x.Found)
}

func (x *KeyUse) get(r *reader) { x.Account, x.Looks, x.Found = r.Text(), r.bool(), r.bool() }

func (w *writer) claim(c *profile.Claim) {
	w.bool(c.Holds)
	w.int(int64(c.Profile))
	w.time(c.Created)
	w.text(c.SourceID)
	w.text(c.NativeIdentity)
}

func (r *reader) claim() profile.Claim {
	return profile.Claim{Holds: r.bool(), Profile: int(r.Varint()), Created: r.Time(), SourceID: r.Text(),
		NativeIdentity: r.Text()}
}

func (w *writer) candidate(c *profile.Candidate) {
	w.text(c.ID)
	w.text(c.Order)
	w.claim(&c.Claim)
	w.attributes(c.Values)
}

func (r *reader) candidate() profile.Candidate {
	return profile.Candidate{ID: r.Text(), Order: r.Text(), Claim: r.claim(), Values: r.Attributes()}
}

func (x *Offers) put(w *writer) {
	w.uint(uint64(len(x.List)))
	for i := range x.List {
		w.candidate(&x.List[i])
	}
	w.uint(uint64(x.Total))
	w.bool(x.Best)
}

func (x *Offers) get(r *reader) {
	for range r.Count() {
		x.List = append(x.List, r.candidate())
	}
	x.Total, x.Best = int(r.Uvarint()), r.bool()
}

func (x *Answer) put(w *writer) {
	w.text(x.Key)
	x.Offers.put(w)
}

func (x *Answer) get(r *reader) {
	x.Key = r.Text()
	x.Offers.get(r)
}
