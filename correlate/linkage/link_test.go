package linkage

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// part returns some records of a table, from a start on in steps around it.
func (t *Table) part(order []int32) *Table {
	return &Table{Name: t.Name, ID: permuted(t.ID, order), Columns: t.permutedColumns(order)}
}

func (t *Table) permutedColumns(order []int32) []Column {
	var out []Column
	for _, c := range t.Columns {
		out = append(out, Column{Name: c.Name, Values: permuted(c.Values, order)})
	}
	return out
}

func shuffled(n int, q *sequence) []int32 {
	order := make([]int32, n)
	for i := range order {
		order[i] = int32(i)
	}
	for i := n - 1; i > 0; i-- {
		j := q.below(i + 1)
		order[i], order[j] = order[j], order[i]
	}
	return order
}

// outcome is a result as a text that is the same only for the same result.
func outcome(r *Result) []string {
	var out []string
	for _, p := range r.Pairs {
		out = append(out, fmt.Sprintf("%s %s %v %v %v", r.A.ID[p.A], r.B.ID[p.B], p.Probability, p.Band, p.Bits))
	}
	for i, c := range r.Clusters {
		out = append(out, fmt.Sprint(i, c))
	}
	return out
}

// TestOrderAndWorkers: neither the order of records nor the number of goroutines
// changes a bit of the result.
func TestOrderAndWorkers(t *testing.T) {
	hr := readTable(t, filepath.Join(company(), "hr_employees.csv"), "")
	ad := readTable(t, filepath.Join(company(), "ad_accounts.csv"), "")
	q := sequence(3)
	ad, hr = ad.part(shuffled(ad.Len(), &q)[:250]), hr.part(shuffled(hr.Len(), &q)[:250])
	first, err := Between(t.Context(), ad, hr, Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	within, err := Within(t.Context(), hr, Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(first.Pairs) == 0 {
		t.Fatal("nothing was found")
	}
	for i := range 50 {
		a, b := ad.part(shuffled(ad.Len(), &q)), hr.part(shuffled(hr.Len(), &q))
		workers := []int{1, 2, 8}[i%3]
		again, err := Between(t.Context(), a, b, Options{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(outcome(first), outcome(again)); diff != "" {
			t.Fatalf("order %d, %d workers: mismatch (-want +got):\n%s", i, workers, diff)
		}
		if i%5 != 0 {
			continue
		}
		again, err = Within(t.Context(), b, Options{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(outcome(within), outcome(again)); diff != "" {
			t.Fatalf("within, order %d, %d workers: mismatch (-want +got):\n%s", i, workers, diff)
		}
	}
}
