package correlate

import (
	"context"
	"runtime"
	"slices"

	"github.com/idprofile/engine/correlate/internal/join"
	"github.com/idprofile/engine/identity"
)

// Evidence is what each rule alone says about many accounts.
type Evidence struct {
	c        *Correlator
	x        *Index
	accounts []identity.Account
	rules    [][]verdict  // by rule and account
	notes    [][]int32    // by rule and account: the number of what it met; nil: nothing
	met      []*Ambiguity // by number; those of one key share one
	excluded map[int32]bool
	narrows  bool // a rule narrows the choice of those after it
}

// verdict is what one rule alone says about one account.
type verdict struct {
	identity int32 // -1: none
	outcome  Outcome
	null     bool // the account has no value at all for the only condition, whatever is made of it
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
	ev = &Evidence{
		c: c, x: x, accounts: accounts, notes: make([][]int32, len(c.rules)), excluded: map[int32]bool{},
	}

	// Every rule is asked about every account, also when an earlier one has decided: this is what
	// shows rules that contradict each other.
	for i := range c.rules {
		ev.rules = append(ev.rules, make([]verdict, len(accounts)))
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
			found[k] = &judge{
				ev: ev, e: c.evaluator(), value: value, groups: make([]map[int32]judged, len(c.rules)),
				notes: make([][]int32, len(c.rules)),
			}
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
	first  int                // of the accounts
	notes  [][]int32          // by rule and account from first on: the number of what it met; nil: nothing
	met    []*Ambiguity
	out    []int32 // excluded accounts
}

// judged is a verdict with its note.
type judged struct {
	verdict
	note   *Ambiguity
	number int32 // of the note, among those that a judge has met
}

func (j *judge) all(from, to int) {
	c := j.ev.c
	j.first = from
	for i := from; i < to; i++ {
		a := &j.ev.accounts[i]
		if c.excluded(j.e, a) {
			// An account that is left out matches nobody, but whether it could is still counted for its rule.
			j.out = append(j.out, int32(i))
			for k := range c.rules {
				out, null := j.comparable(a, k)
				j.ev.rules[k][i] = verdict{identity: -1, outcome: out, null: null}
			}
			continue
		}

		for k := range c.rules {
			one := j.one(a, k)
			j.ev.rules[k][i] = one.verdict
			if one.note == nil {
				continue
			}
			if j.notes[k] == nil {
				j.notes[k] = make([]int32, to-from)
			}
			j.notes[k][i-from] = one.number
		}
	}
}

// keep adds what is remembered of the accounts to the evidence.
func (j *judge) keep() {
	// Each judge has numbered what it met from 0 on.
	before := int32(len(j.ev.met))
	j.ev.met = append(j.ev.met, j.met...)
	for k, numbers := range j.notes {
		if numbers == nil {
			continue
		}
		if j.ev.notes[k] == nil {
			j.ev.notes[k] = make([]int32, len(j.ev.accounts))
		}
		for i, n := range numbers {
			j.ev.notes[k][j.first+i] = before + n
		}
	}

	for _, i := range j.out {
		j.ev.excluded[i] = true
	}
}

// comparable computes the keys of an account for rule k: NoMatch when it has any. Null tells that
// the account has no value for the only condition of the rule.
func (j *judge) comparable(a *identity.Account, k int) (out Outcome, null bool) {
	r := &j.ev.c.rules[k]
	if r.when != nil && !j.e.holds(r.when, a) {
		return NotApplicable, false
	}
	if out, _ := r.keys(j.e, a); out == compared {
		return NoMatch, false
	}
	if len(r.terms) > 1 || r.hostRule != nil || r.terms[0].expression != nil {
		return Blank, false
	}
	v, err := r.terms[0].ofAccount(j.e, a)
	return Blank, err == nil && v.IsNull()
}

// one applies rule k to an account.
func (j *judge) one(a *identity.Account, k int) judged {
	r := &j.ev.c.rules[k]
	if out, null := j.comparable(a, k); out != NoMatch {
		return judged{verdict: verdict{identity: -1, outcome: out, null: null}}
	}
	entry := int32(-1)
	if len(j.e.keys) == 1 && r.predicate == nil && r.matchMode == "" {
		entry = j.ev.x.entryOf(r, j.e.keys[0])
	}
	if entry < 0 {
		return j.number(j.decide(a, r, j.ev.c.look(j.ev.x, j.e, r)))
	}

	// What is found by one key is judged once: thousands may share it.
	if known, ok := j.groups[k][entry]; ok {
		return known
	}
	found := j.ev.c.look(j.ev.x, j.e, r)
	one := j.number(j.decide(a, r, found))
	if len(found) > 1 {
		if j.groups[k] == nil {
			j.groups[k] = map[int32]judged{}
		}
		j.groups[k][entry] = one
	}

	return one
}

// number gives the note of a verdict its number.
func (j *judge) number(one judged) judged {
	if one.note != nil {
		one.number = int32(len(j.met))
		j.met = append(j.met, one.note)
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
		return judged{verdict: verdict{identity: -1, outcome: NoMatch}}
	}

	// Most candidates are single and need no check; the rest goes the way that a match goes.
	c, second := j.ev.c, j.ev.x.RankLast
	if len(found) == 1 && r.predicate == nil && (second == nil || !c.options.CorrelatedOnly) { // nearly all
		return judged{verdict: verdict{identity: found[0], outcome: Matched}}
	}

	p := progress{order: j.ev.x.Order}
	j.e.person.value = j.value
	j.e.ranks.steady = false // judged once by [judge.one]
	c.apply(j.e, a, r, found, second, &p, nil)
	switch {
	case p.done && p.found.Identity >= 0:
		return judged{verdict: verdict{identity: p.found.Identity, outcome: Matched}}
	case len(p.notes) == 0:
		return judged{verdict: verdict{identity: -1, outcome: NoMatch}}
	case p.notes[0].Shared:
		return judged{verdict: verdict{identity: -1, outcome: TooShared}, note: &p.notes[0]}
	}

	return judged{verdict: verdict{identity: -1, outcome: SeveralMatch}, note: &p.notes[0]}
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

// compares reports whether a rule has a value of the account to look for, as
// [Explanation.compared] does.
func (ev *Evidence) compares(account int32) bool {
	if ev.excluded[account] {
		return false
	}
	for k := range ev.rules {
		if ev.c.rules[k].method != Default && ev.rules[k][account].outcome >= NoMatch {
			return true
		}
	}
	return false
}

// noted returns the ambiguity of a rule for an account, nil for none.
func (ev *Evidence) noted(rule int, account int32) *Ambiguity {
	switch ev.rules[rule][account].outcome {
	case SeveralMatch, TooShared:
		return ev.met[ev.notes[rule][account]]
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
		excluded: ev.excluded, stopped: map[int32]bool{},
	}
	lists := map[noteStep]int32{}
	for i := range int32(n) {
		d := ev.order(i, -1, judged{})
		b.Identity[i], b.rule[i] = d.identity, int16(max(0, d.rule))
		if d.stopped {
			b.stopped[i] = true
		}

		// Notes stand at the rules. The first as many as the search has met are those of this account.
		list := int32(0)
		for k := 0; d.notes > 0; k++ {
			note := ev.noted(k, i)
			if note == nil {
				continue
			}
			d.notes--
			step := noteStep{list, note}
			if list = lists[step]; list == 0 {
				list = b.noted.add(append(slices.Clip(b.noted.list(step.list)), *note))
				lists[step] = list
			}
		}
		if list != 0 {
			b.noted.put(n, i, list)
		}
	}

	return b, true
}

// noteStep is a list of notes, 0: an empty one, and the note that comes next.
type noteStep struct {
	list int32
	note *Ambiguity
}
