package correlate

import (
	"slices"

	"github.com/idprofile/engine/identity"
)

// ManagerState says what became of the manager of an identity.
type ManagerState uint8

// The states of managers.
const (
	ManagerNone      ManagerState = iota // not asked for, or asked for nothing: a root
	ManagerResolved                      // found
	ManagerMissing                       // asked for, but no source has a value
	ManagerDangling                      // there is a value, and nobody has it
	ManagerAmbiguous                     // several have it
	ManagerSelf                          // it is the identity itself; not assigned
	ManagerInCycle                       // found, but the chain of managers comes back to the identity
	ManagerInactive                      // found, but the manager is not active
)

var managerNames = [...]string{"NONE", "RESOLVED", "MANAGER_MISSING", "MANAGER_NOT_FOUND", "MANAGER_AMBIGUOUS",
	"MANAGER_SELF", "MANAGER_CYCLE", "MANAGER_INACTIVE"}

// String returns the state as reports write it.
func (s ManagerState) String() string {
	if int(s) < len(managerNames) {
		return managerNames[s]
	}
	return "UNKNOWN"
}

// MarshalText writes the state as reports do.
func (s ManagerState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// ManagerLookup is one way to a manager: a value of the identity's account, and
// the identities that the value can mean. Look-ups are tried in order.
type ManagerLookup struct {
	Name string // for reports: source and attribute
	// Value gives what names the manager of an identity; null or blank: nothing.
	Value func(n int32) identity.Value
	// Find gives the identities that a value means.
	Find func(value string) []int32
	// AfterMiss: the look-up is also tried when an earlier one had a value that
	// nobody has. Otherwise it only stands in for missing values.
	AfterMiss bool
}

// FindBy returns a [ManagerLookup.Find] on one attribute of an index, after
// normalising the value; the names are those of [Normalisers]. With no names the
// value is compared without case, as the vendor does. The error tells of a
// name that is unknown.
func FindBy(x *Index, attribute string, normalise ...string) (func(value string) []int32, error) {
	var steps []step
	for _, name := range normalise {
		s, err := parseStep(name)
		if err != nil {
			return nil, err
		}
		steps = append(steps, s)
	}

	return func(value string) []int32 {
		var t scratch
		for i := range steps {
			value = steps[i].run(&t, value)
		}
		return x.Find(attribute, value)
	}, nil
}

// ManagerOf is the manager of one identity.
type ManagerOf struct {
	Identity   int32 // the manager; -1: none
	State      ManagerState
	Lookup     int8   // which look-up decided; -1: none
	Value      string // what it looked for
	Candidates []int32
}

// ManagerOptions are the choices of [Managers].
type ManagerOptions struct {
	// Wants reports whether an identity should have a manager: its manager
	// attribute is mapped to a value. Nil: all.
	Wants func(n int32) bool
	// Active reports whether an identity is active. Nil: all are.
	Active func(n int32) bool
}

// Managers finds the managers of identities 0..n-1: none, one, or why not.
// Cycles are marked, and kept. The time is linear in n.
//
// Source: DECISION 5.
func Managers(n int, o ManagerOptions, lookups ...ManagerLookup) []ManagerOf {
	out := make([]ManagerOf, n)
	manager := make([]int32, n)
	for i := range out {
		out[i] = ManagerOf{Identity: -1, Lookup: -1}
		if o.Wants == nil || o.Wants(int32(i)) {
			out[i].resolve(int32(i), lookups)
		}
		if m := out[i].Identity; m >= 0 && o.Active != nil && !o.Active(m) {
			out[i].State = ManagerInactive
		}
		manager[i] = out[i].Identity
	}

	for _, cycle := range Cycles(manager) {
		for _, member := range cycle {
			out[member].State = ManagerInCycle
		}
	}

	return out
}

func (m *ManagerOf) resolve(n int32, lookups []ManagerLookup) {
	m.State = ManagerMissing
	for i := range lookups {
		l := &lookups[i]
		if m.State != ManagerMissing && !l.AfterMiss {
			continue
		}
		value := l.Value(n).Text()
		if blank(value) {
			continue
		}
		found := l.Find(value)
		m.Lookup, m.Value = int8(i), value
		switch {
		case len(found) == 0:
			m.State = ManagerDangling
			continue
		case len(found) > 1:
			m.State, m.Candidates = ManagerAmbiguous, slices.Clone(found[:min(maxNoted, len(found))])
		case found[0] == n:
			m.State = ManagerSelf
		default:
			m.State, m.Identity = ManagerResolved, found[0]
		}

		return
	}
}

// Cycles returns every cycle of length two or more among managers: manager[n]
// is the manager of n, negative for none. Each cycle starts with its lowest
// member and goes on to that one's manager; cycles are in order of their lowest
// members. The time is linear.
func Cycles(manager []int32) [][]int32 {
	var cycles [][]int32
	// seen: 0 not seen; otherwise 1 + the identity from which a walk came here
	seen := make([]int32, len(manager))
	for start := range manager {
		n := int32(start)
		for n >= 0 && int(n) < len(manager) && seen[n] == 0 {
			seen[n] = int32(start) + 1
			n = manager[n]
		}

		if n < 0 || int(n) >= len(manager) || seen[n] != int32(start)+1 || manager[n] == n {
			continue
		}
		cycles = append(cycles, cycleFrom(manager, n))
	}

	slices.SortFunc(cycles, func(a, b []int32) int { return int(a[0] - b[0]) })
	return cycles
}

// cycleFrom returns the cycle that n is on, from its lowest member.
func cycleFrom(manager []int32, n int32) []int32 {
	lowest := n
	for m := manager[n]; m != n; m = manager[m] {
		lowest = min(lowest, m)
	}
	cycle := []int32{lowest}
	for m := manager[lowest]; m != lowest; m = manager[m] {
		cycle = append(cycle, m)
	}
	return cycle
}

// Hierarchy is the tree of managers.
type Hierarchy struct {
	Roots   []int32 // without manager, with reports; ascending
	Alone   []int32 // without manager and reports; ascending
	Cycles  [][]int32
	Depth   []int32 // steps up to a root; -1 on a cycle or below one
	Span    []int32 // direct reports
	Total   []int32 // all reports below; on a cycle, those below that hang on this member
	Deepest int32
}

// IsManager reports whether the identity has reports.
func (h *Hierarchy) IsManager(n int32) bool { return h.Span[n] > 0 }

// Tree computes depth and span of everybody in linear time: manager[n] is the
// manager of n, negative for none; a manager of oneself counts as none.
func Tree(manager []int32) *Hierarchy {
	h := &Hierarchy{Cycles: Cycles(manager), Depth: make([]int32, len(manager)), Span: make([]int32, len(manager)),
		Total: make([]int32, len(manager))}
	above := func(n int32) int32 {
		if m := manager[n]; m >= 0 && int(m) < len(manager) && m != n {
			return m
		}
		return -1
	}

	onCycle := make([]bool, len(manager))
	for _, c := range h.Cycles {
		for _, n := range c {
			onCycle[n] = true
		}
	}

	for n := range manager {
		if m := above(int32(n)); m >= 0 {
			h.Span[m]++
		}
	}

	for n := range manager {
		if above(int32(n)) >= 0 {
			continue
		} else if h.Span[n] > 0 {
			h.Roots = append(h.Roots, int32(n))
		} else {
			h.Alone = append(h.Alone, int32(n))
		}
	}

	order := h.leavesFirst(above, onCycle)
	for i := range h.Depth {
		h.Depth[i] = -1
	}
	for _, n := range slices.Backward(order) { // managers before reports
		if m := above(n); m < 0 {
			h.Depth[n] = 0
		} else if h.Depth[m] >= 0 {
			h.Depth[n] = h.Depth[m] + 1
			h.Deepest = max(h.Deepest, h.Depth[n])
		}
	}

	return h
}

// leavesFirst returns everybody who is on no cycle, reports before managers, and
// sums up all reports on the way.
func (h *Hierarchy) leavesFirst(above func(int32) int32, onCycle []bool) []int32 {
	left := slices.Clone(h.Span)
	var order []int32
	for n := range left {
		if left[n] == 0 && !onCycle[n] {
			order = append(order, int32(n))
		}
	}

	for i := 0; i < len(order); i++ {
		n := order[i]
		m := above(n)
		if m < 0 {
			continue
		}
		h.Total[m] += h.Total[n] + 1
		if left[m]--; left[m] == 0 && !onCycle[m] {
			order = append(order, m)
		}
	}

	return order
}
