package preview

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform"
)

// Options of a comparison.
type Options struct {
	// Run is what both runs take from outside. Its callbacks for accounts
	// without identity and for stages are not used.
	Run profile.RunOptions
	// Settle, when given, makes the store of the state that both runs start from: what
	// the configuration before has settled to, without Run.Stored. It is called at most
	// once, and only when that state cannot be had for less.
	Settle func() identity.Store
	// Compile settles how both configurations are compiled.
	Compile profile.Options
	// Unique, when given, is called once for each run, so that values which one
	// run has generated are not taken in the other.
	Unique func() transform.Unique

	// AfterSources are the accounts of the second run, to see what other data do;
	// nil: the same accounts.
	AfterSources []identity.Source
	// AfterNow is what now means in the second run, to see what the passing of time does,
	// alone or together with a change; zero: the same as in the first.
	AfterNow time.Time
	// AfterNote says why AfterSources differ; empty: the accounts themselves do.
	AfterNote string

	BeforeName, AfterName string
	// AccountsName tells the reader whose accounts the sources are.
	AccountsName string
	Examples     int  // for each group; 0 means 5
	People       bool // keep every person that changes, not only groups
	// OnPerson gets every person that changes, as they are found. It must not
	// change them.
	OnPerson func(*Person) error
	// IgnoreIDs compares the configurations of two tenants by name: ids that stand
	// for the same source differ from tenant to tenant. It is so without asking
	// when no source has the same id on both sides.
	IgnoreIDs bool
	// Full runs both configurations in full, even where a part is proven to be
	// enough.
	Full bool
}

// Compare runs two configurations over the same accounts and the same stored
// state, at the same instant and with the same random streams, and reports what
// is different. The sources are read once for each run. Nothing is stored.
//
// Results are compared as they come; what is held in memory are the indexes of
// both runs, the groups and, on request, the people that change. Where the
// differences between the configurations cannot reach beyond some attributes,
// only those are evaluated a second time.
func Compare(ctx context.Context, before, after *config.Bundle, o Options,
	sources ...identity.Source) (*Report, error) {
	if o.Examples == 0 {
		o.Examples = 5
	}

	// Ids are compared only inside a tenant; between two they differ for every object.
	ignoreIDs := o.IgnoreIDs || TwoTenants(before, after)
	x := &comparison{ctx: ctx, opts: o, causes: causes(before, after, ignoreIDs)}
	x.before, _ = profile.Compile(before, o.Compile)
	if ignoreIDs {
		o.Compile.SourceIDs = sourceIDs(before)
	}
	x.after, _ = profile.Compile(after, o.Compile)
	x.start()

	// The short way needs the same accounts at the same time on both sides. When it meets something that reaches
	// further, all begins anew, since it may have reported by then.
	if attributes, ok := x.plan(); ok && !o.Full && o.AfterSources == nil && o.AfterNow.IsZero() {
		r, err := x.partial(attributes, sources)
		if !errors.Is(err, errReach) {
			return r, err
		}
		x.start()
	}

	if err := x.settle(sources); err != nil {
		return nil, err
	}
	return x.full(sources)
}

// settle puts the state that both runs start from into a store, as far as it is asked
// for and not there yet.
func (x *comparison) settle(sources []identity.Source) error {
	if x.opts.Settle == nil || x.opts.Run.Stored != nil {
		return nil
	}

	st := x.opts.Settle()
	if _, err := x.before.Aggregate(x.ctx, st, x.settling(), nil, sources...); err != nil {
		return err
	}
	x.opts.Run.Stored = st
	return nil
}

// settling are the options of the run that makes the state: what it finds was found
// when the configuration went live.
func (x *comparison) settling() profile.RunOptions {
	o := x.opts.Run
	o.Recompute, o.Recorrelate = false, false
	o.OnFinding, o.OnUncorrelated, o.OnAmbiguous, o.OnStage = nil, nil, nil, nil
	if x.opts.Unique != nil {
		o.Unique = x.opts.Unique()
	}
	return o
}

// errReach says that a change reaches further than the plan assumed.
var errReach = errors.New("the change reaches further")

