package correlate

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/report"
)

// SourceSummary says how the accounts of a source found identities. Its JSON form
// is stable.
type SourceSummary struct {
	Name          string         `json:"name"`
	Authoritative bool           `json:"authoritative"`
	Accounts      int            `json:"accounts"`
	Uncorrelated  int            `json:"uncorrelated"`
	Methods       map[string]int `json:"methods"` // how accounts found their identity
	Rules         []RuleSummary  `json:"rules"`   // of accounts that had to search
	Reasons       []*ReasonCount `json:"reasons"` // of uncorrelated accounts
	Ambiguous     []AmbiguousUse `json:"ambiguous"`
	// Doubts is what was doubtful while the accounts were correlated: what was
	// ambiguous when accounts of authoritative sources made identities or found one
	// among fewer than there are now, whose identity meets another one, whose rule
	// failed. The caller that ran them fills it in.
	Doubts       []string       `json:"doubts"`
	NearMisses   []NearMissText `json:"nearMisses"` // of uncorrelated accounts, the nearest of each
	Fixes        []FixEffect    `json:"fixes"`
	Conflicts    int            `json:"conflicts"`    // accounts for which another rule finds somebody else
	Contradicted int            `json:"contradicted"` // accounts that one rule links and all others deny
	Unsupported  int            `json:"unsupported"`  // stored links that no rule finds
	NoAccount    int            `json:"identitiesWithoutAccount"`
}

// RuleSummary is what one rule does, alone and in its place.
type RuleSummary struct {
	Rule      string `json:"rule"`
	Criterion string `json:"criterion"`
	Values    int    `json:"values"`    // accounts with a value to compare
	One       int    `json:"one"`       // accounts for which it finds one identity
	Several   int    `json:"several"`   // accounts for which it finds several
	Decides   int    `json:"decides"`   // accounts that it links, in order with the others
	Otherwise int    `json:"otherwise"` // accounts for which it finds another identity than the one they get
}

// ReasonCount counts the uncorrelated accounts with one reason and one class.
type ReasonCount struct {
	Reason   string        `json:"reason"`
	Likely   Class         `json:"likely"`
	Accounts int           `json:"accounts"`
	Examples []AccountName `json:"examples"`
}

// AmbiguousUse is a rule that several identities met for an account, and what
// became of the account in the end.
type AmbiguousUse struct {
	Account    AccountName `json:"account"`
	Criterion  string      `json:"criterion"`
	Value      string      `json:"value"`
	Identities []string    `json:"identities"`
	Outcome    string      `json:"outcome"`
	Identity   string      `json:"identity,omitempty"`
}

// NearMissText is a [NearMiss] with names.
type NearMissText struct {
	Account       AccountName  `json:"account"`
	Criterion     string       `json:"criterion"`
	AccountValue  string       `json:"accountValue"`
	IdentityValue string       `json:"identityValue"`
	Identity      IdentityName `json:"identity"`
	Differences   []Difference `json:"differences"`
	Fix           []string     `json:"fix"` // normalisers; none: nothing helps but a better value
}

// String says in what the values differ, and what helps.
func (m NearMissText) String() string {
	help := "only a corrected value helps"
	if len(m.Fix) > 0 {
		help = "normalise with " + strings.Join(m.Fix, ", ")
	}
	differences := make([]string, len(m.Differences))
	for i, d := range m.Differences {
		differences[i] = d.String()
	}
	return fmt.Sprintf("%s: %q is nearly %q of %s (%s); %s",
		m.Criterion, m.AccountValue, m.IdentityValue, m.Identity, strings.Join(differences, ", "), help)
}

// FixEffect is what one more normaliser would do to the whole source. Accounts
// are named by their ids.
type FixEffect struct {
	Rule      string   `json:"rule"`
	Criterion string   `json:"criterion"`
	Normalise string   `json:"normalise"`
	Gained    []string `json:"gained"`
	Lost      []string `json:"lost"`
	Moved     []string `json:"moved"`
	Text      string   `json:"text"`
}

// Summary says how the accounts of the source found identities. The error is
// that of the context.
func (x *Analysis) Summary(ctx context.Context) (*SourceSummary, error) {
	s := &SourceSummary{
		Name: x.Source, Authoritative: x.Authoritative, Accounts: len(x.Accounts), Methods: map[string]int{},
		Rules: []RuleSummary{}, Reasons: []*ReasonCount{}, Doubts: []string{},
		NearMisses: []NearMissText{}, Fixes: []FixEffect{},
	}
	for _, m := range x.Method {
		s.Methods[string(m)]++
	}
	s.Uncorrelated = s.Methods[string(Uncorrelated)]
	if !x.Authoritative {
		s.NoAccount = len(WithoutAccounts(x.p.Len(), x.Identity))
	}

	j, err := x.judge(ctx)
	if err != nil {
		return nil, err
	}

	// Rules come before failures, since a failure is explained by what the rules say, and fixes come
	// last, since they are tried on the failures.
	s.addRules(j)
	x.addAmbiguous(s, j)
	if err := x.addFailures(ctx, s); err != nil {
		return nil, err
	}
	return s, x.addFixes(ctx, s, j)
}

