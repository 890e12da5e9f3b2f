package velocity

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReferences(t *testing.T) {
	tests := []struct {
		name, src string
		want      []Reference
	}{
		{"plain", "é $a-${b}", []Reference{
			{Name: "a-", Line: 1, Column: 3, Offset: 3},
			{Name: "b", Line: 1, Column: 6, Offset: 6, Braced: true},
		}},
		{"prefix and escape", "$$!a\n\\$b", []Reference{
			{Name: "a", Line: 1, Column: 2, Offset: 1, Quiet: true},
			{Name: "b", Line: 2, Column: 2, Offset: 6, Escaped: true},
		}},
		{"members", "$o.p.m('x', $y)[0]", []Reference{
			{Name: "o", Line: 1, Column: 1, Members: []Member{
				{Name: "p"}, {Name: "m", Call: true, Args: 2}, {Name: "[]", Index: true, Args: 1},
			}},
			{Name: "y", Line: 1, Column: 13, Offset: 12, Place: PlaceArgument},
		}},
		{"places", "#set($x = $y)#if(!$x && $z == 1)#end#foreach($i in $l)#end", []Reference{
			{Name: "x", Line: 1, Column: 6, Offset: 5, Place: PlaceTarget},
			{Name: "y", Line: 1, Column: 11, Offset: 10, Place: PlaceSet},
			{Name: "x", Line: 1, Column: 19, Offset: 18, Place: PlaceCondition, Tested: true},
			{Name: "z", Line: 1, Column: 25, Offset: 24, Place: PlaceCondition},
			{Name: "i", Line: 1, Column: 46, Offset: 45, Place: PlaceLoop},
			{Name: "l", Line: 1, Column: 52, Offset: 51, Place: PlaceArgument},
		}},
		{"in quotes", `#set($x = "a $y")`, []Reference{
			{Name: "x", Line: 1, Column: 6, Offset: 5, Place: PlaceTarget},
			{Name: "y", Line: 1, Column: 14, Offset: 13, Place: PlaceSet},
		}},
		{"null argument", "$o.m(null)", []Reference{
			{Name: "o", Line: 1, Column: 1, Members: []Member{{Name: "m", Call: true, Args: 1}}},
			{Name: "null", Line: 1, Column: 6, Offset: 5, Bare: true, Place: PlaceArgument},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tmpl, err := Parse(tt.src)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, tmpl.References()); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNotes(t *testing.T) {
	src := "#sales ## c\n#if($a < 'x' || $b.trim() > $c)#elseb#end"
	tmpl, err := Parse(src)
	if err != nil {
		t.Fatal(err)
	}
	want := []Note{
		{Kind: NoteWord, Line: 1, Column: 1, Text: "#sales"},
		{Kind: NoteLineComment, Line: 1, Column: 8, Offset: 7, Text: "##"},
		{Kind: NoteOrder, Line: 2, Column: 8, Offset: 19, Text: "<", Names: []string{"a"}, HasText: true},
		{Kind: NoteOrder, Line: 2, Column: 27, Offset: 38, Text: ">", Names: []string{"c"}, HasText: true},
		{Kind: NoteWord, Line: 2, Column: 32, Offset: 43, Text: "#elseb"},
	}
	got := tmpl.Notes()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	if got[0].IsGlued() || !got[4].IsGlued() {
		t.Error("only #elseb is glued")
	}
}

func TestSingle(t *testing.T) {
	for src, want := range map[string]bool{
		"$identity.getManager()": true, "${a}": true, "$a ": false, "x": false, "": false, "$a$b": false,
	} {
		tmpl, err := Parse(src)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := tmpl.Single(); ok != want {
			t.Errorf("%q: got %v, want %v", src, ok, want)
		}
	}
}

func TestSyntaxErrors(t *testing.T) {
	tests := []struct {
		src          string
		code         Code
		line, column int
	}{
		{"a\n #if($x)b", CodeUnbalanced, 2, 10},
		{"#end", CodeUnbalanced, 1, 1},
		{"#if($x", CodeUnbalanced, 1, 7},
		{"#set($x = 'a)", CodeUnbalanced, 1, 11},
		{"$x.a('b", CodeUnbalanced, 1, 6},
		{"#[[a", CodeUnbalanced, 1, 1},
		{"#if(true)a#endb", CodeUnbalanced, 1, 16},
		{"#set($x = null)", CodeNull, 1, 11},
		{"#if($x == null)#end", CodeNull, 1, 11},
		{"#macro(a)b#end", CodeUnsupported, 1, 1},
		{"é #parse('x')", CodeUnsupported, 1, 3},
		{"a$", CodeOther, 1, 2},
		{"#set($é = 1)", CodeOther, 1, 7},
		{"#if($x = 1)#end", CodeOther, 1, 8},
		{"#set($x = \"a $y.b('c\")", CodeUnbalanced, 1, 19},
	}
	for _, tt := range tests {
		_, err := Parse(tt.src)
		var e *SyntaxError
		if !errors.As(err, &e) {
			t.Errorf("%q: got %v, want a syntax error", tt.src, err)
			continue
		}
		if e.Code != tt.code || e.Line != tt.line || e.Column != tt.column {
			t.Errorf("%q: got %v (code %d), want code %d [line %d, column %d]", tt.src, e, e.Code, tt.code, tt.line, tt.column)
		}
		if !errors.Is(err, ErrSyntax) {
			t.Errorf("%q: is no ErrSyntax", tt.src)
		}
	}
}
