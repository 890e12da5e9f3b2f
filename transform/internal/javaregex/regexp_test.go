package javaregex

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/transform/internal/limit"
)

func mustCompile(t testing.TB, pattern string) *Regexp {
	t.Helper()
	re, err := Compile(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return re
}

func TestReplaceFirst(t *testing.T) {
	tests := []struct{ regex, input, with, want string }{
		{"a", "banana", "x", "bxnana"},
		{"(?=n)", "banana", "-", "ba-nana"},
		{"z", "banana", "$9", "banana"},
		{"", "ab", "-", "-ab"},
	}
	for _, tt := range tests {
		r, _ := ParseReplacement(tt.with)
		got, err := mustCompile(t, tt.regex).ReplaceFirst(nil, tt.input, r)
		if err != nil || got != tt.want {
			t.Errorf("%q on %q: got %q, %v; want %q", tt.regex, tt.input, got, err, tt.want)
		}
	}
}

func TestAppendReplaceAll(t *testing.T) {
	for _, regex := range []string{"[ae]", "a|e", "(?=q)q", "zz"} {
		re := mustCompile(t, regex)
		r := literalReplacement("$")
		want, err := re.ReplaceAll(nil, "peace 😀 a", r)
		if err != nil {
			t.Fatal(err)
		}
		got, found, err := re.AppendReplaceAll(nil, nil, []byte("> "), "peace 😀 a", r)
		if err == nil && !found {
			got = append(got, "peace 😀 a"...)
		}
		if err != nil || string(got) != "> "+want {
			t.Errorf("%q: got %q, %v, %v; want %q", regex, got, found, err, "> "+want)
		}
	}
}

func TestReplacementErrors(t *testing.T) {
	tests := []struct {
		text   string
		parses bool
		checks bool
		java   string // what Java throws at a match of (a)(?<n>b)
	}{
		{text: "$1$2", parses: true, checks: true},
		{text: "${n}", parses: true, checks: true},
		{text: "$12", parses: true, checks: true},
		{text: `\$x\\`, parses: true, checks: true},
		{text: "$3", parses: true, java: "IndexOutOfBoundsException"},
		{text: "$30", parses: true, java: "IndexOutOfBoundsException"},
		{text: "${m}", parses: true, java: "IllegalArgumentException"},
		{text: "$", java: "IllegalArgumentException"},
		{text: "$x", java: "IllegalArgumentException"},
		{text: "${", java: "IllegalArgumentException"},
		{text: "${n", java: "IllegalArgumentException"},
		{text: "${}", java: "IllegalArgumentException"},
		{text: "${1}", java: "IllegalArgumentException"},
		{text: `x\`, java: "IllegalArgumentException"},
		{text: "$3$", java: "IndexOutOfBoundsException"},
	}
	re := mustCompile(t, "(a)(?<n>b)")
	for _, tt := range tests {
		r, err := ParseReplacement(tt.text)
		if (err == nil) != tt.parses {
			t.Errorf("%q: parse error %v", tt.text, err)
		}
		if err := re.Check(r); (err == nil) != tt.checks {
			t.Errorf("%q: check error %v", tt.text, err)
		}
		if _, err := re.ReplaceAll(nil, "xaby", r); javaError(err) != tt.java {
			t.Errorf("%q: error %v, want %q", tt.text, err, tt.java)
		}
		if got, err := re.ReplaceAll(nil, "none", r); err != nil || got != "none" {
			t.Errorf("%q without a match: %q, %v", tt.text, got, err)
		}
	}
}

func TestGroups(t *testing.T) {
	re := mustCompile(t, `(a)(?:b)(?<x1>c)(?=(?<y>d))`)
	if re.Groups() != 3 {
		t.Errorf("%d groups, want 3", re.Groups())
	}
	if diff := cmp.Diff(map[string]int{"x1": 2, "y": 3}, re.GroupNames()); diff != "" {
		t.Errorf("group names: mismatch (-want +got)\n%s", diff)
	}
}

func TestFindMatches(t *testing.T) {
	tests := []struct {
		regex, input  string
		find, matches bool
	}{
		{"a|ab", "ab", true, true},
		{"a*?", "aaa", true, true},
		{"b", "abc", true, false},
		{"a$", "a\n", true, false},
		{"x", "", false, false},
		{"", "", true, true},
	}
	for _, tt := range tests {
		re := mustCompile(t, tt.regex)
		find, err := re.Find(newBudget(), tt.input)
		if err != nil || find != tt.find {
			t.Errorf("find %q in %q: %v, %v", tt.regex, tt.input, find, err)
		}
		matches, err := re.Matches(newBudget(), tt.input)
		if err != nil || matches != tt.matches {
			t.Errorf("%q matches %q: %v, %v", tt.regex, tt.input, matches, err)
		}
	}
}

// TestBrokenText checks that bytes that are no UTF-8 count as one character
// each and survive, on every route.
func TestBrokenText(t *testing.T) {
	const src = "a\xffb\xe2\x82c,😀"
	tests := []struct{ regex, want string }{
		{",", "a\xffb\xe2\x82c-😀"},
		{"[bc]", "a\xff-\xe2\x82-,😀"},
		{"(?<=b).", "a\xffb-\x82c,😀"},
		{"(?:b|,)+", "a\xff-\xe2\x82c-😀"},
	}
	for _, tt := range tests {
		got, err := mustCompile(t, tt.regex).ReplaceAll(nil, src, literalReplacement("-"))
		if err != nil || got != tt.want {
			t.Errorf("%q: got %q, %v; want %q", tt.regex, got, err, tt.want)
		}
	}
}

func TestSplitPairs(t *testing.T) {
	got, err := mustCompile(t, "").Split(nil, "a😀", 0)
	if diff := cmp.Diff([]string{"a", "\xed\xa0\xbd", "\xed\xb8\x80"}, got); diff != "" || err != nil {
		t.Errorf("mismatch (-want +got), error %v\n%s", err, diff)
	}
	r := literalReplacement("")
	joined, err := mustCompile(t, "x*").ReplaceAll(nil, "ax😀", r)
	if err != nil || joined != "a😀" || !utf8.ValidString(joined) {
		t.Errorf("halves are not joined: %q, %v", joined, err)
	}
}

func TestAllocations(t *testing.T) {
	text := strings.Repeat("O'Brien-Smith, Zoë ", 50)
	dst := make([]byte, 0, 4*len(text))
	r := literalReplacement("_")
	budget, mem := &limit.Budget{}, Memory{}
	for _, regex := range []string{"[^a-zA-Z0-9]", `\s+`, " ", ", ", `(\w)-(\w)`, `(?<=-)\w`} {
		re := mustCompile(t, regex)
		got := testing.AllocsPerRun(50, func() {
			*budget = limit.Budget{Steps: 1 << 20, Output: 1 << 20}
			if _, _, err := re.AppendReplaceAll(&mem, budget, dst[:0], text, r); err != nil {
				t.Fatal(err)
			}
		})
		most := 0.0
		if re.fast == nil {
			most = 12 // the view of a text that is not ASCII; the pool may be emptied at any time
		}
		if got > most {
			t.Errorf("%q: %v allocations, want at most %v", regex, got, most)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	re := mustCompile(t, `(a+)+(b|c)`)
	done := make(chan error)
	for range 4 {
		go func() {
			for range 200 {
				got, err := re.ReplaceAll(newBudget(), strings.Repeat("a", 30)+"b é", literalReplacement("x"))
				if err == nil && got != "x é" {
					err = errors.New("got " + got)
				}
				if err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, name := range []string{"regex_replace.jsonl", "regex_split.jsonl"} {
		for _, g := range goldens(f, name) {
			f.Add(g.Input.Regex, g.Input.Input, g.Input.Replacement)
		}
	}
	f.Fuzz(func(t *testing.T, pattern, input, replacement string) {
		re, err := Compile(pattern)
		if err != nil {
			if syntax := new(SyntaxError); !errors.As(err, &syntax) || syntax.Offset < 0 || syntax.Offset > len(pattern) {
				t.Fatalf("error %v", err)
			}
			return
		}
		r, _ := ParseReplacement(replacement)
		budget := func() *limit.Budget { return &limit.Budget{Steps: 200_000, Output: 1 << 20} }
		first, err1 := re.ReplaceAll(budget(), input, r)
		second, err2 := re.ReplaceAll(budget(), input, r)
		if first != second || (err1 == nil) != (err2 == nil) {
			t.Fatalf("two runs differ: %q, %v and %q, %v", first, err1, second, err2)
		}
		if _, err := re.Split(budget(), input, 0); err != nil && !errors.Is(err, limit.Err) {
			t.Fatal(err)
		}
	})
}

// literalReplacement is a Replacement in which no character is special.
func literalReplacement(text string) *Replacement {
	r := &Replacement{text: text, plain: true}
	if text != "" {
		r.parts = []replacePart{{literal: text}}
	}
	return r
}
