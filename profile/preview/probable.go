package preview

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/correlate/linkage"
	"github.com/idprofile/engine/identity"
)

// ProbableAccount is what the evidence says of one account. Its JSON form is
// stable: fields may be added.
type ProbableAccount struct {
	Account     linkage.RecordKey   `json:"account"`
	Band        linkage.Band        `json:"band"`
	Probability float64             `json:"probability"` // of the first candidate; 0 without one
	Candidates  []ProbableCandidate `json:"candidates"`  // the likeliest first
	// Reason is why it is for review, or linked, when the evidence alone would say
	// something else.
	Reason string `json:"reason,omitempty"`
	// DisplayName and Alias serve files of manual correlation.
	displayName, alias string
}

// ProbableCandidate is an authoritative account whose person may own an account.
type ProbableCandidate struct {
	Account     linkage.RecordKey `json:"account"`
	Probability float64           `json:"probability"`
	bits        float64
	person      int32
	veto        string
}

// Probable is the accounts of a run with their probable owners: those of sources
// that are not authoritative, and those of later authoritative sources whose person
// an earlier one may have. Links of rules and of people stay: where the evidence
// speaks against one, the account is for review.
type Probable struct {
	Accounts []ProbableAccount // by source as configured, then by id
	Runs     []ProbableRun

	keys map[linkage.RecordKey]int // of Accounts
}

// ProbableRun is one source linked with one authoritative source.
type ProbableRun struct {
	Source, Authoritative string
	Result                *linkage.Result
}

// Probable finds the probable owners of accounts. The decisions of people in the
// options name accounts as source/id.
func (x *Correlation) Probable(ctx context.Context, o ProbableOptions) (*Probable, error) {
	b := &probable{x: x, o: o, out: &Probable{keys: map[linkage.RecordKey]int{}}, groups: map[int32]int32{}}

	// Authoritative accounts come first: each is compared with those of the sources before it, so that no pair is
	// asked about twice.
	anchors := b.anchors()
	for i, a := range anchors {
		if err := b.source(ctx, a, anchors[:i], true); err != nil {
			return nil, err
		}
	}

	for _, a := range x.analyses {
		if a.Authoritative {
			continue
		}
		if err := b.source(ctx, a, anchors, false); err != nil {
			return nil, err
		}
	}

	// Places are noted when nothing is appended any more.
	for i := range b.out.Accounts {
		b.out.keys[b.out.Accounts[i].Account] = i
	}
	return b.out, nil
}

// probable puts the results of several runs together.
type probable struct {
	x      *Correlation
	o      ProbableOptions
	out    *Probable
	groups map[int32]int32 // people who are, as far as one knows, one person
}

// anchors returns the authoritative sources, those of the profiles with the highest
// priority first.
func (b *probable) anchors() []*correlate.Analysis {
	var list []*correlate.Analysis
	for _, name := range b.x.authoritative {
		for _, a := range b.x.every {
			if a.Source == name {
				list = append(list, a)
			}
		}
	}

	return list
}

// tableOf returns the accounts of a source as records named source/id.
func tableOf(a *correlate.Analysis) *linkage.Table {
	t := &linkage.Table{Name: a.Source}
	columns := map[string]int{}
	for i := range a.Accounts {
		account := &a.Accounts[i]
		t.ID = append(t.ID, keyOf(account).String())
		for name, v := range account.Attributes.All() {
			if v.IsNull() {
				// Null is no value to compare; an absent cell says the same and costs nothing.
				continue
			}
			c, ok := columns[name]
			if !ok {
				c = len(t.Columns)
				columns[name] = c
				t.Columns = append(t.Columns, linkage.Column{Name: name, Values: make([]string, len(a.Accounts))})
			}

			t.Columns[c].Values[i] = firstText(v)
		}
	}

	// Columns are met in the order in which accounts have values, which is none to rely on.
	slices.SortFunc(t.Columns, func(p, q linkage.Column) int { return strings.Compare(p.Name, q.Name) })
	return t
}

// firstText returns the text of a value, of a list that of its first item.
func firstText(v identity.Value) string {
	if v.Kind() != identity.List {
		return v.Text()
	}
	for _, item := range v.List() {
		if !item.IsNull() {
			return item.Text()
		}
	}

	return ""
}

func keyOf(a *identity.Account) linkage.RecordKey {
	return linkage.RecordKey{Source: a.Source, NativeIdentity: a.NativeIdentity}
}

