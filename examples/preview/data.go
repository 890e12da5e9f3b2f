package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/survey"
	"github.com/idprofile/engine/transform/builtin"
)

// dataCommand tells what is in the accounts and in what comes of them.
type dataCommand struct {
	Folder string `arg:"" default:"." help:"Folder with configuration and accounts. Default: here."`

	Source  []string `placeholder:"NAME" help:"Tell of these sources only. Default: all."`
	Results bool     `help:"Tell of identity attributes only, not of columns."`

	outputFlags `set:"formats=text,json,html"`
	sampleFlags
	clockFlags
	linkFlags
}

// dataLine is a line of the answer as JSON: of what kind it says, there is one.
type dataLine struct {
	Kind      string             `json:"kind"` // column, missing, leftOut, attribute, lookup
	Source    string             `json:"source,omitempty"`
	Column    *survey.ColumnInfo `json:"column,omitempty"`
	Missing   *survey.Missing    `json:"missing,omitempty"` // a column that is read and not there
	LeftOut   string             `json:"leftOut,omitempty"` // a column that the account schema does not have
	Attribute *survey.Attribute  `json:"attribute,omitempty"`
	Lookup    *survey.Lookup     `json:"lookup,omitempty"` // that does not have all values
}

// Run reads the accounts and prints what is in them.
func (c *dataCommand) Run(a *app) error {
	f, err := openFolder(a, c.Folder)
	if err != nil {
		return err
	}

	// A misspelt source would otherwise give an answer about nothing, which looks like an answer about
	// an empty source.
	for _, name := range c.Source {
		if f.bundle.Source(name) == nil {
			var names []string
			for _, s := range f.bundle.Sources {
				names = append(names, s.Name)
			}
			return fmt.Errorf("%s: there is no source %q%s", f.name, name, hinted(name, names))
		}
	}

	found := newFindings(f.name, c.sampleFlags)
	defer found.warn(a)
	engine := f.compile(found, profile.Options{})
	p := newProgress(a)
	defer p.stop()
	o := survey.Options{
		Run: profile.RunOptions{
			Now:     f.clock(a, c.Now),
			Seed:    f.seed(c.Seed),
			Workers: runtime.GOMAXPROCS(0),
			Linking: profile.Linking{Recompute: c.Links == "recompute"},
			Hooks:   profile.Hooks{OnProgress: p.show},
		},
		// More examples than the survey keeps cannot be asked for.
		Examples: min(c.most(), maxSamples), OnFinding: found.addError, Library: builtin.Library(),
	}

	r, err := survey.Take(a.ctx, f.fsys, f.bundle, engine, o)
	if err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	p.stop()
	c.pick(r)

	return c.answer(a, func(a *app) error {
		switch c.form("text", "json", "html") {
		case "json":
			return c.lines(a, r)
		case "html":
			return survey.WriteHTML(a.out, r, "Data of "+f.name, o.Run.Now)
		}

		c.print(a, f, r, o.Run.Now)
		return nil
	})
}

// maxSamples is how many values of a kind are listed at most.
const maxSamples = 1000

// pick leaves out what was not asked for.
func (c *dataCommand) pick(r *survey.Report) {
	if c.Results {
		r.Sources = nil
	}
	if len(c.Source) == 0 {
		return
	}
	var sources []*survey.Source
	for _, s := range r.Sources {
		for _, name := range c.Source {
			if s.Name == name {
				sources = append(sources, s)
			}
		}
	}

	r.Sources, r.Attributes, r.Outside = sources, nil, nil
}

// lines writes JSON Lines.
func (c *dataCommand) lines(a *app, r *survey.Report) error {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)

	// The first error ends the writing; the checks would hide what is written where.
	var err error
	put := func(l dataLine) {
		if err == nil {
			err = enc.Encode(l)
		}
	}
	for _, s := range r.Sources {
		for i := range s.Columns {
			put(dataLine{Kind: "column", Source: s.Name, Column: &s.Columns[i]})
		}
		for i := range s.Missing {
			put(dataLine{Kind: "missing", Source: s.Name, Missing: &s.Missing[i]})
		}
		for _, name := range s.LeftOut {
			put(dataLine{Kind: "leftOut", Source: s.Name, LeftOut: name})
		}
	}

	for _, at := range r.Attributes {
		put(dataLine{Kind: "attribute", Attribute: at})
	}
	for _, l := range r.Outside {
		put(dataLine{Kind: "lookup", Lookup: l})
	}
	return err
}

