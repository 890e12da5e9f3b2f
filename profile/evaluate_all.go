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
)

// evaluate gives every identity its attributes, on all workers.
func (p *population) evaluate() error {
	p.lostAccounts()
	if names := len(p.accounts.Names); names > 0 {
		p.rank(uint16(names - 1)) // before workers ask
	}
	p.gatherMoved()
	type part struct{ from, to int }
	parts := make(chan part)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var moved, unsettled []int32
	before := p.attrs.Chunks // workers add to them
	for _, w := range p.writersFor(len(p.people)) {
		wg.Go(func() {
			b := batch{population: p, v: newEvaluator(p.ctx, p.engine, p.env), w: w, keeper: newKeeper(p), before: before}
			for part := range parts {
				if p.failure() != nil {
					continue // so that whoever hands out parts does not wait for ever
				}
				p.fail(guard(b.place, func() { b.evaluate(part.from, part.to) }))
			}
			mu.Lock()
			defer mu.Unlock()
			p.evaluations += b.evaluated
			maps.Copy(p.errors, b.errors)
			moved = append(moved, b.moved...)
			unsettled = append(unsettled, b.unsettled...)
		})
	}
	for from := 0; from < len(p.people) && p.failure() == nil; from += evaluatePart {
		parts <- part{from, min(from+evaluatePart, len(p.people))}
		p.progress("evaluate", from, len(p.people))
	}
	close(parts)
	wg.Wait()
	p.shift(moved...)
	p.reportUnsettled(unsettled)
	return p.failure()
}

// evaluatePart is how many identities a worker takes at a time.
const evaluatePart = 1024

// writersFor returns a writer for each worker: as many as are wanted, and no more than there
// are parts of the work.
func (p *population) writersFor(people int) []*table.Writer {
	workers := min(p.opts.Workers, (people+evaluatePart-1)/evaluatePart)
	for len(p.writers) < workers {
		p.writers = append(p.writers, p.attrs.NewWriter())
	}
	return p.writers[:workers]
}

// reportUnsettled reports, once, identities whose attributes follow from the
// lifecycle state, and the state from them, without end.
func (p *population) reportUnsettled(people []int32) {
	if len(people) == 0 {
		return
	}
	first := slices.MinFunc(people, p.compare)
	p.report(diag.Diagnostic{Severity: diag.Warning, Code: "attributes-unsettled",
		Message: fmt.Sprintf("attributes that read %s, and it by them, still move after %d passes, for %d identities (%s)",
			config.AttrLifecycle, maxLifecyclePasses, len(people), p.aliasOf(first))})
}

// batch evaluates ranges of identities on one goroutine.
type batch struct {
	*population
	v      *evaluator
	w      *table.Writer
	keeper *keeper

	before    [][]byte // chunks with the rows of the last run
	moved     []int32  // identities with another row than before
	evaluated int      // identities
	at        int32    // identity that is evaluated
	accounts  []identity.Account
	row       []byte
	errors    map[int32][]AttributeError
	unsettled []int32 // identities whose attributes still moved in the last pass
}

func (b *batch) evaluate(from, to int) {
	for n := int32(from); n < int32(to); n++ {
		b.at = n
		if !b.people[n].calm || b.population.moved.Has(n) {
			b.one(n)
		}
	}
}

// place names what is being evaluated.
func (b *batch) place() string { return fmt.Sprintf("evaluate identity %q", b.id(b.at)) }

// setRow gives an identity its row of attributes.
func (b *batch) setRow(n int32, row []byte) {
	q := &b.people[n]
	if q.row != 0 {
		if table.RowAt(b.before, q.row) == string(row) {
			return
		}
		b.moved = append(b.moved, n)
	}
	q.row = b.w.Add(row)
}

func (b *batch) one(n int32) {
	needs := b.keeper.needs(n)
	if needs != nil && needs.none {
		if q := &b.people[n]; q.row != 0 {
			q.calm = true
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
	if needs != nil {
		b.keeper.kept(n, needs, x)
	}
	if needs == nil || !needs.none {
		b.evaluated++
	}
	x.promote()
	if x.unsettled {
		b.unsettled = append(b.unsettled, n)
	}
	b.row = identity.AppendRow(b.row[:0], len(x.values), x.values)
	b.setRow(n, b.row)
	delete(b.errors, n)
	if len(x.errors) > 0 {
		if b.errors == nil {
			b.errors = map[int32][]AttributeError{}
		}
		b.errors[n] = slices.Clone(x.errors)
	}
}
