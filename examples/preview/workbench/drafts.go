package workbench

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// draft is an object as somebody would have it. Drafts live with those who write them; each
// request brings all of them.
type draft struct {
	Key    string `json:"key"`
	Base   string `json:"base"` // of the object it began with; empty: it is new
	Text   string `json:"text"`
	File   string `json:"file,omitempty"` // of a new object
	Remove bool   `json:"remove,omitempty"`
}

// draftProblem says why a draft cannot be put into its file.
type draftProblem struct {
	Key     string `json:"key"`
	Code    string `json:"code"` // changed, gone, overlap, exists, file
	Message string `json:"message"`
	Current string `json:"current,omitempty"` // the object as it is now
	Base    string `json:"base,omitempty"`    // of that
}

// edited is the files of a folder with drafts in them.
type edited struct {
	files    map[string][]byte // those that differ, whole
	before   map[string][]byte // the same as they were; absent: new
	places   map[string]*place // by key of the draft
	problems []draftProblem
}

// place is where a draft stands in its new file.
type place struct {
	file     string
	from, to int
	form     form
	text     string // as the editor has it
}

// edit puts drafts into files. A draft whose object is no longer what it began with is
// refused, so that nobody's change is lost.
func edit(files map[string][]byte, byKey map[string]*object, drafts []draft) *edited {
	e := &edited{files: map[string][]byte{}, before: map[string][]byte{}, places: map[string]*place{}}
	type change struct {
		*object
		draft *draft
		bytes []byte
		form  form
	}

	// Objects of a file are changed together, in one pass over its bytes.
	byFile := map[string][]change{}
	for i := range drafts {
		d := &drafts[i]
		o := byKey[d.Key]

		// A draft without a base makes something new.
		if d.Base == "" {
			e.create(files, d, o)
			continue
		}

		if o == nil {
			e.refuse(d, "gone", "it is no longer in the folder")
			continue
		}

		src := files[o.File]
		if now := src[o.from:o.to]; hashOf(now) != d.Base {
			e.problems = append(e.problems, draftProblem{Key: d.Key, Code: "changed",
				Message: "somebody has changed it in " + o.File + " since this draft was begun",
				Current: shown(src, o), Base: hashOf(now)})
			continue
		}

		f := formOf(src, o)
		byFile[o.File] = append(byFile[o.File], change{object: o, draft: d, bytes: f.give([]byte(d.Text)), form: f})
	}

	// Drafts of one file are put in from front to back; one inside of another would be lost in it.
	for file, list := range byFile {
		slices.SortFunc(list, func(a, b change) int {
			return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to))
		})
		src := files[file]
		var out []byte
		last := 0
		for _, c := range list {
			if c.from < last {
				e.refuse(c.draft, "overlap", "another draft contains this object: edit it there, or drop one of both")
				continue
			}

			out = append(out, src[last:c.from]...)
			e.places[c.Key] = &place{file: file, from: len(out), to: len(out) + len(c.bytes), form: c.form,
				text: c.draft.Text}
			out = append(out, c.bytes...)
			last = c.to
		}

		out = append(out, src[last:]...)

		// A draft that changes nothing makes no file that has to be saved.
		if !bytes.Equal(out, src) {
			e.files[file], e.before[file] = out, src
		}
	}

	return e
}

func (e *edited) refuse(d *draft, code, message string) {
	e.problems = append(e.problems, draftProblem{Key: d.Key, Code: code, Message: message})
}

// create makes a file of a draft that has no object yet.
func (e *edited) create(files map[string][]byte, d *draft, o *object) {
	file := d.File
	kind, name, _ := strings.Cut(d.Key, "/")
	if file == "" {
		file = newFile(kind, name)
	}
	switch {
	case o != nil:
		e.refuse(d, "exists", "there is one of this name already")
	case !savable(file):
		e.refuse(d, "file", "this is no place for a configuration file")
	case files[file] != nil || e.files[file] != nil:
		e.refuse(d, "exists", file+" exists already")
	default:
		src := []byte(d.Text)

		// A file ends with a line end, as tools of text expect.
		if !bytes.HasSuffix(src, []byte("\n")) {
			src = append(src, '\n')
		}
		e.files[file] = src
		e.places[d.Key] = &place{file: file, to: len(src), text: d.Text}
	}
}

// savable reports whether a path names a configuration file inside of the folder.
func savable(p string) bool {
	if !fs.ValidPath(p) || path.Ext(p) != ".json" || strings.ContainsAny(p, "\\:\x00") {
		return false
	}
	for part := range strings.SplitSeq(p, "/") {
		if strings.HasPrefix(part, ".") || part == "node_modules" || part == "accounts" {
			return false
		}
	}

	return true
}

// utf16At turns an offset in the new file into a place in the editor's text, which counts
// as browsers do.
func (p *place) utf16At(offset int, src []byte) int {
	if offset <= p.from {
		return 0
	}
	before := p.form.take(src[p.from:min(offset, p.to)])
	n := 0
	for _, r := range string(before) {
		n++
		if r > 0xFFFF {
			n++
		}
	}

	return min(n, utf16Len(p.text))
}

