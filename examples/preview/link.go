package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/idprofile/engine/correlate/linkage"
	"github.com/idprofile/engine/identity/report"
)

// linkCommand finds records of one person in any files.
type linkCommand struct {
	A string `arg:"" type:"existingfile" help:"CSV file with a header line, or JSON: an array of objects, or one object a line."`
	B string `arg:"" optional:"" type:"existingfile" help:"Second file. Without it, records of the first are linked with each other."`

	Key         string `placeholder:"COLUMN" help:"Column, or member of JSON, with the id of a record. Default: record_id, id or alike, else the first column of ids, else the line."`
	outputFlags `set:"formats=text,json,csv"`
	Clusters    string `placeholder:"FILE" help:"Write persons as CSV: id,cluster."`
	rawFlag

	Explain string `placeholder:"A=B" help:"Explain one pair of records, by their ids."`
	SVG     string `placeholder:"FILE" help:"Write the explanation as a picture too."`

	Column   map[string]string `placeholder:"NAME=KIND" help:"Say what a column is: givenName, surname, fullName, birthDate, email, userId, identifier, phone, address, place, postalCode, category, text, ignored ..."`
	Link     float64           `placeholder:"P" help:"Probability from which a pair is linked by itself. Default: 0.98."`
	Review   float64           `placeholder:"P" help:"Probability from which a pair is for review. Default: 0.1."`
	OneToOne bool              `help:"A record has at most one partner in the other file, on both sides."`
	Cases    string            `placeholder:"FILE" help:"Decisions of people, as JSON: must-link and cannot-link."`
	Train    string            `placeholder:"FILE" help:"Save the weights that were found."`
	Model    string            `placeholder:"FILE" help:"Use saved weights."`
}

// Run links the records.
func (c *linkCommand) Run(a *app) error {
	o, err := c.options(a)
	if err != nil {
		return err
	}
	p := newProgress(a)
	defer p.stop()
	p.show("link", 0, 0)
	r, err := c.link(a, o)

	// The number of pairs is known only now, so the progress is one step.
	if err == nil {
		p.show("link", int(r.Report.Compared), int(r.Report.Compared))
	}
	p.stop()
	if err != nil {
		return err
	}

	// The files are written before anything is printed, as what is printed may be cut by a pager.
	files := []struct {
		name  string
		write func(io.Writer) error
	}{{c.Clusters, func(w io.Writer) error { return r.WriteClusters(w, c.csv()) }}, {c.Train, r.Model.Write}}
	for _, f := range files {
		if f.name != "" {
			if err := a.writeFile(f.name, f.write); err != nil {
				return err
			}
		}
	}

	if c.Explain != "" {
		return c.explain(a, r)
	}
	if c.Clusters != "" || c.form("text", "json", "csv") == "csv" {
		c.neutralized(a, r)
	}
	return c.print(a, r)
}

// neutralized says when ids are not written as they are, since who joins by them has to know.
func (c *linkCommand) neutralized(a *app, r *linkage.Result) {
	if c.RawCSV {
		return
	}

	n := 0
	for _, t := range linkTables(r) {
		for _, id := range t.ID {
			if report.Neutralized(id) != id {
				n++
			}
		}
	}
	if n > 0 {
		report.Fprintf(a.err, "%d ids begin as a formula does and have a ' before them in CSV; --raw-csv writes them as they are\n", n)
	}
}

// print writes the answer. Pairs as CSV go to the file of --out, and what was assumed and
// found is for people then.
func (c *linkCommand) print(a *app, r *linkage.Result) error {
	form := c.form("text", "json", "csv")
	err := c.answer(a, func(a *app) error {
		switch form {
		case "json":
			return writeJSON(a.out, linkSummary(r))
		case "csv":
			return r.WritePairs(a.out, c.csv())
		}

		printLinks(a, r)
		return nil
	})

	if err == nil && form == "csv" && c.Out != "" && c.Out != "-" {
		printLinks(a, r)
	}
	return err
}

// options reads what the flags name.
func (c *linkCommand) options(a *app) (linkage.Options, error) {
	o := linkage.Options{Link: c.Link, Review: c.Review, OneToOne: c.OneToOne, Columns: map[string]linkage.Kind{}}
	for name, kind := range c.Column {
		var k linkage.Kind
		if err := k.UnmarshalText([]byte(kind)); err != nil {
			return o, fmt.Errorf("--column %s: %w", name, err)
		}
		o.Columns[name] = k
	}

	if c.Model != "" {
		f, err := os.Open(c.Model)
		if err != nil {
			return o, err
		}
		defer f.Close()
		if o.Model, err = linkage.ReadModel(f); err != nil {
			return o, fmt.Errorf("%s: %w", c.Model, err)
		}
	}

	// Decisions of people bind the linkage: they are no evidence that it weighs.
	if c.Cases != "" {
		cases, err := readCases(a, c.Cases)
		if err != nil {
			return o, err
		}
		o.MustLink, o.CannotLink = cases.Decisions()
	}

	return o, nil
}

