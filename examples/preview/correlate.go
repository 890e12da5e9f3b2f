package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/preview"
)

// correlateCommand looks at how accounts find their identities.
type correlateCommand struct {
	Folder string `arg:"" help:"Folder with configuration and accounts."`

	Explain  string `xor:"what" placeholder:"ACCOUNT" help:"Explain one account: every rule with the values of both sides. ACCOUNT is source/id, an account id or an account name."`
	Pair     string `xor:"what" placeholder:"ACCOUNT=IDENTITY" help:"Tell what each rule says about an account and an identity."`
	Suggest  bool   `xor:"what" help:"Suggest criteria: pairs of attributes that would find identities, in order."`
	Managers bool   `xor:"what" help:"Tell how managers were found: states, cycles, depth, span."`

	Source []string  `placeholder:"NAME" help:"Look at these sources only."`
	Report string    `placeholder:"DIR" help:"Write reports as zipped CSV, HTML and PDF."`
	JSON   bool      `help:"Print JSON."`
	All    bool      `help:"Print all examples."`
	Now    time.Time `format:"2006-01-02T15:04:05Z07:00" placeholder:"INSTANT" help:"What the word now means. Default: idprofile.json, else the clock."`
	Seed   *uint64   `help:"Seed of random values. Default: idprofile.json, else 0."`
	Links  string    `enum:"stored,recompute" default:"stored" help:"Keep the links that the data carry, or recompute them."`
}

// answer is what the command found out, for people or as JSON.
type answer interface {
	print(a *app, w io.Writer)
}

// Run runs the folder and looks at its links.
func (c *correlateCommand) Run(a *app) error {
	f, err := openFolder(c.Folder)
	if err != nil {
		return err
	}
	x := &correlation{command: c, ctx: a.ctx, now: f.clock(a, c.Now)}
	x.engine, _ = profile.Compile(f.bundle, profile.Options{})
	if err := x.load(f); err != nil {
		return err
	}
	if c.Report != "" {
		if err := x.report(); err != nil {
			return err
		}
	}
	out, err := x.answer()
	if err != nil {
		return fmt.Errorf("%s: %w", c.Folder, err)
	}
	if !c.JSON {
		out.print(a, a.out)
		return nil
	}
	src, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "%s\n", src)
	return err
}

// correlation is what came out of a run, seen from the accounts.
type correlation struct {
	command *correlateCommand
	ctx     context.Context
	now     time.Time
	engine  *profile.Engine
	results []*profile.Result
	people  []identity.Identity // by number
	persons correlate.Population
	sources []*linked
	notes   []string // what the run says of ambiguous criteria
}

// linked is the accounts of one source and the identities they have.
type linked struct {
	name          string
	authoritative bool
	correlator    *correlate.Correlator
	accounts      []identity.Account // by id
	owner         []int32            // identity, -1: none
	method        []correlate.Method

	index  *correlate.Index
	near   *correlate.Nearby
	second func(n int32) bool
}

// load runs the engine over the folder.
func (x *correlation) load(f *folder) error {
	bySource := map[string]*linked{}
	for _, s := range f.bundle.Sources {
		l := &linked{name: s.Name, correlator: x.engine.Correlator(s.Name), second: x.uncorrelated}
		l.authoritative = slices.ContainsFunc(f.bundle.Profiles, func(p *profile.Profile) bool { return f.bundle.AuthoritativeSource(p) == s })
		bySource[s.Name] = l
		if len(x.command.Source) == 0 || slices.Contains(x.command.Source, s.Name) {
			x.sources = append(x.sources, l)
		}
	}
	for _, name := range x.command.Source {
		if bySource[name] == nil {
			return fmt.Errorf("%s: there is no source %q, expected one of %s", f.name, name, strings.Join(slices.Sorted(maps.Keys(bySource)), ", "))
		}
	}
	o := profile.RunOptions{
		Now: x.now, Seed: f.seed(x.command.Seed), Workers: runtime.GOMAXPROCS(0), Recompute: x.command.Links == "recompute",
		OnUncorrelated: func(a identity.Account, _ profile.Unlinked) { bySource[a.Source].add(a, -1, correlate.Uncorrelated) },
	}
	o.OnFinding = func(d diag.Diagnostic) {
		if d.Code == "correlation-ambiguous" {
			x.notes = append(x.notes, d.Message)
		}
	}
	for r, err := range x.engine.Run(x.ctx, o, f.accounts(func(diag.Diagnostic) {})...) {
		if err != nil {
			return err
		}
		for i, a := range r.Identity.Accounts {
			bySource[a.Source].add(a, int32(len(x.people)), r.Links[i].Method)
		}
		x.results = append(x.results, r)
		x.people = append(x.people, *r.Identity)
	}
	x.persons = correlate.PopulationOf(x.people)
	for _, l := range bySource {
		l.sort()
	}
	return x.ctx.Err()
}

