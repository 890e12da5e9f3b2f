package diag

import (
	"fmt"
	"strings"
)

// Assumption is something that a run took for granted, recognised, defaulted or
// left out: the delimiter that a file shows, rows that were merged or filtered, a
// file that nobody uses. There is one for each kind and object; what a finding
// reports is no assumption as well.
type Assumption struct {
	Code   Code   `json:"code"`             // stable and kebab-case
	Object string `json:"object,omitempty"` // what it is about, mostly the name of a source
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"` // from 1; 0: the file as a whole

	Used    string `json:"used,omitempty"`    // what was taken
	Instead string `json:"instead,omitempty"` // what stands there, or would have been taken otherwise
	Count   int    `json:"count,omitempty"`   // of rows, accounts or objects; 0: not a matter of numbers
}

// String returns the assumption in one line: place, code, object, what was used
// and what instead of it, count.
func (a Assumption) String() string {
	var b strings.Builder

	// The column is not kept: an assumption is about an object, which begins somewhere on the line.
	if p := (Pos{File: a.File, Line: a.Line, Column: 1}).String(); a.File != "" {
		b.WriteString(p + ": ")
	}
	b.WriteString(string(a.Code))
	if a.Object != "" {
		fmt.Fprintf(&b, " %q", a.Object)
	}

	if a.Used != "" {
		fmt.Fprintf(&b, ": used %q", a.Used)
	}
	if a.Instead != "" {
		fmt.Fprintf(&b, " instead of %q", a.Instead)
	}
	if a.Count > 0 {
		fmt.Fprintf(&b, " (%d)", a.Count)
	}
	return b.String()
}
