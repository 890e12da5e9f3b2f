package isc_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
)

// The examples of RFC 6902, appendix A, and what it says in its text.
func TestPatch(t *testing.T) {
	tests := []struct{ name, doc, patch, want string }{
		{"A.1 add a member", `{"foo":"bar"}`, `[{"op":"add","path":"/baz","value":"qux"}]`, `{"foo":"bar","baz":"qux"}`},
		{"A.2 add an item", `{"foo":["bar","baz"]}`, `[{"op":"add","path":"/foo/1","value":"qux"}]`, `{"foo":["bar","qux","baz"]}`},
		{"A.3 remove a member", `{"baz":"qux","foo":"bar"}`, `[{"op":"remove","path":"/baz"}]`, `{"foo":"bar"}`},
		{"A.4 remove an item", `{"foo":["bar","qux","baz"]}`, `[{"op":"remove","path":"/foo/1"}]`, `{"foo":["bar","baz"]}`},
		{"A.5 replace", `{"baz":"qux","foo":"bar"}`, `[{"op":"replace","path":"/baz","value":"boo"}]`, `{"baz":"boo","foo":"bar"}`},
		{"A.6 move a value", `{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}`, `[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]`, `{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}`},
		{"A.7 move an item", `{"foo":["all","grass","cows","eat"]}`, `[{"op":"move","from":"/foo/1","path":"/foo/3"}]`, `{"foo":["all","cows","eat","grass"]}`},
		{"A.8 test", `{"baz":"qux","foo":["a",2,"c"]}`, `[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}]`, `{"baz":"qux","foo":["a",2,"c"]}`},
		{"A.9 test fails", `{"baz":"qux"}`, `[{"op":"test","path":"/baz","value":"bar"}]`, ``},
		{"A.10 add a nested object", `{"foo":"bar"}`, `[{"op":"add","path":"/child","value":{"grandchild":{}}}]`, `{"foo":"bar","child":{"grandchild":{}}}`},
		{"A.11 unknown members of an operation", `{"foo":"bar"}`, `[{"op":"add","path":"/baz","value":"qux","xyz":123}]`, `{"foo":"bar","baz":"qux"}`},
		{"A.12 no such parent", `{"foo":"bar"}`, `[{"op":"add","path":"/baz/bat","value":"qux"}]`, ``},
		{"A.14 escapes", `{"/":9,"~1":10}`, `[{"op":"test","path":"/~01","value":10}]`, `{"/":9,"~1":10}`},
		{"A.15 text is no number", `{"/":9,"~1":10}`, `[{"op":"test","path":"/~01","value":"10"}]`, ``},
		{"A.16 append", `{"foo":["bar"]}`, `[{"op":"add","path":"/foo/-","value":["abc","def"]}]`, `{"foo":["bar",["abc","def"]]}`},
		{"copy", `{"a":{"b":[1]}}`, `[{"op":"copy","from":"/a","path":"/c"},{"op":"add","path":"/c/b/-","value":2}]`, `{"a":{"b":[1]},"c":{"b":[1,2]}}`},
		{"numbers by value", `{"a":10}`, `[{"op":"test","path":"/a","value":1e1}]`, `{"a":10}`},
		{"members in any order", `{"a":{"x":1,"y":2}}`, `[{"op":"test","path":"/a","value":{"y":2,"x":1}}]`, `{"a":{"x":1,"y":2}}`},
		{"null is a value", `{"a":1}`, `[{"op":"replace","path":"/a","value":null}]`, `{"a":null}`},
		{"add replaces", `{"a":1,"b":2}`, `[{"op":"add","path":"/a","value":3}]`, `{"a":3,"b":2}`},
		{"whole document", `{"a":1}`, `[{"op":"replace","path":"","value":[1]}]`, `[1]`},
		{"replace needs a target", `{"a":1}`, `[{"op":"replace","path":"/b","value":1}]`, ``},
		{"remove needs a target", `{"a":1}`, `[{"op":"remove","path":"/b"}]`, ``},
		{"index beyond the end", `{"a":[1]}`, `[{"op":"add","path":"/a/2","value":1}]`, ``},
		{"index with leading zero", `{"a":[1,2]}`, `[{"op":"remove","path":"/a/01"}]`, ``},
		{"index with sign", `{"a":[1,2]}`, `[{"op":"remove","path":"/a/-1"}]`, ``},
		{"end of a list is nothing", `{"a":[1]}`, `[{"op":"test","path":"/a/-","value":1}]`, ``},
		{"move into itself", `{"a":{"b":1}}`, `[{"op":"move","from":"/a","path":"/a/b/c"}]`, ``},
		{"all or nothing", `{"a":1}`, `[{"op":"remove","path":"/a"},{"op":"remove","path":"/a"}]`, ``},
		{"bad escape", `{"a":1}`, `[{"op":"remove","path":"/~2"}]`, ``},
		{"no slash", `{"a":1}`, `[{"op":"remove","path":"a"}]`, ``},
		{"unknown operation", `{"a":1}`, `[{"op":"merge","path":"/a","value":1}]`, ``},
		{"no value", `{"a":1}`, `[{"op":"add","path":"/a"}]`, ``},
		{"no list", `{"a":1}`, `{"op":"add","path":"/a","value":1}`, ``},
		{"below a text", `{"a":"b"}`, `[{"op":"add","path":"/a/b","value":1}]`, ``},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, _ := jsondoc.Parse("doc", []byte(tt.doc))
			got := ""
			ops, err := isc.ParsePatch([]byte(tt.patch))
			if err == nil {
				var n *jsondoc.Node
				if n, err = isc.Apply(doc, ops, nil); err == nil {
					got = string(n.Append(nil))
				}
			}
			if got != tt.want {
				t.Errorf("got %s (%v), want %s", got, err, tt.want)
			}
			if string(doc.Append(nil)) != tt.doc {
				t.Errorf("the document itself was changed: %s", doc.Append(nil))
			}
		})
	}
}

