package profile

import (
	"cmp"
	"context"
	"fmt"
	"iter"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile/internal/table"
)

// phases takes accounts through a run. Each phase is a struct that owns what only
// it needs; what it hands on is a column of the tables.
type phases struct {
	*tables
	reader     reader
	linker     linker
	calculator calculator
	resolver   resolver
	builder    builder

	linked func() // called when all accounts are linked; may be nil
}

func newPhases(ctx context.Context, r *Run) *phases {
	t := &tables{delta: &delta{fullRun: true, whole: true}, accounts: table.NewAccounts(), byID: map[string]int32{}}
	p := &phases{
		tables:     t,
		reader:     reader{tables: t},
		linker:     linker{tables: t, joined: map[int32]int{}, index: r.newIndex()},
		calculator: calculator{tables: t},
		resolver:   resolver{tables: t},
		builder:    builder{tables: t},
	}

	// Each worker has a writer; this one is for what no worker writes.
	p.calculator.writer = t.rows.NewWriter()

	// Of several who have a uid, one counts; those without accounts count last.
	p.linker.index.UIDOrder, p.linker.index.RankLast = t.hasPriority, t.uncorrelatedIdentity

	p.begin(ctx, r)
	t.findBases()
	return p
}

// newIndex returns an empty index of what accounts are correlated by.
func (r *Run) newIndex() *correlate.Index {
	x := correlate.NewIndex(r.engine.keys...)
	for _, src := range r.engine.bundle.Sources {
		x.Cover(r.engine.sources[src.Name].correlator)
	}
	return x
}

// begin makes the phases ready for a run.
func (p *phases) begin(ctx context.Context, r *Run) {
	t := p.tables
	t.Run, t.ctx = r, ctx
	t.failed.Store(nil)
	t.notes, t.errors, t.goneFrom = map[int32][]correlate.Ambiguity{}, map[int32][]AttributeError{}, formerOwners{}
	p.reader.replaced, p.reader.formerOwner = map[int32]identity.Account{}, map[int32]int32{}
	p.reader.texts, p.reader.readings = map[int32]uint64{}, map[uint16]*reading{}
	p.linker.ambiguous, p.linker.at = map[int32][]correlate.Ambiguity{}, -1
	p.linker.told, p.resolver.told = map[int32]bool{}, map[int32]bool{}

	t.env.Directory = directory{&p.linker}
	p.linker.eval = newEvaluator(ctx, r.engine, t.env)
}

// all takes the accounts of the sources through all phases but the last, which
// builds results when they are asked for.
func (p *phases) all(sources []identity.Source) error {
	// Accounts come first: whom they belong to depends on all of a source being there.
	if err := p.stage("read", func() error { return p.reader.read(sources) }); err != nil {
		return err
	}

	if p.fullRun {
		if err := p.resume(); err != nil {
			return fmt.Errorf("stored state: %w", err)
		}
	}

	// Links come before values: which profile somebody has depends on whose accounts
	// are linked to whom.
	if err := p.stage("correlate", p.link); err != nil {
		return err
	}
	if p.linked != nil {
		p.linked()
	}

	// What only links needed makes room for values, unless somebody is still looked for by them.
	keep := p.resident || p.linked != nil // what explains reads other identities again
	if !keep && !p.engine.ReadsOthers() {
		p.linker.release()
	}
	if err := p.stage("evaluate", p.calculate); err != nil {
		return err
	}

	// Managers and uids need the values of everybody.
	if err := p.stage("settle", p.resolve); err != nil {
		return err
	}
	if !keep {
		p.linker.release()
		p.reader.release()
	}

	return nil
}

// link finds the identity of every account.
func (p *phases) link() error {
	if err := p.linker.readDecisions(p.reader.find); err != nil {
		return err
	}
	p.linker.indexStored()
	return p.linker.correlate()
}

// calculate gives every identity its attributes.
func (p *phases) calculate() error {
	p.reader.markLostAccounts()
	p.gatherChanged()
	return p.calculator.evaluate()
}

// resolve decides what needs everybody. Mappings that read other identities see
// their managers, and may change what managers are found by: that is the reason
// for the second pass, and there is no third.
func (p *phases) resolve() error {
	p.resolver.resolveManagers()
	if p.engine.ReadsOthers() {
		if err := p.calculator.evaluateReaders(); err != nil {
			return err
		}
		p.resolver.resolveManagers()
	}

	p.resolver.resolveUIDs()
	return cmp.Or(p.failure(), p.ctx.Err())
}

// stage runs a stage and tells how long it took.
func (p *phases) stage(name string, do func() error) error {
	start := p.now()
	if err := do(); err != nil {
		return err
	}
	if p.opts.OnStage != nil {
		p.opts.OnStage(name, p.now().Sub(start))
	}
	return nil
}

// Run takes all accounts of the sources through the phases of
// DECISION 46 and yields one result for each identity, ordered by the
// source and native identity of its authoritative account; identities without
// one come last. An error ends the run.
func (e *Engine) Run(ctx context.Context, o RunOptions, sources ...identity.Source) iter.Seq2[*Result, error] {
	r := e.NewRun(o)
	return func(yield func(*Result, error) bool) {
		p := newPhases(ctx, r)
		if err := p.all(sources); err != nil {
			yield(nil, err)
			return
		}

		p.builder.results(yield)
	}
}
