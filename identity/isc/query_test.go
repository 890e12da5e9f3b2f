package isc_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity/isc"
)

func TestSorters(t *testing.T) {
	for _, tt := range []struct{ sorters, want string }{
		{"", "1 2 3 4"},
		{" ", "1 2 3 4"},
		{"name", "1 2 3 4"},
		{"-name", "4 3 2 1"},
		{"rank,-id", "4 1 2 3"},
		{"-rank, id", "3 2 1 4"},
		{"created", "3 1 2 4"},
	} {
		page, err := fields.Page(slices.Clone(items), isc.Query{Sorters: tt.sorters}, 250, natural)
		if err != nil || ids(page.Items) != tt.want {
			t.Errorf("%s: got %s (%v), want %s", tt.sorters, ids(page.Items), err, tt.want)
		}
	}
	for _, sorters := range []string{"size", "name,", "tags", ",", "--name"} {
		if _, err := fields.Page(slices.Clone(items), isc.Query{Sorters: sorters}, 250, natural); !errors.Is(err, isc.CodeIllegalValue) {
			t.Errorf("%q: error %v, want %q", sorters, err, isc.CodeIllegalValue)
		}
	}
}

// TestPages: the pages of a list make up the list, whatever way they are found.
func TestPages(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	none := isc.Fields[int]{}
	for _, size := range []int{0, 1, 5, 100, 1000} {
		all := make([]int, size)
		for i := range all {
			all[i] = r.IntN(size)
		}
		want := slices.Sorted(slices.Values(all))
		for _, limit := range []int{1, 7, 70, 250} {
			got := []int{}
			for from := 0; from < size; from += limit {
				p, err := none.Page(slices.Clone(all), isc.Query{Offset: from, Limit: limit}, 250, func(a, b int) int { return a - b })
				if err != nil || p.Total != size {
					t.Fatalf("total %d, %v", p.Total, err)
				}
				got = append(got, p.Items...)
			}
			if d := cmp.Diff(append([]int{}, want...), got); d != "" {
				t.Errorf("%d by %d mismatch (-want +got):\n%s", size, limit, d)
			}
		}
	}
}

func TestParseQuery(t *testing.T) {
	for _, tt := range []struct {
		query string
		want  isc.Query
		items int // of the four
		bad   bool
	}{
		{query: "", want: isc.Query{Limit: 250}, items: 4},
		{query: "limit=2&offset=3", want: isc.Query{Limit: 2, Offset: 3}, items: 1},
		{query: "limit=0&count=true", want: isc.Query{CountOnly: true}},
		{query: "offset=9223372036854775807", want: isc.Query{Limit: 250, Offset: 9223372036854775807}},
		{query: "limit=251", want: isc.Query{Limit: 251}, items: -1},
		{query: "limit=-1", bad: true},
		{query: "limit=x", bad: true},
		{query: "offset=-1", bad: true},
		{query: "count=yes", bad: true},
	} {
		values, _ := url.ParseQuery(tt.query)
		q, err := isc.ParseQuery(values, 250)
		if tt.bad {
			if !errors.Is(err, isc.CodeIllegalValue) {
				t.Errorf("%s: error %v", tt.query, err)
			}
			continue
		}
		if d := cmp.Diff(tt.want, q); d != "" {
			t.Errorf("%s mismatch (-want +got):\n%s", tt.query, d)
		}
		page, err := fields.Page(slices.Clone(items), q, 250, natural)
		if (err != nil) != (tt.items < 0) || err == nil && (len(page.Items) != tt.items || page.Total != 4) {
			t.Errorf("%s: %d of %d items, %v", tt.query, len(page.Items), page.Total, err)
		}
	}
}

func ExampleError() {
	err := isc.Refuse(isc.CodeConflict, "a source named %q exists already", "HR")
	err.TrackingID = "5f1"
	body, _ := json.Marshal(err)
	fmt.Println(err.Status(), errors.Is(err, isc.CodeConflict))
	fmt.Println(string(body))
	// Output:
	// 400 true
	// {"detailCode":"400.1.409 Reference conflict","trackingId":"5f1","messages":[{"locale":"en-US","localeOrigin":"DEFAULT","text":"a source named \"HR\" exists already"}],"causes":[]}
}

func ExampleFields_Page() {
	names := isc.Fields[string]{"name": isc.TextField("eq sw", func(s string) string { return s })}
	page, err := names.Page([]string{"HR", "AD", "HR archive"}, isc.Query{Filters: `name sw "HR"`, Sorters: "-name"}, 250,
		func(a, b string) int { return 0 })
	fmt.Println(page.Items, page.Total, err)
	// Output: [HR archive HR] 2 <nil>
}
