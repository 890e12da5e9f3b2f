package correlate

import "slices"

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
)

var managerNames = [...]string{"NONE", "RESOLVED", "MANAGER_MISSING", "MANAGER_NOT_FOUND", "MANAGER_AMBIGUOUS",
	"MANAGER_SELF", "MANAGER_CYCLE"}

// String returns the state as reports write it.
func (s ManagerState) String() string {
	if int(s) < len(managerNames) {
		return managerNames[s]
	}
	return "UNKNOWN"
}

// MarshalText writes the state as reports do.
func (s ManagerState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// ManagerOf is the manager of one identity.
type ManagerOf struct {
	Identity   int32 // the manager; -1: none
	State      ManagerState
	Value      string // what it was looked for by
	Candidates []int32
}

// ChooseManager says who of the identities found by a value manages identity n. An
// empty value says that no account names a manager, whatever was found. Nobody
// manages itself, and of several none is chosen; the candidates are a part of found.
//
// Source: DECISION 5.
func ChooseManager(n int32, value string, found []int32) ManagerOf {
	m := ManagerOf{Identity: -1, Value: value}
	switch {
	case value == "":
		m.State = ManagerMissing
	case len(found) == 0:
		m.State = ManagerDangling
	case len(found) > 1:
		m.State, m.Candidates = ManagerAmbiguous, found[:min(maxNoted, len(found))]
	case found[0] == n:
		m.State = ManagerSelf
	default:
		m.State, m.Identity = ManagerResolved, found[0]
	}

	return m
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

	// Members of a cycle have spans like others, but no depth: no root is above them.
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

	// Managers come before their reports here, so a manager's depth is known when it is needed.
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

	// Who has no reports left is finished; that frees the manager. Members of cycles never get free,
	// and are left out.
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
