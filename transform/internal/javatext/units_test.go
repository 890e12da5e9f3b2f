package javatext

import (
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// randomText has pairs, lone halves and repetitions.
func randomText(r *rand.Rand, n int) string {
	from := []uint16{'a', 'b', 'a', 0xe9, 0x4e00, 0xd83d, 0xde00, 0xd83d, 0xde01, ' '}
	units := make([]uint16, r.IntN(n+1))
	for i := range units {
		units[i] = from[r.IntN(len(from))]
	}
	return FromUnits(units)
}

// TestUnitsAgree compares positions with the same work on UTF-16 units.
func TestUnitsAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		s, sub := randomText(r, 9), randomText(r, 2)
		u, v := Units(s), Units(sub)
		if FromUnits(u) != s || Len(s) != len(u) {
			t.Fatalf("%x: length %d, FromUnits %q, want %q", u, Len(s), FromUnits(u), s)
		}
		begin, end := r.IntN(12)-1, r.IntN(12)-1
		got, ok := Substring(s, begin, end)
		if wantOK := begin >= 0 && end <= len(u) && begin <= end; ok != wantOK || ok && got != FromUnits(u[begin:end]) {
			t.Fatalf("%x [%d, %d): got %x %t", u, begin, end, Units(got), ok)
		}
		if got, want := IndexOf(s, sub, begin), index(u, v, begin); got != want {
			t.Fatalf("index of %x in %x from %d: got %d, want %d", v, u, begin, got, want)
		}
		if got, want := LastIndexOf(s, sub, begin), lastIndex(u, v, begin); got != want {
			t.Fatalf("last index of %x in %x from %d: got %d, want %d", v, u, begin, got, want)
		}
		joined := FromUnits(slices.Concat(u, v))
		if got := Concat(s, sub); got != joined {
			t.Fatalf("%x + %x: got %x", u, v, Units(got))
		}
		if got := string(AppendText(AppendText(nil, s), sub)); got != joined {
			t.Fatalf("%x + %x: appended %x", u, v, Units(got))
		}
		if got, want := PadLeft(s, end, sub), FromUnits(append(pad(end-len(u), v), u...)); got != want {
			t.Fatalf("pad %x left to %d with %x: got %x", u, end, v, Units(got))
		}
		if got, want := PadRight(s, end, sub), FromUnits(slices.Concat(u, pad(end-len(u), v))); got != want {
			t.Fatalf("pad %x right to %d with %x: got %x", u, end, v, Units(got))
		}
	}
}

// TestLongPadding compares paddings that are copied in ever longer pieces with the same work on
// UTF-16 units.
func TestLongPadding(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 500 {
		s, with := randomText(r, 9), randomText(r, 40)
		u, v := Units(s), Units(with)
		length := longPadding - 20 + r.IntN(3*longPadding)
		if got, want := PadLeft(s, length, with), FromUnits(append(pad(length-len(u), v), u...)); got != want {
			t.Fatalf("pad %x left to %d with %x: got %x", u, length, v, Units(got))
		}
		if got, want := PadRight(s, length, with), FromUnits(slices.Concat(u, pad(length-len(u), v))); got != want {
			t.Fatalf("pad %x right to %d with %x: got %x", u, length, v, Units(got))
		}
	}
}

func pad(n int, with []uint16) []uint16 {
	if len(with) == 0 {
		with = []uint16{' '}
	}
	var out []uint16
	for i := range max(n, 0) {
		out = append(out, with[i%len(with)])
	}
	return out
}

func index(s, sub []uint16, from int) int {
	from = max(from, 0)
	for i := min(from, len(s)); i+len(sub) <= len(s); i++ {
		if slices.Equal(s[i:i+len(sub)], sub) && (i >= from || len(sub) == 0) {
			return i
		}
	}
	return -1
}

func lastIndex(s, sub []uint16, from int) int {
	for i := min(from, len(s)-len(sub)); i >= 0; i-- {
		if slices.Equal(s[i:i+len(sub)], sub) {
			return i
		}
	}
	return -1
}

