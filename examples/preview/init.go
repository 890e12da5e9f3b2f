package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/profiletest"
)

// initCommand makes a folder ready to run.
type initCommand struct {
	Folder string `arg:"" default:"." help:"Folder with exports and account files. Default: here."`

	CI     string `enum:",github,gitlab" default:"" help:"Write a pipeline that checks the folder, too."`
	People int    `placeholder:"N" default:"3" help:"People of each profile in the first test; 0: no test. Default: 3."`
	Plain  bool   `help:"Do not replace what tells who the people of the test are."`
	DryRun bool   `help:"Say what would be written, and write nothing."`

	outputFlags `set:"formats=text,json"`
}

// initLine is a line of the answer as JSON.
type initLine struct {
	Kind string   `json:"kind"` // found, missing, wrote, kept
	Name string   `json:"name"` // what, or the file
	Text string   `json:"text"`
	Get  []initIt `json:"get,omitempty"` // ways to get what is missing
}

// initIt is a way to get something from a tenant.
type initIt struct {
	By      string `json:"by"` // API, VS Code, CLI, here
	Command string `json:"command"`
}

// Run looks at the folder, says what it found, and writes what is not there.
func (c *initCommand) Run(a *app) error {
	fsys, err := a.folder(c.Folder)
	if err != nil {
		return err
	}
	b, found := config.Load(fsys)
	if err := several(c.Folder, fsys, found); err != nil {
		return fmt.Errorf("%w; run init in each", err)
	}
	in := &starter{initCommand: c, app: a, fsys: fsys, bundle: b}
	in.look()
	if len(b.Profiles) > 0 {
		if err := in.write(found); err != nil {
			return err
		}
	}

	return c.answer(a, func(a *app) error { return in.print(a) })
}

// starter is an init under way.
type starter struct {
	*initCommand
	app    *app
	fsys   fs.FS
	bundle *config.Bundle
	lines  []initLine
	wanted int // things that are missing
}

func (in *starter) found(name, format string, args ...any) {
	in.lines = append(in.lines, initLine{Kind: "found", Name: name, Text: fmt.Sprintf(format, args...)})
}

func (in *starter) missing(name, text string, get ...initIt) {
	in.wanted++
	in.lines = append(in.lines, initLine{Kind: "missing", Name: name, Text: text, Get: get})
}

// look says what is in the folder and what is not.
func (in *starter) look() {
	// What is found is told first and in the order in which somebody sets a tenant up.
	b := in.bundle
	for _, p := range b.Profiles {
		in.found("identity profile "+p.Name, "priority %d, %s, %s", p.Priority, plural(len(p.Mappings), "mapping"),
			plural(len(p.States), "lifecycle state"))
	}
	if n := len(b.Transforms); n > 0 {
		in.found("transforms", "%d", n)
	}
	for _, s := range b.Sources {
		if files := b.Data[s.Name]; len(files) > 0 {
			in.found("source "+s.Name, "accounts in %s", strings.Join(files, ", "))
		}
	}

	if len(b.Profiles) == 0 {
		in.missing("configuration", "there is no identity profile in this folder", getConfiguration()...)
	}
	for _, s := range b.Sources {
		// A source that only a mapping names exists, and nothing else is known about it.
		if s.Implied {
			in.missing("source "+s.Name, "its schema and correlation: no file describes it", getConfiguration()...)
		}
		if len(b.Data[s.Name]) == 0 {
			in.missing("accounts of "+s.Name, "no file has them", getAccounts(s)...)
		}
	}

	for _, r := range b.Rules {
		// Rules run in the tenant alone. One that nobody calls needs no stand-in.
		if b.Settings.Rules[r.Name] == "" && in.called(r.Name) {
			in.missing("rule "+r.Name, "its code runs in the tenant only",
				initIt{By: "here", Command: fmt.Sprintf(`"rules": {%q: "an expression that gives what the rule gives"} in idprofile.json`, r.Name)})
		}
	}
}

// called reports whether a transform or a mapping calls a rule.
func (in *starter) called(name string) bool {
	calls := func(n *jsondoc.Node) bool {
		return n.Any(func(m *jsondoc.Node) bool {
			return m.Get("type").Text() == "rule" && m.At("attributes", "name").Text() == name
		})
	}
	for _, def := range in.bundle.Transforms {
		if calls(def.Node) {
			return true
		}
	}

	for _, p := range in.bundle.Profiles {
		if calls(p.Node) {
			return true
		}
	}

	return false
}

const apiHost = "https://$TENANT.api.identitynow.com"

// exportTypes are what a configuration consists of.
var exportTypes = []string{"IDENTITY_PROFILE", "TRANSFORM", "SOURCE", "RULE", "IDENTITY_OBJECT_CONFIG",
	"LIFECYCLE_STATE"}

// bearer is the header of a call; $TOKEN is an access token.
const bearer = `-H "Authorization: Bearer $TOKEN" `

