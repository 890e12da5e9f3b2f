package preview

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/correlate/linkage"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// few is how many items a summary lists when not all are asked for.
const few = 5

// CorrelationOptions are the choices of [Correlate].
type CorrelationOptions struct {
	Run     profile.RunOptions
	Sources []string // those to look at; none: all
	All     bool     // list everything instead of examples
}

// Correlation is how the accounts of a run found their identities. It is not safe
// for concurrent use.
type Correlation struct {
	people   *profile.People
	persons  correlate.Population  // people
	analyses []*correlate.Analysis // of the sources that are looked at
	every    []*correlate.Analysis // of all sources
	doubts   map[string][]string   // by source: criteria that were ambiguous during the run
	notes    map[string][]string   // by source: what else the run had to say of its accounts

	// Linkage is what idprofile.json says of finding probable owners.
	Linkage linkage.Options

	authoritative []string // sources, those of the profiles with the highest priority first
	named         bool     // sources were asked for by name
	all           bool

	alias, displayName func(n int32) identity.Value // of people
}

// Errors of [Correlation.Explain] and [Correlation.Pair].
var (
	ErrNoAccount    = errors.New("there is no such account")
	ErrManyAccounts = errors.New("several accounts are called that")
)

// Correlate runs the engine over accounts and keeps what it says of their links.
// It sets the hooks of the run that it needs. Errors are those of the run, and one
// for the name of a source that the configuration does not have.
func Correlate(ctx context.Context, e *profile.Engine, o CorrelationOptions,
	sources ...identity.Source) (*Correlation, error) {
	x := &Correlation{doubts: map[string][]string{}, notes: map[string][]string{}, named: len(o.Sources) > 0,
		all: o.All}
	names := map[string]bool{}
	for _, s := range e.Bundle().Sources {
		names[s.Name] = true
	}
	for _, name := range o.Sources {
		if !names[name] {
			known := strings.Join(slices.Sorted(maps.Keys(names)), ", ")
			return nil, fmt.Errorf("there is no source %q, expected one of %s", name, known)
		}
	}

	// No result is put together for the links: of most people they ask for one or two attributes.
	o.Run.OnUncorrelated = nil
	o.Run.OnFinding = func(d diag.Diagnostic) { x.doubt(e, &d) }
	people, err := e.People(ctx, o.Run, sources...)
	if err != nil {
		return nil, err
	}
	x.people, x.alias, x.displayName = people, people.Column(correlate.Alias), people.Column("displayName")
	x.analyse(e, &o)
	return x, ctx.Err()
}

// ask returns the analyses, ready for questions: they share one index.
func (x *Correlation) ask() []*correlate.Analysis {
	if len(x.analyses) == 0 || x.analyses[0].Index != nil {
		return x.analyses
	}
	var correlators []*correlate.Correlator
	for _, a := range x.analyses {
		correlators = append(correlators, a.Correlator())
	}
	index := correlate.IndexOf(x.persons, correlators...)
	for _, a := range x.analyses {
		a.Index = index
	}
	return x.analyses
}

// doubt notes a finding of the run on an ambiguous criterion. The message names
// the account, which is in the words of its source.
func (x *Correlation) doubt(e *profile.Engine, d *diag.Diagnostic) {
	// Findings carry no source as a field; their messages begin or continue with it in fixed words.
	switch d.Code {
	case codeIdentityMeetsOther, codeAccountRenameLikely, codeAccountReplaced, codeRuleFailed, codeRuleResult:
		for _, s := range e.Bundle().Sources {
			if strings.Contains(d.Message, fmt.Sprintf("of source %q", s.Name)) {
				x.notes[s.Name] = append(x.notes[s.Name], d.Message)
			}
		}

		return

	case codeCorrelationAmbiguous:
	default:
		return
	}

	for _, s := range e.Bundle().Sources {
		if rest, ok := strings.CutPrefix(d.Message, "account "+s.Name+"/"); ok {
			x.doubts[s.Name] = append(x.doubts[s.Name], rest)
		}
	}
}