// print writes the answer for people.
func (c *dataCommand) print(a *app, f *folder, r *survey.Report, now time.Time) {
	unread, missing, doubtful := 0, 0, 0
	for _, s := range r.Sources {
		heading(a, a.out, fmt.Sprintf("%s: %s in %s", s.Name, plural(s.Accounts, "account"),
			strings.Join(s.Files, ", ")))
		if len(s.Files) == 0 {
			fmt.Fprintln(a.out, "  no account file")
		}
		if len(s.Columns) > 0 {
			g := newGrid("Column", ">Filled", ">Different", ">Length", "Like", "Remarks")
			for i := range s.Columns {
				col := &s.Columns[i]
				remarks := survey.Remarks(&col.Stats)

				// Columns are counted that have a remark, not remarks.
				doubtful += min(1, len(remarks))
				if col.Unread {
					unread++
					remarks = append([]string{"nobody reads it"}, remarks...)
				}

				g.row(col.Name, filled(&col.Stats), different(&col.Stats), lengths(&col.Stats), like(&col.Stats),
					strings.Join(remarks, "; "))
			}

			g.print(a, a.out)
		}

		for _, m := range s.Missing {
			missing++
			report.Fprintf(a.out, "  %s %s%s\n", report.Raw(a.paint(colours[report.Bad], "not there:")), m.Message,
				inParentheses(m.Hint))
		}

		if len(s.LeftOut) > 0 {
			report.Fprintf(a.out, "  not in the account schema, so nobody sees it: %s\n", strings.Join(s.LeftOut, ", "))
		}
	}

	// Attributes are counted while they are printed, since both go through the same list.
	nulls, empty := c.printAttributes(a, r)
	outside := 0
	if len(r.Outside) > 0 {
		heading(a, a.out, "Values that a look-up does not have")
	}
	for _, l := range r.Outside {
		outside += l.Count
		what := "take its default"
		if l.Fails {
			what = "fail"
		}

		// Files are named from where the command was called, as in findings, so that an editor finds
		// them.
		pos := l.Pos
		report.Fprintf(a.out, "  %s/%s: %d %s: %s  %s:%d\n", l.Profile, l.Attribute, l.Count, what, inCounts(l.Values),
			f.name+"/"+pos.File, pos.Line)
	}

	role := report.Good
	if missing+empty > 0 {
		role = report.Warn
	}
	a.verdict(a.out, role, "%s, %s null (%s never filled), %s outside of look-ups; %s that nobody reads, %s not there, %s with remarks; now is %s",
		countOf(r.Identities, "identity", "identities"), plural(nulls, "value"), plural(empty, "attribute"),
		plural(outside, "value"),
		plural(unread, "column"), plural(missing, "column"), plural(doubtful, "column"), now.Format(time.RFC3339))
}

// printAttributes prints what identities get, and returns how many values and whole
// attributes are null.
func (c *dataCommand) printAttributes(a *app, r *survey.Report) (nulls, empty int) {
	for i := 0; i < len(r.Attributes); {
		name := r.Attributes[i].Profile
		heading(a, a.out, fmt.Sprintf("Profile %s: %s", name, countOf(r.Attributes[i].Rows, "identity", "identities")))
		g := newGrid("Attribute", ">Filled", ">Different", ">Length", "Like", "Why it is null, and remarks")
		for ; i < len(r.Attributes) && r.Attributes[i].Profile == name; i++ {
			at := r.Attributes[i]
			nulls += at.Rows - at.Filled
			if at.Filled == 0 && at.Rows > 0 {
				empty++
			}

			// Reasons are sorted by how many values they explain: the first few are the ones worth
			// reading.
			var why []string
			for k, n := range at.Nulls {
				if k == c.most() {
					why = append(why, fmt.Sprintf("and %d more reasons", len(at.Nulls)-k))
					break
				}

				why = append(why, fmt.Sprintf("%d: %s%s", n.Count, n.Reason, inParentheses(exampleOf(n))))
			}

			g.row(at.Name, filled(&at.Stats), different(&at.Stats), lengths(&at.Stats), like(&at.Stats),
				strings.Join(append(why, survey.Remarks(&at.Stats)...), "; "))
		}

		g.print(a, a.out)
	}

	return nulls, empty
}

func exampleOf(n survey.Null) string {
	if n.Example.IsNull() {
		return ""
	}
	return "such as " + report.Quote(n.Example.Text())
}

func inParentheses(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

func filled(s *survey.Stats) string {
	switch s.Filled {
	case 0:
		return "0"
	case s.Rows:
		return "100 %"
	}

	return fmt.Sprintf("%d (%s)", s.Filled, percent(share(float64(s.Filled), float64(s.Rows))))
}

func different(s *survey.Stats) string {
	switch {
	case s.Filled == 0:
		return "-"
	case !s.Exact:
		return fmt.Sprintf("about %d", s.Distinct)
	case s.Distinct == s.Filled && s.Lists == 0 && s.Filled > 1:
		return "each"
	}

	return fmt.Sprint(s.Distinct)
}

func lengths(s *survey.Stats) string {
	switch {
	case s.Filled == 0:
		return "-"
	case s.Shortest == s.Longest:
		return fmt.Sprint(s.Longest)
	}

	return fmt.Sprintf("%d-%d", s.Shortest, s.Longest)
}

// like is what values look like: the values themselves where there are few, else how they
// are built.
func like(s *survey.Stats) string {
	list := s.Patterns
	if s.Distinct <= few && s.Exact && len(s.Values) == s.Distinct {
		list = s.Values
	}
	var parts []string
	for _, c := range list[:min(len(list), 3)] {
		parts = append(parts, report.OneLine(c.Text))
	}
	if len(list) > 3 {
		parts = append(parts, "...")
	}
	return strings.Join(parts, "  ")
}

// few is up to how many different values are shown themselves.
const few = 4

func inCounts(list []survey.Count) string {
	var parts []string
	for _, c := range list {
		parts = append(parts, fmt.Sprintf("%s %d", report.Quote(c.Text), c.Count))
	}
	return strings.Join(parts, ", ")
}
