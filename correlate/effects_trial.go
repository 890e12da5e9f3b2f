package correlate

import (
	"bytes"
	"slices"

	"github.com/idprofile/engine/identity"
)

// trial is a rule with one more normaliser.
type trial struct {
	fix            string
	rule           *compiled
	always         bool // the normaliser may matter for values that it does not change
	last           bool // the normaliser comes after all others, on both sides
	main, fallback *altered
	waiting        []bool            // by account: it looks for identities with new keys; nil: none does
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

	ends := func(term term) bool { return len(term.steps) > 0 && term.steps[len(term.steps)-1].name == fix }
	t.last = ends(changed.terms[0]) && ends(changed.key.terms[0])
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

// retry decides the accounts again for which a trial of rule k makes a difference.
func (ev *Evidence) retry(p Population, base *Bulk, k int, trials []*trial) {
	r := &ev.c.rules[k]
	j := &judge{ev: ev, e: ev.c.evaluator(), value: Values(p)}
	defer ev.c.release(j.e)
	moves := slices.ContainsFunc(trials, func(t *trial) bool { return t.moves() })
	for i := range ev.accounts {
		if ev.settled(base, int32(i), k) {
			continue
		}

		// The account's own value may change too: both sides get the normaliser.
		v, err := r.terms[0].ofAccount(j.e, &ev.accounts[i])
		if err != nil || v.IsNull() {
			continue
		}
		list, value := v.Kind() == identity.List, ""
		var key []byte
		if !list {
			value, key = v.Text(), j.keyOf(r, v)
		}

		// The trials differ in what they add to one column, in which the key is looked up once.
		at := keyPlace{main: -1, fallback: -1}
		if moves {
			at = trials[0].place(key)
		}
		found := int32(-1)
		if base.Identity[i] >= 0 && int(base.rule[i]) == k && at.main >= 0 {
			found = base.Identity[i]
		}
		for _, t := range trials {
			if list || t.mayChange(value, key) || t.touches(at) {
				t.try(j, base, int32(i), k, found, key)
			}
		}
	}

	for _, t := range trials {
		t.finish(j, p, base, k)
	}
}

// keyOf returns what a rule compares of a value, valid until the next one; nil for nothing.
func (j *judge) keyOf(r *compiled, v identity.Value) []byte {
	text, out, _ := r.terms[0].text(j.e, v, r.key.placeholders)
	if out != compared {
		return nil
	}
	j.e.key = append(j.e.key[:0], text...)
	return j.e.key
}

// settled reports whether no normaliser in rule k changes anything for an account: the rule does not
// apply, the account is left alone, or an earlier rule has decided, whatever this one says.
func (ev *Evidence) settled(base *Bulk, account int32, k int) bool {
	v := &ev.rules[k][account]
	return v.outcome == NotApplicable || v.null || ev.excluded[account] ||
		base.Identity[account] >= 0 && int(base.rule[account]) < k
}

// keyPlace is the hash of a key, and where it stands in the columns of a rule, -1: nowhere. No hash:
// there is no key.
type keyPlace struct {
	hash           uint64
	main, fallback int32
}

func (t *trial) place(key []byte) keyPlace {
	at := keyPlace{main: t.main.base.entryOf(key), fallback: -1}
	if t.fallback != nil {
		at.fallback = t.fallback.base.entryOf(key)
	}
	if len(key) > 0 {
		at.hash = spread(newHash(key))
	}
	return at
}

// moves reports whether an identity has another key under the trial.
func (t *trial) moves() bool {
	return t.main.moved != nil || t.fallback != nil && t.fallback.moved != nil
}

func (t *trial) touches(at keyPlace) bool {
	if at.hash == 0 {
		return false
	}
	return t.main.touches(at.hash, at.main) || t.fallback != nil && t.fallback.touches(at.hash, at.fallback)
}

// try decides an account again, unless it waits for identities with new keys. Found is the identity
// that rule k has found for it by the key; -1: none, or in another way.
func (t *trial) try(j *judge, base *Bulk, account int32, k int, found int32, key []byte) {
	out, _ := t.rule.keys(j.e, &j.ev.accounts[account])
	if out == compared && found >= 0 && t.stays(j, found, key) {
		return
	}
	if out == compared && t.seek(j.e.keys) {
		if t.waiting == nil {
			t.waiting = make([]bool, len(j.ev.accounts))
		}
		t.waiting[account] = true
		return
	}
	t.count(base, account, j.ev.order(account, k, t.judge(j, &j.ev.accounts[account], out)))
}

// stays reports whether an account certainly finds the identity again that it has found by a key.
func (t *trial) stays(j *judge, found int32, key []byte) bool {
	// A normaliser that comes last on both sides makes one key of what was one key before. Then the
	// identity has the new key, too, and the question is whether somebody else has it.
	ranked := j.ev.x.RankLast != nil && j.ev.c.options.CorrelatedOnly
	if !t.last || len(j.e.keys) != 1 || t.rule.predicate != nil || ranked {
		return false
	}
	return bytes.Equal(key, t.main.base.keyOf(found)) && t.main.aloneWith(found, j.e.keys[0])
}

// seek reports whether identities have to be gathered before these keys can be looked up.
func (t *trial) seek(keys [][]byte) (wait bool) {
	for _, key := range keys {
		wait = t.main.seek(key) || wait
		wait = t.fallback != nil && t.fallback.seek(key) || wait
	}
	return wait
}

// finish decides the accounts that wait.
func (t *trial) finish(j *judge, p Population, base *Bulk, k int) {
	if t.waiting == nil {
		return
	}
	gather := func(a *altered, s *spec) {
		read := p.Column(s.terms[0].attribute)
		a.gather(func(n int32) []byte { return s.keyOf(j.e, read(n)) })
	}
	gather(t.main, &t.rule.key)
	if t.fallback != nil {
		gather(t.fallback, t.rule.fallback)
	}

	for i, waits := range t.waiting {
		if waits {
			a := &j.ev.accounts[i]
			out, _ := t.rule.keys(j.e, a)
			t.count(base, int32(i), j.ev.order(int32(i), k, t.judge(j, a, out)))
		}
	}

	// Those that did not wait came before.
	for _, list := range [][]int32{t.change.Gained, t.change.Lost, t.change.Moved, t.change.Ambiguous} {
		slices.Sort(list)
	}
}

// judge applies the rule of a trial to an account, whose keys are made.
func (t *trial) judge(j *judge, a *identity.Account, out outcome) judged {
	if out != compared {
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
