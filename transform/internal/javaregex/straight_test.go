package javaregex

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/idprofile/engine/transform/internal/limit"
)

// compareStraight replaces by the way that is tried first and by nodes alone: outcomes and costs are the same,
// with whatever budget.
func compareStraight(t *testing.T, pattern, src string, steps int64) bool {
	t.Helper()
	re, err := Compile(pattern)
	if err != nil || re.prog.straight == nil {
		return false
	}
	nodes, _ := Compile(pattern)
	nodes.prog.straight = nil

	with := "<$0"
	switch {
	case re.groups > 1:
		with = "<$2|$1$0>"
	case re.groups > 0 && len(src)%4 == 0:
		with = "\xED\xA0\xBD$1\xED\xB8\x80" // halves that meet when the group is empty
	case re.groups > 0:
		with = "$1-$1"
	}
	parsed, _ := ParseReplacement(with)
	replace := func(re *Regexp) (string, limit.Budget, string) {
		b := limit.Budget{Steps: steps, Output: 1 << 20}
		got, err := re.ReplaceAll(&b, src, re.Bind(parsed))
		if err != nil {
			return "", b, err.Error()
		}
		return got, b, ""
	}
	got, spent, failed := replace(re)
	want, wantSpent, wantFailed := replace(nodes)
	if got != want || failed != wantFailed || failed == "" && (spent.Steps != wantSpent.Steps || spent.Output != wantSpent.Output) {
		t.Fatalf("%q on %q with %d steps: %q, left %d, %s; by nodes %q, left %d, %s", pattern, src, steps,
			got, spent.Steps, failed, want, wantSpent.Steps, wantFailed)
	}
	return true
}

// looksPattern is a random pattern with looks at what stands around.
func looksPattern(r *rand.Rand) string {
	looks := []string{"(?<=[ab])", "(?=a)", "(?![b1])", "(?<!c)", `\b`, `\B`, "(?=.)", `(?<=\d)`, "", "", "^", "$"}
	var b strings.Builder
	for range 1 + r.IntN(3) {
		b.WriteString(looks[r.IntN(len(looks))])
		b.WriteString(randomPattern(r, 1))
	}
	return b.String()
}

func TestStraightAgrees(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	alphabet := []rune("aabbccB1_ \n")
	compared := 0
	for range 20_000 {
		var src strings.Builder
		for range r.IntN(12) {
			src.WriteRune(alphabet[r.IntN(len(alphabet))])
		}
		steps := int64(1 << 20)
		if r.IntN(4) == 0 {
			steps = r.Int64N(40)
		}
		if compareStraight(t, looksPattern(r), src.String(), steps) {
			compared++
		}
	}
	if compared < 5_000 {
		t.Errorf("only %d comparisons", compared)
	}
}

func FuzzStraight(f *testing.F) {
	for _, s := range [][2]string{
		{`^E(?=\d)`, "E0001"}, {"^(.)[^.]*\\.(.{1,12}).*$", "ann.lee"}, {"(?<=[a-z])[._](?=[a-z])", "a.b_c."},
		{`\bMgr\b(?!\.)`, "Sales Mgr"}, {"^[A-Z]{2,3}(?:-(\\d+))?(?:-(\\d{3}[A-Z]?))(?![0-9]).*$", "NY-1-123A"}, {"a??b|c*+", "abcc"},
	} {
		f.Add(s[0], s[1], int64(1000))
	}
	f.Fuzz(func(t *testing.T, pattern, src string, steps int64) {
		if len(pattern) < 200 && len(src) < 200 && steps >= 0 && steps < 1<<20 {
			compareStraight(t, pattern, src, steps)
		}
	})
}