// addAmbiguous adds the rules that several identities met, in the order of accounts and rules.
func (x *Analysis) addAmbiguous(s *SourceSummary, j *judgement) {
	s.Ambiguous = make([]AmbiguousUse, 0, j.bulk.ambiguities())
	candidates := candidateNames{names: x.display}
	e := x.c.evaluator()
	defer x.c.release(e)
	for i := range j.Accounts {
		a, m := &j.Accounts[i], j.bulk.Match(i)
		for k := range m.Ambiguous {
			note := &m.Ambiguous[k]
			use := AmbiguousUse{
				Account:    AccountName{ID: a.NativeIdentity, Name: a.DisplayName()},
				Identities: candidates.of(note.Identities), Outcome: string(m.Method), Identity: Names(x.display).of(m.Identity),
			}
			use.Criterion, use.Value = x.c.met(e, a, note)
			s.Ambiguous = append(s.Ambiguous, use)
		}
	}
}

func (s *SourceSummary) addRules(j *judgement) {
	for _, c := range j.coverage {
		s.Rules = append(s.Rules, RuleSummary{
			Rule: c.Rule, Criterion: c.Criterion, Values: c.Accounts,
			One: c.Matched, Several: c.Ambiguous, Decides: c.Decided, Otherwise: c.Denied,
		})
	}

	s.Conflicts, s.Contradicted = accountsOf(j.conflicts), accountsOf(j.contradicted)
	s.Unsupported = len(j.unsupported)
}

// accountsOf counts the accounts of conflicts, which are in order of accounts.
func accountsOf(conflicts []Conflict) (n int) {
	for i := range conflicts {
		if i == 0 || conflicts[i].Account != conflicts[i-1].Account {
			n++
		}
	}

	return n
}

// addFixes adds what each normaliser would change. Of two that change the same,
// only the first is named: it is the milder one.
func (x *Analysis) addFixes(ctx context.Context, s *SourceSummary, j *judgement) error {
	effects, err := j.evidence.Effects(ctx, x.p, j.bulk)
	for i, e := range effects {
		milder := func(f Effect) bool { return f.Rule == e.Rule && reflect.DeepEqual(f.Change, e.Change) }
		if slices.ContainsFunc(effects[:i], milder) {
			continue
		}
		s.Fixes = append(s.Fixes, FixEffect{
			Rule: e.Rule, Criterion: e.Criterion, Normalise: e.Fix,
			Gained: j.ids(e.Change.Gained), Lost: j.ids(e.Change.Lost), Moved: j.ids(e.Change.Moved),
			Text: e.String(),
		})
	}

	return err
}

// addFailures looks at the accounts without identity.
func (x *Analysis) addFailures(ctx context.Context, s *SourceSummary) error {
	list, err := x.uncorrelated(ctx)
	groups := make([]*ReasonCount, len(x.kinds))
	near, mended := 0, 0
	for i := range list {
		f := &list[i]

		// One reason may stand for service accounts and for people at once, and what is to be done
		// about them differs.
		g := groups[f.kind]
		if g == nil {
			kind := x.kinds[f.kind]
			g = &ReasonCount{Reason: kind.reason, Likely: kind.likely, Examples: []AccountName{}}
			groups[f.kind] = g
			s.Reasons = append(s.Reasons, g)
		}

		if g.Accounts++; x.AllExamples || len(g.Examples) < 3 {
			g.Examples = append(g.Examples, x.accountName(f))
		}
		if f.near != 0 {
			near++
			mended += btoi(x.misses.at(f.near)[0].differences.mended())
		}
	}

	// Those with a remedy come first, and the others behind them in their order.
	s.NearMisses = make([]NearMissText, near)
	first, second := 0, mended
	e := x.c.evaluator()
	defer x.c.release(e)
	var fixes fixLists
	for i := range list {
		f := &list[i]
		if f.near == 0 {
			continue
		}
		at := &second
		m := &x.misses.at(f.near)[0]
		if m.differences.mended() {
			at = &first
		}
		miss := x.misses.miss(e, m)
		s.NearMisses[*at] = x.nearMiss(x.accountName(f), &miss, fixes.of(m.differences))
		*at++
	}

	slices.SortFunc(s.Reasons, func(a, b *ReasonCount) int {
		return cmp.Or(cmp.Compare(b.Accounts, a.Accounts), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Likely, b.Likely))
	})
	return err
}

