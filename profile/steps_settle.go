package profile

import (
	"errors"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile/config"
)

// ErrTooShared is the error of an account whose identity cannot be chosen because a
// value is shared by more identities than were handed in.
var ErrTooShared = errors.New("a value is shared by too many identities to choose among them")

// Evaluated is an identity with its own attributes, and what it asks the others.
type Evaluated struct {
	Person    Person // accounts without attributes and entitlements
	Row       []byte // the attributes
	Errors    []AttributeError
	Unsettled bool  // the attributes still moved in the last pass, see [UnsettledAttributes]
	Full      bool  // a value was too long to be kept, see [Steps.TextLimit]
	Excess    int64 // bytes of text that count against the limit of a run, see [Steps.WithinTextLimit]

	UID     string // folded; empty: it claims none
	Claim   Claim
	Alias   string
	Name    string         // by which others show it
	FoundBy []FoundBy      // how others find it as their manager
	Search  *ManagerSearch // nil: it looks for no manager
}

// Lookup is an attribute and a folded value.
type Lookup struct{ Attribute, Value string }

// FoundBy is what an identity is found by.
type FoundBy struct {
	Lookup Lookup
	Text   string // the value as it is
}

// ManagerSearch is what a manager is looked for by. An empty Lookup finds nobody.
type ManagerSearch struct {
	Lookup Lookup
	Text   string // the value as it is
	From   string // the account attribute that names the manager
}

// Evaluate gives an identity its own attributes.
func (s *Steps) Evaluate(q *Person) (*Evaluated, error) {
	p := s.roomy()
	n := p.load(q)
	b := batch{tables: p.tables, v: s.eval, w: p.calculator.writer, keeper: newKeeper(p.tables), before: p.rows.Chunks}
	b.one(n)
	for _, e := range b.errors {
		p.errors[n] = e
	}

	e := &Evaluated{Person: *q, Row: []byte(p.attributes(n).Row()), Errors: b.errors[n], Unsettled: len(b.unsettled) > 0,
		Full: len(b.full) > 0, Excess: b.excess}

	// What others need to know of this identity: its claim, and what it is found by.
	e.Alias, e.Name, e.Claim = p.aliasOf(n), p.nameOf(n), p.claim(n)
	p.completeClaim(n, &e.Claim)
	if uid := p.attributes(n).Get(config.AttrUID).Text(); strings.TrimSpace(uid) != "" {
		e.UID = identity.Fold(uid)
	}
	for _, attribute := range s.run.engine.managerAttributes() {
		if v := p.lookup(n, attribute); strings.TrimSpace(v) != "" {
			e.FoundBy = append(e.FoundBy, FoundBy{Lookup: Lookup{attribute, identity.Fold(v)}, Text: v})
		}
	}

	if search := p.resolver.managerSearch(n); search.source != nil {
		p.resolver.askRule(n, &search)
		e.Search = &ManagerSearch{Text: search.value, From: search.account}
		if search.attribute != "" && strings.TrimSpace(search.value) != "" {
			e.Search.Lookup = Lookup{search.attribute, identity.Fold(search.value)}
		}
	}

	// The accounts go on without their attributes: nobody behind this reads them.
	e.Person.Accounts = slices.Clone(q.Accounts)
	for i := range e.Person.Accounts {
		a := &e.Person.Accounts[i].Account
		a.Attributes, a.Entitlements = identity.Attributes{}, nil
	}

	return e, p.failure()
}

// managerAttributes are the identity attributes that managers are found by.
func (e *Engine) managerAttributes() []string {
	var names []string
	for _, s := range e.bundle.Sources {
		if m := s.Manager; m != nil && m.IdentityAttribute != "" && !slices.Contains(names, m.IdentityAttribute) {
			names = append(names, m.IdentityAttribute)
		}
	}

	return names
}

// ManagersFound says how many identities a manager look-up has found, and who one of
// them is. Of those that claim one uid only the best claimant counts.
type ManagersFound struct {
	Count int
	ID    string
	Alias string
	Name  string // by which it is shown
}

// Settled is what the others have answered to an identity.
type Settled struct {
	Managers           ManagersFound
	Holder, HolderName string // id and alias of who holds its uid; empty: itself
}

// Finish puts together the result for an identity. The accounts in the result have no
// attributes.
func (s *Steps) Finish(e *Evaluated, o Settled) (*Result, error) {
	p := s.roomy()
	n := p.load(&e.Person)
	p.membership(n)
	p.people[n].row = p.calculator.writer.Add(e.Row)
	if len(e.Errors) > 0 {
		p.errors[n] = e.Errors
	}

	// The answers of the others are put where the run would have found them.
	r := &p.resolved
	if r.outcome == nil {
		r.outcome, r.uidOwner, r.keptUID = map[int32]ManagerResult{}, map[int32]int32{}, map[int32]string{}
	}
	var manager int32 = -1
	if e.Search != nil {
		search := managerSearch{value: e.Search.Text, account: e.Search.From}
		var outcome ManagerResult
		if manager, outcome = search.choose(n, p.managersFound(n, e, &o.Managers)); manager < 0 {
			r.outcome[n] = outcome
		}
	}

	if o.Holder != "" {
		r.uidOwner[n] = p.loadOther(o.Holder, o.HolderName, "")
	}
	for len(r.manager) < len(p.people) {
		r.manager = append(r.manager, -1)
	}
	r.manager[n] = manager
	return p.builder.result(n), p.failure()
}

// Lost returns the look-up of an identity whose manager is nobody, given its result;
// false when it looked for nobody or found one. See [FirstLost].
func (e *Evaluated) Lost(r *Result) (LostManager, bool) {
	if e.Search == nil || e.Search.Lookup.Attribute == "" || r.Manager.State != ManagerNotFound {
		return LostManager{}, false
	}
	return LostManager{Attribute: e.Search.Lookup.Attribute, Text: e.Search.Text, Order: e.Person.Order,
		Alias: r.Identity.Alias}, true
}

// managersFound returns identities as many as were found.
func (p *phases) managersFound(n int32, e *Evaluated, f *ManagersFound) []int32 {
	switch {
	case f.Count == 0:
		return nil
	case f.Count > 1:
		return []int32{n, n}
	case f.ID == e.Person.ID:
		return []int32{n}
	}

	return []int32{p.loadOther(f.ID, f.Alias, f.Name)}
}

// CycleFinding reports people who manage each other, given by their aliases: the one
// that was made first, then each one's manager.
func CycleFinding(aliases []string) diag.Diagnostic { return cycleFinding(aliases) }

// UnsettledAttributes reports how many identities are unsettled, and the alias of the
// one that was made first.
func UnsettledAttributes(people int, first string) diag.Diagnostic {
	return unsettledFinding(people, first)
}

// TextLimit reports how many identities have values that were too long to be kept,
// and the alias of the one that was made first.
func (s *Steps) TextLimit(people int, first string) diag.Diagnostic {
	return s.run.fullFinding(people, first)
}

// WithinTextLimit returns the error with which a run ends whose identities have so
// much Excess together, and nil when they may have it.
//
// Error: transform.ErrLimit.
func (s *Steps) WithinTextLimit(excess int64) error {
	_, err := s.run.beyondFinding(excess)
	return err
}
