package correlate

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"github.com/idprofile/engine/correlate/internal/join"
	"github.com/idprofile/engine/identity"
)

// Effects is [Correlator.Effects] on what the rules are known to say. Base is what
// they find in order.
//
// A normaliser leaves most values as they are. Only accounts whose key it changes,
// or that look for the key of an identity whose key it changes, are decided again.
func (ev *Evidence) Effects(ctx context.Context, p Population, base *Bulk) ([]Effect, error) {
	var effects []Effect
	for k := range ev.c.rules {
		r := &ev.c.rules[k]

		// Nobody can put a normaliser into a rule of the host, or between an account's id and the name
		// it is to equal.
		if r.hostRule != nil || r.id == "default id" {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		changes, err := ev.tryFixes(ctx, p, base, k, r.missing())
		if err != nil {
			return nil, err
		}
		for _, e := range changes {
			if len(e.Change.Gained)+len(e.Change.Lost)+len(e.Change.Moved) > 0 {
				effects = append(effects, e)
			}
		}
	}

	slices.SortStableFunc(effects, func(a, b Effect) int {
		return cmp.Or(cmp.Compare(len(b.Change.Gained), len(a.Change.Gained)),
			cmp.Compare(len(a.Change.Lost), len(b.Change.Lost)))
	})
	return effects, nil
}

// missing are the normalisers that could help and that no condition of a rule has.
func (r *compiled) missing() []string {
	var fixes []string
	for _, d := range differences {
		has := slices.ContainsFunc(r.terms, func(t term) bool {
			return slices.ContainsFunc(t.steps, func(s step) bool { return s.name == d.fix })
		})
		if d.fix != "" && !has {
			fixes = append(fixes, d.fix)
		}
	}

	return fixes
}

// plain reports whether a rule compares one attribute as it is, so that its key
// is the normalised value.
func (r *compiled) plain() bool {
	return len(r.terms) == 1 && r.matchMode == "" && r.terms[0].unit == nil &&
		r.key.terms[0].unit == nil && r.key.terms[0].expression == nil
}

// tryFixes returns what each of some normalisers would change in rule k.
func (ev *Evidence) tryFixes(ctx context.Context, p Population, base *Bulk, k int, fixes []string) ([]Effect, error) {
	r := &ev.c.rules[k]
	var effects []Effect

	// Most fixes are tried without running anything: rules of one attribute keep what they found, and
	// only keys that change are looked at.
	var trials []*trial
	for _, fix := range fixes {
		changed, ok := ev.c.With(r.id, fix)
		if !ok {
			continue
		}
		effects = append(effects, Effect{Rule: r.id, Criterion: r.label, Fix: fix})
		if r.plain() && !ev.narrows && ev.x.UIDOrder == nil {
			trials = append(trials, newTrial(fix, r, &changed.rules[k]))
			continue
		}

		// Nothing is known of the other rules: they all run again.
		after, err := changed.Run(ctx, p, ev.accounts, BulkOptions{RankLast: ev.x.RankLast, UIDOrder: ev.x.UIDOrder})
		if err != nil {
			return nil, err
		}
		effects[len(effects)-1].Change = Compare(base, after)
	}

	if len(trials) == 0 {
		return effects, nil
	}

	// Every trial of a rule is served in the same pass over the identities: reading them is what
	// costs.
	ev.alter(p, &r.key, trials, func(t *trial) **altered { return &t.main })
	if r.fallback != nil {
		ev.alter(p, r.fallback, trials, func(t *trial) **altered { return &t.fallback })
	}
	for i, t := range trials {
		t.change = &effects[i].Change
	}
	ev.retry(p, base, k, trials)
	return effects, nil
}

// trial is a rule with one more normaliser.
type trial struct {
	fix            string
	rule           *compiled
	always         bool // the normaliser may matter for values that it does not change
	main, fallback *altered
	known          map[string]judged // by key that several identities have
	change         *Change
}

func newTrial(fix string, r, changed *compiled) *trial {
	t := &trial{fix: fix, rule: changed, known: map[string]judged{}}

	// A second normaliser makes a rule look for placeholders in what the first one
	// leaves, too.
	if steps := r.terms[0].steps; r.key.placeholders != nil && len(steps) == 1 {
		t.always = steps[0].name != "fold" && steps[0].name != "exact" && steps[0].name != "trim"
	}
	return t
}

// mayChange reports whether the normaliser of a trial may change the key of a
// value; false is certain. Those that come first see the value, others the key.
func (t *trial) mayChange(value string, key []byte) bool {
	switch t.fix {
	case "nfkc", "diacritics":
		return t.always || !ascii(value)
	case "spaces":
		return t.always || irregular(value)
	case "leadingZeros":
		return t.always || len(key) > 0 && key[0] == '0'
	case "fold":
		return t.always || slices.ContainsFunc(key, func(b byte) bool { return b >= 'A' && b <= 'Z' || b >= 0x80 })
	}

	return t.always || slices.ContainsFunc(key, func(b byte) bool {
		return (b < 'a' || b > 'z') && (b < '0' || b > '9') && (b < 'A' || b > 'Z')
	})
}

// irregular reports blanks other than single spaces between other characters, and
// anything beyond ASCII.
func irregular(s string) bool {
	gap := true
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c > ' ' && c < 0x7F {
			gap = false
			continue
		}

		if c != ' ' || gap {
			return true
		}
		gap = true
	}

	return gap && s != ""
}

