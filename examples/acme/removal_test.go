package acme_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

var removals = flag.Int("removals", 200, "how many files and keys are removed, one at a time; 0 for all")

// removal is the tenant without one thing.
type removal struct {
	what  string   // a path, for people
	names []string // of what was removed, the innermost first: a key, the objects around it, its file
	make  func() fstest.MapFS
}

// Whatever is taken away from the tenant, nothing of the outcome changes without
// a word: there is a finding, or an assumption, that names what is missing.
func TestRemovals(t *testing.T) {
	files := folder(t)
	whole := outcomeOf(t, files)
	list := removalsOf(files)
	if *removals > 0 {
		random := rand.New(rand.NewPCG(20260115, 0))
		random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		list = list[:min(*removals, len(list))]
	}

	for _, r := range list {
		t.Run(r.what, func(t *testing.T) {
			t.Parallel()
			changed := outcomeOf(t, r.make())
			if changed.result == whole.result {
				return
			}
			said := whole.unsaid(changed)
			for _, text := range said {
				if slices.ContainsFunc(r.names, func(name string) bool { return names(text, name) }) {
					return
				}
			}
			t.Errorf("the outcome changes, and nothing that is said names any of %q:\n%s", r.names, strings.Join(said, "\n"))
		})
	}
}

// names reports whether a text has a name as a whole word.
func names(text, name string) bool {
	found, _ := regexp.MatchString(`(^|[^\pL\pN])`+regexp.QuoteMeta(name)+`($|[^\pL\pN])`, text)
	return found
}

// outcome is what a run gives, and what it says about it.
type outcome struct {
	result [sha256.Size]byte
	said   map[string]bool
}

// unsaid returns what another outcome says that o does not.
func (o *outcome) unsaid(other *outcome) []string {
	var list []string
	for _, text := range slices.Sorted(maps.Keys(other.said)) {
		if !o.said[text] {
			list = append(list, text)
		}
	}
	return list
}

var place = regexp.MustCompile(`:\d+:\d+\b`)

// say notes a text without the places in it, which move when lines go.
func (o *outcome) say(text string) { o.said[place.ReplaceAllString(text, "")] = true }

func (o *outcome) finding(d diag.Diagnostic) { o.say(d.String() + " " + d.Hint) }

func (o *outcome) assumption(a diag.Assumption) {
	a.Line = 0
	o.say(a.String())
}

// outcomeOf loads, compiles and runs a folder.
func outcomeOf(t *testing.T, files fs.FS) *outcome {
	o := &outcome{said: map[string]bool{}}
	b, found := config.Load(files)
	sources, more := b.OpenAccounts(files, config.Listener{OnFinding: o.finding, OnAssumption: o.assumption})
	engine, compiled := profile.Compile(b, profile.Options{})
	for _, d := range slices.Concat(found, more, compiled) {
		o.finding(d)
	}
	for _, a := range b.Assumptions {
		o.assumption(a)
	}

	hash := sha256.New()
	var uncorrelated []string
	run := profile.RunOptions{
		Now:  b.Settings.Now,
		Seed: b.Settings.Seed,
		Hooks: profile.Hooks{
			OnFinding: o.finding,
			OnUncorrelated: func(a identity.Account, u profile.Unlinked) {
				uncorrelated = append(uncorrelated, fmt.Sprintln(a.Source, a.NativeIdentity, u))
			},
		},
	}
	for r, err := range engine.Run(context.Background(), run, sources...) {
		if err != nil {
			o.say(err.Error())
			break
		}
		hash.Write(append(r.AppendJSON(nil), fmt.Sprintln(r.Links)...))
	}
	for _, line := range uncorrelated {
		hash.Write([]byte(line))
	}
	o.result = [sha256.Size]byte(hash.Sum(nil))
	return o
}

