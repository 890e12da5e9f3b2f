package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/preview"
	"github.com/idprofile/engine/transform"
)

// tryCommand evaluates one transform.
type tryCommand struct {
	Transform string `arg:"" help:"File with a transform, name of a transform, or PROFILE/attribute for a mapping."`
	Folder    string `arg:"" default:"." help:"Folder in which names and references are looked for. Default: here."`

	Input    *string `placeholder:"TEXT" xor:"input" help:"Input of the transform. Without it, null; with lines in a pipe, each of them."`
	Inputs   string  `placeholder:"FILE" xor:"input" help:"Evaluate each line of a text file, each value of a .jsonl or .json file; - is standard input. Prints JSON Lines: input, value, error."`
	Identity string  `placeholder:"WHO" xor:"who" help:"Evaluate for an identity, with what a run sees: id, name, uid, account id, or source/account id."`
	Account  string  `placeholder:"SOURCE/ID" xor:"who" help:"Evaluate with this account alone."`
	Steps    bool    `help:"Print every step."`

	outputFlags `set:"formats=text,json"`
	clockFlags
}

// tryOutcome is an outcome as JSON.
type tryOutcome struct {
	Input identity.Value `json:"input"`
	Value identity.Value `json:"value"`
	Error string         `json:"error,omitempty"`
	Steps *profile.Step  `json:"steps,omitempty"`
}

// Run evaluates the transform and prints what it gives.
func (c *tryCommand) Run(a *app) error {
	f, err := c.open(a)
	if err != nil {
		return err
	}
	engine, _ := profile.Compile(f.bundle, profile.Options{})
	o := profile.RunOptions{Now: f.clock(a, c.Now), Seed: f.seed(c.Seed), Workers: runtime.GOMAXPROCS(0)}
	t, found, err := c.find(a, f, engine, o)
	if err != nil {
		return err
	}
	c.warn(a, f, found)

	// The transform has to have an identity before it can be asked, as what it reads may come from its
	// accounts.
	if err := c.bind(a, f, t); err != nil {
		return err
	}
	if t.Reads().Now {
		report.Fprintf(a.err, "now is %s\n", o.Now.Format("2006-01-02T15:04:05.999999999Z07:00"))
	}

	inputs, err := c.inputs(a)
	if err != nil {
		return err
	}

	// A note and no error: a pipeline of inputs may be right with a transform that ignores them.
	if (c.Input != nil || inputs != nil) && !t.ReadsInput() {
		report.Fprintln(a.err, "note: the transform does not read an input: what it works on is in it; --identity and --account give it accounts")
	}
	if inputs != nil {
		return c.answer(a, func(a *app) error { return c.many(a, t, inputs) })
	}
	var input identity.Value
	if c.Input != nil {
		input = identity.StringValue(*c.Input)
	}
	return c.answer(a, func(a *app) error { return c.one(a, t.Eval(input), input) })
}

// open reads the folder. Without identity profiles there is still something to try.
func (c *tryCommand) open(a *app) (*folder, error) {
	if info, err := os.Stat(c.Transform); err == nil && info.IsDir() {
		c.Transform, c.Folder = c.Folder, c.Transform // as in other commands, the folder may come first
	}
	fsys, err := a.folder(c.Folder)
	if err != nil {
		return nil, err
	}
	b, found := config.Load(fsys)
	return &folder{name: filepath.ToSlash(c.Folder), fsys: fsys, bundle: b, found: found}, nil
}

// find finds what is to be tried.
func (c *tryCommand) find(a *app, f *folder, engine *profile.Engine,
	o profile.RunOptions) (*profile.Trial, diag.List, error) {
	// A file counts before a name of the tenant, as with all commands of this kind.
	src, err := os.ReadFile(c.Transform)
	switch {
	case err == nil:
		def, err := transformOf(filepath.ToSlash(c.Transform), src)
		if err != nil {
			return nil, nil, err
		}
		t, found := engine.Try(a.ctx, o, def)
		return t, found, nil

	case !errors.Is(err, fs.ErrNotExist):
		return nil, nil, err
	}

	stored := f.bundle.Referable()
	if def := stored[c.Transform]; def != nil {
		t, found := engine.Try(a.ctx, o, def)
		return t, found, nil
	}

	// Mappings are tried by profile and attribute, of which the hints at the end know, too.
	names := slices.Sorted(maps.Keys(stored))
	for _, p := range f.bundle.Profiles {
		for _, m := range p.Mappings {
			name := p.Name + "/" + m.Attribute
			if name == c.Transform {
				t, found := engine.TryMapping(a.ctx, o, m)
				return t, found, nil
			}

			names = append(names, name)
		}
	}

	return nil, nil, fmt.Errorf("there is no file, transform or mapping %q in %s%s", c.Transform, f.name,
		hinted(c.Transform, names))
}