// fixLists are lists of normalisers, which near misses with the same differences share.
type fixLists map[packedDifferences][]string

func (l *fixLists) of(d packedDifferences) []string {
	if *l == nil {
		*l = fixLists{}
	}
	fixes, ok := (*l)[d]
	if !ok {
		m := NearMiss{Differences: d.list()}
		fixes = append([]string{}, m.Fixes()...)
		(*l)[d] = fixes
	}
	return fixes
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (x *Analysis) nearMiss(account AccountName, m *NearMiss, fixes []string) NearMissText {
	return NearMissText{
		Account: account, Criterion: m.Criterion, AccountValue: m.AccountValue, IdentityValue: m.IdentityValue,
		Identity: x.Name(m.Identity), Differences: m.Differences, Fix: fixes,
	}
}

// failure is an account without identity: why, what it is, and who nearly has it. What reports
// show of it is made of that when they ask, see [Analysis.row].
type failure struct {
	kind  int32 // of the kinds of the analysis
	place int32 // of those that had to search
	near  int32 // list of near misses; 0: none
}

// failureKind is what a failure is counted as. There are few.
type failureKind struct {
	reason string
	likely Class
}

// kind returns the number of a kind of failures.
func (x *Analysis) kind(k failureKind) int32 {
	n := slices.Index(x.kinds, k)
	if n < 0 {
		n = len(x.kinds)
		x.kinds = append(x.kinds, k)
	}
	return int32(n)
}

func (x *Analysis) accountName(f *failure) AccountName {
	a := &x.judged.Accounts[f.place]
	return AccountName{ID: a.NativeIdentity, Name: a.DisplayName()}
}

// uncorrelated tells why each account without identity has none, and what it is.
func (x *Analysis) uncorrelated(ctx context.Context) ([]failure, error) {
	if x.failed {
		return x.failures, nil
	}
	j, err := x.judge(ctx)
	if err != nil {
		return nil, err
	}

	// Only those without identity are looked at again: near misses cost a search each.
	number := 0
	for _, n := range j.Identity {
		number += btoi(n < 0)
	}
	places := make([]int32, 0, number)
	for i, n := range j.Identity {
		if n < 0 {
			places = append(places, int32(i))
		}
	}

	x.misses = x.near.findAll(j.Accounts, places, j.evidence)
	list := make([]failure, len(places))
	for k, i := range places {
		f := &list[k]
		a, compares := &j.Accounts[i], j.evidence.compares(i)
		f.place, f.near = i, x.misses.of[k]
		kind := failureKind{reason: ReasonNoMatch, likely: Classify(a, f.near != 0, compares)}
		if d := x.decided(j, i); d.To < 0 {
			kind.reason = d.reason(compares)
		}
		f.kind = x.kind(kind)
	}

	x.failures, x.failed = list, true
	return list, nil
}

// decided is what the rules and what is stored say about account i without identity.
func (x *Analysis) decided(j *judgement, i int32) Decision {
	// The bulk match saw the identities of the run's end, the run itself those of its middle. So
	// the rules may find somebody for an account that was left over.
	return x.c.Decide(j.bulk.Match(int(i)), x.stored(&j.Accounts[i]), nil)
}

// row returns the row of a failure in the report on accounts without identity. The explanation
// is memory for it.
func (x *Analysis) row(f *failure, ex *Explanation) report.UncorrelatedRow {
	a := &x.judged.Accounts[f.place]
	d := x.decided(x.judged, f.place)
	if d.To < 0 {
		e := x.c.evaluator()
		defer x.c.release(e)
		x.c.ExplainInto(ex, x.Index, a, nil)
		return uncorrelatedRow(a, &d, ex, x.misses.full(e, f.near), x.kinds[f.kind].likely)
	}

	// The rules find somebody now that all attributes are there.
	return report.UncorrelatedRow{
		Source: a.Source, AccountID: a.NativeIdentity, AccountName: a.DisplayName(), Reason: ReasonNoMatch,
		Created: a.Created,
		Message: "the rules find " + x.display(d.To) + " when all identities are complete",
	}
}

// stored returns what is stored about an account without identity, for its situation; marks of
// manual correlation count when stored links do.
func (x *Analysis) stored(a *identity.Account) Link {
	return Link{Identity: -1, Manual: x.Marks && a.ManuallyCorrelated}
}
