package diag

import (
	"cmp"
	"slices"
	"strings"
)

// Code names a kind of findings: kebab-case, and never renamed, since people suppress and
// count them. Each package has constants of its own for the codes that it reports.
type Code string

// Page describes a code of findings.
type Page struct {
	Code     Code
	Severity Severity // as it is usually reported
	Meaning  string   // what was found, in one line
	Why      string   // why it matters; empty: what is found says it
	Wrong    string   // something that has the finding
	Right    string   // the same without it
}

// ParsePages reads descriptions of codes, which packages keep in a text beside what
// reports them:
//
//	lookup-default warning: a look-up table has no entry "default"
//	  An input that is not in the table raises an error.
//	  wrong:
//	    {"type": "lookup", "attributes": {"table": {"US": "AMER"}}}
//	  right:
//	    {"type": "lookup", "attributes": {"table": {"US": "AMER", "default": "EMEA"}}}
//
// What begins a line begins a code; what is indented belongs to it. Lines in another
// form are left out, so the test of a text counts its codes.
func ParsePages(text string) []Page {
	var list []Page
	var at *string // what lines are added to
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		inner, indented := strings.CutPrefix(line, "  ")
		switch {
		case !indented:
			head, meaning, ok := strings.Cut(line, ": ")
			code, severity, named := strings.Cut(head, " ")
			if !ok || !named {
				at = nil
				continue
			}

			c := Page{Code: Code(code), Meaning: meaning}
			_ = c.Severity.UnmarshalText([]byte(severity)) // info, unless it is another
			list = append(list, c)
			at = &list[len(list)-1].Why

		case at == nil:
		case inner == "wrong:":
			at = &list[len(list)-1].Wrong
		case inner == "right:":
			at = &list[len(list)-1].Right
		default:
			*at = strings.TrimPrefix(*at+"\n"+strings.TrimPrefix(inner, "  "), "\n")
		}
	}

	return list
}

// MergePages joins lists of codes into one in alphabetical order. What several lists
// describe is described once: what one of them leaves open, another may say.
func MergePages(lists ...[]Page) []Page {
	all := slices.Concat(lists...)

	// Stable, so that of several pages of one code the first list speaks first.
	slices.SortStableFunc(all, func(a, b Page) int { return cmp.Compare(a.Code, b.Code) })

	var merged []Page
	for _, c := range all {
		if len(merged) == 0 || merged[len(merged)-1].Code != c.Code {
			merged = append(merged, c)
			continue
		}

		last := &merged[len(merged)-1]

		// The worst severity is what a reader has to expect of the code.
		last.Severity = max(last.Severity, c.Severity)
		last.Meaning = cmp.Or(last.Meaning, c.Meaning)
		last.Why = cmp.Or(last.Why, c.Why)
		last.Wrong, last.Right = cmp.Or(last.Wrong, c.Wrong), cmp.Or(last.Right, c.Right)
	}

	return merged
}

// Markdown returns the page without its heading: what was found, why it matters, what
// is wrong and what is right.
func (c Page) Markdown() string {
	var b strings.Builder
	b.WriteString(strings.ToUpper(c.Meaning[:min(1, len(c.Meaning))]) + c.Meaning[min(1, len(c.Meaning)):] + ".\n")
	if c.Why != "" {
		b.WriteString("\n" + c.Why + "\n")
	}
	for _, part := range [][2]string{{"Wrong", c.Wrong}, {"Right", c.Right}} {
		if part[1] != "" {
			b.WriteString("\n" + part[0] + ":\n\n```\n" + part[1] + "\n```\n")
		}
	}

	return b.String()
}
