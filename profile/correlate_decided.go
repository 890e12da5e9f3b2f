package profile

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/correlate/linkage"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// What people decided comes before every rule, and after what is marked as correlated
// by hand: an account that must belong to the person of another account does, one that
// cannot looks for somebody else. A run writes down what a decision has changed, so that
// the account gets back what it had when the decision is taken back.

// readDecisions looks up the accounts that people decided about.
func (l *linker) readDecisions(find func(linkage.RecordKey) (int32, bool)) error {
	// Marks of the run before are taken off first.
	for _, account := range l.decided.about {
		l.state[account].decided = false
	}
	d := decided{
		cases:    l.decided.cases,
		must:     map[int32]int32{},
		cannot:   map[int32][]int32{},
		undone:   map[int32]linkage.Event{},
		mustCase: map[int32]linkage.Case{},
	}

	if err := d.load(l.Run, l.ctx); err != nil {
		return fmt.Errorf("decisions: %w", err)
	}

	for _, one := range d.cases.List() {
		if one.Verdict == linkage.Open {
			continue
		}
		a, okA := find(one.A)
		b, okB := find(one.B)
		if okA {
			// Decisions about accounts that are not here are told, and wait.
			d.about = append(d.about, a) // it may have another identity because the other account was there
		}
		if !okA || !okB {
			d.unknown = append(d.unknown, one)
			continue
		}

		d.add(&one, a, b)
		if l.authoritative(a) && l.authoritative(b) && one.Verdict == linkage.CannotLink {
			d.cannot[b] = append(d.cannot[b], a) // whichever comes first makes the identity
			d.about = append(d.about, b)
		}
	}

	// What has been taken back since is found by the effects that were written down.
	d.takenBack(find)
	for _, account := range d.about {
		l.state[account].decided = true
	}
	l.decided = d
	l.reportDecisions()
	return nil
}

// load reads the log of the store, and adds what the options have.
func (d *decided) load(r *Run, ctx context.Context) error {
	if d.cases == nil {
		d.cases = linkage.NewCases()
	}
	if r.opts.Stored != nil {
		if err := d.cases.Load(ctx, r.opts.Stored); err != nil {
			return err
		}
	}

	if r.opts.Cases == nil {
		return nil
	}
	_, err := d.cases.Add(r.opts.Cases.Log()...)
	return err
}

// add takes in one decision. Of several accounts whose person an account must belong to,
// the one that was decided last counts.
func (d *decided) add(one *linkage.Case, a, b int32) {
	if one.Verdict == linkage.CannotLink {
		d.cannot[a] = append(d.cannot[a], b)
		return
	}

	if before, ok := d.mustCase[a]; !ok || !one.Last.At.Before(before.Last.At) {
		d.must[a], d.mustCase[a] = b, *one
	}
}

// takenBack finds the accounts whose link a decision has changed that no longer counts.
func (d *decided) takenBack(find func(linkage.RecordKey) (int32, bool)) {
	for _, e := range d.cases.Effects() {
		one, _ := d.cases.Find(e.A, e.B)
		a, ok := find(e.A)
		if !ok || one.Verdict == e.Verdict {
			continue
		}
		d.undone[a] = e // all of them say the same of what was before
		d.about = append(d.about, a)
	}
}

func (l *linker) authoritative(account int32) bool {
	return l.engine.bySource[l.accounts.Names[l.accounts.Sources[account]]] != nil
}

// mustBe returns the identity that people have said an account belongs to, as long as the
// account they named has one.
func (l *linker) mustBe(account int32, a *identity.Account) (int32, bool) {
	other, ok := l.decided.must[account]
	if !ok || l.blocked(a) {
		return 0, false
	}
	n := l.state[other].owner
	return n, n >= 0
}

// forbidden returns the identities that people have said an account does not belong to.
// The list belongs to the caller.
func (l *linker) forbidden(account int32) []int32 {
	var list []int32
	for _, other := range l.decided.cannot[account] {
		if n := l.state[other].owner; n >= 0 {
			list = append(list, n)
		}
	}

	return list
}

// knownOf returns the identity that an account has without looking: by what people decided,
// by the data, or the one that it had before a decision that was taken back.
func (l *linker) knownOf(account int32, a *identity.Account) (n int32, method correlate.Method, ok bool) {
	if n, ok = l.mustBe(account, a); ok {
		return n, correlate.Manual, true
	}
	n, ok = l.known(a)
	if ok && (l.blocked(a) || !slices.Contains(l.forbidden(account), n)) {
		return n, l.dataLink(a), true
	}
	e, ok := l.decided.undone[account]
	if !ok || e.From == "" || l.blocked(a) || l.opts.Recompute {
		return 0, "", false
	}
	n, ok = l.byIdentity(e.From)
	return n, correlate.Sticky, ok && !l.people[n].unmade && !slices.Contains(l.forbidden(account), n)
}