// hinted is the hint for a name that is not known, or what there is.
func hinted(name string, known []string) string {
	if len(known) == 0 {
		return ": it has neither transforms nor identity profiles"
	}
	if hint := diag.Suggest(name, known); hint != "" {
		return " (" + hint + ")"
	}
	return ""
}

// transformOf returns the transform of a file: a transform, a mapping, or an export that
// has one.
func transformOf(file string, src []byte) (*transform.Definition, error) {
	if def, ok := plainTransform(file, src); ok {
		return def, nil
	}

	// What is no transform by itself may be an export: then it is clear which one is meant only if
	// there is one.
	b, found := config.LoadFiles(config.File{Name: file, Data: src})
	names := slices.Sorted(maps.Keys(b.Transforms))
	switch {
	case len(names) == 1:
		return b.Transforms[names[0]], nil
	case len(names) > 1:
		return nil, fmt.Errorf("%s holds %d transforms (%s): name one, with the folder of the file", file, len(names),
			strings.Join(names[:min(len(names), examples)], ", "))
	case len(b.Profiles) > 0:
		return nil, fmt.Errorf("%s is an identity profile: name a mapping, such as %q, with the folder of the file",
			file,
			b.Profiles[0].Name+"/uid")
	case found.HasErrors():
		return nil, found.Err()
	}

	return nil, fmt.Errorf("%s holds no transform", file)
}

// plainTransform reads what has a type and no other shape than that of a transform.
func plainTransform(file string, src []byte) (*transform.Definition, bool) {
	n, found := jsondoc.Parse(file, src)
	if n == nil || found.HasErrors() {
		return nil, false
	}
	if mapped := n.Get("transformDefinition"); !mapped.IsNull() {
		n = mapped
	}
	if _, ok := n.Get("type").Str(); !ok || !n.Get("objects").IsNull() || !n.Get("object").IsNull() {
		return nil, false
	}
	return transform.FromNode(n), true
}

// warn says what is wrong with the transform.
func (c *tryCommand) warn(a *app, f *folder, found diag.List) {
	list := newFindings("", sampleFlags{All: true})
	for _, d := range found {
		if d.Severity >= diag.Warning {
			if d.Pos.File != "" && !strings.HasPrefix(d.Pos.File, f.name) &&
				d.Pos.File != filepath.ToSlash(c.Transform) {
				d = below(f.name, d)
			}
			list.add(d)
		}
	}

	if len(list.groups) > 0 {
		list.print(a, a.err)
	}
}

// bind gives the transform an identity or an account.
func (c *tryCommand) bind(a *app, f *folder, t *profile.Trial) error {
	if c.Identity == "" && c.Account == "" {
		return nil
	}

	// Findings of the folder are told here because only now its accounts matter.
	found := newFindings(f.name, fewSamples)
	defer found.warn(a)
	for _, d := range f.found {
		found.addError(d)
	}
	sources := f.accounts(found.addError)
	if c.Identity != "" {
		return f.forPerson(a, c.Identity, sources, func(find func(*profile.Result) bool) error {
			_, err := t.InRun(a.ctx, find, sources...)
			return err
		})
	}

	// The first slash divides, unless a source has one in its name.
	for _, s := range sources {
		name, id, ok := strings.Cut(c.Account, "/")
		if s.Name() != name || !ok {
			if !strings.HasPrefix(c.Account, s.Name()+"/") {
				continue
			}
			id = c.Account[len(s.Name())+1:] // the name of a source may have a slash
		}

		for account, err := range s.Accounts(a.ctx) {
			if err != nil {
				return err
			}
			if account.NativeIdentity == id {
				// The account of a source is valid until the next one is read, so it is cloned.
				t.For(a.ctx, preview.NewAccount(f.bundle, account.Clone()))
				return nil
			}
		}
	}

	return fmt.Errorf("%s: there is no account %q, expected a source and an account id as SOURCE/ID", f.name, c.Account)
}

