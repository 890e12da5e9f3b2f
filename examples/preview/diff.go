package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/preview"
	"github.com/idprofile/engine/profile/tenant"
)

// diffCommand compares what two configurations do with the same accounts.
type diffCommand struct {
	Before string `arg:"" help:"Folder with the configuration as it is, or a git revision of AFTER."`
	After  string `arg:"" default:"." help:"Folder with the configuration as it would be."`

	Data      string `placeholder:"FOLDER" help:"Folder with the accounts. Default: AFTER if it has some, else BEFORE."`
	AfterData string `placeholder:"FOLDER" help:"Folder with other accounts for AFTER, to see what a change of data does."`
	Overlay   bool   `help:"AFTER holds only the files that differ from BEFORE or are new."`
	IgnoreIDs bool   `name:"ignore-ids" help:"Compare two tenants by name: ids of the same source differ. Found by itself when no id agrees."`
	Fresh     bool   `help:"Both start from nothing, not from what BEFORE has stored."`

	outputFlags `set:"formats=text,json,markdown,html"`
	sampleFlags
	People   bool `help:"List every person that changes, beside the groups."`
	Mask     bool `help:"Replace personal values by numbers, equal ones by equal numbers."`
	planFlag `set:"plan=Write what differs in the configuration"`

	Gate      string `placeholder:"FILE" help:"JSON file with what a change may do at most; what it says is broken ends with 1."`
	failFlags `set:"failures=change"`
	ExitCode  bool `help:"Short for --fail-on change."`
	gateFlags
	manualFlag

	clockFlags
	BeforeNow instant `placeholder:"DAY|INSTANT" help:"What now means for BEFORE. Default: --now."`
	AfterNow  instant `placeholder:"DAY|INSTANT" help:"What now means for AFTER, to see what the passing of time does. Default: as for BEFORE."`

	Links   string `enum:"stored,recompute" default:"stored" help:"Accounts keep the identities they have with BEFORE, or are correlated anew."`
	Workers int    `placeholder:"N" help:"Goroutines that evaluate. Default: one for each CPU."`
	Full    bool   `help:"Run both configurations in full, also where a part is proven to be enough."`
}

// gateFlags are the rules of a gate as flags; they replace those of the file.
type gateFlags struct {
	Frozen           []string       `placeholder:"ATTRIBUTE" help:"Attributes that must not change for anybody."`
	NoClear          []string       `placeholder:"ATTRIBUTE" help:"Attributes whose value nobody may lose."`
	MaxChanges       *preview.Limit `placeholder:"LIMIT" help:"People that may change: 10, or 5%."`
	MaxExceptions    *preview.Limit `placeholder:"LIMIT" help:"Identities that may have exceptions afterwards."`
	MaxNewExceptions *preview.Limit `placeholder:"LIMIT" help:"New exceptions."`
	MaxNewErrors     *preview.Limit `placeholder:"LIMIT" help:"New evaluation errors."`
	MaxMoves         *preview.Limit `placeholder:"LIMIT" help:"Moves to another profile."`
	MaxCreated       *preview.Limit `placeholder:"LIMIT" help:"New identities."`
	MaxRemoved       *preview.Limit `placeholder:"LIMIT" help:"Identities gone, merged or without authoritative account."`
	MaxUnlinked      *preview.Limit `placeholder:"LIMIT" help:"Accounts that lose their identity."`
}

