package profiletest

import (
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/report"
)

// TextOptions say how reports for people look.
type TextOptions struct {
	Folder  string                      // put before the names of files, so that they can be opened
	Verbose bool                        // name the cases that pass too
	Paint   func(kind, s string) string // colours "pass", "fail", "dim"; nil: none
}

// paint colours a text, which is made safe first.
func (o *TextOptions) paint(kind, s string) report.Raw {
	s = report.OneLine(s)
	if o.Paint == nil {
		return report.Raw(s)
	}
	return report.Raw(o.Paint(kind, s))
}

func (o *TextOptions) at(p diag.Pos) string {
	if p.File != "" && o.Folder != "" {
		p.File = path.Join(o.Folder, p.File)
	}
	return p.String()
}

// WriteText writes the failures, and how many cases passed, for people.
func (r *Report) WriteText(w io.Writer, o TextOptions) error {
	var b strings.Builder
	for i := range r.Cases {
		c := &r.Cases[i]
		switch {
		case len(c.Failures) > 0:
			report.Fprintf(&b, "%s %s: %s\n", o.paint("fail", "FAIL"), path.Join(o.Folder, c.File), c.Name)
			for k := range c.Failures {
				c.Failures[k].write(&b, o)
			}
		case o.Verbose:
			report.Fprintf(&b, "%s %s: %s\n", o.paint("pass", "ok  "), path.Join(o.Folder, c.File), c.Name)
		}

		for _, note := range c.Notes {
			if len(c.Failures) == 0 { // failures have it already
				report.Fprintf(&b, "%s %s: %s: %s\n", o.paint("dim", "note"), path.Join(o.Folder, c.File), c.Name, note)
			}
		}
	}

	// The last line is what a CI log shows, and it is there without failures, too.
	noun := "cases"
	if len(r.Cases) == 1 {
		noun = "case"
	}
	report.Fprintf(&b, "%d %s, %d passed, %d failed\n", len(r.Cases), noun, r.Passed, r.Failed)
	_, err := io.WriteString(w, b.String())
	return err
}

// write describes a failure: what was expected where, what came, and why.
func (f *Failure) write(b *strings.Builder, o TextOptions) {
	report.Fprintf(b, "  %s: %s\n    want %s\n    got  %s\n", o.at(f.Pos), f.What, f.Want, f.Got)
	if f.Hint != "" {
		report.Fprintf(b, "    note %s\n", f.Hint)
	}
	if f.Config != (diag.Pos{}) {
		report.Fprintf(b, "    from %s\n", o.at(f.Config))
	}
	if f.Path != "" {
		report.Fprintf(b, "         %s\n", f.Path)
	}
	if len(f.Trace) > 0 {
		report.Fprintf(b, "    because\n")
		for _, s := range f.Trace {
			s.write(b, o)
		}
	}
}

func (s *Step) write(b *strings.Builder, o TextOptions) {
	report.Fprintf(b, "      %s%s", strings.Repeat("  ", s.Depth), s.Text)
	if s.Value != "" {
		report.Fprintf(b, " = %s", s.Value)
	}
	if p := s.Pos; p.Line > 0 {
		report.Fprintf(b, "%s", o.paint("dim", fmt.Sprintf("  (%s:%d)", path.Base(p.File), p.Line)))
	}
	b.WriteByte('\n')
}

// String describes the failure as a test log shows it.
func (f *Failure) String() string {
	var b strings.Builder
	f.write(&b, TextOptions{})
	return strings.TrimPrefix(strings.TrimSuffix(b.String(), "\n"), "  ")
}
