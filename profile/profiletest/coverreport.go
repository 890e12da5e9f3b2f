package profiletest

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/report"
)

// Ratio is how many of all are covered.
type Ratio struct {
	Covered int `json:"covered"`
	Total   int `json:"total"`
}

// Percent returns the share, 100 when there is nothing to cover.
func (r Ratio) Percent() float64 {
	if r.Total == 0 {
		return 100
	}
	return 100 * float64(r.Covered) / float64(r.Total)
}

// String returns covered/total and the percentage.
func (r Ratio) String() string {
	return fmt.Sprintf("%.1f %% (%d of %d)", r.Percent(), r.Covered, r.Total)
}

// Summary is the coverage in numbers.
type Summary struct {
	Mappings   Ratio `json:"mappings"`
	Transforms Ratio `json:"transforms"`
	Branches   Ratio `json:"branches"`
}

// Least returns the smallest percentage of the three.
func (s Summary) Least() float64 {
	return min(s.Mappings.Percent(), s.Transforms.Percent(), s.Branches.Percent())
}

// Summary counts what is covered so far.
func (c *Coverage) Summary() Summary {
	var s Summary
	for _, i := range c.items {
		// What is neither a mapping nor a step is a branch.
		r := &s.Branches
		switch i.Kind {
		case MappingItem:
			r = &s.Mappings
		case NodeItem:
			r = &s.Transforms
		}

		r.Total++
		if i.Hits > 0 {
			r.Covered++
		}
	}

	return s
}

// Items returns everything that can be covered, with how often it was, by place.
func (c *Coverage) Items() []Item {
	items := make([]Item, len(c.items))
	for i, item := range c.items {
		items[i] = *item
	}
	slices.SortStableFunc(items, func(a, b Item) int {
		return cmp.Or(cmp.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Offset, b.Pos.Offset))
	})
	return items
}

// WriteText writes the numbers and what is not covered, for people.
func (c *Coverage) WriteText(w io.Writer, o TextOptions) error {
	var b strings.Builder
	s := c.Summary()
	report.Fprintf(&b, "coverage: mappings %s, steps of transforms %s, branches %s\n", s.Mappings, s.Transforms,
		s.Branches)

	// Only gaps are listed: what is covered is many times more.
	for _, i := range c.Items() {
		if i.Hits > 0 {
			continue
		}
		what := string(i.Kind)
		if i.Name != "" {
			what += " " + i.Name
		}
		report.Fprintf(&b, "  %s %s: %s: %s\n", o.paint("fail", "not covered"), o.at(i.Pos), i.Unit, what)
	}

	_, err := io.WriteString(w, b.String())
	return err
}

// WriteJSON writes the coverage as one JSON object. The form is stable: members
// may be added, never renamed or removed.
//
//	{"summary":{"mappings":{"covered":1,"total":2},"transforms":{...},"branches":{...}},
//	 "items":[{"kind":"branch","unit":"transform \"X\"","name":"...","pos":{"file":"...","line":1,"column":1},"hits":0}]}
func (c *Coverage) WriteJSON(w io.Writer) error {
	return writeJSON(w, struct {
		Summary Summary `json:"summary"`
		Items   []Item  `json:"items"`
	}{c.Summary(), c.Items()})
}
