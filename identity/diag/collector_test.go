package diag_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity/diag"
)

// TestCollector: of each code and severity the first findings are kept, the others counted
// once, whatever order their kinds come in.
func TestCollector(t *testing.T) {
	at := func(code diag.Code, line int) diag.Diagnostic {
		return diag.Diagnostic{Severity: diag.Warning, Code: code, Pos: diag.Pos{File: "f.json", Line: line}, Message: fmt.Sprint("m", line)}
	}
	more := func(code diag.Code, n int) diag.Diagnostic {
		return diag.Diagnostic{Severity: diag.Warning, Code: code, More: n, Message: fmt.Sprintf("and %d more of these, which are not listed", n)}
	}
	failed := at("a", 9)
	failed.Severity = diag.Error

	for _, tc := range []struct {
		name  string
		add   diag.List
		want  diag.List
		count int // of warnings
	}{
		{name: "none"},
		{name: "all are kept", add: diag.List{at("b", 2), at("a", 1)}, want: diag.List{at("b", 2), at("a", 1)}, count: 2},
		{name: "more of one", add: diag.List{at("a", 1), at("a", 2), at("b", 1), at("a", 3), at("a", 4)},
			want: diag.List{at("a", 1), at("a", 2), at("b", 1), more("a", 2)}, count: 5},
		{name: "repeated", add: diag.List{at("a", 1), at("a", 2), at("a", 3), at("a", 3), at("a", 1), at("a", 2)},
			want: diag.List{at("a", 1), at("a", 2), more("a", 1)}, count: 3},
		{name: "severities", add: diag.List{at("a", 1), at("a", 2), failed}, want: diag.List{at("a", 1), at("a", 2), failed}, count: 2},
		{name: "counts of others", add: diag.List{at("a", 1), more("a", 7), more("a", 1)}, want: diag.List{at("a", 1), more("a", 8)}, count: 9},
		{name: "several kinds of more", add: diag.List{at("b", 1), at("b", 2), at("b", 3), at("a", 1), at("a", 2), at("a", 3)},
			want: diag.List{at("b", 1), at("b", 2), at("a", 1), at("a", 2), more("a", 1), more("b", 1)}, count: 6},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := diag.Collector{Most: 2}
			c.AddAll(tc.add)
			got := c.List()
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("mismatch (-want +got):\n%s", d)
			}
			if n := got.Count(diag.Warning); n != tc.count {
				t.Errorf("%d warnings, want %d", n, tc.count)
			}

			// What tells of others stands at the end of a sorted list, and is none twice.
			got = append(got, got...)
			got.Sort()
			for i, d := range got {
				if i > 0 && got[i-1].More > 0 && d.More == 0 {
					t.Errorf("finding %v behind a count", d)
				}
			}
		})
	}
}

// TestCollectorDefault: a million findings of one code are some thousands and a number.
func TestCollectorDefault(t *testing.T) {
	var c diag.Collector
	for i := range 3 * diag.DefaultMost {
		c.Addf(diag.Error, "x", diag.Pos{Line: i}, "m")
	}
	if got := c.Sorted(); len(got) != diag.DefaultMost+1 || got.Count(diag.Error) != 3*diag.DefaultMost || got[diag.DefaultMost].More == 0 {
		t.Errorf("%d findings, the last is %v", len(got), got[len(got)-1])
	}
}

// TestCollectorSuggest: hints end when very many names were compared.
func TestCollectorSuggest(t *testing.T) {
	var c diag.Collector
	names := make([]string, 10_000)
	for i := range names {
		names[i] = fmt.Sprint("someone else ", i)
	}
	names[0] = "department"

	hints := 0
	for range 300 {
		if c.Suggest("Department", names) != "" {
			hints++
		}
	}
	if hints != 200 {
		t.Errorf("%d hints, want 200", hints)
	}
}
