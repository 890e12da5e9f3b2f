package javaregex

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/transform/internal/limit"
)

// TestHostile checks that expressions that would run for ages, or deep, end:
// with an answer or with limit.Err, after the same number of steps each time.
func TestHostile(t *testing.T) {
	long := strings.Repeat("a", 1<<20)
	tests := []struct {
		name, regex, input string
		limited            bool
	}{
		{name: "nested plus goes to RE2", regex: `(a+)+b`, input: long[:40]},
		{name: "nested plus with a back reference", regex: `(a+)+b\1`, input: long[:40], limited: true},
		{name: "nested alternatives", regex: `(?=(a|aa)+$)b|((a|a)*)*c`, input: long[:60], limited: true},
		{name: "long loop of a group goes to RE2", regex: `(a|b)*c`, input: long[:1<<16]},
		{name: "deep loop", regex: `(?=x?)(a|b)*`, input: long, limited: true},
		{name: "long plain loop", regex: `a*b?`, input: long},
		{name: "long fixed group", regex: `(ab)*x|(?=b)(aa)*`, input: long},
		{name: "lazy to the end", regex: `^.*?$`, input: long},
		{name: "quadratic search", regex: `a*(?=b)`, input: long, limited: true},
		{name: "repeat of nothing", regex: `(?:){2000000000}a`, input: "a"},
		{name: "repeat of an empty group", regex: `(){2000000000}a`, input: "a"},
		{name: "repeat of a lookahead", regex: `(?=a){2000000000}a`, input: "a"},
		{name: "nested counts", regex: `((a{0,2000}){0,2000}){0,2000}(?=c)`, input: long[:3000], limited: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			re, err := Compile(tt.regex)
			if err != nil {
				t.Fatal(err)
			}
			var left [2]limit.Budget
			for i := range left {
				left[i] = *newBudget()
				_, err = re.ReplaceAll(&left[i], tt.input, literalReplacement(""))
			}
			if got := errors.Is(err, limit.Err); got != tt.limited || err != nil && !got {
				t.Errorf("error %v, want limited %v", err, tt.limited)
			}
			if diff := cmp.Diff(left[0], left[1]); diff != "" {
				t.Errorf("two runs differ (-first +second)\n%s", diff)
			}
		})
	}
}

func TestOutputLimit(t *testing.T) {
	tests := []struct{ name, regex, input, with string }{
		{name: "class", regex: "[a-z]", input: strings.Repeat("x", 1000), with: strings.Repeat("y", 1000)},
		{name: "groups", regex: "(x+)(?=x)", input: strings.Repeat("x", 1000), with: strings.Repeat("$1", 1000)},
		{name: "rest", regex: "a(?!b)", input: "a" + strings.Repeat("x", 20000), with: ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			re, err := Compile(tt.regex)
			if err != nil {
				t.Fatal(err)
			}
			r, err := ParseReplacement(tt.with)
			if err != nil {
				t.Fatal(err)
			}
			b := &limit.Budget{Steps: 1 << 30, Output: 10_000}
			if _, err := re.ReplaceAll(b, tt.input, r); !errors.Is(err, limit.Err) {
				t.Errorf("error %v, want %v", err, limit.Err)
			}
		})
	}
}

func TestCompileDepth(t *testing.T) {
	for _, open := range []string{"(", "(?=", "[", "(?i:", "[a&&"} {
		_, err := Compile(strings.Repeat(open, 1<<18))
		if syntax := new(SyntaxError); !errors.As(err, &syntax) {
			t.Errorf("%q nested: error %v, want a syntax error", open, err)
		}
	}
	if _, err := Compile(strings.Repeat("(", 900) + "a" + strings.Repeat(")*", 900)); err != nil {
		t.Error(err)
	}
}

// TestPatternLimit checks that an expression is refused that is longer than anybody means, and
// one that is compiled during an evaluation when it has no steps left for it.
func TestPatternLimit(t *testing.T) {
	long := strings.Repeat("(a|b)*", MaxPattern/6+1)
	var syntax *SyntaxError
	if _, err := Compile(long); !errors.As(err, &syntax) || len(err.Error()) > 500 {
		t.Errorf("%d bytes: error %.200v", len(long), err)
	}
	if _, err := Compile(long[:60_000]); err != nil {
		t.Errorf("60,000 bytes: %v", err)
	}
	if _, err := CompileWithin(newBudget(), long[:600]); err != nil {
		t.Errorf("600 bytes in an evaluation: %v", err)
	}
	if _, err := CompileWithin(&limit.Budget{Steps: 1000}, long[:600]); !errors.Is(err, limit.Err) {
		t.Errorf("600 bytes with 1,000 steps: error %v", err)
	}
}
