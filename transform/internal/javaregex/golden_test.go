package javaregex

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/transform/internal/limit"
)

type golden struct {
	ID    string   `json:"id"`
	Tags  []string `json:"tags"`
	Input struct {
		Input       string `json:"input"`
		Regex       string `json:"regex"`
		Replacement string `json:"replacement"`
		Index       int    `json:"index"`
	} `json:"input"`
	Expected struct {
		Value string   `json:"value"`
		Error string   `json:"error"`
		UTF16 []uint16 `json:"utf16"`
		Lone  bool     `json:"loneSurrogate"`
		Parts []string `json:"parts"`
	} `json:"expected"`
}

func goldens(t testing.TB, file string) []golden {
	t.Helper()
	f, err := os.Open("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []golden
	for s := bufio.NewScanner(f); s.Scan(); {
		var g golden
		if err := json.Unmarshal(s.Bytes(), &g); err != nil {
			t.Fatal(err)
		}
		out = append(out, g)
	}
	return out
}

func newBudget() *limit.Budget { return &limit.Budget{Steps: 10_000_000, Output: 1 << 24} }

// units gives the UTF-16 units of a text that may hold lone surrogates.
func units(s string) []uint16 {
	var v view
	v.set(s)
	list := make([]uint16, v.units)
	for i := range list {
		list[i] = v.unit(i)
	}
	return list
}

// javaError names the exception that Java throws where we give err.
func javaError(err error) string {
	var syntax *SyntaxError
	var replacement *ReplacementError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &syntax):
		return "PatternSyntaxException"
	case errors.Is(err, ErrNoGroup):
		return "IndexOutOfBoundsException"
	case errors.As(err, &replacement):
		return "IllegalArgumentException"
	}
	return err.Error()
}

func replaceAll(regex, input, replacement string) (string, error) {
	re, err := Compile(regex)
	if err != nil {
		return "", err
	}
	r, _ := ParseReplacement(replacement) // a fault counts only with a match
	return re.ReplaceAll(newBudget(), input, r)
}

func TestGoldenReplace(t *testing.T) {
	for _, g := range goldens(t, "regex_replace.jsonl") {
		t.Run(g.ID, func(t *testing.T) {
			in := g.Input
			got, err := replaceAll(in.Regex, in.Input, in.Replacement)
			if e := javaError(err); e != g.Expected.Error {
				t.Fatalf("%q on %q: error %v, want %q", in.Regex, in.Input, err, g.Expected.Error)
			}
			want := utf16.Encode([]rune(g.Expected.Value))
			if g.Expected.Lone {
				want = g.Expected.UTF16
			}
			if diff := cmp.Diff(string(utf16.Decode(want)), string(utf16.Decode(units(got)))); diff != "" {
				t.Errorf("%q on %q with %q: mismatch (-want +got)\n%s", in.Regex, in.Input, in.Replacement, diff)
			}
		})
	}
}

func TestGoldenSplit(t *testing.T) {
	for _, g := range goldens(t, "regex_split.jsonl") {
		t.Run(g.ID, func(t *testing.T) {
			re, err := Compile(g.Input.Regex)
			if wantErr := strings.HasPrefix(g.Expected.Error, "Pattern"); (err != nil) != wantErr {
				t.Fatalf("%q: error %v, want %q", g.Input.Regex, err, g.Expected.Error)
			}
			if err != nil {
				return
			}
			got, err := re.Split(newBudget(), g.Input.Input, 0)
			if err != nil {
				t.Fatal(err)
			}
			if g.Expected.Lone {
				return // the parts cannot be written in JSON
			}
			if diff := cmp.Diff(g.Expected.Parts, got, cmp.Transformer("nilIsEmpty", func(s []string) int { return len(s) })); diff != "" {
				t.Errorf("%q on %q: mismatch (-want +got)\n%s", g.Input.Regex, g.Input.Input, diff)
			}
			if diff := cmp.Diff(strings.Join(g.Expected.Parts, "\x00"), strings.Join(got, "\x00")); diff != "" {
				t.Errorf("%q on %q: mismatch (-want +got)\n%s", g.Input.Regex, g.Input.Input, diff)
			}
		})
	}
}
