package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
)

// accountExplanation says why an account has its identity, or none.
type accountExplanation struct {
	Account    string           `json:"account"`
	Name       string           `json:"name"`
	Method     correlate.Method `json:"method"`
	Identity   *who             `json:"identity"`
	Reason     string           `json:"reason,omitempty"` // of an account without identity
	Likely     *correlate.Class `json:"likely,omitempty"` // of an account without identity
	Rules      []ruleTrace      `json:"rules"`
	NearMisses []nearMiss       `json:"nearMisses"`
	Message    string           `json:"message,omitempty"`
}

// ruleTrace is what one rule did.
type ruleTrace struct {
	Rule       string            `json:"rule"`
	Criterion  string            `json:"criterion"`
	Values     []string          `json:"values"` // of the account, by condition
	Outcome    correlate.Outcome `json:"outcome"`
	Error      string            `json:"error,omitempty"`
	Total      int               `json:"total"` // identities with the value
	Candidates []candidate       `json:"candidates"`
}

type candidate struct {
	who
	Values []string `json:"values"` // of the identity, by condition
}

func (x *correlation) explain(name string) (answer, error) {
	l, i, err := x.account(name)
	if err != nil {
		return nil, err
	}
	l.prepare(x)
	a := &l.accounts[i]
	e := &accountExplanation{Account: a.Key().String(), Name: a.DisplayName(), Method: l.method[i], Rules: []ruleTrace{}, NearMisses: []nearMiss{}}
	if n := l.owner[i]; n >= 0 {
		w := x.who(n)
		e.Identity = &w
	}
	switch e.Method {
	case correlate.NewIdentity:
		x.hide(l, l.owner[i])
		e.Message = "it found nobody and made an identity of its own, which is left out below; the others are as they are after the run"
	case correlate.Sticky, correlate.Manual:
		e.Message = "it was linked before the run, so no rule was asked; below is what they would say"
	}
	ex := l.correlator.Explain(l.index, a, correlate.Values(x.persons))
	for _, s := range ex.Steps {
		e.Rules = append(e.Rules, x.trace(l, i, &s))
	}
	for _, m := range l.near.Find(a) {
		if e.Identity == nil || e.Method != correlate.NewIdentity && m.Identity != l.owner[i] && ex.Match.Identity < 0 {
			e.NearMisses = append(e.NearMisses, x.nearMiss(accountNames{a.NativeIdentity, a.DisplayName()}, &m))
		}
	}
	return e, x.explainFailure(e, l, a.NativeIdentity)
}

// explainFailure adds why an account has no identity.
func (x *correlation) explainFailure(e *accountExplanation, l *linked, id string) error {
	if e.Identity != nil {
		return nil
	}
	list, err := x.failures(l)
	for i := range list {
		if list[i].row.AccountID == id {
			e.Reason, e.Likely, e.Message = list[i].row.Reason, &list[i].likely, list[i].row.Message
		}
	}
	return err
}

// hide takes an identity out of the index of a source.
func (x *correlation) hide(l *linked, n int32) {
	for key := range l.index.Keys() {
		l.index.Put(n, key, identity.Value{})
	}
}

func (x *correlation) trace(l *linked, i int, s *correlate.Step) ruleTrace {
	t := ruleTrace{Rule: s.Rule, Criterion: s.Criterion, Outcome: s.Outcome, Total: s.Total, Values: []string{}, Candidates: []candidate{}}
	if s.Err != nil {
		t.Error = s.Err.Error()
	}
	if len(x.people) > 0 {
		t.Values = x.compared(l, i, 0, s.Rule).Account
	}
	for _, n := range s.Candidates {
		p := x.compared(l, i, n, s.Rule)
		t.Criterion = p.Criterion // the default match also looks for the uid
		t.Candidates = append(t.Candidates, candidate{x.who(n), p.Identity})
	}
	return t
}

// compared returns what a rule compares of an account and an identity.
func (x *correlation) compared(l *linked, i int, n int32, rule string) correlate.Pair {
	pairs := l.correlator.ExplainPair(l.index, &l.accounts[i], n, correlate.Values(x.persons))
	if k := slices.IndexFunc(pairs, func(p correlate.Pair) bool { return p.Rule == rule }); k >= 0 {
		return pairs[k]
	}
	return correlate.Pair{}
}