// comparison is one comparison under way.
type comparison struct {
	ctx           context.Context
	opts          Options
	before, after *profile.Engine
	causes        []Cause
	blame         *blame
	collect       *collector
	deferred      map[string]*pair // people whose accounts differ, by id
	deltas        map[identity.AccountKey]*delta
	schemas       schemaPair
	said          map[string]bool // what the run before has found
	findings      diag.List       // of the run after, as far as the run before has not found it
}

// pair is a person on both sides; one side may be missing.
type pair struct {
	person        *Person
	before, after *profile.Result
}

// delta is an account whose identity differs.
type delta struct{ before, after *pair }

func (x *comparison) start() {
	x.blame = newBlame(x.causes, x.before, x.after)
	x.collect = newCollector(&x.opts, x.causes)
	o := &x.opts.Run

	// Stored links win over criteria, so a difference of criteria would show nothing without this note.
	correlation := slices.ContainsFunc(x.causes, func(c Cause) bool { return c.Kind == CauseCorrelation })
	if correlation && (o.Stored != nil || x.opts.Settle != nil) && !o.Recompute && !o.Recorrelate {
		x.collect.report.Notes = []string{"the correlation differs, but accounts that have an identity keep it; recompute the links to see what correlation would do with everybody"}
	}
	if x.opts.AfterSources != nil {
		x.collect.report.Notes = append(x.collect.report.Notes,
			cmp.Or(x.opts.AfterNote, "the accounts differ too, so not every change comes from the configuration"))
	}

	if !x.opts.AfterNow.IsZero() {
		x.collect.report.AfterNow = x.opts.AfterNow.UTC()
		x.collect.report.Notes = append(x.collect.report.Notes,
			"time passes between both, so not every change comes from the configuration")
	}

	x.said, x.findings = map[string]bool{}, nil

	// What one side has alone waits for the other here.
	x.deferred, x.deltas = map[string]*pair{}, map[identity.AccountKey]*delta{}
}

// options returns the options of one of the runs.
func (x *comparison) options(uncorrelated *int, quiet bool) profile.RunOptions {
	o := x.opts.Run
	o.OnUncorrelated = func(identity.Account, profile.Unlinked) { *uncorrelated++ }

	// Stages are those of the comparison, which has two runs; each of them asks for unique values on its own,
	// or the second would find those of the first taken.
	o.OnStage, o.Clock = nil, nil
	if x.opts.Unique != nil {
		o.Unique = x.opts.Unique()
	}
	if quiet {
		// The findings of the first run are not shown, but what the second says too is no news.
		o.OnFinding = func(d diag.Diagnostic) { x.said[string(d.Code)+d.Message] = true }
		return o
	}

	hear := o.OnFinding
	o.OnFinding = func(d diag.Diagnostic) {
		if d.Severity >= diag.Warning {
			x.findings = append(x.findings, d)
		}
		if hear != nil {
			hear(d)
		}
	}

	return o
}

// maxNotes is how many findings of each kind stand in a report.
const maxNotes = 5

// noteFindings puts what only the run after has found into the report: that it
// keeps accounts which the data no longer have is the answer to many a question.
func (x *comparison) noteFindings() {
	counts := map[string]int{}
	r := x.collect.report
	for _, d := range x.findings {
		if x.said[string(d.Code)+d.Message] {
			continue
		}
		if counts[string(d.Code)]++; counts[string(d.Code)] <= maxNotes {
			r.Findings = append(r.Findings, d)
		}
	}

	for _, code := range slices.Sorted(maps.Keys(counts)) {
		if more := counts[code] - maxNotes; more > 0 {
			r.Notes = append(r.Notes, fmt.Sprintf("%d more findings %s", more, code))
		}
	}
}

// full runs both configurations and merges their results.
func (x *comparison) full(sources []identity.Source) (*Report, error) {
	t := &x.collect.report.Totals
	x.collect.report.Evaluated = "all"
	before := newSide(x.before.Run(x.ctx, x.options(&t.UncorrelatedBefore, true), sources...))
	defer before.stop()

	// After accounts of their own, or a later time, are what the second run has instead.
	if x.opts.AfterSources != nil {
		sources = x.opts.AfterSources
	}
	later := x.options(&t.UncorrelatedAfter, false)
	if !x.opts.AfterNow.IsZero() {
		later.Now = x.opts.AfterNow
	}
	after := newSide(x.after.Run(x.ctx, later, sources...))
	defer after.stop()
	if err := x.merge(before, after); err != nil {
		return nil, err
	}

	// Who waits at the end was met on one side only.
	for _, r := range before.waiting {
		x.alone(r, nil)
	}
	for _, r := range after.waiting {
		x.alone(nil, r)
	}
	x.noteFindings()
	return x.finish()
}

