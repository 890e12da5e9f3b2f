package correlate

import (
	"cmp"
	"slices"
)

// ManagerSummary says how managers were found, and what tree they make. Its JSON
// form is stable.
type ManagerSummary struct {
	Identities int              `json:"identities"`
	States     map[string]int   `json:"states"`
	Cycles     [][]IdentityName `json:"cycles"`
	Managers   int              `json:"managers"` // who have reports
	Depth      int              `json:"depth"`    // steps up from the lowest to a root
	Levels     []int            `json:"levels"`   // identities by steps up to their root
	Astray     int              `json:"astray"`   // on a cycle or below one
	Roots      []ManagerSpan    `json:"roots"`    // without manager, with reports
	Alone      int              `json:"alone"`    // without manager and reports
	Widest     []ManagerSpan    `json:"widest"`   // by direct reports
}

// ManagerSpan is a manager with the number of direct reports and of all below.
type ManagerSpan struct {
	IdentityName
	Reports int `json:"reports"`
	Below   int `json:"below"`
}

// SummarizeManagers counts the managers of a population. Of those with the most
// reports it lists the first few; 0 lists all.
func SummarizeManagers(list []ManagerOf, name func(n int32) IdentityName, few int) *ManagerSummary {
	above := make([]int32, len(list))
	for n := range list {
		above[n] = list[n].Identity
	}

	// The tree is built over who was found, whatever the state: who is on a cycle has a manager too.
	t := Tree(above)
	span := func(n int32) ManagerSpan {
		return ManagerSpan{IdentityName: name(n), Reports: int(t.Span[n]), Below: int(t.Total[n])}
	}

	s := &ManagerSummary{
		Identities: len(list), States: map[string]int{}, Cycles: [][]IdentityName{},
		Depth: int(t.Deepest), Levels: make([]int, t.Deepest+1), Alone: len(t.Alone),
		Roots: []ManagerSpan{}, Widest: []ManagerSpan{},
	}
	for n := range list {
		s.States[list[n].State.String()]++
		if d := t.Depth[n]; d >= 0 {
			s.Levels[d]++
		} else {
			s.Astray++
		}

		if t.IsManager(int32(n)) {
			s.Managers++
			s.Widest = append(s.Widest, span(int32(n)))
		}
	}

	for _, cycle := range t.Cycles {
		var names []IdentityName
		for _, n := range cycle {
			names = append(names, name(n))
		}
		s.Cycles = append(s.Cycles, names)
	}

	for _, n := range t.Roots {
		s.Roots = append(s.Roots, span(n))
	}

	// Ties stay in the order of identities, so that two runs print the same.
	slices.SortStableFunc(s.Roots, func(a, b ManagerSpan) int { return cmp.Compare(b.Below, a.Below) })
	slices.SortStableFunc(s.Widest, func(a, b ManagerSpan) int { return cmp.Compare(b.Reports, a.Reports) })
	if few > 0 {
		s.Widest = s.Widest[:min(few, len(s.Widest))]
	}
	return s
}
