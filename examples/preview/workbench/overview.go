package workbench

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile"
)

// overview is the answer of /api/overview.
type overview struct {
	Identities   int               `json:"identities"`
	WithProblem  int               `json:"withExceptions"`
	WithError    int               `json:"withErrors"`
	Uncorrelated int               `json:"uncorrelated"`
	Profiles     []*profileCount   `json:"profiles"`
	Sources      []*sourceCount    `json:"sources"`
	Exceptions   []namedCount      `json:"exceptions"`
	Errors       []namedCount      `json:"errors"` // by attribute
	Managers     []namedCount      `json:"managers"`
	Lifecycle    []namedCount      `json:"lifecycle"`
	Findings     []finding         `json:"findings"`
	Severities   map[string]int    `json:"severities"`
	Assumptions  []diag.Assumption `json:"assumptions"`
	Charts       []string          `json:"charts"` // HTML figures with inline SVG
}

type profileCount struct {
	Name       string `json:"name"`
	Priority   int64  `json:"priority"`
	Source     string `json:"source"`
	Identities int    `json:"identities"`
	Exceptions int    `json:"exceptions"`
	Errors     int    `json:"errors"`
}

type sourceCount struct {
	Name         string         `json:"name"`
	Accounts     int            `json:"accounts"`
	Uncorrelated int            `json:"uncorrelated"`
	Methods      map[string]int `json:"methods"`
	Reasons      map[string]int `json:"reasons"` // of accounts without identity
}

type namedCount struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// finding is a finding with the object that it stands in.
type finding struct {
	diag.Diagnostic
	Key string `json:"key,omitempty"` // of the object
}

// counts turns a tally into a list, the most frequent first.
func counts(m map[string]int) []namedCount {
	list := []namedCount{}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		list = append(list, namedCount{name, m[name]})
	}
	slices.SortStableFunc(list, func(a, b namedCount) int { return cmp.Compare(b.Count, a.Count) })
	return list
}

// tally gathers what the overview counts.
type tally struct {
	*overview
	profiles                                map[string]*profileCount
	sources                                 map[string]*sourceCount
	exceptions, errors, managers, lifecycle map[string]int
}

// summarise counts everybody once; the overview does not change until the folder is
// read again.
func (n *snapshot) summarise() {
	t := &tally{overview: &overview{Severities: map[string]int{}}, profiles: map[string]*profileCount{},
		sources:    map[string]*sourceCount{},
		exceptions: map[string]int{}, errors: map[string]int{}, managers: map[string]int{}, lifecycle: map[string]int{}}
	n.summary = t.overview

	// Profiles and sources without anybody are shown too, with zero.
	for _, p := range n.bundle.Profiles {
		c := &profileCount{Name: p.Name, Priority: p.Priority, Source: p.Source.Name}
		t.profiles[p.Name] = c
		t.Profiles = append(t.Profiles, c)
	}

	for _, s := range n.bundle.Sources {
		t.source(s.Name)
	}

	// One pass over everybody gives all figures.
	for _, r := range n.population.All() {
		t.person(r)
	}
	for i := range n.population.Left {
		left := &n.population.Left[i]
		c := t.source(left.Account.Source)
		c.Accounts++
		c.Uncorrelated++
		c.Reasons[left.Unlinked.Reason]++
		t.Uncorrelated++
	}

	t.Exceptions, t.Errors, t.Managers, t.Lifecycle = counts(t.exceptions), counts(t.errors), counts(t.managers),
		counts(t.lifecycle)

	// Empty lists and not null, which the page would have to look for.
	t.Assumptions = append([]diag.Assumption{}, n.assumptions...)
	t.Findings = []finding{}
	for _, d := range n.found {
		t.Severities[d.Severity.String()]++
		t.Findings = append(t.Findings, n.located(d))
	}

	// The worst first, and within one severity in the order of the files.
	slices.SortStableFunc(t.Findings, func(a, b finding) int { return cmp.Compare(b.Severity, a.Severity) })
	t.charts()
}