// analyse prepares the analysis of each source, and notes those that are looked at.
func (x *Correlation) analyse(e *profile.Engine, o *CorrelationOptions) {
	b := e.Bundle()
	x.Linkage = b.Settings.Linkage

	// The order of priorities is that in which a run would make identities of the accounts.
	byPriority := slices.Clone(b.Profiles)
	slices.SortStableFunc(byPriority, func(p, q *config.Profile) int { return cmp.Compare(p.Priority, q.Priority) })
	for _, p := range byPriority {
		if s := b.AuthoritativeSource(p); s != nil && !slices.Contains(x.authoritative, s.Name) {
			x.authoritative = append(x.authoritative, s.Name)
		}
	}

	// Even sources that nobody asked about are prepared: a pair may name an account of any.
	var correlators []*correlate.Correlator
	for _, s := range b.Sources {
		correlators = append(correlators, e.Correlator(s.Name))
	}
	x.persons = comparedBy(x.people, correlators)
	for _, s := range b.Sources {
		a := correlate.NewAnalysis(e.Correlator(s.Name), x.persons, x.people.Links(s.Name), correlate.AnalysisOptions{
			Source: s.Name, Authoritative: slices.Contains(x.authoritative, s.Name), Name: x.name,
			RankLast: x.orphaned, Marks: !o.Run.Recompute, AllExamples: o.All,
		})
		x.every = append(x.every, a)
		if !x.named || slices.Contains(o.Sources, s.Name) {
			x.analyses = append(x.analyses, a)
		}
	}
}

// orphaned reports whether an identity has no authoritative account. Such people
// are ranked last, unless they are protected.
func (x *Correlation) orphaned(n int32) bool { return !x.people.Found(int(n)) }

// name names an identity.
func (x *Correlation) name(n int32) correlate.IdentityName {
	return correlate.IdentityName{
		ID: x.people.ID(int(n)), Name: x.alias(n).Text(), DisplayName: x.displayName(n).Text(),
	}
}

// CorrelationSummary says how the accounts of all sources found identities. Its
// JSON form is stable.
type CorrelationSummary struct {
	Identities int                        `json:"identities"`
	Sources    []*correlate.SourceSummary `json:"sources"`
}

// Summary says how the accounts of each source found identities.
func (x *Correlation) Summary(ctx context.Context) (*CorrelationSummary, error) {
	s := &CorrelationSummary{Identities: x.people.Len()}
	for _, a := range x.ask() {
		one, err := a.Summary(ctx)
		if err != nil {
			return nil, err
		}
		if a.Authoritative {
			one.Doubts = append(one.Doubts, x.doubts[a.Source]...)
		}
		one.Doubts = append(one.Doubts, x.notes[a.Source]...)
		s.Sources = append(s.Sources, one)
	}

	return s, nil
}

// Explain tells why an account has its identity, or none. The account is named by
// source/id, or by an id or a name that only one account has; see [ErrNoAccount]
// and [ErrManyAccounts].
func (x *Correlation) Explain(ctx context.Context, account string) (*correlate.AccountExplanation, error) {
	a, i, err := x.account(account)
	if err != nil {
		return nil, err
	}
	return a.Explain(ctx, i)
}

// Pair tells what each rule says about an account and an identity, written as
// ACCOUNT=IDENTITY. Both may have = in them: the last sign counts with which both
// exist.
func (x *Correlation) Pair(text string) (*correlate.PairExplanation, error) {
	at := strings.LastIndexByte(text, '=')
	if at < 0 {
		return nil, fmt.Errorf("%q is no pair, expected ACCOUNT=IDENTITY", text)
	}
	var problem error
	for ; at >= 0; at = strings.LastIndexByte(text[:at], '=') {
		a, i, err := x.account(text[:at])
		n := x.person(text[at+1:])

		// The first problem is told: it is that of the split at the last sign, which people mean most often.
		switch {
		case err == nil && n >= 0:
			return a.ExplainPair(i, int32(n)), nil
		case problem != nil:
		case err != nil:
			problem = err
		default:
			problem = fmt.Errorf("there is no identity %q: no id, name, uid or account is like that", text[at+1:])
		}
	}

	return nil, problem
}

// person returns the number of the first identity that is called so, -1 for none.
func (x *Correlation) person(who string) int {
	is := Finder(who)
	for n, r := range x.people.All() {
		if is(r) {
			return n
		}
	}
	return -1
}

