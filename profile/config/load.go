package config

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/transform"
)

// Load reads a folder: every JSON file in whatever of the known shapes it is,
// the account files under accounts/, and the optional idprofile.json. Files and
// folders that begin with a dot, node_modules, accounts/, fixtures/ and files
// named *_test.json are no configuration, and neither is a [store.File]; files named
// *.lint.json hold suppressions for the file beside them. It
// returns what could be read and all findings; the bundle is never nil.
func Load(fsys fs.FS) (*Bundle, diag.List) {
	l := newLoader()

	// Limits go with the folder, which may come from somebody unknown.
	if f, ok := fsys.(*Folder); ok {
		l.values, l.bytes, l.found.Most = f.options.MaxValues, f.options.MaxConfig, f.options.MaxFindings
		l.b.Limits = Limits{Findings: f.options.MaxFindings, Parts: f.options.MaxParts}
	}
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			l.found.Addf(diag.Error, codeFileUnreadable, diag.Pos{File: p}, "%v", err)
			return nil
		}

		return l.visit(fsys, p, d)
	})

	if err != nil {
		l.found.Addf(diag.Error, codeFileUnreadable, diag.Pos{File: "."}, "%v", err)
	}

	// An empty folder is a mistake in the path more often than an empty configuration; where files could not
	// be read, that is said already.
	if len(l.b.Documents) == 0 && !l.found.HasErrors() {
		l.found.Add(diag.Diagnostic{Severity: diag.Error, Code: codeConfigEmpty, Pos: diag.Pos{File: "."},
			Message: "the folder has no configuration",
			Hint:    "put an SP-Config export, or JSON files of profiles, sources and transforms, into it"})
	}

	return l.finish()
}

// LoadStrict is [Load] where everything that Load mends or decides by itself is
// an error, see [Strict]. The bundle is that of Load; whether to use it is up to
// the caller.
func LoadStrict(fsys fs.FS) (*Bundle, diag.List) {
	b, found := Load(fsys)
	return b, Strict(found)
}

// LoadFile reads one configuration file that is in memory.
func LoadFile(name string, src []byte) (*Bundle, diag.List) {
	return LoadFiles(File{name, src})
}

// File is a configuration file that is in memory.
type File struct {
	Name string // for messages
	Data []byte
}

// LoadFiles reads configuration files that are in memory, as one configuration.
func LoadFiles(files ...File) (*Bundle, diag.List) {
	l := newLoader()
	for _, f := range files {
		l.config(f.Name, string(f.Data))
	}
	return l.finish()
}

func (l *loader) visit(fsys fs.FS, p string, d fs.DirEntry) error {
	name := d.Name()

	// Hidden folders and those of tools hold copies of configurations that are none of this one.
	if p != "." && strings.HasPrefix(name, ".") || name == "node_modules" || name == "fixtures" {
		if d.IsDir() {
			return fs.SkipDir
		}
		return nil
	}

	if d.IsDir() {
		if name == "accounts" {
			l.accountFiles(fsys, p)
			return fs.SkipDir
		}

		return nil
	}

	// Tests lie beside the mappings, and a file with accounts may be JSON as well.
	if strings.HasSuffix(name, "_test.json") || p != settingsFile && l.dataFile(fsys, p, false) ||
		path.Ext(name) != ".json" {
		return nil
	}
	src, err := l.read(fsys, p)
	if err != nil {
		l.b.Unread = append(l.b.Unread, p)
		l.found.Addf(diag.Error, codeFileUnreadable, diag.Pos{File: p}, "%v", err)
		return nil
	}

	if p == settingsFile {
		l.settings(p, src)
		return nil
	}

	if strings.HasSuffix(name, lintSuffix) {
		l.lintFile(p, src)
		return nil
	}

	// A state keeps what name its owner gives it, and may lie in the folder that it is of.
	if store.IsFile([]byte(src[:min(len(src), headSize)])) {
		return nil
	}
	l.config(p, src)
	return nil
}

