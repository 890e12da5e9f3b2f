package workbench

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
)

// object is a part of a file that can be edited by itself. Its text is bytes of the file, so
// that a change leaves everything around it as it is.
type object struct {
	Key   string `json:"key"`
	Kind  string `json:"kind"` // transform, mapping, profile, source, state, attribute, file
	Name  string `json:"name"`
	Group string `json:"group,omitempty"` // profile of a mapping or state
	File  string `json:"file"`
	Line  int    `json:"line"`
	from  int    // bytes of the file
	to    int
}

// listObjects finds the objects of the configuration.
func (n *snapshot) listObjects() { n.objects, n.byKey = objectsOf(n.bundle, n.files) }

func objectsOf(b *config.Bundle, files map[string][]byte) ([]*object, map[string]*object) {
	l := &lister{files: files, byKey: map[string]*object{}}

	// Maps have no order, and the list must not jump about when the folder is read again.
	names := make([]string, 0, len(b.Transforms))
	for name := range b.Transforms {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		l.add("transform/"+name, "transform", name, "", b.Transforms[name].Node)
	}
	for _, p := range b.Profiles {
		for _, m := range p.Mappings {
			l.add("mapping/"+p.Name+"/"+m.Attribute, "mapping", m.Attribute, p.Name, m.Node)
		}
		for _, st := range p.States {
			l.add("state/"+p.Name+"/"+st.TechnicalName, "state", st.TechnicalName, p.Name, st.Node)
		}
		l.add("profile/"+p.Name, "profile", p.Name, "", p.Node)
	}

	// Objects by kind, in the order in which the list shows them; files come last, by name.
	for _, s := range b.Sources {
		l.add("source/"+s.Name, "source", s.Name, "", s.Node)
	}
	for _, a := range b.Attributes {
		l.add("attribute/"+a.Name, "attribute", a.Name, "", a.Node)
	}
	for p, src := range files {
		// A file that is no text cannot be shown in the editor, and is no configuration.
		if !utf8.Valid(src) {
			continue
		}
		o := &object{Key: "file/" + p, Kind: "file", Name: p, File: p, Line: 1, to: len(src)}
		l.list, l.byKey[o.Key] = append(l.list, o), o
	}

	// Only files are sorted: all others are in order already, and the sort is stable.
	slices.SortStableFunc(l.list, func(a, b *object) int {
		if a.Kind != "file" || b.Kind != "file" {
			return 0
		}
		return strings.Compare(a.File, b.File)
	})

	return l.list, l.byKey
}

type lister struct {
	files map[string][]byte
	list  []*object
	byKey map[string]*object
}

// add notes an object that stands in a file. Of several with one name the later ones get a number.
func (l *lister) add(key, kind, name, group string, node *jsondoc.Node) {
	pos := node.Pos()
	src, ok := l.files[pos.File]

	// What stands in no file, such as a ready-made transform, cannot be edited.
	if node == nil || !ok || pos.Line == 0 {
		return
	}
	from, to, ok := span(src, pos.Offset)
	if !ok {
		return
	}
	unique := key
	for i := 2; l.byKey[unique] != nil; i++ {
		unique = fmt.Sprintf("%s#%d", key, i)
	}
	o := &object{Key: unique, Kind: kind, Name: name, Group: group, File: pos.File, Line: pos.Line, from: from, to: to}
	l.list, l.byKey[unique] = append(l.list, o), o
}

// span returns the bytes of the JSON value that begins at an offset.
func span(src []byte, offset int) (from, to int, ok bool) {
	if offset < 0 || offset >= len(src) {
		return 0, 0, false
	}
	var raw json.RawMessage
	d := json.NewDecoder(bytes.NewReader(src[offset:]))
	if d.Decode(&raw) != nil {
		return 0, 0, false
	}
	return offset, offset + int(d.InputOffset()), true
}

// objectAt returns the smallest object around a place.
func objectAt(list []*object, pos diag.Pos) *object {
	var best *object
	for _, o := range list {
		if o.File == pos.File && o.from <= pos.Offset && pos.Offset < o.to &&
			(best == nil || o.to-o.from < best.to-best.from) {
			best = o
		}
	}

	return best
}

// keyAt returns the key when there is such an object, else that of what stands at the place.
func (n *snapshot) keyAt(key string, pos diag.Pos) string {
	if n.byKey[key] != nil {
		return key
	}
	if o := objectAt(n.objects, pos); o != nil && pos.Line > 0 {
		return o.Key
	}
	return ""
}

// located adds the object to a finding.
func (n *snapshot) located(d diag.Diagnostic) finding { return finding{d, n.keyAt("", d.Pos)} }

// objectsAnswer is the answer of /api/objects.
func (s *Server) objectList(*http.Request) (any, error) {
	snap, err := s.current()
	if err != nil {
		return nil, err
	}
	return map[string]any{"objects": snap.objects, "version": snap.version}, nil
}

// objectAnswer is the answer of /api/object.
type objectAnswer struct {
	*object
	Text string `json:"text"`
	Base string `json:"base"` // of its bytes, to tell later whether somebody else has changed it
}

func (s *Server) objectText(r *http.Request) (any, error) {
	snap, err := s.current()
	if err != nil {
		return nil, err
	}
	o := snap.byKey[r.URL.Query().Get("key")]
	if o == nil {
		return nil, notFound("there is no such object in this folder")
	}
	src := snap.files[o.File]
	return objectAnswer{object: o, Text: shown(src, o), Base: hashOf(src[o.from:o.to])}, nil
}

// form is how the text of an object differs from its bytes in the file: editors have one
// kind of line end, and an object reads better without the indentation of the place.
type form struct {
	pad  []byte // blanks before each line but the first
	crlf bool
}

// formOf returns the form of an object. Where taking it away and giving it back would
// make other bytes, the object is shown as it stands.
func formOf(src []byte, o *object) form {
	text := src[o.from:o.to]
	f := form{pad: indentOf(src, o.from), crlf: bytes.Contains(src, []byte("\r\n"))}
	if bytes.Equal(f.give(f.take(text)), text) {
		return f
	}
	return form{}
}

// shown is the text of an object for an editor.
func shown(src []byte, o *object) string {
	f := formOf(src, o)
	return string(f.take(src[o.from:o.to]))
}

func (f form) take(text []byte) []byte {
	if f.crlf {
		text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	}
	if len(f.pad) > 0 {
		text = bytes.ReplaceAll(text, append([]byte("\n"), f.pad...), []byte("\n"))
	}
	return text
}

func (f form) give(text []byte) []byte {
	if len(f.pad) > 0 {
		lines := bytes.Split(text, []byte("\n"))
		for i := 1; i < len(lines); i++ {
			// The first line stands behind what comes before it in the file, and an empty one needs no blanks.
			if len(lines[i]) > 0 {
				lines[i] = append(bytes.Clone(f.pad), lines[i]...)
			}
		}

		text = bytes.Join(lines, []byte("\n"))
	}

	if f.crlf {
		text = bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))
	}
	return text
}

// indentOf returns the blanks that the line of an offset begins with.
func indentOf(src []byte, offset int) []byte {
	line := src[bytes.LastIndexByte(src[:offset], '\n')+1 : offset]
	return line[:len(line)-len(bytes.TrimLeft(line, " \t"))]
}

// newFile is where an object goes that no file has so far.
func newFile(kind, name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}

	return path.Join(kind+"s", cmp.Or(strings.Trim(b.String(), "-"), "new")+".json")
}
