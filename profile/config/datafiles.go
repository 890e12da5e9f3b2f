package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/jsondoc"
)

// headSize is how much of a file is looked at to tell what it holds.
const headSize = 64 << 10

// dataExtensions are those of files that accounts can be read from.
var dataExtensions = []string{".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".ldif"}

// dataFile notes a file that may hold accounts. Outside accounts/ it needs the
// form of an account list, or a header; a JSON file there that is none is left to
// the configuration, and the answer is false.
func (l *loader) dataFile(fsys fs.FS, file string, inside bool) bool {
	ext := strings.ToLower(path.Ext(file))
	if !slices.Contains(dataExtensions, ext) || ext == ".txt" && !inside {
		return false
	}

	d := dataFile{path: file, name: strings.TrimSuffix(path.Base(file), path.Ext(file)), inside: inside,
		head: readHead(fsys, file)}
	if decoded, err := url.PathUnescape(d.name); err == nil {
		d.name = decoded
	}

	// An account list is one file for all sources, as an export of a tenant is: each account in it names its
	// source.
	isJSON := ext == ".json" || ext == ".jsonl" || ext == ".ndjson"
	if isJSON {
		account := firstObject(d.head)
		d.list = account["nativeIdentity"] && (account["sourceId"] || account["sourceName"])
	} else {
		columns := strings.FieldsFunc(firstLine(d.head), func(r rune) bool {
			return strings.ContainsRune(",;\t|\"", r)
		})
		d.list = slices.Contains(columns, "nativeIdentity") &&
			(slices.Contains(columns, "sourceId") || slices.Contains(columns, "sourceName"))
	}

	// Outside of accounts/ a JSON file is configuration, unless its head is that of a list.
	if isJSON && !inside && !d.list {
		return false
	}
	l.files = append(l.files, d)
	return true
}

// readHead returns the beginning of a file in UTF-8, or nothing: what cannot be
// read is reported when the accounts are.
func readHead(fsys fs.FS, file string) []byte {
	f, err := fsys.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	head, _ := io.ReadAll(io.LimitReader(feed.UTF8Reader(io.LimitReader(f, headSize)), headSize))
	return head
}

func firstLine(head []byte) string {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	return strings.TrimRight(string(line), "\r")
}

// firstObject returns the member names of the first object of JSON: of the one
// that the text begins with, or the first of a list.
func firstObject(head []byte) map[string]bool {
	dec := json.NewDecoder(bytes.NewReader(head))
	t, err := dec.Token()
	if t == json.Delim('[') {
		t, err = dec.Token()
	}
	if err != nil || t != json.Delim('{') {
		return nil
	}

	names := map[string]bool{}

	// The head may end anywhere, so an error ends the names and those before it count.
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			break
		}
		names[fmt.Sprint(key)] = true
		var value json.RawMessage
		if dec.Decode(&value) != nil {
			break
		}
	}

	return names
}

// assignData gives every source its account files: the one that the settings
// name; one with its name; one whose name contains it, as export tools write
// them; an account list that names the source in its rows; and where one source
// and one file are left, they belong together.
func (l *loader) assignData() {
	// From the certain to the likely: what is said in settings, the file's own name, a part of it, a list, and at
	// last what is left over.
	taken := map[string]bool{}
	for _, s := range l.b.Sources {
		if set := l.b.Settings.Sources[s.Name]; set.File != "" {
			l.b.Data[s.Name] = []string{set.File}
			taken[set.File] = true
		}
	}

	l.assignNamed(taken, func(d dataFile, s *Source) bool { return d.name == s.Name })
	l.assignNamed(taken, func(d dataFile, s *Source) bool {
		return strings.EqualFold(d.name, s.Name) || strings.EqualFold(d.name, fileSafe(s.Name))
	})
	l.assignContaining(taken)
	l.assignLists(taken)
	l.assignOnly(taken)

	for _, d := range l.files {
		// What nobody takes is told last, when it is certain.
		if !taken[d.path] {
			l.withoutSource(d)
		}
	}
}

