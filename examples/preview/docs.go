package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/dictionary"
	"github.com/idprofile/engine/profile/survey"
	"github.com/idprofile/engine/transform/builtin"
)

// docsCommand writes the data dictionary of a folder.
type docsCommand struct {
	Folder string `arg:"" default:"." help:"Folder with configuration, tests and accounts. Default: here."`

	Attribute []string `placeholder:"NAME" help:"Tell of these identity attributes only, and draw their lineage. Default: all."`
	Title     string   `help:"Title of the page. Default: Data dictionary of FOLDER."`
	NoData    bool     `help:"Do not read the accounts: no fill rates, values and reasons for nulls."`

	outputFlags `set:"formats=markdown,html,json,svg,mermaid,dot"`
	clockFlags
}

// Run reads the folder and writes the dictionary.
func (c *docsCommand) Run(a *app) error {
	f, err := openFolder(a, c.Folder)
	if err != nil {
		return err
	}
	if err := knownAttributes(f.bundle, c.Attribute); err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	form := c.form("markdown", "html", "json", "svg", "mermaid", "dot")

	// Drawings show the lineage only, for which neither tests nor accounts are read.
	if form == "svg" || form == "mermaid" || form == "dot" {
		return c.answer(a.unfitted(), func(a *app) error { return c.draw(a, f, form) })
	}

	tests, err := testFiles(f.fsys)
	if err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	o := dictionary.Options{Tests: tests}
	if !c.NoData && len(f.bundle.Data) > 0 {
		if o.Survey, err = c.survey(a, f); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}

	d := dictionary.Make(f.bundle, builtin.Library(), o)
	c.pick(d)
	title := c.Title
	if title == "" {
		title = "Data dictionary of " + f.name
	}
	return c.answer(a.unfitted(), func(a *app) error {
		switch form {
		case "html":
			return d.WriteHTML(a.out, title)
		case "json":
			return c.lines(a, d)
		}

		return d.WriteMarkdown(a.out, title)
	})
}

// survey reads the accounts.
func (c *docsCommand) survey(a *app, f *folder) (*survey.Report, error) {
	found := newFindings(f.name, fewSamples)
	defer found.warn(a)
	engine := f.compile(found, profile.Options{})
	p := newProgress(a)
	defer p.stop()
	return survey.Take(a.ctx, f.fsys, f.bundle, engine, survey.Options{
		Run: profile.RunOptions{
			Now:     f.clock(a, c.Now),
			Seed:    f.seed(c.Seed),
			Workers: runtime.GOMAXPROCS(0),
			Hooks:   profile.Hooks{OnProgress: p.show},
		},
		OnFinding: func(d diag.Diagnostic) { found.addError(d) },
		Library:   builtin.Library(),
	})
}

// testFiles are the test files of a folder.
func testFiles(fsys fs.FS) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			if p == "." {
				return err
			}
			return nil // what cannot be read has no tests
		case d.IsDir() && p != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(path.Base(p), "_test.json"):
			return nil
		}

		if src, err := fs.ReadFile(fsys, p); err == nil {
			files[p] = src
		}
		return nil
	})

	return files, err
}

// pick leaves out what was not asked for.
func (c *docsCommand) pick(d *dictionary.Dictionary) {
	if len(c.Attribute) == 0 {
		return
	}
	d.Attributes = slices.DeleteFunc(d.Attributes,
		func(at *dictionary.Attribute) bool { return !slices.Contains(c.Attribute, at.Name) })
	behind := map[string]bool{}
	for _, at := range d.Attributes {
		for _, m := range at.Mappings {
			behind[m.Profile+"/"+at.Name] = true
			for _, name := range m.Transforms {
				behind[name] = true
			}
		}
	}

	d.Transforms = slices.DeleteFunc(d.Transforms, func(t *dictionary.Transform) bool { return !behind[t.Name] })
	d.Tables = slices.DeleteFunc(d.Tables, func(t *dictionary.Table) bool { return !behind[t.In] })
	d.Lineage = c.part(d.Lineage)
}

// part is the lineage of the attributes that were asked for.
func (c *docsCommand) part(l *config.Lineage) *config.Lineage {
	if len(c.Attribute) == 0 {
		return l
	}
	var at []int
	for i := range l.Nodes {
		if n := &l.Nodes[i]; n.Kind == config.LineageIdentityAttribute && slices.Contains(c.Attribute, n.Name) {
			at = append(at, i)
		}
	}

	return l.Part(at...)
}

// draw writes the lineage.
func (c *docsCommand) draw(a *app, f *folder, form string) error {
	l := c.part(f.bundle.Lineage(builtin.Library())).Drawn()
	switch form {
	case "mermaid":
		return l.WriteMermaid(a.out)
	case "dot":
		return l.WriteDOT(a.out)
	}

	title := c.Title
	if title == "" {
		title = "Lineage of " + f.name
	}
	return l.WriteSVG(a.out, title)
}

// docsLine is a line of the dictionary as JSON: of what kind it says, there is one.
type docsLine struct {
	Kind      string                `json:"kind"` // attribute, transform, table
	Attribute *dictionary.Attribute `json:"attribute,omitempty"`
	Transform *dictionary.Transform `json:"transform,omitempty"`
	Table     *dictionary.Table     `json:"table,omitempty"`
}

func (c *docsCommand) lines(a *app, d *dictionary.Dictionary) error {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	var errs []error
	for _, at := range d.Attributes {
		errs = append(errs, enc.Encode(docsLine{Kind: "attribute", Attribute: at}))
	}
	for _, t := range d.Transforms {
		errs = append(errs, enc.Encode(docsLine{Kind: "transform", Transform: t}))
	}
	for _, t := range d.Tables {
		errs = append(errs, enc.Encode(docsLine{Kind: "table", Table: t}))
	}
	return errors.Join(errs...)
}