// altered is a key of all identities with one more normaliser, as what differs
// from the column without.
type altered struct {
	base  *column
	moved []bool  // by identity: it has another key than in base
	left  []int32 // by entry of base: how many identities have another key now; nil: none
	added column  // those identities, by their new key
	both  map[string][]int32
}

// alter computes the keys of all identities under each trial.
func (ev *Evidence) alter(p Population, s *spec, trials []*trial, at func(*trial) **altered) {
	base := &ev.x.columns[ev.x.bySignature[s.signature]]
	var open []*trial

	// Two rules over one attribute try the same fix on the same column; what it moves is computed
	// once.
	for _, t := range trials {
		sign := s.signature + "\x02" + t.fix
		a := ev.x.altered[sign]
		if a == nil {
			a = &altered{base: base, both: map[string][]int32{}}
			a.added.expects = p.Len()
			if ev.x.altered == nil {
				ev.x.altered = map[string]*altered{}
			}
			ev.x.altered[sign] = a
			open = append(open, t)
		}

		*at(t) = a
	}

	if len(open) == 0 {
		return
	}

	read := p.Column(s.terms[0].attribute)
	e := ev.c.evaluator()
	defer ev.c.release(e)
	for n := range int32(p.Len()) {
		v := read(n)
		if v.IsNull() {
			// Few values change under a fix, and whether one does is cheaper to ask than its new key.
			continue
		}
		value, key := v.Text(), base.keyOf(n)
		for _, t := range open {
			if t.mayChange(value, key) {
				(*at(t)).put(n, key, t.identityKey(e, v, at))
			}
		}
	}
}

// identityKey returns the key of an identity with the normaliser of the trial.
func (t *trial) identityKey(e *evaluator, v identity.Value, at func(*trial) **altered) []byte {
	s := &t.rule.key
	if at(t) == &t.fallback {
		s = t.rule.fallback
	}
	return s.keyOf(e, v)
}

// put notes the new key of an identity.
func (a *altered) put(n int32, before, now []byte) {
	now = join.Short(now)
	if bytes.Equal(before, now) {
		return
	}
	for int(n) >= len(a.moved) {
		a.moved = append(a.moved, false)
	}
	a.moved[n] = true
	if len(before) > 0 {
		if a.left == nil {
			a.left = make([]int32, len(a.base.entries))
		}
		a.left[a.base.at[n]-1]++
	}
	if len(now) > 0 {
		a.added.put(n, now)
	}
}

// touches reports whether other identities may have the key now than in base, where
// it has that entry.
func (a *altered) touches(key []byte, entry int32) bool {
	if len(a.moved) == 0 {
		return false
	}
	return entry >= 0 && a.leftOf(entry) > 0 || a.added.entryOf(key) >= 0
}

// leftOf returns how many identities of an entry have another key now.
func (a *altered) leftOf(entry int32) int32 {
	if a.left == nil {
		return 0
	}
	return a.left[entry]
}

// find returns the identities that have the key now, ascending.
func (a *altered) find(key []byte) []int32 {
	entry := a.base.entryOf(key)
	var kept []int32
	left, added := int32(0), a.added.find(key)
	if entry >= 0 {
		kept, left = a.base.of(entry), a.leftOf(entry)
	}

	// Nobody moved, or everybody did: nothing has to be put together.
	switch {
	case left == 0 && len(added) == 0:
		return kept
	case int(left) == len(kept):
		return added
	}

	// Some were here, some came: put together once for all who ask.
	if found, ok := a.both[string(key)]; ok {
		return found
	}
	found := slices.Clone(added)
	for _, n := range kept {
		if int(n) >= len(a.moved) || !a.moved[n] {
			found = append(found, n)
		}
	}

	slices.Sort(found)
	a.both[string(key)] = found
	return found
}

