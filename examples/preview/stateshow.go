package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/preview"
)

// stateCommand shows what a state file holds.
type stateCommand struct {
	File string `arg:"" help:"File that run --state has left."`

	Runs     int    `placeholder:"N" default:"5" help:"Tell what the last runs have changed: this many. Default: 5."`
	Identity string `placeholder:"WHO" help:"Tell of one identity only: id, name, uid, account id, or source/account id."`

	outputFlags `set:"formats=text,json,html"`
	sampleFlags
}

// stateLine is a line of the answer as JSON.
type stateLine struct {
	Kind string `json:"kind"` // state, source, profile, run, change
	// Of the state: what there is. Of a run and a change: what changed.
	Number     int            `json:"number,omitempty"` // of the run, from 1 in this file
	Name       string         `json:"name,omitempty"`   // of the source or profile, of the identity
	Now        time.Time      `json:"now,omitzero"`
	Bytes      int64          `json:"bytes,omitempty"`
	Runs       int            `json:"runs,omitempty"`
	Identities int            `json:"identities,omitempty"`
	Exceptions int            `json:"exceptions,omitempty"` // identities that have some
	Accounts   int            `json:"accounts,omitempty"`
	Left       int            `json:"uncorrelated,omitempty"`
	Manual     int            `json:"manual,omitempty"`    // accounts that were linked by hand
	Decisions  int            `json:"decisions,omitempty"` // of people about matches
	States     map[string]int `json:"states,omitempty"`    // identities by lifecycle state
	Whole      bool           `json:"whole,omitempty"`     // the file was begun or written anew here
	Created    int            `json:"created,omitempty"`
	Changed    int            `json:"changed,omitempty"`
	Removed    int            `json:"removed,omitempty"`
	Attributes map[string]int `json:"attributes,omitempty"` // that changed, by how many identities

	ID        string          `json:"id,omitempty"`
	Change    string          `json:"change,omitempty"` // created, removed, changed
	Attribute string          `json:"attribute,omitempty"`
	Before    *identity.Value `json:"before,omitempty"`
	After     *identity.Value `json:"after,omitempty"`
}

// stateRun is a run with the changes that are told.
type stateRun struct {
	stateLine
	changes []stateLine
	people  int // of whom the changes are
	more    int // people that are not told
}

// Run reads the file and prints what is in it.
func (c *stateCommand) Run(a *app) error {
	if c.Runs < 0 {
		return fmt.Errorf("--runs: found %d, expected 0 or more", c.Runs)
	}
	info, err := os.Stat(c.File)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return fmt.Errorf("%s is a folder, expected a file that run --state has left", c.File)
	}

	var runs []*stateRun
	last := 0
	find := preview.Finder(c.Identity)

	// The file is read once, step by step, and only the last runs are kept: histories are longer than
	// memory.
	f, err := store.History(c.File, func(s *store.Step) error {
		run := c.step(s, find)
		last = s.Number

		// Of a single person only the runs are shown that changed something.
		if c.Identity == "" || len(run.changes) > 0 {
			runs = append(runs, run)
		}
		if len(runs) > c.Runs {
			runs = runs[1:]
		}
		return a.ctx.Err()
	})

	if err != nil {
		return err
	}
	defer f.Close()
	if cut := f.Cut(); cut != nil {
		report.Fprintf(a.err, "warning: %s\n", cut)
	}

	// What is held is counted in the state as the last step has left it.
	held, err := c.held(a, f, info.Size(), last)
	if err != nil {
		return err
	}
	return c.answer(a, func(a *app) error {
		switch c.form("text", "json", "html") {
		case "json":
			return c.lines(a, held, runs)
		case "html":
			return report.WriteHTML(a.out, c.table(held, runs), report.HTMLOptions{Interactive: true})
		}

		c.print(a, held, runs)
		return nil
	})
}

// step tells what a run has changed.
func (c *stateCommand) step(s *store.Step, find func(*profile.Result) bool) *stateRun {
	run := &stateRun{stateLine: stateLine{
		Kind: "run", Number: s.Number, Now: s.Now, Whole: s.Whole, Left: s.Left, Decisions: s.Decisions,
		Attributes: map[string]int{},
	}}
	for i := range s.Changes {
		ch := &s.Changes[i]
		if c.Identity != "" && !isOf(ch, find) {
			continue
		}

		// A change of what runs only remember, such as fingerprints, is none for a reader.
		lines := changesOf(ch, s.Number)
		switch {
		case ch.Before == nil:
			run.Created++
		case ch.After == nil:
			run.Removed++
		case len(lines) > 0:
			run.Changed++
		}

		for _, l := range lines {
			if l.Attribute != "" {
				run.Attributes[l.Attribute]++
			}
		}

		// A step that writes all, as the first does, is counted and not listed, unless somebody is
		// asked for.
		switch {
		case len(lines) == 0, s.Whole && c.Identity == "":
		case run.people >= c.most():
			run.more++
		default:
			run.people++
			run.changes = append(run.changes, lines...)
		}
	}

	return run
}

