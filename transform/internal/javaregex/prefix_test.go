package javaregex

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// checkPrefix compares an expression with itself when a search looks everywhere.
func checkPrefix(t *testing.T, pattern, input string) {
	t.Helper()
	quick, everywhere := mustCompile(t, pattern), mustCompile(t, pattern)
	everywhere.prog.first, everywhere.fast = nil, nil
	r, _ := ParseReplacement("<$0>")
	got, err1 := quick.ReplaceAll(newBudget(), input, r)
	want, err2 := everywhere.ReplaceAll(newBudget(), input, r)
	if err1 != nil || err2 != nil {
		return // out of steps, or groups that are not there
	}
	if got != want {
		t.Errorf("%q in %q: got %q, want %q", pattern, input, got, want)
	}

	parts, err1 := quick.Split(newBudget(), input, 0)
	all, err2 := everywhere.Split(newBudget(), input, 0)
	if err1 == nil && err2 == nil && !slices.Equal(parts, all) {
		t.Errorf("%q splits %q: %s", pattern, input, cmp.Diff(all, parts))
	}
	for number := int64(-1); number <= int64(len(parts)); number++ {
		want := ""
		if number >= 0 && number < int64(len(parts)) {
			want = parts[number]
		}
		got, count, err := quick.Part(newBudget(), input, number)
		if err != nil || got != want || count != len(parts) {
			t.Errorf("%q splits %q: piece %d is %q of %d, %v; want %q of %d", pattern, input, number, got, count, err, want, len(parts))
		}
	}
	if found, _ := quick.Find(newBudget(), input); found != (want != input || strings.Contains(want, "<>")) && !strings.ContainsAny(input, "<>") {
		t.Errorf("%q in %q: found is %t, replaced it is %q", pattern, input, found, want)
	}
}

// TestPrefix: what a match can start with changes nothing but the time.
func TestPrefix(t *testing.T) {
	for _, name := range []string{"regex_replace.jsonl", "regex_split.jsonl"} {
		for _, g := range goldens(t, name) {
			if _, err := Compile(g.Input.Regex); err == nil {
				checkPrefix(t, g.Input.Regex, g.Input.Input)
			}
		}
	}

	pieces := []string{"a", "[a-c]", "b+", "x*", "(?<=a)", "(?!b)", `\b`, "^", "$", "(a|b)?", "(?i)", `\.`, `(?=\d)`, "é", "-", `\G`, "(b)", `\R`, "😀"}
	texts := []string{"a", "b", "c", "x", ".", "1", "é", "-", " ", "\n", "😀", "\xed\xa0\xbd"}
	r := rand.New(rand.NewPCG(5, 6))
	of := func(list []string, most int) string {
		var b strings.Builder
		for range r.IntN(most + 1) {
			b.WriteString(list[r.IntN(len(list))])
		}
		return b.String()
	}
	for range 20_000 {
		pattern := of(pieces, 4)
		if r.IntN(5) == 0 {
			pattern = fmt.Sprintf("%s|%s", pattern, of(pieces, 2))
		}
		if _, err := Compile(pattern); err == nil {
			checkPrefix(t, pattern, of(texts, 6))
		}
	}
}
