package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile"
)

// benchCommand measures where a configuration spends its time.
type benchCommand struct {
	Folder string `arg:"" default:"." help:"Folder with configuration and accounts."`
	Rounds int    `placeholder:"N" default:"5" help:"How often everything is measured; the medians are printed. Default: 5."`
	Sample int    `placeholder:"N" default:"10000" help:"How many identities attributes and operations are measured on, spread over all; 0: all. Default: 10000."`

	outputFlags `set:"formats=text,json"`
	clockFlags
}

// Help says what the figures are.
func (c *benchCommand) Help() string {
	return `Everything is measured on one goroutine, over the accounts of the folder. The stages are those of whole runs:
read, correlate, evaluate and settle, and results, which puts the outcome of each identity together.

Each attribute is timed alone, as the run evaluates it, over a sample of the identities of its profile, less the cost of
taking up an identity and of fetching its data from memory. What attributes share is counted for each of them, so together they may take longer than the
stage. Other attributes and identities are not evaluated for it. A small sample is gone through several times, which
favours what remembers its results.

Operations are timed step by step in programs that report their steps, in which nothing is folded, shared or remembered:
their times are higher than those of a run, so look at the shares. The time of an operation is its own, without that of
the transforms in it, and less the measured cost of the clock; templates and literals count for the operation around
them. Operations of a stored transform count where they stand, not for the reference.`
}

// benchReport is what the command prints. Its JSON form is stable.
type benchReport struct {
	Now        time.Time        `json:"now"`
	Identities int              `json:"identities"`
	Sample     int              `json:"sample"`
	Rounds     int              `json:"rounds"`
	Total      float64          `json:"nsPerIdentity"` // all stages
	Stages     []stageShare     `json:"stages"`
	Attributes []attributeShare `json:"attributes"`
	Operations []operationShare `json:"operations"`
}

// stageShare is what a stage takes of a whole run, for each identity.
type stageShare struct {
	Stage string  `json:"stage"`
	NS    float64 `json:"nsPerIdentity"`
	Share float64 `json:"share"`
}

// attributeShare is what an attribute takes alone, for each member of the
// profile; the share is of all attributes of all members.
type attributeShare struct {
	Profile   string  `json:"profile"`
	Attribute string  `json:"attribute"`
	Members   int     `json:"members"` // in the sample
	NS        float64 `json:"nsPerMember"`
	Share     float64 `json:"share"`
	// Operation is the one that takes most of it, and how much.
	Operation      string  `json:"operation"`
	OperationShare float64 `json:"operationShare"`
}

// operationShare is what an operation takes itself, for each identity.
type operationShare struct {
	Operation string  `json:"operation"`
	Steps     float64 `json:"stepsPerIdentity"`
	NS        float64 `json:"nsPerIdentity"`
	Share     float64 `json:"share"`
}

// Run measures and prints the figures.
func (c *benchCommand) Run(a *app) error {
	if c.Rounds < 1 || c.Sample < 0 {
		return errors.New("--rounds must be at least 1 and --sample at least 0")
	}
	f, err := openFolder(a, c.Folder)
	if err != nil {
		return err
	}
	m := &measurement{app: a, folder: f, options: profile.RunOptions{Now: f.clock(a, c.Now), Seed: f.seed(c.Seed),
		Workers: 1, Hooks: profile.Hooks{Clock: a.clock}}, rounds: c.Rounds, sample: c.Sample}
	r, err := m.run()
	if err != nil {
		return err
	}
	return c.answer(a, func(a *app) error {
		if c.asJSON() {
			return writeJSON(a.out, r)
		}
		r.print(a, f)
		return nil
	})
}

// finish computes the shares and sorts, the slowest first.
func (r *benchReport) finish() {
	// Shares are of sums that belong together: stages of the run, attributes times members, operations.
	attributes, operations := 0.0, 0.0
	for _, s := range r.Stages {
		r.Total += s.NS
	}
	for _, s := range r.Attributes {
		attributes += s.NS * float64(s.Members)
	}
	for _, s := range r.Operations {
		operations += s.NS
	}
	for i := range r.Stages {
		r.Stages[i].Share = share(r.Stages[i].NS, r.Total)
	}
	for i := range r.Attributes {
		s := &r.Attributes[i]
		s.Share = share(s.NS*float64(s.Members), attributes)
	}

	for i := range r.Operations {
		r.Operations[i].Share = share(r.Operations[i].NS, operations)
	}
	slices.SortStableFunc(r.Attributes, func(x, y attributeShare) int { return cmp.Compare(y.Share, x.Share) })
	slices.SortStableFunc(r.Operations, func(x, y operationShare) int { return cmp.Compare(y.Share, x.Share) })
}

func share(part, whole float64) float64 {
	if whole == 0 {
		return 0
	}
	return part / whole
}

// print writes the figures for people.
func (r *benchReport) print(a *app, f *folder) {
	report.Fprintf(a.out, "%s: %d identities; now is %s\n", f.name, r.Identities, r.Now.Format(time.RFC3339Nano))
	report.Fprintf(a.out, "medians of %s; attributes and operations over %d of them\n", plural(r.Rounds, "round"),
		r.Sample)
	heading(a, a.out, "Stages")
	g := newGrid("Stage", ">ns/identity", ">Share")
	for _, s := range r.Stages {
		g.row(s.Stage, whole(s.NS), percent(s.Share))
	}
	g.row("all", whole(r.Total), "")
	g.print(a, a.out)
	heading(a, a.out, "Attributes, each alone")
	g = newGrid("Profile", "Attribute", ">ns/identity", ">Share", "Mostly")
	for _, s := range r.Attributes {
		g.row(s.Profile, s.Attribute, whole(s.NS), percent(s.Share), s.mostly())
	}
	g.print(a, a.out)
	heading(a, a.out, "Operations, without what is in them")
	g = newGrid("Operation", ">Steps/identity", ">ns/identity", ">Share")
	for _, s := range r.Operations {
		g.row(s.Operation, fmt.Sprintf("%.2f", s.Steps), whole(s.NS), percent(s.Share))
	}
	g.print(a, a.out)

	// The last line answers what people ask first: how long, and where.
	slowest := slices.MaxFunc(r.Stages, func(x, y stageShare) int { return cmp.Compare(x.NS, y.NS) })
	a.verdict(a.out, report.Heading, "%s in %.1f µs each; most of it %s (%s)",
		countOf(r.Identities, "identity", "identities"), r.Total/1000, slowest.Stage, percent(slowest.Share))
}

func (s *attributeShare) mostly() string {
	if s.Operation == "" {
		return "-"
	}
	return s.Operation + " " + percent(s.OperationShare)
}

func whole(ns float64) string      { return fmt.Sprintf("%.0f", ns) }
func percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }
