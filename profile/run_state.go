package profile

import (
	"strings"

	"github.com/idprofile/engine/identity"
)

// runState is what a run notes at an identity for the next one, the
// [identity.Identity.RunState]: a row whose first two cells are the constants below and
// whose others are values that the population resolved otherwise, under the names of
// their attributes: the uid that somebody else holds, the account value that leads to the
// manager. The name of the first cell is the fingerprints of what the attributes were
// evaluated by, which all identities of a profile share, so that a store has it once.
type runState struct{ identity.Attributes }

const (
	// cellStable: the attributes were the same before, so that a mapping that reads
	// stored values has seen those that are stored now.
	cellStable = iota
	cellErrors // attributes that raised an error, which are evaluated in any case
	cellGiven  // from here on: values
)

func stateOf(i *identity.Identity) runState { return runState{i.RunState} }

// HasErrors reports whether an attribute of an identity could not be calculated by the
// run that evaluated it last.
func HasErrors(i *identity.Identity) bool { return len(stateOf(i).errors()) > 0 }

// unknown reports that nothing is known, so that everything is to be evaluated.
func (s runState) unknown() bool { return s.mappings() == "" }

func (s runState) mappings() string {
	if s.Schema().Len() == 0 {
		return ""
	}
	return s.Schema().Name(cellStable)
}

func (s runState) stable() bool {
	stable, _ := s.At(cellStable).Bool()
	return stable
}

func (s runState) errors() []identity.Value { return s.At(cellErrors).List() }

// given calls use with each value that the population resolved otherwise.
func (s runState) given(use func(attribute string, v identity.Value)) {
	for slot := cellGiven; slot < s.Schema().Len(); slot++ {
		if v := s.At(slot); !v.IsNull() {
			use(s.Schema().Name(slot), v)
		}
	}
}

// stateSchema names the cells of the identities of a profile.
func stateSchema(mappings string, resolved []string) *identity.Schema {
	return identity.NewSchema(append([]string{mappings, "errors"}, resolved...)...)
}

// state makes the note for one identity; given are the values of the attributes that the
// population may resolve, nil when it gave all of them as they were.
func (b *basis) state(stable bool, errors []AttributeError, given []identity.Value) identity.Attributes {
	// Most identities of a profile share one of two notes.
	if len(errors) == 0 && given == nil {
		return b.plain[btoi(stable)]
	}

	cells := make([]identity.Value, cellGiven, cellGiven+len(given))
	cells[cellStable] = identity.BoolValue(stable)
	if len(errors) > 0 {
		names := make([]string, len(errors))
		for n, err := range errors {
			names[n] = err.Attribute
		}
		cells[cellErrors] = identity.StringsValue(names...)
	}

	return identity.Pack(b.note, append(cells, given...))
}

// setNotes makes what the notes of a profile share.
func (b *basis) setNotes(resolved []string, frame string) {
	b.mappings = strings.Join(b.prints, "")
	if b.mappings == "" {
		return // nothing is mapped, so nothing is noted
	}
	b.mappings += frame
	b.note = stateSchema(b.mappings, resolved)
	for n := range b.plain {
		b.plain[n] = identity.Pack(b.note, []identity.Value{identity.BoolValue(n == 1)})
	}
}

// renamed returns a note as if the mappings of b had given the attributes.
func (b *basis) renamed(s runState) identity.Attributes {
	if b.note == nil || s.Schema().Len() == b.note.Len() {
		return identity.FromRow(b.note, s.Row())
	}

	// A note from before there were notes may lack names, so the values are put where they belong.
	cells := make([]identity.Value, b.note.Len())
	cells[cellStable], cells[cellErrors] = s.At(cellStable), s.At(cellErrors)
	s.given(func(attribute string, v identity.Value) {
		if slot, ok := b.note.Slot(attribute); ok {
			cells[slot] = v
		}
	})
	return identity.Pack(b.note, cells)
}
