package transform

import "unsafe"

// Mappings write a date in the form of ISO 8601 for the next operation, which reads it again.
// The scope remembers the last moments that were written like this, by their texts and not by
// what these say: one that is found costs a comparison.

// moment is a text of the scope that tells a moment. It holds for the subject of a round, as
// memory of the scope is not written twice for one.
type moment struct {
	text  string
	ms    int64
	round uint32
}

const (
	moments      = 4  // that are remembered, by the place of the text in memory
	momentLength = 24 // of a text with milliseconds
)

// momentOf returns where a text is remembered.
func (s *Scope) momentOf(text string) *moment {
	return &s.moments[uintptr(unsafe.Pointer(unsafe.StringData(text)))/momentLength%moments]
}

// KeepMoment notes that a text, one that the scope has made for its subject, tells a moment
// in milliseconds since 1970. Texts of another length than that of ISO8601 are not kept.
func (s *Scope) KeepMoment(text string, ms int64) {
	if len(text) == momentLength {
		*s.momentOf(text) = moment{text: text, ms: ms, round: s.round}
	}
}

// Moment returns the moment that the very text was kept with; ok is false when it is
// not known, which says nothing about the text.
func (s *Scope) Moment(text string) (ms int64, ok bool) {
	if len(text) != momentLength {
		return 0, false
	}
	m := s.momentOf(text)
	return m.ms, m.round == s.round && len(m.text) == len(text) && unsafe.StringData(m.text) == unsafe.StringData(text)
}
