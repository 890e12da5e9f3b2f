package javadate

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// The everyday ways agree with the general ones.
func TestPlainAgreesWithGeneral(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, text := range []string{"yyyy-MM-dd", "MM/dd/yyyy", "yyyy-MM-dd'T'HH:mm:ss.SSSX", "ddMMyyyy HHmm", "HH:mm",
		"yyyy-MM-MM'T'ss:mm:HH.SSSX", "SSS ss", "yyyy-MM-dd HH:mm:ssZ", "ddZ"} {
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

// What is printed in the form of ISO 8601 is read as the moment that it was.
func TestInISO(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	iso, _ := CompileFormat("ISO8601")
	other, _ := CompileFormat("LDAP")
	for i := range 100_000 {
		ms := firstPlain - 1e12 + r.Int64N(lastPlain-firstPlain+2e12)
		if i < 4 {
			ms = [...]int64{firstPlain, firstPlain - 1, lastPlain, lastPlain + 1}[i]
		}
		if want := ms >= firstPlain && ms <= lastPlain; iso.InISO(ms) != want || other.InISO(ms) {
			t.Fatalf("%d: got %t, %t", ms, iso.InISO(ms), other.InISO(ms))
		} else if got, err := scanISO(string(iso.Append(nil, ms, GMT))); want && (err != nil || got != InstantOfMillis(ms)) {
			t.Fatalf("%d is read as %v, %v", ms, got, err)
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

// TestFixedSpoiledAgreesWithGeneral: what is read directly is read alike by the general way, also
// when something is wrong with it.
func TestFixedSpoiledAgreesWithGeneral(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	start := time.Date(1946, 1, 15, 9, 30, 0, 0, time.UTC).UnixMilli()
	for _, pattern := range []string{
		"dd.MM.yyyy", "MMM d, yyyy", "d MMMM yyyy", "EEE, d MMM yyyy HH:mm:ss Z", "EEEE dd-MMM-yy", "yyMMdd", "d/M/y", "dd/MM/yy",
		"MM/dd/yyyy hh:mm a", "MM/dd/yyyy h:mma", "a hh 'o''clock' d.M.yyyy", "yyyy-MM-dd'T'HH:mm:ssZ", "yyyy-MM-dd'T'HH:mm:ssX",
		"yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "yyyy-MM-dd kk:mm XX", "yyyyMMddHHmmss'Z'", "K:mm a dd.MM.yyyy", "HH:mm", "MMM", "yyyyMMM",
		"yyyyMMdd", "dd/MM/yyyy", "dd/MM/yyyyZ", "yyyyMMddHHmmss Z", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss.SSSX",
	} {
		p := mustCompile(t, pattern)
		if !p.fixed {
			t.Fatalf("%s is not read directly", pattern)
		}
		direct, laid := 0, 0
		for range 20_000 {
			b := p.Append(nil, r.Int64N(4e12)-1e12, GMT)
			if zone, ok := bytes.CutSuffix(b, []byte("+0000")); ok {
				b = fmt.Appendf(zone, "%c%02d%02d", "+-"[r.IntN(2)], r.IntN(26), r.IntN(64))
			}
			for range r.IntN(3) {
				at := r.IntN(len(b) + 1)
				switch of := "0123456789 -:.TZ+AaPpMmJjNnKk,\u017f\u0660"; r.IntN(4) {
				case 0:
					b = slices.Insert(b, at, of[r.IntN(len(of))])
				case 1:
					b = append(b[:at:at], of[r.IntN(len(of)):]...)
				default:
					b[min(at, len(b)-1)] = of[r.IntN(len(of))]
				}
			}

			if got, ok := p.layout.parse(string(b)); ok {
				laid++
				if want, err := p.parseGeneral(string(b), start); err != nil || got != want {
					t.Fatalf("%q in the layout of %q: got %d, the general way gives %d, %v", b, pattern, got, want, err)
				}
			}

			got, ok := p.parseFixed(string(b), start)
			if !ok {
				continue
			}
			direct++
			if want, err := p.parseGeneral(string(b), start); err != nil || got != want {
				t.Fatalf("%q as %q: got %d, the general way gives %d, %v", b, pattern, got, want, err)
			}
		}
		if direct < 5000 {
			t.Errorf("%s: only %d of 20000 are read directly", pattern, direct)
		}
		if p.layout.read && laid < 5000 {
			t.Errorf("%s: only %d of 20000 are read by the layout", pattern, laid)
		}
	}
}

// A layout does not read numbers that go on in the text behind them.
func TestLayoutLeavesNumbers(t *testing.T) {
	for _, pattern := range []string{"yyyy'0'MM", "dd'E'HH", "yyyy'\u00e9'MM"} {
		if p := mustCompile(t, pattern); p.layout.text == "" || p.layout.read {
			t.Errorf("%s: the layout is %+v", pattern, p.layout)
		}
	}
}