// baseless reports whether nothing is left that the link of an account rests on: people
// have said that it is wrong, or no longer say what it came from.
func (l *linker) baseless(account int32) bool {
	_, undone := l.decided.undone[account]
	return undone || slices.Contains(l.forbidden(account), l.state[account].owner)
}

// noteEffects writes down what decisions have changed, for the day when they are taken
// back, and what taking one back has.
func (l *linker) noteEffects(account, old int32) {
	key := l.recordKey(account)
	if e, ok := l.decided.undone[account]; ok {
		for _, other := range l.decided.cases.Effects() {
			if one, _ := l.decided.cases.Find(other.A, other.B); other.A == e.A && one.Verdict != other.Verdict {
				l.noteDecision(linkage.Event{Action: linkage.Reverted, A: other.A, B: other.B, Verdict: other.Verdict})
			}
		}

		delete(l.decided.undone, account)

		// Several decisions may have moved it; the first one knows where it came from.
		old = l.numberOf(e.From) // what came before is before these, too
	}

	if l.state[account].owner == old {
		return
	}
	from := l.before(key, old)

	// A must-link has an effect only where it made the difference.
	if other, ok := l.decided.must[account]; ok && l.state[other].owner == l.state[account].owner {
		l.noteDecision(linkage.Event{Action: linkage.Applied, A: key, B: l.recordKey(other), Verdict: linkage.MustLink,
			From: from})
		return
	}

	l.noteCannot(account, old, from)
}

// before returns the identity that an account had before all decisions that have an effect
// on it; old is the one before this run.
func (l *linker) before(key linkage.RecordKey, old int32) string {
	for _, e := range l.decided.cases.Effects() {
		if e.A == key {
			return e.From
		}
	}

	if old >= 0 {
		return l.id(old)
	}
	return ""
}

// noteCannot writes down which of the persons that an account cannot belong to it would
// have now, or would have met.
func (l *linker) noteCannot(account, old int32, from string) {
	others := l.decided.cannot[account]
	if len(others) == 0 {
		return
	}
	a := l.accounts.At(account)
	m := l.byRules(&a, nil)
	met := []int32{old, m.Identity}
	for _, one := range m.Ambiguous {
		met = append(met, one.Identities...)
	}
	for _, other := range others {
		if n := l.state[other].owner; n >= 0 && slices.Contains(met, n) {
			l.noteDecision(linkage.Event{
				Action: linkage.Applied, A: l.recordKey(account), B: l.recordKey(other), Verdict: linkage.CannotLink, From: from,
			})
		}
	}
}

// noteDecision adds an event of the run to the log, unless what it says was there before.
func (l *linker) noteDecision(e linkage.Event) {
	if before, ok := l.decided.cases.Effect(e.A, e.B); ok && e.Action == linkage.Applied && before.Verdict == e.Verdict {
		return
	}
	e.At = l.opts.Now
	if err := l.decided.cases.Apply(e); err != nil {
		l.fail(err)
	}
}

func (l *linker) recordKey(account int32) linkage.RecordKey {
	return linkage.RecordKey{
		Source:         l.accounts.Names[l.accounts.Sources[account]],
		NativeIdentity: l.accounts.Native(account),
	}
}

// numberOf returns the number of an identity that there is, -1 for others.
func (l *linker) numberOf(id string) int32 {
	if n, ok := l.byIdentity(id); ok {
		return n
	}
	return -1
}

// reportDecisions tells which decisions have no effect.
func (l *linker) reportDecisions() {
	if n := len(l.decided.unknown); n > 0 {
		first := l.decided.unknown[0]
		l.report(diag.Diagnostic{Severity: diag.Info, Code: codeDecisionUnknown,
			Message: fmt.Sprintf("%d decisions of people are about accounts that are not there; the first is about %v and %v",
				n, first.A, first.B)})
	}

	about := slices.Clone(l.decided.about)
	slices.SortFunc(about, func(a, b int32) int {
		x, y := l.recordKey(a), l.recordKey(b)
		return cmp.Or(cmp.Compare(x.Source, y.Source), cmp.Compare(x.NativeIdentity, y.NativeIdentity))
	})
	for _, account := range slices.Compact(about) {
		l.reportLate(account)
	}
}

// reportLate tells of an authoritative account that stays with its identity whatever
// people decided: identities are neither joined nor split.
func (l *linker) reportLate(account int32) {
	own := l.state[account].owner
	a := l.accounts.At(account)
	if own < 0 || !l.authoritative(account) || l.blocked(&a) {
		return
	}
	n, must := l.mustBe(account, &a)
	_, undone := l.decided.undone[account]
	if must && n != own || undone || slices.Contains(l.forbidden(account), own) {
		l.report(diag.Diagnostic{Severity: diag.Warning, Code: codeDecisionLate,
			Message: fmt.Sprintf("account %q of source %q has the identity %q, and people decided otherwise; an authoritative account stays with its identity",
				a.NativeIdentity, a.Source, l.aliasOf(own)),
			Hint: "decisions about authoritative accounts count before they get an identity"})
	}
}