// UseData makes the sources of b read their accounts from another folder. Of the
// configuration there, only the settings of sources count. It returns what there
// is to say about the account files.
func (b *Bundle) UseData(fsys fs.FS) diag.List {
	data, _ := Load(fsys)
	if len(data.Settings.Sources) > 0 {
		b.Settings.Sources = data.Settings.Sources
	}

	l := newLoader()
	l.b.Sources, l.b.Settings, l.files = b.Sources, b.Settings, data.files
	l.assignData()
	b.Data, b.Lists, b.files = l.b.Data, l.b.Lists, l.files
	b.Assumptions = append(b.Assumptions, l.b.Assumptions...)
	return l.found.List()
}

// assignNamed takes files whose name is that of a source, in the order of their
// paths. A second one in accounts/ is an error: which of them counts?
func (l *loader) assignNamed(taken map[string]bool, named func(dataFile, *Source) bool) {
	for _, d := range l.files {
		if taken[d.path] || !d.inside {
			continue
		}

		// A file serves one source. When two sources have the name, the first has the file.
		i := slices.IndexFunc(l.b.Sources, func(s *Source) bool { return named(d, s) })
		if i < 0 {
			continue
		}
		name := l.b.Sources[i].Name
		taken[d.path] = true
		if files := l.b.Data[name]; len(files) > 0 {
			if l.b.Settings.Sources[name].File == "" {
				l.found.Addf(diag.Error, codeDataDuplicate, diag.Pos{File: d.path},
					"source %q already has the account file %s",
					name, files[0])
			}
			continue
		}

		l.b.Data[name] = []string{d.path}
	}
}

// assignContaining takes files whose name contains that of a source: of several
// the last by name, which with a date in it is the newest.
func (l *loader) assignContaining(taken map[string]bool) {
	best := map[string]dataFile{}
	for _, d := range l.files {
		if taken[d.path] || d.list {
			continue
		}
		s := l.sourceInName(d)

		// Outside of accounts/ a file may be anything, so it also has to look like accounts of the source.
		if s == nil || len(l.b.Data[s.Name]) > 0 || !d.inside && !s.fits(d) {
			continue
		}
		if old, ok := best[s.Name]; !ok || old.path < d.path {
			best[s.Name] = d
		}
	}

	// By name, so that assumptions come in one order whatever the map does.
	for _, name := range slices.Sorted(maps.Keys(best)) {
		d := best[name]
		taken[d.path] = true
		l.b.Data[name] = []string{d.path}
		l.b.Assumptions = append(l.b.Assumptions, diag.Assumption{
			Code: codeFileByName, Object: name, File: d.path, Used: d.path, Instead: "accounts/" +
				url.PathEscape(name) + path.Ext(d.path)})
	}
}

// sourceInName returns the source with the longest name that the file's name
// contains as whole words; nil when there is none.
func (l *loader) sourceInName(d dataFile) *Source {
	var found *Source
	for _, s := range l.b.Sources {
		if (found == nil || len(s.Name) > len(found.Name)) &&
			(containsWords(d.name, s.Name) || containsWords(d.name, fileSafe(s.Name)) ||
				containsWords(d.name, spaced(s.Name))) {
			found = s
		}
	}

	return found
}

// spaced is a name as tools write it that allow no blanks.
func spaced(name string) string { return strings.ReplaceAll(fileSafe(name), " ", "_") }

// containsWords reports whether a text contains a name, without regard to case,
// and no letter or digit stands next to it.
func containsWords(text, name string) bool {
	text, name = strings.ToLower(text), strings.ToLower(name)
	for from := 0; name != ""; {
		i := strings.Index(text[from:], name)
		if i < 0 {
			return false
		}
		i += from
		before, after := text[:i], text[i+len(name):]
		if !endsInWord(before) && !isWord(after) {
			return true
		}
		from = i + 1
	}

	return false
}

func endsInWord(s string) bool {
	r := []rune(s)
	return len(r) > 0 && isWord(string(r[len(r)-1]))
}

// fits reports whether the header of a file has the column that the source's
// schema takes for the account id.
func (s *Source) fits(d dataFile) bool {
	return s.Schema != nil && s.Schema.IdentityAttribute != "" &&
		containsWords(firstLine(d.head), s.Schema.IdentityAttribute)
}

