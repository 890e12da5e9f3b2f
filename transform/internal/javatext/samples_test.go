package javatext

import (
	"bufio"
	"flag"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

var samples = flag.String("javatext.samples", "testdata/samples.txt", "answers of a JDK, printed by testdata/Samples.java")

func fromHex(t *testing.T, digits string) string {
	t.Helper()
	var units []uint16
	for ; len(digits) >= 4; digits = digits[4:] {
		n, err := strconv.ParseUint(digits[:4], 16, 16)
		if err != nil {
			t.Fatal(err)
		}
		units = append(units, uint16(n))
	}
	return FromUnits(units)
}

func TestSamples(t *testing.T) {
	file, err := os.Open(*samples)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	n := 0
	for in := bufio.NewScanner(file); in.Scan(); n++ {
		w := strings.Split(in.Text(), " ")
		s := fromHex(t, w[1])
		switch w[0] {
		case "word":
			if got, want := Lower(s), fromHex(t, w[2]); got != want {
				t.Errorf("lower %s: got %x, want %s", w[1], Units(got), w[2])
			}
			if got, want := Upper(s), fromHex(t, w[3]); got != want {
				t.Errorf("upper %s: got %x, want %s", w[1], Units(got), w[3])
			}
			if got, want := strings.Join(boundaries(s), " "), strings.Join(w[4:], " "); got != want {
				t.Errorf("words of %s: got %s, want %s", w[1], got, want)
			}
		case "plain":
			if got, want := Decompose(s), fromHex(t, w[2]); got != want {
				t.Errorf("decompose %s: got %x, want %s", w[1], Units(got), w[2])
			}
		case "fold":
			b := fromHex(t, w[2])
			got := []string{strconv.FormatBool(EqualFold(s, b)), strconv.Itoa(Compare(s, b)), strconv.Itoa(CompareFold(s, b))}
			if want := w[3:]; !slices.Equal(got, want) {
				t.Errorf("fold %s %s: got %s, want %s", w[1], w[2], got, want)
			}
		}
	}
	if n < 1000 {
		t.Errorf("%d samples only", n)
	}
}

func boundaries(s string) []string {
	out := []string{"0"}
	for i := 0; i < len(s); {
		i += wordLength(s[i:])
		out = append(out, strconv.Itoa(Len(s[:i])))
	}
	return out
}

// TestCaseFacts checks every code point.
func TestCaseFacts(t *testing.T) {
	data, err := os.ReadFile("unicode13.txt")
	if err != nil {
		t.Fatal(err)
	}
	text := func(s string) string {
		var b strings.Builder
		for part := range strings.SplitSeq(s, "+") {
			n, err := strconv.ParseInt(part, 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			b.WriteRune(rune(n))
		}
		return b.String()
	}
	want := map[rune][5]string{}
	for line := range strings.Lines(string(data)) {
		if w := strings.Fields(line); w[0] == "case" {
			r, _ := utf8.DecodeRuneInString(text(w[1]))
			want[r] = [5]string{text(w[2]), text(w[3]), text(w[4]), text(w[5]), text(w[6])}
		}
	}
	for r := range rune(0x110000) {
		s := string(r)
		if r >= highFirst && r <= lowLast {
			s = FromUnits([]uint16{uint16(r)})
		}
		same := [5]string{string(r), string(r), string(r), s, s}
		w, ok := want[r]
		if !ok {
			w = same
		}
		got := [5]string{string(simpleUpper(r)), string(simpleLower(r)), string(simpleTitle(r)), Upper(s), Lower(s)}
		if got != w {
			t.Errorf("U+%04X: got %q, want %q", r, got, w)
		}
	}
}
