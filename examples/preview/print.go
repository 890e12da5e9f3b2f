package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/builtin"
)

// printCommand writes transforms and mappings in a short form.
type printCommand struct {
	Name   string `arg:"" optional:"" help:"A transform, an identity attribute (email), a mapping (Employees/email), or a file with a transform. Without it, all."`
	Folder string `arg:"" default:"." help:"Folder with configuration. Default: here."`

	outputFlags `set:"formats=text,json"`
}

// printed is a line of the answer as JSON.
type printedLine struct {
	Kind     config.LineageKind `json:"kind"` // TRANSFORM or MAPPING
	In       string             `json:"in,omitempty"`
	Name     string             `json:"name"`
	Text     string             `json:"text"` // in one line
	RefersTo []string           `json:"refersTo,omitempty"`
	File     string             `json:"file,omitempty"`
	Line     int                `json:"line,omitempty"`
	Column   int                `json:"column,omitempty"`

	def *transform.Definition
}

// Run reads the configuration and prints what was asked for.
func (c *printCommand) Run(a *app) error {
	if info, err := os.Stat(c.Name); err == nil && info.IsDir() {
		if c.Folder == "." {
			c.Name, c.Folder = "", c.Name // the only word is the folder
		} else {
			c.Name, c.Folder = c.Folder, c.Name
		}
	}

	b, err := a.configuration(c.Folder)
	if err != nil {
		return err
	}

	list, err := c.choose(b)
	if err != nil {
		return err
	}
	return c.answer(a, func(a *app) error { return c.print(a, b, list) })
}

// choose returns what is to be printed.
func (c *printCommand) choose(b *config.Bundle) ([]printedLine, error) {
	// A file counts before a name of the tenant, as with all commands of this kind.
	src, err := os.ReadFile(c.Name)
	switch {
	case c.Name != "" && err == nil:
		def, err := transformOf(filepath.ToSlash(c.Name), src)
		if err != nil {
			return nil, err
		}
		line := c.transform(cmp.Or(def.Name, c.Name), def)
		return append([]printedLine{line}, c.behind(b, line)...), nil

	case c.Name != "" && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}

	all := c.all(b)
	if c.Name == "" {
		return all, nil
	}
	known := b.Referable()

	// Names are completed by their profile for hints and for the choice: a mapping is called like its
	// attribute, of which each profile may have one.
	var list []printedLine
	names := slices.Sorted(maps.Keys(known))
	for _, line := range all {
		if line.Name == c.Name || line.In+"/"+line.Name == c.Name {
			list = append(list, line)
		}
		names = append(names, line.Name, line.In+"/"+line.Name)
	}

	// Ready-made transforms belong to no file and are therefore not in the list of all.
	if len(list) == 0 && known[c.Name] != nil { // ready-made
		list = append(list, c.transform(c.Name, known[c.Name]))
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s: there is no file, transform or mapping %q%s", c.Folder, c.Name,
			hinted(c.Name, names))
	}
	return append(list, c.behind(b, list...)...), nil
}

// all are the stored transforms and the mappings of all profiles.
func (c *printCommand) all(b *config.Bundle) []printedLine {
	var list []printedLine
	for _, name := range slices.Sorted(maps.Keys(b.Transforms)) {
		list = append(list, c.transform(name, b.Transforms[name]))
	}
	for _, p := range b.Profiles {
		for _, m := range p.Mappings {
			line := printedLine{Kind: config.LineageMapping, In: p.Name, Name: m.Attribute}
			if line.def = m.Definition; line.def != nil {
				line.RefersTo = references(line.def)
			}
			line.at(c.Folder, m.Node.Pos())
			list = append(list, line)
		}
	}

	return list
}

func (c *printCommand) transform(name string, def *transform.Definition) printedLine {
	line := printedLine{Kind: config.LineageTransform, Name: name, RefersTo: references(def), def: def}
	folder := c.Folder
	if def.Node.Pos().File == filepath.ToSlash(c.Name) {
		folder = "" // named by itself
	}
	line.at(folder, def.Node.Pos())
	return line
}

// behind are the transforms that others refer to, each once, the nearest first.
func (c *printCommand) behind(b *config.Bundle, list ...printedLine) []printedLine {
	seen := map[string]bool{}
	for _, line := range list {
		if line.Kind == config.LineageTransform {
			seen[line.Name] = true
		}
	}

	// Breadth first, as a reader looks up what stands in the line above before what is behind that.
	var found []printedLine
	known := b.Referable()
	for len(list) > 0 {
		name := list[0].RefersTo
		list = list[1:]
		for _, n := range name {
			if def := known[n]; def != nil && !seen[n] {
				seen[n] = true
				line := c.transform(n, def)
				found, list = append(found, line), append(list, line)
			}
		}
	}

	return found
}

// references are the names of the stored transforms that one refers to.
func references(def *transform.Definition) []string {
	var names []string
	def.Node.Walk(func(n *jsondoc.Node) bool {
		if name, ok := n.At("attributes", "id").Str(); ok && n.Get("type").Text() == "reference" &&
			!slices.Contains(names, name) {
			names = append(names, name)
		}
		return true
	})

	return names
}

func (l *printedLine) at(folder string, pos diag.Pos) {
	if pos.File != "" {
		pos = below(folder, diag.Diagnostic{Pos: pos}).Pos
		l.File, l.Line, l.Column = pos.File, pos.Line, pos.Column
	}
}

// pageWidth is the width of what is fitted to no terminal.
const pageWidth = 100

// print writes the answer.
func (c *printCommand) print(a *app, b *config.Bundle, list []printedLine) error {
	lib := builtin.Library()

	// JSON has the short form, as lines there have no width.
	short, o := b.PrintOptions(0), b.PrintOptions(cmp.Or(a.width, pageWidth)-2)
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)

	// "nothing" is what an attribute without transform gives; an empty text would read like a mistake.
	for i, line := range list {
		line.Text = "nothing"
		if line.def != nil {
			line.Text = lib.Print(line.def, short)
		}
		if c.asJSON() {
			if err := enc.Encode(line); err != nil {
				return err
			}
			continue
		}

		if i > 0 {
			fmt.Fprintln(a.out)
		}
		title := lineageNames[line.Kind] + " " + line.Name
		if line.In != "" {
			title = lineageNames[line.Kind] + " " + line.In + "/" + line.Name
		}
		report.Fprintf(a.out, "%s", report.Raw(a.paint(text.Bold, report.OneLine(title))))
		if line.File != "" {
			report.Fprintf(a.out, "  %s:%d", line.File, line.Line)
		}
		fmt.Fprintln(a.out)
		body := line.Text
		if line.def != nil {
			body = lib.Print(line.def, o)
		}
		for l := range strings.SplitSeq(body, "\n") {
			report.Fprintf(a.out, "  %s\n", l)
		}
	}

	return nil
}
