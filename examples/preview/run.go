package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// runCommand runs the accounts of a folder.
type runCommand struct {
	Folder string `arg:"" default:"." help:"Folder with configuration and accounts."`

	Identities   string `placeholder:"FILE" help:"Write every identity as JSON Lines or, to a .csv file, as a table; - is standard output (JSON Lines, the summary goes to standard error)."`
	Exceptions   string `placeholder:"FILE" help:"Write the identity exceptions as CSV."`
	Uncorrelated string `placeholder:"FILE" help:"Write the accounts without identity as CSV."`
	Report       string `placeholder:"DIR" help:"Write all reports as zipped CSV, HTML and PDF."`
	fontFlag

	outputFlags `set:"formats=text,json"`
	sampleFlags
	Stats bool `help:"Print how long each stage took, and memory."`

	failFlags `set:"failures=exception,uncorrelated,error,warning"`
	Strict    bool `help:"Short for --fail-on exception,error."`
	clockFlags
	linkFlags
	manualFlag
	Cases         string `placeholder:"FILE" help:"Decisions of people, as correlate --review keeps them; a state keeps them too."`
	Workers       int    `placeholder:"N" help:"Goroutines that evaluate. Default: one for each CPU."`
	SnapshotOrder bool   `help:"Attributes that read others see the stored values."`
	State         string `placeholder:"FILE" help:"Begin with the state that the last run left in the file, evaluate what can have changed, and leave the new state."`
	rawFlag
}

// execution is one run with everything that listens to it.
type execution struct {
	*runCommand
	app        *app
	bundle     *config.Bundle
	engine     *profile.Engine
	sources    []identity.Source
	configured diag.List // findings of what the files say
	findings   *findings
	summary    *summary
	sinks      []sink
	outputs    outputs  // files of the sinks
	finished   bool     // the files have their places
	reports    *reports // one of the sinks, when there are any
	stats      stats
	now        time.Time
	seed       uint64
	unread     diag.Diagnostic // an account file that cannot be read; zero: all can
	continues  bool            // the run begins with what an earlier one has left
}

// Run runs the folder.
func (c *runCommand) Run(a *app) error {
	if info, err := os.Stat(c.Folder); err != nil {
		return err
	} else if !info.IsDir() {
		return fmt.Errorf("%s is a file, expected a folder", c.Folder)
	}

	x := &execution{runCommand: c, app: a, findings: newFindings(filepath.ToSlash(c.Folder), c.sampleFlags)}
	fsys, err := x.app.folder(c.Folder)
	if err != nil {
		return err
	}
	x.load(fsys)
	if err := several(filepath.ToSlash(c.Folder), fsys, x.configured); err != nil {
		return err
	}
	if len(x.bundle.Profiles) == 0 {
		x.findings.print(a, a.err)
		return fmt.Errorf("%s: nothing to run: there is no identity profile", c.Folder)
	}

	if err := x.bundle.Settings.Unusable; err != nil {
		return fmt.Errorf("%s: %w", c.Folder, err)
	}
	sources, err := c.links(a, x.bundle, profile.RunOptions{Now: x.now, Seed: x.seed, Workers: c.Workers}, x.sources)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Folder, err)
	}
	x.sources = sources

	err = x.open()
	if err == nil {
		err = x.run()
	}
	if err == nil {
		err = x.finish()
	}
	if errors.Is(err, errIncomplete) {
		x.Out = "" // what came out is shown all the same, and written nowhere
		return errors.Join(x.report(), x.abort())
	}
	if err != nil {
		x.findings.warn(a) // the cause may be among them
		return errors.Join(err, x.abort())
	}

	if err := x.outputs.keep(); err != nil {
		return err
	}
	return x.report()
}

