package tenant

import (
	"testing"

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
			ops, err := ParsePatch([]byte(tt.patch))
			if err == nil {
				var n *jsondoc.Node
				if n, err = patched(doc, ops); err == nil {
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

func FuzzParsePatch(f *testing.F) {
	f.Add(`[{"op":"move","from":"/a/0","path":"/a/-"}]`)
	f.Add(`[{"op":"add","path":"/a/0/~1x","value":{}}]`)
	f.Add(`[{"op":"replace","path":"","value":1},{"op":"remove","path":"/x"}]`)
	f.Fuzz(func(t *testing.T, src string) {
		ops, err := ParsePatch([]byte(src))
		if err != nil {
			return
		}
		const doc = `{"a":[{"/x":1},2],"b":{"c":null}}`
		n, _ := jsondoc.Parse("doc", []byte(doc))
		_, _ = patched(n, ops)
		if string(n.Append(nil)) != doc {
			t.Errorf("the document itself was changed: %s", n.Append(nil))
		}
	})
}
