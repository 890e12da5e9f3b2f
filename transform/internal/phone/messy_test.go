package phone

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

// TestMessy compares with what libphonenumber 8.12.57 (Java) answered to numbers
// that were spoilt by signs, letters and digits of other scripts. A line has the
// region, the UTF-16 units of the text in hexadecimal digits, and the answer.
func TestMessy(t *testing.T) {
	file, err := os.Open("testdata/messy.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	n := 0
	for in := bufio.NewScanner(file); in.Scan(); n++ {
		w := strings.Split(in.Text(), " ")
		var units []uint16
		for h := w[1]; h != ""; h = h[4:] {
			u, err := strconv.ParseUint(h[:4], 16, 16)
			if err != nil {
				t.Fatal(err)
			}
			units = append(units, uint16(u))
		}
		text, got := string(utf16.Decode(units)), "null"
		if e164, ok := Full(text, w[0]); ok {
			got = e164
		}
		if got != w[2] {
			t.Errorf("%q in %s: got %s, want %s", text, w[0], got, w[2])
		}
	}
	if n != 1833 {
		t.Errorf("%d lines, want 1833", n)
	}
}
