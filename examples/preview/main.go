package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/report"
)

// commands is the command line; each command is a file of its own.
type commands struct {
	Init      initCommand      `cmd:"" help:"Look at a folder, say what is missing and how to get it from a tenant, and write settings and a first test."`
	Run       runCommand       `cmd:"" help:"Run all accounts of a folder through its identity profiles and say what comes out."`
	Lint      lintCommand      `cmd:"" help:"Check configurations: whole folders, or single files of any known shape."`
	Schema    schemaCommand    `cmd:"" help:"Print JSON Schemas of all kinds of files, for editors."`
	Eval      evalCommand      `cmd:"" help:"Run transform vectors."`
	Test      testCommand      `cmd:"" help:"Run the test files of a configuration, with coverage and a mutation check."`
	Generate  generateCommand  `cmd:"" help:"Write a made-up tenant of any size in the shape of examples/acme."`
	Diff      diffCommand      `cmd:"" help:"Compare what two configurations do with the same accounts."`
	Try       tryCommand       `cmd:"" help:"Evaluate one transform or mapping: on a value, for an identity, with an account, or on many values."`
	Print     printCommand     `cmd:"" help:"Write a transform or mapping in a short readable form, or all of them."`
	Data      dataCommand      `cmd:"" help:"Tell what is in the account files and in what a run makes of them: gaps, values, patterns, reasons for nulls."`
	Where     whereCommand     `cmd:"" help:"Tell what a source, attribute, transform, mapping or rule is made of and who uses it, or what nobody uses."`
	Docs      docsCommand      `cmd:"" help:"Write the data dictionary: where each identity attribute comes from, its rule in plain words, who reads it, how far it is filled."`
	Timeline  timelineCommand  `cmd:"" help:"Run a population over days and tell who changes when, because of the date alone."`
	State     stateCommand     `cmd:"" help:"Tell what a state file holds and what the last runs have changed in it."`
	Explain   explainCommand   `cmd:"" help:"Explain how one identity gets its profile, accounts and attributes."`
	Correlate correlateCommand `cmd:"" help:"Tell why accounts have the identities that they have, or none, and what would help."`
	Link      linkCommand      `cmd:"" help:"Find the records of one person in any CSV or JSON files, within one or between two."`
	Apply     applyCommand     `cmd:"" help:"Carry a change (priority, mapping, deletion) to the files, as a tenant would, after showing what it does."`
	Bench     benchCommand     `cmd:"" help:"Measure where a configuration spends its time, by stage, attribute and operation."`
	Verify    verifyCommand    `cmd:"" help:"Compare our results with identities exported from a tenant."`
	Serve     serveCommand     `cmd:"" help:"Serve a local page to edit a configuration and see what it does to one person and to everybody."`

	Help       helpCommand       `cmd:"" group:"about" help:"Tell what a command does."`
	Completion completionCommand `cmd:"" group:"about" help:"Print a script that completes commands, flags and their values in a shell."`
	Manual     manualCommand     `cmd:"" group:"about" help:"Print the manual of all commands, as Markdown or as a man page."`
	Version    versionCommand    `cmd:"" group:"about" help:"Print the version."`

	MaxFile     int64            `placeholder:"MIB" help:"Largest file that is read from a folder, in MiB. Default: 4096."`
	MaxValues   int              `placeholder:"N" help:"Most JSON values that are read from the configuration of a folder. Default: 4000000."`
	MaxParts    int              `placeholder:"N" help:"Most parts of transforms that are compiled. Default: 6000000."`
	MaxFindings int              `placeholder:"N" help:"Most findings of one code that are listed; the others are counted. Default: 10000."`
	NoProgress  bool             `help:"Show no progress."`
	ShowVersion kong.VersionFlag `name:"version" help:"Print the version."`
}

// Exit codes.
const (
	exitDone = iota
	exitFailed
	exitCannotRun
)

// errFailed ends a command whose check failed after it has said why.
var errFailed = errors.New("a check failed")

// app is what commands take from outside.
type app struct {
	ctx       context.Context
	in        io.Reader
	piped     bool // in is a pipe or a file
	out, err  io.Writer
	clock     func() time.Time
	color     bool      // out shows colours
	width     int       // columns of out that lines are fitted to; 0: any number
	terminal  bool      // err is a terminal
	quiet     bool      // no progress is shown
	stdout    io.Writer // what an output named - is written to, see [app.giveOut]
	maxFile   int64     // MiB that a file of a folder may have; 0: what the library has as default
	maxValues int       // of the configuration of a folder; 0: the default

	maxParts, maxFindings int // likewise
}

func main() {
	thrift()
	os.Exit(mainWith(func() {}))
}

