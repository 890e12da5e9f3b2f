package scim

import (
	"io"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/jsondoc"
)

func node(t testing.TB, text string) *jsondoc.Node {
	t.Helper()
	n, found := jsondoc.Parse("x", []byte(text))
	if found.HasErrors() {
		t.Fatalf("%s: %v", text, found)
	}
	return n
}

func TestPatch(t *testing.T) {
	const before = `{"id":"1","userName":"ann","name":{"givenName":"Ann"},"emails":[{"value":"a@x","type":"work"},{"value":"h@x","type":"home"}],` +
		`"urn:ext:1.0:User":{"department":"Lab"}}`
	for _, tc := range []struct{ name, ops, want, err string }{
		{name: "replace", ops: `{"op":"Replace","path":"username","value":"bo"}`, want: `{"id":"1","userName":"bo","name":{"givenName":"Ann"},` +
			`"emails":[{"value":"a@x","type":"work"},{"value":"h@x","type":"home"}],"urn:ext:1.0:User":{"department":"Lab"}}`},
		{name: "parts, a filter, an extension", ops: `{"op":"add","path":"name.familyName","value":"Lee"},` +
			`{"op":"replace","path":"emails[type eq \"work\"].value","value":"b@x"},{"op":"remove","path":"emails[value ew \"@X\" and type eq \"home\"]"},` +
			`{"op":"replace","path":"urn:ext:1.0:User:department","value":"Ops"},{"op":"add","path":"urn:other:2.0:User:level","value":3}`,
			want: `{"id":"1","userName":"ann","name":{"givenName":"Ann","familyName":"Lee"},"emails":[{"value":"b@x","type":"work"}],` +
				`"urn:ext:1.0:User":{"department":"Ops"},"urn:other:2.0:User":{"level":3}}`},
		{name: "no path", ops: `{"op":"replace","value":{"active":false,"name.givenName":"Anna","emails":[{"value":"n@x"}]}}`,
			want: `{"id":"1","userName":"ann","name":{"givenName":"Anna"},"emails":[{"value":"n@x"}],"urn:ext:1.0:User":{"department":"Lab"},"active":false}`},
		{name: "add to several, no doubles", ops: `{"op":"add","path":"emails","value":[{"value":"a@x","type":"work"},{"value":"z@x"}]},` +
			`{"op":"add","path":"phoneNumbers[type eq \"mobile\"].value","value":"1"},{"op":"remove","path":"nothing"}`,
			want: `{"id":"1","userName":"ann","name":{"givenName":"Ann"},"emails":[{"value":"a@x","type":"work"},{"value":"h@x","type":"home"},{"value":"z@x"}],` +
				`"urn:ext:1.0:User":{"department":"Lab"},"phoneNumbers":[{"type":"mobile","value":"1"}]}`},
		{name: "remove by value", ops: `{"op":"remove","path":"emails","value":[{"value":"h@x","type":"home"}]},{"op":"remove","path":"name.givenName"}`,
			want: `{"id":"1","userName":"ann","name":{},"emails":[{"value":"a@x","type":"work"}],"urn:ext:1.0:User":{"department":"Lab"}}`},
		{name: "all or none", ops: `{"op":"replace","path":"userName","value":"bo"},{"op":"move","path":"x"}`, want: before,
			err: `operation 2: op "move": expected add, replace or remove`},
		{name: "bad filter", ops: `{"op":"remove","path":"emails[type is 1]"}`, want: before,
			err: `operation 1: filter "type is 1": found "is", expected eq, ne, sw, ew, co or pr`},
		{name: "open bracket", ops: `{"op":"remove","path":"emails[type"}`, want: before, err: `operation 1: path "emails[type": the bracket is not closed`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			n := node(t, before)
			err := Patch(n, node(t, `{"Operations":[`+tc.ops+`]}`))
			if got := string(n.Append(nil)); got != tc.want {
				t.Errorf("mismatch (-want +got):\n%s", cmp.Diff(tc.want, got))
			}
			if (err == nil) != (tc.err == "") || err != nil && err.Error() != tc.err {
				t.Errorf("error %v, want %s", err, tc.err)
			}
		})
	}
}

func TestEvents(t *testing.T) {
	known := []*jsondoc.Node{node(t, `{"id":"1","userName":"ann"}`), node(t, `{"id":"2","userName":"bo"}`)}
	text := `{"method":"PATCH","path":"/scim/Users/1","body":{"Operations":[{"op":"replace","value":{"active":false}}]}}
{"method":"DELETE","path":"/Users/2"}
{"method":"POST","path":"/Users","body":{"id":"3","userName":"cy"}}
{"method":"PUT","path":"/Users/3","body":{"userName":"cyd"}}
{"method":"PATCH","path":"/Users/9","body":{}}
{"method":"GET","path":"/Users/1"}`
	d, err := Events("e.jsonl", func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil },
		feed.Options{NativeIdentity: "userName"}, func() iter.Seq[*jsondoc.Node] { return slices.Values(known) })
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{`ann ann 1 disabled {"id":"1","userName":"ann","active":false}`, `cyd cyd 3 {"id":"3","userName":"cyd"}`}, collect(t, d)); diff != "" {
		t.Errorf("changed: mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"bo"}, d.Removed()); diff != "" || d.Refused() != 2 {
		t.Errorf("removed: mismatch (-want +got):\n%s; refused %d", diff, d.Refused())
	}
}

func FuzzPatch(f *testing.F) {
	f.Add(`emails[type eq "work" or value pr].value`, `"x"`, "replace")
	f.Add(`urn:a:b.c:d`, `{}`, "add")
	f.Add(`a.b`, `[1]`, "remove")
	f.Fuzz(func(t *testing.T, path, value, op string) {
		n := node(t, `{"a":{"b":[1]},"emails":[{"type":"work"}],"urn:a:b":{}}`)
		v, _ := jsondoc.Parse("v", []byte(value))
		o := jsondoc.NewObject(jsondoc.M("op", jsondoc.NewString(op)), jsondoc.M("path", jsondoc.NewString(path)))
		if v != nil {
			o.Set("value", v)
		}
		_ = Patch(n, jsondoc.NewObject(jsondoc.M("Operations", jsondoc.NewArray(o))))
	})
}
