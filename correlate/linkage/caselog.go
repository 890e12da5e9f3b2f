package linkage

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"github.com/idprofile/engine/identity"
)

// Cases that are kept in a store are its log of decisions: one event is one entry.

// Log is where decisions are read from; every [identity.Store] is one.
type Log interface {
	Decisions(ctx context.Context, after int) iter.Seq2[identity.Decision, error]
}

// Load takes in what a log has beyond what Load or [Cases.Saved] know of it already.
// Events that were applied here must have been saved before.
func (c *Cases) Load(ctx context.Context, log Log) error {
	// Numbers of the log would not be those of the events here.
	if c.saved != len(c.log) {
		return fmt.Errorf("%d events are not saved yet", len(c.log)-c.saved)
	}
	for d, err := range log.Decisions(ctx, c.saved) {
		if err != nil {
			return err
		}
		var e Event
		if err = json.Unmarshal([]byte(d.Event), &e); err == nil {
			err = c.Apply(e)
		}
		if err != nil {
			return fmt.Errorf("decision %d: %w", d.Number, err)
		}
		c.saved++
	}

	return nil
}

// Unsaved returns the events that [Cases.Saved] does not know of, as the batch of a store
// takes them.
func (c *Cases) Unsaved() ([]identity.Decision, error) {
	var list []identity.Decision
	for n := c.saved; n < len(c.log); n++ {
		text, err := json.Marshal(&c.log[n])
		if err != nil {
			return nil, err
		}
		list = append(list, identity.Decision{Number: n + 1, Event: string(text)})
	}

	return list, nil
}

// Saved notes that a store has taken the events that [Cases.Unsaved] has returned.
func (c *Cases) Saved() { c.saved = len(c.log) }

// Save appends the events that a store does not have yet to its log, all of them or none.
//
// Error: [identity.ErrConflict] when somebody else has appended meanwhile; whoever gets it
// loads the cases anew and decides again.
func (c *Cases) Save(ctx context.Context, s identity.Store) error {
	list, err := c.Unsaved()
	if err != nil || len(list) == 0 {
		return err
	}
	if err := s.Apply(ctx, identity.Batch{Decisions: list}); err != nil {
		return err
	}
	c.Saved()
	return nil
}

// Add applies the events that are not in the log yet, in their order, and returns how many
// these were: a file of decisions may be added again when it has grown.
func (c *Cases) Add(events ...Event) (added int, err error) {
	if len(events) == 0 {
		return 0, nil
	}

	// Events have no number of their own. One is known by all that it says, which also holds for a
	// file that two people have edited.
	known := make(map[string]bool, len(c.log))
	for n := range c.log {
		text, err := json.Marshal(&c.log[n])
		if err != nil {
			return 0, err
		}
		known[string(text)] = true
	}

	for _, e := range events {
		text, err := json.Marshal(&e)
		if err != nil {
			return added, err
		}
		if known[string(text)] {
			continue
		}
		if err := c.Apply(e); err != nil {
			return added, err
		}
		added++
	}

	return added, nil
}

// Effects returns the pairs whose decision has given an account another identity, in the
// order of their records: the last event Applied of each that no Reverted has followed.
func (c *Cases) Effects() []Event {
	out := make([]Event, 0, len(c.effects))
	for _, e := range c.effects {
		out = append(out, e)
	}
	sortEvents(out)
	return out
}

// Effect returns the event Applied of a pair, see [Cases.Effects].
func (c *Cases) Effect(a, b RecordKey) (Event, bool) {
	e, ok := c.effects[caseKey{a, b}]
	return e, ok
}
