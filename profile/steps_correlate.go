package profile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// Candidate is an identity as an account meets it that looks up one of its keys.
type Candidate struct {
	ID     string
	Order  string // as of [Person]
	Claim  Claim  // on its uid
	Values identity.Attributes
}

// Candidates are the identities that have a key, by order. Those beyond a bound may
// be left out, but not the first ten; of a key of a uid column ([Steps.OfUID]) all
// but the best claimant may, and then they do not count.
type Candidates struct {
	List  []Candidate
	Total int
}

// Add takes a candidate in and keeps at most limit of them, those that come first.
// Candidates may be added and merged in any order.
func (c *Candidates) Add(limit int, list ...Candidate) {
	c.Total += len(list)
	c.keep(limit, list)
}

// Merge takes in all candidates of d.
func (c *Candidates) Merge(limit int, d *Candidates) {
	c.Total += d.Total
	c.keep(limit, d.List)
}

func (c *Candidates) keep(limit int, list []Candidate) {
	all := slices.Concat(c.List, list)
	slices.SortFunc(all, func(a, b Candidate) int { return strings.Compare(a.Order, b.Order) })
	c.List = all[:min(limit, len(all))]
}

// Best leaves only the best claimant.
func (c *Candidates) Best() {
	if len(c.List) > 1 {
		c.List = []Candidate{slices.MinFunc(c.List, func(a, b Candidate) int { return a.Claim.Compare(&b.Claim) })}
	}
	c.Total = len(c.List)
}

// OfUID reports whether a key is of a column of uids, where the best claimant hides
// the others.
func (s *Steps) OfUID(k correlate.Key) bool {
	return k.Column >= 0 && s.roomy().linker.index.OfUID(k.Column)
}

// Columns returns the columns of keys that accounts of some sources may look up.
func (s *Steps) Columns(sources ...string) map[int]bool {
	columns := map[int]bool{IdentityIDs: true}
	for _, name := range sources {
		if cs := s.run.engine.sources[name]; cs != nil {
			for _, column := range cs.correlator.Columns(s.roomy().linker.index) {
				columns[column] = true
			}
		}
	}

	return columns
}

// PersonKeys returns the keys by which an identity is found with the accounts that
// it has now, and what accounts see of it that look them up.
func (s *Steps) PersonKeys(q *Person) ([]correlate.Key, Candidate, error) {
	p := s.roomy()
	n := p.load(q)
	p.linker.refreshKeys(n)
	keys := append(p.linker.index.IdentityKeys(n), correlate.Key{Column: IdentityIDs, Text: q.ID})

	c := Candidate{ID: q.ID, Order: q.Order, Claim: p.claim(n)}
	p.completeClaim(n, &c.Claim)
	if schema := s.run.engine.predicateReads(); schema.Len() > 0 {
		values := make([]identity.Value, schema.Len())
		for i, name := range schema.Names() {
			values[i] = p.linker.index.Value(n, name)
		}
		c.Values = identity.Pack(schema, values)
	}

	return keys, c, p.failure()
}

