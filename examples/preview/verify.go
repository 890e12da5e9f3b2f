package main

import (
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/preview"
	"github.com/idprofile/engine/transform"
)

// verifyCommand compares our results with what a tenant has.
type verifyCommand struct {
	Folder     string  `arg:"" help:"Folder with configuration and accounts."`
	Identities string  `required:"" placeholder:"FILE" help:"Identities of the tenant: JSON or JSON Lines, of the list or the search interface."`
	JSON       bool    `help:"Print the outcome as JSON."`
	Examples   int     `default:"3" help:"Examples for each attribute."`
	ExitCode   bool    `help:"Exit with 1 when anything differs."`
	Now        instant `placeholder:"INSTANT" help:"When the identities were exported. Default: idprofile.json, else the clock."`
	Seed       *uint64 `help:"Seed of random values. Default: idprofile.json, else 0."`
	Links      string  `enum:"stored,recompute" default:"stored" help:"Keep the links that the data carry, or recompute them."`
}

// Run runs the folder and compares.
func (c *verifyCommand) Run(a *app) error {
	file, err := os.Open(c.Identities)
	if err != nil {
		return err
	}
	defer file.Close()
	tenant, err := preview.ReadIdentities(file)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Identities, err)
	}
	f, err := openFolder(a, c.Folder)
	if err != nil {
		return err
	}
	now := f.clock(a, c.Now)
	found := newFindings(f.name, false)
	defer found.warn(a)
	v, err := c.compare(a, f, now, tenant, found)
	if err != nil {
		return err
	}
	if err := c.dialects(a, f, now, tenant, v); err != nil {
		return err
	}
	if c.JSON {
		err = v.WriteJSON(a.out)
	} else if err = printNow(a.out, now); err == nil {
		err = v.WriteText(a.out)
	}
	if err == nil && c.ExitCode && !v.Agrees() {
		return errFailed
	}
	return err
}

// compare runs the folder as it is and compares. Errors of what it reads go to found.
func (c *verifyCommand) compare(a *app, f *folder, now time.Time, tenant []preview.TenantIdentity, found *findings) (*preview.Verification, error) {
	engine := f.compile(found, profile.Options{})
	results := engine.Run(a.ctx, profile.RunOptions{
		Now: now, Seed: f.seed(c.Seed), Workers: runtime.GOMAXPROCS(0), Recompute: c.Links == "recompute",
	}, f.accounts(found.addError)...)
	return preview.Verify(results, tenant, c.Examples)
}

// dialects tries each option of the dialect when something differs, and notes
// those with which more identities agree.
func (c *verifyCommand) dialects(a *app, f *folder, now time.Time, tenant []preview.TenantIdentity, v *preview.Verification) error {
	if v.Matched == v.Agreeing {
		return nil
	}
	as := f.bundle.Settings.Dialect
	defer func() { f.bundle.Settings.Dialect = as }()
	for _, o := range transform.DialectOptions() {
		f.bundle.Settings.Dialect = as.With(o)
		other, err := c.compare(a, f, now, tenant, newFindings(f.name, false))
		if err != nil {
			return err
		}
		if other.Agreeing > v.Agreeing {
			v.Dialect = append(v.Dialect, preview.DialectFit{Option: o.Name, Doc: o.Doc, Agreeing: other.Agreeing})
		}
	}
	return nil
}