func (t *tally) source(name string) *sourceCount {
	c := t.sources[name]
	if c == nil {
		c = &sourceCount{Name: name, Methods: map[string]int{}, Reasons: map[string]int{}}
		t.sources[name] = c
		t.Sources = append(t.Sources, c)
	}

	return c
}

func (t *tally) person(r *profile.Result) {
	t.Identities++
	for _, l := range r.Links {
		c := t.source(l.Account.Source)
		c.Accounts++
		c.Methods[methodName(l.Method, l.Criterion)]++
	}

	// Those without a profile have no exceptions to count.
	p := t.profiles[r.Identity.Profile]
	if p == nil {
		return
	}
	p.Identities++
	if len(r.Exceptions) > 0 {
		p.Exceptions++
		t.WithProblem++
	}

	for _, e := range r.Exceptions {
		t.exceptions[e.Code]++
	}
	if len(r.Errors) > 0 {
		p.Errors++
		t.WithError++
	}

	for _, e := range r.Errors {
		t.errors[e.Attribute]++
	}
	t.managers[managerState(r)]++
	t.lifecycle[lifecycleState(r)]++
}

func methodName(m correlate.Method, criterion int) string {
	if m == correlate.ByConfig {
		return fmt.Sprintf("%s[%d]", m, criterion)
	}
	return string(m)
}

// managerState is the outcome of manager correlation; NO_MANAGER where none was looked for.
func managerState(r *profile.Result) string { return cmp.Or(r.Manager.State, "NO_MANAGER") }

// lifecycleState is the state that applies, or what is wrong with the value.
func lifecycleState(r *profile.Result) string {
	if r.Lifecycle.State != "" {
		return r.Lifecycle.State
	}
	return string(cmp.Or(r.Lifecycle.Status, profile.LifecycleNotSet))
}

// peopleLink is the address of the people that a filter finds.
func peopleLink(pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return "/people?" + q.Encode()
}

func (t *tally) charts() {
	profiles := &report.Chart{Kind: report.Bars, Title: "Identities by profile; red: with exceptions",
		Unit: "identities"}
	for _, p := range t.Profiles {
		profiles.Data = append(profiles.Data, report.Datum{Name: p.Name, Value: int64(p.Identities),
			Part: int64(p.Exceptions), Link: peopleLink("profile", p.Name)})
	}
	accounts := &report.Chart{Kind: report.Bars, Title: "Accounts by source; red: without identity", Unit: "accounts"}
	for _, s := range t.Sources {
		accounts.Data = append(accounts.Data, report.Datum{Name: s.Name, Value: int64(s.Accounts),
			Part: int64(s.Uncorrelated), Link: "/correlation?source=" + url.QueryEscape(s.Name)})
	}
	states := &report.Chart{Kind: report.Share, Title: "Lifecycle states", Unit: "identities"}
	for _, c := range t.Lifecycle {
		states.Data = append(states.Data, report.Datum{Name: c.Name, Value: int64(c.Count),
			Link: peopleLink("state", c.Name)})
	}
	managers := &report.Chart{Kind: report.Share, Title: "How managers were found", Unit: "identities"}
	for _, c := range t.Managers {
		managers.Data = append(managers.Data, report.Datum{Name: managerTitle(c.Name), Value: int64(c.Count),
			Tone: managerTone[c.Name], Link: peopleLink("manager", c.Name)})
	}
	for _, c := range []*report.Chart{profiles, accounts, states, managers} {
		t.Charts = append(t.Charts, c.String())
	}
}

var managerTone = map[string]string{profile.ManagerResolved: "2", "NO_MANAGER": "5", profile.ManagerNotFound: "3",
	profile.ManagerAmbiguous: "4", profile.ManagerSelf: "6"}

func managerTitle(state string) string {
	switch state {
	case profile.ManagerResolved:
		return "has a manager"
	case profile.ManagerNotFound:
		return "manager not found"
	case profile.ManagerAmbiguous:
		return "several managers found"
	case profile.ManagerSelf:
		return "own manager"
	}

	return "no manager named"
}

// overview answers with the figures of the run.
func (s *Server) overview(*http.Request) (any, error) {
	snap, err := s.current()
	if err != nil {
		return nil, err
	}
	return snap.summary, nil
}
