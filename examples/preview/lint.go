package main

import (
	"context"
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

	outputFlags `set:"formats=text,json"`
	Severity    string `enum:",info,warning,error" default:"" help:"Least severity to print. Default: warning, in JSON info."`
	All         bool   `help:"Short for --severity info."`
	FailOn      string `enum:"error,warning,info,never" default:"error" help:"Exit with 1 when a finding is that severe, or more."`
}

// Run checks and prints all findings, sorted by place.
func (c *lintCommand) Run(a *app) error {
	p := newProgress(a)
	defer p.stop()
	p.show("check", 0, 0)
	found, err := c.lint(a)
	p.show("check", len(c.Paths), len(c.Paths))
	p.stop()
	if err != nil {
		return err
	}
	if err := c.answer(a, func(a *app) error { return c.print(a, found) }); err != nil {
		return err
	}
	if c.fails(found) {
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
	if c.All || c.asJSON() {
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

func (c *lintCommand) lint(a *app) (diag.List, error) {
	var found diag.List
	var files []config.File
	for _, p := range c.Paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, err
		}
		if info.IsDir() {
			fsys, err := a.folder(p)
			if err != nil {
				return nil, err
			}
			bundle, list := config.Load(fsys)
			list = append(check(bundle, list), bundle.CheckColumns(context.Background(), fsys)...)
			for _, d := range list {
				found.Add(below(filepath.ToSlash(p), d))
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
		bundle.Partial = len(files) == 1 && (len(bundle.Profiles) == 0 || len(bundle.Transforms) == 0)
		found = append(found, check(bundle, list)...)
	}
	found.Sort()
	return found, nil
}

// check compiles a bundle and returns all findings.
func check(b *config.Bundle, found diag.List) diag.List {
	_, list := profile.Compile(b, profile.Options{})
	return append(found, list...)
}

func (c *lintCommand) print(a *app, found diag.List) error {
	shown := c.shown(found)
	if c.asJSON() {
		return writeJSON(a.out, shown)
	}
	for _, d := range shown {
		place := d.Pos.String()
		if place != "" {
			place += ": "
		}
		d.Pos = diag.Pos{}
		if _, err := report.Fprintf(a.out, "%s%s %s: %s\n", place, report.Raw(a.severity(d.Severity)), d.Code, line(d)); err != nil {
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
	if shown.Count(diag.Info) < found.Count(diag.Info) {
		end = " (--all)"
	}
	report.Fprintf(a.out, "%s\n", a.style().As(role, fmt.Sprintf("%s, %s, %d info%s",
		plural(found.Count(diag.Error), "error"), plural(found.Count(diag.Warning), "warning"), found.Count(diag.Info), end)))
	return nil
}