// isOf reports whether a change is one of the identity that is looked for.
func isOf(ch *store.Change, find func(*profile.Result) bool) bool {
	for _, i := range []*identity.Identity{ch.Before, ch.After} {
		if i != nil && find(&profile.Result{Identity: i}) {
			return true
		}
	}

	return false
}

// changesOf are the changes of an identity; none when only what runs remember has changed.
func changesOf(ch *store.Change, run int) []stateLine {
	// Texts are cloned since the identities of a step are not held after it.
	line := stateLine{Kind: "change", Number: run, ID: strings.Clone(ch.ID())}
	switch {
	case ch.Before == nil:
		line.Change, line.Name = "created", strings.Clone(ch.After.Alias)

		return []stateLine{line}
	case ch.After == nil:
		line.Change, line.Name = "removed", strings.Clone(ch.Before.Alias)
		return []stateLine{line}
	}

	line.Change, line.Name = "changed", strings.Clone(ch.After.Alias)
	var lines []stateLine
	add := func(attribute string, before, after identity.Value) {
		if !before.Equal(after) {
			before, after = before.Clone(), after.Clone()
			l := line
			l.Attribute, l.Before, l.After = strings.Clone(attribute), &before, &after
			lines = append(lines, l)
		}
	}

	b, x := ch.Before, ch.After
	for _, name := range attributeNames(b, x) {
		add(name, b.Attributes.Get(name), x.Attributes.Get(name))
	}

	// What is no attribute is in parentheses, so that an attribute of the same name stays another one.
	add("(profile)", orNull(b.Profile), orNull(x.Profile))
	add("(manager)", orNull(b.ManagerID), orNull(x.ManagerID))
	add("(exceptions)", listOf(b.ExceptionCodes), listOf(x.ExceptionCodes))
	add("(accounts)", listOf(accountNames(b)), listOf(accountNames(x)))
	return lines
}

func attributeNames(people ...*identity.Identity) []string {
	names := map[string]bool{}
	for _, i := range people {
		if s := i.Attributes.Schema(); s != nil {
			for _, name := range s.Names() {
				names[name] = true
			}
		}
	}

	return slices.Sorted(maps.Keys(names))
}

func accountNames(i *identity.Identity) []string {
	var names []string
	for n := range i.Accounts {
		names = append(names, i.Accounts[n].Key().String())
	}
	return names
}

func orNull(s string) identity.Value {
	if s == "" {
		return identity.Value{}
	}
	return identity.StringValue(s)
}

func listOf(list []string) identity.Value {
	var values []identity.Value
	for _, s := range list {
		values = append(values, identity.StringValue(s))
	}
	if len(values) == 0 {
		return identity.Value{}
	}
	return identity.ListValue(values...)
}

// held counts what the state holds: all, by profile, by source.
func (c *stateCommand) held(a *app, f *store.File, size int64, runs int) ([]stateLine, error) {
	all := stateLine{Kind: "state", Bytes: size, Runs: runs, States: map[string]int{}}
	profiles, sources := map[string]*stateLine{}, map[string]*stateLine{}
	of := func(m map[string]*stateLine, kind, name string) *stateLine {
		if m[name] == nil {
			m[name] = &stateLine{Kind: kind, Name: name, States: map[string]int{}}
		}
		return m[name]
	}

	for i, err := range f.All(a.ctx) {
		if err != nil {
			return nil, err
		}

		// People whom later runs did not evaluate keep the moment of an earlier one, so the latest
		// counts.
		if i.Evaluated.After(all.Now) {
			all.Now = i.Evaluated
		}
		p := of(profiles, "profile", cmp.Or(i.Profile, "(none)"))
		for _, l := range []*stateLine{&all, p} {
			l.Identities++
			l.States[cmp.Or(i.Lifecycle.State, "NOT_SET")]++
			l.Exceptions += min(1, len(i.ExceptionCodes))
		}

		for n := range i.Accounts {
			s := of(sources, "source", i.Accounts[n].Source)
			for _, l := range []*stateLine{&all, s} {
				l.Accounts++
				if i.Accounts[n].ManuallyCorrelated {
					l.Manual++
				}
			}
		}
	}

	for account, err := range f.Uncorrelated(a.ctx, "") {
		if err != nil {
			return nil, err
		}
		s := of(sources, "source", account.Source)
		for _, l := range []*stateLine{&all, s} {
			l.Accounts++
			l.Left++
		}
	}

	for _, err := range f.Decisions(a.ctx, 0) {
		if err != nil {
			return nil, err
		}
		all.Decisions++
	}

	list := []stateLine{all}
	for _, m := range []map[string]*stateLine{profiles, sources} {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			list = append(list, *m[name])
		}
	}

	return list, nil
}

