package linkage

import (
	"math"
	"strings"
	"testing"
)

// naiveJaro is the definition of Jaro's similarity, with lists instead of bits.
func naiveJaro(s, t string) float64 {
	a, b := []rune(s), []rune(t)
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	reach := max(len(a), len(b))/2 - 1
	taken := make([]bool, len(b))
	var left, right []rune
	for i, x := range a {
		for j, y := range b {
			if !taken[j] && x == y && max(i-j, j-i) <= max(reach, 0) {
				taken[j] = true
				left = append(left, x)
				break
			}
		}
	}
	for j, y := range b {
		if taken[j] {
			right = append(right, y)
		}
	}
	if len(left) == 0 {
		return 0
	}
	half := 0
	for i := range left {
		if left[i] != right[i] {
			half++
		}
	}
	m := float64(len(left))
	return (m/float64(len(a)) + m/float64(len(b)) + (m-float64(half/2))/m) / 3
}

func naiveJaroWinkler(s, t string) float64 {
	j := naiveJaro(s, t)
	if j < 0.7 {
		return j
	}
	a, b := []rune(s), []rune(t)
	n := 0
	for n < 4 && n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return j + float64(n)*0.1*(1-j)
}

// naiveEdits is the recursive definition of optimal string alignment.
func naiveEdits(a, b []rune) int {
	switch {
	case len(a) == 0:
		return len(b)
	case len(b) == 0:
		return len(a)
	}
	x, y := a[len(a)-1], b[len(b)-1]
	cost := 1
	if x == y {
		cost = 0
	}
	d := min(naiveEdits(a[:len(a)-1], b[:len(b)-1])+cost, naiveEdits(a[:len(a)-1], b)+1, naiveEdits(a, b[:len(b)-1])+1)
	if len(a) > 1 && len(b) > 1 && x == b[len(b)-2] && a[len(a)-2] == y {
		d = min(d, naiveEdits(a[:len(a)-2], b[:len(b)-2])+1)
	}
	return d
}

// text returns a random text over a small alphabet, so that texts have much in
// common.
func (q *sequence) text(alphabet []rune, most int) string {
	var b strings.Builder
	for range q.below(most + 1) {
		b.WriteRune(alphabet[q.below(len(alphabet))])
	}
	return b.String()
}

func TestMeasuresAgainstDefinitions(t *testing.T) {
	q := sequence(7)
	for _, alphabet := range []string{"ab", "abcde", "aäbß高", "ab c"} {
		for range 3000 {
			a, b := q.text([]rune(alphabet), 7), q.text([]rune(alphabet), 7)
			got, want := JaroWinkler(a, b), naiveJaroWinkler(a, b)
			if math.Abs(got-want) > 1e-12 {
				t.Fatalf("JaroWinkler(%q, %q) = %v, want %v", a, b, got, want)
			}
			if got < 0 || got > 1 || alike(a, b) != got {
				t.Fatalf("JaroWinkler(%q, %q) = %v, without allocation %v", a, b, got, alike(a, b))
			}
			edits := naiveEdits([]rune(a), []rune(b))
			if d := editsBetween(a, b); d != edits {
				t.Fatalf("editDistance(%q, %q) = %d, want %d", a, b, d, edits)
			}
			for limit := range 4 {
				if _, ok := within(a, b, limit); ok != (edits <= limit) {
					t.Fatalf("within(%q, %q, %d) = %v, distance %d", a, b, limit, ok, edits)
				}
			}
			if x, y := Fold(a), Fold(b); !couldBeSimilar(x, y, signature(x), signature(y)) && ascii(x) && ascii(y) && JaroWinkler(x, y) >= similarFrom {
				t.Fatalf("%q and %q are similar, but their signatures deny it", x, y)
			}
			if bits := signature(a) ^ signature(b); tooFar(signature(a), signature(b), edits) {
				t.Fatalf("%q and %q are %d edits apart, but their signatures differ in %b", a, b, edits, bits)
			}
		}
	}
}

// TestMeasureTraps are mistakes of known implementations.
func TestMeasureTraps(t *testing.T) {
	tests := []struct {
		name string
		got  float64
		want float64
	}{
		{"two empty texts have nothing in common", JaroWinkler("", ""), 0},
		{"code points, not bytes", JaroWinkler("é", "è"), 0},
		{"the textbook's pair", math.Round(JaroWinkler("martha", "marhta")*1e4) / 1e4, 0.9611},
		{"no bonus below the threshold", JaroWinkler("abcdefgh", "abxxxxxxyyyy"), naiveJaro("abcdefgh", "abxxxxxxyyyy")},
		{"equal", JaroWinkler("zoë", "zoë"), 1},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, tt.got, tt.want)
		}
	}
	for _, pair := range [][2]string{{"Müller", "Muller"}, {"Šhawn", "shawn"}, {"Catherine", "Katherine"}, {"Meyer", "Maier"}, {"Philip", "Filip"}} {
		if a, b := Phonetic(pair[0]), Phonetic(pair[1]); a != b || a == "" {
			t.Errorf("Phonetic(%q) = %q, Phonetic(%q) = %q, expected one code", pair[0], a, pair[1], b)
		}
	}
	if Phonetic("高市") != "" || Phonetic("") != "" {
		t.Error("a code for a text without Latin letters")
	}
}

func TestFold(t *testing.T) {
	tests := map[string]string{
		" O'Hara ": "ohara", "Müller-Lüdenscheidt": "muller ludenscheidt", "Straße": "strasse", "e\u0301\u00a0X": "e x", "": "", "--": "",
		"ANA  MARÍA": "ana maria", "Łukasz": "lukasz", "Сергей": "sergei", "already folded": "already folded", "a ": "a",
	}
	for in, want := range tests {
		if got := Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
		if again := Fold(want); again != want {
			t.Errorf("Fold(%q) = %q, folding is not stable", want, again)
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"O'Hara", "Müller", "ß", "\xff", "ⅷ", "ǅ"} {
		f.Add(s, "x")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := Fold(a), Fold(b)
		if v := JaroWinkler(x, y); v < 0 || v > 1 {
			t.Errorf("JaroWinkler(%q, %q) = %v", x, y, v)
		}
		if d := editsBetween(x, y); d < 0 || d != editsBetween(y, x) {
			t.Errorf("editDistance(%q, %q) = %d", x, y, d)
		}
		Phonetic(a)
		compareFull(x, y)
		splitName(a)
		parseDate(a, dayFirst)
	})
}

// editsBetween compares texts as features do.
func editsBetween(a, b string) int {
	if ascii(a) && ascii(b) {
		return editDistance([]byte(a), []byte(b), maxMeasured)
	}
	return editDistance([]rune(a), []rune(b), maxMeasured)
}
