package report

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestDisplayWidth(t *testing.T) {
	tests := []struct {
		name, text string
		want       int
	}{
		{"empty", "", 0},
		{"ascii", "abc", 3},
		{"accents", "Zoë", 3},
		{"combining", "Zoe\u0308", 3},
		{"stacked", "a\u0301\u0302\u20DD", 1},
		{"han", "王小明", 6},
		{"halfwidth katakana", "ｱｲ", 2},
		{"fullwidth latin", "ＡＢ", 4},
		{"hangul syllable", "한", 2},
		{"hangul letters", "\u1112\u1161\u11AB", 2},
		{"arabic with vowel marks", "مُحَمَّد", 4},
		{"thai", "กี่", 1},
		{"emoji", "👩", 2},
		{"joined emoji", "👩‍🔬", 2},
		{"skin tone", "👍🏽", 2},
		{"flag", "🇩🇪", 2},
		{"text heart", "❤", 1},
		{"emoji heart", "❤\uFE0F", 2},
		{"zero width space", "a\u200Bb", 2},
		{"joiner between letters", "क्\u200Dष", 2},
		{"invalid", "a\xff", 2},
		{"end of the wide planes", "\U0003FFFF", 2},
		{"before hangul", "\u10FF", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := DisplayWidth(test.text); got != test.want {
				t.Errorf("DisplayWidth(%q) = %d, want %d", test.text, got, test.want)
			}
		})
	}
}

func TestWrap(t *testing.T) {
	tests := []struct {
		name, text string
		width      int
		want       []string
	}{
		{"empty", "", 5, []string{""}},
		{"fits", "one two", 7, []string{"one two"}},
		{"at a space", "one two three", 8, []string{"one two", "three"}},
		{"the space overflows", "one two", 3, []string{"one", "two"}},
		{"several spaces", "one   two", 4, []string{"one", "two"}},
		{"leading spaces stay", "  one two", 5, []string{"  one", "two"}},
		{"at punctuation", "anna.baker@example.org", 12, []string{"anna.baker@", "example.org"}},
		{"anywhere", "abcdefgh", 3, []string{"abc", "def", "gh"}},
		{"line ends", "a\r\nb\rc\n", 5, []string{"a", "b", "c", ""}},
		{"wide letters", "王小明", 3, []string{"王", "小", "明"}},
		{"too narrow for a letter", "王小", 1, []string{"王", "小"}},
		{"marks stay with their letter", "e\u0301e\u0301", 1, []string{"e\u0301", "e\u0301"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Wrap(test.text, test.width, nil)); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFitWidths(t *testing.T) {
	tests := []struct {
		name           string
		natural, floor []int
		total          int
		want           []int
	}{
		{"all fit", []int{3, 4}, []int{9, 9}, 7, []int{3, 4}},
		{"the long one gives way", []int{3, 40}, []int{3, 4}, 20, []int{3, 17}},
		{"two long ones share", []int{3, 40, 30}, []int{3, 4, 4}, 23, []int{3, 10, 10}},
		{"a floor is kept", []int{20, 40}, []int{15, 4}, 20, []int{15, 5}},
		{"an odd rest", []int{10, 10, 10}, []int{1, 1, 1}, 8, []int{3, 3, 2}},
		{"floors too wide", []int{10, 10, 2}, []int{9, 9, 2}, 10, []int{4, 4, 2}},
		{"no room at all", []int{5, 5}, []int{5, 5}, 0, []int{1, 1}},
		{"an empty column", []int{0, 9}, []int{4, 4}, 5, []int{0, 5}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, FitWidths(test.natural, test.floor, test.total)); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// FuzzWrap holds that wrapping loses nothing but spaces and line ends and keeps the width.
func FuzzWrap(f *testing.F) {
	f.Add("one two three", 4)
	f.Add("anna.baker@example.org 王小明", 7)
	f.Add("👩‍🔬 e\u0301\r\n\n  x", 1)
	letters := func(s string) string { return strings.NewReplacer(" ", "", "\n", "", "\r", "").Replace(s) }
	f.Fuzz(func(t *testing.T, s string, width int) {
		width = 1 + width&63
		lines := Wrap(s, width, nil)
		if got, want := letters(strings.Join(lines, "")), letters(s); got != want {
			t.Errorf("Wrap(%q, %d) kept %q, want %q", s, width, got, want)
		}
		for _, line := range lines {
			if size, _ := cluster(line); DisplayWidth(line) > width && size < len(line) {
				t.Errorf("Wrap(%q, %d): line %q is %d wide", s, width, line, DisplayWidth(line))
			}
		}
	})
}

// FuzzVisible holds that nothing a terminal would obey comes through.
func FuzzVisible(f *testing.F) {
	f.Add("\x1b[31m\x9b\u202E\x00\x7f\xff\r\n\r\u2028")
	f.Fuzz(func(t *testing.T, s string) {
		got := visible(s)
		if !utf8.ValidString(got) {
			t.Errorf("visible(%q) = %q is not UTF-8", s, got)
		}
		for _, r := range got {
			if r != '\n' && (r < 0x20 || r >= 0x7F && r < 0xA0 || r == 0x202E) {
				t.Errorf("visible(%q) = %q holds %U", s, got, r)
			}
		}
	})
}