// source links the accounts of one source with authoritative ones.
func (b *probable) source(ctx context.Context, a *correlate.Analysis, anchors []*correlate.Analysis, born bool) error {
	var results []*linkage.Result

	// Pairs come back by record name, since linkage knows nothing of accounts.
	found := make([][]ProbableCandidate, len(a.Accounts))
	at := make(map[string]int, len(a.Accounts))
	for i := range a.Accounts {
		at[keyOf(&a.Accounts[i]).String()] = i
	}

	// Each authoritative source is linked by itself: its columns and its model are its own.
	for _, anchor := range anchors {
		if len(a.Accounts) == 0 || len(anchor.Accounts) == 0 {
			continue
		}
		o := b.o.Options
		if model := b.o.Models.Find(a.Source, anchor.Source); model != nil {
			o.Model = model
		}
		r, err := linkage.Between(ctx, tableOf(a), tableOf(anchor), o)
		if err != nil {
			return fmt.Errorf("source %q with %q: %w", a.Source, anchor.Source, err)
		}
		b.out.Runs = append(b.out.Runs, ProbableRun{Source: a.Source, Authoritative: anchor.Source, Result: r})
		b.take(found, at, anchor, r)
		results = append(results, r)
	}

	if len(anchors) == 0 {
		return nil
	}

	// What all of them found competes for the account.
	for i := range a.Accounts {
		b.hold(&a.Accounts[i], found[i], results)
		b.out.Accounts = append(b.out.Accounts, b.account(a, i, found[i], born))
	}

	if born {
		b.group(a, found)
	}
	return nil
}

// take adds the candidates of one run.
func (b *probable) take(found [][]ProbableCandidate, at map[string]int, anchor *correlate.Analysis, r *linkage.Result) {
	person := make(map[string]int, len(anchor.Accounts))
	for i := range anchor.Accounts {
		person[keyOf(&anchor.Accounts[i]).String()] = i
	}
	for _, p := range r.Pairs {
		n := person[r.B.ID[p.B]]
		c := ProbableCandidate{
			Account:     keyOf(&anchor.Accounts[n]),
			bits:        p.Bits,
			person:      anchor.Identity[n],
			veto:        p.Veto,
			Probability: p.Probability,
		}

		i := at[r.A.ID[p.A]]
		found[i] = append(found[i], c)
	}
}

// hold keeps an account whose id is nobody's in one authoritative source from being
// linked by itself with somebody of another source that has no such ids.
func (b *probable) hold(account *identity.Account, list []ProbableCandidate, results []*linkage.Result) {
	key := keyOf(account).String()
	for _, r := range results {
		if !r.Stranger(key) {
			continue
		}
		for i := range list {
			if list[i].Account.Source != r.B.Name && list[i].veto == "" {
				list[i].veto = "its id is nobody's in " + r.B.Name
			}
		}
	}
}

// group notes which people of two authoritative sources are rather one.
func (b *probable) group(a *correlate.Analysis, found [][]ProbableCandidate) {
	for i := range a.Accounts {
		if len(found[i]) == 0 || a.Identity[i] < 0 || found[i][0].person < 0 {
			continue
		}
		if best := b.compete(found[i]); best[0].Probability >= 0.5 {
			b.groups[a.Identity[i]] = b.root(best[0].person)
		}
	}
}

func (b *probable) root(n int32) int32 {
	for range 32 {
		up, ok := b.groups[n]
		if !ok || up == n {
			return n
		}
		n = up
	}

	return n
}

// compete shares the probability among the persons of the candidates and nobody.
// Several records of a person count once, by the best of them.
func (b *probable) compete(list []ProbableCandidate) []ProbableCandidate {
	slices.SortStableFunc(list, func(p, q ProbableCandidate) int {
		return cmp.Or(-cmp.Compare(p.bits, q.bits), strings.Compare(p.Account.String(), q.Account.String()))
	})

	// Several accounts of one person do not compete with each other.
	seen := map[int32]bool{}
	var best []ProbableCandidate
	for _, c := range list {
		n := b.root(c.person)
		if n >= 0 && seen[n] {
			continue
		}
		seen[n] = true
		best = append(best, c)
	}

	if len(best) == 1 {
		return best
	}

	// The part for nobody: it may be none of them.
	most := max(0, best[0].bits)
	sum := math.Exp2(-most)
	for _, c := range best {
		sum += math.Exp2(c.bits - most)
	}
	for i := range best {
		best[i].Probability = min(best[i].Probability, math.Exp2(best[i].bits-most)/sum)
	}
	return best
}

// account decides about one account.
func (b *probable) account(a *correlate.Analysis, i int, list []ProbableCandidate, born bool) ProbableAccount {
	account := &a.Accounts[i]
	out := ProbableAccount{
		Account:     keyOf(account),
		Candidates:  []ProbableCandidate{},
		displayName: account.DisplayName(),
	}
	if len(list) > 0 {
		out.Candidates = b.compete(list)
		out.Probability = out.Candidates[0].Probability
		out.Band, out.Reason = b.band(&out.Candidates[0])
	}

	owner := a.Identity[i]
	if born && a.Method[i] == correlate.NewIdentity {
		// An account of an authoritative source that made its identity has found nobody; whom it should have
		// found is the question.
		owner = -1 // the identity that it made itself
	}
	if owner >= 0 {
		b.linked(&out, account, owner)
	}
	if len(out.Candidates) > 0 && out.Candidates[0].person >= 0 {
		out.alias = b.x.alias(out.Candidates[0].person).Text()
	}
	return out
}