// finish ends all outputs and gives them their places. With a state that is done before the
// state counts: what a report says of a run that was not stored is said again by the next one,
// and the other way round it would be lost.
func (x *execution) finish() error {
	if x.finished {
		return nil
	}
	x.finished = true
	var err error
	for _, s := range x.sinks {
		err = errors.Join(err, s.close())
	}
	if err == nil {
		err = x.app.ctx.Err()
	}
	if err == nil && x.unread.Code != "" {
		err = errIncomplete
	}
	if err != nil {
		return err
	}
	return x.outputs.commit()
}

// errIncomplete keeps files as they are when accounts of a source cannot be read: who counts on a list would
// take everybody of that source for gone.
var errIncomplete = errors.New("accounts of a source cannot be read")

// abort leaves every file as it was.
func (x *execution) abort() error {
	if !x.finished {
		for _, s := range x.sinks {
			_ = s.close() // the run has failed with a better error
		}
	}

	return x.outputs.rollback()
}

// load reads and compiles the configuration.
func (x *execution) load(fsys fs.FS) {
	start := x.app.clock()
	b, found := config.Load(fsys)
	x.findings.honour(b)
	x.summary = &summary{}
	sources, list := b.OpenAccounts(fsys, config.Listener{
		OnFinding:    x.findings.add,
		OnAssumption: func(a diag.Assumption) { x.summary.assume(x.findings.folder, a) },
	})
	x.stats.stage("load", x.app.clock().Sub(start))
	start = x.app.clock()
	engine, more := profile.Compile(b, profile.Options{SnapshotOrder: x.SnapshotOrder})
	x.stats.stage("compile", x.app.clock().Sub(start))
	x.bundle, x.engine, x.sources = b, engine, sources
	x.configured = found
	for _, l := range []diag.List{found, list, more} {
		x.findings.addAll(l)
	}
	if i := slices.IndexFunc(list, func(d diag.Diagnostic) bool { return d.Severity == diag.Error }); i >= 0 {
		x.unread = below(x.findings.folder, list[i])
	}
	x.now, x.seed = x.Now.Time, b.Settings.Seed
	if x.now.IsZero() {
		x.now = b.Settings.Now
	}

	// The command line goes before the settings. The clock of the machine is the last resort, and is
	// said, since such a run cannot be repeated.
	wall := x.now.IsZero()
	if wall {
		x.now = x.app.clock()
	}
	x.now = x.now.UTC()
	if x.Seed != nil {
		x.seed = *x.Seed
	}

	// The summary from above only caught what was assumed while the accounts were opened; this one has
	// all profiles and sources.
	x.summary = newSummary(b, x.now, x.sampleFlags)
	for _, a := range b.Assumptions {
		x.summary.assume(x.findings.folder, a)
	}
	if wall {
		x.summary.assume("", diag.Assumption{Code: codeClockWall, Used: x.now.Format(time.RFC3339)})
	}
}

// open creates the files that the run writes.
func (x *execution) open() error {
	x.sinks = append(x.sinks, x.summary)
	x.outputs.stdout = x.app.stdout
	switch {
	case x.Identities == "-":
		x.sinks = append(x.sinks, newLines(x.app.out, nil))
	case strings.EqualFold(filepath.Ext(x.Identities), ".csv"):
		f, err := x.outputs.create(x.Identities)
		if err != nil {
			return err
		}
		x.sinks = append(x.sinks, newSheet(newBehind(f), x.bundle, x.csv()))

	case x.Identities != "":
		f, err := x.outputs.create(x.Identities)
		if err != nil {
			return err
		}
		b := newBehind(f)
		x.sinks = append(x.sinks, newLines(b, b))
	}

	if x.Exceptions != "" || x.Uncorrelated != "" || x.Report != "" {
		x.reports = &reports{run: x}
		x.sinks = append(x.sinks, x.reports)
	}

	return nil
}

