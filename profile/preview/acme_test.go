package preview_test

import (
	"bytes"
	"flag"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/preview"
)

var update = flag.Bool("update", false, "write the golden files")

const (
	acmeFolder    = "../../examples/acme"
	changesFolder = "../../examples/acme-changes"
)

// acme loads the example tenant, with the files of one of the prepared changes
// on top of it.
func acme(t testing.TB, change string) *config.Bundle {
	t.Helper()
	files := fstest.MapFS{}
	for _, dir := range []string{acmeFolder, filepath.Join(changesFolder, change)} {
		if _, err := os.Stat(dir); err != nil || change == "" && dir != acmeFolder {
			continue
		}
		if err := fs.WalkDir(os.DirFS(dir), ".", func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			src, err := os.ReadFile(filepath.Join(dir, p))
			files[p] = &fstest.MapFile{Data: src}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	b, _ := config.Load(files)
	return b
}

func accounts(t testing.TB, b *config.Bundle) []identity.Source {
	t.Helper()
	sources, found := b.Accounts(os.DirFS(acmeFolder), func(diag.Diagnostic) {})
	if found.HasErrors() {
		t.Fatal(found)
	}
	return sources
}

// options are those of the tenant's settings; settled starts from the state that
// the configuration has stored.
func options(t testing.TB, b *config.Bundle, settled bool) preview.Options {
	t.Helper()
	o := preview.Options{Run: profile.RunOptions{Now: b.Settings.Now, Seed: b.Settings.Seed}, BeforeName: "acme", AfterName: "changed", Examples: 2, People: true}
	if settled {
		e, _ := profile.Compile(b, profile.Options{})
		st := store.NewMemory()
		if _, err := e.Aggregate(t.Context(), st, o.Run, nil, accounts(t, b)...); err != nil {
			t.Fatal(err)
		}
		o.Run.Stored = st
	}
	return o
}

func compare(t testing.TB, before, after *config.Bundle, o preview.Options) *preview.Report {
	t.Helper()
	r, err := preview.Compare(t.Context(), before, after, o, accounts(t, before)...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// changes are the prepared changes; a change of correlation shows only where
// nothing is linked yet.
var changes = []change{{"broken-transform", true}, {"domain-change", true}, {"priority-swap", true}, {"correlation-change", false}}

type change struct {
	name    string
	settled bool
}

// starts are the states to start from. Without stored state a swap of priorities
// makes other identities, which is another path.
func (c change) starts() []bool {
	if c.name == "priority-swap" {
		return []bool{true, false}
	}
	return []bool{c.settled}
}

func TestGolden(t *testing.T) {
	before := acme(t, "")
	for _, c := range changes {
		t.Run(c.name, func(t *testing.T) {
			o := options(t, before, c.settled)
			o.AfterName, o.People = c.name, c.name == "broken-transform"
			r := compare(t, before, acme(t, c.name), o)
			gate := preview.Gate{Frozen: []string{"uid"}, MaxNewErrors: &preview.Limit{}, MaxChanges: &preview.Limit{Value: 5, Percent: true}}
			gate.Check(r)
			for extension, write := range map[string]func(io.Writer) error{".json": r.WriteJSON, ".html": r.WriteHTML} {
				golden(t, c.name+extension, write)
			}
			r.People = nil // shown in JSON and HTML
			golden(t, c.name+".txt", plain(r))
			golden(t, c.name+".md", r.WriteMarkdown)
			if c.name == "domain-change" {
				golden(t, c.name+".masked.txt", plain(r.Mask()))
			}
		})
	}
}

// page leaves out what belongs to the looks of all pages.
var page = regexp.MustCompile(`(?s)<style>.*?</style>|<script>.*?</script>|<meta http-equiv[^>]*>`)

func golden(t *testing.T, name string, write func(io.Writer) error) {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	got := page.ReplaceAll(b.Bytes(), nil)
	file := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s: mismatch (-want +got)\n%s", file, diff)
	}
}

// plain writes a report without colours.
func plain(r *preview.Report) func(io.Writer) error {
	return func(w io.Writer) error { return r.WriteText(w, nil) }
}
