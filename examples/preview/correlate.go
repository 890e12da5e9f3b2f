package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"

	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/preview"
)

// correlateCommand looks at how accounts find their identities.
type correlateCommand struct {
	Folder string `arg:"" help:"Folder with configuration and accounts."`

	Explain  string `xor:"what" placeholder:"ACCOUNT" help:"Explain one account: every rule with the values of both sides. ACCOUNT is source/id, an account id or an account name."`
	Pair     string `xor:"what" placeholder:"ACCOUNT=IDENTITY" help:"Tell what each rule says about an account and an identity."`
	Suggest  bool   `xor:"what,suggest" help:"Suggest criteria: pairs of attributes that would find identities, in order."`
	Managers bool   `xor:"what,managers" help:"Tell how managers were found: states, cycles, depth, span."`

	probableFlags
	manualFlag

	Source []string `placeholder:"NAME" help:"Look at these sources only."`
	Report string   `placeholder:"DIR" help:"Write reports as zipped CSV, HTML and PDF."`
	JSON   bool     `help:"Print JSON."`
	All    bool     `help:"Print all examples."`
	Now    instant  `placeholder:"INSTANT" help:"What the word now means. Default: idprofile.json, else the clock."`
	Seed   *uint64  `help:"Seed of random values. Default: idprofile.json, else 0."`
	Links  string   `enum:"stored,recompute" default:"stored" help:"Keep the links that the data carry, or recompute them."`
}

// answer is what the command found out, for people.
type answer interface {
	print(p *printer)
}

// printer is where an answer goes, and how much of it.
type printer struct {
	*app
	w   io.Writer
	all bool
}

// Run runs the folder and looks at its links.
func (c *correlateCommand) Run(a *app) error {
	f, err := openFolder(a, c.Folder)
	if err != nil {
		return err
	}
	found := newFindings(f.name, c.All)
	defer found.warn(a)
	now := f.clock(a, c.Now)
	engine := f.compile(found, profile.Options{})
	o := profile.RunOptions{Now: now, Seed: f.seed(c.Seed), Workers: runtime.GOMAXPROCS(0), Recompute: c.Links == "recompute"}
	sources, err := c.links(a, f.bundle, o, f.accounts(found.addError))
	if err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	x, err := preview.Correlate(a.ctx, engine, preview.CorrelationOptions{
		Run:     o,
		Sources: c.Source,
		All:     c.All,
	}, sources...)
	if err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}

	if c.Report != "" {
		tables, err := x.Tables(a.ctx)
		if err != nil {
			return err
		}
		if err := writeReports(c.Report, now, report.CSVOptions{NeutralizeFormulas: true}, tables); err != nil {
			return err
		}
	}
	out, show, err := c.answer(a, x)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Folder, err)
	}
	if !c.JSON {
		show.print(&printer{app: a, w: a.out, all: c.All})
		return nil
	}
	src, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "%s\n", src)
	return err
}

// answer does what the flags ask for: the result as JSON shows it, and as people
// see it.
func (c *correlateCommand) answer(a *app, x *preview.Correlation) (any, answer, error) {
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