// lines writes JSON Lines.
func (c *stateCommand) lines(a *app, held []stateLine, runs []*stateRun) error {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	list := held
	for _, run := range runs {
		list = append(append(list, run.stateLine), run.changes...)
	}
	for _, l := range list {
		if err := enc.Encode(l); err != nil {
			return err
		}
	}

	return nil
}

// table is the changes as a page.
func (c *stateCommand) table(held []stateLine, runs []*stateRun) *report.Table {
	all := held[0]
	t := &report.Table{
		Name: "state", Title: "State " + c.File,
		Meta: []report.Meta{
			{Key: "identities", Label: "Identities", Value: fmt.Sprint(all.Identities)},
			{Key: "accounts", Label: "Accounts", Value: fmt.Sprint(all.Accounts)},
			{Key: "uncorrelated", Label: "Uncorrelated", Value: fmt.Sprint(all.Left)},
			{Key: "now", Label: "Last evaluated for", Value: moment(all.Now)},
		},
		Columns: []report.Column{
			{Key: "run", Header: "Run", Kind: report.KindNumber}, {Key: "now", Header: "Now"},
			{Key: "name", Header: "Name"}, {Key: "id", Header: "Identity", Kind: report.KindCode},
			{Key: "change", Header: "Change"}, {Key: "attribute", Header: "Attribute"},
			{Key: "before", Header: "Before",
				Width: 30}, {Key: "after", Header: "After", Width: 30},
		},
	}

	var rows []report.Row

	// The latest run comes first: it is what somebody looks for.
	for _, run := range slices.Backward(runs) {
		if run.more > 0 {
			t.Notes = append(t.Notes, fmt.Sprintf("Run %d changes %d more people (--all).", run.Number, run.more))
		}
		for _, l := range run.changes {
			rows = append(rows, report.Row{
				report.Int(int64(run.Number)), report.Text(moment(run.Now)), report.Text(l.Name), report.Text(l.ID),
				report.Text(l.Change), report.Text(l.Attribute), valueCell(l.Before), valueCell(l.After),
			})
		}
	}

	t.Rows = report.RowsOf(rows...)
	return t
}

func valueCell(v *identity.Value) report.Cell {
	if v == nil {
		return report.Text("")
	}
	return cell(*v)
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format(time.RFC3339)
}

// print writes the answer for people.
func (c *stateCommand) print(a *app, held []stateLine, runs []*stateRun) {
	profiles := newGrid("Profile", ">Identities", ">With exceptions", "Lifecycle states")
	sources := newGrid("Source", ">Accounts", ">Uncorrelated", ">Linked by hand")

	// The first line is the whole, which is told at the end.
	for _, l := range held[1:] {
		if l.Kind == "profile" {
			profiles.row(l.Name, l.Identities, l.Exceptions, inLine(l.States))
		} else {
			sources.row(l.Name, l.Accounts, l.Left, l.Manual)
		}
	}

	profiles.print(a, a.out)
	fmt.Fprintln(a.out)
	sources.print(a, a.out)

	heading(a, a.out, fmt.Sprintf("Last runs that changed something: %d", len(runs)))
	for _, run := range runs {
		report.Fprintf(a.out, "  run %d, now %s: %d created, %d changed, %d removed", run.Number, moment(run.Now),
			run.Created, run.Changed, run.Removed)
		if run.Decisions > 0 {
			report.Fprintf(a.out, ", %s", plural(run.Decisions, "decision"))
		}
		if run.Whole {
			report.Fprintf(a.out, "; the file begins here")
		}
		fmt.Fprintln(a.out)
		if len(run.Attributes) > 0 {
			report.Fprintf(a.out, "    %s\n", inLine(run.Attributes))
		}
		for _, l := range run.changes {
			report.Fprintf(a.out, "    %s (%s) %s", l.Name, l.ID, l.Change)
			if l.Attribute != "" {
				report.Fprintf(a.out, " %s: %s → %s", l.Attribute,
					report.Raw(a.paint(colours[report.Before], shownValue(l.Before))),
					report.Raw(a.paint(colours[report.After], shownValue(l.After))))
			}
			fmt.Fprintln(a.out)
		}

		if run.more > 0 {
			report.Fprintf(a.out, "    ... and %s (--all)\n", countOf(run.more, "more person", "more people"))
		}
	}

	all := held[0]
	a.verdict(a.out, report.Good, "%s, %s, %s uncorrelated; %s; last evaluated for %s",
		countOf(all.Identities, "identity", "identities"),
		plural(all.Accounts, "account"), withShare(all.Left, all.Accounts), plural(all.Decisions,
			"decision"), moment(all.Now))
}

// shownValue is a value in quotation marks.
func shownValue(v *identity.Value) string {
	switch v.Kind() {
	case identity.Null:
		return "(none)"
	case identity.List:
		var items []string
		for _, item := range v.List() {
			items = append(items, report.Quote(item.Text()))
		}
		return strings.Join(items, ", ")
	}

	return report.Quote(v.Text())
}
