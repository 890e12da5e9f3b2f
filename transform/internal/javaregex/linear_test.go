package javaregex

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// allGroups gives the groups of every match in src, either with package regexp
// or with the matcher alone.
func allGroups(t *testing.T, re *Regexp, src string, l *linear) [][]int {
	t.Helper()
	s := re.newScan(nil, src)
	s.linear = l
	var out [][]int
	b := newBudget()
	for {
		var ok bool
		var err error
		if l != nil {
			ok, err = s.findLinear(b)
		} else {
			ok, err = s.findAgain(b)
		}
		if err != nil {
			t.Skip("over the limit")
		}
		if !ok {
			return out
		}
		out = append(out, append([]int(nil), s.m.groups...))
	}
}

// compareRoutes fails when package regexp and the matcher find other groups.
func compareRoutes(t *testing.T, pattern, src string) (compared bool) {
	t.Helper()
	_, tree, err := parse(pattern)
	if err != nil {
		return false
	}
	l := newLinear(tree)
	if !l.fits(src) {
		return false
	}
	re, err := Compile(pattern)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(allGroups(t, re, src, nil), allGroups(t, re, src, l)); diff != "" {
		t.Errorf("%q on %q: routes differ (-matcher +regexp)\n%s", pattern, src, diff)
	}
	return true
}

// randomPattern writes an expression in which most constructs can be
// translated.
func randomPattern(r *rand.Rand, depth int) string {
	atoms := []string{"a", "b", "c", "é", ".", "[ab]", "[^a]", `\d`, `\w`, `\s`, `\p{L}`, "^", "$", `\z`, "1", "(?i:B)", ""}
	quantifiers := []string{"", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?", "++"}
	var b strings.Builder
	for range 1 + r.IntN(3) {
		atom := atoms[r.IntN(len(atoms))]
		if depth < 3 && r.IntN(3) == 0 {
			atom = []string{"(", "(?:"}[r.IntN(2)] + randomPattern(r, depth+1) + ")"
		}
		b.WriteString(atom)
		if atom != "" {
			b.WriteString(quantifiers[r.IntN(len(quantifiers))])
		}
		if r.IntN(5) == 0 {
			b.WriteByte('|')
		}
	}
	return b.String()
}

func TestRoutesAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	alphabet := []rune("aabbccB1é \n\u2028")
	compared := 0
	for range 8_000 {
		var src strings.Builder
		for range r.IntN(9) {
			src.WriteRune(alphabet[r.IntN(len(alphabet))])
		}
		if compareRoutes(t, randomPattern(r, 0), src.String()) {
			compared++
		}
	}
	if compared < 2_000 {
		t.Errorf("only %d comparisons", compared)
	}
}

func FuzzRoutes(f *testing.F) {
	for _, s := range [][2]string{{"(a|ab)(c|bcd)(d*)", "abcd"}, {"((a)|b)*", "ab"}, {"a*|b", "baac"}, {"(a?b)+$", "abb"}, {"^a|b", "aab"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, pattern, src string) {
		if len(pattern) < 200 && len(src) < 200 {
			compareRoutes(t, pattern, src)
		}
	})
}
