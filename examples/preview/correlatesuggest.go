package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile"
)

// suggestions is what criteria would be good, by source.
type suggestions struct {
	Sources []sourceSuggestions `json:"sources"`
	all     bool
}

type sourceSuggestions struct {
	Name     string       `json:"name"`
	Accounts int          `json:"accounts"`
	Pairs    []suggestion `json:"pairs"`
	list     []correlate.Suggestion
}

type suggestion struct {
	Order            int     `json:"order"` // place in the proposed configuration; 0: not proposed
	Property         string  `json:"property"`
	Value            string  `json:"value"`
	AccountCoverage  float64 `json:"accountCoverage"`
	IdentityCoverage float64 `json:"identityCoverage"`
	Uniqueness       float64 `json:"uniqueness"`
	MatchRate        float64 `json:"matchRate"`
	AmbiguousRate    float64 `json:"ambiguousRate"`
	ConflictRate     float64 `json:"conflictRate"`
	Configured       bool    `json:"configured"`
}

// suggest tries all pairs of attributes on the sources that make no identities,
// or on those that are asked for.
func (x *correlation) suggest() (answer, error) {
	s := &suggestions{all: x.command.All, Sources: []sourceSuggestions{}}
	for _, l := range x.sources {
		if l.authoritative && len(x.command.Source) == 0 {
			continue
		}
		one, err := x.suggestFor(l.searched())
		if err != nil {
			return nil, err
		}
		s.Sources = append(s.Sources, one)
	}
	return s, nil
}

