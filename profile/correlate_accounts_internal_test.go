package profile

import (
	"fmt"
	"testing"

	"github.com/idprofile/engine/correlate"
)

// The run does what correlate decides: an account moves to the identity that is
// found, stays where it is when none is, and leaves it only when that is strict.
func TestActionOfAccounts(t *testing.T) {
	// byHand is the rule of a run, written out.
	byHand := func(m correlate.Match, owner int32, strict bool) correlate.Action {
		switch {
		case m.Excluded:
			return correlate.Keep
		case m.Identity >= 0 && owner < 0:
			return correlate.LinkAccount
		case m.Identity >= 0 && m.Identity != owner:
			return correlate.MoveAccount
		case m.Identity < 0 && owner >= 0 && strict:
			return correlate.UnlinkAccount
		}
		return correlate.Keep
	}
	several := []correlate.Ambiguity{{Identities: []int32{1, 2}, Total: 2}}
	c := correlate.New(nil, correlate.Options{})
	for _, owner := range []int32{-1, 1, 2} {
		for _, m := range []correlate.Match{
			{Identity: -1}, {Identity: 1}, {Identity: 2}, {Identity: -1, Ambiguous: several},
			{Identity: 1, Ambiguous: several}, {Identity: -1, Excluded: true}, {Identity: -1, Stopped: true},
		} {
			for _, strict := range []bool{false, true} {
				l := &linker{tables: &tables{Run: &Run{
					engine: &Engine{sources: map[string]*compiledSource{"S": {correlator: c}}},
					opts:   RunOptions{Linking: Linking{StrictRecorrelate: strict}},
				}}}
				name := fmt.Sprintf("owner %d, match %+v, strict %v", owner, m, strict)
				if got, want := l.action("S", m, owner, false), byHand(m, owner, strict); got != want {
					t.Errorf("%s: %v, want %v", name, got, want)
				}
			}
		}
	}
}
