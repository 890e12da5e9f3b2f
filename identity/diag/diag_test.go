package diag_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity/diag"
)

func TestString(t *testing.T) {
	for _, tc := range []struct {
		name string
		d    diag.Diagnostic
		want string
	}{
		{"everything", diag.Diagnostic{Severity: diag.Error, Code: "type-unknown", Pos: diag.Pos{File: "a.json", Line: 3, Column: 7},
			Path: diag.Path{diag.Named("transform", "T"), diag.Attr("lower", "input")}, Message: `unknown operation "uper"`, Hint: "did you mean upper?"},
			`a.json:3:7: error type-unknown: transform "T" > lower.input: unknown operation "uper" (did you mean upper?)`},
		{"no place", diag.Diagnostic{Severity: diag.Warning, Code: "x", Message: "m"}, "warning x: m"},
		{"file", diag.Diagnostic{Code: "x", Pos: diag.Pos{File: "f"}, Message: "m"}, "f: info x: m"},
		{"no file", diag.Diagnostic{Code: "x", Pos: diag.Pos{Line: 1, Column: 2}, Message: "m"}, "1:2: info x: m"},
		{"severity out of range", diag.Diagnostic{Severity: 99, Code: "x", Message: "m"}, "error x: m"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.d.String()); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestJSON(t *testing.T) {
	d := diag.Diagnostic{Severity: diag.Warning, Code: "c", Pos: diag.Pos{File: "f", Line: 1, Column: 2, Offset: 9},
		Path: diag.Path{diag.Named("profile", "P")}, Message: "m"}
	out, err := json.Marshal([]diag.Diagnostic{d, {Code: "d", Message: "n"}})
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"severity":"warning","code":"c","pos":{"file":"f","line":1,"column":2},"path":"profile \"P\"","message":"m"},{"severity":"info","code":"d","message":"n"}]`
	if diff := cmp.Diff(want, string(out)); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	for _, s := range []diag.Severity{diag.Info, diag.Warning, diag.Error} {
		var back diag.Severity
		if err := back.UnmarshalText([]byte(s.String())); err != nil || back != s {
			t.Errorf("%s is read as %s, error %v", s, back, err)
		}
	}
	var s diag.Severity
	if err := s.UnmarshalText([]byte("fatal")); err == nil {
		t.Error("fatal is no severity")
	}
}

func TestList(t *testing.T) {
	var l diag.List
	if l.Err() != nil || l.HasErrors() {
		t.Error("an empty list has errors")
	}
	at := func(file string, line, column int) diag.Pos { return diag.Pos{File: file, Line: line, Column: column} }
	l.Addf(diag.Warning, "w", at("b", 1, 1), "number %d", 1)
	if l.Err() != nil {
		t.Error("warnings are no errors")
	}
	l.Addf(diag.Error, "z", at("a", 10, 1), "late")
	l.Addf(diag.Error, "b", at("a", 9, 2), "code b")
	l.Addf(diag.Info, "a", at("a", 9, 2), "code a")
	l.Addf(diag.Error, "b", at("a", 9, 2), "code b")
	l.Addf(diag.Error, "c", at("a", 9, 1), "early")
	l.Sort()
	var got []string
	for _, d := range l {
		got = append(got, d.String())
	}
	want := []string{"a:9:1: error c: early", "a:9:2: info a: code a", "a:9:2: error b: code b", "a:10:1: error z: late", "b:1:1: warning w: number 1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sorted: mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff("a:9:1: error c: early\na:9:2: error b: code b\na:10:1: error z: late", l.Err().Error()); diff != "" {
		t.Errorf("error: mismatch (-want +got):\n%s", diff)
	}
	if l.Count(diag.Error) != 3 || l.Count(diag.Info) != 1 || !l.HasErrors() {
		t.Errorf("%d errors, %d infos", l.Count(diag.Error), l.Count(diag.Info))
	}
}

func TestPath(t *testing.T) {
	for _, tc := range []struct {
		path          diag.Path
		text, pointer string
	}{
		{nil, "", ""},
		{diag.Path{diag.Named("profile", `a"b`)}, `profile "a\"b"`, ""},
		{diag.Path{diag.Named("file", "")}, "file", ""},
		{diag.Path{diag.Named("profile", "P"), diag.Named("attribute", "email"), diag.Item("firstValid", "values", 1), diag.Attr("dateFormat", "input")},
			`profile "P" > attribute "email" > firstValid.values[1] > dateFormat.input`, "/attributes/values/1/attributes/input"},
		{diag.Path{diag.Attr("a", "b"), diag.Named("transform", "T"), diag.Entry("lookup", "table", "x/~y")},
			`a.b > transform "T" > lookup.table["x/~y"]`, "/attributes/table/x~1~0y"},
		{diag.Path{diag.Entry("lookup", "table", "")}, `lookup.table[""]`, "/attributes/table/"},
		{diag.Path{diag.Item("concat", "values", 0)}, "concat.values[0]", "/attributes/values/0"},
	} {
		if diff := cmp.Diff([]string{tc.text, tc.pointer}, []string{tc.path.String(), tc.path.Pointer()}); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
	}
}

func TestNear(t *testing.T) {
	known := []string{"dateFormat", "dateMath", "dateCompare", "lower", "upper", "split", "static", "İx"}
	for _, tc := range []struct{ name, want string }{
		{"datemath", "dateMath"}, {"dateMaths", "dateMath"}, {"uper", "upper"}, {"lwoer", "lower"}, {"splti", "split"}, {"x", ""}, {"", ""},
		{"concatenation", ""}, {"statik", "static"}, {"LOWER", "lower"}, {"dateFromat", "dateFormat"},
	} {
		if got := diag.Near(tc.name, known); got != tc.want {
			t.Errorf("%q: got %q, want %q", tc.name, got, tc.want)
		}
		if got, want := diag.Suggest(tc.name, known) == "", tc.want == ""; got != want {
			t.Errorf("%q: no suggestion %v, want %v", tc.name, got, want)
		}
	}
	if got := diag.Near("a", nil); got != "" {
		t.Errorf("no candidates: %q", got)
	}
}

func ExampleList() {
	var found diag.List
	found.Addf(diag.Warning, "lookup-default", diag.Pos{File: "region.json", Line: 4, Column: 12}, "an input outside the table is an error")
	found.Add(diag.Diagnostic{Severity: diag.Error, Code: "type-unknown", Pos: diag.Pos{File: "region.json", Line: 2, Column: 11},
		Message: `unknown operation "lokup"`, Hint: diag.Suggest("lokup", []string{"lookup", "lower"})})
	found.Sort()
	for _, d := range found {
		fmt.Println(d)
	}
	fmt.Println(found.HasErrors())
	// Output:
	// region.json:2:11: error type-unknown: unknown operation "lokup" (did you mean "lookup"?)
	// region.json:4:12: warning lookup-default: an input outside the table is an error
	// true
}

func ExamplePath_Pointer() {
	p := diag.Path{diag.Named("attribute", "email"), diag.Item("firstValid", "values", 1), diag.Attr("dateFormat", "input")}
	fmt.Println(p)
	fmt.Println(p.Pointer())
	// Output:
	// attribute "email" > firstValid.values[1] > dateFormat.input
	// /attributes/values/1/attributes/input
}