// one prints one outcome.
func (c *tryCommand) one(a *app, out profile.Outcome, input identity.Value) error {
	if c.asJSON() {
		if err := writeJSON(a.out, c.outcome(out, input)); err != nil {
			return err
		}
	} else {
		if out.Err != nil {
			report.Fprintf(a.out, "error: %v\n", out.Err)
		} else {
			report.Fprintln(a.out, printed(out.Value))
		}

		if c.Steps && out.Step != nil {
			if err := preview.WriteStep(a.out, out.Step, a.style()); err != nil {
				return err
			}
		}
	}

	if out.Err != nil {
		return errFailed
	}
	return nil
}

// printed is a value as it is: text without quotation marks.
func printed(v identity.Value) string {
	switch v.Kind() {
	case identity.Null:
		return "null"
	case identity.List:
		src, err := v.MarshalJSON()
		if err == nil {
			return string(src)
		}
	}

	return v.Text()
}

func (c *tryCommand) outcome(out profile.Outcome, input identity.Value) tryOutcome {
	o := tryOutcome{Input: input, Value: out.Value}
	if out.Err != nil {
		o.Error = out.Err.Error()
	}
	if c.Steps {
		o.Steps = out.Step
	}
	return o
}

// inputs returns the values of --inputs or of a pipe; nil when there is neither.
func (c *tryCommand) inputs(a *app) ([]identity.Value, error) {
	var src []byte
	var err error

	// A pipe counts as input only where nothing else was given: build servers start commands with a
	// pipe that nobody writes to.
	switch {
	case c.Inputs == "-", c.Inputs == "" && c.Input == nil && c.Identity == "" && c.Account == "" && a.piped:
		if a.in == nil {
			return nil, nil
		}
		src, err = io.ReadAll(a.in)
	case c.Inputs == "":
		return nil, nil
	default:
		src, err = os.ReadFile(c.Inputs)
	}

	// An empty pipe is none; an empty file that was named is an empty list.
	if err != nil || len(src) == 0 && c.Inputs == "" {
		return nil, err
	}
	switch filepath.Ext(c.Inputs) {
	case ".json", ".jsonl":
		return jsonValues(c.Inputs, src)
	}

	list := []identity.Value{}
	for line := range bytes.Lines(bytes.TrimPrefix(src, []byte("\ufeff"))) {
		list = append(list, identity.StringValue(strings.TrimRight(string(line), "\r\n")))
	}
	return list, nil
}

// jsonValues reads JSON values that stand one after the other, or in an array.
func jsonValues(file string, src []byte) ([]identity.Value, error) {
	list := []identity.Value{}
	d := json.NewDecoder(bytes.NewReader(src))
	for {
		var v identity.Value
		err := d.Decode(&v)
		switch {
		case errors.Is(err, io.EOF):
			return list, nil
		case err != nil:
			return nil, fmt.Errorf("%s: value %d: %w", file, len(list)+1, err)
		case v.Kind() == identity.List && filepath.Ext(file) == ".json":
			list = append(list, v.List()...)
		default:
			list = append(list, v)
		}
	}
}

// many prints a line of JSON for each input.
func (c *tryCommand) many(a *app, t *profile.Trial, inputs []identity.Value) error {
	w := bufio.NewWriter(a.out)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	failed := false
	for _, in := range inputs {
		if err := a.ctx.Err(); err != nil {
			return errors.Join(err, w.Flush())
		}
		out := t.Eval(in)
		failed = failed || out.Err != nil
		if err := enc.Encode(c.outcome(out, in)); err != nil {
			return err
		}
	}

	if err := w.Flush(); err != nil {
		return err
	}
	if failed {
		return errFailed
	}
	return nil
}
