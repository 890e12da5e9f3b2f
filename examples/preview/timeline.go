package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/preview"
)

// timelineCommand tells who changes on which day.
type timelineCommand struct {
	Folder string `arg:"" default:"." help:"Folder with configuration and accounts. Default: here."`

	From      instant  `placeholder:"DAY" help:"First day. Default: what now means in idprofile.json, else today."`
	To        instant  `placeholder:"DAY" help:"Last day. Default: 30 days after the first one."`
	Attribute []string `placeholder:"NAME" help:"Tell of these attributes only. Default: all."`
	Seed      *uint64  `placeholder:"N" help:"Seed of random values. Default: idprofile.json, else 0."`

	outputFlags `set:"formats=text,json"`
	sampleFlags
}

// Run runs the population over the days.
func (c *timelineCommand) Run(a *app) error {
	f, err := openFolder(a, c.Folder)
	if err != nil {
		return err
	}
	found := newFindings(f.name, c.sampleFlags)
	defer found.warn(a)
	engine := f.compile(found, profile.Options{})
	o := preview.TimelineOptions{
		Run:   profile.RunOptions{Seed: f.seed(c.Seed), Workers: runtime.GOMAXPROCS(0)},
		Store: store.NewMemory(),
		From:  f.clock(a, c.From), To: c.To.UTC(), Attributes: c.Attribute,
	}

	// Without a start the days begin at midnight, so that two calls on one day give one table.
	if c.From.IsZero() {
		o.From = o.From.Truncate(24 * time.Hour)
	}
	if c.To.IsZero() {
		o.To = o.From.AddDate(0, 0, 30)
	}
	if err := c.known(f); err != nil {
		return err
	}

	return c.answer(a, func(a *app) error { return c.print(a, f, engine, o, found) })
}

// print runs the days and writes what they change.
func (c *timelineCommand) print(a *app, f *folder, engine *profile.Engine, o preview.TimelineOptions,
	found *findings) error {
	w := bufio.NewWriter(a.out)
	t := &timeline{app: a, w: w, most: c.most(), json: c.asJSON(), people: map[string]bool{}, counts: map[string]int{}}
	if !t.json {
		report.Fprintf(w, "%s to %s, the accounts as they are\n", o.From.Format(time.RFC3339),
			o.To.Format(time.RFC3339))
	}
	p := newProgress(a)
	defer p.stop()
	o.Run.OnProgress = p.show
	event := func(e preview.TimelineEvent) {
		p.stop() // what is printed says how far it is
		t.event(e)
	}
	people, err := preview.Timeline(a.ctx, engine, o, event, f.accounts(found.addError)...)
	if err != nil {
		return errors.Join(fmt.Errorf("%s: %w", f.name, err), w.Flush())
	}
	p.stop()
	t.flushDay()
	if err := errors.Join(t.err, w.Flush()); err != nil || t.json {
		return err
	}
	t.end(people, o)
	return nil
}

// known refuses attributes that no profile maps.
func (c *timelineCommand) known(f *folder) error {
	var names []string
	for _, p := range f.bundle.Profiles {
		for _, m := range p.Mappings {
			names = append(names, m.Attribute)
		}
	}

	for _, name := range c.Attribute {
		if !slices.Contains(names, name) {
			return fmt.Errorf("%s: no profile maps %q%s", f.name, name, hinted(name, names))
		}
	}

	return nil
}

// timeline prints events day by day.
type timeline struct {
	*app
	w    *bufio.Writer
	most int // examples of a kind
	json bool
	err  error

	day    string
	events []preview.TimelineEvent
	people map[string]bool // who changes lifecycle state
	counts map[string]int  // by attribute
	days   int
}

func (t *timeline) event(e preview.TimelineEvent) {
	if t.json {
		src, err := json.Marshal(e)
		if err != nil {
			t.err = err
			return
		}

		_, t.err = fmt.Fprintf(t.w, "%s\n", src)
		return
	}

	if e.Day != t.day {
		t.flushDay()
		t.day = e.Day
	}

	t.events = append(t.events, e)
}

// flushDay prints the day that is over: lifecycle states first, then the other
// attributes, equal changes together.
func (t *timeline) flushDay() {
	if len(t.events) == 0 {
		return
	}
	t.days++
	date, err := time.Parse(time.DateOnly, t.day)
	if err != nil {
		t.err = err
		return
	}

	report.Fprintf(t.w, "\n%s\n", report.Raw(t.paint(text.Bold, t.day+" "+date.Weekday().String()[:3])))

	groups := map[string][]string{}
	for _, e := range t.events {
		t.counts[e.Attribute]++

		// Equal changes have equal texts, which is all that a group needs.
		kind := fmt.Sprintf("%s: %s → %s", e.Attribute, shown(e.From.String(), e.From.IsNull()),
			shown(e.To.String(), e.To.IsNull()))
		switch {
		case e.Error != "":
			kind = e.Attribute + ": from here on an error, the value stays: " + e.Error
		case e.Lifecycle:
			t.people[e.ID] = true
		}

		if e.Attribute == config.AttrLifecycle {
			kind = "\x00" + kind // states come first
		}
		groups[kind] = append(groups[kind], e.Name)
	}

	// Texts that differ for everybody would hide the rest: they are counted, unless all are wanted.
	for _, kind := range slices.SortedFunc(maps.Keys(groups), func(a, b string) int {
		return cmp.Or(cmp.Compare(attributeOf(a), attributeOf(b)), -cmp.Compare(len(groups[a]), len(groups[b])),
			cmp.Compare(a, b))
	}) {
		names := groups[kind]
		line := strings.Join(names[:min(len(names), t.most)], ", ")
		if more := len(names) - t.most; more > 0 {
			line += fmt.Sprintf(" and %d more (--all)", more)
		}
		report.Fprintf(t.w, "  %6d  %s: %s\n", len(names), strings.TrimPrefix(kind, "\x00"), line)
	}

	// The memory of a day serves the next: a long time has many days and few events in each.
	t.events = t.events[:0]
}

// attributeOf is the attribute of a kind of change.
func attributeOf(kind string) string {
	name, _, _ := strings.Cut(kind, ":")
	return name
}

func shown(text string, null bool) string {
	if null {
		return "(none)"
	}
	return text
}

// end is the last line.
func (t *timeline) end(people int, o preview.TimelineOptions) {
	days := int(o.To.Sub(o.From)/(24*time.Hour)) + 1
	var rest []string
	for _, name := range slices.Sorted(maps.Keys(t.counts)) {
		rest = append(rest, fmt.Sprintf("%s %d", name, t.counts[name]))
	}
	text := ""
	if len(rest) > 0 {
		text = " (" + strings.Join(rest, ", ") + ")"
	}
	t.app.verdict(t.out, report.Good, "%s, %d identities: %s change lifecycle state; something changes on %s%s",
		plural(days, "day"), people, withShare(len(t.people), people), plural(t.days, "day"), text)
}
