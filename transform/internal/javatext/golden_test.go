package javatext

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// golden is one answer of the JDK.
type golden struct {
	ID    string
	Input struct {
		Op    string
		Input string
		Args  []any
	}
	Expected struct {
		Value any
		UTF16 []uint16 `json:"utf16"`
		Error string
	}
}

func readGoldens(t *testing.T, name string) []golden {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var out []golden
	for in := bufio.NewScanner(bytes.NewReader(data)); in.Scan(); {
		var g golden
		if err := json.Unmarshal(in.Bytes(), &g); err != nil {
			t.Fatal(err)
		}
		if g.Expected.UTF16 != nil {
			g.Expected.Value = FromUnits(g.Expected.UTF16)
		}
		out = append(out, g)
	}
	return out
}

// answer runs the operation of g; "error" stands for an exception.
func (g golden) answer() any {
	in := g.Input
	arg := func(i, without int) int {
		if i >= len(in.Args) {
			return without
		}
		return int(in.Args[i].(float64))
	}
	number := func(n int) any { return float64(n) }
	switch in.Op {
	case "upper":
		return Upper(in.Input)
	case "lower":
		return Lower(in.Input)
	case "trim":
		return Trim(in.Input)
	case "length":
		return number(Len(in.Input))
	case "indexOf":
		return number(IndexOf(in.Input, in.Args[0].(string), arg(1, 0)))
	case "lastIndexOf":
		return number(LastIndexOf(in.Input, in.Args[0].(string), arg(1, math.MaxInt)))
	case "substring":
		if s, ok := Substring(in.Input, arg(0, 0), arg(1, Len(in.Input))); ok {
			return s
		}
		return "error"
	}
	return Decompose(in.Input)
}

func TestGoldens(t *testing.T) {
	for name, count := range map[string]int{"string.jsonl": 1374, "diacritics.jsonl": 466} {
		goldens := readGoldens(t, name)
		if len(goldens) != count {
			t.Errorf("%s: %d records, want %d", name, len(goldens), count)
		}
		for _, g := range goldens {
			want := g.Expected.Value
			if g.Expected.Error != "" {
				want = "error"
			}
			if diff := cmp.Diff(want, g.answer()); diff != "" {
				t.Errorf("%s: %s %q %v: mismatch (-want +got):\n%s", g.ID, g.Input.Op, g.Input.Input, g.Input.Args, diff)
			}
		}
	}
}

func TestNormalizeNames(t *testing.T) {
	data, err := os.ReadFile("testdata/normalizeNames.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Vectors []struct {
			ID       string
			Input    *string
			Expected struct{ Value *string }
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	for _, v := range file.Vectors {
		if v.Input == nil {
			continue
		}
		var got *string
		if s, ok := NormalizeNames(*v.Input); ok {
			got = &s
		}
		if diff := cmp.Diff(v.Expected.Value, got); diff != "" {
			t.Errorf("%s: %q: mismatch (-want +got):\n%s", v.ID, *v.Input, diff)
		}
	}
}

func TestNormalizeNamesMore(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"JOHN DOE", "John Doe"},
		{"CORNELIUS AUGUSTINE MCGLENNON IV", "Cornelius Augustine McGlennon IV"},
		{"NEIL MC GLENNON", "Neil McGlennon"},
		{"mArTiN o'mAlLeY", "Martin O'Malley"},
		{"Dr. JOHN D. O'BRIEN", "Dr. John D. O'Brien"},
		{"JOAN OF ARC", "Joan of Arc"},
		{"Dell dEl Roach", "Dell del Roach"},
		{"Augustiner Anstruther-Gough-Calthorpe", "Augustiner Anstruther-Gough-Calthorpe"},
		{"JOSÉ ORTEGA Y GASSET", "José Ortega y Gasset"},
		{"anne-de-la-tour", "Anne-de-la-Tour"}, // a hyphen ends a word as well
		{"y'all", "y'All"},
		{"mc mc ewan", "McMcEwan"},
		{"mc (x)", "Mc (x)"},
		{"mc", "Mc"},
		{"mcmahon mcdonald", "McMahon McDonald"},
		{"o'macleod-smith x", "O'MacLeod-smith X"},
		{"mc'donald", "Mc'donald"},
		{"ǆenan ßmith", "ǅenan ßmith"},
		{"délia", "Délia"},
		{"dé", "Dé"},
		{"de\u0301 of", "De\u0301 of"}, // a letter with its mark is one word
		{"éde", "Éde"},
		{"ii. iii", "II. III"},
		{"von_x", "Von_x"},
	} {
		if got, ok := NormalizeNames(test.in); !ok || got != test.want {
			t.Errorf("%q: got %q, want %q", test.in, got, test.want)
		}
	}
}
