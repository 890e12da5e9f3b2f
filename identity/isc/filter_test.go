package isc_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/isc"
)

type item struct {
	id, name, status string
	tags             []string
	active           bool
	rank             int64
	created          time.Time
}

var fields = isc.Fields[item]{
	"id":     isc.TextField("eq in", func(i item) string { return i.id }),
	"name":   isc.TextField("eq ne sw co lt le gt ge in", func(i item) string { return i.name }),
	"active": isc.BoolField("eq ne", func(i item) bool { return i.active }),
	"created": isc.TimeField("eq gt ge lt le isnull pr",
		func(i item) time.Time { return i.created }),
	"tags": {
		Condition: isc.Condition{Ops: "eq ca co"},
		Get:       func(i item) identity.Value { return identity.StringsValue(i.tags...) },
	},
	"rank": {
		Condition: isc.Condition{Ops: "eq ne", Kind: isc.Number},
		Get:       func(i item) identity.Value { return identity.IntValue(i.rank) },
		Compare:   func(a, b item) int { return int(a.rank - b.rank) },
	},
	"status": {
		Condition: isc.Condition{Ops: "eq in", Enum: []string{"PENDING", "DONE"}},
		Get:       func(i item) identity.Value { return identity.StringValue(i.status) },
	},
}

func day(n int) time.Time { return time.Date(2026, 3, n, 12, 0, 0, 500, time.UTC) }

var items = []item{
	{id: "1", name: "Anna", status: "PENDING", tags: []string{"a", "b"}, active: true, rank: 10, created: day(1)},
	{id: "2", name: "Bert", status: "DONE", tags: []string{"b"}, rank: 20, created: day(2)},
	{id: "3", name: `C "x" or`, status: "DONE", active: true, rank: 30},
	{id: "4", name: "anna", status: "PENDING", tags: []string{"a"}, rank: 10, created: day(4)},
}

func ids(list []item) string {
	var out []string
	for _, i := range list {
		out = append(out, i.id)
	}
	return strings.Join(out, " ")
}

func natural(a, b item) int { return strings.Compare(a.id, b.id) }

func TestFilter(t *testing.T) {
	for _, tt := range []struct{ filter, want string }{
		{``, "1 2 3 4"},
		{`  `, "1 2 3 4"},
		{`name eq "Anna"`, "1"},
		{`name eq "Anna" or id eq "2"`, "1 2"},
		{`name EQ "Anna" OR id eq "2"`, "1 2"},
		{`name ne "Anna" and rank eq 10`, "4"},
		{`id eq "1" or id eq "2" and active eq true`, "1"},
		{`(id eq "1" or id eq "2") and active eq false`, "2"},
		{`not (id eq "1" or id eq "2")`, "3 4"},
		{`not not id eq "1"`, "1"},
		{`name sw "A"`, "1"},
		{`name co "nn"`, "1 4"},
		{`name gt "B" and name le "Bert"`, "2"},
		{`id in ("1", "3","9")`, "1 3"},
		{`id in "1"`, "1"},
		{`name eq "C \"x\" or"`, "3"},
		{`name co "\"x\""`, "3"},
		{`active eq TRUE`, "1 3"},
		{`active ne "true"`, "2 4"},
		{`tags eq "b"`, "1 2"},
		{`tags ca ("a","b")`, "1"},
		{`tags co "a"`, "1 4"},
		{`created gt 2026-03-02T12:00:00Z`, "2 4"},
		{`created gt "2026-03-02T13:00:00+01:00"`, "2 4"},
		{`created le 2026-03-02T12:00:00Z`, "1"},
		{`created isnull`, "3"},
		{`isnull created`, "3"},
		{`pr created and not created gt 2026-03-01T18:00:00Z`, "1"},
		{`status eq "pending"`, "1 4"},
		{`rank ne 10 and rank ne "20"`, "3"},
	} {
		page, err := fields.Page(slices.Clone(items), isc.Query{Filters: tt.filter}, 250, natural)
		if err != nil {
			t.Errorf("%s: %v", tt.filter, err)
			continue
		}
		if got := ids(page.Items); got != tt.want || page.Total != len(page.Items) {
			t.Errorf("%s: got %s of %d, want %s", tt.filter, got, page.Total, tt.want)
		}
	}
}