// link reads the files and links them.
func (c *linkCommand) link(a *app, o linkage.Options) (*linkage.Result, error) {
	first, err := c.read(a, c.A)
	if err != nil {
		return nil, err
	}
	if c.B == "" {
		return linkage.Within(a.ctx, first, o)
	}
	second, err := c.read(a, c.B)
	if err != nil {
		return nil, err
	}
	return linkage.Between(a.ctx, first, second, o)
}

// read reads one file. Rows that cannot be read are told and left out.
func (c *linkCommand) read(a *app, name string) (*linkage.Table, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	read := linkage.ReadCSV
	if ext := strings.ToLower(filepath.Ext(name)); ext == ".json" || ext == ".jsonl" || ext == ".ndjson" {
		read = linkage.ReadJSON
	}
	t, found := read(name, f, c.Key)
	if t == nil {
		return nil, found.Err()
	}
	for _, d := range found {
		report.Fprintln(a.err, d)
	}
	return t, nil
}

// explain prints one pair.
func (c *linkCommand) explain(a *app, r *linkage.Result) error {
	x, y, ok := strings.Cut(c.Explain, "=")
	if !ok {
		return fmt.Errorf("--explain %s: expected the ids of two records with = between them", c.Explain)
	}
	e, err := r.Explain(x, y)
	if err != nil {
		return err
	}
	if c.SVG != "" {
		if err := a.writeFile(c.SVG, e.WriteSVG); err != nil {
			return err
		}
	}

	return c.answer(a, func(a *app) error {
		if c.asJSON() {
			return writeJSON(a.out, e)
		}
		return e.WriteText(a.out)
	})
}

// summaryOfLinks is the command's answer as JSON.
type summaryOfLinks struct {
	Records       [2]int              `json:"records"`
	Links         int                 `json:"links"`
	Review        int                 `json:"review"`
	Persons       int                 `json:"persons,omitempty"`
	ExpectedWrong float64             `json:"expectedWrongLinks"`
	ExpectedRight float64             `json:"expectedRightReviews"`
	Report        linkage.Report      `json:"report"`
	Curve         []linkage.Threshold `json:"thresholds"`
}

func linkSummary(r *linkage.Result) summaryOfLinks {
	s := summaryOfLinks{
		Records: [2]int{r.A.Len(), r.B.Len()},
		Links:   r.Count(linkage.Linked),
		Review:  r.Count(linkage.Review),
		Report:  r.Report,
		Curve:   r.Curve(),
	}

	s.ExpectedWrong, s.ExpectedRight = r.Expected()
	for i, c := range r.Clusters {
		if c == int32(i) {
			s.Persons++
		}
	}

	return s
}

// linkTables are the tables that are linked: one that is linked with itself has both sides alike.
func linkTables(r *linkage.Result) []*linkage.Table {
	if len(r.Clusters) > 0 {
		return []*linkage.Table{r.A}
	}
	return []*linkage.Table{r.A, r.B}
}

// printLinks prints what was assumed and found.
func printLinks(a *app, r *linkage.Result) {
	s := linkSummary(r)

	tables := linkTables(r)
	for side, t := range tables {
		report.Fprintf(a.out, "%s: %d records\n", t.Name, t.Len())
		for _, c := range s.Report.Columns[side] {
			report.Fprintf(a.out, "  %-24s %-12s %s\n", c.Column, c.Kind, c.Why)
		}
	}

	if len(tables) == 2 {
		report.Fprintln(a.out, "compared columns")
		for _, p := range s.Report.Pairings {
			report.Fprintf(a.out, "  %-24s %-24s %-12s %3.0f %% of the values in common\n", p.A, p.B, p.Kind, 100*p.Of)
		}
	}

	// A user name made of the name agrees whenever the name does: counted in full it would decide
	// twice.
	if len(s.Report.Derived) > 0 {
		report.Fprintf(a.out, "made of the name, so counted for what the name does not say: %s\n",
			strings.Join(s.Report.Derived, ", "))
	}
	report.Fprintln(a.out, "blocking keys")

	// How many links a key found alone tells whether it is worth its pairs.
	for _, k := range s.Report.Keys {
		report.Fprintf(a.out, "  %-44s %10d pairs %8d found %6d by it alone", k.Name, k.Pairs, k.Links, k.Alone)
		if k.Cut > 0 {
			report.Fprintf(a.out, ", %d blocks with %d pairs left out as too large", k.Cut, k.Lost)
		}
		report.Fprintln(a.out)
	}

	report.Fprintf(a.out, "%d pairs compared; the keys find about %.1f %% of the pairs of one person\n",
		s.Report.Compared, 100*s.Report.Recall)
	if s.Report.Sparse {
		report.Fprintln(a.out, "few records are alike, so shipped weights count and only pairs without contradiction are linked")
	}
	report.Fprintf(a.out, "%d links (about %.1f of them wrong), %d pairs for review (about %.1f of them right)",
		s.Links,
		s.ExpectedWrong, s.Review, s.ExpectedRight)
	if s.Persons > 0 {
		report.Fprintf(a.out, ", %d persons", s.Persons)
	}
	report.Fprintln(a.out)
}
