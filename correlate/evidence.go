package correlate

import (
	"bytes"
	"context"
	"runtime"
	"slices"

	"github.com/idprofile/engine/correlate/internal/join"
	"github.com/idprofile/engine/identity"
)

// Conflict is evidence against the identity of an account.
type Conflict struct {
	Account  int32
	Identity int32  // the one it has
	Rule     string // by which it has it
	Against  string // the rule that says otherwise
	Other    int32  // whom that rule finds; -1: nobody
}

// Evidence is what each rule alone says about many accounts.
type Evidence struct {
	c        *Correlator
	x        *Index
	accounts []identity.Account
	rules    [][]verdict // by rule and account
	notes    []map[int32]*Ambiguity
	excluded map[int32]bool
	narrows  bool // a rule narrows the choice of those after it
}

// verdict is what one rule alone says about one account.
type verdict struct {
	identity int32 // -1: none
	outcome  Outcome
}

// Evidence runs each rule alone over all accounts. The error is that of the
// context, or a [*PanicError] of code of the host.
func (c *Correlator) Evidence(ctx context.Context, p Population, accounts []identity.Account,
	o BulkOptions) (*Evidence, error) {
	x := IndexOf(p, c)
	x.RankLast, x.UIDOrder = o.RankLast, o.UIDOrder
	return c.evidence(ctx, x, Values(p), accounts, o.Workers)
}

// evidence is Evidence with an index that covers the rules.
func (c *Correlator) evidence(ctx context.Context, x *Index, value func(n int32, attribute string) identity.Value,
	accounts []identity.Account, workers int) (ev *Evidence, err error) {
	defer recovered("judge accounts by each rule", &ev, &err)
	ev = &Evidence{c: c, x: x, accounts: accounts, excluded: map[int32]bool{}}

	// Every rule is asked about every account, also when an earlier one has decided: this is what
	// shows rules that contradict each other.
	for i := range c.rules {
		ev.rules = append(ev.rules, make([]verdict, len(accounts)))
		ev.notes = append(ev.notes, map[int32]*Ambiguity{})
		ev.narrows = ev.narrows || c.rules[i].onAmbiguous == Narrow
	}

	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}

	// Each block of accounts is judged on its own; readers of values serve one
	// goroutine, so rules that read the identity have one.
	if c.ReadsValues() || c.calls() {
		workers = 1
	}
	blocks := (len(accounts) + chunk - 1) / chunk
	found := make([]*judge, blocks)
	limit := make(chan struct{}, workers)
	var wg join.Group
	for k := range blocks {
		limit <- struct{}{}
		wg.Go(func() {
			defer func() { <-limit }()
			if ctx.Err() != nil {
				return
			}
			found[k] = &judge{ev: ev, e: c.evaluator(), value: value, groups: make([]map[int32]judged, len(c.rules))}
			defer c.release(found[k].e)
			found[k].all(k*chunk, min((k+1)*chunk, len(accounts)))
		})
	}

	// Blocks are kept in their order, so that what is noted does not depend on which worker was first.
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for _, j := range found {
		j.keep()
	}
	return ev, nil
}

// calls reports whether a rule is code of the host.
func (c *Correlator) calls() bool {
	return slices.ContainsFunc(c.rules, func(r compiled) bool { return r.hostRule != nil })
}

// judge tells what each rule alone says about some accounts. It belongs to one
// goroutine.
type judge struct {
	ev     *Evidence
	e      *evaluator
	value  func(n int32, attribute string) identity.Value
	groups []map[int32]judged // by rule and entry of its column: identities that share a key
	notes  []note
	out    []int32 // excluded accounts
}

// judged is a verdict with its note.
type judged struct {
	verdict
	note *Ambiguity
}

type note struct {
	rule    int
	account int32
	note    *Ambiguity
}

func (j *judge) all(from, to int) {
	c := j.ev.c
	for i := from; i < to; i++ {
		a := &j.ev.accounts[i]
		if c.excluded(j.e, a) {
			j.out = append(j.out, int32(i))
			for k := range c.rules {
				j.ev.rules[k][i] = verdict{-1, j.comparable(a, k)}
			}
			continue
		}

		for k := range c.rules {
			one := j.one(a, k)
			j.ev.rules[k][i] = one.verdict
			if one.note != nil {
				j.notes = append(j.notes, note{rule: k, account: int32(i), note: one.note})
			}
		}
	}
}

// keep adds what is remembered of the accounts to the evidence.
func (j *judge) keep() {
	for _, n := range j.notes {
		j.ev.notes[n.rule][n.account] = n.note
	}
	for _, i := range j.out {
		j.ev.excluded[i] = true
	}
}

// comparable computes the keys of an account for rule k: NoMatch when it has any.
func (j *judge) comparable(a *identity.Account, k int) Outcome {
	r := &j.ev.c.rules[k]
	if r.when != nil && !j.e.holds(r.when, a) {
		return NotApplicable
	}
	if out, _ := r.keys(j.e, a); out != compared {
		return Blank
	}
	return NoMatch
}

