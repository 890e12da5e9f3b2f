package javadate

import (
	"errors"
	"testing"
)

func FuzzParse(f *testing.F) {
	for i, g := range readLines[golden](f, "testdata/dateformat.jsonl") {
		if i%8 == 0 {
			f.Add(g.inFormat, g.text)
		}
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		p, err := Compile(pattern)
		var bad *PatternError
		if err != nil {
			if !errors.As(err, &bad) || bad.Offset < 0 || bad.Offset >= len(pattern) {
				t.Fatalf("bad error: %v", err)
			}
			return
		}
		for _, x := range p.Fields() {
			if pattern[x.Offset] != x.Letter {
				t.Fatalf("field %v is not there", x)
			}
		}
		ms, err := p.Parse(text, GMT, twoDigitStart)
		var mismatch *ParseError
		if err != nil && (!errors.As(err, &mismatch) || mismatch.Offset > utf16Len(text)) {
			t.Fatalf("bad error: %v", err)
		}
		if again, err2 := p.parseGeneral(text, twoDigitStart); again != ms || (err == nil) != (err2 == nil) {
			t.Fatalf("two ways: %d, %v and %d, %v", ms, err, again, err2)
		}
		p.Append(nil, ms, UTC)
	})
}

// What a pattern with all fields prints must parse to the same moment.
func FuzzPrintParse(f *testing.F) {
	for _, ms := range []int64{0, -1, 1 << 62, -1 << 62, -12219292800000, -12219292800001, -62135769600000, 1773570645123} {
		f.Add(ms)
	}
	var patterns []*Pattern
	for _, text := range []string{
		"G yyyy-MM-dd'T'HH:mm:ss.SSSX",
		"SSS ss mm HH Z dd MM G y",
		"EEEE, d MMMM yyyy G h:mm:ss.SSS a zzzz",
		"yyyy G D K:mm:ss.S a",
		"yyyy G MM W u kk:mm:ss.S",
		"yyyy G MM F E kk:mm:ss.S",
	} {
		patterns = append(patterns, mustCompile(f, text))
	}
	week := mustCompile(f, "YYYY-'W'ww-u HH:mm:ss.SSS")
	f.Fuzz(func(t *testing.T, ms int64) {
		check := func(p *Pattern) {
			for _, zone := range []Zone{GMT, UTC} {
				text := string(p.Append(nil, ms, zone))
				if got, err := p.Parse(text, zone, twoDigitStart); err != nil || got != ms {
					t.Errorf("%d prints as %q with %q, which is %d, %v", ms, text, p, got, err)
				}
			}
		}
		for i, p := range patterns {
			// In October 1582 weeks of the month lead to days that do not exist.
			if i >= 4 && ms >= -12220502400000 && ms < -12217824000000 {
				continue
			}
			check(p)
		}
		if ms >= 0 {
			check(week)
		}
	})
}

func FuzzMath(f *testing.F) {
	for i, r := range readLines[mathRecord](f, "testdata/datemath.jsonl") {
		if i%16 == 0 {
			f.Add(r.expr, r.in)
		}
	}
	f.Fuzz(func(t *testing.T, expr, text string) {
		m, err := CompileMath(expr)
		var bad *MathError
		if err != nil {
			if !errors.As(err, &bad) || bad.Offset < 0 || bad.Offset > len(expr) {
				t.Fatalf("bad error: %v", err)
			}
			return
		}
		in, err := ParseISO(text)
		if err != nil {
			return
		}
		for _, up := range []bool{false, true} {
			out, err := m.Apply(in, in, up)
			if err != nil {
				if !errors.Is(err, ErrRange) {
					t.Fatalf("bad error: %v", err)
				}
				continue
			}
			printed := out.String()
			if printed[0] == '-' || printed[0] == '+' {
				continue // years beyond four digits print, but are no input
			}
			if back, err := ParseISO(printed); err != nil || back != out {
				t.Fatalf("%v is read back as %v, %v", out, back, err)
			}
		}
	})
}

func FuzzParseISO(f *testing.F) {
	for _, text := range []string{"2026-01-01T00:00Z", "2026-01-01T00:00:00.5+05:30", "2026-02-30T00:00:00Z", "2026-01-01"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := ParseISO(text)
		var bad *ISOError
		if err != nil {
			if !errors.As(err, &bad) || bad.Offset < 0 || bad.Offset > len(text) {
				t.Fatalf("bad error: %v", err)
			}
			return
		}
		if got := InstantOf(at.Time()); got != at {
			t.Fatalf("%v becomes %v", at, got)
		}
	})
}
