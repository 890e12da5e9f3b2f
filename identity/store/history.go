package store

import (
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
	f := newFile()
	h := &history{File: f, visit: visit}
	if err := f.open(path, filelog.Options{ReadOnly: true, Replay: h.replay, Batch: h.replayed}); err != nil {
		return nil, err
	}
	return f, nil
}

// history gathers what a batch changes.
type history struct {
	*File
	visit  func(s *Step) error
	number int
	step   Step
}

// replay takes in an entry and counts what it is.
func (h *history) replay(kind byte, body string, at filelog.Place) error {
	switch kind {
	case entryLoose, entryAccount:
		h.step.Left++
	case entryForget:
		h.step.Forgotten++
	case entryDecision:
		h.step.Decisions++
	}
	return h.File.replay(kind, body, at)
}

// replayed shows the state before and after the batch, whatever entries the batch had in
// between.
func (h *history) replayed(end int64) error {
	s := h.step
	h.number++
	s.Number, s.End, s.Whole = h.number, end, h.number == 1
	h.step = Step{}

	list, lists := sortRecords(h.run), h.lists.fixed()
	for _, r := range list {
		before, had := h.s.find(r.id)
		if r.gone() && !had {
			continue
		}
		c, err := changeOf(lists, before, r)
		if err != nil {
			return err
		}

		// Steps have no time of their own; the latest evaluation in one is when the run was.
		if c.After != nil && c.After.Evaluated.After(s.Now) {
			s.Now = c.After.Evaluated
		}
		s.Changes = append(s.Changes, c)
	}

	if err := h.File.replayed(end); err != nil {
		return err
	}
	return h.visit(&s)
}

// changeOf reads what two records are about; of those that are gone nothing.
func changeOf(l *lists, before, after record) (c Change, err error) {
	if !before.gone() {
		if c.Before, err = l.personAt(before); err != nil {
			return c, err
		}
	}
	if !after.gone() {
		c.After, err = l.personAt(after)
	}
	return c, err
}
