package javatext

import (
	"strings"
	"testing"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

var benchTexts = []struct{ name, text string }{
	{"ascii", "Christopher.Montgomery@example.com"},
	{"latin", "José Ángel Muñoz-Łukasiewicz"},
	{"greek", "Γεώργιος Παπαδόπουλος ΟΔΟΣ"},
}

func BenchmarkCase(b *testing.B) {
	caser := cases.Lower(language.Und)
	for _, t := range benchTexts {
		b.Run("AppendLower/"+t.name, func(b *testing.B) {
			b.ReportAllocs()
			var buf [128]byte
			for b.Loop() {
				AppendLower(buf[:0], t.text)
			}
		})
		b.Run("AppendUpper/"+t.name, func(b *testing.B) {
			var buf [128]byte
			for b.Loop() {
				AppendUpper(buf[:0], t.text)
			}
		})
		b.Run("Lower/"+t.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Lower(t.text)
			}
		})
		b.Run("strings.ToLower/"+t.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				strings.ToLower(t.text)
			}
		})
		b.Run("cases.Lower/"+t.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				caser.String(t.text)
			}
		})
	}
}

func BenchmarkDecompose(b *testing.B) {
	chain := transform.Chain(norm.NFKD, runes.Remove(runes.Predicate(func(r rune) bool { return r >= 0x300 && r <= 0x36f })))
	for _, t := range benchTexts {
		b.Run("AppendDecompose/"+t.name, func(b *testing.B) {
			b.ReportAllocs()
			var buf [128]byte
			for b.Loop() {
				AppendDecompose(buf[:0], t.text)
			}
		})
		b.Run("x-text/"+t.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := transform.String(chain, t.text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkPositions(b *testing.B) {
	for _, t := range benchTexts {
		b.Run("Len/"+t.name, func(b *testing.B) {
			for b.Loop() {
				Len(t.text)
			}
		})
		b.Run("Substring/"+t.name, func(b *testing.B) {
			for b.Loop() {
				Substring(t.text, 2, 20)
			}
		})
		b.Run("IndexOf/"+t.name, func(b *testing.B) {
			for b.Loop() {
				IndexOf(t.text, "o", 1)
			}
		})
		b.Run("EqualFold/"+t.name, func(b *testing.B) {
			other := strings.ToUpper(t.text)
			for b.Loop() {
				EqualFold(t.text, other)
			}
		})
		b.Run("strings.EqualFold/"+t.name, func(b *testing.B) {
			other := strings.ToUpper(t.text)
			for b.Loop() {
				strings.EqualFold(t.text, other)
			}
		})
		b.Run("NormalizeNames/"+t.name, func(b *testing.B) {
			for b.Loop() {
				NormalizeNames(t.text)
			}
		})
	}
}
