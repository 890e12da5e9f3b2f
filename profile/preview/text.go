package preview

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/report"
)

// WriteText writes the report for a terminal: totals, what differs in the
// configuration, groups with examples, and the people that were kept. A nil paint
// shows no colours.
func (r *Report) WriteText(w io.Writer, paint report.Paint) error {
	b := bufio.NewWriter(w)
	t := &textWriter{b: b, r: r, paint: paint}
	t.head()
	t.causes()
	t.attributes()
	t.groups()
	t.people()
	if len(r.Breaches) > 0 {
		report.Fprintf(b, "\n%s\n", paint.As(report.Bad, "The gate is broken"))
		for _, x := range r.Breaches {
			report.Fprintf(b, "  %s\n", paint.As(report.Bad, x.String()))
		}
	}

	return b.Flush()
}

type textWriter struct {
	b     *bufio.Writer
	r     *Report
	paint report.Paint
}

// heading begins a part.
func (t *textWriter) heading(s string) {
	report.Fprintf(t.b, "\n%s\n", t.paint.As(report.Heading, s))
}

func (t *textWriter) head() {
	r := t.r
	if r.BeforeName != "" || r.AfterName != "" {
		report.Fprintf(t.b, "%s\n", t.paint.As(report.Heading, r.BeforeName+" → "+r.AfterName))
	}
	report.Fprintf(t.b, "now is %s; evaluated: %s%s\n\n", r.clock(), r.Evaluated, r.onAccounts())
	if r.Empty() {
		report.Fprintf(t.b, "Nothing changes for any of %s.\n", plural(r.Totals.Before, "person", "people"))
		return
	}

	report.Fprintf(t.b, "%s\n", t.paint.As(report.Heading, fmt.Sprintf("%d of %s change (%s).", r.Totals.People,
		plural(max(r.Totals.Before, r.Totals.After), "person", "people"), r.share(r.Totals.People))))

	// In a fixed order, by weight and not by count, so that two reports can be compared by eye.
	for _, k := range kinds {
		if n := r.Totals.Changes[k]; n > 0 {
			report.Fprintf(t.b, "  %6d  %s\n", n, k.Title())
		}
	}

	report.Fprintln(t.b)
	for _, l := range r.balance() {
		report.Fprintf(t.b, "  %-28s %6d → %d\n", l.name, l.before, l.after)
	}
}

type balanceLine struct {
	name          string
	before, after int
}

// balance are the numbers that have a before and an after.
func (r *Report) balance() []balanceLine {
	t := r.Totals
	return []balanceLine{
		{"identities", t.Before, t.After}, {"identities with exceptions", t.ExceptionsBefore, t.ExceptionsAfter},
		{"identities with errors", t.ErrorsBefore, t.ErrorsAfter},
		{"uncorrelated accounts", t.UncorrelatedBefore, t.UncorrelatedAfter},
	}
}

