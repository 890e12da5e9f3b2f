package correlate

import (
	"context"
	"slices"

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
	c    *Correlator
	rule []*Bulk // by rule; nil for those of the host
}

// Evidence runs each rule alone over all accounts.
func (c *Correlator) Evidence(ctx context.Context, p Population, accounts []identity.Account, o RunOptions) (*Evidence, error) {
	ev := &Evidence{c: c, rule: make([]*Bulk, len(c.rules))}
	for i := range c.rules {
		if c.rules[i].own != nil {
			continue
		}
		one := *c
		one.rules = []compiled{c.rules[i]}
		b, err := one.Run(ctx, p, accounts, o)
		if err != nil {
			return nil, err
		}
		b.c = &one
		ev.rule[i] = b
	}
	return ev, nil
}

// Conflicts returns the accounts whose identity another rule alone denies: it
// finds somebody else. They are in order of accounts and rules.
func (ev *Evidence) Conflicts(of *Bulk) []Conflict {
	var out []Conflict
	for i, n := range of.Identity {
		if n < 0 {
			continue
		}
		by := of.Match(i).Rule
		for k, b := range ev.rule {
			if b != nil && b.Identity[i] >= 0 && b.Identity[i] != n {
				out = append(out, Conflict{int32(i), n, by, ev.c.rules[k].id, b.Identity[i]})
			}
		}
	}
	return out
}

// Contradicted returns the accounts with an identity that exactly one rule
// supports, while each other rule for which both have values finds them
// different, and not only nearly equal: what is left of a value that was given
// to the wrong person. Such accounts may be right (names change), so this is
// weaker than [Evidence.Conflicts].
func (ev *Evidence) Contradicted(ctx context.Context, p Population, accounts []identity.Account, of *Bulk) ([]Conflict, error) {
	var out []Conflict
	values := Values(p)
	x := NewIndex()
	for i, n := range of.Identity {
		if n < 0 {
			continue
		}
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		var against []string
		support := 0
		for _, pair := range ev.c.ExplainPair(x, &accounts[i], n, values) {
			switch {
			case pair.Equal:
				support++
			case pair.complete() && len(pair.Differences) == 0:
				against = append(against, pair.Rule)
			}
		}
		if support == 1 && len(against) > 0 {
			by := of.Match(i).Rule
			for _, rule := range against {
				out = append(out, Conflict{int32(i), n, by, rule, -1})
			}
		}
	}
	return out, nil
}

// complete reports whether both sides have a value for each condition.
func (p *Pair) complete() bool {
	return !slices.Contains(p.AccountKey, "") && !slices.Contains(p.IdentityKey, "")
}

// Unsupported returns the accounts whose stored identity no rule alone finds,
// ascending. Stored has the identity of each account, -1 for none.
func (ev *Evidence) Unsupported(stored []int32) []int32 {
	var out []int32
	for i, n := range stored {
		if n >= 0 && !slices.ContainsFunc(ev.rule, func(b *Bulk) bool { return b != nil && b.names(int32(i), n) }) {
			out = append(out, int32(i))
		}
	}
	return out
}

// names reports whether the run finds the identity, alone or among others.
func (b *Bulk) names(account, n int32) bool {
	if b.Identity[account] == n {
		return true
	}
	return slices.ContainsFunc(b.noted[account], func(a Ambiguity) bool { return slices.Contains(a.Identities, n) })
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
func (ev *Evidence) Coverage(accounts []identity.Account, of *Bulk) []Coverage {
	out := make([]Coverage, 0, len(ev.rule))
	for k, b := range ev.rule {
		if b == nil {
			continue
		}
		r := &ev.c.rules[k]
		cov := Coverage{Rule: r.id, Criterion: r.label}
		e := ev.c.evaluator()
		for i := range accounts {
			if r.when == nil || e.holds(r.when, &accounts[i]) {
				if out, _ := r.keys(e, &accounts[i]); out == compared {
					cov.Accounts++
				}
			}
			n := b.Identity[i]
			switch {
			case n >= 0:
				cov.Matched++
				if of.Identity[i] >= 0 && of.Identity[i] != n {
					cov.Denied++
				}
			case len(b.noted[int32(i)]) > 0:
				cov.Ambiguous++
			}
			if of.Identity[i] >= 0 && of.c.rules[of.rule[i]].id == r.id {
				cov.Decided++
			}
		}
		ev.c.release(e)
		out = append(out, cov)
	}
	return out
}
