package workbench

import (
	"context"
	"net/http"
	"time"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile"
)

// personAnswer is the answer of /api/person: a person with everything that explains them.
type personAnswer struct {
	ID        string                 `json:"id"`
	Name      string                 `json:"name"`
	Alias     string                 `json:"alias"`
	Profile   string                 `json:"profile"`
	At        time.Time              `json:"at"`
	State     string                 `json:"state"`
	StateNow  string                 `json:"stateNow"`
	Orphaned  bool                   `json:"orphaned"`
	Profiles  []profile.ProfileTrace `json:"profiles"`
	Values    []attribute            `json:"attributes"`
	Problems  []problem              `json:"exceptions"`
	Warnings  []string               `json:"warnings"`
	Accounts  []accountLine          `json:"accounts"`
	Managers  []managerLine          `json:"managers"`
	Reports   []personRef            `json:"reports"`
	ReportsOf int                    `json:"reportCount"`
}

// attribute is an identity attribute with the way to its value.
type attribute struct {
	Name  string         `json:"name"`
	Value identity.Value `json:"value"`
	// today, where another date is looked at; before the draft, beside the editor
	Previous identity.Value `json:"previous"`
	Changed  bool           `json:"changed"`
	Result   identity.Value `json:"evaluated"` // what the mapping gives
	Error    string         `json:"error,omitempty"`
	Note     string         `json:"note,omitempty"`
	Key      string         `json:"key,omitempty"` // of the mapping
	Required bool           `json:"required,omitempty"`
	Step     *profile.Step  `json:"step"`
}

type problem struct {
	Code       string     `json:"code"`
	Attributes []string   `json:"attributes"`
	Value      string     `json:"value,omitempty"`
	Other      *personRef `json:"other,omitempty"` // who holds the uid
	Message    string     `json:"message"`
}

// accountLine is an account of a person with the rule that linked it.
type accountLine struct {
	Source        string              `json:"source"`
	ID            string              `json:"nativeIdentity"`
	Name          string              `json:"name"`
	Disabled      bool                `json:"disabled"`
	Method        correlate.Method    `json:"method"`
	Criterion     string              `json:"criterion,omitempty"`
	Authoritative bool                `json:"authoritative"`
	Values        identity.Attributes `json:"attributes"`
}

type personRef struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// managerLine is a step up the managers; the last one says why there is no further.
type managerLine struct {
	personRef
	State string `json:"state"`           // how the manager of this person was found
	Value string `json:"value,omitempty"` // what was looked for
}

func refOf(r *profile.Result) personRef {
	return personRef{ID: r.Identity.ID, Name: displayName(r.Identity)}
}

// person answers with one person, today or at another date.
func (s *Server) person(r *http.Request) (any, error) {
	snap, err := s.current()
	if err != nil {
		return nil, err
	}
	res := snap.population.Person(r.PathValue("id"))
	if res == nil {
		return nil, notFound("there is nobody with this id")
	}
	at, err := dateOf(r.URL.Query().Get("at"), snap.now)
	if err != nil {
		return nil, err
	}

	// Another date is another evaluation of the same accounts.
	o := snap.population.Options
	o.Now = at
	trace, err := snap.engine.NewRun(o).Evaluator(r.Context()).Explain(res.Identity)
	if err != nil {
		return nil, err
	}

	a := &personAnswer{ID: res.Identity.ID, Name: displayName(res.Identity), Alias: res.Identity.Alias,
		Profile: res.Identity.Profile, At: at,
		StateNow: lifecycleState(res), State: lifecycleState(res), Orphaned: res.Orphaned, Profiles: trace.Profiles,
		Problems: snap.problems(res), Warnings: append([]string{},
			res.Warnings...), Accounts: snap.accountLines(res), Managers: snap.managers(res)}
	if !at.Equal(snap.now) {
		a.State = lifecycleState(trace.Result)
	}
	a.Values = snap.attributes(trace, res, !at.Equal(snap.now))
	a.Reports, a.ReportsOf = snap.reports(res.Identity.ID)
	return a, nil
}

// dateOf reads a date, or an instant; nothing stands for now.
func dateOf(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return now, nil
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return time.Date(t.Year(), t.Month(), t.Day(), now.Hour(), now.Minute(), now.Second(), now.Nanosecond(),
				time.UTC),
			nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return now, badRequest("at is no date such as 2026-01-31")
	}
	return t.UTC(), nil
}

// resolved are attributes whose value needs everybody, so that what one person's
// evaluation gives is only where it begins.
var resolved = map[string]bool{"manager": true, "uid": true}

// attributes puts what a trace says beside what the run has given. When something else
// is looked at than the run, the value is that of the trace.
func (n *snapshot) attributes(t *profile.Trace, was *profile.Result, other bool) []attribute {
	list := []attribute{}
	for i := range t.Attributes {
		x := &t.Attributes[i]
		a := attribute{Name: x.Name, Value: was.Identity.Attribute(x.Name), Previous: x.Stored, Result: x.Result,
			Error: x.Error, Note: x.Note, Step: x.Step,
			Key: n.keyAt("mapping/"+t.Profile+"/"+x.Name, x.Mapping), Required: isRequired(x.Name)}
		if other {
			a.Previous = a.Value
			if !resolved[x.Name] && x.Error == "" {
				a.Value = x.Result
			}
			a.Changed = !a.Value.Equal(a.Previous)
		}

		list = append(list, a)
	}

	return list
}

