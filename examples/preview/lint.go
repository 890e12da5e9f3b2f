package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// lintCommand checks configurations. Every folder is a configuration of its own,
// all files together are one.
type lintCommand struct {
	Paths []string `arg:"" name:"path" default:"." help:"Folders, or JSON files: a transform, a profile, a source, an export."`

	outputFlags `set:"formats=text,json,sarif,github,junit"`
	Explain     string `placeholder:"CODE" help:"Tell what a code means, why it matters, what is wrong and right, and how to switch it off; all: list the codes."`
	Fix         bool   `help:"Show, as a patch, how findings are mended whose remedy is certain."`
	Write       bool   `help:"With --fix: mend the files."`
	planFlag    `set:"plan=With --fix, write what is mended in profiles, transforms and sources"`
	Severity    string `enum:",info,warning,error" default:"" help:"Least severity to print. Default: warning, in JSON info."`
	All         bool   `help:"Short for --severity info."`
	FailOn      string `enum:"error,warning,info,never" default:"error" help:"Exit with 1 when a finding is that severe, or more."`
}

// linted is what is found.
type linted struct {
	found      diag.List
	suppressed []config.Suppressed
}

// Run checks and prints all findings, sorted by place.
func (c *lintCommand) Run(a *app) error {
	if c.Explain != "" {
		return c.answer(a, c.explain)
	}
	if c.Write && !c.Fix {
		return errors.New("--write goes with --fix")
	}
	if c.PlanOut != "" && (!c.Fix || c.Write || len(c.Paths) != 1) {
		return errors.New("--plan-out needs --fix without --write, and one folder")
	}
	if form := c.form(lintForms...); c.Fix && form != "text" && form != "json" {
		return fmt.Errorf("--fix answers as text or json, not as %s", form)
	}

	// Flags are checked first: nobody should wait for a folder to be read to learn of a slip in the
	// command.
	p := newProgress(a)
	defer p.stop()
	p.show("check", 0, 0)
	all, err := c.lint(a)
	p.show("check", len(c.Paths), len(c.Paths))
	p.stop()
	if err != nil {
		return err
	}
	if c.Fix {
		return c.answer(a, func(a *app) error { return c.fix(a, all) })
	}
	if err := c.answer(a, func(a *app) error { return c.print(a, all) }); err != nil {
		return err
	}
	if c.fails(all.found) {
		return errFailed
	}
	return nil
}

// fails reports whether a finding is as severe as --fail-on says.
func (c *lintCommand) fails(found diag.List) bool {
	var least diag.Severity
	if least.UnmarshalText([]byte(c.FailOn)) != nil { // never
		return false
	}
	return slices.ContainsFunc(found, func(d diag.Diagnostic) bool { return d.Severity >= least })
}

// shown are the findings to print. Programs filter for themselves, so they get all.
func (c *lintCommand) shown(found diag.List) diag.List {
	least := diag.Warning
	if form := c.form(lintForms...); c.All || form == "json" || form == "sarif" {
		least = diag.Info
	}
	if c.Severity != "" {
		_ = least.UnmarshalText([]byte(c.Severity)) // one of the three: the flag takes no other
	}
	shown := diag.List{}
	for _, d := range found {
		if d.Severity >= least {
			shown = append(shown, d)
		}
	}

	return shown
}

// lintForms are the forms of the answer, the default first.
var lintForms = []string{"text", "json", "sarif", "github", "junit"}

func (c *lintCommand) lint(a *app) (*linted, error) {
	all := &linted{}
	var files []config.File
	for _, p := range c.Paths {
		if err := a.ctx.Err(); err != nil {
			return nil, err
		}
		info, err := os.Stat(p)
		if err != nil {
			return nil, err
		}

		// A folder is checked as a tenant, in which names have to resolve; files that are named on
		// their own are taken together as one.
		if info.IsDir() {
			if err := all.folder(a, p); err != nil {
				return nil, err
			}
			continue
		}

		src, err := os.ReadFile(p)
		if err != nil {
			return nil, err
		}
		files = append(files, config.File{Name: filepath.ToSlash(p), Data: src})
	}

	if len(files) > 0 {
		bundle, list := config.LoadFiles(files...)

		// A single file without profiles or transforms is a part of a configuration: references out of
		// it are no mistakes.
		bundle.Partial = len(files) == 1 && (len(bundle.Profiles) == 0 || len(bundle.Transforms) == 0)
		all.add("", bundle, check(bundle, list))
	}

	// Findings of several folders come in one order, by file.
	all.found.Sort()
	return all, nil
}

// folder checks a folder.
func (l *linted) folder(a *app, folder string) error {
	fsys, err := a.folder(folder)
	if err != nil {
		return err
	}
	bundle, list := config.Load(fsys)
	if err := a.ctx.Err(); err != nil {
		return err
	}
	l.add(filepath.ToSlash(folder), bundle,
		append(check(bundle, list), bundle.CheckColumns(a.ctx, fsys)...))
	return a.ctx.Err()
}

// add takes the findings of one configuration.
func (l *linted) add(folder string, b *config.Bundle, found diag.List) {
	kept, suppressed := b.Suppress(found)
	for _, d := range kept {
		l.found.Add(below(folder, d))
	}
	for _, s := range suppressed {
		s.Diagnostic = below(folder, s.Diagnostic)
		l.suppressed = append(l.suppressed, s)
	}
}

// check compiles a bundle and returns all findings.
func check(b *config.Bundle, found diag.List) diag.List {
	_, list := profile.Compile(b, profile.Options{})
	return append(found, list...)
}

// print writes the answer in the form that is asked for.
func (c *lintCommand) print(a *app, all *linted) error {
	shown := c.shown(all.found)
	switch c.form(lintForms...) {
	case "json":
		return writeJSON(a.out, shown)
	case "sarif":
		return writeJSON(a.out, sarifOf(shown, all.suppressed))
	case "github":
		return writeAnnotations(a.out, shown)
	case "junit":
		return c.writeLintJUnit(a.out, shown)
	}

	return c.text(a, all, shown)
}

// text writes a line for each finding and one with the counts.
func (c *lintCommand) text(a *app, all *linted, shown diag.List) error {
	// The counts are of all findings, also of those that are not shown, as these decide about the exit
	// code.
	found := all.found
	for _, d := range shown {
		place := d.Pos.String()
		if place != "" {
			place += ": "
		}

		// The place stands in front already, where editors look for it.
		d.Pos = diag.Pos{}
		if _, err := report.Fprintf(a.out, "%s%s %s: %s\n", place, report.Raw(a.severity(d.Severity)), d.Code,
			line(d)); err != nil {
			return err
		}
	}

	role, end := report.Good, ""
	switch {
	case c.fails(found):
		role = report.Bad
	case found.Count(diag.Warning)+found.Count(diag.Error) > 0:
		role = report.Warn
	}

	if n := len(all.suppressed); n > 0 {
		end += fmt.Sprintf(", %d suppressed", n)
	}
	if shown.Count(diag.Info) < found.Count(diag.Info) {
		end += " (--all)"
	}
	report.Fprintf(a.out, "%s\n", a.style().As(role, fmt.Sprintf("%s, %s, %d info%s",
		plural(found.Count(diag.Error), "error"), plural(found.Count(diag.Warning), "warning"), found.Count(diag.Info),
		end)))
	return nil
}
