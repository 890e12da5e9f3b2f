package main

import (
	"fmt"
	"runtime"

	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/preview"
)

// explainCommand explains one identity.
type explainCommand struct {
	Folder    string   `arg:"" default:"." help:"Folder with configuration and accounts."`
	Identity  string   `required:"" placeholder:"WHO" help:"Identity id, name, uid, mail address, display name, account id, or source/account id."`
	Attribute []string `placeholder:"NAME" help:"Explain only these attributes."`

	outputFlags `set:"formats=text,json"`
	clockFlags
	linkFlags
}

// Run runs the folder and prints the trace.
func (c *explainCommand) Run(a *app) error {
	f, err := openFolder(a, c.Folder)
	if err != nil {
		return err
	}
	found := newFindings(f.name, fewSamples)
	defer found.warn(a)
	engine := f.compile(found, profile.Options{})
	now := f.clock(a, c.Now)

	// The accounts are opened before the attribute is looked at, so that what is wrong with a file is
	// said even if the command then ends.
	sources := f.accounts(found.addError)
	if err := knownAttributes(f.bundle, c.Attribute); err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	p := newProgress(a)
	defer p.stop()
	o := profile.RunOptions{
		Now:     now,
		Seed:    f.seed(c.Seed),
		Workers: runtime.GOMAXPROCS(0),
		Linking: profile.Linking{Recompute: c.Links == "recompute"},
		Hooks:   profile.Hooks{OnProgress: p.show},
	}

	var t *profile.Trace

	// This may be called twice: where only names are alike, the second time is with the id behind the
	// name.
	err = f.forPerson(a, c.Identity, sources, func(find func(*profile.Result) bool) (err error) {
		t, err = engine.Explain(a.ctx, o, find, c.Attribute, sources...)
		return err
	})

	// The progress line goes before anything else is printed on the terminal.
	p.stop()
	if err != nil {
		return err
	}
	return c.answer(a, func(a *app) error {
		if c.asJSON() {
			return preview.WriteTraceJSON(a.out, t)
		}
		if err := printNow(a.out, now); err != nil {
			return err
		}
		if err := preview.WriteTrace(a.out, t, a.style()); err != nil {
			return err
		}
		printTraceVerdict(a, t)
		return nil
	})
}

// printTraceVerdict says in one line what came out for the person.
func printTraceVerdict(a *app, t *profile.Trace) {
	nulls, errs := 0, 0
	for i := range t.Attributes {
		switch attribute := &t.Attributes[i]; {
		case attribute.Error != "":
			errs++
		case attribute.Value.IsNull():
			nulls++
		}
	}

	role := report.Good
	switch {
	case errs > 0:
		role = report.Bad
	case len(t.Result.Exceptions) > 0:
		role = report.Warn
	}

	a.verdict(a.out, role, "%s of %s: %s null, %s; %s", plural(len(t.Attributes), "attribute"), t.Name,
		withShare(nulls, len(t.Attributes)), plural(errs, "error"), plural(len(t.Result.Exceptions), "exception"))
}
