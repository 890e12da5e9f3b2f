package velocity

import (
	"errors"
	"testing"

	"github.com/idprofile/engine/transform/internal/limit"
)

func seed(f *testing.F) {
	for i, g := range readGoldens(f, "velocity_raising.jsonl") {
		if i%8 == 0 {
			f.Add(g.Input.Template)
		}
	}
	f.Add("#set($l=[1..9])#foreach($x in $l)#set($l[0]=$l)$l.addAll($l)#end")
	f.Add(`[$a.b([$a.b([$a.b({"k":[1..$x]})])])]`)
}

// FuzzParse checks that parsing ends without panic and that errors lie inside
// the template.
func FuzzParse(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, src string) {
		tmpl, err := Parse(src)
		if err != nil {
			var e *SyntaxError
			if !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(src) || e.Line < 1 || e.Column < 1 {
				t.Fatalf("%q: %#v", src, err)
			}
			return
		}
		for _, r := range tmpl.References() {
			if r.Offset > len(src) || r.Line < 1 || r.Column < 1 {
				t.Fatalf("%q: %#v", src, r)
			}
		}
		tmpl.Notes()
	})
}

// FuzzEval checks that evaluation ends, leaves the caller's values alone and
// answers the same twice.
func FuzzEval(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, src string) {
		tmpl, err := Parse(src)
		if err != nil {
			return
		}
		items := []Value{TextOf("x"), IntOf(2), {}, ListOf([]Value{TextOf("y")})}
		samples := []Value{
			TextOf("Maria"), ListOf(items), MapOf([]Field{{"a", TextOf("1")}, {"k", ListOf(items)}}),
			IntOf(7), BoolOf(true), ObjectOf(testIdentity{&dict{}}),
		}
		vars := make([]Value, len(tmpl.Names()))
		for i := range vars {
			vars[i] = samples[i%len(samples)]
		}
		before := texts(t, vars)
		b := limit.Budget{Steps: 20000, Output: 20000}
		first, err := tmpl.Eval(&b, vars, nil)
		if len(first) > 20000 {
			t.Fatalf("%q: %d bytes", src, len(first))
		}
		checkRender(t, tmpl, vars)
		b = limit.Budget{Steps: 20000, Output: 20000}
		second, again := tmpl.Eval(&b, vars, nil)
		if string(first) != string(second) || (err == nil) != (again == nil) {
			t.Fatalf("%q: %q %v, then %q %v", src, first, err, second, again)
		}
		if after := texts(t, vars); before != after {
			t.Fatalf("%q changes %s to %s", src, before, after)
		}
	})
}

func texts(t *testing.T, vars []Value) string {
	t.Helper()
	s, err := AppendText(nil, ListOf(vars))
	if err != nil {
		t.Fatal(err)
	}
	return string(s)
}