// retry decides the accounts again for which a trial of rule k makes a difference.
func (ev *Evidence) retry(p Population, base *Bulk, k int, trials []*trial) {
	r := &ev.c.rules[k]
	j := &judge{ev: ev, e: ev.c.evaluator(), value: Values(p)}
	defer ev.c.release(j.e)
	moves := slices.ContainsFunc(trials, func(t *trial) bool { return t.moves() })
	for i := range ev.accounts {
		a := &ev.accounts[i]

		// The rule did not apply or the account is left alone; no normaliser changes that.
		if ev.rules[k][i].outcome == NotApplicable || ev.rules[k][i].null || ev.excluded[int32(i)] {
			continue
		}
		if base.Identity[i] >= 0 && int(base.rule[i]) < k {
			continue // an earlier rule has decided, whatever this one says
		}

		// The account's own value may change too: both sides get the normaliser.
		v, err := r.terms[0].ofAccount(j.e, a)
		if err != nil || v.IsNull() {
			continue
		}
		list := v.Kind() == identity.List
		var key []byte
		if text, out, _ := r.terms[0].text(j.e, v, r.key.placeholders); !list && out == compared {
			key = append(j.e.key[:0], text...)
			j.e.key = key
		}

		value := ""
		if !list {
			value = v.Text()
		}
		// The trials differ in what they add to one column, in which the key is looked up once.
		main, fallback := int32(-1), int32(-1)
		if moves {
			main, fallback = trials[0].entries(key)
		}
		for _, t := range trials {
			if list || t.mayChange(value, key) || t.touches(key, main, fallback) {
				t.count(base, int32(i), ev.order(int32(i), k, t.judge(j, a)))
			}
		}
	}
}

// entries returns where a key stands in the columns of the rule, -1: nowhere.
func (t *trial) entries(key []byte) (main, fallback int32) {
	main, fallback = t.main.base.entryOf(key), -1
	if t.fallback != nil {
		fallback = t.fallback.base.entryOf(key)
	}
	return main, fallback
}

// moves reports whether an identity has another key under the trial.
func (t *trial) moves() bool {
	return len(t.main.moved) > 0 || t.fallback != nil && len(t.fallback.moved) > 0
}

func (t *trial) touches(key []byte, main, fallback int32) bool {
	return len(key) > 0 && (t.main.touches(key, main) || t.fallback != nil && t.fallback.touches(key, fallback))
}

// judge applies the rule of a trial to an account.
func (t *trial) judge(j *judge, a *identity.Account) judged {
	if out, _ := t.rule.keys(j.e, a); out != compared {
		return judged{verdict: verdict{identity: -1, outcome: Blank}}
	}

	// Thousands of accounts may share one key; ambiguous answers are remembered, the others are cheap.
	if len(j.e.keys) == 1 && t.rule.predicate == nil {
		key := j.e.keys[0]
		if known, ok := t.known[string(key)]; ok {
			return known
		}
		found := t.find(key)
		one := j.decide(a, t.rule, found)
		if len(found) > 1 {
			t.known[string(key)] = one
		}
		return one
	}

	// A list or a predicate depends on more than the key.
	var found []int32
	for _, key := range j.e.keys {
		found = append(found, t.find(key)...)
	}
	slices.Sort(found)
	return j.decide(a, t.rule, slices.Compact(found))
}

// find returns the identities that the rule finds by a key.
func (t *trial) find(key []byte) []int32 {
	found := t.main.find(key)
	if len(found) == 0 && t.fallback != nil {
		found = t.fallback.find(key)
	}
	return found
}

// count adds an account to the change if it ends otherwise than before.
func (t *trial) count(base *Bulk, account int32, now ordered) {
	old := base.Identity[account]
	switch c := t.change; {
	case old == now.identity:
	case old < 0:
		c.Gained = append(c.Gained, account)
	case now.identity < 0:
		c.Lost = append(c.Lost, account)
		if now.notes > len(base.noted.at(account)) {
			c.Ambiguous = append(c.Ambiguous, account)
		}
	default:
		c.Moved = append(c.Moved, account)
	}
}