// Run compares and reports.
func (c *diffCommand) Run(a *app) error {
	gate, err := c.gate()
	if err != nil {
		return err
	}

	// A git revision is unpacked into the folder, so both sides are folders from here on.
	temp, err := os.MkdirTemp("", "preview-diff-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	before, after, err := c.open(a, temp)
	if err != nil {
		return err
	}

	// What cannot be read on one side looks like a difference, or hides one.
	for _, side := range []struct {
		what string
		*folder
	}{{"BEFORE", before}, {"AFTER", after}} {
		for _, file := range side.bundle.Unread {
			report.Fprintf(a.err, "preview: %s %s: %s cannot be read; what is compared is without it\n",
				side.what, side.name, file)
		}
	}
	r, err := c.compare(a, before, after)
	if err != nil {
		return err
	}

	if err := c.plan(a, before, after); err != nil {
		return err
	}

	// Gates look at the values before they are masked, and name no values themselves.
	breaches := gate.Check(r)
	if c.Mask {
		r = r.Mask()
	}

	// The report is written in any case: whoever broke a gate wants to see why.
	failed := (c.ExitCode || c.fails("change", true)) && !r.Empty()
	if err := c.write(a, r, gate, failed); err != nil {
		return err
	}
	for _, b := range breaches {
		report.Fprintf(a.err, "preview: gate broken: %s\n", b)
	}
	if len(breaches) > 0 || failed {
		return errFailed
	}
	return nil
}

// plan writes the operations that make AFTER of BEFORE.
func (c *diffCommand) plan(a *app, before, after *folder) error {
	if c.PlanOut == "" {
		return nil
	}

	// Mappings and states name sources by id, and ids of the one tenant mean nothing in the other.
	if c.IgnoreIDs || preview.TwoTenants(before.bundle, after.bundle) {
		return errors.New("--plan-out: these are two tenants, and a plan would carry the ids of the one to the other")
	}
	return c.planFlag.write(a, before.bundle, after.bundle, tenant.Requests(before.bundle, after.bundle))
}

// gate reads the gate; nil when nothing is limited.
func (c *diffCommand) gate() (*preview.Gate, error) {
	g := &preview.Gate{}
	if c.Gate != "" {
		f, err := os.Open(c.Gate)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		if g, err = preview.ReadGate(f); err != nil {
			return nil, fmt.Errorf("%s: %w", c.Gate, err)
		}
	}

	// Limits of the command line win over those of the file; lists add up.
	g.Frozen, g.NoClear = append(g.Frozen, c.Frozen...), append(g.NoClear, c.NoClear...)
	for _, l := range []struct{ to, from **preview.Limit }{
		{&g.MaxChanges, &c.MaxChanges}, {&g.MaxExceptions, &c.MaxExceptions},
		{&g.MaxNewExceptions, &c.MaxNewExceptions}, {&g.MaxNewErrors, &c.MaxNewErrors},
		{&g.MaxMoves, &c.MaxMoves}, {&g.MaxCreated, &c.MaxCreated}, {&g.MaxRemoved, &c.MaxRemoved},
		{&g.MaxUnlinked, &c.MaxUnlinked},
	} {
		if *l.from != nil {
			*l.to = *l.from
		}
	}

	return g, nil
}

// open reads both configurations.
// A name that is no folder may be a revision of the folder that comes after.
func (c *diffCommand) open(a *app, temp string) (before, after *folder, err error) {
	if info, statErr := os.Stat(c.Before); statErr == nil && info.IsDir() {
		before, err = openFolder(a, c.Before)
	} else {
		before, err = openRevision(a, c.Before, c.After, temp)
	}

	if err != nil {
		return nil, nil, err
	}

	// An overlay holds the files that differ only: what is missing in it is that of the folder below.
	if c.Overlay {
		var top fs.FS
		if top, err = a.folder(c.After); err == nil {
			after, err = readFolder(filepath.ToSlash(c.After), union{below: before.fsys, top: top})
		}
	} else {
		after, err = openFolder(a, c.After)
	}

	if err == nil && c.Data != "" {
		err = errors.Join(before.withData(a, c.Data), after.withData(a, c.Data))
	}
	return before, after, err
}

// accounts opens the accounts of both: those of after and, for sources that it
// does not have, those of before.
func (c *diffCommand) accounts(before, after *folder, onFinding func(diag.Diagnostic)) []identity.Source {
	if len(after.bundle.Data) == 0 {
		return before.accounts(onFinding)
	}
	sources := after.accounts(onFinding)
	for _, s := range before.accounts(func(diag.Diagnostic) {}) {
		if after.bundle.Source(s.Name()) == nil {
			sources = append(sources, s)
		}
	}

	return sources
}

// readOtherwise names the sources of which the two configurations filter or merge the
// rows of a file in different ways.
func readOtherwise(before, after *folder) []string {
	var names []string
	for _, s := range after.bundle.Sources {
		b := before.bundle.Source(s.Name)
		if b != nil && slices.ContainsFunc(feed.RowKeys(), func(key string) bool {
			old, value := b.Node.At("connectorAttributes", key), s.Node.At("connectorAttributes", key)
			return !(old.IsNull() && value.IsNull()) && !old.Equal(value)
		}) {
			names = append(names, s.Name)
		}
	}

	return names
}

// readings opens the accounts: once for both configurations, or twice, where the
// sources of after read the rows of the same files in another way; note says so then.
func (c *diffCommand) readings(before, after *folder,
	onFinding func(diag.Diagnostic)) (old, later []identity.Source, note string, err error) {
	names := readOtherwise(before, after)
	if len(names) == 0 {
		return c.accounts(before, after, onFinding), nil, "", nil
	}

	// With --data both have the accounts of that folder already.
	data, other := after, &before
	if len(after.bundle.Data) == 0 {
		data, other = before, &after
	}
	if c.Data == "" {
		moved, err := readFolder((*other).name, (*other).fsys)
		if err != nil {
			return nil, nil, "", err
		}
		moved.fsys = data.fsys
		moved.bundle.UseData(data.fsys)
		*other = moved
	}

	note = fmt.Sprintf("the rows of %s are read as each configuration says", strings.Join(names, ", "))
	return before.accounts(func(diag.Diagnostic) {}), after.accounts(onFinding), note, nil
}

// accountsOf names the folder that [diffCommand.accounts] reads.
func (c *diffCommand) accountsOf(before, after *folder) string {
	switch {
	case c.Data != "" && c.AfterData != "":
		return fmt.Sprintf("%s, then %s", filepath.ToSlash(c.Data), filepath.ToSlash(c.AfterData))
	case c.Data != "":
		return filepath.ToSlash(c.Data)
	}

	name := after.name
	switch {
	case c.Overlay:
		name = before.name + " with those of " + after.name
	case len(after.bundle.Data) == 0:
		name = before.name
	}

	if c.AfterData != "" {
		return fmt.Sprintf("%s, then %s", name, filepath.ToSlash(c.AfterData))
	}
	return name
}

func (c *diffCommand) compare(a *app, before, after *folder) (*preview.Report, error) {
	found := newFindings(after.name, c.sampleFlags)
	c.lint(before, after, found)
	p := newProgress(a)
	defer p.stop()
	workers := c.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	of := c.accountsOf(before, after)
	sources, later, note, err := c.readings(before, after, found.addError)
	if err != nil {
		return nil, err
	}

	// Two runs at different moments would show every date rule as a change, so both get one.
	if c.Now.IsZero() && after.bundle.Settings.Now.IsZero() {
		c.Now = instant{before.bundle.Settings.Now} // what AFTER says nothing of stays as it is
	}
	if !c.BeforeNow.IsZero() {
		c.Now = c.BeforeNow
	}
	o := profile.RunOptions{Now: after.clock(a, c.Now), Seed: after.seed(c.Seed), Workers: workers,
		Hooks: profile.Hooks{OnProgress: p.show}}

	// Links by hand name people as they are before the change, since that is what the file was written
	// for.
	sources, err = c.links(a, before.bundle, profile.RunOptions{Now: o.Now, Seed: o.Seed, Workers: workers}, sources)
	if err != nil {
		return nil, err
	}
	var state func() identity.Store

	// A state lets the run of the second side start from that of the first, as a tenant does, which is
	// what keeps links and lifecycle changes of the first run.
	if !c.Fresh {
		state = func() identity.Store { return store.NewMemory() }
	}
	o.Recompute = c.Links == "recompute"

	// Other data are wanted for the second side only, so they are read when the first has its sources.
	if c.AfterData != "" {
		if err := after.withData(a, c.AfterData); err != nil {
			return nil, err
		}
		later, note = after.accounts(found.addError), ""
	}

	r, err := preview.Compare(a.ctx, before.bundle, after.bundle, preview.Options{
		Run: o, Settle: state, AfterSources: later, AfterNote: note, AfterNow: c.later(o.Now),
		BeforeName: before.name, AfterName: after.name, AccountsName: of, People: c.People, Examples: c.most(),
		Full: c.Full, IgnoreIDs: c.IgnoreIDs,
	}, sources...)
	if err == nil {
		found.warn(a)
		c.adviseOverlay(a, before, after)
	}

	return r, err
}

// later is what now means for AFTER, zero where it is the same.
func (c *diffCommand) later(now time.Time) time.Time {
	if c.AfterNow.IsZero() || c.AfterNow.Equal(now) {
		return time.Time{}
	}
	return c.AfterNow.UTC()
}

// adviseOverlay tells of --overlay where a folder without accounts has errors that the
// files of before would mend: it may hold nothing but the files that change.
func (c *diffCommand) adviseOverlay(a *app, before, after *folder) {
	alone, together := newFindings(after.name, c.sampleFlags), newFindings(after.name, c.sampleFlags)
	if c.lint(before, after, alone); c.Overlay || len(after.bundle.Data) > 0 || alone.counts[diag.Error] == 0 {
		return
	}
	whole, err := readFolder(after.name, union{below: before.fsys, top: after.fsys})
	if err != nil {
		return
	}
	if c.lint(before, whole, together); together.counts[diag.Error] == 0 {
		report.Fprintf(a.err, "preview: if %s holds only the files that change, add --overlay: with those of %s the errors are gone\n",
			after.name, before.name)
	}
}

// lint gathers the errors that only the configuration after has.
func (c *diffCommand) lint(before, after *folder, found *findings) {
	found.honour(after.bundle)
	old := check(before.bundle, before.found)
	for _, d := range check(after.bundle, after.found) {
		known := slices.ContainsFunc(old, func(o diag.Diagnostic) bool {
			return o.Code == d.Code && o.Message == d.Message
		})
		if d.Severity == diag.Error && !known {
			found.add(d)
		}
	}
}

func (c *diffCommand) write(a *app, r *preview.Report, gate *preview.Gate, failed bool) error {
	return c.answer(a, func(a *app) error {
		switch c.form("text", "json", "markdown", "html") {
		case "json":
			return r.WriteJSON(a.out)
		case "markdown":
			return r.WriteMarkdown(a.out)
		case "html":
			return r.WriteHTML(a.out)
		}

		if err := r.WriteText(a.out, a.style()); err != nil {
			return err
		}
		printDiffVerdict(a, r, gate, failed)
		return nil
	})
}

// printDiffVerdict says in one line what the change does, and what the gate says to it.
func printDiffVerdict(a *app, r *preview.Report, gate *preview.Gate, failed bool) {
	role, end := report.Good, ""
	if !r.Empty() {
		role = report.Warn
	}
	switch limits := gate.Limits(); {
	case len(r.Breaches) > 0:
		role, end = report.Bad, fmt.Sprintf("; the gate is broken: %d of %s", len(r.Breaches), plural(limits, "limit"))
	case limits > 0:
		end = fmt.Sprintf("; the gate holds: %s", plural(limits, "limit"))
	}

	if failed {
		role, end = report.Bad, end+"; fails on change"
	}
	all := max(r.Totals.Before, r.Totals.After)
	a.verdict(a.out, role, "%s of %s change%s", withShare(r.Totals.People, all), countOf(all, "person", "people"), end)
}