func TestFilterErrors(t *testing.T) {
	for _, tt := range []struct{ filter, want string }{
		{`name`, `1: name cannot be filtered with "", expected eq, ne, sw, co, lt, le, gt, ge, in`},
		{`name eq`, `8: found the end, expected a value for name`},
		{`name eq Anna`, `9: found "Anna", expected a text in double quotes`},
		{`name eq "Anna`, `9: the text is not closed`},
		{`name eq "Anna" and`, `19: found the end, expected the name of a field`},
		{`name eq "Anna" name eq "B"`, `16: found "name eq \"B\"", expected and, or or the end`},
		{`name eq "ü" & id eq "1"`, `13: found "& id eq \"1\"", expected and, or or the end`},
		{`(name eq "Anna"`, `16: found the end, expected )`},
		{`name eq "Anna")`, `15: found ")", expected and, or or the end`},
		{`size eq 1`, `1: the list cannot be filtered by "size", expected active, created, id, name, rank, status, tags`},
		{`id sw "1"`, `1: id cannot be filtered with "sw", expected eq, in`},
		{`id in ("1"`, `11: found the end, expected , or )`},
		{`id in ()`, `8: found ")", expected a value for id`},
		{`rank eq ten`, `9: "ten" is no value of rank`},
		{`active eq 1`, `11: "1" is no value of active`},
		{`created gt 2026-03-02`, `12: "2026-03-02" is no value of created`},
		{`status eq "MAYBE"`, `11: "MAYBE" is no value of status`},
		{"name e\xa4\xa4\xa4", `1: name cannot be filtered with "e���", expected eq, ne, sw, co, lt, le, gt, ge, in`},
		{"name İ", `1: name cannot be filtered with "i", expected eq, ne, sw, co, lt, le, gt, ge, in`},
		{"iſnull size", `8: the list cannot be filtered by "size", expected active, created, id, name, rank, status, tags`},
		{"name \u212A", `1: name cannot be filtered with "k", expected eq, ne, sw, co, lt, le, gt, ge, in`},
		{strings.Repeat("not ", 200) + `id eq "1"`, `405: nested more than 100 deep`},
	} {
		_, err := fields.Filter(tt.filter)
		var e *isc.Error
		if !errors.As(err, &e) || e.Code != isc.CodeIllegalValue {
			t.Errorf("%s: error %v, want %q", tt.filter, err, isc.CodeIllegalValue)
			continue
		}
		if d := cmp.Diff("the filter cannot be read at character "+tt.want, e.Text()); d != "" {
			t.Errorf("%s mismatch (-want +got):\n%s", tt.filter, d)
		}
	}
}

// TestFilterRandom compares filters with what the same tree says when it is
// evaluated directly.
func TestFilterRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		text, want := randomFilter(r, 4)
		keep, err := fields.Filter(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for _, i := range items {
			if keep(i) != want(i) {
				t.Fatalf("%s on %s: got %v", text, i.id, keep(i))
			}
		}
	}
}

func randomFilter(r *rand.Rand, depth int) (string, func(item) bool) {
	if depth == 0 || r.IntN(4) == 0 {
		return randomCondition(r)
	}
	a, f := randomFilter(r, depth-1)
	b, g := randomFilter(r, depth-1)
	switch r.IntN(3) {
	case 0:
		return "(" + a + ") and (" + b + ")", func(i item) bool { return f(i) && g(i) }
	case 1:
		return "( " + a + " or " + b + " )", func(i item) bool { return f(i) || g(i) }
	}
	return "not (" + a + ")", func(i item) bool { return !f(i) }
}

func randomCondition(r *rand.Rand) (string, func(item) bool) {
	id := fmt.Sprint(r.IntN(5))
	switch r.IntN(4) {
	case 0:
		return fmt.Sprintf("id eq %q", id), func(i item) bool { return i.id == id }
	case 1:
		part := []string{"A", "nn", "a", "Ber"}[r.IntN(4)]
		return fmt.Sprintf("name co %q", part), func(i item) bool { return strings.Contains(i.name, part) }
	case 2:
		n := r.IntN(4) * 10
		return fmt.Sprintf("rank ne %d", n), func(i item) bool { return i.rank != int64(n) }
	}
	return fmt.Sprintf("id in (%q, \"1\")", id), func(i item) bool { return i.id == id || i.id == "1" }
}

// FuzzFilter: no text panics, and a filter that can be read decides on every item.
func FuzzFilter(f *testing.F) {
	for _, s := range []string{
		`name eq "Anna" or id eq "2"`, `not (tags ca ("a","b") and active eq true)`, `created isnull or pr created`,
		`isnull`, `name eq "\"`, `rank eq 1e3`, "name sw \"\u00e9\"", `((((`, `id in (`, `status eq "done"`,
		"name e\xa4\xa4\xa4\xff", "iſnull name", "name \u212A \"x\"",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		keep, err := fields.Filter(text)
		if err != nil {
			if !errors.Is(err, isc.CodeIllegalValue) {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		for _, i := range items {
			keep(i)
		}
	})
}