// accountFiles notes the files of a folder accounts/ and of the folders in it.
func (l *loader) accountFiles(fsys fs.FS, dir string) {
	err := fs.WalkDir(fsys, dir, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			l.found.Addf(diag.Error, codeFileUnreadable, diag.Pos{File: p}, "%v", err)
		case strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
		case !d.IsDir():
			l.dataFile(fsys, p, true)
		case p != dir && l.dataFile(fsys, p, true):
			return fs.SkipDir // named as a file: whoever reads the accounts says that it is none
		}

		return nil
	})

	if err != nil {
		l.found.Addf(diag.Error, codeFileUnreadable, diag.Pos{File: dir}, "%v", err)
	}
}

func (l *loader) config(file, src string) {
	src = l.utf8(file, src)
	root := l.parse(file, src)
	if root == nil {
		l.b.Unread = append(l.b.Unread, file)
		return
	}

	d := &Document{Path: file, Root: root, src: src}
	l.b.Documents = append(l.b.Documents, d)
	l.document(d)
}

// utf8 decodes a file that begins with the mark of UTF-16, as a shell on Windows
// writes what is redirected into a file.
func (l *loader) utf8(file, src string) string {
	order := ""
	switch {
	case strings.HasPrefix(src, "\xFF\xFE"):
		order = feed.UTF16LE
	case strings.HasPrefix(src, "\xFE\xFF"):
		order = feed.UTF16BE
	default:
		return src
	}

	text, err := io.ReadAll(feed.UTF8Reader(strings.NewReader(src)))
	if err != nil {
		return src // what it is not, parsing tells
	}
	l.b.Assumptions = append(l.b.Assumptions,
		diag.Assumption{Code: codeFileEncoding, File: file, Used: order, Instead: feed.UTF8})
	return string(text)
}

// read reads a file into one piece of memory, of which the tree is made of.
func (l *loader) read(fsys fs.FS, file string) (string, error) {
	f, err := fsys.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()

	var text strings.Builder
	if info, err := f.Stat(); err == nil {
		if info.Size() > l.bytes {
			return "", fmt.Errorf("%w: it has %d bytes, and the configuration may have %d more", ErrUnsafeFile,
				info.Size(), l.bytes)
		}
		text.Grow(int(info.Size()))
	}

	// The limit is for the whole folder: what one file takes is missing for the next. The length from before may
	// be wrong for files that grow.
	n, err := io.Copy(&text, io.LimitReader(f, l.bytes))
	l.bytes -= n
	return text.String(), err
}

// document takes every object of a document.
func (l *loader) document(d *Document) {
	known := isContainer(d.Root)
	d.each(func(o object) {
		known = known || o.shape != ""

		// An entry of an export says that it is an object; JSON of other programs may lie in the folder and
		// is no news.
		if o.shape == "" && o.entry != o.node {
			l.found.Addf(diag.Info, codeShapeUnknown, o.node.Pos(),
				"the object %q is of no known shape; it is kept and not evaluated",
				FirstText(o.entry.At("self", "name"), o.node.Get("name")))
		}

		l.object(o)
	})

	if k := d.Root.Kind(); k != jsondoc.Object && k != jsondoc.Array {
		l.found.Addf(diag.Error, codeShapeUnknown, d.Root.Pos(),
			"the file holds a %s, expected an object or a list of objects", k)
	} else if !known {
		l.found.Addf(diag.Info, codeShapeUnknown, d.Root.Pos(), "JSON of no known shape; it is kept and not evaluated")
	}
}

func (l *loader) object(o object) {
	// Members are checked before the object is read, so that findings come in the order of the file.
	l.checkMembers(o)

	n, entry := o.node, o.entry
	switch o.shape {
	case shapeProfile:
		l.profile(n, entry)
	case shapeSource:
		l.source(n, entry)
	case shapeTransform:
		l.transform(n)
	case shapeRule:
		l.b.Rules = append(l.b.Rules, &Rule{
			ID: n.Get("id").Text(), Name: n.Get("name").Text(), Type: n.Get("type").Text(), Source: n.At("sourceCode",
				"script").Text()})
	// They join their source or profile when all files are read: it may come later.
	case shapeState, shapeCorrelation, shapeSchema, shapePolicy:
		l.parts = append(l.parts, part{o.shape, n})
	case shapeField:
		l.b.Fields = append(l.b.Fields, n)
		l.found.Addf(diag.Info, codeFieldAlone, n.Pos(),
			"this is a field of an account create profile, no transform; its transform is checked as such")
	case shapeMachine:
		l.b.MachineMappings = append(l.b.MachineMappings, n)
	case shapeCatalogue:
		for _, a := range n.Get("attributes").Items() {
			l.attribute(a)
		}
	case shapeAttribute:
		l.attribute(n)
	default:
		l.unused(o)
	}
}