// run streams the accounts through the engine and the identities to the sinks.
func (x *execution) run() error {
	p := newProgress(x.app)
	defer p.stop()
	workers := x.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	o := profile.RunOptions{
		Now:     x.now,
		Seed:    x.seed,
		Workers: workers,
		Linking: profile.Linking{Recompute: x.Links == "recompute"},
		Hooks: profile.Hooks{
			OnFinding:  x.finding,
			OnProgress: p.show,
			OnStage:    x.stats.stage,
			Clock:      x.app.clock,
			OnUncorrelated: func(a identity.Account, u profile.Unlinked) {
				for _, s := range x.sinks {
					s.uncorrelated(&a, &u)
				}
			},
		},
	}

	// Hooks that nobody hears cost work in the engine, so they are set only where something is done
	// with them.
	if x.reports != nil {
		o.OnAmbiguous = func(row report.AmbiguousRow) { x.reports.ambiguous = append(x.reports.ambiguous, row) }
	}
	if x.Cases != "" {
		var err error
		if o.Cases, err = readCases(x.app, x.Cases); err != nil {
			return err
		}
	}

	var start time.Time

	// Writing starts with the first identity that the run hands out: what came before are stages of the
	// run.
	began := func() {
		if start.IsZero() {
			start = x.app.clock()
		}
		if x.summary.Identities%4096 == 0 {
			p.show("write", x.summary.Identities, 0)
		}
	}

	if err := x.each(o, began); err != nil {
		return err
	}
	p.show("write", x.summary.Identities, x.summary.Identities)
	if !start.IsZero() {
		x.stats.stage("write", x.app.clock().Sub(start))
	}
	return x.app.ctx.Err()
}

// each hands every identity to the sinks. Where nobody wants more than counts, no results are
// made: they cost as much as the evaluation.
func (x *execution) each(o profile.RunOptions, next func()) error {
	if len(x.sinks) == 1 {
		for b, err := range x.briefs(o) {
			if err != nil {
				return err
			}
			next()
			x.summary.brief(b)
		}

		return nil
	}

	for r, err := range x.results(o) {
		if err != nil {
			return err
		}
		next()
		for _, s := range x.sinks {
			if err := s.add(r); err != nil {
				return err
			}
		}
	}

	return nil
}

// finding takes a finding of the run. Of duplicate accounts the feeds have
// already said where they stand.
func (x *execution) finding(d diag.Diagnostic) {
	if !profile.SaidByFile(d) {
		x.findings.add(d)
	}
}

// report prints the summary and decides how the command ends.
func (x *execution) report() error {
	x.summary.finish(x.findings)
	if x.Stats {
		x.summary.Stats = x.stats.result(x.summary.Identities)
	}

	// Identities on the standard output must stay readable by programs: the summary goes where errors
	// go.
	to := *x.app
	if x.Identities == "-" && x.Out == "" {
		to.out, to.color, to.width = x.app.err, false, 0
	}
	failures := x.failures()
	if err := x.answer(&to, func(a *app) error { return x.print(a, failures) }); err != nil {
		return err
	}
	if err := x.nobody(); err != nil {
		return err
	}
	if x.unread.Code != "" {
		return errors.New(line(x.unread))
	}
	if len(failures) > 0 {
		return errFailed
	}
	return nil
}

// print writes what came out.
func (x *execution) print(a *app, failures []string) error {
	if x.asJSON() {
		return x.summary.printJSON(a.out)
	}
	x.summary.print(a, a.out)
	x.findings.print(a, a.out)
	if x.Stats {
		x.summary.Stats.print(a, a.out)
	}
	x.summary.printVerdict(a, x.findings, failures)
	return nil
}

// failures returns what lets the command fail.
func (x *execution) failures() []string {
	if x.Strict {
		x.FailOn = append(x.FailOn, "exception", "error")
	}
	var list []string
	for _, f := range []struct {
		what string
		n    int
	}{
		{"exception", x.summary.exceptions()},
		{"uncorrelated", x.summary.unlinked()},
		{"error", x.findings.counts[diag.Error]},
		{"warning", x.findings.counts[diag.Warning]},
	} {
		if x.fails(f.what, f.n > 0) {
			list = append(list, f.what)
		}
	}

	return list
}
