package profile

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/table"
	"github.com/idprofile/engine/transform"
)

// calculator is phase 3: it gives identities their attributes.
type calculator struct {
	*tables
	writers     []*table.Writer // by worker
	writer      *table.Writer   // of the second pass
	evaluations int             // identities that were evaluated
	narrowed    *narrowed       // of whom what is needed; nil: all of everybody
}

// evaluate gives every identity its attributes, on all workers.
func (calc *calculator) evaluate() error {
	calc.knowRanks()
	parts := make(chan []int32)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var rowsChanged, unsettled, full []int32
	calc.excess.Store(0)

	// Workers write rows into chunks of their own; what is read meanwhile are those from before.
	before := calc.rows.Chunks // workers add to them
	for _, w := range calc.writersFor(len(calc.people)) {
		wg.Go(func() {
			b := batch{tables: calc.tables, v: newEvaluator(calc.ctx, calc.engine, calc.env), w: w,
				keeper: newKeeper(calc.tables), before: before, narrowed: calc.narrowed}
			for part := range parts {
				if calc.failure() != nil {
					continue // so that whoever hands out parts does not wait for ever
				}
				calc.fail(guard(b.place, func() { b.evaluate(part) }))
			}

			// What a worker has found joins the rest when it is done, so there is one lock for each
			// worker and not for each person.
			mu.Lock()
			defer mu.Unlock()
			calc.evaluations += b.evaluated
			maps.Copy(calc.errors, b.errors)
			rowsChanged = append(rowsChanged, b.rowsChanged...)
			unsettled, full = append(unsettled, b.unsettled...), append(full, b.full...)
		})
	}

	// Who was made and turned out to be somebody else is none of those that are counted.
	made := func(part []int32) (n int) {
		for _, p := range part {
			if !calc.people[p].unmade {
				n++
			}
		}
		return n
	}
	order := calc.toEvaluate()
	evaluated, total := 0, made(order)
	for part := range slices.Chunk(order, evaluatePart) {
		if calc.failure() != nil {
			break
		}
		parts <- part
		calc.progress("evaluate", evaluated, total)
		evaluated += made(part)
	}

	close(parts)
	wg.Wait()
	calc.markChanged(rowsChanged...)
	calc.reportUnsettled(unsettled)
	calc.reportFull(full)
	return calc.withinLimit()
}

// reportFull reports, once, identities with a value that was not kept.
func (calc *calculator) reportFull(people []int32) {
	if len(people) == 0 {
		return
	}
	calc.report(calc.fullFinding(len(people), calc.aliasOf(slices.MinFunc(people, calc.compare))))
}

func (r *Run) fullFinding(people int, first string) diag.Diagnostic {
	limits := r.opts.Limits.OrDefaults()
	return diag.Diagnostic{Severity: diag.Error, Code: codeTextLimit,
		Message: fmt.Sprintf("values are not kept because they hold more text than one may (%d bytes), or all of one identity (%d bytes), "+
			"for %d identities (%s)", limits.Value, limits.Identity, people, first)}
}

// withinLimit returns why the run ends, if it does. What all rows hold does not depend on the
// order of the work, nor does what is said of it.
func (calc *calculator) withinLimit() error {
	d, err := calc.beyondFinding(calc.excess.Load())
	if err == nil {
		return calc.failure()
	}
	calc.report(d)
	return err
}

// beyondFinding says why a run ends whose rows hold so many bytes beyond what is free; nil
// when they may.
func (r *Run) beyondFinding(excess int64) (d diag.Diagnostic, err error) {
	limit := r.opts.Limits.OrDefaults().Run
	if excess <= limit {
		return d, nil
	}
	d = diag.Diagnostic{Severity: diag.Error, Code: codeTextLimitRun,
		Message: fmt.Sprintf("the attributes of all identities hold more text than a run may: %d bytes beyond %d for each",
			limit, transform.FreeText)}
	return d, fmt.Errorf("%w: %s", transform.ErrLimit, d.Message)
}

// evaluatePart is how many identities a worker takes at a time.
const evaluatePart = 1024

// writersFor returns a writer for each worker: as many as are wanted, and no more than there
// are parts of the work.
func (calc *calculator) writersFor(people int) []*table.Writer {
	workers := min(calc.opts.Workers, (people+evaluatePart-1)/evaluatePart)
	for len(calc.writers) < workers {
		calc.writers = append(calc.writers, calc.rows.NewWriter())
	}
	return calc.writers[:workers]
}

// reportUnsettled reports, once, identities whose attributes follow from the
// lifecycle state, and the state from them, without end.
func (calc *calculator) reportUnsettled(people []int32) {
	if len(people) == 0 {
		return
	}
	first := slices.MinFunc(people, calc.compare)
	calc.report(unsettledFinding(len(people), calc.aliasOf(first)))
}

func unsettledFinding(people int, first string) diag.Diagnostic {
	return diag.Diagnostic{Severity: diag.Warning, Code: codeAttributesUnsettled,
		Message: fmt.Sprintf("attributes that read %s, and it by them, still move after %d passes, for %d identities (%s)",
			config.AttrLifecycle, maxLifecyclePasses, people, first)}
}

// batch evaluates ranges of identities on one goroutine.
type batch struct {
	*tables
	v      *evaluator
	w      *table.Writer
	keeper *keeper

	before      [][]byte // chunks with the rows of the last run
	rowsChanged []int32  // identities with another row than before
	evaluated   int      // identities
	at          int32    // identity that is evaluated
	accounts    []identity.Account
	row         []byte
	errors      map[int32][]AttributeError
	unsettled   []int32 // identities whose attributes still moved in the last pass
	full        []int32 // identities with a value that was not kept
	excess      int64   // bytes of rows beyond what is free
	narrowed    *narrowed
}

func (b *batch) evaluate(part []int32) {
	touch := func(people []int32) byte { return b.touch(people) + b.touchRowsIn(b.before, people) }
	for n := range ahead(part, touch) {
		b.at = n
		if !b.people[n].upToDate || b.changed.Has(n) {
			b.one(n)
		}
		if b.excess > 0 && b.beyondLimit() {
			return
		}
	}
}

// beyondLimit adds what rows hold to that of all workers, and reports whether the run ends.
func (b *batch) beyondLimit() bool {
	total := b.tables.excess.Add(b.excess)
	b.excess = 0
	if total <= b.v.limits.Run {
		return false
	}
	b.fail(transform.ErrLimit)
	return true
}

// place names what is being evaluated.
func (b *batch) place() string { return fmt.Sprintf("evaluate identity %q", b.id(b.at)) }

// setRow gives an identity its row of attributes.
func (b *batch) setRow(n int32, row []byte) {
	q := &b.people[n]
	b.excess += int64(max(len(row)-transform.FreeText, 0))
	switch {
	case q.row != 0:
		if table.RowAt(b.before, q.row) == string(row) {
			return
		}
		b.rowsChanged = append(b.rowsChanged, n)

	case b.resumed && b.wasStored(n):
		if old, schema := b.storedRow(n), b.engine.profiles[q.profile].schema; slices.Equal(old.Schema().Names(), schema.Names()) &&
			old.Row() == string(row) {
			return
		}
		b.rowsChanged = append(b.rowsChanged, n)
	}

	q.row = b.w.Add(row)
}

func (b *batch) one(n int32) {
	needs := b.keeper.needs(n)

	// Nothing it rests on has changed: its row is still there, or can be had from what is stored.
	if needs != nil && needs.none {
		if q := &b.people[n]; q.row != 0 || b.resumed {
			q.upToDate = true
			return
		}

		if row, ok := b.keeper.all(n); ok {
			b.setRow(n, row)
			return
		}
	}

	b.accounts = b.appendAccounts(b.accounts[:0], n)
	x := b.prepare(b.v, n, b.accounts)
	if x == nil {
		b.people[n].row = 0
		return
	}

	// Some attributes are taken over from the store, and the others see them as evaluated.
	if needs != nil {
		b.keeper.kept(n, needs, x)
	}
	if needs == nil || !needs.none {
		b.evaluated++
	}
	if b.narrowed != nil && b.narrowed.person != n && x.profile.profile.Enabled {
		x.some(b.narrowed.slots[x.profile.rank])
	} else {
		x.promote()
	}
	if x.unsettled {
		b.unsettled = append(b.unsettled, n)
	}
	if x.full {
		b.full = append(b.full, n)
	}
	b.row = identity.AppendRow(b.row[:0], len(x.values), x.values)
	b.setRow(n, b.row)

	// An error of an earlier run is over.
	delete(b.errors, n)
	if len(x.errors) > 0 {
		if b.errors == nil {
			b.errors = map[int32][]AttributeError{}
		}
		b.errors[n] = slices.Clone(x.errors)
	}
}

// evaluateReaders evaluates the readers of other identities once more, now that all have
// values.
func (calc *calculator) evaluateReaders() error {
	calc.resolved.swept = true
	calc.excess.Store(0)
	b := batch{tables: calc.tables, v: newEvaluator(calc.ctx, calc.engine, calc.env), w: calc.writer,
		keeper: newKeeper(calc.tables), errors: calc.errors, before: calc.rows.Chunks}
	for n := range calc.people {
		if rank := calc.people[n].profile; rank >= 0 && calc.engine.profiles[rank].others {
			b.one(int32(n))
		}
		if b.excess > 0 && b.beyondLimit() {
			break
		}
	}

	calc.markChanged(b.rowsChanged...)
	return calc.withinLimit()
}

// gatherChanged notes the identities whose accounts are not those of the last run.
func (t *tables) gatherChanged() {
	if t.fullRun {
		return
	}
	for n := range t.state {
		if st := &t.state[n]; (st.difference != noDifference || st.presence == isNew) && st.owner >= 0 {
			t.markChanged(st.owner)
		} else if st.rewritten && st.owner >= 0 {
			t.markResult(st.owner)
		}
	}

	for n := range t.people {
		if t.people[n].linksChanged || n >= len(t.stored) {
			t.markChanged(int32(n))
		}
	}
}

// narrowed is what is calculated of everybody where one person is explained: by rank of the
// profile, the attributes that decide who holds a uid and who is a manager. nil: all.
type narrowed struct {
	person int32
	slots  [][]int
}
