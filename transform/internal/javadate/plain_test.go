package javadate

import (
	"math/rand/v2"
	"testing"
)

// The everyday ways agree with the general ones.
func TestPlainAgreesWithGeneral(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, text := range []string{"yyyy-MM-dd", "MM/dd/yyyy", "yyyy-MM-dd'T'HH:mm:ss.SSSX", "ddMMyyyy HHmm", "HH:mm"} {
		p, err := Compile(text)
		if err != nil || p.layout.text == "" {
			t.Fatalf("%s has no layout: %v", text, err)
		}
		for range 20_000 {
			ms := firstPlain + r.Int64N(lastPlain-firstPlain+1)
			if got, want := string(p.Append(nil, ms, GMT)), string(p.appendGeneral(nil, ms, GMT)); got != want {
				t.Fatalf("%s of %d: got %s, want %s", text, ms, got, want)
			}
		}
		for _, ms := range []int64{firstPlain, lastPlain, firstPlain - 1, lastPlain + 1, 0, -1} {
			if got, want := string(p.Append(nil, ms, GMT)), string(p.appendGeneral(nil, ms, GMT)); got != want {
				t.Errorf("%s of %d: got %s, want %s", text, ms, got, want)
			}
		}
	}
}

func TestPlainISOAgreesWithScan(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, seed := range []string{"2026-03-15T10:30:45.123Z", "2026-03-15T10:30:45Z", "2026-03-15T10:30Z"} {
		for range 50_000 {
			b := []byte(seed)
			for range r.IntN(3) {
				b[r.IntN(len(b))] = "0123456789-:.TZ+"[r.IntN(16)]
			}
			got, gotErr := ParseISO(string(b))
			want, wantErr := scanISO(string(b))
			if got != want || (gotErr == nil) != (wantErr == nil) {
				t.Fatalf("%s: got %v, %v, want %v, %v", b, got, gotErr, want, wantErr)
			}
		}
	}
}