func (x *correlation) suggestFor(l *linked) (sourceSuggestions, error) {
	s := sourceSuggestions{Name: l.name, Accounts: len(l.accounts), Pairs: []suggestion{}}
	var err error
	s.list, err = correlate.Suggest(x.ctx, x.persons, x.properties(), l.accounts, l.values(), l.options())
	order := 0
	for i := range s.list {
		f := &s.list[i]
		p := suggestion{Property: f.Property, Value: f.Value, AccountCoverage: f.AccountCoverage, IdentityCoverage: f.IdentityCoverage,
			Uniqueness: f.Uniqueness, MatchRate: f.MatchRate, AmbiguousRate: f.AmbiguousRate, ConflictRate: f.ConflictRate}
		if f.Proposed {
			order++
			p.Order = order
		}
		p.Configured = slices.Contains(l.criteria(), p.Property+" = "+p.Value)
		s.Pairs = append(s.Pairs, p)
	}
	slices.SortStableFunc(s.Pairs, func(a, b suggestion) int { return cmp.Compare(btoi(a.Order == 0), btoi(b.Order == 0)) })
	return s, err
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// criteria are the rules of the source as texts.
func (l *linked) criteria() []string {
	var list []string
	for i := 0; ; i++ {
		c := l.correlator.Criterion(i)
		if c == "" {
			return list
		}
		list = append(list, c)
	}
}

// properties are the identity attributes that somebody has.
func (x *correlation) properties() []string {
	seen := map[string]bool{correlate.Alias: true}
	list := []string{correlate.Alias}
	for i := range x.people {
		for name := range x.people[i].Attributes.All() {
			if !seen[name] {
				seen[name] = true
				list = append(list, name)
			}
		}
	}
	slices.Sort(list)
	return list
}

// values are the account attributes that some account has.
func (l *linked) values() []string {
	seen := map[string]bool{}
	var list []string
	for i := range l.accounts {
		for name := range l.accounts[i].Attributes.All() {
			if !seen[name] {
				seen[name] = true
				list = append(list, name)
			}
		}
	}
	slices.Sort(list)
	return list
}

func (s *suggestions) print(a *app, w io.Writer) {
	for _, src := range s.Sources {
		heading(a, w, fmt.Sprintf("%s: %s", src.Name, plural(src.Accounts, "account")))
		g := newGrid(">Order", "Identity attribute", "Account attribute", ">Accounts %", ">Identities %", ">Unique %", ">Match %", ">Ambiguous %", ">Conflict %", "Configured")
		percent := func(f float64) string { return fmt.Sprintf("%.1f", 100*f) }
		shown := 0
		for _, p := range src.Pairs {
			if p.Order == 0 && shown >= 2*examples && !s.all {
				continue
			}
			shown++
			order, configured := "-", ""
			if p.Order > 0 {
				order = fmt.Sprint(p.Order)
			}
			if p.Configured {
				configured = "yes"
			}
			g.row(order, p.Property, p.Value, percent(p.AccountCoverage), percent(p.IdentityCoverage), percent(p.Uniqueness), percent(p.MatchRate),
				percent(p.AmbiguousRate), percent(p.ConflictRate), configured)
		}
		g.print(a, w)
		if more := len(src.Pairs) - shown; more > 0 {
			fmt.Fprintf(w, "  ... and %d more (--all)\n", more)
		}
	}
}

// managerSummary says how managers were found. Its lists are of names.
type managerSummary struct {
	Identities int             `json:"identities"`
	States     map[string]int  `json:"states"`
	Cycles     [][]who         `json:"cycles"`
	Managers   int             `json:"managers"` // who have reports
	Depth      int             `json:"depth"`    // steps up from the lowest to a root
	Levels     []int           `json:"levels"`   // identities by steps up to their root
	Astray     int             `json:"astray"`   // on a cycle or below one
	Roots      []managerReport `json:"roots"`    // without manager, with reports
	Alone      int             `json:"alone"`    // without manager and reports
	Widest     []managerReport `json:"widest"`   // by direct reports

	all bool
}

type managerReport struct {
	who
	Reports int `json:"reports"`
	Below   int `json:"below"`
}

// managerList is the managers as the run found them.
func (x *correlation) managerList() (list []correlate.ManagerOf, above []int32) {
	number := make(map[string]int32, len(x.people))
	for n := range x.people {
		number[x.people[n].ID] = int32(n)
	}
	list, above = make([]correlate.ManagerOf, len(x.people)), make([]int32, len(x.people))
	for n, r := range x.results {
		m := &list[n]
		*m = correlate.ManagerOf{Identity: -1, Lookup: -1, Value: r.Manager.Value, State: managerState(r.Manager)}
		if boss, ok := number[r.Identity.ManagerID]; ok {
			m.Identity = boss
		}
		above[n] = m.Identity
	}
	for _, cycle := range correlate.Cycles(above) {
		for _, n := range cycle {
			list[n].State = correlate.ManagerInCycle
		}
	}
	return list, above
}

func managerState(m profile.ManagerResult) correlate.ManagerState {
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

func (x *correlation) managers() *managerSummary {
	list, above := x.managerList()
	t := correlate.Tree(above)
	s := &managerSummary{Identities: len(list), States: map[string]int{}, Cycles: [][]who{}, Depth: int(t.Deepest), Alone: len(t.Alone), all: x.command.All,
		Levels: make([]int, t.Deepest+1), Roots: []managerReport{}, Widest: []managerReport{}}
	for n, m := range list {
		s.States[m.State.String()]++
		if d := t.Depth[n]; d >= 0 {
			s.Levels[d]++
		} else {
			s.Astray++
		}
		if t.IsManager(int32(n)) {
			s.Managers++
			s.Widest = append(s.Widest, x.managerReport(t, int32(n)))
		}
	}
	for _, cycle := range t.Cycles {
		var names []who
		for _, n := range cycle {
			names = append(names, x.who(n))
		}
		s.Cycles = append(s.Cycles, names)
	}
	for _, n := range t.Roots {
		s.Roots = append(s.Roots, x.managerReport(t, n))
	}
	slices.SortStableFunc(s.Roots, func(a, b managerReport) int { return cmp.Compare(b.Below, a.Below) })
	slices.SortStableFunc(s.Widest, func(a, b managerReport) int { return cmp.Compare(b.Reports, a.Reports) })
	if !s.all {
		s.Widest = s.Widest[:min(examples, len(s.Widest))]
	}
	return s
}

func (x *correlation) managerReport(t *correlate.Hierarchy, n int32) managerReport {
	return managerReport{x.who(n), int(t.Span[n]), int(t.Total[n])}
}

func (s *managerSummary) print(a *app, w io.Writer) {
	fmt.Fprintf(w, "%s, %s\n", countOf(s.Identities, "identity", "identities"), plural(s.Managers, "manager"))
	heading(a, w, "States")
	for _, state := range byCount(s.States, func(n int) int { return n }) {
		fmt.Fprintf(w, "  %s %d\n", state, s.States[state])
	}
	if len(s.Cycles) > 0 {
		heading(a, w, fmt.Sprintf("Cycles: %d, with %s on them or below", len(s.Cycles), countOf(s.Astray, "identity", "identities")))
		for _, cycle := range s.Cycles {
			text := ""
			for _, member := range cycle {
				text += member.String() + " -> "
			}
			fmt.Fprintf(w, "  %s%s\n", text, cycle[0].Name)
		}
	}
	heading(a, w, fmt.Sprintf("Depth: %d", s.Depth))
	for d, n := range s.Levels {
		fmt.Fprintf(w, "  level %d: %s\n", d, countOf(n, "identity", "identities"))
	}
	fmt.Fprintln(w)
	some(w, "Roots, without manager and with reports", s.all, s.Roots, func(m managerReport) { m.print(w) })
	fmt.Fprintf(w, "  Without manager and reports: %d\n\n", s.Alone)
	fmt.Fprintf(w, "  Widest span\n")
	for _, m := range s.Widest {
		m.print(w)
	}
}

func (m managerReport) print(w io.Writer) {
	fmt.Fprintf(w, "    %s: %s, %d below\n", m.who, plural(m.Reports, "report"), m.Below)
}

// suggestionTables are the suggestions as reports.
func (s *suggestions) tables() []*report.Table {
	var list []*report.Table
	for _, src := range s.Sources {
		list = append(list, correlate.SuggestionTable("Suggested Criteria "+src.Name, src.list))
	}
	return list
}
