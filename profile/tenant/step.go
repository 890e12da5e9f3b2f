package tenant

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile"
)

// A tenant with [Options.Resident] processes in steps of a [profile.Session], whose
// tables stay in memory: a mapping change then costs what it changes. A step looks at
// everybody, while processing writes the selected identities alone; so a step that
// would write others is taken back, and the selection is evaluated as ever.

// stepper keeps the session between processings.
type stepper struct {
	session *profile.Session
	store   *stepStore
	serial  uint64 // of the store after the last step
}

// errOthers takes a step back.
var errOthers = errors.New("the step writes identities that are not selected")

// stepStore is the store as a step sees it: without uncorrelated accounts, which
// processing leaves alone.
type stepStore struct {
	withoutLoose
	selected func(i *identity.Identity) bool
}

// Apply implements [identity.Store].
func (s *stepStore) Apply(ctx context.Context, b identity.Batch) error {
	if slices.ContainsFunc(b.Put, func(i *identity.Identity) bool { return !s.selected(i) }) {
		return errOthers
	}
	return s.withoutLoose.Apply(ctx, b)
}

// step processes profiles in a step of the session. Done is false when that is not
// possible; then nothing has happened. It gives the results that changed.
func (t *Tenant) step(ctx context.Context, e *profile.Engine,
	names []string) (changed []*profile.Result, done bool, err error) {
	s := &t.steps

	// A session knows its store by heart; when something else has written to it, a new one begins.
	if s.session == nil || s.serial != t.store.changes() {
		s.store = &stepStore{withoutLoose: withoutLoose{t.store}}
		o := t.runOptions(s.store)
		o.OnUncorrelated, o.OnFinding, o.Lock = nil, nil, nil
		s.session = e.NewSession(s.store, o)
	}

	s.session.Use(e)

	// Where somebody comes from is known only from the results, while the step runs.
	from := map[string]string{} // where identities that move come from
	s.store.selected = func(i *identity.Identity) bool {
		return slices.Contains(names, i.Profile) || slices.Contains(names, from[i.ID])
	}
	_, err = s.session.Aggregate(ctx, t.now(), func(r *profile.Result) {
		if r.Move != nil {
			from[r.Identity.ID] = r.Move.From
		}
		changed = append(changed, r)
	})

	// The step would have changed others than those selected; nothing was written.
	if errors.Is(err, errOthers) {
		return nil, false, nil
	}
	s.serial = t.store.changes()
	return changed, err == nil, err
}

// talliedStore counts what a store holds of each profile, and its changes. All
// changes go through it.
type talliedStore struct {
	identity.Store

	mu     sync.Mutex
	serial uint64
	rows   map[string]profileCount // nil: to be counted
}

// maxTallied is how many identities of a batch are looked up; after a larger one all
// are counted anew.
const maxTallied = 10_000

func (s *talliedStore) changes() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.serial
}

// Apply implements [identity.Store].
func (s *talliedStore) Apply(ctx context.Context, b identity.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(b.Put)+len(b.Delete)+len(b.Uncorrelated)+len(b.Forget) == 0 {
		return s.Store.Apply(ctx, b)
	}

	// The tally follows the batch where that costs less than counting again; it counts again after an
	// error.
	rows := s.rows
	s.serial, s.rows = s.serial+1, nil // an error leaves it open what is there
	if len(b.Put)+len(b.Delete) > maxTallied {
		rows = nil
	}
	if rows != nil {
		after := map[string]*identity.Identity{}
		for _, id := range b.Delete {
			after[id] = nil
		}
		for _, i := range b.Put {
			after[i.ID] = i
		}
		for id, i := range after {
			old, err := s.Get(ctx, id)
			if err != nil && !errors.Is(err, identity.ErrNotFound) {
				return err
			}
			tally(rows, old, -1)
			tally(rows, i, 1)
		}
	}

	if err := s.Store.Apply(ctx, b); err != nil {
		return err
	}
	s.rows = rows
	return nil
}

// tally counts an identity, which may be nil.
func tally(rows map[string]profileCount, i *identity.Identity, n int64) {
	if i == nil {
		return
	}
	row := rows[i.Profile]
	row.identities += n
	if len(i.ExceptionCodes) > 0 {
		row.exceptions += n
	}
	if profile.HasErrors(i) {
		row.errors += n
	}
	rows[i.Profile] = row
}

// profileCount is what is stored of a profile: its identities, those with exceptions,
// and those with attributes that could not be calculated.
type profileCount struct{ identities, exceptions, errors int64 }

// counts gives what is stored of each profile by its name.
func (s *talliedStore) counts(ctx context.Context) (map[string]profileCount, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rows == nil {
		rows := map[string]profileCount{}
		for i, err := range s.All(ctx) {
			if err != nil {
				return nil, err
			}
			tally(rows, i, 1)
		}

		s.rows = rows
	}

	// The caller gets a copy, since the next change of an identity counts on in the map.
	out := make(map[string]profileCount, len(s.rows))
	for name, row := range s.rows {
		out[name] = row
	}
	return out, nil
}