// band is what the evidence alone says.
func (b *probable) band(c *ProbableCandidate) (linkage.Band, string) {
	link, review := b.o.Thresholds()
	switch {
	case c.Probability >= link && c.veto == "":
		return linkage.Linked, ""
	case c.Probability >= review:
		return linkage.Review, c.veto
	}

	return linkage.None, ""
}

// linked takes into account that a rule, or people, have linked an account. A manual
// link is certain; a rule's link stands, and is for review when the evidence says
// somebody else.
func (b *probable) linked(out *ProbableAccount, account *identity.Account, owner int32) {
	own := -1
	for i := range out.Candidates {
		if b.root(out.Candidates[i].person) == b.root(owner) {
			own = i
			break
		}
	}

	// What a person linked is certain, whatever the evidence.
	if account.ManuallyCorrelated {
		out.Band, out.Reason = linkage.Linked, "linked by hand"
		c := b.candidate(owner)
		if own >= 0 {
			c = out.Candidates[own]
		}
		c.Probability = 1
		out.Candidates, out.Probability = []ProbableCandidate{c}, 1
		return
	}

	switch {
	case own == 0:
		return
	case own > 0 || out.Band == linkage.Linked:
		out.Band, out.Reason = linkage.Review, "a rule links it to somebody else than the evidence"
	default:
		out.Band, out.Reason = linkage.Review, "a rule links it, but nothing else speaks for it"
	}

	// The owner is among the candidates even when nothing speaks for it.
	if own < 0 {
		out.Candidates = append(out.Candidates, b.candidate(owner))
	}
	out.Probability = out.Candidates[0].Probability
}

// candidate names an identity by its authoritative account.
func (b *probable) candidate(n int32) ProbableCandidate {
	c := ProbableCandidate{person: n}
	accounts := b.x.people.Result(int(n)).Identity.Accounts
	for _, source := range b.x.authoritative {
		for i := range accounts {
			if accounts[i].Source == source {
				c.Account = keyOf(&accounts[i])
				return c
			}
		}
	}

	if len(accounts) > 0 {
		c.Account = keyOf(&accounts[0])
	}
	return c
}

// Write writes the accounts as JSON Lines.
func (p *Probable) Write(w io.Writer) error {
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	for i := range p.Accounts {
		if err := enc.Encode(&p.Accounts[i]); err != nil {
			return err
		}
	}

	return out.Flush()
}

// WriteManual writes the accounts that are linked by evidence as the vendor's
// manual correlation file. It returns how many have no alias to name.
func (p *Probable) WriteManual(w io.Writer) (left int, err error) {
	var links []linkage.Decided
	for i := range p.Accounts {
		if a := &p.Accounts[i]; a.Band == linkage.Linked {
			links = append(links, linkage.Decided{A: a.Account.String()})
		}
	}

	at := map[string]*ProbableAccount{}
	for i := range p.Accounts {
		at[p.Accounts[i].Account.String()] = &p.Accounts[i]
	}
	return linkage.WriteManual(w, links, func(d linkage.Decided) (account, displayName, userName string) {
		a := at[d.A]
		return a.Account.NativeIdentity, a.displayName, a.alias
	})
}

// Find returns an account by source/id, or by an id that only one has.
func (p *Probable) Find(name string) (*ProbableAccount, error) {
	var found []*ProbableAccount
	for i := range p.Accounts {
		switch a := &p.Accounts[i]; {
		case a.Account.String() == name:
			return a, nil

		// The whole name goes first: the id of one account may look like source and id of another.
		case a.Account.NativeIdentity == name:
			found = append(found, a)
		}
	}

	switch len(found) {
	case 0:
		return nil, fmt.Errorf("account %q: %w", name, ErrNoAccount)
	case 1:
		return found[0], nil
	}

	return nil, fmt.Errorf("account %q: %w", name, ErrManyAccounts)
}

// Explain tells why an account has its candidates.
func (p *Probable) Explain(a *ProbableAccount) ([]*linkage.Explanation, error) {
	var out []*linkage.Explanation
	for _, c := range a.Candidates {
		for _, run := range p.Runs {
			if run.Source != a.Account.Source || run.Authoritative != c.Account.Source {
				continue
			}
			e, err := run.Result.Explain(a.Account.String(), c.Account.String())
			if err != nil {
				return nil, err
			}
			out = append(out, e)
		}
	}

	return out, nil
}