// side is one of the two streams of results.
type side struct {
	next    func() (*profile.Result, error, bool)
	stop    func()
	current *profile.Result
	err     error
	waiting map[string]*profile.Result // without counterpart so far, by identity id
	count   int
}

func newSide(seq iter.Seq2[*profile.Result, error]) *side {
	s := &side{waiting: map[string]*profile.Result{}}
	s.next, s.stop = iter.Pull2(seq)
	return s
}

func (s *side) advance() {
	r, err, ok := s.next()
	s.current, s.err = r, err
	if !ok || err != nil {
		s.current = nil
		return
	}

	s.count++
}

// merge pairs results by identity id. Both streams are ordered by authoritative
// account, so that nearly everybody is met on both sides at once; the others
// wait.
func (x *comparison) merge(before, after *side) error {
	before.advance()
	after.advance()
	for before.current != nil || after.current != nil {
		// Both streams are in one order, so the smaller key waits for its other side, which may have
		// moved.
		b, a := before.current, after.current
		var err error
		switch {
		case b != nil && a != nil && b.Identity.ID == a.Identity.ID:
			err = x.together(b, a)
			before.advance()
			after.advance()
		case a == nil || b != nil && compareKeys(b, a) <= 0:
			if other := after.waiting[b.Identity.ID]; other != nil {
				delete(after.waiting, b.Identity.ID)
				err = x.together(b, other)
			} else {
				before.waiting[b.Identity.ID] = b
			}

			before.advance()

		default:
			if other := before.waiting[a.Identity.ID]; other != nil {
				delete(before.waiting, a.Identity.ID)
				err = x.together(other, a)
			} else {
				after.waiting[a.Identity.ID] = a
			}

			after.advance()
		}

		if err := cmp.Or(err, before.err, after.err); err != nil {
			return err
		}
	}

	return cmp.Or(before.err, after.err)
}

// compareKeys orders results as runs do.
func compareKeys(a, b *profile.Result) int {
	none := identity.AccountKey{}
	if a.Account == none || b.Account == none {
		switch {
		case a.Account == b.Account:
			return 0
		case a.Account == none:
			return 1
		}

		return -1
	}

	return cmp.Or(strings.Compare(a.Account.Source, b.Account.Source),
		strings.Compare(a.Account.NativeIdentity, b.Account.NativeIdentity))
}

// together compares a person that both runs have.
func (x *comparison) together(b, a *profile.Result) error {
	x.collect.count(b, a)
	changes := x.changes(b, a)
	linked := sameLinks(b, a)
	if len(changes) == 0 && linked {
		return nil
	}
	p := &pair{person: newPerson(b, a), before: b, after: a}
	p.person.Changes = changes
	if !linked {
		x.noteLinks(p)
		return nil
	}

	return x.done(p)
}

// alone notes a person that only one of the runs has.
func (x *comparison) alone(b, a *profile.Result) {
	x.collect.count(b, a)
	p := &pair{person: newPerson(b, a), before: b, after: a}
	p.person.Changes = exceptionChanges(b, a)
	x.noteLinks(p)
}

func newPerson(b, a *profile.Result) *Person {
	r := b
	if r == nil {
		r = a
	}
	p := &Person{ID: strings.Clone(r.Identity.ID), Name: strings.Clone(r.Identity.Alias),
		Account: identity.AccountKey{Source: strings.Clone(r.Account.Source),
			NativeIdentity: strings.Clone(r.Account.NativeIdentity)}}
	if b != nil {
		p.Before = b.Identity.Profile
	}
	if a != nil {
		p.After = a.Identity.Profile
	}
	return p
}

// done finds the causes of a person's changes and counts them.
func (x *comparison) done(p *pair) error {
	if len(p.person.Changes) == 0 {
		return nil
	}
	x.blame.person(p)
	return x.collect.add(p.person)
}