// one applies rule k to an account.
func (j *judge) one(a *identity.Account, k int) judged {
	r := &j.ev.c.rules[k]
	if out := j.comparable(a, k); out != NoMatch {
		return judged{verdict: verdict{-1, out}}
	}
	entry := int32(-1)
	if len(j.e.keys) == 1 && r.predicate == nil && r.matchMode == "" {
		entry = j.ev.x.entryOf(r, j.e.keys[0])
	}
	if entry < 0 {
		return j.decide(a, r, j.ev.c.look(j.ev.x, j.e, r))
	}

	// What is found by one key is judged once: thousands may share it.
	if known, ok := j.groups[k][entry]; ok {
		return known
	}
	found := j.ev.c.look(j.ev.x, j.e, r)
	one := j.decide(a, r, found)
	if len(found) > 1 {
		if j.groups[k] == nil {
			j.groups[k] = map[int32]judged{}
		}
		j.groups[k][entry] = one
	}

	return one
}

// entryOf returns the entry that a rule looks up by a key, -1 when it looks
// elsewhere too.
func (x *Index) entryOf(r *compiled, key []byte) int32 {
	column, ok := x.bySignature[r.key.signature]
	if !ok {
		return -1
	}
	e := x.columns[column].entryOf(key)
	if e >= 0 && len(x.columns[column].of(e)) == 0 {
		return -1
	}
	return e
}

// decide says what a rule makes of the identities that it found.
func (j *judge) decide(a *identity.Account, r *compiled, found []int32) judged {
	if len(found) == 0 {
		return judged{verdict: verdict{-1, NoMatch}}
	}

	// Most candidates are single and need no check; the rest goes the way that a match goes.
	c, second := j.ev.c, j.ev.x.RankLast
	if len(found) == 1 && r.predicate == nil && (second == nil || !c.options.CorrelatedOnly) { // nearly all
		return judged{verdict: verdict{found[0], Matched}}
	}

	p := progress{order: j.ev.x.Order}
	j.e.person.value = j.value
	j.e.ranks.steady = false // judged once by [judge.one]
	c.apply(j.e, a, r, found, second, &p, nil)
	switch {
	case p.done && p.found.Identity >= 0:
		return judged{verdict: verdict{p.found.Identity, Matched}}
	case len(p.notes) == 0:
		return judged{verdict: verdict{-1, NoMatch}}
	case p.notes[0].Shared:
		return judged{verdict: verdict{-1, TooShared}, note: &p.notes[0]}
	}

	return judged{verdict: verdict{-1, SeveralMatch}, note: &p.notes[0]}
}

// ordered is what the rules in order make of an account.
type ordered struct {
	identity int32
	rule     int // that found it; -1: none
	notes    int // rules that several identities met
	stopped  bool
}

// order follows the rules in order for one account. Of rule k it takes the given
// verdict instead of the one it has; k is -1 for none.
func (ev *Evidence) order(account int32, k int, instead judged) ordered {
	d := ordered{identity: -1, rule: -1}

	// The search of a match is followed on recorded verdicts: notes count up to the rule that decides,
	// and an ambiguity that stops ends it.
	for i := range ev.rules {
		v, noted := ev.rules[i][account], false
		if i == k {
			v, noted = instead.verdict, instead.note != nil
		} else {
			noted = ev.noted(i, account) != nil
		}

		if noted {
			d.notes++
		}
		if v.identity >= 0 {
			d.identity, d.rule = v.identity, i
			return d
		}

		if v.outcome == SeveralMatch && ev.c.rules[i].onAmbiguous == Stop {
			d.stopped = true
			return d
		}
	}

	return d
}

// noted returns the ambiguity of a rule for an account, nil for none.
func (ev *Evidence) noted(rule int, account int32) *Ambiguity {
	switch ev.rules[rule][account].outcome {
	case SeveralMatch, TooShared:
		return ev.notes[rule][account]
	}

	return nil
}

// Bulk returns what the rules find in order, the same as [Correlator.Run]; false
// when that does not follow from each rule alone, because one narrows the choice
// of others.
func (ev *Evidence) Bulk() (*Bulk, bool) {
	if ev.narrows {
		return nil, false
	}
	n := len(ev.accounts)
	b := &Bulk{
		c: ev.c, Identity: make([]int32, n), rule: make([]int16, n),
		noted: map[int32][]Ambiguity{}, excluded: ev.excluded, stopped: map[int32]bool{},
	}
	for i := range int32(n) {
		d := ev.order(i, -1, judged{})
		b.Identity[i], b.rule[i] = d.identity, int16(max(0, d.rule))
		if d.stopped {
			b.stopped[i] = true
		}

		// Notes stand at the rules. The first as many as the search has met are those of this account.
		for k := 0; len(b.noted[i]) < d.notes; k++ {
			if note := ev.noted(k, i); note != nil {
				b.noted[i] = append(b.noted[i], *note)
			}
		}
	}

	return b, true
}

