package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/profiletest"
)

// testCommand runs the test files of a folder.
type testCommand struct {
	Folder string `arg:"" default:"." help:"Folder with a configuration and its files *_test.json, in it or below; ./... means the same as the folder."`

	Pattern string `name:"run" placeholder:"REGEXP" help:"Run only cases whose FILE/NAME it matches."`
	Watch   bool   `help:"Run again whenever a file of the folder changes."`
	Verbose bool   `short:"v" help:"Name the cases that pass too."`

	outputFlags `set:"formats=text,json,junit"`
	JUnit       string `name:"junit" placeholder:"FILE" help:"Write a report in the XML form that CI systems read, besides."`

	Cover     bool    `help:"Print which mappings, transforms and branches no test reaches."`
	CoverData bool    `help:"Count what the account files of the folder reach, too."`
	CoverHTML string  `name:"cover-html" placeholder:"FILE" help:"Write a page that shows what is covered."`
	CoverJSON string  `name:"cover-json" placeholder:"FILE" help:"Write the coverage as JSON."`
	Min       float64 `placeholder:"PERCENT" help:"Fail when mappings, transforms or branches are covered less."`

	Mutate     bool    `help:"Change the configuration in small ways and print which changes no test notices."`
	MutateJSON string  `name:"mutate-json" placeholder:"FILE" help:"Write the mutants as JSON."`
	MinScore   float64 `placeholder:"PERCENT" help:"Fail when the tests notice less of the changes."`

	Now instant `placeholder:"DAY|INSTANT" help:"What the word now means where neither the case nor its file has a clock. Default: idprofile.json, else the clock."`

	FromData string   `placeholder:"FOLDER" help:"Print a test file made of the accounts of a folder, for the identities of --identity."`
	Identity []string `placeholder:"X" help:"Identity for --from-data: id, account name, uid or SOURCE/ACCOUNT."`
	Mask     bool     `help:"Replace names, numbers and addresses of --from-data by others of the same shape."`
	Update   bool     `help:"Rewrite the expectations that are not met to what comes; review the difference."`
}

// Run runs the tests once or, when watching, until it is interrupted.
func (c *testCommand) Run(a *app) error {
	if c.FromData != "" {
		return c.fromData(a)
	}
	c.Folder = strings.TrimSuffix(strings.TrimSuffix(filepath.ToSlash(c.Folder), "..."), "/")
	if c.Folder == "" {
		c.Folder = "."
	}
	if info, err := os.Stat(c.Folder); err != nil {
		return err
	} else if !info.IsDir() {
		return fmt.Errorf("%s is a file, expected a folder", c.Folder)
	}

	if !c.Watch {
		return c.once(a)
	}
	return c.watch(a, 300*time.Millisecond)
}

// watch runs the tests whenever a file has changed.
func (c *testCommand) watch(a *app, every time.Duration) error {
	var seen map[string]fileState
	for tick := time.NewTicker(every); ; {
		now, err := folderState(c.Folder)
		if err != nil {
			return err
		}
		if !maps.Equal(seen, now) {
			seen = now
			report.Fprintf(a.out, "\n%s\n", report.Raw(a.paint(text.Bold, a.clock().Format("15:04:05"))))
			if err := c.once(a); err != nil && !errors.Is(err, errFailed) {
				report.Fprintf(a.out, "%v\n", err)
			}
			if c.Update { // what was written is no change
				if seen, err = folderState(c.Folder); err != nil {
					return err
				}
			}
		}

		select {
		case <-a.ctx.Done():
			tick.Stop()
			return nil
		case <-tick.C:
		}
	}
}

type fileState struct {
	modified int64
	size     int64
}

// folderState tells when each file was changed.
func folderState(folder string) (map[string]fileState, error) {
	state := map[string]fileState{}
	err := filepath.WalkDir(folder, func(p string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it went away in the meantime
		}
		if err != nil || d.IsDir() {
			if err == nil && p != folder && strings.HasPrefix(d.Name(), ".") {
				return fs.SkipDir
			}
			return err
		}

		info, err := d.Info()
		if err == nil {
			state[p] = fileState{info.ModTime().UnixNano(), info.Size()}
		}
		return nil
	})

	return state, err
}

// testRun is one run of a suite.
type testRun struct {
	*testCommand
	app     *app
	fsys    fs.FS
	bundle  *config.Bundle
	suite   *profiletest.Suite
	options profiletest.Options
	text    profiletest.TextOptions
	failed  bool
}

