package correlate

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/idprofile/engine/identity"
)

// Texts of ASCII go shorter ways, which do what the definitions say.
func TestShortWays(t *testing.T) {
	pieces := []string{
		"a", "b", "z", "A", "B", "Z", "0", "7", "9", "@", "[", "`", "{", "/", ":", ".", " ", "-", "\x00", "\x7f",
		"aaaaaaaa", "AbcdefgH", "12345678", "é", "É", "e\u0301", "ß", "李", "\u00a0", "\u200b", "\x80", "\xff", "İ", "K",
	}
	r := rand.New(rand.NewPCG(1, 7))
	word := func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.Is(unicode.Mn, c) }
	var s scratch
	var forms looseForms
	for range 100_000 {
		var b strings.Builder
		some := pieces[:len(pieces)-r.IntN(2)*14] // without those beyond ASCII, or with
		for range r.IntN(12) {
			b.WriteString(some[r.IntN(len(some))])
		}
		text := b.String()

		outside := func(c rune) bool { return !word(c) }
		words1 := strings.FieldsFunc(text, outside)
		slices.Sort(words1)
		for _, tc := range []struct{ what, got, want string }{
			{"fold", strings.Clone(foldStep(&s, text)), identity.Fold(text)},
			{"alnum", strings.Clone(alnum(&s, text)), strings.Clone(only(word)(&s, text))},
			{"words", strings.Clone(words(&s, text)), strings.Join(words1, " ")},
		} {
			if tc.got != tc.want {
				t.Fatalf("%s of %q is %q, want %q", tc.what, text, tc.got, tc.want)
			}
		}
		if got, want := ascii(text), strings.IndexFunc(text, func(c rune) bool { return c > unicode.MaxASCII }) < 0; got != want {
			t.Fatalf("ascii of %q is %v", text, got)
		}

		form, sorted := forms.of(text)
		want, wantSorted := loose(text, false), loose(text, true)
		if blank(want) {
			want, wantSorted = "", ""
		}
		if string(form) != want || string(sorted) != wantSorted {
			t.Fatalf("loose forms of %q are %q, %q; want %q, %q", text, form, sorted, want, wantSorted)
		}
	}
}