// mainWith runs the command line of the process and returns the exit code. It calls told once a
// signal has ended the context of the command.
func mainWith(told func()) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() {
		stop() // the second signal ends what does not look at its context
		told()
	})
	a := &app{
		ctx: ctx, in: os.Stdin, piped: isPiped(os.Stdin), out: os.Stdout, err: os.Stderr, clock: time.Now,
		color: colored(isTerminal(os.Stdout), os.Getenv), width: widthOf(os.Stdout), terminal: isTerminal(os.Stderr),
	}
	defer stop()
	return a.run(os.Args[1:])
}

// parser returns the command line as the library sees it.
func (a *app) parser(c *commands, exit func(int)) (*kong.Kong, error) {
	k, err := kong.New(c, kong.Name("preview"), kong.Writers(a.out, a.err), kong.Exit(exit),
		kong.Vars{"version": versionText()},
		kong.Description("Offline preview of identity profiles. Exit codes: 0 done, 1 a check failed, 2 could not run."),
		kong.ExplicitGroups([]kong.Group{{Key: "about", Title: "About this program:"}}))
	if err != nil {
		return nil, err
	}
	return k, describe(k)
}

// isPiped reports whether a file is a pipe or a regular file, whose lines somebody gives.
func isPiped(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && (info.Mode()&os.ModeNamedPipe != 0 || info.Mode().IsRegular())
}

// run runs one command line and returns the exit code.
func (a *app) run(args []string) int {
	out := &watched{w: a.out}
	a.out = out
	return out.failed(a, a.command(args))
}

// watched keeps the first error of what it writes to. Commands print without looking at errors;
// that their answer did not get out, or into its file, is said once, in the end.
type watched struct {
	w   io.Writer
	err error
}

// Write implements [io.Writer]. After an error nothing more is written.
func (w *watched) Write(p []byte) (n int, err error) {
	if w.err == nil {
		n, w.err = w.w.Write(p)
	}
	return n, w.err
}

// failed is [app.failed], unless the answer of the command did not get out.
func (w *watched) failed(a *app, err error) int {
	if w.err != nil && !errors.Is(err, errFailed) && err != nil && !errors.Is(err, w.err) {
		a.failed(err) // it has another reason, too
	}
	if w.err != nil {
		err = w.err
	}
	return a.failed(err)
}

// command runs one command line.
func (a *app) command(args []string) error {
	var c commands
	asked := false // for help or the version
	parser, err := a.parser(&c, func(int) { asked = true })
	if err != nil {
		return err
	}
	selected, err := parser.Parse(asFlag(args))
	if asked {
		return nil
	}
	if err != nil {
		return usage(parser, args, err)
	}
	a.maxFile, a.maxValues, a.quiet = c.MaxFile, c.MaxValues, c.NoProgress
	a.maxParts, a.maxFindings = c.MaxParts, c.MaxFindings
	if err := errors.Join(apart(selected.Flags()), a.giveOut(selected.Flags())); err != nil {
		return err
	}
	if a.width > 0 {
		lines := &fitted{w: a.out, width: a.width}
		a.out = lines
		defer lines.Flush()
	}

	return selected.Run(a)
}

// oneLine is an error whose text is one line, whatever it quotes.
type oneLine struct{ error }

// Error implements error.
func (e oneLine) Error() string { return report.OneLine(e.error.Error()) }

// Unwrap gives the error.
func (e oneLine) Unwrap() error { return e.error }

// usage is the error of a command line that cannot be read, with a name that is near
// where a command is not known.
func usage(parser *kong.Kong, args []string, err error) error {
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		var names []string
		for _, n := range parser.Model.Children {
			names = append(names, n.Name)
		}
		if !slices.Contains(names, args[0]) {
			err = fmt.Errorf("there is no command %q", args[0])
			if near := diag.Suggest(args[0], names); near != "" {
				err = fmt.Errorf("%w, %s", err, near)
			}
		}
	}

	// That an argument may be left out is no word to choose.
	const words = "must be one of "
	if said := err.Error(); strings.Contains(said, words+`"",`) {
		err = errors.New(strings.Replace(said, words+`"",`, words, 1))
	}
	return fmt.Errorf("%w (preview --help tells more)", oneLine{err})
}

// failed says what went wrong and returns the exit code.
func (a *app) failed(err error) int {
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errFailed):
		return exitFailed
	}

	// Who reads a log of a pipeline does not see the signal that its time limit has sent.
	said := err.Error()
	if a.ctx.Err() != nil && errors.Is(err, context.Canceled) {
		said = "interrupted before the end: " + said
	}
	for i, line := range strings.Split(said, "\n") {
		if i == 0 {
			line = "preview: " + line
		}
		report.Fprintln(a.err, line)
	}

	return exitCannotRun
}