func TestTrim(t *testing.T) {
	for in, want := range map[string]string{
		"": "", " \t\r\n\x00": "", " a b\u00a0 ": "a b\u00a0", "\u2003a": "\u2003a", "\x1fé\x20": "é",
	} {
		if got := Trim(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestBrokenText(t *testing.T) {
	for _, s := range []string{"\xff", "a\x80b", "\xed\xa0", "\xf0\x9f\x98", "\xc3"} {
		if got := Upper(Lower(s)); !strings.EqualFold(got, s) {
			t.Errorf("%q: case gives %q", s, got)
		}
		if got := Decompose(s); got != s {
			t.Errorf("%q: Decompose gives %q", s, got)
		}
		if all, ok := Substring(s, 0, Len(s)); !ok || all != s {
			t.Errorf("%q: Substring gives %q %t", s, all, ok)
		}
		NormalizeNames(s)
	}
}

func TestAllocations(t *testing.T) {
	var buf [64]byte
	for name, f := range map[string]func(){
		"case":      func() { AppendUpper(buf[:0], "José Straße"); AppendLower(buf[:0], "JOSÉ ΟΔΟΣ") },
		"unchanged": func() { Upper("ABC É"); Lower("abc é"); Decompose("abc ø") },
		"decompose": func() { AppendDecompose(buf[:0], "Ångström, Kāśī"); AppendDecompose(buf[:0], "가각") },
		"positions": func() {
			Len("héllo 😀")
			Substring("héllo 😀", 1, 4)
			IndexOf("héllo 😀", "😀", 0)
			LastIndexOf("héllo 😀", "l", math.MaxInt)
		},
		"compare": func() {
			EqualFold("JOSÉ", "josé")
			Compare("a", "b")
			CompareFold("STRASSE", "straße")
			FoldHash("é")
		},
		"join": func() { AppendText(AppendText(buf[:0], "a\xed\xa0\xbd"), "\xed\xb8\x80b") },
	} {
		if n := testing.AllocsPerRun(20, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	if n := testing.AllocsPerRun(20, func() { Lower("JOSÉ"); Decompose("José"); NormalizeNames("JOSÉ DE LA CRUZ") }); n > 3 {
		t.Errorf("%v allocations for three results", n)
	}
}

func TestFoldHash(t *testing.T) {
	for r := range rune(0x20000) {
		a, b := string(r), string(simpleUpper(r))
		if EqualFold(a, b) && FoldHash(a) != FoldHash(b) {
			t.Errorf("%q and %q: equal, but not their hashes", a, b)
		}
	}
}

// TestLongWord would not end if every sigma looked at its whole word.
func TestLongWord(t *testing.T) {
	s := strings.Repeat("Σ\u0308.", 200_000)
	if got := Lower(s); !strings.HasSuffix(got, "ς\u0308.") || strings.Count(got, "ς") != 1 {
		t.Errorf("%d final", strings.Count(got, "ς"))
	}
}

// TestGenerated runs the generator and compares.
func TestGenerated(t *testing.T) {
	goTool, err := exec.LookPath("go")
	if err != nil || testing.Short() {
		t.Skip("runs the go command")
	}
	facts, err := os.ReadFile("unicode13.txt")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/unicode13.txt", facts, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), goTool, "build", "-o", dir+"/gen", "gen.go").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	run := exec.CommandContext(t.Context(), dir+"/gen")
	run.Dir = dir
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	got, err := os.ReadFile(dir + "/tables.go")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("tables.go")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Error("tables.go is not what gen.go makes of unicode13.txt; run go generate")
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"", "José", "ΟΔΟΣ ΣΑΣ", "İı", "😀a", "\xed\xa0\xbd", "a\u0301\u0323", "o'mcdonald de ii", "\xff\xf0"} {
		f.Add(s, "a", 1)
	}
	f.Fuzz(func(t *testing.T, s, sub string, n int) {
		s, sub = FromUnits(Units(s)), FromUnits(Units(sub))
		u := Units(s)
		if Len(s) != len(u) {
			t.Errorf("%q: Len %d, want %d", s, Len(s), len(u))
		}
		if i := IndexOf(s, sub, n); i != index(u, Units(sub), n) {
			t.Errorf("index of %q in %q from %d: %d", sub, s, n, i)
		}
		if plain := Decompose(s); Decompose(plain) != plain {
			t.Errorf("%q: decomposes twice", s)
		}
		if up := Upper(s); Upper(up) != up {
			t.Errorf("%q: upper case changes again", s)
		}
		if !EqualFold(s, s) || Compare(s, sub) != -Compare(sub, s) || CompareFold(s, sub) != -CompareFold(sub, s) {
			t.Errorf("%q, %q: no order", s, sub)
		}
		Lower(s)
		NormalizeNames(s)
		Substring(s, n, n+2)
		if !slices.Contains(u, 0xfffd) && utf16Valid(u) && string(utf16.Decode(u)) != s {
			t.Errorf("%q: units %x", s, u)
		}
	})
}

func utf16Valid(u []uint16) bool {
	return !slices.Contains(utf16.Decode(u), 0xfffd)
}
