package nonemployee

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/idprofile/engine/identity/isc"
)

// TickResult tells what a [Service.Tick] did.
type TickResult struct {
	Imports   []Job    // that ended, completed or with an error
	Reminders []Record // for which a reminder went out
}

// staleAfter is when an import of another process counts as dead, with a shared store.
const staleAfter = time.Hour

// Tick does what is due at a time: it stores staged imports and sends end date
// reminders. The host calls it now and then, every minute say; calling it more often
// does nothing twice, a missed day is caught up. It is safe for concurrent use.
//
// Errors are those of the store and the directory; an import that failed is no error of
// Tick but has the status ERROR.
func (s *Service) Tick(ctx context.Context, now time.Time) (TickResult, error) {
	c := s.core
	c.tickMu.Lock()
	defer c.tickMu.Unlock()
	c.mu.Lock()
	if now.After(c.ticked) {
		c.ticked = now
	}
	c.mu.Unlock()

	var out TickResult
	err := c.runImports(ctx, now, &out)
	return out, errors.Join(err, c.remind(ctx, now, &out))
}

func (c *core) runImports(ctx context.Context, now time.Time, out *TickResult) error {
	jobs, err := list[Job](ctx, c.store, KindJob, "")
	if err != nil {
		return err
	}

	// In the order of their uploads, since the later one may correct the earlier.
	slices.SortFunc(jobs, func(a, b versioned[Job]) int { return inOrder(a.T.Created, b.T.Created, a.T.ID, b.T.ID) })
	for _, j := range jobs {
		var done *Job
		switch {
		case j.T.Status == JobPending:
			done, err = c.runImport(ctx, now, j)
		case j.T.Status == JobInProgress && (!c.shared || now.Sub(j.T.Modified.Time) > staleAfter):
			// One Tick runs at a time: this is left over from one that could not
			// reach the store.
			done, err = c.failImport(ctx, now, j.T.ID, "the upload did not end")
		}

		if err != nil {
			return err
		}
		if done != nil {
			out.Imports = append(out.Imports, *done)
		}
	}

	return nil
}

// runImport takes a job through IN_PROGRESS to its end. The job is nil when another
// process took it.
func (c *core) runImport(ctx context.Context, now time.Time, j versioned[Job]) (*Job, error) {
	// The records are made in the name of whoever uploaded them.
	actor, clock := Actor{ID: j.T.Actor}, func() time.Time { return now }
	begun := *j.T
	begun.Status, begun.Modified = JobInProgress, At(now)
	// The first commit claims the job, so that two processes with one store do not both
	// run it; what it does comes in a second one, which may fail as a whole.
	taken := false
	err := c.writeAt(ctx, actor, clock, func(t *tx) error {
		cur, version, err := get[Job](ctx, t.store, KindJob, j.T.ID)
		if taken = cur == nil || version != j.version; taken || err != nil {
			return err
		}
		t.put(KindJob, j.T.ID, j.T.SourceID, "", version, &begun)
		return nil
	})

	if err != nil || taken {
		return nil, err
	}

	err = c.writeAt(ctx, actor, clock, func(t *tx) error {
		return t.runJob(&begun, j.version+1)
	})
	if err == nil {
		return c.jobNow(ctx, j.T.ID)
	}

	var refused *isc.Error
	if !errors.As(err, &refused) {
		// The store failed, perhaps for a moment: the upload is over in any case.
		failed, failErr := c.failImport(ctx, now, j.T.ID, "the records could not be stored")
		return failed, cmp.Or(failErr, err)
	}

	return c.failImport(ctx, now, j.T.ID, refused.Text())
}

func (c *core) jobNow(ctx context.Context, id string) (*Job, error) {
	job, _, err := get[Job](ctx, c.store, KindJob, id)
	if job == nil || err != nil {
		return nil, err
	}
	out := *job
	out.Sheet = nil
	return &out, nil
}

func (c *core) failImport(ctx context.Context, now time.Time, id, problem string) (*Job, error) {
	err := c.writeAt(ctx, Actor{}, func() time.Time { return now }, func(t *tx) error {
		job, version, err := get[Job](ctx, t.store, KindJob, id)
		if err != nil || job == nil || !job.open() {
			return err
		}
		t.actor.ID = job.Actor
		t.failJob(versioned[Job]{job, version}, problem)
		return nil
	})

	if err != nil {
		return nil, err
	}
	return c.jobNow(ctx, id)
}

// scan notes up to which state a source was searched for reminders.
type scan struct {
	day     string
	version int64 // of the source's guard
}

// remind sends one mail per source to all its account managers, with the records whose
// reminder day has come: the day, in the tenant zone, of the end date less seven times
// 24 hours (DECISION N28). A day that was missed is caught up until the end date, unless
// the record did not exist on it.
func (c *core) remind(ctx context.Context, now time.Time, out *TickResult) error {
	sources, err := list[Source](ctx, c.store, KindSource, "")
	if err != nil {
		return err
	}
	slices.SortFunc(sources, func(a, b versioned[Source]) int {
		return inOrder(a.T.Created, b.T.Created, a.T.ID, b.T.ID)
	})

	// Only sources that are still there are remembered, or the map would grow for ever.
	live := map[string]scan{}
	for _, s := range sources {
		_, version, err := get[Guard](ctx, c.store, KindGuard, s.T.SourceID)
		if err != nil {
			return err
		}
		this := scan{c.day(now), version}
		// A source that was searched today and has not changed since holds nothing new.
		if c.scanned[s.T.SourceID] != this {
			if err := c.remindSource(ctx, now, s.T, out); err != nil {
				return err
			}
		}

		live[s.T.SourceID] = this
	}

	c.scanned = live
	return nil
}

func (c *core) day(t time.Time) string { return t.In(c.zone).Format(time.DateOnly) }

func (c *core) remindSource(ctx context.Context, now time.Time, s *Source, out *TickResult) error {
	var due []Record
	err := c.writeAt(ctx, Actor{}, func() time.Time { return now }, func(t *tx) error {
		// A transaction may be tried again, so what it has gathered is gathered anew.
		due = nil
		records, err := c.recordsOf(ctx, s.SourceID)
		if err != nil {
			return err
		}
		for _, r := range records {
			if !c.due(now, r.T) {
				continue
			}
			// The note that a reminder went out lies beside the record, so that writing it
			// does not count as a change of the record.
			sent, version, err := get[Reminder](ctx, t.store, KindReminder, r.T.ID)
			if err != nil {
				return err
			}
			if sent != nil && sent.EndDate.Equal(r.T.EndDate.Time) {
				continue
			}
			t.put(KindReminder, r.T.ID, s.SourceID, "", version, &Reminder{r.T.EndDate})
			due = append(due, r.T.clone())
		}

		if len(due) > 0 {
			t.mail(Notification{Template: TemplateReminder, To: slices.Clone(s.AccountManagers), Source: s.lite(),
				Records: due})
		}
		return nil
	})

	// Told only when it is stored: a reminder is sent once.
	if err == nil {
		out.Reminders = append(out.Reminders, due...)
	}
	return err
}

func (c *core) due(now time.Time, r *Record) bool {
	if r.EndDate.IsZero() || now.After(r.EndDate.Time) {
		return false
	}
	day := c.day(r.EndDate.Add(-time.Duration(c.limits.ReminderDays) * 24 * time.Hour))
	return day <= c.day(now) && day >= c.day(r.Created.Time)
}