func isRequired(name string) bool { return name == "uid" || name == "email" || name == "lastname" }

func (n *snapshot) problems(r *profile.Result) []problem {
	list := []problem{}
	for _, e := range r.Exceptions {
		p := problem{Code: e.Code, Attributes: e.Attributes, Value: e.Value, Message: e.Message}
		if holder := n.population.Person(e.Conflicting); holder != nil {
			ref := refOf(holder)
			p.Other = &ref
		}

		list = append(list, p)
	}

	return list
}

func (n *snapshot) accountLines(r *profile.Result) []accountLine {
	list := []accountLine{}
	for i := range r.Identity.Accounts {
		a := &r.Identity.Accounts[i]
		l := accountLine{Source: a.Source, ID: a.NativeIdentity, Name: a.DisplayName(), Disabled: a.Disabled,
			Values: a.Attributes, Authoritative: a.Key() == r.Account}
		if i < len(r.Links) {
			l.Method = r.Links[i].Method
			if l.Method == correlate.ByConfig {
				l.Criterion = n.engine.Criterion(a.Source, r.Links[i].Criterion)
			}
		}

		list = append(list, l)
	}

	return list
}

// maxChain is how far up managers are followed; a chain that long goes in a circle.
const maxChain = 25

// managers follows the chain of managers up, the person first.
func (n *snapshot) managers(r *profile.Result) []managerLine {
	list := []managerLine{}
	seen := map[string]bool{}
	for r != nil && len(list) < maxChain && !seen[r.Identity.ID] {
		seen[r.Identity.ID] = true
		list = append(list, managerLine{personRef: refOf(r), State: managerState(r), Value: r.Manager.Value})
		r = n.population.Person(r.Manager.ID)
	}

	if r != nil {
		list = append(list, managerLine{personRef: refOf(r), State: "MANAGER_CYCLE"})
	}
	return list
}

// reports returns the first of those who have somebody as their manager, and how many there are.
func (n *snapshot) reports(id string) ([]personRef, int) {
	list, count := []personRef{}, 0
	manager, ok := n.population.Find(id)
	if !ok {
		return list, 0
	}
	for i := range n.population.Reports(manager) {
		if count++; len(list) < 50 {
			list = append(list, refOf(n.population.Result(i)))
		}
	}

	return list, count
}

// aheadAnswer is the answer of /api/ahead: what the clock alone will change.
type aheadAnswer struct {
	From   time.Time     `json:"from"`
	To     time.Time     `json:"to"`
	Months []monthOf     `json:"months"`
	People []transition  `json:"people"` // the first ones
	Total  int           `json:"total"`
	Chart  string        `json:"chart,omitempty"`
	Took   time.Duration `json:"-"`
}

type monthOf struct {
	Month string `json:"month"` // 2026-02
	Count int    `json:"count"`
}

// transition is somebody who enters another lifecycle state because time goes by.
type transition struct {
	personRef
	Date string `json:"date"`
	From string `json:"from"`
	To   string `json:"to"`
}

// ahead tells who changes the lifecycle state within a year if nothing but the date changes:
// one person by the day, or everybody by the month.
func (s *Server) ahead(r *http.Request) (any, error) {
	snap, err := s.current()
	if err != nil {
		return nil, err
	}
	if id := r.URL.Query().Get("id"); id != "" {
		res := snap.population.Person(id)
		if res == nil {
			return nil, notFound("there is nobody with this id")
		}
		return snap.aheadOf(r.Context(), res)
	}

	return snap.lazy.ahead(r.Context(), snap)
}

// statesAt evaluates the lifecycle state of a person at an instant.
func (n *snapshot) statesAt(ctx context.Context, at time.Time) *profile.Evaluator {
	o := n.population.Options
	o.Now = at
	return n.engine.NewRun(o).Evaluator(ctx).Only("cloudLifecycleState")
}

// daysBack is how many days before now are looked at, too: who has just changed is asked for as often.
const daysBack, daysAhead = 60, 400

func (n *snapshot) aheadOf(ctx context.Context, res *profile.Result) (*aheadAnswer, error) {
	a := &aheadAnswer{From: n.now.AddDate(0, 0, -daysBack), To: n.now.AddDate(0, 0, daysAhead), Months: []monthOf{},
		People: []transition{}}
	last := ""
	for d := -daysBack; d <= daysAhead; d++ {
		at := n.now.AddDate(0, 0, d)
		r, err := n.statesAt(ctx, at).Evaluate(res.Identity)
		if err != nil {
			return nil, err
		}
		state := lifecycleState(r)
		if last != "" && state != last {
			a.People = append(a.People, transition{personRef: refOf(res), Date: at.Format(time.DateOnly),
				From: last, To: state})
		}
		last = state
	}

	a.Total = len(a.People)
	return a, nil
}
