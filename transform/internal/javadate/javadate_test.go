package javadate

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func mustCompile(t testing.TB, pattern string) *Pattern {
	t.Helper()
	p, err := Compile(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCompileErrors(t *testing.T) {
	tests := []struct {
		name, pattern string
		offset        int
	}{
		{name: "unknown letter", pattern: "yyyy-bb", offset: 5},
		{name: "unquoted T", pattern: "yyyy-MM-ddTHH", offset: 10},
		{name: "unterminated quote", pattern: "yyyy 'at", offset: 5},
		{name: "single quote", pattern: "'", offset: 0},
		{name: "quote behind two quotes", pattern: "'''", offset: 2},
		{name: "four letters X", pattern: "HHXXXX", offset: 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Compile(tt.pattern)
			var p *PatternError
			if !errors.As(err, &p) || p.Offset != tt.offset {
				t.Errorf("Compile(%q) = %v, want an error at offset %d", tt.pattern, err, tt.offset)
			}
		})
	}
}

func TestFields(t *testing.T) {
	got := mustCompile(t, "yyyy-MM'd'dd''HHmm").Fields()
	want := []Field{{'y', 4, 0}, {'M', 2, 5}, {'d', 2, 10}, {'H', 2, 14}, {'m', 2, 16}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-want +got)\n%s", diff)
	}
}

func TestZoneNames(t *testing.T) {
	p := mustCompile(t, "z zzzz Z X")
	tests := []struct {
		zone Zone
		want string
	}{
		{zone: GMT, want: "GMT Greenwich Mean Time +0000 Z"},
		{zone: UTC, want: "UTC Coordinated Universal Time +0000 Z"},
	}
	for _, tt := range tests {
		if got := string(p.Append(nil, 0, tt.zone)); got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.zone, got, tt.want)
		}
	}
}

// Every name of the table must be found by its own text, under its own letter.
func TestZoneTable(t *testing.T) {
	for i := range zoneNames {
		z := &zoneNames[i]
		if got, n := findZone(z.name); got != z || n != len(z.name) {
			t.Errorf("findZone(%q) = %v, %d", z.name, got, n)
		}
		for _, rule := range []uint8{z.raw, z.full} {
			if int(rule) >= len(zoneRules) {
				t.Errorf("%s: rule %d does not exist", z.name, rule)
			}
		}
	}
	for i, steps := range zoneRules {
		if steps[0].from != minWall {
			t.Errorf("rule %d does not begin at the beginning", i)
		}
		for j := 1; j < len(steps); j++ {
			if steps[j].from <= steps[j-1].from {
				t.Errorf("rule %d is not in order at step %d", i, j)
			}
		}
	}
}

func TestFormats(t *testing.T) {
	tests := []struct {
		name, format, text string
		ms                 int64
		printed            string // when it differs from text
		fails              bool
	}{
		{name: "java", format: "EPOCH_TIME_JAVA", text: "1000000000000", ms: 1000000000000},
		{name: "java negative", format: "EPOCH_TIME_JAVA", text: "-1", ms: -1},
		{name: "java plus", format: "EPOCH_TIME_JAVA", text: "+1", ms: 1, printed: "1"},
		{name: "java blank", format: "EPOCH_TIME_JAVA", text: " 1", fails: true},
		{name: "java empty", format: "EPOCH_TIME_JAVA", text: "", fails: true},
		{name: "java sign only", format: "EPOCH_TIME_JAVA", text: "-", fails: true},
		{name: "java decimals", format: "EPOCH_TIME_JAVA", text: "1.0", fails: true},
		{name: "java beyond long", format: "EPOCH_TIME_JAVA", text: "9223372036854775808", fails: true},
		{name: "win32 of 1970", format: "EPOCH_TIME_WIN32", text: "116444736000000000", ms: 0},
		{name: "win32 of 1601", format: "EPOCH_TIME_WIN32", text: "0", ms: -11644473600000},
		{name: "win32 rounds down", format: "EPOCH_TIME_WIN32", text: "-1", ms: -11644473600001, printed: "-10000"},
		{name: "win32 never", format: "EPOCH_TIME_WIN32", text: "9223372036854775807", ms: 910692730085477, printed: "9223372036854770000"},
		{name: "iso", format: "ISO8601", text: "2026-03-15T10:30:45.123Z", ms: 1773570645123},
		{name: "iso without milliseconds", format: "ISO8601", text: "2026-03-15T10:30:45Z", fails: true},
		{name: "ldap", format: "LDAP", text: "20260315103045.+0000", ms: 1773570645000},
		{name: "people soft", format: "PEOPLE_SOFT", text: "03/15/2026", ms: 1773532800000},
		{name: "pattern", format: "yyyy", text: "2026", ms: 1767225600000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := CompileFormat(tt.format)
			if err != nil {
				t.Fatal(err)
			}
			ms, err := f.Parse(tt.text, GMT, 0)
			var p *ParseError
			if tt.fails {
				if !errors.As(err, &p) {
					t.Errorf("got %d, %v, want a ParseError", ms, err)
				}
				return
			}
			if err != nil || ms != tt.ms {
				t.Fatalf("got %d, %v, want %d", ms, err, tt.ms)
			}
			want := tt.printed
			if want == "" {
				want = tt.text
			}
			if got := string(f.Append(nil, ms, GMT)); got != want {
				t.Errorf("printed %q, want %q", got, want)
			}
		})
	}
}