// predicateReads names what predicates of correlation read of identities.
func (e *Engine) predicateReads() *identity.Schema {
	var names []string
	for _, s := range e.bundle.Sources {
		for _, name := range e.sources[s.Name].correlator.Reads() {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}

	return identity.NewSchema(names...)
}

// Choice is what correlation decides for an account of a source that makes no
// identities.
type Choice struct {
	Identity  string // id; empty: none, and Unlinked says why
	Method    correlate.Method
	Criterion int
	Unlinked  Unlinked
	Findings  diag.List // valid when the choice is the last one for the account
}

// Choose decides whose an account is, among the identities that have one of its
// keys. Found gives those of a key.
//
// Error: [ErrTooShared] when candidates that were left out would have been needed.
func (s *Steps) Choose(a *identity.Account, found func(correlate.Key) Candidates) (Choice, error) {
	// The tables of one account: its candidates are the population.
	t := &tables{Run: s.run, delta: &delta{fullRun: true}, control: control{ctx: s.ctx}, byID: map[string]int32{}}
	c := newChoosing(t, s.AccountKeys(a), found)
	l := &linker{tables: t, index: s.roomy().linker.index.Given(&c.given)}
	l.index.RankLast, l.index.Order = nil, nil
	l.index.UIDOrder = func(a, b int32) bool { return c.list[a].Claim.Compare(&c.list[b].Claim) < 0 }

	d := l.decision(-1, &accountState{owner: -1}, a)

	// Candidates that were left out would have been needed to decide.
	if c.given.Short {
		return Choice{}, fmt.Errorf("account %s: %w", a.Key(), ErrTooShared)
	}
	var choice Choice
	for _, note := range d.match.Ambiguous {
		choice.Findings = append(choice.Findings, l.ambiguity(a, note))
	}
	linked := d.kind == given || d.kind == examined &&
		(d.action == correlate.LinkAccount || d.action == correlate.MoveAccount)
	if linked {
		choice.Identity, choice.Method, choice.Criterion = l.id(d.match.Identity), d.match.Method, d.match.Criterion
	} else {
		choice.Unlinked = l.whyUnlinked(a, d.match.Ambiguous)
	}

	return choice, s.ctx.Err()
}

// choosing are the candidates for one account, by number in the order of identities.
type choosing struct {
	given correlate.Given
	list  []Candidate
}

func newChoosing(t *tables, keys []correlate.Key, found func(correlate.Key) Candidates) *choosing {
	c := &choosing{}
	byKey := map[correlate.Key]Candidates{}
	for _, k := range keys {
		byKey[k] = found(k)
		c.list = append(c.list, byKey[k].List...)
	}

	// In the order of the run, and each once, since several keys may find the same one.
	slices.SortFunc(c.list, func(a, b Candidate) int { return strings.Compare(a.Order, b.Order) })
	c.list = slices.CompactFunc(c.list, func(a, b Candidate) bool { return a.ID == b.ID })

	numbers := map[string]int32{}
	for n, candidate := range c.list {
		numbers[candidate.ID] = int32(n)
		t.people = append(t.people, person{first: -1, last: -1, alias: -1, profile: -1, auth: -1})
		t.stored = append(t.stored, &identity.Identity{ID: candidate.ID})
	}

	for k, at := range byKey {
		if k.Column == IdentityIDs && len(at.List) > 0 {
			t.byID[k.Text] = numbers[at.List[0].ID]
		}
	}

	c.given = correlate.Given{
		Find: func(k correlate.Key) (ids []int32, total int) {
			for _, candidate := range byKey[k].List {
				ids = append(ids, numbers[candidate.ID])
			}
			return ids, byKey[k].Total
		},
		Value: func(n int32, attribute string) identity.Value { return c.list[n].Values.Get(attribute) },
	}

	return c
}

// Pass is one turn of correlation: accounts of some sources that do not depend on
// each other look for identities as these are when the pass begins. When it has
// ended, identities are found with the accounts that they have got.
type Pass struct {
	Sources []string
	Round   int  // 0: the first time
	Last    bool // of the last round that a run takes: who is linked here leaves correlation unsettled
}

// Passes returns the turns that a run takes at most, in order, for the sources that
// make no identities. Those that cannot find anybody new are left out: a source
// takes a turn again only when one has come before it whose accounts feed what its
// own are compared with. A turn in which no account that depends on it is linked
// changes nothing.
//
// Source: DECISION 46.
func (e *Engine) Passes() []Pass {
	var names []string
	for _, s := range e.bundle.Sources {
		if e.bySource[s.Name] == nil {
			names = append(names, s.Name)
		}
	}

	// Sources that cannot affect each other take their turn together.
	slices.Sort(names)

	due := map[string]bool{}
	for _, name := range names {
		due[name] = true
	}
	var passes []Pass
	for round := 0; round <= maxRounds; round++ {
		begun := len(passes)
		for _, name := range names {
			if !due[name] {
				continue
			}
			due[name] = false

			// A source that others feed waits for its own turn.
			if last := len(passes) - 1; last >= begun &&
				!slices.ContainsFunc(passes[last].Sources, func(s string) bool { return e.feeds(s, name) }) {
				passes[last].Sources = append(passes[last].Sources, name)
			} else {
				passes = append(passes, Pass{Sources: []string{name}, Round: round, Last: round == maxRounds})
			}

			// Whoever is fed by this one takes another turn.
			for _, other := range names {
				due[other] = due[other] || e.feeds(name, other)
			}
		}
	}

	return passes
}

// feeds reports whether accounts of one source may change what those of another are
// compared with.
func (e *Engine) feeds(from, to string) bool {
	for _, c := range e.profiles {
		if c.source == nil || !c.profile.Enabled {
			continue
		}
		for _, key := range append(e.sources[to].correlator.Keys(), correlate.UID) {
			slot, ok := c.slots[key]
			if !ok {
				continue
			}
			if sources, all := e.sourcesRead(c, slot); all || slices.Contains(sources, from) {
				return true
			}
		}
	}

	return false
}

// UnsettledCorrelation is the finding of a run that has linked accounts in its last
// round.
func UnsettledCorrelation() diag.Diagnostic {
	return diag.Diagnostic{Severity: diag.Warning, Code: codeCorrelationUnsettled,
		Message: fmt.Sprintf("accounts still find new identities after %d rounds", maxRounds)}
}

// Undistributable returns an error finding for each thing that a run would do and
// that has no step by itself: what there is of them needs the whole population, the
// state before the run, or code of the host.
func (e *Engine) Undistributable(o RunOptions) diag.List {
	var found diag.List
	refuse := func(code diag.Code, pos diag.Pos, format string, args ...any) {
		found.Addf(diag.Error, code, pos, format, args...)
	}
	if o.Stored != nil || o.Incremental || o.Recorrelate {
		refuse(codeUndistributableStored, diag.Pos{}, "a state is stored; expected a first run")
	}
	if o.Cases != nil {
		refuse(codeUndistributableStored, diag.Pos{}, "decisions of people are given; expected a run without them")
	}
	if len(o.Rules) > 0 || len(e.opts.AccountRules) > 0 || e.opts.Correlation.Rule != nil || o.Unique != nil {
		refuse(codeUndistributableHost, diag.Pos{}, "rules of the host, or its check of unique values, stay on its machine")
	}
	for _, c := range e.profiles {
		for i, a := range c.attrs {
			pos, d := c.profile.Mappings[i].Node.Pos(), &a.program.Deps
			if d.Others {
				refuse(codeUndistributableOthers, pos, "attribute %q of profile %q reads other identities", a.name, c.profile.Name)
			}
			if d.Unique {
				refuse(codeUndistributableUnique, pos, "attribute %q of profile %q asks what is unique", a.name, c.profile.Name)
			}
		}
	}

	ids := map[string]string{}
	for _, s := range e.bundle.Sources {
		if e.sources[s.Name].correlator.Scans() {
			refuse(codeUndistributableScan, s.Node.Pos(),
				"a criterion of source %q looks at every identity: its match mode is not equality", s.Name)
		}
		if m := s.Manager; m != nil && m.Rule != "" && e.rules[m.Rule] != nil {
			refuse(codeUndistributableManagerRule, s.Node.Pos(),
				"the manager correlation rule %q of source %q says by what managers are found", m.Rule, s.Name)
		}
		id := (&tables{Run: &Run{engine: e}}).sourceID(s.Name)
		if other, taken := ids[id]; taken {
			refuse(codeUndistributableSourceID, s.Node.Pos(),
				"sources %q and %q have the id %q, from which ids of identities derive", other, s.Name, id)
		}
		ids[id] = s.Name
	}

	return found
}

// Probe says what is wrong with the account correlation rule of the account's
// source, one of [Engine.ProbedSources], if anything is. A run reports what the
// first account by order says that says something, among the first [MaxProbed].
func (s *Steps) Probe(a *PlacedAccount) (order string, found diag.List) {
	if d, bad := s.run.engine.probe(&a.Account); bad {
		found.Add(d)
	}
	return s.roomy().orderOf(a), found
}
