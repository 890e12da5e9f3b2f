package main

import (
	"errors"
	"fmt"
	"io"
	"runtime"

	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/preview"
)

// correlateCommand looks at how accounts find their identities.
type correlateCommand struct {
	Folder string `arg:"" default:"." help:"Folder with configuration and accounts."`

	Explain  string `xor:"what" placeholder:"ACCOUNT" help:"Explain one account: every rule with the values of both sides. ACCOUNT is source/id, an account id or an account name."`
	Pair     string `xor:"what" placeholder:"ACCOUNT=IDENTITY" help:"Tell what each rule says about an account and an identity."`
	Suggest  bool   `xor:"what,suggest" help:"Suggest criteria: pairs of attributes that would find identities, in order."`
	planFlag `set:"plan=With --suggest, write what is suggested"`
	Managers bool `xor:"what,managers" help:"Tell how managers were found: states, cycles, depth, span."`

	probableFlags
	manualFlag

	Source []string `placeholder:"NAME" help:"Look at these sources only."`
	Report string   `placeholder:"DIR" help:"Write reports as zipped CSV, HTML and PDF."`
	fontFlag

	outputFlags `set:"formats=text,json,jsonl"`
	sampleFlags
	failFlags `set:"failures=uncorrelated,ambiguous"`
	clockFlags
	linkFlags
}

// answer is what the command found out, for people.
type answer interface {
	print(p *printer)
}

// printer is where an answer goes, and how much of it.
type printer struct {
	*app
	w       io.Writer
	samples sampleFlags
}

// Run runs the folder and looks at its links.
func (c *correlateCommand) Run(a *app) error {
	// A plan is made of suggestions, and lines are of accounts and their candidates: without them there is
	// nothing to write.
	switch {
	case c.PlanOut != "" && !c.Suggest:
		return errors.New("--plan-out needs --suggest")
	case !c.Probable && c.form("text", "json", "jsonl") == "jsonl":
		return errors.New("the form jsonl needs --probable; expected text or json")
	}

	f, err := openFolder(a, c.Folder)
	if err != nil {
		return err
	}
	found := newFindings(f.name, c.sampleFlags)
	defer found.warn(a)
	now := f.clock(a, c.Now)
	engine := f.compile(found, profile.Options{})
	o := profile.RunOptions{Now: now, Seed: f.seed(c.Seed), Workers: runtime.GOMAXPROCS(0),
		Linking: profile.Linking{Recompute: c.Links == "recompute"}}

	// Links by hand are put into the sources before anything else, because the run has to see them as
	// the tenant would: as links that are there already.
	sources, err := c.links(a, f.bundle, o, f.accounts(found.addError))
	if err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	p := newProgress(a)
	defer p.stop()
	o.OnProgress = p.show
	x, err := preview.Correlate(a.ctx, engine, preview.CorrelationOptions{
		Run:     o,
		Sources: c.Source,
		All:     c.All,
	}, sources...)
	if err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}

	// The reports are of the run, so they are written before any question is answered.
	if c.Report != "" {
		tables, err := x.Tables(a.ctx)
		if err != nil {
			return err
		}
		sum, err := x.Summary(a.ctx)
		if err != nil {
			return err
		}
		if err := writeReports(c.Report, report.CSVOptions{NeutralizeFormulas: true}, reportSite{
			title: "Correlation of " + f.name, now: now, tables: tables, charts: correlationCharts(sum),
			verdict: correlationVerdict(sum), fonts: c.fontFlag,
		}); err != nil {
			return err
		}
	}

	// From here on rules are asked for accounts one by one, of which nobody knows how many.
	p.show("ask the rules again", 0, 0)
	out, show, err := c.find(a, x)
	p.stop()
	if err != nil {
		return fmt.Errorf("%s: %w", c.Folder, err)
	}
	if s, ok := out.(*preview.Suggestions); ok {
		if err := c.planFlag.write(a, engine.Bundle(), nil, suggestedChanges(s)); err != nil {
			return err
		}
	}
	if err := c.print(a, out, show); err != nil {
		return err
	}
	return c.fail(a, x)
}

// print writes an answer. The form jsonl is that of the accounts of --probable, which
// are written by then: the summary is for people.
func (c *correlateCommand) print(a *app, out any, show answer) error {
	if c.form("text", "json", "jsonl") == "jsonl" {
		if c.Out == "" || c.Out == "-" {
			return nil
		}
		show.print(&printer{app: a, w: a.out, samples: c.sampleFlags})
		return nil
	}

	return c.outputFlags.answer(a, func(a *app) error {
		if c.asJSON() {
			return writeJSON(a.out, out)
		}
		show.print(&printer{app: a, w: a.out, samples: c.sampleFlags})
		return nil
	})
}

// fail ends with 1 when there is what --fail-on names.
func (c *correlateCommand) fail(a *app, x *preview.Correlation) error {
	if len(c.FailOn) == 0 {
		return nil
	}
	s, err := x.Summary(a.ctx)
	if err != nil {
		return err
	}
	uncorrelated, ambiguous := 0, 0
	for _, src := range s.Sources {
		uncorrelated += src.Uncorrelated
		ambiguous += len(src.Ambiguous)
	}

	if c.fails("uncorrelated", uncorrelated > 0) || c.fails("ambiguous", ambiguous > 0) {
		return errFailed
	}
	return nil
}

// find does what the flags ask for: the result as JSON shows it, and as people
// see it.
func (c *correlateCommand) find(a *app, x *preview.Correlation) (any, answer, error) {
	switch {
	case c.Probable:
		return c.probable(a, x)
	case c.Explain != "":
		e, err := x.Explain(a.ctx, c.Explain)
		return e, accountAnswer{e}, err
	case c.Pair != "":
		e, err := x.Pair(c.Pair)
		return e, pairAnswer{e}, err
	case c.Suggest:
		s, err := x.Suggest(a.ctx)
		return s, suggestionsAnswer{s}, err

	case c.Managers:
		s := x.Managers()
		return s, managersAnswer{s}, nil
	}

	s, err := x.Summary(a.ctx)
	return s, summaryAnswer{s}, err
}