// TestPatchAccess: what may not be changed is not, whatever the operation.
func TestPatchAccess(t *testing.T) {
	fields := map[string]isc.Access{"id": isc.ReadOnly, "name": isc.Writable, "tags": isc.Writable}
	doc, _ := jsondoc.Parse("doc", []byte(`{"id":"1","name":"a","tags":["x"]}`))
	for _, tt := range []struct {
		patch string
		code  isc.Code // "": it passes
	}{
		{`[{"op":"replace","path":"/name","value":"b"}]`, ""},
		{`[{"op":"test","path":"/id","value":"1"},{"op":"copy","from":"/id","path":"/name"}]`, ""},
		{`[{"op":"replace","path":"/id","value":"2"}]`, isc.CodeIllegalUpdate},
		{`[{"op":"add","path":"/id","value":"2"}]`, isc.CodeIllegalUpdate},
		{`[{"op":"remove","path":"/id"}]`, isc.CodeIllegalUpdate},
		{`[{"op":"move","from":"/id","path":"/name"}]`, isc.CodeIllegalUpdate},
		{`[{"op":"move","from":"/name","path":"/id"}]`, isc.CodeIllegalUpdate},
		{`[{"op":"copy","from":"/name","path":"/id"}]`, isc.CodeIllegalUpdate},
		{`[{"op":"add","path":"/age","value":2}]`, isc.CodeIllegalValue},
		{`[{"op":"test","path":"/age","value":2}]`, isc.CodeIllegalValue},
		{`[{"op":"replace","path":"","value":{}}]`, isc.CodeBadRequest},
		{`[{"op":"remove","path":"/tags/1"}]`, isc.CodeIllegalValue},
	} {
		ops, err := isc.ParsePatch([]byte(tt.patch))
		if err == nil {
			_, err = isc.Apply(doc, ops, fields)
		}
		if (err == nil) != (tt.code == "") || err != nil && !errors.Is(err, tt.code) {
			t.Errorf("%s: error %v, want %q", tt.patch, err, tt.code)
		}
	}
}

// TestPatchBounds: copies that double the document end before the memory does.
func TestPatchBounds(t *testing.T) {
	doc, _ := jsondoc.Parse("doc", []byte(`{"a":[1,2,3]}`))
	double := `{"op":"copy","from":"/a","path":"/a/-"}`
	ops, err := isc.ParsePatch([]byte("[" + strings.Repeat(double+",", 60) + double + "]"))
	if err == nil {
		_, err = isc.Apply(doc, ops, nil)
	}
	if !errors.Is(err, isc.CodeLimit) {
		t.Errorf("61 doublings: %v, want %q", err, isc.CodeLimit)
	}
	if _, err := isc.ParsePatch([]byte("[" + strings.Repeat(double+",", 1000) + double + "]")); !errors.Is(err, isc.CodeLimit) {
		t.Errorf("1,001 operations: %v, want %q", err, isc.CodeLimit)
	}
}

// FuzzPatch: no patch panics, changes the document it is applied to, or writes a
// member that is read-only.
func FuzzPatch(f *testing.F) {
	for _, s := range []string{
		`[{"op":"move","from":"/a/0","path":"/a/-"}]`, `[{"op":"copy","from":"","path":"/a/b"}]`,
		`[{"op":"test","path":"/a/~0~1","value":1e0}]`, `[{"op":"remove","path":""},{"op":"add","path":"","value":{}}]`,
		`[{"op":"replace","path":"/id","value":1},{"op":"copy","from":"/id","path":"/a/0"}]`,
	} {
		f.Add(s)
	}
	const text = `{"id":"1","a":[1,{"b":null}]}`
	fields := map[string]isc.Access{"id": isc.ReadOnly, "a": isc.Writable}
	f.Fuzz(func(t *testing.T, src string) {
		ops, err := isc.ParsePatch([]byte(src))
		if err != nil {
			return
		}
		doc, _ := jsondoc.Parse("doc", []byte(text))
		_, _ = isc.Apply(doc, ops, nil)
		if n, err := isc.Apply(doc, ops, fields); err == nil && n.Get("id").Text() != "1" {
			t.Errorf("%s changed a read-only member", src)
		}
		if got := string(doc.Append(nil)); got != text {
			t.Errorf("%s changed the document itself: %s", src, got)
		}
	})
}