// folder reads the tenant into memory.
func folder(t *testing.T) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(os.DirFS("."), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(p) == ".go" || path.Ext(p) == ".md" || path.Dir(p) == "tests" {
			return err
		}
		src, err := os.ReadFile(p)
		files[p] = &fstest.MapFile{Data: src}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// removalsOf lists what can be taken away: each file, each key and each object of
// a list of the configuration, each column of the accounts.
func removalsOf(files fstest.MapFS) []removal {
	var list []removal
	for _, file := range slices.Sorted(maps.Keys(files)) {
		called := []string{file, strings.TrimSuffix(path.Base(file), path.Ext(file))}
		if root, _ := jsondoc.Parse(file, files[file].Data); root != nil {
			called = append(append(called, ownNames(root)...), inside(root)...)
		}
		list = append(list, removal{file, called, func() fstest.MapFS { return with(files, file, nil) }})
		if path.Ext(file) == ".json" {
			list = append(list, keysOf(files, file)...)
		} else {
			list = append(list, columnsOf(files, file)...)
		}
	}
	return list
}

// with returns the files with another content of one; nil removes it.
func with(files fstest.MapFS, file string, data []byte) fstest.MapFS {
	changed := maps.Clone(files)
	delete(changed, file)
	if data != nil {
		changed[file] = &fstest.MapFile{Data: data}
	}
	return changed
}

// step leads into a value: a key, or the number of an item.
type step struct {
	key  string
	item int
}

func (s step) String() string { return cmp.Or(s.key, fmt.Sprint(s.item)) }

// keysOf lists the members and the objects of lists of a JSON file. The entries of
// a table, the items of lists in transforms, and criteria are what somebody wants: a
// table with fewer of them is another table, and as good.
func keysOf(files fstest.MapFS, file string) []removal {
	var list []removal
	var walk func(n *jsondoc.Node, path []step, names []string)
	add := func(s step, v *jsondoc.Node, path []step, names []string) {
		at := append(slices.Clone(path), s)
		r := removal{what: file, make: func() fstest.MapFS { return with(files, file, without(files[file].Data, at)) }}
		for _, s := range at {
			r.what += "/" + s.String()
		}
		r.names = append(ownNames(v), names...)
		if s.key != "" {
			r.names = append(r.names, s.key)
		}
		for _, m := range v.Members() {
			r.names = append(r.names, m.Key)
		}
		r.names = append(r.names, inside(v)...)
		list = append(list, r)
		walk(v, at, names)
	}
	walk = func(n *jsondoc.Node, path []step, names []string) {
		names = append(slices.Clone(names), ownNames(n)...)
		for _, m := range n.Members() {
			if len(path) == 0 || path[len(path)-1].key != "table" {
				add(step{key: m.Key}, m.Value, path, names)
			}
		}
		for i, item := range n.Items() {
			switch {
			case item.Kind() == jsondoc.Object && !wanted(path[len(path)-1].key):
				add(step{item: i}, item, path, names)
			case item.Kind() == jsondoc.Object:
				walk(item, append(slices.Clone(path), step{item: i}), names)
			}
		}
	}
	root, _ := jsondoc.Parse(file, files[file].Data)
	walk(root, nil, nil)
	return list
}

// inside are the names of the objects that an SP-Config file, or the list in it,
// holds: whoever takes it away takes them away.
func inside(n *jsondoc.Node) []string {
	var list []string
	for _, entry := range slices.Concat(n.Items(), n.Get("objects").Items()) {
		if entry.Get("self") != nil {
			list = append(list, ownNames(entry)...)
		}
	}
	return list
}

// wanted reports whether a list has as many items as somebody wants: the values of
// a transform, the criteria of a source.
func wanted(list string) bool { return list == "values" || list == "attributeAssignments" }

// ownNames are what an object is called.
func ownNames(n *jsondoc.Node) []string {
	var list []string
	for _, at := range [][]string{{"self", "name"}, {"object", "name"}, {"object", "technicalName"}, {"name"}, {"technicalName"}, {"identityAttributeName"}, {"property"}} {
		if name := n.At(at...).Text(); name != "" {
			list = append(list, name)
		}
	}
	return list
}

// without returns the JSON without the value that the path leads to.
func without(src []byte, at []step) []byte {
	root, _ := jsondoc.Parse("", src)
	n := root
	for _, s := range at[:len(at)-1] {
		if s.key != "" {
			n = n.Get(s.key)
		} else {
			n = n.Items()[s.item]
		}
	}
	last := at[len(at)-1]
	if last.key != "" {
		n.Remove(last.key)
	} else {
		n.SetItems(slices.Delete(slices.Clone(n.Items()), last.item, last.item+1))
	}
	return root.Indent()
}

// columnsOf lists the columns of a CSV file, and the members of JSON Lines.
func columnsOf(files fstest.MapFS, file string) []removal {
	src := files[file].Data
	var columns []string
	cut := func(column string) []byte { return withoutMember(src, column) }
	if path.Ext(file) == ".csv" {
		comma := ','
		if bytes.ContainsRune(src[:bytes.IndexByte(src, '\n')], ';') {
			comma = ';'
		}
		r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(src, []byte("\ufeff"))))
		r.Comma = comma
		rows, _ := r.ReadAll()
		columns = rows[0]
		cut = func(column string) []byte { return withoutColumn(rows, comma, column) }
	} else {
		line, _, _ := bytes.Cut(src, []byte("\n"))
		root, _ := jsondoc.Parse(file, line)
		for _, m := range root.Members() {
			columns = append(columns, m.Key)
		}
	}

	var list []removal
	for _, column := range columns {
		list = append(list, removal{file + "#" + column, []string{column}, func() fstest.MapFS { return with(files, file, cut(column)) }})
	}
	return list
}

func withoutColumn(rows [][]string, comma rune, column string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Comma = comma
	at := slices.Index(rows[0], column)
	for _, row := range rows {
		w.Write(slices.Delete(slices.Clone(row), at, at+1))
	}
	w.Flush()
	return b.Bytes()
}

func withoutMember(src []byte, key string) []byte {
	var out []byte
	for line := range bytes.Lines(src) {
		root, _ := jsondoc.Parse("", line)
		root.Remove(key)
		out = append(root.Append(out), '\n')
	}
	return out
}
