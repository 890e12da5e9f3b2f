package store

import (
	"maps"
	"slices"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/internal/filelog"
)

// Step is a batch that a [File] holds, see [History].
type Step struct {
	Number int       // from 1; the file that is written anew begins again
	End    int64     // byte of the file
	Now    time.Time // the latest instant that an identity of it was evaluated for; zero: none was
	// Whole: the batch is the first one, so that it is everything that the file held when
	// it was begun or written anew, and not what one run has changed.
	Whole     bool
	Changes   []Change // by identity id
	Left      int      // accounts that became, or were seen, uncorrelated
	Forgotten int      // uncorrelated accounts that are gone
	Decisions int      // of people about matches
}

// Change is an identity before and after a step; nil: there was none, or is none.
type Change struct{ Before, After *identity.Identity }

// ID is the identity's.
func (c *Change) ID() string {
	if c.After != nil {
		return c.After.ID
	}
	return c.Before.ID
}

// History reads a store in a file and calls visit for every step that led to what it holds,
// the oldest first; then it returns the store, opened for reading, which the caller closes.
// A file that is written anew, as happens when most of it is out of date, has one step.
// The identities of a step must not be changed; they are not held after visit returns.
//
// Error: as [ReadFile], and what visit returns.
func History(path string, visit func(s *Step) error) (*File, error) {
	f := &File{Memory: NewMemory(), lists: newLists()}
	h := &history{File: f}
	h.begin()
	o := filelog.Options{ReadOnly: true, Replay: h.replay, Batch: func(end int64) error {
		s := h.step
		s.Number, s.End = h.number+1, end
		s.Whole = h.number == 0
		h.number++

		// A step shows the state before and after its batch, whatever entries the batch had in
		// between.
		for _, id := range slices.Sorted(maps.Keys(h.before)) {
			c := Change{Before: h.before[id], After: f.s.ids[id]}
			if c.Before == nil && c.After == nil {
				continue
			}

			// Steps have no time of their own; the latest evaluation in one is when the run was.
			if c.After != nil && c.After.Evaluated.After(s.Now) {
				s.Now = c.After.Evaluated
			}
			s.Changes = append(s.Changes, c)
		}

		h.begin()
		return visit(&s)
	}}

	if err := f.open(path, o); err != nil {
		return nil, err
	}
	return f, nil
}

// history gathers what a batch changes.
type history struct {
	*File
	number int
	step   Step
	before map[string]*identity.Identity // of those that the batch names
}

func (h *history) begin() {
	h.step, h.before = Step{}, map[string]*identity.Identity{}
}

// replay takes in an entry and remembers what was there before.
func (h *history) replay(kind byte, body string) error {
	b := h.lists.reader(body)
	id := ""
	switch kind {
	case entryIdentity:
		id = b.part().identity().ID
	case entryDelete:
		id = b.Text()
	case entryLoose:
		h.step.Left++
	case entryForget:
		h.step.Forgotten++
	case entryDecision:
		h.step.Decisions++
	}

	if _, seen := h.before[id]; id != "" && !seen {
		h.before[id] = h.s.ids[id]
	}
	return h.File.replay(kind, body)
}
