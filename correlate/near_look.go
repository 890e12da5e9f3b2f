package correlate

import (
	"bytes"
	"unicode/utf8"
	"unsafe"

	"github.com/idprofile/engine/correlate/internal/strsim"
)

// nearLook is an identity whose value is looked for, with what the steps of that have found.
type nearLook struct {
	identity     int32
	text         string
	form, sorted []byte
	exact, other int32 // numbers of the two forms; -1: no query has one, or it is the same
	hashes       int   // end of its hashes in those of all
	places       int   // end of its places in the edit table in those of all
}

// looksAtOnce is how many identities are looked for together: so many that what they need may be
// on its way at once, and so few that it is still there when they come to it.
const looksAtOnce = 32

// gather adds an identity to those that are looked for next.
func (s *nearSearch) gather(n int32) {
	text := s.read(n).Text()
	form, sorted := s.of(text)
	if len(form) == 0 {
		return
	}
	s.looks = s.looks[:len(s.looks)+1]
	l := &s.looks[len(s.looks)-1]
	l.identity, l.text, l.form, l.sorted = n, text, append(l.form[:0], form...), l.sorted[:0]
	if !bytes.Equal(form, sorted) {
		l.sorted = append(l.sorted, sorted...)
	}
}

// lookAll offers identities to the queries that are near to them, in their order.
func (s *nearSearch) lookAll() {
	s.hashes = s.hashes[:0]
	for i := range s.looks {
		l := &s.looks[i]
		l.exact, l.other = s.forms.find(l.form), -1
		if len(l.sorted) > 0 {
			l.other = s.forms.find(l.sorted)
		}
	}

	// Nearly all hashes are of nobody, which the bitset tells.
	for i := range s.looks {
		l := &s.looks[i]
		if utf8.RuneCount(l.form) >= shortest {
			s.left = withoutOne(s.left[:0], l.form)
			for _, h := range s.left {
				if s.edits.maybe.has(h) {
					s.hashes = append(s.hashes, editHash{hash: h})
				}
			}
		}
		l.hashes = len(s.hashes)
	}
	for i := range s.hashes {
		h := &s.hashes[i]
		g := s.edits.group(h.hash)
		h.start, h.end = s.edits.starts[g], s.edits.starts[g+1]
	}

	// A group may have a pair of each query, until those that have enough are dropped from it.
	hash := 0
	for looks := s.looks; len(looks) > 0; {
		s.places = s.places[:0]
		some := 0
		for ; some < len(looks) && len(s.places) <= manyPlaces; some++ {
			l := &looks[some]
			for ; hash < l.hashes; hash++ {
				h := &s.hashes[hash]
				s.places = s.edits.find(s.places, h.hash, h.start, h.end)
			}
			l.places = len(s.places)
		}

		place := 0
		for k := range looks[:some] {
			l := &looks[k]
			s.look(l.exact, l.identity, l.text)
			s.look(l.other, l.identity, l.text)
			s.lookEdits(l, s.places[place:l.places])
			place = l.places
		}
		looks = looks[some:]
	}
	s.looks = s.looks[:0]
}

// manyPlaces are too many to be gathered for more identities.
const manyPlaces = 4096

// editHash is the hash of an identity without a character, and where the pairs of its group stand.
type editHash struct {
	hash       uint64
	start, end int32
}

// look offers an identity to the queries with a loose form; -1: there is none.
func (s *nearSearch) look(form, n int32, text string) {
	if form < 0 {
		return
	}
	before := int32(0)
	for at := s.exact[form]; at != 0; at = s.chain[at].next {
		query := s.chain[at].query
		if q := s.queries.at(query); q.light < maxNear && q.seen < maxSpellings {
			s.offer(query, n, text)
			before = at
			continue
		}

		// Nothing later can be nearer, so that the query need not be found any more.
		if before != 0 {
			s.chain[before].next = s.chain[at].next
		} else {
			s.exact[form] = s.chain[at].next
		}
	}
}

// lookEdits offers an identity to the queries at some places that are one edit away.
func (s *nearSearch) lookEdits(l *nearLook, places []int32) {
	for _, at := range places {
		one := &s.edits.list[at]
		if *one == s.edits.gone() {
			continue
		}
		query := s.edits.query(*one)
		q := s.queries.at(query)
		if q.edits >= maxNear { // identities come in order, so the first ones stay
			*one = s.edits.gone()
			continue
		}
		if q.last != l.identity && strsim.OneEdit(bytesView(l.form), bytesView(s.forms.at(q.form))) {
			s.offer(query, l.identity, l.text)
		}
	}
}

// bytesView returns bytes, which must not be changed, as a text.
func bytesView(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