// Conflicts returns the accounts whose identity another rule alone denies: it
// finds somebody else. They are in order of accounts and rules.
func (ev *Evidence) Conflicts(of *Bulk) []Conflict {
	var out []Conflict
	for i, n := range of.Identity {
		if n < 0 {
			continue
		}
		for k := range ev.rules {
			v := ev.rules[k][i]
			if ev.c.rules[k].hostRule == nil && v.identity >= 0 && v.identity != n {
				out = append(out, Conflict{
					Account: int32(i), Identity: n, Rule: of.Match(i).Rule,
					Against: ev.c.rules[k].id, Other: v.identity,
				})
			}
		}
	}

	return out
}

// Contradicted returns the accounts with an identity that exactly one rule
// supports, while each other rule for which both have values finds them
// different, and not only nearly equal: what is left of a value that was given
// to the wrong person. Such accounts may be right (names change), so this is
// weaker than [Evidence.Conflicts]. The default match says nothing here: that an
// account is not called like its identity is no evidence against it.
func (ev *Evidence) Contradicted(ctx context.Context, p Population, of *Bulk) ([]Conflict, error) {
	var out []Conflict
	values := Values(p)
	e := ev.c.evaluator()
	defer ev.c.release(e)
	for i, n := range of.Identity {
		if n < 0 {
			continue
		}
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		a := &ev.accounts[i]
		support := 0
		var against []int
		for k := range ev.c.rules {
			switch equal, complete := ev.compare(e, k, a, n, values); {
			case equal:
				// Support and contradiction are weighed without the default match, which compares
				// names that may well differ.
				support++
			case complete && ev.c.rules[k].method != Default:
				against = append(against, k)
			}
		}

		if support != 1 {
			continue
		}

		// Values that nearly agree are a typing error, not another person.
		for _, k := range against {
			if pair := ev.c.pairOf(e, &ev.c.rules[k], a, n, values); len(pair.Differences) == 0 {
				out = append(out, Conflict{
					Account: int32(i), Identity: n, Rule: of.Match(i).Rule,
					Against: ev.c.rules[k].id, Other: -1,
				})
			}
		}
	}

	return out, nil
}

// compare tells whether an account and an identity have equal keys for rule k,
// and whether both have a key.
func (ev *Evidence) compare(e *evaluator, k int, a *identity.Account, n int32,
	values func(n int32, attribute string) identity.Value) (equal, complete bool) {
	r := &ev.c.rules[k]
	if r.hostRule != nil {
		return false, false
	}

	// A transform or several conditions have no text of their own in the index: such a pair is
	// formatted.
	column, ok := ev.x.bySignature[r.key.signature]
	if len(r.terms) > 1 || r.terms[0].unit != nil || !ok {
		pair := ev.c.pairOf(e, r, a, n, values)
		return pair.Equal, pair.complete()
	}

	// The keys of identities stand in the index, so nothing is formatted for the
	// many pairs that agree.
	theirs := ev.x.columns[column].keyOf(n)
	if len(theirs) == 0 {
		return false, false
	}
	if out, _ := r.keys(e, a); out != compared {
		return false, false
	}
	for _, key := range e.keys {
		if bytes.Equal(join.Short(key), theirs) {
			return true, true
		}
	}

	return false, true
}

// Unsupported returns the accounts whose stored identity no rule alone finds,
// ascending. Stored has the identity of each account, -1 for none.
func (ev *Evidence) Unsupported(stored []int32) []int32 {
	var out []int32
	for i, n := range stored {
		if n >= 0 && !ev.names(int32(i), n) {
			out = append(out, int32(i))
		}
	}

	return out
}

// names reports whether a rule finds the identity, alone or among others.
func (ev *Evidence) names(account, n int32) bool {
	for k := range ev.rules {
		if ev.c.rules[k].hostRule != nil {
			continue
		}
		if ev.rules[k][account].identity == n {
			return true
		}
		if note := ev.noted(k, account); note != nil && slices.Contains(note.Identities, n) {
			return true
		}
	}

	return false
}

// Coverage is how far one rule alone gets on a source.
type Coverage struct {
	Rule, Criterion string
	Accounts        int // accounts with a value to compare
	Matched         int // accounts for which it finds one identity
	Ambiguous       int // accounts for which it finds several
	Decided         int // accounts that have their identity by it, in order with the others
	Denied          int // accounts for which it finds another than they have
}

// Coverage counts what each rule does, before the rules are changed.
func (ev *Evidence) Coverage(of *Bulk) []Coverage {
	out := make([]Coverage, 0, len(ev.rules))
	for k := range ev.rules {
		r := &ev.c.rules[k]
		if r.hostRule != nil {
			continue
		}
		cov := Coverage{Rule: r.id, Criterion: r.label}
		for i := range ev.accounts {
			v, has := ev.rules[k][i], of.Identity[i]

			// Where both have no value the rule says nothing about the account, so coverage does not
			// count it.
			if v.outcome >= NoMatch {
				cov.Accounts++
			}
			switch {
			case v.identity >= 0:
				cov.Matched++
				if has >= 0 && has != v.identity {
					cov.Denied++
				}
			case ev.noted(k, int32(i)) != nil:
				cov.Ambiguous++
			}

			if has >= 0 && of.c.rules[of.rule[i]].id == r.id {
				cov.Decided++
			}
		}

		out = append(out, cov)
	}

	return out
}