func (e *accountExplanation) print(a *app, w io.Writer) {
	fmt.Fprintf(w, "%s\n", e.Account)
	if e.Name != "" && !strings.HasSuffix(e.Account, "/"+e.Name) {
		fmt.Fprintf(w, "  name: %s\n", e.Name)
	}
	if e.Identity != nil {
		fmt.Fprintf(w, "  identity: %s, by %s\n", e.Identity, e.Method)
	} else {
		fmt.Fprintf(w, "  no identity: %s, likely %s\n", e.Reason, e.Likely)
	}
	if e.Message != "" {
		fmt.Fprintf(w, "  %s\n", e.Message)
	}
	heading(a, w, "Rules")
	g := newGrid("Rule", "Identity = account", "Account has", "Outcome", "Identity has")
	for _, r := range e.Rules {
		people := []string{r.Error}
		if len(r.Candidates) > 0 || r.Error == "" {
			people = nil
		}
		for _, c := range r.Candidates {
			people = append(people, quoted(c.Values)+" "+c.String())
		}
		if more := r.Total - len(r.Candidates); more > 0 {
			people = append(people, fmt.Sprintf("and %d more", more))
		}
		g.row(r.Rule, r.Criterion, quoted(r.Values), r.Outcome, strings.Join(people, "; "))
	}
	g.print(a, w)
	if len(e.NearMisses) > 0 {
		heading(a, w, "Near misses")
		for _, m := range e.NearMisses {
			fmt.Fprintf(w, "  %s\n", m)
		}
	}
}

// quoted shows values, so that blanks are seen; a dash is no value.
func quoted(values []string) string {
	var list []string
	for _, v := range values {
		if v == "" {
			list = append(list, "-")
		} else {
			list = append(list, fmt.Sprintf("%q", v))
		}
	}
	return strings.Join(list, ", ")
}

// pairExplanation is what the rules say about one account and one identity.
type pairExplanation struct {
	Account  string     `json:"account"`
	Identity who        `json:"identity"`
	Linked   bool       `json:"linked"`
	Rules    []pairRule `json:"rules"`
}

type pairRule struct {
	Rule        string                 `json:"rule"`
	Criterion   string                 `json:"criterion"`
	Account     []string               `json:"account"` // values by condition
	Identity    []string               `json:"identity"`
	Verdict     string                 `json:"verdict"`
	Others      int                    `json:"others"` // other identities that meet the rule too
	Differences []correlate.Difference `json:"differences"`
}

// pair explains ACCOUNT=IDENTITY. Both may have = in them: the last sign counts
// with which both exist.
func (x *correlation) pair(text string) (answer, error) {
	at := strings.LastIndexByte(text, '=')
	if at < 0 {
		return nil, fmt.Errorf("%q is no pair, expected ACCOUNT=IDENTITY", text)
	}
	var problem error
	for ; at >= 0; at = strings.LastIndexByte(text[:at], '=') {
		l, i, err := x.account(text[:at])
		n, ok := x.identity(text[at+1:])
		switch {
		case err == nil && ok:
			return x.explainPair(l, i, n), nil
		case problem != nil:
		case err != nil:
			problem = err
		default:
			problem = fmt.Errorf("there is no identity %q: no id, name, uid or account is like that", text[at+1:])
		}
	}
	return nil, problem
}

func (x *correlation) explainPair(l *linked, i int, n int32) *pairExplanation {
	l.prepare(x)
	out := &pairExplanation{Account: l.accounts[i].Key().String(), Identity: x.who(n), Linked: l.owner[i] == n}
	for _, p := range l.correlator.ExplainPair(l.index, &l.accounts[i], n, correlate.Values(x.persons)) {
		r := pairRule{p.Rule, p.Criterion, p.Account, p.Identity, "differs", p.Others, append([]correlate.Difference{}, p.Differences...)}
		switch {
		case !p.Applies:
			r.Verdict = "does not apply"
		case p.Accepted && p.Others > 0:
			r.Verdict = "meets, and " + countOf(p.Others, "other does", "others do") + " too"
		case p.Accepted:
			r.Verdict = "meets"
		case p.Equal:
			r.Verdict = "rejected by the predicate"
		case slices.Contains(p.Account, "") || slices.Contains(p.Identity, ""):
			r.Verdict = "no value"
		case len(p.Differences) > 0:
			r.Verdict = "nearly"
		}
		out.Rules = append(out.Rules, r)
	}
	return out
}

func (e *pairExplanation) print(a *app, w io.Writer) {
	link := "not linked"
	if e.Linked {
		link = "linked"
	}
	fmt.Fprintf(w, "%s and %s: %s\n\n", e.Account, e.Identity, link)
	g := newGrid("Rule", "Identity = account", "Account has", "Identity has", "Verdict", "Differs in")
	for _, r := range e.Rules {
		g.row(r.Rule, r.Criterion, quoted(r.Account), quoted(r.Identity), r.Verdict, joined(r.Differences))
	}
	g.print(a, w)
}