// unused counts objects that are kept and do not take part, by what they are.
func (l *loader) unused(o object) {
	if o.shape == "" {
		return
	}
	same := func(a diag.Assumption) bool { return a.Code == codeObjectUnused && a.Object == o.shape }
	if i := slices.IndexFunc(l.b.Assumptions, same); i >= 0 {
		l.b.Assumptions[i].Count++
		return
	}

	l.b.Assumptions = append(l.b.Assumptions, diag.Assumption{
		Code: codeObjectUnused, Object: o.shape, File: o.node.Pos().File, Line: o.node.Pos().Line, Count: 1})
}

func (l *loader) transform(n *jsondoc.Node) {
	def := transform.FromNode(n)
	if def.Name == "" {
		l.found.Addf(diag.Error, codeNameMissing, n.Pos(),
			"a stored transform needs a name: references find it by that")
		l.b.Unreferable = append(l.b.Unreferable, def)
		return
	}

	if old := l.b.Transforms[def.Name]; old != nil && !old.Node.Equal(n) {
		l.found.Addf(diag.Warning, codeObjectDuplicate, n.Pos(),
			"transform %q is already defined at %s; this one counts",
			def.Name, old.Node.Pos())
		l.b.Unreferable = append(l.b.Unreferable, old)
	}

	l.b.Transforms[def.Name] = def
}

func (l *loader) attribute(n *jsondoc.Node) {
	a := &IdentityAttribute{
		Name: n.Get("name").Text(), DisplayName: n.Get("displayName").Text(), Type: n.Get("type").Text(),
		Standard: n.Get("standard").IsTrue(), Multi: n.Get("multi").IsTrue(),
		Searchable: n.Get("searchable").IsTrue(), System: n.Get("system").IsTrue(), Node: n,
	}
	if a.Name == "" {
		l.found.Addf(diag.Error, codeNameMissing, n.Pos(), "an identity attribute needs a name")
		return
	}

	l.b.Attributes = slices.DeleteFunc(l.b.Attributes, func(o *IdentityAttribute) bool { return o.Name == a.Name })
	l.b.Attributes = append(l.b.Attributes, a)
}

// finish connects what came from different files and orders the profiles.
func (l *loader) finish() (*Bundle, diag.List) {
	l.joinParts()
	l.nameRules()
	l.assumeReadyMade()
	l.assumeConnectorRules()
	l.rank()
	slices.SortStableFunc(l.b.Profiles, comparePriority)
	l.checkData()
	l.checkCriteria()
	l.checkActionSources()
	l.assumeUnmapped()
	l.assumeStates()
	l.assumeDefaults()
	l.b.files = l.files
	found := l.b.WithoutConsequences(l.found.List())
	found.Sort()
	return l.b, found
}

// checkData finds the account files of the sources.
func (l *loader) checkData() {
	// Without any source the account files tell which sources there are.
	if len(l.b.Sources) == 0 {
		l.implySources()
	}
	l.assignData()

	names := make([]string, len(l.b.Sources))
	for i, s := range l.b.Sources {
		names[i] = s.Name
	}

	// By name, so that findings have one order.
	for _, name := range slices.Sorted(maps.Keys(l.b.Settings.Sources)) {
		if l.b.Source(name) == nil {
			l.found.Add(diag.Diagnostic{Severity: diag.Warning, Code: codeSourceUnknown, Pos: l.b.Settings.Pos,
				Message: fmt.Sprintf("the settings name a source %q that is not configured", name),
				Hint: diag.Suggest(name,
					names)})
		}
	}
}
