package main

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/report"
)

// correlationSummary says how the accounts of all sources found identities. Its
// JSON form is stable.
type correlationSummary struct {
	Identities int              `json:"identities"`
	Sources    []*sourceSummary `json:"sources"`
}

// sourceSummary says it of one source.
type sourceSummary struct {
	Name          string         `json:"name"`
	Authoritative bool           `json:"authoritative"`
	Accounts      int            `json:"accounts"`
	Uncorrelated  int            `json:"uncorrelated"`
	Methods       map[string]int `json:"methods"` // how accounts found their identity
	Rules         []ruleSummary  `json:"rules"`   // of accounts that had to search
	Reasons       []*reasonCount `json:"reasons"` // of uncorrelated accounts
	Ambiguous     []ambiguity    `json:"ambiguous"`
	// Doubts is what was ambiguous when accounts made identities or found one
	// among fewer than there are now; of authoritative sources.
	Doubts       []string   `json:"doubts"`
	NearMisses   []nearMiss `json:"nearMisses"` // of uncorrelated accounts, the nearest of each
	Fixes        []fix      `json:"fixes"`
	Conflicts    int        `json:"conflicts"`    // accounts for which another rule finds somebody else
	Contradicted int        `json:"contradicted"` // accounts that one rule links and all others deny
	Unsupported  int        `json:"unsupported"`  // stored links that no rule finds
	NoAccount    int        `json:"identitiesWithoutAccount"`

	all bool
}

// ruleSummary is what one rule does, alone and in its place.
type ruleSummary struct {
	Rule      string `json:"rule"`
	Criterion string `json:"criterion"`
	Values    int    `json:"values"`    // accounts with a value to compare
	One       int    `json:"one"`       // accounts for which it finds one identity
	Several   int    `json:"several"`   // accounts for which it finds several
	Decides   int    `json:"decides"`   // accounts that it links, in order with the others
	Otherwise int    `json:"otherwise"` // accounts for which it finds another identity than the one they get
}

type reasonCount struct {
	Reason   string          `json:"reason"`
	Likely   correlate.Class `json:"likely"`
	Accounts int             `json:"accounts"`
	Examples []accountNames  `json:"examples"`
}

// accountNames is an account for people.
type accountNames struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// String returns the id, or the name when the id is long, as those of
// directories are.
func (a accountNames) String() string {
	if utf8.RuneCountInString(a.ID) > 24 && a.Name != "" {
		return a.Name
	}
	return a.ID
}

type ambiguity struct {
	Account    accountNames `json:"account"`
	Criterion  string       `json:"criterion"`
	Value      string       `json:"value"`
	Identities []string     `json:"identities"`
	Outcome    string       `json:"outcome"`
	Identity   string       `json:"identity,omitempty"`
}

type nearMiss struct {
	Account       accountNames           `json:"account"`
	Criterion     string                 `json:"criterion"`
	AccountValue  string                 `json:"accountValue"`
	IdentityValue string                 `json:"identityValue"`
	Identity      who                    `json:"identity"`
	Differences   []correlate.Difference `json:"differences"`
	Fix           []string               `json:"fix"` // normalisers; none: nothing helps but a better value
}

// fix is what one more normaliser would do to the whole source.
type fix struct {
	Rule      string   `json:"rule"`
	Criterion string   `json:"criterion"`
	Normalise string   `json:"normalise"`
	Gained    []string `json:"gained"` // accounts
	Lost      []string `json:"lost"`
	Moved     []string `json:"moved"`
	Text      string   `json:"text"`
}

func (x *correlation) summary() (answer, error) {
	s := &correlationSummary{Identities: len(x.people)}
	for _, l := range x.sources {
		one, err := x.sourceSummary(l)
		if err != nil {
			return nil, err
		}
		s.Sources = append(s.Sources, one)
	}
	return s, nil
}