func (l *linked) add(a identity.Account, owner int32, method correlate.Method) {
	l.accounts, l.owner, l.method = append(l.accounts, a), append(l.owner, owner), append(l.method, method)
}

// sort puts the accounts in the order of their ids.
func (l *linked) sort() {
	order := make([]int, len(l.accounts))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		return strings.Compare(l.accounts[i].NativeIdentity, l.accounts[j].NativeIdentity)
	})
	was := *l
	l.accounts, l.owner, l.method = nil, nil, nil
	for _, i := range order {
		l.add(was.accounts[i], was.owner[i], was.method[i])
	}
}

// uncorrelated reports whether an identity has no authoritative account.
func (x *correlation) uncorrelated(n int32) bool {
	r := x.results[n]
	return (r.Orphaned || r.Identity.Profile == "") && !r.Identity.Protected
}

// searched returns the accounts that had to find an identity: all but those that
// made one.
func (l *linked) searched() *linked {
	s := *l
	s.accounts, s.owner, s.method = nil, nil, nil
	for i, m := range l.method {
		if m != correlate.NewIdentity {
			s.add(l.accounts[i], l.owner[i], m)
		}
	}
	return &s
}

// without returns the accounts that have no identity.
func (l *linked) without() *linked {
	s := *l
	s.accounts, s.owner, s.method = nil, nil, nil
	for i, n := range l.owner {
		if n < 0 {
			s.add(l.accounts[i], -1, l.method[i])
		}
	}
	return &s
}

// prepare makes the index and the search for near misses.
func (l *linked) prepare(x *correlation) {
	if l.index == nil {
		l.index = correlate.IndexOf(x.persons, l.correlator)
		l.index.Second = l.second
		l.near = correlate.NewNearby(l.correlator, x.persons)
	}
}

func (l *linked) options() correlate.RunOptions { return correlate.RunOptions{Second: l.second} }

// links returns what is stored, for the situations of accounts; marks of manual
// correlation count when stored links do.
func (l *linked) links(marks bool) []correlate.Link {
	list := make([]correlate.Link, len(l.accounts))
	for i := range list {
		list[i] = correlate.Link{Identity: l.owner[i], Manual: marks && l.accounts[i].ManuallyCorrelated}
	}
	return list
}

// answer does what the flags ask for.
func (x *correlation) answer() (answer, error) {
	c := x.command
	switch {
	case c.Explain != "":
		return x.explain(c.Explain)
	case c.Pair != "":
		return x.pair(c.Pair)
	case c.Suggest:
		return x.suggest()
	case c.Managers:
		return x.managers(), nil
	}
	return x.summary()
}

// who is an identity for people.
type who struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
}

func (x *correlation) who(n int32) who {
	i := &x.people[n]
	return who{i.ID, i.Alias, i.Attribute("displayName").Text()}
}

func (w who) String() string {
	if w.DisplayName == "" || w.DisplayName == w.Name {
		return w.Name
	}
	return w.Name + " (" + w.DisplayName + ")"
}

// id names an identity in reports.
func (x *correlation) id(n int32) string { return x.people[n].ID }

var (
	errNoAccount    = errors.New("there is no such account")
	errManyAccounts = errors.New("several accounts are called that")
)

// account finds an account by source/id, or by an id or name that only one has.
func (x *correlation) account(name string) (*linked, int, error) {
	type place struct {
		l *linked
		i int
	}
	var byID, byName []place
	for _, l := range x.sources {
		for i := range l.accounts {
			a := &l.accounts[i]
			switch {
			case a.Key().String() == name:
				return l, i, nil
			case a.NativeIdentity == name || a.ID == name && name != "":
				byID = append(byID, place{l, i})
			case strings.EqualFold(a.NativeIdentity, name), strings.EqualFold(a.DisplayName(), name), strings.EqualFold(a.Key().String(), name):
				byName = append(byName, place{l, i})
			}
		}
	}
	found := byID
	if len(found) == 0 {
		found = byName
	}
	switch len(found) {
	case 0:
		return nil, 0, fmt.Errorf("account %q: %w: no source/id, id or name is like that", name, errNoAccount)
	case 1:
		return found[0].l, found[0].i, nil
	}
	var keys []string
	for _, p := range found[:min(examples, len(found))] {
		keys = append(keys, p.l.accounts[p.i].Key().String())
	}
	return nil, 0, fmt.Errorf("account %q: %w: %s", name, errManyAccounts, strings.Join(keys, ", "))
}

// identity finds an identity by what people know of it.
func (x *correlation) identity(name string) (int32, bool) {
	n := slices.IndexFunc(x.results, preview.Finder(name))
	return int32(n), n >= 0
}
