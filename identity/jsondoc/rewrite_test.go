package jsondoc_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity/jsondoc"
)

func TestRewrite(t *testing.T) {
	for _, c := range []struct{ name, src, n, want string }{
		{"nothing", "{ \"a\" : 1,\n\n\"b\":[ ] }\n", `{"a":1,"b":[]}`, "{ \"a\" : 1,\n\n\"b\":[ ] }\n"},
		{"a value", "{\n  \"a\": 1, \"b\":   {\"x\": true}\n}", `{"a":2,"b":{"x":true}}`, "{\n  \"a\": 2, \"b\":   {\"x\": true}\n}"},
		{"deep inside", "{\"a\":\n [ {\"b\" :\"c\"},  2 ] }", `{"a":[{"b":"d"},2]}`, "{\"a\":\n [ {\"b\" :\"d\"},  2 ] }"},
		{"a member more, in lines", "{\n    \"a\": 1,\n    \"c\": 3\n}\n", `{"a":1,"b":{"x":[1]},"c":3,"d":4}`,
			"{\n    \"a\": 1,\n    \"b\": {\n        \"x\": [\n            1\n        ]\n    },\n    \"c\": 3,\n    \"d\": 4\n}\n"},
		{"a member before", "{\n  \"b\": 1\n}", `{"a":0,"b":1}`, "{\n  \"a\": 0,\n  \"b\": 1\n}"},
		{"a member more, in one line", `{"a": 1, "b": 2}`, `{"a":1,"x":{"y":1},"b":2}`, `{"a": 1, "x": {"y":1}, "b": 2}`},
		{"compact", `{"a":1}`, `{"a":1,"b":2}`, `{"a":1,"b":2}`},
		{"members fewer", "{\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": 3\n}", `{"b":2}`, "{\n  \"b\": 2\n}"},
		{"another order", `{"a": 1, "b": 2}`, `{"b":2,"a":1}`, `{"b":2,"a":1}`},
		{"items", "[\n  {\"a\": 1},\n  {\"a\": 2},\n  {\"a\": 3}\n]", `[{"a":1},{"a":3},{"a":4}]`, "[\n  {\"a\": 1},\n  {\"a\": 3},\n  {\n    \"a\": 4\n  }\n]"},
		{"one item of many", "[ {\"a\": 1}, {\"a\": 2} , {\"a\": 3} ]", `[{"a":1},{"a":9},{"a":3}]`, "[ {\"a\": 1}, {\"a\": 9} , {\"a\": 3} ]"},
		{"an empty list", `{"a": [], "b": {}}`, `{"a":[1],"b":{"c":1}}`, `{"a": [1], "b": {"c":1}}`},
		{"emptied", "{\n \"a\": [1, 2],\n \"b\": {\"c\": 1}\n}", `{"a":[],"b":{}}`, "{\n \"a\": [],\n \"b\": {}\n}"},
		{"line ends", "{\r\n\t\"a\": 1\r\n}\r\n", `{"a":1,"b":[2]}`, "{\r\n\t\"a\": 1,\r\n\t\"b\": [\r\n\t\t2\r\n\t]\r\n}\r\n"},
		{"a key twice", `{"a": 1, "a": 2}`, `{"a":3}`, "{\n  \"a\": 3\n}\n"},
		{"escapes stay", `{"a": "\u0041\/", "b": 1e2}`, `{"a":"A/","b":1e2,"c":1}`, `{"a": "\u0041\/", "b": 1e2, "c": 1}`},
		{"no JSON", `{`, `{"a":1}`, "{\n  \"a\": 1\n}\n"},
		{"another kind", ` [1] `, `"x"`, ` "x" `},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, _ := jsondoc.Parse("", []byte(c.n))
			if diff := cmp.Diff(c.want, string(jsondoc.Rewrite([]byte(c.src), n))); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzRewrite: the result says what it has to say, in that order, and nothing changes where
// nothing has to.
func FuzzRewrite(f *testing.F) {
	for _, s := range []string{"{ \"a\" : 1,\n\n\"b\":[ {},2 ] }\n", `[1, {"x": null}, "y"]`, "{\n\t\"a\": {\n\t\t\"b\": true\n\t}\n}", `{"a":1,"b":2,"c":3}`, `[[],[1],[1,2]]`} {
		f.Add(s, `{"a":1,"c":[{"x":2}]}`)
		f.Add(s, `[{"x":null},1,"y",2]`)
		f.Add(s, `{"b":[{},3,2],"d":{}}`)
	}
	f.Fuzz(func(t *testing.T, src, want string) {
		n, found := jsondoc.Parse("", []byte(want))
		if n == nil || found.HasErrors() {
			return
		}
		got := jsondoc.Rewrite([]byte(src), n)
		back, found := jsondoc.Parse("", got)
		if back == nil || found.HasErrors() || string(back.Append(nil)) != string(n.Append(nil)) {
			t.Fatalf("%q to %q: %q", src, want, got)
		}
		if again := jsondoc.Rewrite(got, n); string(again) != string(got) {
			t.Errorf("%q is not %q", again, got)
		}
	})
}