func (x *correlation) sourceSummary(l *linked) (*sourceSummary, error) {
	s := &sourceSummary{Name: l.name, Authoritative: l.authoritative, Accounts: len(l.accounts), Methods: map[string]int{}, all: x.command.All,
		Rules: []ruleSummary{}, Reasons: []*reasonCount{}, Ambiguous: []ambiguity{}, Doubts: []string{}, NearMisses: []nearMiss{}, Fixes: []fix{}}
	for _, m := range l.method {
		s.Methods[string(m)]++
	}
	s.Uncorrelated = s.Methods[string(correlate.Uncorrelated)]
	if !l.authoritative {
		s.NoAccount = len(correlate.WithoutAccounts(len(x.people), l.owner))
	}
	for _, note := range x.notes {
		if rest, ok := strings.CutPrefix(note, "account "+l.name+"/"); ok && l.authoritative {
			s.Doubts = append(s.Doubts, rest)
		}
	}
	j, err := x.judge(l)
	if err != nil {
		return nil, err
	}
	s.rules(j)
	for _, row := range correlate.AmbiguousRows(l.correlator, j.accounts, j.bulk, x.display) {
		s.Ambiguous = append(s.Ambiguous, ambiguity{accountNames{row.AccountID, row.AccountName}, row.Criterion, row.Value, row.Candidates, row.Outcome, row.Identity})
	}
	if err := x.losses(s, l); err != nil {
		return nil, err
	}
	effects, err := l.correlator.Effects(x.ctx, x.persons, j.accounts, j.bulk, l.options())
	for i, e := range effects {
		milder := func(f correlate.Effect) bool { return f.Rule == e.Rule && reflect.DeepEqual(f.Change, e.Change) }
		if !slices.ContainsFunc(effects[:i], milder) {
			s.Fixes = append(s.Fixes, fix{e.Rule, e.Criterion, e.Fix, j.ids(e.Change.Gained), j.ids(e.Change.Lost), j.ids(e.Change.Moved), e.String()})
		}
	}
	return s, err
}

// display names an identity for people.
func (x *correlation) display(n int32) string { return x.who(n).String() }

// judged is what the rules say today about accounts that had to search.
type judged struct {
	*linked
	bulk         *correlate.Bulk
	coverage     []correlate.Coverage
	conflicts    []correlate.Conflict
	contradicted []correlate.Conflict
	stored       []int32 // links that are not by hand
	unsupported  []int32
}

func (x *correlation) judge(l *linked) (*judged, error) {
	j := &judged{linked: l.searched()}
	var err error
	if j.bulk, err = l.correlator.Run(x.ctx, x.persons, j.accounts, l.options()); err != nil {
		return nil, err
	}
	ev, err := l.correlator.Evidence(x.ctx, x.persons, j.accounts, l.options())
	if err != nil {
		return nil, err
	}
	j.coverage, j.conflicts = ev.Coverage(j.accounts, j.bulk), ev.Conflicts(j.bulk)
	for i, n := range j.owner {
		if j.method[i] == correlate.Manual {
			n = -1
		}
		j.stored = append(j.stored, n)
	}
	j.unsupported = ev.Unsupported(j.stored)
	j.contradicted, err = ev.Contradicted(x.ctx, x.persons, j.accounts, j.bulk)
	j.contradicted = slices.DeleteFunc(j.contradicted, func(c correlate.Conflict) bool { return l.isDefault(c.Against) })
	return j, err
}

// isDefault reports whether a rule is part of the default match: that an account
// is not called like its identity says nothing.
func (l *linked) isDefault(rule string) bool {
	rules := l.correlator.Rules()
	i := slices.Index(rules, rule)
	return i >= len(rules)-2 && strings.HasPrefix(rule, "default ")
}

func (l *linked) ids(list []int32) []string {
	ids := make([]string, len(list))
	for k, i := range list {
		ids[k] = l.accounts[i].NativeIdentity
	}
	return ids
}

