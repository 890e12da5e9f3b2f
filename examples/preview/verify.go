package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
	"unicode"

	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/preview"
	"github.com/idprofile/engine/transform"
)

// verifyCommand compares our results with what a tenant has.
type verifyCommand struct {
	Folder     string `arg:"" default:"." help:"Folder with configuration and accounts."`
	Identities string `required:"" placeholder:"FILE" help:"Identities of the tenant: JSON or JSON Lines, of the list or the search interface. Give --now when they were exported."`

	outputFlags `set:"formats=text,json,markdown,csv,html"`
	sampleFlags
	failFlags `set:"failures=difference"`
	ExitCode  bool `help:"Short for --fail-on difference."`
	rawFlag
	clockFlags
	linkFlags
}

// Run runs the folder and compares.
func (c *verifyCommand) Run(a *app) error {
	file, err := os.Open(c.Identities)
	if err != nil {
		return err
	}
	defer file.Close()

	// One display serves the whole command: what the tenant has is as long to read as our accounts
	// are, and stages that are quick each may be slow together.
	p := newProgress(a)
	defer p.stop()
	tenant, err := preview.ReadIdentities(p.reader(file, "read "+filepath.Base(c.Identities)+", KiB"))
	if err != nil {
		return fmt.Errorf("%s: %w", c.Identities, err)
	}
	f, err := openFolder(a, c.Folder)
	if err != nil {
		return err
	}
	now := f.clock(a, c.Now)
	found := newFindings(f.name, c.sampleFlags)
	defer found.warn(a)
	v, err := c.compare(a, f, now, tenant, found, p)
	if err != nil {
		return err
	}

	// Dialects are tried after the comparison, as only what differs needs an explanation.
	if err := c.dialects(a, f, now, tenant, v, p); err != nil {
		return err
	}
	p.stop()

	// The answer is printed in any case; whether it fails is decided on all differences, not on those
	// shown.
	failed := (c.ExitCode || c.fails("difference", true)) && !v.Agrees()
	err = c.answer(a, func(a *app) error { return c.print(a, v, now, failed) })
	switch {
	case err != nil:
		return err
	case v.Matched == 0:
		return fmt.Errorf("nothing to compare: no identity of %s is one of %s", c.Identities, f.name)
	case failed:
		return errFailed
	}

	return nil
}

// print writes the outcome.
func (c *verifyCommand) print(a *app, v *preview.Verification, now time.Time, failed bool) error {
	switch form := c.form("text", "json", "markdown", "csv", "html"); form {
	case "json":
		return v.WriteJSON(a.out)
	case "markdown":
		return report.WriteMarkdown(a.out, v.Table())
	case "csv":
		return report.WriteCSV(a.out, v.Table(), c.csv())
	case "html":
		return report.WriteHTML(a.out, v.Table(), report.HTMLOptions{})
	}

	if err := printNow(a.out, now); err != nil {
		return err
	}
	if err := v.WriteText(a.out, a.style()); err != nil {
		return err
	}
	if v.Matched == 0 {
		return nil
	}

	// The first difference comes with the command that explains it, at the same moment.
	if attribute, e := v.First(); e != nil {
		report.Fprintf(a.out, "\nHow the first one comes about: preview explain %s --identity %s --attribute %s --now %s\n",
			shellWord(c.Folder), shellWord(e.Name), shellWord(attribute), now.Format(time.RFC3339))
	}

	role, end := report.Good, ""
	if !v.Agrees() {
		role = report.Warn
	}
	if failed {
		role, end = report.Bad, "; fails on difference"
	}
	a.verdict(a.out, role, "%s of %s agree in everything; %d only ours, %d only the tenant's%s",
		withShare(v.Agreeing, v.Matched), countOf(v.Matched, "matched identity", "matched identities"),
		v.Ours-v.Matched, v.Theirs-v.Matched, end)
	return nil
}

// shellWord is a word as a shell takes it.
func shellWord(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_./@:+", r)
	}) {
		return s
	}

	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// compare runs the folder as it is and compares. Errors of what it reads go to found.
func (c *verifyCommand) compare(a *app, f *folder, now time.Time, tenant []preview.TenantIdentity,
	found *findings, p *bar) (*preview.Verification, error) {
	engine := f.compile(found, profile.Options{})
	results := engine.Run(a.ctx, profile.RunOptions{
		Now:     now,
		Seed:    f.seed(c.Seed),
		Workers: runtime.GOMAXPROCS(0),
		Linking: profile.Linking{Recompute: c.Links == "recompute"},
		Hooks:   profile.Hooks{OnProgress: p.show},
	}, f.accounts(found.addError)...)

	return preview.Verify(results, tenant, c.most())
}

// dialects tries each option of the dialect when something differs, and notes
// those with which more identities agree.
func (c *verifyCommand) dialects(a *app, f *folder, now time.Time, tenant []preview.TenantIdentity,
	v *preview.Verification, p *bar) error {
	if v.Matched == v.Agreeing {
		return nil
	}
	as := f.bundle.Settings.Dialect
	defer func() { f.bundle.Settings.Dialect = as }()
	for _, o := range transform.DialectOptions() {
		f.bundle.Settings.Dialect = as.With(o)
		other, err := c.compare(a, f, now, tenant, newFindings(f.name, c.sampleFlags), p)
		if err != nil {
			return err
		}
		if other.Agreeing > v.Agreeing {
			v.Dialect = append(v.Dialect, preview.DialectFit{Option: o.Name, Doc: o.Doc, Agreeing: other.Agreeing})
		}
	}

	return nil
}
