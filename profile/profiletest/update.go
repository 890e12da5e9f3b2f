package profiletest

import (
	"cmp"
	"slices"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile"
)

// edit replaces an expectation by what came.
type edit struct {
	at   int
	text []byte
}

// Update returns the test files that a report would have pass, by path: every
// expectation that was not met is replaced by what came. All else stays as it is,
// byte for byte. Left is the failures that have no place in a JSON file: cells of
// CSV tables, values that a strict case does not name, and expectations of vector
// files.
func (s *Suite) Update(r *Report) (files map[string][]byte, left []Failure) {
	edits := map[string][]edit{}
	for i := range r.Cases {
		for _, f := range r.Cases[i].Failures {
			if f.actual == nil || s.file(f.Pos.File) == nil {
				left = append(left, f)
				continue
			}
			edits[f.Pos.File] = append(edits[f.Pos.File], edit{f.Pos.Offset, f.actual.Append(nil)})
		}
	}
	files = map[string][]byte{}
	for name, list := range edits {
		files[name] = applied(s.file(name).src, list)
	}
	return files, left
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