// once runs the tests and writes all reports.
func (c *testCommand) once(a *app) error {
	fsys, err := a.folder(c.Folder)
	if err != nil {
		return err
	}
	r := &testRun{testCommand: c, app: a, fsys: fsys}
	r.text = profiletest.TextOptions{Folder: c.Folder, Verbose: c.Verbose, Paint: func(kind, s string) string {
		return a.paint(map[string]text.Color{"pass": text.FgGreen, "fail": text.FgRed, "dim": text.Faint}[kind], s)
	}}
	if err := r.load(); err != nil {
		return err
	}
	p := newProgress(a)
	defer p.stop()

	// Coverage and mutants come after the tests, as both are of no use while tests are broken; a
	// failing test does not keep them from running, because both are asked for by flags.
	for _, step := range []struct {
		name string
		do   func() error
	}{{"run the tests", r.test}, {"measure the coverage", r.cover}, {"change the configuration", r.mutants}} {
		p.show(step.name, 0, 0)
		if err := step.do(); err != nil {
			return err
		}
		p.show(step.name, r.suite.Len(), r.suite.Len())
	}

	if r.failed {
		return errFailed
	}
	return nil
}

// load reads the configuration and the test files.
func (r *testRun) load() error {
	bundle, found := config.Load(r.fsys)
	r.bundle = bundle

	// Findings below an error are lint's matter.
	for _, d := range found {
		if d.Severity == diag.Error {
			report.Fprintln(r.app.err, below(r.Folder, d))
		}
	}

	suite, broken := profiletest.Load(r.fsys, "")
	if err := r.refuse(broken); err != nil {
		return err
	}
	if r.Pattern != "" {
		re, err := regexp.Compile(r.Pattern)
		if err != nil {
			return fmt.Errorf("--run: %w", err)
		}
		suite = suite.Filter(re)
	}

	if suite.Len() == 0 {
		return fmt.Errorf("%s: no test cases: expected files named *%s", r.Folder, profiletest.Suffix)
	}
	r.suite = suite

	// Rules of the tests stand in for those of the tenant at compile time, so the suite comes before
	// the engine.
	r.options = profiletest.Options{Compile: profile.Options{Rules: suite.Rules()}, Seed: bundle.Settings.Seed,
		Clock: r.app.clock, Now: r.now(r.app, bundle)}
	return nil
}

// refuse prints findings about test files; errors among them end the run.
func (r *testRun) refuse(found diag.List) error {
	for _, d := range found {
		if d.Severity == diag.Error {
			report.Fprintln(r.app.err, below(r.Folder, d))
		}
	}

	if n := found.Count(diag.Error); n > 0 {
		return fmt.Errorf("the test files have %s", plural(n, "error"))
	}
	return nil
}

// test runs the cases and reports on them.
func (r *testRun) test() error {
	engine, _ := profile.Compile(r.bundle, r.options.Compile)
	report, found, err := r.suite.Run(r.app.ctx, engine, r.options)
	if n := len(r.bundle.Unread); n > 0 && found.HasErrors() {
		// What the cases name may stand in a file that cannot be read, so the cause is enough.
		return fmt.Errorf("%s of the configuration cannot be read, so %s of the test files are left out",
			plural(n, "file"),
			plural(found.Count(diag.Error), "error"))
	}

	if err := errors.Join(err, r.refuse(found)); err != nil {
		return err
	}
	r.failed = !report.OK()
	err = r.answer(r.app, func(a *app) error {
		// The report goes to the place of the answer, and as JUnit to its own file as well, which is
		// for the build server.
		switch r.form("text", "json", "junit") {
		case "json":
			return report.WriteJSON(a.out)
		case "junit":
			return report.WriteJUnit(a.out, r.Folder)
		}

		o := r.text
		if !a.color {
			o.Paint = nil
		}
		return report.WriteText(a.out, o)
	})

	if r.JUnit != "" {
		err = errors.Join(err, r.app.createFile(r.JUnit, func(w io.Writer) error {
			return report.WriteJUnit(w, r.Folder)
		}))
	}

	// Expectations are updated after the report, so that what was wrong is seen before it is gone.
	if r.Update && r.failed {
		return errors.Join(err, r.update(report))
	}
	return err
}

