package workbench

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile/preview"
)

// effectRequest asks what drafts do to everybody.
type effectRequest struct {
	Drafts    []draft       `json:"drafts"`
	Gate      *preview.Gate `json:"gate"`
	Recompute bool          `json:"recompute"` // correlate every account anew
}

// effectLine is one line of the answer of /api/effect. The last one has a report.
type effectLine struct {
	Progress *preview.Progress `json:"progress,omitempty"`
	Report   *preview.Report   `json:"report,omitempty"`
	Titles   []string          `json:"titles,omitempty"` // of the groups of the report
	ID       string            `json:"id,omitempty"`     // to ask for its people
	Seconds  float64           `json:"seconds,omitempty"`
	Problems []draftProblem    `json:"problems,omitempty"`
	Error    string            `json:"error,omitempty"`
}

// kept is a comparison whose people can be asked for.
type kept struct {
	id     string
	report *preview.Report
	people map[string][]keptChange
}

// keptChange is a change of a person. A draft may change everybody, so the values stand in
// a row of their own: a value as the run has it would keep all that the person has.
type keptChange struct {
	group                    *preview.Group
	title, attribute, values string
	message                  string
	number                   int // of the group
}

var beforeAfter = identity.NewSchema("before", "after")

// changeLine is what a draft does to a person, in short.
type changeLine struct {
	Group     int            `json:"group"`
	Title     string         `json:"title"`
	Attribute string         `json:"attribute,omitempty"`
	Before    identity.Value `json:"before"`
	After     identity.Value `json:"after"`
	Message   string         `json:"message,omitempty"`
}

// between is how long a browser waits at least for the next figures.
const between = 100 * time.Millisecond

// effect compares everybody with drafts and without. It streams what it knows so far, and
// ends when the browser does not want it any more, because a key was pressed.
func (s *Server) effect(w http.ResponseWriter, r *http.Request) {
	snap, err := s.current()
	var q effectRequest
	if err == nil {
		err = readJSON(r, &q)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}

	// Lines are sent as they are known. The first figures are there before the last person is
	// compared.
	w.Header().Set("Content-Type", "application/x-ndjson; charset=utf-8")
	out := json.NewEncoder(w)
	send := func(l effectLine) {
		_ = out.Encode(l) // who has gone does not hear
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
	}

	c := s.compile(snap, q.Drafts)
	if len(c.syntax) > 0 || len(c.problems) > 0 {
		send(effectLine{Problems: append([]draftProblem{}, c.problems...),
			Error: "the drafts cannot be put into the files"})
		return
	}

	start, last := s.opts.Clock(), time.Time{}
	k := &kept{id: c.id, people: map[string][]keptChange{}}
	o := preview.EffectOptions{
		BeforeName: s.opts.Name, AfterName: "draft", Examples: 5, Workers: snap.population.Options.Workers,
		Recompute: q.Recompute, OnPerson: func(p *preview.Person) error { k.add(p); return nil },
		OnProgress: func(p preview.Progress) {
			if now := s.opts.Clock(); now.Sub(last) >= between || p.Done == p.Total {
				last = now
				send(effectLine{Progress: &p})
			}
		},
	}

	// Without a difference one line says so.
	if len(c.files) == 0 {
		o.Examples = 1 // nothing differs, which the comparison says in no time
	}
	k.report, err = snap.population.Effect(r.Context(), c.bundle, o)
	switch {
	case errors.Is(err, r.Context().Err()) && err != nil:
		return
	case err != nil:
		send(effectLine{Error: err.Error()})
		return
	}

	// What was found is kept, so that lists can ask for it page by page.
	q.Gate.Check(k.report)
	k.close()
	s.effects.put(k)
	line := effectLine{Report: k.report, ID: k.id, Seconds: s.opts.Clock().Sub(start).Seconds(), Titles: []string{}}
	for _, g := range k.report.Groups {
		line.Titles = append(line.Titles, g.Title())
	}
	send(line)
}

func (k *kept) add(p *preview.Person) {
	lines := slices.Grow(k.people[p.ID], len(p.Changes))
	for i := range p.Changes {
		c := &p.Changes[i]
		lines = append(lines, keptChange{group: c.Group(), title: c.Kind.Title(), attribute: c.Attribute,
			values:  identity.Pack(beforeAfter, []identity.Value{c.Before, c.After}).Row(),
			message: strings.Clone(c.Message)})
	}

	k.people[p.ID] = lines
}

// close numbers the groups, which have an order only when everybody has been seen.
// What a comparison found before it began anew belongs to no group of the report.
func (k *kept) close() {
	numbers := map[*preview.Group]int{}
	for i, g := range k.report.Groups {
		numbers[g] = i
	}
	for id, lines := range k.people {
		lines = slices.DeleteFunc(lines, func(l keptChange) bool { _, ok := numbers[l.group]; return !ok })
		for i := range lines {
			lines[i].number, lines[i].group = numbers[lines[i].group], nil
		}
		if k.people[id] = lines; len(lines) == 0 {
			delete(k.people, id)
		}
	}
}

// members are the people that change, or those of one group.
func (k *kept) members(group string) map[string]bool {
	set := make(map[string]bool, len(k.people))
	for id := range k.people {
		if len(k.changes(id, group)) > 0 {
			set[id] = true
		}
	}

	return set
}

func (k *kept) changes(id, group string) []changeLine {
	n, err := strconv.Atoi(group)
	var list []changeLine
	for _, l := range k.people[id] {
		if err != nil || l.number == n {
			values := identity.FromRow(beforeAfter, l.values)
			list = append(list, changeLine{Group: l.number, Title: l.title, Attribute: l.attribute,
				Before: values.At(0), After: values.At(1), Message: l.message})
		}
	}

	return list
}

// effectCache keeps the last comparisons.
type effectCache struct {
	mu   sync.Mutex
	list []*kept
}

const keptEffects = 3

func (c *effectCache) get(id string) *kept {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range c.list {
		if k.id == id {
			return k
		}
	}

	return nil
}

func (c *effectCache) put(k *kept) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(slices.DeleteFunc(c.list, func(o *kept) bool { return o.id == k.id }), k)
	if len(c.list) > keptEffects {
		c.list = slices.Delete(c.list, 0, 1)
	}
}

func (c *effectCache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = nil
}