func (s *sourceSummary) rules(j *judged) {
	for _, c := range j.coverage {
		s.Rules = append(s.Rules, ruleSummary{c.Rule, c.Criterion, c.Accounts, c.Matched, c.Ambiguous, c.Decided, c.Denied})
	}
	s.Conflicts, s.Contradicted, s.Unsupported = accountsOf(j.conflicts), accountsOf(j.contradicted), len(j.unsupported)
}

// accountsOf counts the accounts of conflicts, which are in order of accounts.
func accountsOf(conflicts []correlate.Conflict) (n int) {
	for i := range conflicts {
		if i == 0 || conflicts[i].Account != conflicts[i-1].Account {
			n++
		}
	}
	return n
}

// losses looks at the accounts without identity.
func (x *correlation) losses(s *sourceSummary, l *linked) error {
	list, err := x.failures(l)
	groups := map[string]*reasonCount{}
	for _, f := range list {
		key := f.row.Reason + f.likely.String()
		g := groups[key]
		if g == nil {
			g = &reasonCount{Reason: f.row.Reason, Likely: f.likely, Examples: []accountNames{}}
			groups[key] = g
			s.Reasons = append(s.Reasons, g)
		}
		if g.Accounts++; s.all || len(g.Examples) < 3 {
			g.Examples = append(g.Examples, f.account())
		}
		if len(f.near) > 0 {
			s.NearMisses = append(s.NearMisses, x.nearMiss(f.account(), &f.near[0]))
		}
	}
	slices.SortStableFunc(s.NearMisses, func(a, b nearMiss) int { // those with a remedy first
		return cmp.Compare(btoi(len(a.Fix) == 0), btoi(len(b.Fix) == 0))
	})
	slices.SortFunc(s.Reasons, func(a, b *reasonCount) int {
		return cmp.Or(cmp.Compare(b.Accounts, a.Accounts), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Likely, b.Likely))
	})
	return err
}

func (x *correlation) nearMiss(account accountNames, m *correlate.NearMiss) nearMiss {
	return nearMiss{account, m.Criterion, m.AccountValue, m.IdentityValue, x.who(m.Identity), m.Differences, append([]string{}, m.Fixes()...)}
}

// failure is an account without identity.
type failure struct {
	row    report.UncorrelatedRow
	likely correlate.Class
	near   []correlate.NearMiss
}

func (f *failure) account() accountNames { return accountNames{f.row.AccountID, f.row.AccountName} }

// failures tells why each account without identity has none, and what it is.
func (x *correlation) failures(l *linked) ([]failure, error) {
	l.prepare(x)
	left := l.without()
	bulk, err := l.correlator.Run(x.ctx, x.persons, left.accounts, l.options())
	if err != nil {
		return nil, err
	}
	rows := correlate.UncorrelatedRows(l.correlator, l.index, left.accounts, bulk, left.links(x.command.Links == "stored"), l.near)
	list := make([]failure, len(left.accounts))
	for i := range left.accounts {
		a := &left.accounts[i]
		f := &list[i]
		f.near = l.near.Find(a)
		f.likely = l.classify(a, f.near)
		if len(rows) > 0 && rows[0].AccountID == a.NativeIdentity {
			f.row, rows = rows[0], rows[1:]
			continue
		}
		// The rules find somebody now that all attributes are there.
		f.row = report.UncorrelatedRow{Source: a.Source, AccountID: a.NativeIdentity, AccountName: a.DisplayName(), Reason: correlate.ReasonNoMatch, Created: a.Created,
			Message: "the rules find " + x.display(bulk.Identity[i]) + " when all identities are complete"}
	}
	return list, nil
}

// classify guesses what an account without identity is.
func (l *linked) classify(a *identity.Account, near []correlate.NearMiss) correlate.Class {
	ex := l.correlator.Explain(l.index, a, nil)
	compared := slices.ContainsFunc(ex.Steps, func(s correlate.Step) bool {
		return s.Method != correlate.Default && s.Outcome >= correlate.NoMatch
	})
	return correlate.Classify(a, len(near) > 0, compared)
}
