package profiletest

import (
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
)

// Suite is the test files of a folder. It is immutable and safe for concurrent
// use.
type Suite struct {
	Files []*File
	fsys  fs.FS
}

// File is one test file.
type File struct {
	Path     string
	Cases    []*Case
	src      []byte
	root     *jsondoc.Node
	fixtures map[string]fixture // by source
}

// fixture is a file of accounts that cases take theirs from.
type fixture struct {
	file string
	pos  diag.Pos
}

// Suffix is how the names of test files end.
const Suffix = "_test.json"

// Load reads the test files of a folder. The pattern is a glob of file names, or
// of paths when it has a slash; "" and "./..." mean all test files in the folder
// and below it. It returns what could be read and all findings, each with its
// place; a suite with errors among them should not be run.
//
// Folders that begin with a dot, node_modules and accounts are passed over.
func Load(fsys fs.FS, pattern string) (*Suite, diag.List) {
	s := &Suite{fsys: fsys}
	var found diag.Collector

	// A pattern is checked before it is used: on an empty folder nobody would notice that it is wrong.
	if _, err := path.Match(pattern, ""); err != nil {
		found.Addf(diag.Error, codeTestPattern, diag.Pos{}, "pattern %q: %v", pattern, err)
		return s, found.List()
	}

	// Folders are passed over as the configuration passes over them.
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if p != "." && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "accounts") {
				return fs.SkipDir
			}
			return nil
		}

		if !strings.HasSuffix(name, Suffix) || !matchesPattern(pattern, p) {
			return nil
		}
		src, err := fs.ReadFile(fsys, p)
		if err != nil {
			return err
		}

		// A file with faults is kept: its other cases can be checked, and all findings come at once.
		f, list := Parse(fsys, p, src)
		found.AddAll(list)
		if f != nil {
			s.Files = append(s.Files, f)
		}
		return nil
	})

	if err != nil {
		found.Addf(diag.Error, codeFileUnreadable, diag.Pos{File: "."}, "%v", err)
	}
	return s, found.Sorted()
}

func matchesPattern(pattern, p string) bool {
	pattern = strings.TrimPrefix(pattern, "./")
	if pattern == "" || pattern == "..." || pattern == "." {
		return true
	}
	if dir, ok := strings.CutSuffix(pattern, "/..."); ok {
		return strings.HasPrefix(p, dir+"/")
	}
	if strings.Contains(pattern, "/") {
		ok, _ := path.Match(pattern, p)
		return ok
	}

	ok, _ := path.Match(pattern, path.Base(p))
	return ok
}

// Parse reads one test file, or a vector file. CSV tables that it names are read
// from fsys. The file is nil when there is no JSON object.
func Parse(fsys fs.FS, file string, src []byte) (*File, diag.List) {
	root, found := jsondoc.Parse(file, src)
	f := &File{Path: file, src: src, root: root}

	// Recorded vectors are a form of test file, each vector a case.
	if root.Kind() == jsondoc.Object && root.Get("vectors") != nil {
		vectors, list := ParseVectors(file, src)
		for i := range vectors {
			f.Cases = append(f.Cases, &Case{Name: vectors[i].ID, Pos: vectors[i].Pos, file: f, vector: &vectors[i]})
		}
		return f, list
	}

	if root == nil {
		return nil, found
	}
	p := &parser{fsys: fsys, file: f}
	p.found.AddAll(found)
	p.root(root)
	if root.Kind() != jsondoc.Object {
		f = nil
	}
	return f, p.found.Sorted()
}

// parser reads a test file.
type parser struct {
	decoder
	fsys  fs.FS
	file  *File
	clock time.Time
	rules map[string]identity.Value
	names map[string]diag.Pos
}

func (p *parser) root(n *jsondoc.Node) {
	if !p.object(n, "a test file", text("$schema"), text("description"), text("clock"), object("fixtures"),
		object("rules"), list("accounts"), list("cases").must()) {
		return
	}

	// What all cases share comes first, since each case is checked as it is read.
	p.clock = p.instant(n.Get("clock"))
	p.rules = p.values(n.Get("rules"))
	p.names = map[string]diag.Pos{}
	p.file.fixtures = map[string]fixture{}
	for _, m := range n.Get("fixtures").Members() {
		name := path.Join(path.Dir(p.file.Path), m.Value.Text())
		if _, err := fs.Stat(p.fsys, name); err != nil {
			p.fail(codeTestFixture, m.Value.Pos(), "paths are relative to the test file", "there is no file %s", name)
		}
		p.file.fixtures[m.Key] = fixture{name, m.Value.Pos()}
	}

	// Accounts of the file are shared by reference; a case that changes one makes a copy.
	shared := p.accounts(n.Get("accounts"))
	for _, c := range n.Get("cases").Items() {
		p.oneCase(c, shared)
	}

	// An empty list would pass, which is hardly meant.
	if n.Get("cases").Kind() == jsondoc.Array && len(n.Get("cases").Items()) == 0 {
		p.fail(codeTestEmpty, n.Get("cases").Pos(), "", "the file has no cases")
	}
}

// name checks that no two cases of a file share a name.
func (p *parser) name(name string, pos diag.Pos) {
	if other, ok := p.names[name]; ok {
		p.fail(codeTestNameDuplicate, pos, "", "the case at %s is named %q too", other, name)
		return
	}

	p.names[name] = pos
}

// Rules returns the names of the custom rules that the suite has stubs for, to be
// announced in profile.Options.
func (s *Suite) Rules() []string {
	var names []string
	for _, f := range s.Files {
		for _, c := range f.Cases {
			for name := range c.rules {
				names = append(names, name)
			}
		}
	}

	slices.Sort(names)
	return slices.Compact(names)
}

// Len returns the number of cases.
func (s *Suite) Len() (n int) {
	for _, f := range s.Files {
		n += len(f.Cases)
	}
	return n
}

// Filter returns the cases whose name, FILE/NAME, the expression matches.
func (s *Suite) Filter(re *regexp.Regexp) *Suite {
	out := &Suite{fsys: s.fsys}
	for _, f := range s.Files {
		c := *f
		c.Cases = slices.DeleteFunc(slices.Clone(f.Cases), func(c *Case) bool { return !re.MatchString(c.FullName()) })
		if len(c.Cases) > 0 {
			out.Files = append(out.Files, &c)
		}
	}

	return out
}

var errNoCases = errors.New("there are no test files: expected files named *" + Suffix)