// update rewrites the test files.
func (r *testRun) update(done *profiletest.Report) error {
	files, left := r.suite.Update(done)
	for name, src := range files {
		write := func(w io.Writer) error {
			_, err := w.Write(src)
			return err
		}
		if err := writeFile(filepath.Join(r.Folder, name), write); err != nil {
			return err
		}
		report.Fprintf(r.app.err, "updated %s\n", filepath.ToSlash(filepath.Join(r.Folder, name)))
	}

	for i := range left {
		report.Fprintf(r.app.err, "not updated: %s: %s\n", left[i].Pos, left[i].What)
	}
	r.failed = len(left) > 0
	return nil
}

// cover measures coverage when it is asked for.
func (r *testRun) cover() error {
	if !r.Cover && !r.CoverData && r.CoverHTML == "" && r.CoverJSON == "" && r.Min == 0 {
		return nil
	}
	c := profiletest.NewCoverage(r.bundle, r.options)

	// Data come after the tests: what no test reaches may be reached by them, and the summary counts
	// both.
	if _, _, err := c.Suite(r.app.ctx, r.suite); err != nil {
		return err
	}
	if r.CoverData {
		found, err := c.DataOf(r.app.ctx, r.fsys)
		if err := errors.Join(err, found.Err()); err != nil {
			return err
		}
	}

	err := c.WriteText(r.besides(), r.text)
	if r.CoverHTML != "" {
		err = errors.Join(err, r.app.createFile(r.CoverHTML, func(w io.Writer) error { return c.WriteHTML(w, r.fsys) }))
	}
	if r.CoverJSON != "" {
		err = errors.Join(err, r.app.createFile(r.CoverJSON, c.WriteJSON))
	}

	// The least of all measures counts, so that one cannot hide behind another.
	if least := c.Summary().Least(); least < r.Min {
		report.Fprintf(r.app.err, "coverage of %.1f %% is below the least of %g %%\n", least, r.Min)
		r.failed = true
	}

	return err
}

// besides is where people read what comes besides the report.
func (r *testRun) besides() io.Writer {
	if r.form("text", "json", "junit") == "text" || r.Out != "" && r.Out != "-" {
		return r.app.out
	}
	return r.app.err
}

// mutants runs the mutation check when it is asked for.
func (r *testRun) mutants() error {
	if !r.Mutate && r.MutateJSON == "" && r.MinScore == 0 {
		return nil
	}
	if r.failed {
		// A mutant counts as found when a test fails, which says nothing where tests fail anyway.
		report.Fprintln(r.app.err, "no mutation check: it needs a suite that passes")
		return nil
	}

	m, _, err := profiletest.Mutate(r.app.ctx, r.bundle, r.suite, r.options, runtime.GOMAXPROCS(0))
	if err != nil {
		return err
	}
	err = m.WriteText(r.besides(), r.text)
	if r.MutateJSON != "" {
		err = errors.Join(err, r.app.createFile(r.MutateJSON, m.WriteJSON))
	}
	if m.Score() < r.MinScore {
		report.Fprintf(r.app.err, "mutation score of %.1f %% is below the least of %g %%\n", m.Score(), r.MinScore)
		r.failed = true
	}

	return err
}

// now is what the word now means to cases without clock of their own. That of the
// wall is said, since the tests may pass today and fail tomorrow.
func (c *testCommand) now(a *app, b *config.Bundle) time.Time {
	if !c.Now.IsZero() || !b.Settings.Now.IsZero() {
		return c.Now.Time
	}
	now := a.clock().UTC()
	fmt.Fprintf(a.err, "now is %s where a case has no clock\n", now.Format(time.RFC3339))
	return now
}

// fromData prints a test file made of real data.
func (c *testCommand) fromData(a *app) error {
	if len(c.Identity) == 0 {
		return errors.New("--from-data needs --identity")
	}
	fsys, err := a.folder(c.FromData)
	if err != nil {
		return err
	}
	bundle, found := config.Load(fsys)

	// A folder with errors may still have a profile that evaluates these people.
	if err := found.Err(); err != nil && len(bundle.Profiles) == 0 {
		return err
	}
	engine, _ := profile.Compile(bundle, profile.Options{})
	src, err := profiletest.FromData(a.ctx, engine, fsys,
		profiletest.Options{Seed: bundle.Settings.Seed, Now: c.now(a, bundle)}, profiletest.DataOptions{
			Identities: c.Identity, Mask: c.Mask,
			OnMasked: func(m profiletest.MaskedChange) { report.Fprintf(a.err, "note: %s\n", m) },
		})
	if err != nil {
		return err
	}
	_, err = a.out.Write(src)
	return err
}

// createFile creates a file and its folder.
func (a *app) createFile(name string, write func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return a.writeFile(name, write)
}
