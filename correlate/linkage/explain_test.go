package linkage

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"path/filepath"
	"strings"
	"testing"
)

// TestExplanationsRecompute: the bits of every link and review add up to its score,
// and m and u give the bits.
func TestExplanationsRecompute(t *testing.T) {
	hr := readTable(t, filepath.Join(company(), "hr_employees.csv"), "")
	ad := readTable(t, filepath.Join(company(), "ad_accounts.csv"), "")
	between, err := Between(t.Context(), ad, hr, Options{})
	if err != nil {
		t.Fatal(err)
	}
	within, err := Within(t.Context(), hr, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []*Result{between, within} {
		for _, p := range r.Pairs {
			e, err := r.Explain(r.A.ID[p.A], r.B.ID[p.B])
			if err != nil {
				t.Fatal(err)
			}
			sum := e.Prior
			for _, f := range e.Fields {
				sum += f.Bits
				if f.M > 0 && math.Abs(math.Log2(f.M/f.U)-f.Bits) > 1e-9 {
					t.Fatalf("%s: %v bits, m %v and u %v give %v", f.Field, f.Bits, f.M, f.U, math.Log2(f.M/f.U))
				}
			}
			if math.Abs(sum-e.Bits) > 1e-9 || math.Abs(sum-p.Bits) > 1e-9 {
				t.Fatalf("%s %s: %v bits, the fields give %v, the pair has %v", e.A, e.B, e.Bits, sum, p.Bits)
			}
			if e.Probability != p.Probability || e.Band != p.Band {
				t.Fatalf("%s %s: %v %v, the pair has %v %v", e.A, e.B, e.Probability, e.Band, p.Probability, p.Band)
			}
		}
	}
}

func TestExplainAnyPair(t *testing.T) {
	a := &Table{Name: "a", ID: []string{"1"}, Columns: []Column{{Name: "first_name", Values: []string{"Ann"}}, {Name: "last_name", Values: []string{"<Lee>"}}}}
	b := &Table{Name: "b", ID: []string{"2", "3"}, Columns: []Column{{Name: "first_name", Values: []string{"Ann", "Bo"}}, {Name: "last_name", Values: []string{"Lee", "Oz"}}}}
	r, err := Between(t.Context(), a, b, Options{})
	if err != nil {
		t.Fatal(err)
	}
	e, err := r.Explain("1", "3")
	if err != nil {
		t.Fatal(err)
	}
	if e.Band != None || e.RunnerUp == nil || e.RunnerUp.ID != "2" {
		t.Errorf("band %v, next candidate %+v", e.Band, e.RunnerUp)
	}
	if _, err := r.Explain("1", "9"); err == nil || !strings.Contains(err.Error(), `"9"`) {
		t.Errorf("an unknown record gives %v", err)
	}
	var text, svg bytes.Buffer
	if err := errors.Join(e.WriteText(&text), e.WriteSVG(&svg)); err != nil {
		t.Fatal(err)
	}
	for _, need := range []string{"1 and 3: none", "given name", "sum", "next candidate 2"} {
		if !strings.Contains(text.String(), need) {
			t.Errorf("no %q in\n%s", need, text.String())
		}
	}
	d := xml.NewDecoder(&svg)
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the picture is no XML: %v", err)
		}
	}
}
