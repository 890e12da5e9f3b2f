package correlate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
)

func TestDecide(t *testing.T) {
	none := correlate.Match{Method: correlate.Uncorrelated, Identity: -1}
	finds := func(n int32) correlate.Match {
		return correlate.Match{Method: correlate.ByConfig, Identity: n, Rule: "config 0"}
	}
	several := correlate.Match{Method: correlate.Uncorrelated, Identity: -1, Ambiguous: []correlate.Ambiguity{{Rule: "config 0", Identities: []int32{1, 2}, Total: 2}}}
	excluded := correlate.Match{Method: correlate.Uncorrelated, Identity: -1, Excluded: true}
	link := func(n int32) correlate.Link { return correlate.Link{Identity: n} }
	manual := func(n int32) correlate.Link { return correlate.Link{Identity: n, Manual: true} }
	locked := correlate.Link{Identity: 3, Lock: &correlate.Lock{Reason: "shared by two people", Author: "ann"}}
	authoritative := correlate.Link{Identity: -1, Authoritative: true}
	strict := correlate.Options{StrictRecorrelate: true}
	actions := func(s correlate.Situation, a correlate.Action) correlate.Options {
		return correlate.Options{Actions: map[correlate.Situation]correlate.Action{s: a}}
	}
	o := correlate.Options{}
	for _, c := range []struct {
		name    string
		options correlate.Options
		match   correlate.Match
		link    correlate.Link
		want    string // situation action method to reason
	}{
		{"found", o, finds(1), link(-1), "FOUND LINK CONFIG 1 config 0"},
		{"confirmed", o, finds(1), link(1), "CONFIRMED KEEP CONFIG 1 config 0"},
		{"moved", o, finds(2), link(1), "FOUND MOVE CONFIG 2 config 0"},
		{"already linked", o, finds(9), link(-1), "FOUND_ALREADY_LINKED LINK CONFIG 9 config 0"},
		{"moved to one already linked", o, finds(9), link(1), "FOUND_ALREADY_LINKED MOVE CONFIG 9 config 0"},
		{"nobody", o, none, link(-1), "NONE KEEP UNCORRELATED -1 NO_MATCH"},
		{"nobody any more: sticky", o, none, link(1), "NONE KEEP STICKY 1 NO_MATCH"},
		{"nobody any more: strict", strict, none, link(1), "NONE UNLINK UNCORRELATED -1 NO_MATCH"},
		{"authoritative makes an identity", o, none, authoritative, "NONE CREATE NEW_IDENTITY -1 NO_MATCH"},
		{"authoritative joins the one found", o, finds(1), authoritative, "FOUND LINK CONFIG 1 config 0"},
		{"ambiguous", o, several, link(-1), "AMBIGUOUS KEEP UNCORRELATED -1 AMBIGUOUS"},
		{"ambiguous: sticky", o, several, link(1), "AMBIGUOUS KEEP STICKY 1 AMBIGUOUS"},
		{"ambiguous: strict", strict, several, link(1), "AMBIGUOUS UNLINK UNCORRELATED -1 AMBIGUOUS"},
		{"ambiguous authoritative", o, several, authoritative, "AMBIGUOUS CREATE NEW_IDENTITY -1 AMBIGUOUS"},
		{"manual keeps", o, finds(2), manual(1), "MANUAL_LOCKED KEEP MANUAL 1 MANUAL"},
		{"manual keeps without match, strict", strict, none, manual(1), "MANUAL_LOCKED KEEP MANUAL 1 MANUAL"},
		{"worked case 10: the flag blocks", o, finds(1), manual(-1), "MANUAL_LOCKED KEEP UNCORRELATED -1 MANUAL_FLAG_BLOCKS"},
		{"lock", o, finds(1), locked, "MANUAL_LOCKED KEEP MANUAL 3 LOCKED"},
		{"excluded", o, excluded, link(-1), "EXCLUDED KEEP UNCORRELATED -1 EXCLUDED"},
		{"excluded keeps its identity", o, excluded, link(4), "EXCLUDED KEEP STICKY 4 EXCLUDED"},
		{"action: review before moving", actions(correlate.Found, correlate.Review), finds(2), link(1), "FOUND REVIEW STICKY 1 config 0"},
		{"action: review before linking", actions(correlate.Found, correlate.Review), finds(2), link(-1), "FOUND REVIEW UNCORRELATED -1 config 0"},
		{"action: already linked is left", actions(correlate.FoundAlreadyLinked, correlate.Keep), finds(9), link(-1), "FOUND_ALREADY_LINKED KEEP UNCORRELATED -1 config 0"},
		{"action: unlink what is ambiguous", actions(correlate.Ambiguous, correlate.UnlinkAccount), several, link(1), "AMBIGUOUS UNLINK UNCORRELATED -1 AMBIGUOUS"},
		{"action: no link without match", actions(correlate.None, correlate.LinkAccount), none, link(-1), "NONE KEEP UNCORRELATED -1 NO_MATCH"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := correlate.New(nil, c.options).Decide(c.match, c.link, func(n int32) bool { return n == 9 })
			got := d.Situation.String() + " " + d.Action.String() + " " + string(d.Method) + " " + itoa(d.To) + " " + d.Reason
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
			if d.From != c.link.Identity || d.Lock != c.link.Lock {
				t.Errorf("from %d, lock %v", d.From, d.Lock)
			}
		})
	}
}

func itoa(n int32) string { return identity.IntValue(int64(n)).Text() }
