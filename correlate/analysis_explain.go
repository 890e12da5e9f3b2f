package correlate

import (
	"context"
	"fmt"
	"slices"

	"github.com/idprofile/engine/identity"
)

// AccountExplanation says why an account has its identity, or none. Its JSON form
// is stable.
type AccountExplanation struct {
	Account    string         `json:"account"`
	Name       string         `json:"name"`
	Method     Method         `json:"method"`
	Identity   *IdentityName  `json:"identity"`
	Reason     string         `json:"reason,omitempty"` // of an account without identity
	Likely     *Class         `json:"likely,omitempty"` // of an account without identity
	Rules      []RuleTrace    `json:"rules"`
	NearMisses []NearMissText `json:"nearMisses"`
	Message    string         `json:"message,omitempty"`
}

// RuleTrace is what one rule did for an account.
type RuleTrace struct {
	Rule       string          `json:"rule"`
	Criterion  string          `json:"criterion"`
	Values     []string        `json:"values"` // of the account, by condition
	Outcome    Outcome         `json:"outcome"`
	Error      string          `json:"error,omitempty"`
	Total      int             `json:"total"` // identities with the value
	Candidates []RuleCandidate `json:"candidates"`
}

// RuleCandidate is an identity that a rule found.
type RuleCandidate struct {
	IdentityName
	Values []string `json:"values"` // of the identity, by condition
}

// Explain tells what each rule does for account i, and why it has no identity if
// it has none. The error is that of the context.
func (x *Analysis) Explain(ctx context.Context, i int) (*AccountExplanation, error) {
	x.prepare()
	a := &x.Accounts[i]
	e := &AccountExplanation{
		Account: a.Key().String(), Name: a.DisplayName(), Method: x.Method[i],
		Rules: []RuleTrace{}, NearMisses: []NearMissText{},
	}
	if n := x.Identity[i]; n >= 0 {
		name := x.Name(n)
		e.Identity = &name
	}

	// The identity that an account made has its values, so every rule would find
	// it; what the rules found then was without it.
	switch e.Method {
	case NewIdentity:
		x.hide(x.Identity[i])
		defer x.show(x.Identity[i])
		e.Message = "it found nobody and made an identity of its own, which is left out below; the others are as they are after the run"
	case Sticky, Manual:
		e.Message = "it was linked before the run, so no rule was asked; below is what they would say"
	}

	ex := x.c.Explain(x.Index, a, Values(x.p))
	for _, s := range ex.Steps {
		e.Rules = append(e.Rules, x.trace(i, &s))
	}

	// A near miss is news for an account without identity. For one that has an identity it only counts
	// where the rules find nobody now, and names somebody else than the owner.
	for _, m := range x.near.Find(a) {
		if e.Identity == nil || e.Method != NewIdentity && m.Identity != x.Identity[i] && ex.Match.Identity < 0 {
			account := AccountName{ID: a.NativeIdentity, Name: a.DisplayName()}
			e.NearMisses = append(e.NearMisses, x.nearMiss(account, &m, append([]string{}, m.Fixes()...)))
		}
	}

	return e, x.explainFailure(ctx, e, a.NativeIdentity)
}

// explainFailure adds why an account has no identity.
func (x *Analysis) explainFailure(ctx context.Context, e *AccountExplanation, id string) error {
	if e.Identity != nil {
		return nil
	}
	list, err := x.uncorrelated(ctx)
	var ex Explanation
	for i := range list {
		if f := &list[i]; x.judged.Accounts[f.place].NativeIdentity == id {
			kind := x.kinds[f.kind]
			e.Reason, e.Likely, e.Message = kind.reason, &kind.likely, x.row(f, &ex).Message
		}
	}

	return err
}

// hide takes an identity out of the index.
func (x *Analysis) hide(n int32) {
	for key := range x.Index.Keys() {
		x.Index.Put(n, key, identity.Value{})
	}
}

// show puts an identity back into the index.
func (x *Analysis) show(n int32) {
	for key, name := range x.Index.Keys() {
		x.Index.Put(n, key, x.p.Column(name)(n))
	}
	x.Index.Hold()
}

func (x *Analysis) trace(i int, s *Step) RuleTrace {
	t := RuleTrace{
		Rule: s.Rule, Criterion: s.Criterion, Outcome: s.Outcome, Total: s.Total,
		Values: []string{}, Candidates: []RuleCandidate{},
	}
	if s.Err != nil {
		t.Error = s.Err.Error()
	}
	if x.p.Len() > 0 {
		t.Values = x.compared(i, 0, s.Rule).Account
	}
	for _, n := range s.Candidates {
		p := x.compared(i, n, s.Rule)
		t.Criterion = p.Criterion // the default match also looks for the uid
		t.Candidates = append(t.Candidates, RuleCandidate{IdentityName: x.Name(n), Values: p.Identity})
	}

	return t
}

// compared returns what a rule compares of an account and an identity.
func (x *Analysis) compared(i int, n int32, rule string) Pair {
	pairs := x.c.ExplainPair(x.Index, &x.Accounts[i], n, Values(x.p))
	if k := slices.IndexFunc(pairs, func(p Pair) bool { return p.Rule == rule }); k >= 0 {
		return pairs[k]
	}
	return Pair{}
}

// PairExplanation is what the rules say about one account and one identity. Its
// JSON form is stable.
type PairExplanation struct {
	Account  string       `json:"account"`
	Identity IdentityName `json:"identity"`
	Linked   bool         `json:"linked"`
	Rules    []PairRule   `json:"rules"`
}

// PairRule is what one rule says about the pair.
type PairRule struct {
	Rule        string       `json:"rule"`
	Criterion   string       `json:"criterion"`
	Account     []string     `json:"account"`  // values by condition
	Identity    []string     `json:"identity"` // values by condition
	Verdict     string       `json:"verdict"`
	Others      int          `json:"others"` // other identities that meet the rule too
	Differences []Difference `json:"differences"`
}

// ExplainPair tells what each rule says about account i and identity n.
func (x *Analysis) ExplainPair(i int, n int32) *PairExplanation {
	x.prepare()
	a := &x.Accounts[i]
	out := &PairExplanation{Account: a.Key().String(), Identity: x.Name(n), Linked: x.Identity[i] == n}
	for _, p := range x.c.ExplainPair(x.Index, a, n, Values(x.p)) {
		out.Rules = append(out.Rules, PairRule{
			Rule: p.Rule, Criterion: p.Criterion, Account: p.Account, Identity: p.Identity,
			Verdict: p.verdict(), Others: p.Others, Differences: append([]Difference{}, p.Differences...),
		})
	}

	return out
}

// verdict says in words what a rule makes of a pair.
func (p *Pair) verdict() string {
	switch {
	case !p.Applies:
		// The order is from certain to vague: a pair that meets may also contain blanks, and of one
		// that does not meet the first reason that is true is the one to mend.
		return "does not apply"
	case p.Accepted && p.Others == 1:
		return "meets, and 1 other does too"
	case p.Accepted && p.Others > 0:
		return fmt.Sprintf("meets, and %d others do too", p.Others)
	case p.Accepted:
		return "meets"
	case p.Equal:
		return "rejected by the predicate"
	case slices.Contains(p.Account, "") || slices.Contains(p.Identity, ""):
		return "no value"
	case len(p.Differences) > 0:
		return "nearly"
	}

	return "differs"
}