// assignLists lets the sources without a file read the account lists.
func (l *loader) assignLists(taken map[string]bool) {
	var lists []string
	for _, d := range l.files {
		if d.list && !taken[d.path] {
			lists = append(lists, d.path)
			taken[d.path] = true
		}
	}

	// Without lists the sources stay without data, which is told elsewhere.
	if len(lists) == 0 {
		return
	}

	// A file of its own says more of a source than a list does, so it wins.
	for _, s := range l.b.Sources {
		if len(l.b.Data[s.Name]) == 0 {
			l.b.Data[s.Name] = lists
			l.b.Lists = append(l.b.Lists, s.Name)
		}
	}

	for _, file := range lists {
		l.b.Assumptions = append(l.b.Assumptions, diag.Assumption{
			Code: codeFileList, File: file, Used: "the source that each account names", Count: len(l.b.Lists)})
	}
}

// assignOnly gives the only account file to the only source.
func (l *loader) assignOnly(taken map[string]bool) {
	inside := slices.DeleteFunc(slices.Clone(l.files), func(d dataFile) bool { return !d.inside })
	if len(l.b.Sources) != 1 || len(inside) != 1 || taken[inside[0].path] || len(l.b.Data[l.b.Sources[0].Name]) > 0 {
		return
	}

	s, d := l.b.Sources[0], inside[0]
	taken[d.path] = true
	l.b.Data[s.Name] = []string{d.path}
	l.b.Assumptions = append(l.b.Assumptions, diag.Assumption{
		Code: codeFileAsOnly, Object: s.Name, File: d.path, Used: d.path, Instead: "accounts/" +
			url.PathEscape(s.Name) + path.Ext(d.path)})
}

// withoutSource reports a file that is of no source. In accounts/ nothing else
// than accounts is expected; elsewhere a table may be anything.
func (l *loader) withoutSource(d dataFile) {
	// A second file of a source is left alone but told, since somebody may wonder why it changes
	// nothing.
	if s := l.sourceInName(d); s != nil && len(l.b.Data[s.Name]) > 0 || !d.inside {
		instead := ""
		if s != nil && len(l.b.Data[s.Name]) > 0 {
			instead = l.b.Data[s.Name][0]
		}
		l.b.Assumptions = append(l.b.Assumptions, diag.Assumption{Code: codeFileUnused, File: d.path, Used: instead})
		return
	}

	names := make([]string, 0, len(l.b.Sources))
	for _, s := range l.b.Sources {
		names = append(names, s.Name)
	}
	hint := ""
	if near := diag.Near(d.name, names); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	} else if len(names) > 0 {
		hint = "the file is found by the source's name in its own; or name it in idprofile.json: {\"sources\": {\"NAME\": {\"file\": ...}}}"
	}

	l.found.Add(diag.Diagnostic{Severity: diag.Error, Code: codeSourceUnknown, Pos: diag.Pos{File: d.path},
		Message: fmt.Sprintf("there is no source %q for this account file", d.name), Hint: hint})
}

// implySources makes sources of what a configuration without any refers to:
// profiles exported alone name their authoritative sources, account files theirs.
func (l *loader) implySources() {
	for _, p := range l.b.Profiles {
		l.implySource(p.Source.ID, p.Source.Name, p.Node.Get("authoritativeSource").Pos())
	}
	if len(l.b.Profiles) == 0 {
		return
	}
	for _, d := range l.files {
		if d.inside && !d.list && l.sourceInName(d) == nil {
			l.implySource("", d.name, diag.Pos{File: d.path})
		}
	}
}

func (l *loader) implySource(id, name string, pos diag.Pos) {
	if name == "" || l.b.Source(name) != nil {
		return
	}
	l.b.Sources = append(l.b.Sources, &Source{
		ID: id, Name: name, ApplicationName: name +
			" [source]", DeleteThreshold: -1, Mirror: -1, Implied: true, Node: jsondoc.NewObject()})
	l.found.Addf(diag.Info, codeSourceImplied, pos,
		"no file describes the source %q; its accounts are taken as they are",
		name)
}
