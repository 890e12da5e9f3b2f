package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/idprofile/engine/examples/preview/workbench"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant"
)

// applyCommand carries a change to the files of a folder, as a tenant would.
type applyCommand struct {
	Plan   string `arg:"" help:"JSON file with the changes, such as --plan-out of correlate, diff, lint and where writes; - is standard input."`
	Folder string `arg:"" default:"." help:"Folder with configuration and accounts. Default: here."`

	Yes    bool `short:"y" help:"Write the files without asking. Without it, and without a terminal, nothing is written."`
	NoData bool `help:"Do not read the accounts: what becomes of people is not known then."`

	outputFlags `set:"formats=text,json"`
	sampleFlags
	clockFlags
}

// applyLine is a line of the answer as JSON: a change with its plan, or a file.
type applyLine struct {
	Kind    string       `json:"kind"` // plan, file
	Do      string       `json:"do,omitempty"`
	Refused string       `json:"refused,omitempty"` // why the change is not possible
	Plan    *tenant.Plan `json:"plan,omitempty"`
	File    string       `json:"file,omitempty"`
	Change  string       `json:"change,omitempty"` // changed, new, removed
	Written bool         `json:"written,omitempty"`
}

// Run plans the changes one after the other, shows them, and writes the files.
func (c *applyCommand) Run(a *app) error {
	requests, err := c.read(a)
	if err != nil {
		return err
	}
	f, err := openFolder(a, c.Folder)
	if err != nil {
		return err
	}
	before := f.bundle.Files()
	now := f.clock(a, c.Now)
	o := tenant.Options{
		Run: profile.RunOptions{Seed: f.seed(c.Seed), Workers: runtime.GOMAXPROCS(0)},
		Now: func() time.Time { return now },
	}
	st := store.NewMemory()
	if err := c.aggregate(a, f, tenant.New(f.bundle.Clone(), st, o)); err != nil {
		return err
	}
	t := tenant.New(f.bundle.Clone(), st, o) // what the aggregation notes in profiles is no change of the files
	return c.answer(a, func(a *app) error { return c.apply(a, f, t, requests, before) })
}

// read reads the changes.
func (c *applyCommand) read(a *app) ([]tenant.Request, error) {
	var src []byte
	var err error
	if c.Plan == "-" && a.in != nil {
		src, err = io.ReadAll(a.in)
	} else {
		src, err = os.ReadFile(c.Plan)
	}

	if err != nil {
		return nil, err
	}
	requests, err := tenant.ReadRequests(filepath.ToSlash(c.Plan), src)
	if err != nil {
		return nil, err
	}
	if len(requests) == 0 {
		return nil, fmt.Errorf("%s: there is nothing to change in it", c.Plan)
	}
	return requests, nil
}

// aggregate puts the people of the accounts into the tenant.
func (c *applyCommand) aggregate(a *app, f *folder, t *tenant.Tenant) error {
	if c.NoData || len(f.bundle.Data) == 0 {
		return nil
	}
	found := newFindings(f.name, c.sampleFlags)
	defer found.warn(a)
	p := newProgress(a)
	defer p.stop()
	sources := f.accounts(func(d diag.Diagnostic) { found.addError(d) })
	if _, err := t.Aggregate(a.ctx, nil, sources...); err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	return nil
}

