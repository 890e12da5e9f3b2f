package preview

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile"
)

// Finder returns a function that finds an identity by what people know of it:
// its id, its name, its uid, or an account as id or source/id. Texts are compared
// without case.
func Finder(who string) func(*profile.Result) bool {
	same := func(s string) bool { return s != "" && strings.EqualFold(s, who) }
	return func(r *profile.Result) bool {
		i := r.Identity
		if same(i.ID) || same(i.Alias) || same(i.Attribute("uid").Text()) {
			return true
		}
		for n := range i.Accounts {
			if k := i.Accounts[n].Key(); same(k.NativeIdentity) || same(k.String()) {
				return true
			}
		}

		return false
	}
}

// WriteTrace writes a trace for a terminal: how the profile and the accounts
// were found, then each attribute with the tree of its steps. A nil paint shows no
// colours.
func WriteTrace(w io.Writer, t *profile.Trace, paint report.Paint) error {
	b := bufio.NewWriter(w)
	report.Fprintf(b, "%s, identity %s\n\n%s %s\n", paint.As(report.Heading, t.Name), t.ID,
		paint.As(report.Heading, "Profile:"), orNone(t.Profile))
	for _, p := range t.Profiles {
		mark, why := " ", "no account on "+p.Source
		if p.Account != "" {
			why = "account " + p.Account + " on " + p.Source
		}
		if p.Chosen {
			mark = "*"
		}
		report.Fprintf(b, "  %s %s, priority %d: %s\n", mark, p.Name, p.Priority, why)
	}

	report.Fprintf(b, "\n%s\n", paint.As(report.Heading, "Accounts"))
	for _, a := range t.Accounts {
		how := methods[a.Method]
		if a.Criterion != "" {
			how = a.Criterion
		}
		report.Fprintf(b, "  %s: %s, by %s\n", a.Source, a.NativeIdentity, how)
	}

	// Exceptions first: they are what somebody mostly looks for.
	for _, e := range t.Result.Exceptions {
		report.Fprintf(b, "\n%s %s: %s\n", paint.As(report.Bad, "Exception "+e.Code), strings.Join(e.Attributes, ", "),
			e.Message)
	}
	for i := range t.Attributes {
		writeAttribute(b, &t.Attributes[i], paint)
	}
	return b.Flush()
}

func writeAttribute(b *bufio.Writer, a *profile.AttributeTrace, paint report.Paint) {
	report.Fprintf(b, "\n%s = %s\n", paint.As(report.Heading, a.Name), paint.As(report.After, show(a.Value)))
	if !a.Stored.Equal(a.Value) {
		report.Fprintf(b, "  stored before: %s\n", paint.As(report.Before, show(a.Stored)))
	}
	if a.Mapping.File != "" {
		report.Fprintf(b, "  %s\n", paint.As(report.Dim, "mapped in "+a.Mapping.String()))
	}
	if a.Step != nil && a.Error == "" && !a.Result.Equal(a.Value) {
		report.Fprintf(b, "  the mapping gives %s\n", show(a.Result))
	}
	if a.Error != "" {
		report.Fprintf(b, "  %s\n", paint.As(report.Bad, "error: "+a.Error))
	}
	if a.Note != "" {
		report.Fprintf(b, "  %s\n", paint.As(report.Warn, "note: "+a.Note))
	}
	if a.Step != nil {
		writeStep(b, a.Step, paint, "  ", "")
	}
}

// WriteStep writes the tree of the steps of an evaluation for a terminal. A nil paint
// shows no colours.
func WriteStep(w io.Writer, s *profile.Step, paint report.Paint) error {
	b := bufio.NewWriter(w)
	writeStep(b, s, paint, "", "")
	return b.Flush()
}

// writeStep writes a step and, indented below it, the steps inside.
func writeStep(b *bufio.Writer, s *profile.Step, paint report.Paint, indent, chosen string) {
	line := indent
	if s.Place != "" {
		line += s.Place
		if s.Place == chosen {
			line += "*"
		}
		line += ": "
	}

	line += stepName(s)
	if !s.Input.IsNull() && !s.PassesInput {
		line += " of " + show(s.Input)
	}
	out := report.Raw(report.OneLine(line))
	switch {
	case s.Error != "":
		out += " ! " + paint.As(report.Bad, s.Error)
	case s.Failed:
		out += " ! " + paint.As(report.Bad, "failed below")
	default:
		out += " → " + paint.As(report.After, show(s.Output))
	}

	// Why comes behind what, so that the outcomes stand in one column of thought.
	switch {
	case s.Reason != "" && s.Account != "":
		out += "  " + paint.As(report.Dim, "("+s.Account+": "+s.Reason+")")
	case s.Reason != "":
		out += "  " + paint.As(report.Dim, "("+s.Reason+")")
	}

	report.Fprintln(b, out)
	for _, c := range s.Steps {
		if !c.Setting {
			writeStep(b, c, paint, indent+"  ", s.Chosen)
		}
	}
}

func stepName(s *profile.Step) string {
	switch {
	case s.Operation == "literal":
		return "text"
	case s.Operation == "reference":
		return fmt.Sprintf("transform %q", s.Name)
	case s.Name != "":
		return s.Operation + " " + s.Name
	}

	return s.Operation
}
