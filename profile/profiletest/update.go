package profiletest

import (
	"bytes"
	"cmp"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile"
)

// edit replaces an expectation by what came.
type edit struct {
	at   int
	text []byte
}

// Update returns the test files that a report would have pass, by path: every
// expectation that was not met is replaced by what came, those in cells of CSV
// tables included. All else stays as it is, byte for byte. Left is the failures that
// have no such place: values that a strict case does not name, expectations of vector
// files, and lists, which a cell cannot hold.
func (s *Suite) Update(r *Report) (files map[string][]byte, left []Failure) {
	edits := map[string][]edit{}
	files = map[string][]byte{}
	csvs := tables{fsys: s.fsys, files: map[string]*tableEdits{}}
	for i := range r.Cases {
		for _, f := range r.Cases[i].Failures {
			// What was expected in JSON is replaced where it stands; a cell of a table has an edit of
			// its own.
			if f.actual == nil || s.file(f.Pos.File) == nil {
				if !csvs.note(f) {
					left = append(left, f)
				}
				continue
			}

			edits[f.Pos.File] = append(edits[f.Pos.File], edit{f.Pos.Offset, f.actual.Append(nil)})
		}
	}

	// All edits of a file at once, since each moves those behind it.
	for name, list := range edits {
		files[name] = applied(s.file(name).src, list)
	}
	for name, t := range csvs.files {
		if len(t.edits) > 0 {
			files[name] = t.applied()
		}
	}

	return files, left
}

// tables are the edits of CSV files.
type tables struct {
	fsys  fs.FS
	files map[string]*tableEdits
}

type tableEdits struct {
	src   []byte
	edits []cellEdit
}

// cellEdit replaces a cell.
type cellEdit struct {
	from, to int
	text     string
}

// note takes what came for the cell of a table, and reports whether a cell can say it.
func (t *tables) note(f Failure) bool {
	if f.actual == nil || t.fsys == nil || path.Ext(f.Pos.File) != ".csv" {
		return false
	}

	// A table is read once and written once, however many of its cells change.
	file := t.files[f.Pos.File]
	if file == nil {
		src, err := fs.ReadFile(t.fsys, f.Pos.File)
		if err != nil {
			return false
		}
		file = &tableEdits{src: src}
		t.files[f.Pos.File] = file
	}

	text, ok := cellOf(f.actual)
	from, to := cellAt(file.src, f.Pos)
	if !ok || from < 0 {
		return false
	}
	file.edits = append(file.edits, cellEdit{from: from, to: to, text: text})
	return true
}

// applied returns the table with its edits, made from the end, so that places stay.
func (t *tableEdits) applied() []byte {
	slices.SortFunc(t.edits, func(a, b cellEdit) int { return cmp.Compare(b.from, a.from) })
	out := t.src
	for _, e := range t.edits {
		out = slices.Concat(out[:e.from], []byte(e.text), out[e.to:])
	}
	return out
}

// cellOf writes an expectation as a cell has it, if a cell can say it.
func cellOf(n *jsondoc.Node) (string, bool) {
	text := ""
	switch n.Kind() {
	case jsondoc.Null:
		return "", true
	case jsondoc.Object:
		e, ok := n.Get("error").Str()
		if !ok {
			return "", false
		}
		text = "!" + e

	case jsondoc.Array:
		return "", false
	default:
		if text = n.Text(); text == "" {
			text = "(empty)"
		} else if text == "(empty)" || text[0] == '!' || len(text) > 2 && text[0] == '/' && text[len(text)-1] == '/' {
			return "", false // it would be read as something else
		}
	}

	// Written as a spreadsheet would, so that reading it gives the same.
	if strings.ContainsAny(text, ",\"\r\n") || strings.TrimSpace(text) != text {
		text = `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
	}
	return text, true
}

// cellAt returns where the cell at a line and a column, in bytes, begins and ends; -1 where there is none.
func cellAt(src []byte, pos diag.Pos) (from, to int) {
	mark := len(src) - len(bytes.TrimPrefix(src, []byte("\ufeff"))) // it counts for no column
	from = mark
	for line := 1; line < pos.Line; line++ {
		end := bytes.IndexByte(src[from:], '\n')
		if end < 0 {
			return -1, -1
		}
		from += end + 1
	}

	if from += pos.Column - 1; from > len(src) {
		return -1, -1
	}

	// A quote inside of a quoted cell is doubled.
	to = from
	if to < len(src) && src[to] == '"' {
		for to++; to < len(src); to++ {
			if src[to] == '"' {
				if to++; to == len(src) || src[to] != '"' {
					break
				}
			}
		}

		return from, to
	}

	for to < len(src) && !bytes.ContainsRune([]byte(",\r\n"), rune(src[to])) {
		to++
	}
	return from, to
}

func (s *Suite) file(name string) *File {
	for _, f := range s.Files {
		if f.Path == name {
			return f
		}
	}

	return nil
}

// applied makes the edits; of two at one place, as shared expectations of rows
// have them, the first counts.
func applied(src []byte, list []edit) []byte {
	slices.SortStableFunc(list, func(a, b edit) int { return cmp.Compare(a.at, b.at) })
	list = slices.CompactFunc(list, func(a, b edit) bool { return a.at == b.at })
	var out []byte
	at := 0
	for _, e := range list {
		out = append(append(out, src[at:e.at]...), e.text...)
		at = jsonEnd(src, e.at)
	}

	return append(out, src[at:]...)
}

// expectationOf returns what an expectation must say for a value or an error.
func expectationOf(v identity.Value, err error) *jsondoc.Node {
	if err != nil {
		return jsondoc.NewObject(jsondoc.M("error", jsondoc.NewString(errorText(err))))
	}
	return valueNode(v)
}

// valueNode returns a value as JSON.
func valueNode(v identity.Value) *jsondoc.Node {
	switch v.Kind() {
	case identity.Null:
		return jsondoc.NewNull()
	case identity.Boolean:
		b, _ := v.Bool()
		return jsondoc.NewBool(b)
	case identity.Integer:
		n, _ := v.Int()
		return jsondoc.NewInt(n)
	case identity.List:
		var items []*jsondoc.Node
		for _, item := range v.List() {
			items = append(items, valueNode(item))
		}
		return jsondoc.NewArray(items...)
	}

	return jsondoc.NewString(v.Text())
}

func exceptionsNode(list []profile.Exception) *jsondoc.Node {
	var items []*jsondoc.Node
	for _, x := range list {
		items = append(items, jsondoc.NewString(exceptionText(x)))
	}
	return jsondoc.NewArray(items...)
}
