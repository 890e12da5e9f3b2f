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
// were found, then each attribute with the tree of its steps.
func WriteTrace(w io.Writer, t *profile.Trace) error {
	b := bufio.NewWriter(w)
	report.Fprintf(b, "%s, identity %s\n\nProfile: %s\n", t.Name, t.ID, orNone(t.Profile))
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
	report.Fprintf(b, "\nAccounts\n")
	for _, a := range t.Accounts {
		how := methods[a.Method]
		if a.Criterion != "" {
			how = a.Criterion
		}
		report.Fprintf(b, "  %s: %s, by %s\n", a.Source, a.NativeIdentity, how)
	}
	for _, e := range t.Result.Exceptions {
		report.Fprintf(b, "\nException %s %s: %s\n", e.Code, strings.Join(e.Attributes, ", "), e.Message)
	}
	for i := range t.Attributes {
		writeAttribute(b, &t.Attributes[i])
	}
	return b.Flush()
}

func writeAttribute(b *bufio.Writer, a *profile.AttributeTrace) {
	report.Fprintf(b, "\n%s = %s\n", a.Name, show(a.Value))
	if !a.Stored.Equal(a.Value) {
		report.Fprintf(b, "  stored before: %s\n", show(a.Stored))
	}
	if a.Mapping.File != "" {
		report.Fprintf(b, "  mapped in %s\n", a.Mapping)
	}
	if a.Step != nil && a.Error == "" && !a.Result.Equal(a.Value) {
		report.Fprintf(b, "  the mapping gives %s\n", show(a.Result))
	}
	if a.Error != "" {
		report.Fprintf(b, "  error: %s\n", a.Error)
	}
	if a.Note != "" {
		report.Fprintf(b, "  note: %s\n", a.Note)
	}
	if a.Step != nil {
		writeStep(b, a.Step, "  ", "")
	}
}

// WriteStep writes the tree of the steps of an evaluation for a terminal.
func WriteStep(w io.Writer, s *profile.Step) error {
	b := bufio.NewWriter(w)
	writeStep(b, s, "", "")
	return b.Flush()
}

// writeStep writes a step and, indented below it, the steps inside.
func writeStep(b *bufio.Writer, s *profile.Step, indent, chosen string) {
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
	switch {
	case s.Error != "":
		line += " ! " + s.Error
	case s.Failed:
		line += " ! failed below"
	default:
		line += " → " + show(s.Output)
	}
	if s.Reason != "" {
		if s.Account != "" {
			line += "  (" + s.Account + ": " + s.Reason + ")"
		} else {
			line += "  (" + s.Reason + ")"
		}
	}
	report.Fprintln(b, line)
	for _, c := range s.Steps {
		if !c.Setting {
			writeStep(b, c, indent+"  ", s.Chosen)
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
