package javadate

import "testing"

func BenchmarkParse(b *testing.B) {
	benchmarks := []struct{ name, pattern, text string }{
		{name: "date", pattern: "yyyy-MM-dd", text: "2027-03-09"},
		{name: "ISO8601", pattern: "yyyy-MM-dd'T'HH:mm:ss.SSSX", text: "2027-03-09T07:08:09.010Z"},
		{name: "names", pattern: "dd-MMM-yyyy", text: "09-Mar-2027"},
		{name: "zone", pattern: "yyyy-MM-dd HH:mm z", text: "2027-03-09 07:08 CEST"},
	}
	for _, bb := range benchmarks {
		b.Run(bb.name, func(b *testing.B) {
			p := mustCompile(b, bb.pattern)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Parse(bb.text, GMT, 0); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParseGeneral(b *testing.B) {
	p := mustCompile(b, "yyyy-MM-dd")
	for b.Loop() {
		if _, err := p.parseGeneral("2027-03-09", 0); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, pattern := range []string{"yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ss.SSSX", "YYYY-'W'ww-u"} {
		b.Run(pattern, func(b *testing.B) {
			p := mustCompile(b, pattern)
			buf := make([]byte, 0, 64)
			b.ReportAllocs()
			for b.Loop() {
				buf = p.Append(buf[:0], 1804489689010, GMT)
			}
		})
	}
}

func BenchmarkMath(b *testing.B) {
	m, err := CompileMath("now-1M+3d/d")
	if err != nil {
		b.Fatal(err)
	}
	now := InstantOfMillis(1773570645123)
	buf := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		at, err := m.Apply(Instant{}, now, false)
		if err != nil {
			b.Fatal(err)
		}
		buf = at.AppendText(buf[:0])
	}
}