// share is a number of people in percent.
func (r *Report) share(n int) string {
	all := max(r.Totals.Before, r.Totals.After, 1)
	return fmt.Sprintf("%.1f %%", float64(n)*100/float64(all))
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func (t *textWriter) causes() {
	for _, n := range t.r.notes() {
		report.Fprintf(t.b, "\nNote: %s\n", n)
	}
	if len(t.r.Causes) == 0 {
		report.Fprintf(t.b, "\nThe configurations do not differ in anything that matters here.\n")
		return
	}

	t.heading("What differs in the configuration")
	for i := range t.r.Causes {
		c := &t.r.Causes[i]
		report.Fprintf(t.b, "  [%d] %s %s\n", i+1, c.title(), c.Change)
		for _, d := range c.Places {
			report.Fprintf(t.b, "      %s\n", d.colouredLine(t.paint))
		}
		if c.More > 0 {
			report.Fprintf(t.b, "      ... and %s\n", plural(c.More, "more place", "more places"))
		}
	}
}

// line is a difference in one line.
func (d *Difference) line() string { return string(d.colouredLine(nil)) }

// colouredLine is line in colours, safe for a terminal.
func (d *Difference) colouredLine(paint report.Paint) report.Raw {
	place := d.pos()
	if place != "" {
		place += "  "
	}
	if place != "" && d.After.File == "" {
		place = "was at " + place
	}
	s := paint.As(report.Dim, place)
	if d.Path != "" {
		s += report.Raw(report.OneLine(d.Path)) + ": "
	}
	before, after := paint.As(report.Before, d.Old), paint.As(report.After, d.New)
	switch {
	case d.Note != "":
		return s + report.Raw(report.OneLine(d.Note)) + " " + before + after
	case d.Old == "":
		return s + "added " + after
	case d.New == "":
		return s + "removed " + before
	}

	return s + before + " → " + after
}

func (t *textWriter) attributes() {
	if len(t.r.Attributes) == 0 {
		return
	}
	t.heading("Attributes                  set  changed  cleared  errors  errors gone")
	for _, a := range t.r.Attributes {
		report.Fprintf(t.b, "  %s%s %6s %8s %8s %7s %12s\n", a.Name, pad(a.Name, 22), number(a.Set), number(a.Changed),
			number(a.Cleared), number(a.Errors), number(a.Resolved))
	}
}

func pad(s string, width int) string {
	return strings.Repeat(" ", max(0, width-report.DisplayWidth(s)))
}

// number leaves out zeros, so that what happens is seen.
func number(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

func (t *textWriter) groups() {
	if len(t.r.Groups) == 0 {
		return
	}
	t.heading("What changes for people")
	for _, g := range t.r.Groups {
		report.Fprintf(t.b, "  %d × %s%s\n", g.Count, g.Title(), references(g.Causes))
		if len(g.Intents) > 0 {
			report.Fprintf(t.b, "      due: %s\n", strings.Join(g.Intents, "; "))
		}
		t.members(g)
	}
}

// members prints pairs where values repeat, else examples.
func (t *textWriter) members(g *Group) {
	// Where few pairs of values repeat they say more than people do.
	// Behind the pairs a few names are enough to look at.
	if len(g.Pairs) > 0 && g.Kind.hasValues() {
		rest := g.Count
		for _, p := range g.Pairs {
			report.Fprintf(t.b, "      %5d  %s\n", p.Count, colouredTransition(t.paint, p.Before, p.After))
			rest -= p.Count
		}

		if rest > 0 {
			report.Fprintf(t.b, "      %5d  other values\n", rest)
		}
		var names []string
		for _, e := range g.Examples {
			names = append(names, e.label())
		}
		if len(names) > 0 {
			report.Fprintf(t.b, "      for example %s\n", strings.Join(names, ", "))
		}
		return
	}

	for _, e := range g.Examples {
		report.Fprintf(t.b, "      %s\n", g.colouredExample(t.paint, &e))
	}
	if more := g.Count - len(g.Examples); more > 0 {
		report.Fprintf(t.b, "      ... and %d more\n", more)
	}
}

// hasValues reports whether a change of this kind is shown with its values.
func (k Kind) hasValues() bool {
	switch k {
	case Created, Removed, Split, Merged, Orphaned, Adopted, Moved, ExceptionNew, ExceptionResolved:
		return false
	}

	return true
}

// Title names the group in one line.
func (g *Group) Title() string {
	s := g.Kind.Title()
	if g.Attribute != "" && g.Kind != ManagerChanged && g.Kind != LifecycleChanged {
		s += ": " + g.Attribute
	}
	if g.Source != "" {
		s += ": " + g.Source
	}
	if p := g.Pattern.String(); p != "" {
		s += ", " + p
	}
	return s
}

// references are the numbers of causes.
func references(causes []int) string {
	if len(causes) == 0 {
		return "  [no direct cause]"
	}
	s := "  "
	for _, c := range causes {
		s += fmt.Sprintf("[%d]", c+1)
	}
	return s
}

func (e *Example) label() string {
	if e.Account != "" {
		return e.Name + " (" + e.Account + ")"
	}
	return e.Name
}

// example is a person of the group in one line.
func (g *Group) example(e *Example) string { return string(g.colouredExample(nil, e)) }

// colouredExample is example in colours, safe for a terminal.
func (g *Group) colouredExample(paint report.Paint, e *Example) report.Raw {
	label := report.OneLine(e.label())
	s := report.Raw(label)
	if g.Kind.hasValues() || g.Code != "" && !(e.Before.IsNull() && e.After.IsNull()) {
		s += report.Raw(pad(label, 12)) + "  " + colouredTransition(paint, e.Before, e.After)
	}
	if e.Message != "" && !strings.HasSuffix(g.Pattern.Name, e.Message) {
		s += "  (" + report.Raw(report.OneLine(e.Message)) + ")"
	}
	return s
}

// transition is an old and a new value for people.
func transition(before, after identity.Value) string {
	return string(colouredTransition(nil, before, after))
}

// colouredTransition is transition in colours, safe for a terminal.
func colouredTransition(paint report.Paint, before, after identity.Value) report.Raw {
	if before.Equal(after) {
		return report.Raw(report.OneLine(show(before))) + " stays"
	}
	return paint.As(report.Before, show(before)) + " → " + paint.As(report.After, show(after))
}

// show is a value for people.
func show(v identity.Value) string {
	if v.IsNull() {
		return "(none)"
	}
	if v.Kind() == identity.List {
		var items []string
		for _, item := range v.List() {
			items = append(items, item.String())
		}
		return cut("["+strings.Join(items, ", ")+"]", maxText)
	}

	return cut(v.String(), maxText)
}

func (t *textWriter) people() {
	if len(t.r.People) == 0 {
		return
	}
	t.heading("People")
	for _, p := range t.r.People {
		report.Fprintf(t.b, "  %s\n", t.paint.As(report.Heading, p.title()))
		for i := range p.Changes {
			report.Fprintf(t.b, "    %s%s\n", p.Changes[i].colouredLine(t.paint), references(p.Changes[i].Causes))
		}
	}
}

func (p *Person) title() string {
	s := p.Name
	switch {
	case p.Before == p.After:
		s += ", " + orNone(p.After)
	default:
		s += ", " + orNone(p.Before) + " → " + orNone(p.After)
	}

	return s + ", " + p.ID
}

// line is the change in one line.
func (c *Change) line() string { return string(c.colouredLine(nil)) }

// colouredLine is line in colours, safe for a terminal.
func (c *Change) colouredLine(paint report.Paint) report.Raw {
	s := c.Kind.Title()
	if c.Attribute != "" {
		s += ": " + c.Attribute
	}
	if c.Code != "" {
		s += " " + c.Code
	}
	if c.Account != "" {
		s += ": " + c.Source + "/" + c.Account
	}
	line := report.Raw(report.OneLine(s))

	// Both sides are null where the kind of change says it all.
	if !(c.Before.IsNull() && c.After.IsNull()) {
		line += " " + colouredTransition(paint, c.Before, c.After)
	}
	rest := ""
	if c.Message != "" {
		rest += " " + c.Message
	}
	if len(c.Intents) > 0 {
		rest += " (" + strings.Join(c.Intents, "; ") + ")"
	}
	return line + report.Raw(report.OneLine(rest))
}
