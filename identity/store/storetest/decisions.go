package storetest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/idprofile/engine/identity"
)

// testDecisions keeps decisions, in order, and refuses those that do not come next.
func testDecisions(t *testing.T, s identity.Store) {
	var want []identity.Decision
	for n := 1; n <= 1203; n++ { // more than a page
		want = append(want, identity.Decision{Number: n, Event: fmt.Sprintf(`{"by":"Zoë","number":%d}`, n)})
	}
	apply(t, s, identity.Batch{Decisions: want[:2]})
	apply(t, s, identity.Batch{Put: []*identity.Identity{Person("1", nil)}, Decisions: want[2:]})
	decisionsAre(t, s, "the log", 0, want)
	decisionsAre(t, s, "the rest of it", 1200, want[1200:])
	decisionsAre(t, s, "behind its end", 1300, nil)

	// Of two who append at once, the second has not seen what the first did. Its whole
	// batch counts for nothing.
	for _, number := range []int{0, 1203, 1205} {
		late := identity.Batch{
			Put:       []*identity.Identity{Person("late", nil)},
			Decisions: []identity.Decision{{Number: number, Event: "{}"}},
		}
		if err := s.Apply(t.Context(), late); !errors.Is(err, identity.ErrConflict) {
			t.Errorf("decision %d behind 1203 gives %v", number, err)
		}
	}

	if _, err := s.Get(t.Context(), "late"); !errors.Is(err, identity.ErrNotFound) {
		t.Errorf("a batch that was refused is there: %v", err)
	}
	decisionsAre(t, s, "after a conflict", 0, want)

	for range s.Decisions(t.Context(), 0) {
		break // and nothing stays open
	}
	apply(t, s, identity.Batch{Delete: []string{"1"}})
	decisionsAre(t, s, "after a deletion", 0, want)
}

func decisionsAre(t *testing.T, s identity.Store, what string, after int, want []identity.Decision) {
	t.Helper()
	var got []identity.Decision
	for d, err := range s.Decisions(t.Context(), after) {
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		got = append(got, d)
	}

	equal(t, what, want, got)
}
