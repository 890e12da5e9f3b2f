// Package diag describes findings: what is wrong in a configuration or in data,
// how bad it is, where it stands and what would mend it. Findings are collected
// in a [List], all of them, never the first only.
package diag

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Severity says how bad a finding is.
type Severity uint8

// The severities, from harmless to serious.
const (
	Info Severity = iota
	Warning
	Error
)

// String returns info, warning or error.
func (s Severity) String() string { return [...]string{"info", "warning", "error"}[min(s, Error)] }

// MarshalText writes the name of the severity.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the name of a severity.
func (s *Severity) UnmarshalText(text []byte) error {
	for _, known := range []Severity{Info, Warning, Error} {
		if known.String() == string(text) {
			*s = known
			return nil
		}
	}

	return fmt.Errorf("unknown severity %q, expected info, warning or error", text)
}

// Pos is a place in a file. Line and Column count from 1, columns in characters
// (code points); Offset counts bytes from 0. Line 0 means the file as a whole,
// an empty File that there is no place.
type Pos struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	Offset int    `json:"-"`
}

// String returns file:line:column, as far as known.
func (p Pos) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.File == "":
		return fmt.Sprintf("%d:%d", p.Line, p.Column)
	}

	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Diagnostic is one finding. Code is stable and kebab-case; Message says what
// was found and what was expected; Hint, when not empty, how to mend it.
type Diagnostic struct {
	Severity Severity `json:"severity"`
	Code     Code     `json:"code"`
	Pos      Pos      `json:"pos,omitzero"`
	Path     Path     `json:"path,omitempty"`
	Message  string   `json:"message"`
	Hint     string   `json:"hint,omitempty"`
	// More is how many findings of the code this one stands for, without being one itself: those
	// that a [Collector] did not keep. 0: it is a finding.
	More int `json:"more,omitempty"`
}

// String returns the finding in one line: place, severity, code, path, message, hint.
func (d Diagnostic) String() string {
	var b strings.Builder
	if p := d.Pos.String(); p != "" {
		b.WriteString(p + ": ")
	}
	b.WriteString(d.Severity.String() + " " + string(d.Code) + ": ")
	if len(d.Path) > 0 {
		b.WriteString(d.Path.String() + ": ")
	}
	b.WriteString(d.Message)
	if d.Hint != "" {
		b.WriteString(" (" + d.Hint + ")")
	}
	return b.String()
}

// Count is the number of findings that d stands for: 1, unless it tells of others.
func (d Diagnostic) Count() int { return max(1, d.More) }

// List is a list of findings. The zero List is empty and ready to use.
type List []Diagnostic

// Add appends a finding.
func (l *List) Add(d Diagnostic) { *l = append(*l, d) }

// Addf appends a finding without path and hint.
func (l *List) Addf(s Severity, code Code, pos Pos, format string, args ...any) {
	l.Add(Diagnostic{Severity: s, Code: code, Pos: pos, Message: fmt.Sprintf(format, args...)})
}

// Count returns the number of findings of a severity, those included that are only counted.
func (l List) Count(s Severity) (n int) {
	for _, d := range l {
		if d.Severity == s {
			n += d.Count()
		}
	}

	return n
}

// HasErrors reports whether a finding is an [Error].
func (l List) HasErrors() bool { return l.Count(Error) > 0 }

// Sort orders findings by file, place, code and message, and drops exact
// repetitions. What only counts others stands at the end.
func (l *List) Sort() {
	slices.SortStableFunc(*l, byPlace)
	*l = slices.CompactFunc(*l, same)
}

func byPlace(a, b Diagnostic) int {
	return cmp.Or(cmp.Compare(min(a.More, 1), min(b.More, 1)), cmp.Compare(a.Pos.File, b.Pos.File),
		cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Column, b.Pos.Column), cmp.Compare(a.Code, b.Code),
		cmp.Compare(a.Message, b.Message))
}

// same reports whether two findings say the same of one place.
func same(a, b Diagnostic) bool {
	a.Pos.Offset, b.Pos.Offset = 0, 0
	return a.Pos == b.Pos && a.More == 0 && b.More == 0 && a.Severity == b.Severity && a.Code == b.Code &&
		a.Message == b.Message && a.Hint == b.Hint &&
		slices.Equal(a.Path, b.Path)
}

// Err returns nil when no finding is an error, else an error that lists them.
func (l List) Err() error {
	var lines []string
	for _, d := range l {
		if d.Severity == Error {
			lines = append(lines, d.String())
		}
	}

	if lines == nil {
		return nil
	}
	return listError(strings.Join(lines, "\n"))
}

type listError string

func (e listError) Error() string { return string(e) }

// Path leads from something named to a place inside it, such as
//
//	profile "Employees" > attribute "email" > firstValid.values[1] > dateFormat.input
type Path []Step

// Step is one step of a [Path]: a named thing (Kind and Name), or an attribute
// of an operation (Kind is the operation, Attribute its attribute) with an index
// or a key where that attribute is a list or a table.
type Step struct {
	Kind, Name string
	Attribute  string
	Key        string // member of a table; used when Keyed
	Index      int    // item of a list; used when Indexed
	Keyed      bool
	Indexed    bool
}

// Named returns the step to a named thing: Named("profile", "Employees").
func Named(kind, name string) Step { return Step{Kind: kind, Name: name} }

// Attr returns the step to an attribute of an operation.
func Attr(op, attribute string) Step { return Step{Kind: op, Attribute: attribute} }

// Item returns the step to an item of a list attribute.
func Item(op, attribute string, i int) Step {
	return Step{Kind: op, Attribute: attribute, Index: i, Indexed: true}
}

// Entry returns the step to a member of a table attribute.
func Entry(op, attribute, key string) Step {
	return Step{Kind: op, Attribute: attribute, Key: key, Keyed: true}
}

// String returns the step as it stands in a path.
func (s Step) String() string {
	switch {
	case s.Attribute == "" && s.Name == "":
		return s.Kind
	case s.Attribute == "":
		return s.Kind + " " + strconv.Quote(s.Name)
	case s.Indexed:
		return s.Kind + "." + s.Attribute + "[" + strconv.Itoa(s.Index) + "]"
	case s.Keyed:
		return s.Kind + "." + s.Attribute + "[" + strconv.Quote(s.Key) + "]"
	}

	return s.Kind + "." + s.Attribute
}

// String returns the steps joined by " > ".
func (p Path) String() string {
	parts := make([]string, len(p))
	for i, s := range p {
		parts[i] = s.String()
	}
	return strings.Join(parts, " > ")
}

// MarshalJSON writes the text form of the path.
func (p Path) MarshalJSON() ([]byte, error) { return json.Marshal(p.String()) }

// Pointer returns the JSON Pointer (RFC 6901) of the part of the path that lies
// inside the last named thing: /attributes/values/1/attributes/input.
func (p Path) Pointer() string {
	var b strings.Builder
	for _, s := range p {
		// A named thing begins a document of its own, so the pointer begins anew behind it.
		if s.Attribute == "" {
			b.Reset()
			continue
		}

		b.WriteString("/attributes/" + escape(s.Attribute))
		if s.Indexed {
			b.WriteString("/" + strconv.Itoa(s.Index))
		} else if s.Keyed {
			b.WriteString("/" + escape(s.Key))
		}
	}

	return b.String()
}

func escape(s string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(s) }
