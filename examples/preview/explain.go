package main

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/preview"
)

// explainCommand explains one identity.
type explainCommand struct {
	Folder    string   `arg:"" help:"Folder with configuration and accounts."`
	Identity  string   `required:"" placeholder:"WHO" help:"Identity id, name, uid, account id, or source/account id."`
	Attribute []string `placeholder:"NAME" help:"Explain only these attributes."`
	JSON      bool     `help:"Print the trace as JSON."`
	Now       instant  `placeholder:"INSTANT" help:"What the word now means. Default: idprofile.json, else the clock."`
	Seed      *uint64  `help:"Seed of random values. Default: idprofile.json, else 0."`
	Links     string   `enum:"stored,recompute" default:"stored" help:"Keep the links that the data carry, or recompute them."`
}

// Run runs the folder and prints the trace.
func (c *explainCommand) Run(a *app) error {
	f, err := openFolder(a, c.Folder)
	if err != nil {
		return err
	}
	found := newFindings(f.name, false)
	defer found.warn(a)
	engine := f.compile(found, profile.Options{})
	now := f.clock(a, c.Now)
	sources := f.accounts(found.addError)
	t, err := engine.Explain(a.ctx, profile.RunOptions{
		Now: now, Seed: f.seed(c.Seed), Workers: runtime.GOMAXPROCS(0), Recompute: c.Links == "recompute",
	}, preview.Finder(c.Identity), c.Attribute, sources...)
	if errors.Is(err, identity.ErrNotFound) {
		return fmt.Errorf("%s: there is no identity %q: no id, name, uid or account is like that", c.Folder, c.Identity)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return preview.WriteTraceJSON(a.out, t)
	}
	if err := printNow(a.out, now); err != nil {
		return err
	}
	return preview.WriteTrace(a.out, t)
}
