package javatext

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestDecomposeSweep checks every code point, alone and between marks. A line of
// the file has the first of 4096 code points and the start of the SHA-256 sum of
// what JDK 17 makes of the texts below, each followed by a zero byte.
func TestDecomposeSweep(t *testing.T) {
	data, err := os.ReadFile("testdata/decompositions.txt")
	if err != nil {
		t.Fatal(err)
	}
	blocks := 0
	for line := range strings.Lines(string(data)) {
		w := strings.Fields(line)
		first, err := strconv.ParseInt(w[0], 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		var all []byte
		for c := rune(first); c < rune(first)+0x1000; c++ {
			if c >= highFirst && c <= lowLast {
				continue
			}
			s := string(c)
			for _, text := range []string{s, "e\u05b0" + s + "\u0316\u0591", "\u0300\u3099" + s + "\u093c"} {
				all = append(AppendDecompose(all, text), 0)
			}
		}
		sum := sha256.Sum256(all)
		if got := hex.EncodeToString(sum[:8]); got != w[1] {
			t.Errorf("U+%04X: got %s, want %s", first, got, w[1])
		}
		blocks++
	}
	if blocks != 0x110 {
		t.Errorf("%d blocks", blocks)
	}
}
