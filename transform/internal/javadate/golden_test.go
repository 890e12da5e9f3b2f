package javadate

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"
)

// golden is one answer of SimpleDateFormat (Locale.US, zone UTC).
type golden struct {
	id, family                string
	text, inFormat, outFormat string
	start                     time.Time
	value                     *string
	millis                    int64
	stage                     string // of the error: inputFormat, outputFormat, parse
	errorOffset               int
}

// UnmarshalJSON reads a record of dateformat.jsonl, or the list form of differential.jsonl.
func (g *golden) UnmarshalJSON(data []byte) error {
	if data[0] == '[' {
		return json.Unmarshal(data, &[]any{&g.family, &g.text, &g.inFormat, &g.outFormat, &g.start, &g.value, &g.millis, &g.stage, &g.errorOffset})
	}
	var r struct {
		ID    string   `json:"id"`
		Tags  []string `json:"tags"`
		Input struct {
			Input        string    `json:"input"`
			InputFormat  string    `json:"inputFormat"`
			OutputFormat string    `json:"outputFormat"`
			Start        time.Time `json:"twoDigitYearStart"`
		} `json:"input"`
		Expected struct {
			Value       *string `json:"value"`
			EpochMillis int64   `json:"epochMillis"`
			Stage       string  `json:"stage"`
			ErrorOffset int     `json:"errorOffset"`
		} `json:"expected"`
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return err
	}
	*g = golden{r.ID, r.Tags[0], r.Input.Input, r.Input.InputFormat, r.Input.OutputFormat, r.Input.Start,
		r.Expected.Value, r.Expected.EpochMillis, r.Expected.Stage, r.Expected.ErrorOffset}
	return nil
}

// readLines decodes a file of one JSON value a line.
func readLines[T any](t testing.TB, file string) []T {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var records []T
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		var r T
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		records = append(records, r)
	}
	return records
}

// check returns what is wrong, or nothing.
func (g *golden) check() string {
	in, err := Compile(g.inFormat)
	if err != nil {
		return g.checkError("inputFormat", err)
	}
	out, err := Compile(g.outFormat)
	if err != nil {
		return g.checkError("outputFormat", err)
	}
	ms, err := in.Parse(g.text, UTC, g.start.UnixMilli())
	if err != nil {
		return g.checkError("parse", err)
	}
	if g.value == nil {
		return "no error, want one at stage " + g.stage
	}
	if ms != g.millis {
		return "parsed " + full(ms) + ", want " + full(g.millis)
	}
	if got := string(out.Append(nil, ms, UTC)); got != *g.value {
		return "printed " + got + ", want " + *g.value
	}
	return ""
}

func full(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000") }

func (g *golden) checkError(stage string, err error) string {
	if g.stage != stage {
		return "stage " + stage + ": " + err.Error() + ", want stage " + g.stage
	}
	var p *ParseError
	if stage == "parse" && (!errors.As(err, &p) || p.Offset != g.errorOffset) {
		return "wrong error offset: " + err.Error()
	}
	return ""
}

func TestJava(t *testing.T) {
	tests := []struct {
		file  string
		count int
	}{
		{file: "testdata/dateformat.jsonl", count: 1144},
		{file: "testdata/differential.jsonl", count: 3101},
	}
	for _, tt := range tests {
		records := readLines[golden](t, tt.file)
		if len(records) != tt.count {
			t.Errorf("%s has %d records, want %d", tt.file, len(records), tt.count)
		}
		for i, g := range records {
			if msg := g.check(); msg != "" {
				t.Errorf("%s:%d (%s) %q as %q to %q: %s", tt.file, i+1, g.family, g.text, g.inFormat, g.outFormat, msg)
			}
		}
	}
}

// The direct way for plain numbers must answer what the general way answers.
func TestFixedAgreesWithGeneral(t *testing.T) {
	served := 0
	for _, file := range []string{"testdata/dateformat.jsonl", "testdata/differential.jsonl"} {
		for _, g := range readLines[golden](t, file) {
			p, err := Compile(g.inFormat)
			if err != nil || !p.fixed {
				continue
			}
			ms, ok := p.parseFixed(g.text, g.start.UnixMilli())
			if !ok {
				continue
			}
			served++
			want, err := p.parseGeneral(g.text, g.start.UnixMilli())
			if err != nil || ms != want {
				t.Errorf("%q as %q: %d, want %d, %v", g.text, g.inFormat, ms, want, err)
			}
		}
	}
	if served < 300 {
		t.Errorf("the direct way served %d records, want 300 or more", served)
	}
}

// mathRecord is what java.time.OffsetDateTime gives: input, expression, roundUp, result.
type mathRecord struct {
	in, expr string
	up       bool
	want     *string
}

func (m *mathRecord) UnmarshalJSON(data []byte) error {
	return json.Unmarshal(data, &[]any{&m.in, &m.expr, &m.up, &m.want})
}

func TestJavaMath(t *testing.T) {
	records := readLines[mathRecord](t, "testdata/datemath.jsonl")
	if len(records) != 653 {
		t.Errorf("%d records, want 653", len(records))
	}
	for _, r := range records {
		in, err := ParseISO(r.in)
		if err != nil {
			t.Errorf("input: %v", err)
			continue
		}
		m, err := CompileMath(r.expr)
		if err != nil {
			t.Errorf("expression: %v", err)
			continue
		}
		got, err := m.Apply(in, Instant{}, r.up)
		switch {
		case r.want == nil && !errors.Is(err, ErrRange):
			t.Errorf("%s %s: got %v, %v, want ErrRange", r.in, r.expr, got, err)
		case r.want != nil && (err != nil || got.String() != *r.want):
			t.Errorf("%s %s %v: got %v, %v, want %s", r.in, r.expr, r.up, got, err, *r.want)
		}
	}
}