// account finds an account by source/id, or by an id or name that only one has.
func (x *Correlation) account(name string) (*correlate.Analysis, int, error) {
	type place struct {
		a *correlate.Analysis
		i int
	}
	var byID, byName []place
	for _, s := range x.ask() {
		for i := range s.Accounts {
			a := &s.Accounts[i]
			switch {
			case a.Key().String() == name:
				return s, i, nil
			case a.NativeIdentity == name || a.ID == name && name != "":
				byID = append(byID, place{s, i})
			case strings.EqualFold(a.NativeIdentity, name), strings.EqualFold(a.DisplayName(), name),
				strings.EqualFold(a.Key().String(), name):
				byName = append(byName, place{s, i})
			}
		}
	}

	// An id that fits exactly is meant, whatever else a name fits.
	found := byID
	if len(found) == 0 {
		found = byName
	}
	switch len(found) {
	case 0:
		return nil, 0, fmt.Errorf("account %q: %w: no source/id, id or name is like that", name, ErrNoAccount)
	case 1:
		return found[0].a, found[0].i, nil
	}

	var keys []string
	for _, p := range found[:min(few, len(found))] {
		keys = append(keys, p.a.Accounts[p.i].Key().String())
	}
	return nil, 0, fmt.Errorf("account %q: %w: %s", name, ErrManyAccounts, strings.Join(keys, ", "))
}

// Suggestions are the criteria that would be good, by source.
type Suggestions struct {
	Sources []*correlate.SourceSuggestions `json:"sources"`
}

// Suggest tries all pairs of attributes on the sources that make no identities,
// or on those that were asked for by name.
func (x *Correlation) Suggest(ctx context.Context) (*Suggestions, error) {
	s := &Suggestions{Sources: []*correlate.SourceSuggestions{}}
	by := correlate.NewSuggester(x.persons, x.properties())
	for _, a := range x.analyses {
		if a.Authoritative && !x.named {
			continue
		}
		one, err := a.Suggest(ctx, by)
		if err != nil {
			return nil, err
		}
		s.Sources = append(s.Sources, one)
	}

	return s, nil
}

// properties are the identity attributes that somebody has.
func (x *Correlation) properties() []string {
	list := x.people.Attributes()
	if at, ok := slices.BinarySearch(list, correlate.Alias); !ok {
		list = slices.Insert(list, at, correlate.Alias)
	}
	return list
}

// Managers tells how managers were found, and what tree they make.
func (x *Correlation) Managers() *correlate.ManagerSummary {
	widest := few
	if x.all {
		widest = 0
	}
	return correlate.SummarizeManagers(x.managers(), x.name, widest)
}

// managers is the managers as the run found them.
func (x *Correlation) managers() []correlate.ManagerOf {
	// Results name managers by id, and the analysis counts people by number.
	list, above := make([]correlate.ManagerOf, x.people.Len()), make([]int32, x.people.Len())
	for n, r := range x.people.All() {
		m := &list[n]
		*m = correlate.ManagerOf{Identity: -1, Value: r.Manager.Value, State: managedAs(r.Manager)}
		if manager, ok := x.people.Find(r.Identity.ManagerID); ok {
			m.Identity = int32(manager)
		}
		above[n] = m.Identity
	}

	// Who is above themselves is known only when all links are there.
	for _, cycle := range correlate.Cycles(above) {
		for _, n := range cycle {
			list[n].State = correlate.ManagerInCycle
		}
	}

	return list
}

func managedAs(m profile.ManagerResult) correlate.ManagerState {
	switch m.State {
	case profile.ManagerResolved:
		return correlate.ManagerResolved
	case profile.ManagerAmbiguous:
		return correlate.ManagerAmbiguous
	case profile.ManagerSelf:
		return correlate.ManagerSelf
	case profile.ManagerNotFound:
		if m.Value == "" {
			return correlate.ManagerMissing
		}
		return correlate.ManagerDangling
	}

	return correlate.ManagerNone
}

// Tables are the reports on the links of all sources that are looked at.
func (x *Correlation) Tables(ctx context.Context) ([]*report.Table, error) {
	accounts, rules, err := correlate.AnalysisTables(ctx, x.ask())
	if err != nil {
		return nil, err
	}
	suggested, err := x.Suggest(ctx)
	if err != nil {
		return nil, err
	}
	list := slices.Concat(accounts, []*report.Table{x.noManager()}, rules)
	for _, s := range suggested.Sources {
		list = append(list, s.Table())
	}
	return list, nil
}

// noManager is the report of identities without manager.
func (x *Correlation) noManager() *report.Table {
	id := func(n int32) string { return x.people.ID(int(n)) }
	rows := correlate.NoManagerRows(x.managers(), id, func(n int32) report.NoManagerRow {
		r := x.people.Result(int(n))
		i := r.Identity
		return report.NoManagerRow{
			IdentityProfile: i.Profile, IdentityID: i.ID, Name: i.Attribute("uid").Text(),
			DisplayName:    i.Attribute("displayName").Text(),
			LifecycleState: i.Lifecycle.State, Source: r.Account.Source,
		}
	})

	return report.NoManagerTable("Identities Without Manager", rows)
}