// apply plans and shows each change, and writes what comes of them.
func (c *applyCommand) apply(a *app, f *folder, t *tenant.Tenant, requests []tenant.Request,
	before map[string][]byte) error {
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	for i, r := range requests {
		// Each request is planned against what the ones before it have made of the tenant, so a plan
		// is carried out at once, in memory; files are written when all of them are through.
		p, err := t.Plan(a.ctx, r)
		if err == nil && len(p.Blockers) == 0 {
			_, err = t.Apply(a.ctx, p)
		}
		var refused *isc.Error

		// A refusal of the tenant is an answer and is shown as one; anything else ends the command.
		if err != nil && !errors.As(err, &refused) {
			return err
		}
		line := applyLine{Kind: "plan", Do: r.Do, Plan: p}
		if refused != nil {
			line.Refused = refusal(refused)
		}
		if c.asJSON() {
			if err := enc.Encode(line); err != nil {
				return err
			}
		} else {
			c.print(a, i+1, r, line)
		}

		// The first that cannot be carried out ends it: the ones behind it were written for a tenant
		// in which it has happened.
		if refused != nil || len(p.Blockers) > 0 {
			report.Fprintf(a.err, "preview: %s: %s cannot be carried out; nothing was written\n", r.Pos, r.Do)
			return errFailed
		}
	}

	after := map[string][]byte{}
	now := t.Bundle().Files()

	// Only the files that differ are written, so that a diff of the folder shows the change and no
	// other formatting.
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if !bytes.Equal(now[name], before[name]) {
			after[name] = now[name]
		}
	}

	// nil stands for a file that goes.
	for name := range before {
		if _, still := now[name]; !still {
			after[name] = nil
		}
	}

	if !c.asJSON() {
		c.printFiles(a, before, after)
	}
	written, err := c.write(a, before, after)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if c.asJSON() {
			if err := enc.Encode(applyLine{Kind: "file", File: filepath.ToSlash(filepath.Join(c.Folder, name)),
				Change: changeOf(before, after, name), Written: written}); err != nil {
				return err
			}
		}
	}

	if c.asJSON() {
		return nil
	}
	what := "nothing was written (--yes writes)"
	if written {
		what = "written"
	}
	a.verdict(a.out, report.Good, "%s, %s: %s", plural(len(requests), "change"), plural(len(after), "file"), what)
	return nil
}

func changeOf(before, after map[string][]byte, name string) string {
	_, was := before[name]
	switch {
	case after[name] == nil:
		return "removed"
	case !was:
		return "new"
	}

	return "changed"
}

// refusal is an error of an operation with its causes.
func refusal(e *isc.Error) string {
	text := e.Error()
	for _, m := range e.Causes {
		text += "; " + m.Text
	}
	return text
}

// print shows a plan.
func (c *applyCommand) print(a *app, number int, r tenant.Request, line applyLine) {
	heading(a, a.out, fmt.Sprintf("%d. %s", number, titleOf(r)))
	if line.Refused != "" {
		report.Fprintf(a.out, "  %s\n", report.Raw(a.paint(colours[report.Bad],
			report.OneLine("refused: "+line.Refused))))
		return
	}

	// The order is that of harm: people first, then accounts, then what else names the thing.
	p := line.Plan
	if len(p.Dirty) > 0 {
		report.Fprintf(a.out, "  needs processing: %s\n", strings.Join(p.Dirty, ", "))
	}
	c.people(a, p, "get another profile", len(p.Reassigned), func(i int) string {
		m := &p.Reassigned[i]
		text := fmt.Sprintf("%s: %s → %s", m.Identity.Name, m.From, m.To)
		if len(m.Lost) > 0 {
			text += ", loses " + strings.Join(m.Lost, ", ")
		}
		return text
	})

	for _, g := range []struct {
		what string
		list []config.Ref
	}{{"are deleted", p.Deleted}, {"have no authoritative account afterwards", p.Orphaned},
		{"lose their manager", p.Unmanaged}} {
		c.people(a, p, g.what, len(g.list), func(i int) string { return g.list[i].Name })
	}

	// Numbers are enough for accounts: those who are concerned stand in the lists before.
	if n := len(p.Uncorrelated); n > 0 {
		report.Fprintf(a.out, "  %s without identity afterwards\n", plural(n, "account"))
	}
	if p.NewIdentities > 0 {
		report.Fprintf(a.out, "  %s can become identities\n", plural(p.NewIdentities, "account"))
	}
	for _, u := range p.Uses {
		report.Fprintf(a.out, "  used by %s %s: %s\n", strings.ToLower(strings.ReplaceAll(u.Kind, "_", " ")), u.Name,
			u.Detail)
	}
	for _, b := range p.Blockers {
		report.Fprintf(a.out, "  %s\n", report.Raw(a.paint(colours[report.Bad],
			report.OneLine(fmt.Sprintf("blocked: %s %s", b.Identity.Name, b.Reason)))))
	}

	// Information about a plan is left to lint; here it would hide what matters.
	for _, d := range p.Findings {
		if d.Severity >= diag.Warning {
			report.Fprintf(a.out, "  %s %s\n", report.Raw(a.severity(d.Severity)), findingLine(d))
		}
	}
}