// getConfiguration are the ways to the configuration of a tenant. Those of the API are whole:
// the export is a job that has to be waited for.
func getConfiguration() []initIt {
	types := strings.Join(exportTypes, `","`)
	export := `"` + apiHost + `/v2025/sp-config/export`
	return []initIt{
		{By: "API", Command: `job=$(curl -sf ` + bearer + `-H "Content-Type: application/json" ` + export +
			`" -d '{"includeTypes":["` + types + `"]}' | jq -r .jobId); ` +
			`until curl -sf ` + bearer + export + `/$job" | grep -qE '"(COMPLETE|FAILED|CANCELLED)"'; do sleep 2; done; ` +
			`curl -sf ` + bearer + export + `/$job/download" -o tenant.json`},
		{By: "VS Code", Command: `extension "Identity Security Cloud": right-click the tenant, or command "ISC: Export config..."; the file goes to exportedObjects/`},
		{By: "CLI", Command: "sail spconfig export --include " + strings.Join(exportTypes, " --include ") +
			" --wait --folderPath ."},
	}
}

// getAccounts are the ways to the accounts of a source.
func getAccounts(s *config.Source) []initIt {
	id := s.ID
	if id == "" {
		id = "SOURCE-ID"
	}
	filter := shellQuote(`filters=sourceId eq "` + id + `"`)
	file := "accounts/" + strings.ReplaceAll(url.PathEscape(s.Name), "%20", " ")
	return []initIt{
		{By: "API", Command: `mkdir -p accounts; n=0; while page=$(curl -sfG ` + bearer + `"` + apiHost +
			`/v2025/accounts" -d limit=250 -d offset=$n --data-urlencode ` + filter +
			`) && [ "$page" != "[]" ]; do printf '%s\n' "$page" | jq -c '.[]' >> ` + shellQuote(file+".jsonl") +
			`; n=$((n+250)); done`},
		{By: "VS Code", Command: fmt.Sprintf(`extension "Identity Security Cloud": right-click source %s, export of accounts; the file goes to reports/: move it to accounts/`, s.Name)},
		{By: "CLI", Command: "sail api get /v2025/accounts --all --query " + filter + " > " + shellQuote(file+".json")},
	}
}

// shellQuote is a word of a shell that means itself.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// write writes the files that are not there.
func (in *starter) write(found diag.List) error {
	if err := in.file("idprofile.json", "when now is, and which file has the accounts of which source",
		in.settings); err != nil {
		return err
	}

	// A first test needs people; without accounts there is nobody to make it of.
	if in.People > 0 && len(in.bundle.Data) > 0 {
		for _, p := range in.bundle.Profiles {
			name := "tests/first-" + slug(p.Name) + "_test.json"
			err := in.file(name, "people of the accounts, and what they get now: review it",
				func() ([]byte, error) { return in.firstTest(p.Name, found) })
			if err != nil {
				return err
			}
		}
	}

	switch in.CI {
	case "github":
		return in.file(".github/workflows/idprofile.yml", "a pipeline that lints and tests",
			func() ([]byte, error) { return []byte(pinned(githubPipeline, versionName())), nil })
	case "gitlab":
		return in.file(".gitlab-ci.yml", "a pipeline that lints and tests",
			func() ([]byte, error) { return []byte(pinned(gitlabPipeline, versionName())), nil })
	}

	return nil
}

// file writes one file unless there is one. What cannot be made is said, and stops nothing.
func (in *starter) file(name, what string, content func() ([]byte, error)) error {
	place := filepath.Join(in.Folder, filepath.FromSlash(name))

	// Lstat, not Stat: a link that leads nowhere is also somebody's file.
	if _, err := os.Lstat(place); err == nil {
		in.lines = append(in.lines, initLine{Kind: "kept", Name: name, Text: "it is there already"})
		return nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}

	// The content is made before the folder, so a failure leaves no empty folder behind.
	src, err := content()
	if err != nil {
		in.missing(name, err.Error())
		return nil
	}

	if in.DryRun {
		in.lines = append(in.lines, initLine{Kind: "wrote", Name: name, Text: "(dry run) " + what})
		return nil
	}

	if err := os.MkdirAll(filepath.Dir(place), 0o755); err != nil {
		return err
	}

	// Whoever makes the file in the meantime keeps it.
	f, err := os.OpenFile(place, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(src)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	in.lines = append(in.lines, initLine{Kind: "wrote", Name: name, Text: what})
	return nil
}

// now is the day that runs of the folder take place on.
func (in *starter) now() time.Time { return in.app.clock().UTC().Truncate(24 * time.Hour) }

// settings are those that make a run give the same tomorrow.
func (in *starter) settings() ([]byte, error) {
	// Only where one file is all of a source: several are found by their names in each run.
	sources := jsondoc.NewObject()
	for _, s := range in.bundle.Sources {
		if files := in.bundle.Data[s.Name]; len(files) == 1 && !slices.Contains(in.bundle.Lists, s.Name) {
			sources.Set(s.Name, jsondoc.NewObject(jsondoc.M("file", jsondoc.NewString(files[0]))))
		}
	}

	root := jsondoc.NewObject(
		jsondoc.M("now", jsondoc.NewString(in.now().Format(time.RFC3339))),
		jsondoc.M("seed", jsondoc.NewInt(1)),
	)
	if len(sources.Members()) > 0 {
		root.Set("sources", sources)
	}
	return root.Indent(), nil
}

// slug is a name as part of a file name.
func slug(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s),
		func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9') })
	if len(words) == 0 {
		return "profile"
	}
	return strings.Join(words, "-")
}