func TestFormatEdges(t *testing.T) {
	win, _ := Named("EPOCH_TIME_WIN32")
	if got, want := string(win.Append(nil, math.MaxInt64, GMT)), "92233836813283758070000"; got != want {
		t.Errorf("largest moment prints %q, want %q", got, want)
	}
	if _, ok := Named("iso8601"); ok {
		t.Error("names must be compared exactly")
	}
	var zero Format
	if _, err := zero.Parse("1", GMT, 0); err == nil {
		t.Error("the zero format must parse nothing")
	}
	if got := zero.Append(nil, 1, GMT); got != nil {
		t.Errorf("the zero format printed %q", got)
	}
}

func TestParseISO(t *testing.T) {
	tests := []struct {
		name, text, want string // want is empty for an error
		offset           int
	}{
		{name: "minutes", text: "2026-01-01T00:00Z", want: "2026-01-01T00:00Z"},
		{name: "nanoseconds", text: "2026-01-01T00:00:00.123456789Z", want: "2026-01-01T00:00:00.123456789Z"},
		{name: "microseconds", text: "2026-01-01T00:00:01.5001Z", want: "2026-01-01T00:00:01.500100Z"},
		{name: "offset", text: "2026-01-01T00:00+02:00", want: "2025-12-31T22:00Z"},
		{name: "offset without colon", text: "2026-01-01T00:00-0530", offset: 19},
		{name: "offset with seconds", text: "2026-01-01T00:00-05:30:10", want: "2026-01-01T05:30:10Z"},
		{name: "hours", text: "2026-01-01T00:00+18", want: "2025-12-31T06:00Z"},
		{name: "year 0", text: "0000-01-01T00:00+01:00", want: "-0001-12-31T23:00Z"},
		{name: "leap day", text: "2024-02-29T00:00Z", want: "2024-02-29T00:00Z"},
		{name: "no leap day", text: "2026-02-29T00:00Z", offset: 8},
		{name: "month 13", text: "2026-13-01T00:00Z", offset: 5},
		{name: "hour 24", text: "2026-01-01T24:00Z", offset: 11},
		{name: "second 60", text: "2026-01-01T00:00:60Z", offset: 17},
		{name: "no offset", text: "2026-01-01T00:00:00", offset: 19},
		{name: "date only", text: "2026-01-01", offset: 10},
		{name: "empty fraction", text: "2026-01-01T00:00:01.Z", want: "2026-01-01T00:00:01Z"},
		{name: "long year", text: "+12026-01-01T00:00Z", want: "+12026-01-01T00:00Z"},
		{name: "ten digits", text: "2026-01-01T00:00:00.1234567890Z", offset: 29},
		{name: "far offset", text: "2026-01-01T00:00+18:01", offset: 16},
		{name: "half an offset", text: "2026-01-01T00:00+01:", offset: 20},
		{name: "small letters", text: "2026-01-01t00:00z", want: "2026-01-01T00:00Z"},
		{name: "blank in front", text: " 2026-01-01T00:00Z", offset: 0},
		{name: "rest", text: "2026-01-01T00:00Zx", offset: 17},
		{name: "empty", text: "", offset: 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseISO(tt.text)
			var e *ISOError
			if tt.want == "" {
				if !errors.As(err, &e) || e.Offset != tt.offset {
					t.Errorf("got %v, %v, want an error at offset %d", got, err, tt.offset)
				}
				return
			}
			if err != nil || got.String() != tt.want {
				t.Errorf("got %v, %v, want %s", got, err, tt.want)
			}
		})
	}
}