// findingLine is a finding; line is the answer here.
func findingLine(d diag.Diagnostic) string { return line(d) }

// people prints of whom something is true.
func (c *applyCommand) people(a *app, _ *tenant.Plan, what string, n int, text func(i int) string) {
	if n == 0 {
		return
	}
	report.Fprintf(a.out, "  %s %s\n", countOf(n, "identity", "identities"), what)
	for i := range min(n, c.most()) {
		report.Fprintf(a.out, "    %s\n", text(i))
	}
	if more := n - c.most(); more > 0 {
		report.Fprintf(a.out, "    ... and %d more (--all)\n", more)
	}
}

// printFiles shows what the files would say.
func (c *applyCommand) printFiles(a *app, before, after map[string][]byte) {
	if len(after) == 0 {
		fmt.Fprintln(a.out, "\nThe files say so already.")
		return
	}

	fmt.Fprintln(a.out)
	for l := range strings.SplitSeq(strings.TrimSuffix(string(workbench.Patch(before, after)), "\n"), "\n") {
		role := report.Dim
		switch {
		case strings.HasPrefix(l, "+") && !strings.HasPrefix(l, "+++"):
			role = report.After
		case strings.HasPrefix(l, "-") && !strings.HasPrefix(l, "---"):
			role = report.Before
		}

		report.Fprintf(a.unfitted().out, "%s\n", report.Raw(a.paint(colours[role], report.OneLine(l))))
	}
}

// write writes the files, all or none, when that is wanted and none has changed meanwhile.
func (c *applyCommand) write(a *app, before, after map[string][]byte) (bool, error) {
	if len(after) == 0 || !c.Yes && !c.ask(a, len(after)) {
		return false, nil
	}
	var o outputs
	var gone []string

	// The rollback of the outputs needs to know about every error on the way, so the whole is one
	// step.
	err := func() error {
		for _, name := range slices.Sorted(maps.Keys(after)) {
			file := filepath.Join(c.Folder, filepath.FromSlash(name))
			if was, ok := before[name]; ok {
				// Somebody may have edited the folder while the question was on the screen; his work
				// is worth more than ours.
				if now, err := os.ReadFile(file); err != nil || !bytes.Equal(now, was) {
					return errors.Join(fmt.Errorf("%s was changed meanwhile; nothing was written", file), err)
				}
			} else if _, err := os.Lstat(file); err == nil {
				return fmt.Errorf("%s is there already; nothing was written", file)
			}

			if after[name] == nil {
				gone = append(gone, file)
				continue
			}

			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				return err
			}
			if err := o.write(file, func(w io.Writer) error {
				_, err := w.Write(after[name])
				return err
			}); err != nil {
				return err
			}
		}

		return o.commit()
	}()

	if err != nil {
		return false, errors.Join(err, o.rollback())
	}

	// What is deleted goes last and after the commit: until then everything can be taken back.
	for _, file := range gone {
		err = errors.Join(err, os.Remove(file))
	}
	return true, errors.Join(err, o.keep())
}

// ask asks on a terminal.
func (c *applyCommand) ask(a *app, n int) bool {
	if !a.terminal || a.piped || a.in == nil || c.Plan == "-" || c.asJSON() {
		return false
	}
	a.flush()
	report.Fprintf(a.err, "Write %s? [y/N] ", plural(n, "file"))
	answer, _ := bufio.NewReader(a.in).ReadString('\n')
	return strings.EqualFold(strings.TrimSpace(answer), "y")
}
