package jsondoc

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
)

// Texts are written as encoding/json writes them, whatever stands where among
// plain characters.
func TestAppendStringLikeStandard(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	special := []string{"\"", "\\", "\n", "\r", "\t", "\x00", "\x1f", " ", "!", "#", "[", "]", "~", "\x7f", "é", "€", "😀", "\u2028x"}
	for range 20_000 {
		b := strings.Builder{}
		for range r.IntN(4) {
			b.WriteString(strings.Repeat("a", r.IntN(12)))
			b.WriteString(special[r.IntN(len(special))])
		}
		text := b.String()
		var want bytes.Buffer
		e := json.NewEncoder(&want)
		e.SetEscapeHTML(false)
		if err := e.Encode(text); err != nil {
			t.Fatal(err)
		}
		got := string(AppendString(nil, text))
		if plain := strings.ReplaceAll(strings.TrimSuffix(want.String(), "\n"), `\u2028`, "\u2028"); got != plain {
			t.Fatalf("%q: got %s, want %s", text, got, plain)
		}
	}
}

func TestAppendStringBroken(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{"", `""`}, {"abcdefgh\xff", `"abcdefgh\ufffd"`}, {"\xc3", `"\ufffd"`}, {"\xed\xa0\xbdabcdefgh", `"\ud83dabcdefgh"`}, {"\xed\xa0", `"\ufffd\ufffd"`}, {"\ufffd", "\"\ufffd\""},
	} {
		if got := string(AppendString(nil, tc.text)); got != tc.want {
			t.Errorf("%q: got %s, want %s", tc.text, got, tc.want)
		}
	}
}

func BenchmarkAppendString(b *testing.B) {
	text := "CN=Ann Lee,OU=Warszawa,OU=People,DC=acme,DC=example"
	var buf []byte
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		buf = AppendString(buf[:0], text)
	}
}
