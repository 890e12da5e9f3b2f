package main

import (
	"context"
	"encoding/json"
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
	Paths    []string      `arg:"" name:"path" help:"Folders, or JSON files: a transform, a profile, a source, an export."`
	JSON     bool          `help:"Print the findings as a JSON array."`
	Severity diag.Severity `default:"info" help:"Least severity to print: info, warning or error."`
}

// Run checks and prints all findings, sorted by place.
func (c *lintCommand) Run(a *app) error {
	found, err := c.lint(a)
	if err != nil {
		return err
	}
	broken := found.HasErrors()
	found = slices.DeleteFunc(found, func(d diag.Diagnostic) bool { return d.Severity < c.Severity })
	if err := c.print(a, found); err != nil {
		return err
	}
	if broken {
		return errFailed
	}
	return nil
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
	if c.JSON {
		if found == nil {
			found = diag.List{}
		}
		src, err := json.MarshalIndent(found, "", "  ")
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(a.out, "%s\n", src)
		return err
	}
	for _, d := range found {
		place := d.Pos.String()
		if place != "" {
			place += ": "
		}
		d.Pos = diag.Pos{}
		if _, err := report.Fprintf(a.out, "%s%s %s: %s\n", place, report.Raw(a.severity(d.Severity)), d.Code, line(d)); err != nil {
			return err
		}
	}
	_, err := report.Fprintf(a.out, "%s, %s, %d info\n", plural(found.Count(diag.Error), "error"), plural(found.Count(diag.Warning), "warning"), found.Count(diag.Info))
	return err
}
