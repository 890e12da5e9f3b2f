package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/idprofile/engine/identity/report"
)

// Flags that mean the same everywhere have one definition here, which commands embed:
//
//	outputFlags `set:"formats=text,json"`         --format, --json, --out
//	failFlags   `set:"failures=warning,error"`    --fail-on
//	sampleFlags                                   --examples, --all
//	clockFlags                                    --now, --seed
//	linkFlags                                     --links

// outputFlags say in what form a command answers, and where.
type outputFlags struct {
	Format string `enum:",${formats}" default:"" help:"Form of the answer. Default: what the extension of --out says, else text."`
	JSON   bool   `help:"Short for --format json."`
	Out    string `short:"o" placeholder:"FILE" help:"Write the answer to a file."`
}

// extensions are the forms that the names of files stand for.
var extensions = map[string]string{
	".json": "json", ".jsonl": "jsonl", ".md": "markdown", ".html": "html", ".htm": "html", ".csv": "csv",
	".sarif": "sarif", ".xml": "junit", ".txt": "text", ".svg": "svg", ".dot": "dot", ".mmd": "mermaid", ".1": "man",
}

// form returns the form to answer in, one of those that the command has; the first of
// them is its default.
func (o *outputFlags) form(forms ...string) string {
	byName := extensions[strings.ToLower(filepath.Ext(o.Out))]
	switch {
	case o.Format != "":
		return o.Format
	case o.JSON:
		return "json"
	case slices.Contains(forms, byName):
		return byName
	}

	return forms[0]
}

// asJSON reports whether the answer is JSON, in a command that answers in text else.
func (o *outputFlags) asJSON() bool { return o.form("text", "json") == "json" }

// answer writes an answer to where it belongs. A file has neither colours nor lines that
// are fitted to a terminal; it is there as a whole or not at all.
func (o *outputFlags) answer(a *app, write func(a *app) error) error {
	if o.Out == "" || o.Out == "-" {
		if o.form("text") != "text" {
			a = a.unfitted()
		}
		return o.safely(a, write)
	}
	var failed error // a check that failed has an answer too
	err := writeFile(o.Out, func(w io.Writer) error {
		to := *a
		to.out, to.color, to.width = w, false, 0
		err := o.safely(&to, write)
		if errors.Is(err, errFailed) {
			failed, err = err, nil
		}
		return err
	})

	return cmp.Or(err, failed)
}

// safely writes an answer so that whatever it holds is only shown by a terminal. Text and Markdown
// are made safe part by part, since their own lines and colours count; CSV is for programs.
func (o *outputFlags) safely(a *app, write func(a *app) error) error {
	var safe *report.SafeWriter
	switch o.form("text", "json", "jsonl", "sarif", "html", "junit", "svg", "dot", "mermaid") {
	case "json", "jsonl", "sarif":
		safe = report.NewSafeJSON(a.out)
	case "html", "junit", "svg", "dot", "mermaid":
		safe = report.NewSafePage(a.out)
	default:
		return write(a)
	}

	to := *a
	to.out = safe
	return cmp.Or(write(&to), safe.Close())
}

// failFlags say what lets a command end with 1.
type failFlags struct {
	FailOn []string `name:"fail-on" enum:"${failures}" help:"Exit with 1 when there is such a thing."`
}

// fails reports whether something is a failure that is there.
func (f *failFlags) fails(what string, there bool) bool {
	return there && slices.Contains(f.FailOn, what)
}

// sampleFlags say how much of everything is told.
type sampleFlags struct {
	Examples int  `placeholder:"N" default:"5" help:"Examples of each kind. Default: 5."`
	All      bool `help:"Print all findings, informational ones too, and all examples."`
}

// AfterApply checks the number.
func (s *sampleFlags) AfterApply() error {
	if s.Examples < 0 {
		return fmt.Errorf("--examples: found %d, expected 0 or more", s.Examples)
	}
	return nil
}

// examples is how many findings, people or accounts stand for all of a kind by default.
const examples = 5

// fewSamples is for commands that do not let choose.
var fewSamples = sampleFlags{Examples: examples}

// most is how many examples of a kind are kept.
func (s *sampleFlags) most() int {
	if s.All {
		return int(^uint32(0) >> 1)
	}
	return s.Examples
}

// clockFlags say what a run does not read from the world.
type clockFlags struct {
	Now  instant `placeholder:"DAY|INSTANT" help:"What the word now means, as 2026-01-15 or 2026-01-15T09:00:00Z. Default: idprofile.json, else the clock."`
	Seed *uint64 `placeholder:"N" help:"Seed of random values. Default: idprofile.json, else 0."`
}

// linkFlags say what becomes of links that are there.
type linkFlags struct {
	Links string `enum:"stored,recompute" default:"stored" help:"Keep the links that the data carry, or recompute them."`
}

// writeJSON writes a value as indented JSON.
func writeJSON(w io.Writer, v any) error {
	src, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", src)
	return err
}

// describe completes the model of the command line: flags with a closed set of values
// show them, and say which is the default.
func describe(k *kong.Kong) error {
	return kong.Visit(k.Model.Node, func(n kong.Visitable, next kong.Next) error {
		f, ok := n.(*kong.Flag)
		if !ok || f.Enum == "" || f.PlaceHolder != "" {
			return next(nil)
		}
		f.PlaceHolder = strings.Join(values(f.Value), "|")
		if f.HasDefault && f.Default != "" && !strings.Contains(f.Help, "Default:") {
			f.Help += " Default: " + f.Default + "."
		}
		return next(nil)
	})
}

// values are the values that a flag or an argument takes, when it is one of a closed set.
func values(v *kong.Value) []string {
	var list []string
	for _, s := range v.EnumSlice() {
		if s = strings.TrimSpace(s); s != "" {
			list = append(list, s)
		}
	}

	return list
}

// rawFlag is of commands whose CSV people open in a spreadsheet.
type rawFlag struct {
	RawCSV bool `name:"raw-csv" help:"Write CSV cells that a spreadsheet would take for a formula as they are, without a ' before them."`
}

// csv says how CSV is written.
func (f *rawFlag) csv() report.CSVOptions {
	return report.CSVOptions{NeutralizeFormulas: !f.RawCSV}
}
