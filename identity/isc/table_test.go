package isc_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/filter"
	"github.com/idprofile/engine/identity/isc"
)

// part is an item of the tests of tables.
type part struct {
	ID, Name string
	Size     int
}

var parts = isc.Fields[*part]{
	"id":   isc.TextField("eq in sw", func(p *part) string { return p.ID }),
	"name": isc.TextField("eq in sw co", func(p *part) string { return p.Name }),
	"big":  isc.BoolField("eq", func(p *part) bool { return p.Size > 4 }),
	"none": {Condition: isc.Condition{Ops: "eq isnull"}, Get: func(p *part) identity.Value { return identity.Value{} }},
}

func byPartID(a, b *part) int { return compareText(a.ID, b.ID) }

func compareText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// TestTable: pages of a table are those of the list, also after parts were replaced.
func TestTable(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	list := []*part{}
	table := isc.NewTable(byPartID, slices.Clone(list))
	filters := []string{
		"", `name eq "n3"`, `name sw "n" and big eq true`, `not (name co "1") or id eq "5"`, `id in ("1","2","9")`, "none isnull", `none eq "x"`,
	}
	sorters := []string{"", "name", "-name", "-name, id", "name,-id"}
	for range 300 {
		gone := map[string]bool{}
		var added []*part
		for range r.IntN(4) {
			id := fmt.Sprint(r.IntN(40))
			if gone[id] {
				continue
			}
			gone[id] = true
			if r.IntN(3) > 0 {
				added = append(added, &part{ID: id, Name: fmt.Sprint("n", r.IntN(12)), Size: r.IntN(9)})
			}
		}
		leaves := func(p *part) bool { return gone[p.ID] }
		list = append(slices.DeleteFunc(list, leaves), added...)
		table = table.Replace(leaves, added, nil)

		q := isc.Query{
			Filters: filters[r.IntN(len(filters))], Sorters: sorters[r.IntN(len(sorters))],
			Limit: r.IntN(6), Offset: r.IntN(8), CountOnly: r.IntN(9) == 0,
		}
		var also *filter.Filter
		want := slices.Clone(list)
		if r.IntN(3) == 0 {
			also = filter.Compare("big", "==", identity.BoolValue(true))
			want = slices.DeleteFunc(want, func(p *part) bool { return p.Size <= 4 })
		}
		page, err := parts.Page(want, q, 5, byPartID)
		got, gotErr := parts.PageOf(table, q, 5, also)
		if fmt.Sprint(err) != fmt.Sprint(gotErr) {
			t.Fatalf("%+v: error %v, the list gives %v", q, gotErr, err)
		}
		if d := cmp.Diff(page, got, cmp.Transformer("values", func(p []*part) []part {
			out := []part{}
			for _, one := range p {
				out = append(out, *one)
			}
			return out
		})); d != "" {
			t.Fatalf("%+v mismatch (-list +table):\n%s", q, d)
		}
	}
	if _, err := parts.PageOf(table, isc.Query{Sorters: "big"}, 5, nil); err == nil {
		t.Error("sorted by what is no sorter")
	}
	if _, err := parts.PageOf(table, isc.Query{Filters: "name"}, 5, nil); err == nil {
		t.Error("no error of the filter")
	}
}
