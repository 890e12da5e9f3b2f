package javaregex

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// searched is what replacing gives and spends.
type searched struct {
	Text, Err     string
	Found         bool
	Steps, Output int64
}

// replaceWith replaces in the given memory.
func replaceWith(mem *Memory, re *Regexp, src string, r *Replacement) searched {
	b := newBudget()
	out, found, err := re.AppendReplaceAll(mem, b, []byte("> "), src, r)
	s := searched{Found: found, Steps: b.Steps, Output: b.Output}
	if err != nil {
		s.Err = err.Error() // what was appended is undefined
	} else {
		s.Text = string(out)
	}
	return s
}

// One memory serves all expressions, and a replacement that is bound does what it did before.
func TestMemory(t *testing.T) {
	var mem Memory
	list := goldens(t, "regex_replace.jsonl")
	for range 2 {
		for _, g := range list {
			re, err := Compile(g.Input.Regex)
			if err != nil {
				continue
			}
			r, _ := ParseReplacement(g.Input.Replacement)
			want := replaceWith(nil, re, g.Input.Input, r)
			for _, with := range []*Replacement{r, re.Bind(r), mustCompile(t, "(a)(b)").Bind(r)} {
				if diff := cmp.Diff(want, replaceWith(&mem, re, g.Input.Input, with)); diff != "" {
					t.Fatalf("%q on %q with %q: mismatch (-want +got)\n%s", g.Input.Regex, g.Input.Input, g.Input.Replacement, diff)
				}
			}
		}
	}
}

// Texts of ASCII are matched byte by byte, which gives and spends what their units do.
func TestASCIIAgreesWithUnits(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	patterns := []string{
		`^(.)[^.]*\.(.{1,12}).*$`, `(?<=[a-z])[._](?=[a-z])`, `(?i)^(dr|prof)\.\s*`, `\bSr\.?(?=\s)`, `(\w+?)\1`, `(?m)^a|b$`, `\R|\X`,
		`(a|b){2,3}+c*`, `(?>a+)b`, `x??y{2}`, `(?s).*?(.)(?<!a)`, `\b{g}a`, `[a-c&&[^b]]+`, `(?<!\w{1,3})\d`,
	}
	for range 2000 {
		patterns = append(patterns, randomPattern(r, 1))
	}
	for _, pattern := range patterns {
		re, err := Compile(pattern)
		if err != nil {
			continue
		}
		for range 20 {
			src := make([]byte, r.IntN(14))
			for i := range src {
				src[i] = "aabbccxyz._ -\r\n1A"[r.IntN(17)]
			}
			units, bytes := allMatches(re, string(src), true), allMatches(re, string(src), false)
			if !slices.EqualFunc(units, bytes, slices.Equal) {
				t.Fatalf("%q on %q: mismatch (-units +bytes)\n%s", pattern, src, cmp.Diff(units, bytes))
			}
		}
	}
}

// allMatches are the groups of all matches, and the steps that finding each has left.
func allMatches(re *Regexp, src string, written bool) [][]int {
	s := re.newScan(nil, src)
	if written {
		s.m.setWide(src)
	}
	var list [][]int
	b := newBudget()
	for {
		ok, err := s.find(b)
		list = append(list, append([]int{int(b.Steps)}, s.m.groups...))
		if !ok || err != nil {
			return list
		}
	}
}
