package javadate

import (
	"encoding/json"
	"os"
	"testing"
	"time"
)

// vector is a test vector of an operation; those whose attributes are all literal are run.
type vector struct {
	ID        string `json:"id"`
	Transform struct {
		Type       string         `json:"type"`
		Attributes map[string]any `json:"attributes"`
	} `json:"transform"`
	Input   any `json:"input"`
	Context struct {
		Now time.Time `json:"now"`
	} `json:"context"`
	Expected struct {
		Value any  `json:"value"`
		Error bool `json:"error"`
	} `json:"expected"`
}

func readVectors(t *testing.T, file string) []vector {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Vectors []vector `json:"vectors"`
	}
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	return f.Vectors
}

// text returns a literal attribute, or the implicit input.
func (v *vector) text(name string) (string, bool) {
	a, ok := v.Transform.Attributes[name]
	if !ok && name == "input" {
		a = v.Input
	}
	s, ok := a.(string)
	return s, ok
}

// skip reports whether an evaluator of transforms is needed.
func (v *vector) skip() bool {
	for _, a := range v.Transform.Attributes {
		if _, nested := a.(map[string]any); nested || a == nil {
			return true
		}
	}
	return false
}

// twoDigitStart is 80 years before some now.
var twoDigitStart = time.Date(1946, 3, 15, 0, 0, 0, 0, time.UTC).UnixMilli()

// evalFormat, evalMath and evalCompare return text, nil for null, and whether it worked.
func evalFormat(v *vector) (any, bool) {
	names := [2]string{"ISO8601", "ISO8601"}
	for i, key := range [2]string{"inputFormat", "outputFormat"} {
		if s, ok := v.text(key); ok {
			names[i] = s
		}
	}
	in, err := CompileFormat(names[0])
	if err != nil {
		return nil, false
	}
	out, err := CompileFormat(names[1])
	if err != nil {
		return nil, false
	}
	text, _ := v.text("input")
	ms, err := in.Parse(text, GMT, twoDigitStart)
	if err != nil {
		return nil, true
	}
	return string(out.Append(nil, ms, GMT)), true
}

func evalMath(v *vector) (any, bool) {
	expr, _ := v.text("expression")
	m, err := CompileMath(expr)
	if err != nil {
		return nil, false
	}
	var in Instant
	if !m.UsesNow() {
		text, ok := v.text("input")
		if !ok {
			return nil, true
		}
		if in, err = ParseISO(text); err != nil {
			return nil, false
		}
	}
	up := v.Transform.Attributes["roundUp"]
	at, err := m.Apply(in, InstantOf(v.Context.Now), up == true || up == "true")
	return at.String(), err == nil
}

func evalCompare(v *vector) (any, bool) {
	operator, _ := v.text("operator")
	c, ok := ParseComparison(operator)
	if !ok {
		return nil, false
	}
	var operands [2]Instant
	for i, key := range [2]string{"firstDate", "secondDate"} {
		text, _ := v.text(key)
		at, err := ParseMoment(text, InstantOf(v.Context.Now))
		if err != nil {
			return nil, false
		}
		operands[i] = at
	}
	yes, ok1 := v.text("positiveCondition")
	no, ok2 := v.text("negativeCondition")
	if c.Holds(operands[0], operands[1]) {
		return yes, ok1 && ok2
	}
	return no, ok1 && ok2
}

func TestVectors(t *testing.T) {
	tests := []struct {
		file string
		eval func(*vector) (any, bool)
		min  int // vectors that must have been run
	}{
		{file: "testdata/dateFormat.json", eval: evalFormat, min: 60},
		{file: "testdata/dateMath.json", eval: evalMath, min: 45},
		{file: "testdata/dateCompare.json", eval: evalCompare, min: 25},
	}
	for _, tt := range tests {
		run := 0
		for _, v := range readVectors(t, tt.file) {
			_, numeric := v.Transform.Attributes["input"].(float64)
			if v.skip() || numeric || v.Transform.Attributes["r"] != nil {
				continue
			}
			run++
			t.Run(v.ID, func(t *testing.T) {
				got, ok := tt.eval(&v)
				if ok == v.Expected.Error || ok && got != v.Expected.Value {
					t.Errorf("got %v, worked %v, want %v, error %v", got, ok, v.Expected.Value, v.Expected.Error)
				}
			})
		}
		if run < tt.min {
			t.Errorf("%s: %d vectors run, want %d or more", tt.file, run, tt.min)
		}
		t.Logf("%s: %d vectors run", tt.file, run)
	}
}