func utf16Len(s string) int {
	n := utf8.RuneCountInString(s)
	for _, r := range s {
		if r > 0xFFFF {
			n++
		}
	}

	return n
}

// compiled is the configuration with drafts in it.
type compiled struct {
	*edited
	id      string
	bundle  *config.Bundle
	engine  *profile.Engine
	found   diag.List
	objects []*object
	byKey   map[string]*object
	syntax  map[string]diag.List // of drafts that are no JSON, by key; then there is no bundle
}

// compile loads and compiles a snapshot with drafts. Nobody's draft changes what others see.
func (s *Server) compile(snap *snapshot, drafts []draft) *compiled {
	// The same drafts are compiled once, however many requests have them.
	id := draftsID(snap, drafts)
	if c := s.drafts.get(id); c != nil {
		return c
	}
	c := &compiled{edited: edit(snap.files, snap.byKey, drafts), id: id, syntax: map[string]diag.List{}}
	for key, p := range c.places {
		src := c.files[p.file]
		if src == nil {
			src = snap.files[p.file]
		}
		if _, found := jsondoc.ParseAt(diag.Pos{File: p.file, Line: 1, Column: 1, Offset: p.from},
			src[p.from:p.to]); found.HasErrors() {
			c.syntax[key] = found
		}
	}

	// Only files that are JSON are loaded; a draft with a fault would hide everything else.
	if len(c.syntax) == 0 {
		files := maps.Clone(snap.files)
		maps.Copy(files, c.files)
		var more diag.List
		c.bundle, c.found = config.Load(memory{below: s.opts.FS, files: files})
		c.engine, more = profile.Compile(c.bundle, profile.Options{})
		c.found = append(c.found, more...)
		c.objects, c.byKey = objectsOf(c.bundle, files)
	}

	s.drafts.put(c)
	return c
}

func draftsID(snap *snapshot, drafts []draft) string {
	src, _ := json.Marshal(drafts) // texts only
	return hashOf(append([]byte(snap.version), src...))
}

// draftCache keeps the last compiled drafts: the values and the effect on everybody are
// asked for one after the other.
type draftCache struct {
	mu   sync.Mutex
	list []*compiled
}

const keptDrafts = 4

func (d *draftCache) get(id string) *compiled {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.list {
		if c.id == id {
			return c
		}
	}

	return nil
}

func (d *draftCache) put(c *compiled) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.list = append(d.list, c)
	if len(d.list) > keptDrafts {
		d.list = slices.Delete(d.list, 0, 1)
	}
}

func (d *draftCache) clear() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.list = nil
}

// readJSON reads the body of a request.
func readJSON(r *http.Request, v any) error {
	d := json.NewDecoder(r.Body)
	if err := d.Decode(v); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return err
		}
		return badRequest(fmt.Sprintf("the request is no JSON of the expected shape: %v", err))
	}

	if _, err := d.Token(); err != io.EOF {
		return badRequest("there is something behind the JSON of the request")
	}
	return nil
}

// memory is a folder whose configuration files are in memory; everything else is below.
type memory struct {
	below fs.FS
	files map[string][]byte
}

// Open opens a file.
func (m memory) Open(name string) (fs.File, error) {
	if src, ok := m.files[name]; ok {
		return &memoryFile{Reader: bytes.NewReader(src), info: fileInfo{name: path.Base(name), size: int64(len(src))}},
			nil
	}
	return m.below.Open(name)
}

// ReadDir lists a folder, with the files that are only in memory.
func (m memory) ReadDir(name string) ([]fs.DirEntry, error) {
	list, err := fs.ReadDir(m.below, name)

	// The folder below may lack the directory altogether, which is an error only when no draft is in it.
	seen := map[string]bool{}
	for _, e := range list {
		seen[e.Name()] = true
	}
	prefix := name + "/"
	if name == "." {
		prefix = ""
	}

	// A folder that only drafts have is there as well.
	for p, src := range m.files {
		rest, ok := strings.CutPrefix(p, prefix)
		if !ok {
			continue
		}
		first, _, deep := strings.Cut(rest, "/")
		if !seen[first] {
			seen[first] = true
			list = append(list, fs.FileInfoToDirEntry(fileInfo{name: first, size: int64(len(src)), dir: deep}))
		}
	}

	if len(list) > 0 {
		err = nil
	}
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return list, err
}

type memoryFile struct {
	*bytes.Reader
	info fileInfo
}

func (f *memoryFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *memoryFile) Close() error               { return nil }

type fileInfo struct {
	name string
	size int64
	dir  bool
}

func (i fileInfo) Name() string       { return i.name }
func (i fileInfo) Size() int64        { return i.size }
func (i fileInfo) IsDir() bool        { return i.dir }
func (i fileInfo) ModTime() time.Time { return time.Time{} }
func (i fileInfo) Sys() any           { return nil }
func (i fileInfo) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o755
	}
	return 0o644
}