// firstTest is a test of some people of a profile.
func (in *starter) firstTest(name string, found diag.List) ([]byte, error) {
	bundle := in.bundle

	// The settings that this command writes are not read again; the test has to be made as of the
	// moment that they say.
	if bundle.Settings.Now.IsZero() {
		bundle.Settings.Now = in.now() // as the settings say that were just written
	}
	engine, wrong := profile.Compile(bundle, profile.Options{})
	if err := append(slices.Clone(found), wrong...).Err(); err != nil {
		return nil, fmt.Errorf("no test before the configuration is right: %w", err)
	}
	sources, _ := bundle.Accounts(in.fsys, nil)
	o := profile.RunOptions{Now: bundle.Settings.Now, Seed: bundle.Settings.Seed, Workers: runtime.GOMAXPROCS(0)}
	var people []string

	// Somebody with exceptions or errors would make a test that fixes a mistake.
	for r, err := range engine.Run(in.app.ctx, o, sources...) {
		if err != nil {
			return nil, err
		}
		if r.Identity.Profile == name && len(people) < in.People && len(r.Exceptions)+len(r.Errors) == 0 {
			people = append(people, strings.Clone(r.Identity.ID)) // results share their memory
		}
	}

	if len(people) == 0 {
		return nil, errors.New("no test: nobody without exceptions is in the accounts")
	}
	test := func(people []string) ([]byte, error) {
		d := profiletest.DataOptions{Identities: people, Mask: !in.Plain, Key: path.Base(filepath.ToSlash(in.Folder))}
		return profiletest.FromData(in.app.ctx, engine, in.fsys, profiletest.Options{Now: o.Now}, d)
	}

	// Where masking makes several people the same, a test of one is better than none.
	src, err := test(people)
	if err != nil && len(people) > 1 { // masked, several may have one name
		return test(people[:1])
	}
	return src, err
}

// pinned makes a pipeline install the build that writes it, so that what passes today is not
// judged by another one tomorrow. A build that has no name can only be the latest.
func pinned(pipeline, build string) string {
	if build == "(devel)" || strings.Contains(build, "+") { // + marks what was changed after a checkout
		return pipeline
	}
	return strings.ReplaceAll(pipeline, "preview@latest", "preview@"+build)
}

const githubPipeline = `name: identity profiles
on: [push, pull_request]
permissions:
  contents: read
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-go@v5
        with: {go-version: stable}
      - run: go install github.com/idprofile/engine/examples/preview@latest
      - run: preview lint .
      - run: preview test . --junit mappings.xml
`

const gitlabPipeline = `identity profiles:
  image: golang:latest
  script:
    - go install github.com/idprofile/engine/examples/preview@latest
    - preview lint .
    - preview test . --junit mappings.xml
  artifacts:
    when: always
    reports:
      junit: mappings.xml
`

// print writes the answer.
func (in *starter) print(a *app) error {
	if in.asJSON() {
		// The lines are written at once, so that a reader never sees half of them where one cannot be
		// written as JSON.
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		for _, l := range in.lines {
			if err := enc.Encode(l); err != nil {
				return err
			}
		}

		_, err := io.Copy(a.out, &b)
		return err
	}

	// The kinds stand in the order of reading: what is there, what is wanted, what was done.
	for _, part := range []struct{ kind, title string }{{"found", "Found"}, {"missing", "Missing"},
		{"wrote", "Written"},
		{"kept", "Left as they are"}} {
		shown := false
		for _, l := range in.lines {
			if l.Kind != part.kind {
				continue
			}
			if !shown {
				heading(a, a.out, part.title)
				shown = true
			}

			report.Fprintf(a.out, "  %s: %s\n", l.Name, l.Text)
			for _, g := range l.Get {
				report.Fprintf(a.out, "    %-8s%s\n", g.By, g.Command)
			}
		}
	}

	// The next step is the first that is possible: without configuration nobody can tell which
	// accounts are needed.
	folder := filepath.ToSlash(in.Folder)
	next := "preview run " + folder
	switch {
	case len(in.bundle.Profiles) == 0:
		next = "get the configuration, then preview init " + folder
	case len(in.bundle.Data) == 0:
		next = "get the accounts, then preview init " + folder
	}

	role := report.Good
	if in.wanted > 0 {
		role = report.Warn
	}
	a.verdict(a.out, role, "%s, %s, %s missing; next: %s", plural(len(in.bundle.Profiles), "identity profile"),
		plural(len(in.bundle.Sources), "source"),
		plural(in.wanted, "thing"), next)
	return nil
}