func TestMathErrors(t *testing.T) {
	tests := []struct {
		expr   string
		offset int
	}{
		{expr: "", offset: 0},
		{expr: "now ", offset: 3},
		{expr: "now+d", offset: 4},
		{expr: "now+5", offset: 5},
		{expr: "now+1D", offset: 5},
		{expr: "now/w", offset: 4},
		{expr: "now/", offset: 4},
		{expr: "+1dnow", offset: 3},
		{expr: "NOW", offset: 0},
		{expr: "+9223372036854775808d", offset: 1},
	}
	for _, tt := range tests {
		_, err := CompileMath(tt.expr)
		var e *MathError
		if !errors.As(err, &e) || e.Offset != tt.offset {
			t.Errorf("CompileMath(%q) = %v, want an error at offset %d", tt.expr, err, tt.offset)
		}
	}
}

func TestInstantOf(t *testing.T) {
	at := time.Date(2026, 3, 15, 10, 30, 45, 123456789, time.FixedZone("", 3600))
	if got := InstantOf(at); !got.Time().Equal(at) || got.Time().Location() != time.UTC {
		t.Errorf("got %v, want %v in UTC", got.Time(), at)
	}
	if got, want := InstantOfMillis(-1).String(), "1969-12-31T23:59:59.999Z"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := InstantOf(time.Unix(math.MaxInt64/2, 0)).String(), "+999999999-12-31T23:59:59.999999999Z"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := InstantOf(time.Unix(math.MinInt64/2, 0)).String(), "-999999999-01-01T00:00Z"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestComparison(t *testing.T) {
	early, late := InstantOfMillis(0), InstantOfMillis(1)
	tests := []struct {
		operator            string
		before, same, after bool
	}{
		{operator: "lt", before: true},
		{operator: "Lte", before: true, same: true},
		{operator: "GT", after: true},
		{operator: "gte", same: true, after: true},
	}
	for _, tt := range tests {
		c, ok := ParseComparison(tt.operator)
		got := [3]bool{c.Holds(early, late), c.Holds(late, late), c.Holds(late, early)}
		if want := [3]bool{tt.before, tt.same, tt.after}; !ok || got != want {
			t.Errorf("%s: got %v, %v, want %v", tt.operator, got, ok, want)
		}
	}
	if c, ok := ParseComparison("eq"); ok || c.Holds(early, early) {
		t.Error("eq must be no operator")
	}
}

func TestAllocations(t *testing.T) {
	tests := []struct{ name, pattern, text string }{
		{name: "plain", pattern: "yyyy-MM-dd", text: "2027-03-09"},
		{name: "full", pattern: "yyyy-MM-dd'T'HH:mm:ss.SSSX", text: "2027-03-09T07:08:09.010Z"},
		{name: "names", pattern: "EEEE, d MMMM yyyy hh:mm a z", text: "Tuesday, 9 March 2027 07:08 AM EST"},
		{name: "week", pattern: "YYYY-'W'ww-u", text: "2027-W11-2"},
	}
	for _, tt := range tests {
		p := mustCompile(t, tt.pattern)
		buf := make([]byte, 0, 128)
		n := testing.AllocsPerRun(100, func() {
			ms, err := p.Parse(tt.text, GMT, 0)
			if err != nil {
				t.Error(err)
			}
			buf = p.Append(buf[:0], ms, GMT)
		})
		if n != 0 {
			t.Errorf("%s: %v allocations, want 0", tt.name, n)
		}
	}
	m, err := CompileMath("now-1M+3d/d")
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { m.Apply(Instant{}, InstantOfMillis(1773570645123), true) }); n != 0 {
		t.Errorf("Math.Apply: %v allocations, want 0", n)
	}
}

// TestOffsetDateTime: what java.time.OffsetDateTime of Java 17 reads, as seconds
// and nanoseconds since 1970, or does not read.
func TestOffsetDateTime(t *testing.T) {
	data, err := os.ReadFile("testdata/offsetdatetime.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		got := "ERR"
		if at, err := ParseISO(fields[0]); err == nil {
			got = fmt.Sprintf("%d.%d", at.second, at.nano)
		}
		if got != fields[1] {
			t.Errorf("%q: got %s, want %s", fields[0], got, fields[1])
		}
	}
}
