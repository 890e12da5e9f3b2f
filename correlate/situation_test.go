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
		want    string // situation action method to reason event
	}{
		{"found", o, finds(1), link(-1), "FOUND LINK CONFIG 1 config 0 ACCOUNT_CORRELATED"},
		{"confirmed", o, finds(1), link(1), "CONFIRMED KEEP CONFIG 1 config 0 -"},
		{"moved", o, finds(2), link(1), "FOUND MOVE CONFIG 2 config 0 ACCOUNT_MOVED"},
		{"already linked", o, finds(9), link(-1), "FOUND_ALREADY_LINKED LINK CONFIG 9 config 0 ACCOUNT_CORRELATED"},
		{"moved to one already linked", o, finds(9), link(1), "FOUND_ALREADY_LINKED MOVE CONFIG 9 config 0 ACCOUNT_MOVED"},
		{"nobody", o, none, link(-1), "NONE KEEP UNCORRELATED -1 NO_MATCH -"},
		{"nobody any more: sticky", o, none, link(1), "NONE KEEP STICKY 1 NO_MATCH -"},
		{"nobody any more: strict", strict, none, link(1), "NONE UNLINK UNCORRELATED -1 NO_MATCH ACCOUNT_UNCORRELATED"},
		{"authoritative makes an identity", o, none, authoritative, "NONE CREATE NEW_IDENTITY -1 NO_MATCH IDENTITY_CREATED"},
		{"authoritative joins the one found", o, finds(1), authoritative, "FOUND LINK CONFIG 1 config 0 ACCOUNT_CORRELATED"},
		{"ambiguous", o, several, link(-1), "AMBIGUOUS KEEP UNCORRELATED -1 AMBIGUOUS CORRELATION_AMBIGUOUS"},
		{"ambiguous: sticky", o, several, link(1), "AMBIGUOUS KEEP STICKY 1 AMBIGUOUS CORRELATION_AMBIGUOUS"},
		{"ambiguous: strict", strict, several, link(1), "AMBIGUOUS UNLINK UNCORRELATED -1 AMBIGUOUS ACCOUNT_UNCORRELATED"},
		{"ambiguous authoritative", o, several, authoritative, "AMBIGUOUS CREATE NEW_IDENTITY -1 AMBIGUOUS IDENTITY_CREATED"},
		{"manual keeps", o, finds(2), manual(1), "MANUAL_LOCKED KEEP MANUAL 1 MANUAL -"},
		{"manual keeps without match, strict", strict, none, manual(1), "MANUAL_LOCKED KEEP MANUAL 1 MANUAL -"},
		{"worked case 10: the flag blocks", o, finds(1), manual(-1), "MANUAL_LOCKED KEEP UNCORRELATED -1 MANUAL_FLAG_BLOCKS -"},
		{"lock", o, finds(1), locked, "MANUAL_LOCKED KEEP MANUAL 3 LOCKED -"},
		{"excluded", o, excluded, link(-1), "EXCLUDED KEEP UNCORRELATED -1 EXCLUDED -"},
		{"excluded keeps its identity", o, excluded, link(4), "EXCLUDED KEEP STICKY 4 EXCLUDED -"},
		{"action: review before moving", actions(correlate.Found, correlate.Review), finds(2), link(1), "FOUND REVIEW STICKY 1 config 0 CORRELATION_REVIEW"},
		{"action: review before linking", actions(correlate.Found, correlate.Review), finds(2), link(-1), "FOUND REVIEW UNCORRELATED -1 config 0 CORRELATION_REVIEW"},
		{"action: already linked is left", actions(correlate.FoundAlreadyLinked, correlate.Keep), finds(9), link(-1), "FOUND_ALREADY_LINKED KEEP UNCORRELATED -1 config 0 -"},
		{"action: unlink what is ambiguous", actions(correlate.Ambiguous, correlate.UnlinkAccount), several, link(1), "AMBIGUOUS UNLINK UNCORRELATED -1 AMBIGUOUS ACCOUNT_UNCORRELATED"},
		{"action: no link without match", actions(correlate.None, correlate.LinkAccount), none, link(-1), "NONE KEEP UNCORRELATED -1 NO_MATCH -"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := correlate.New(nil, c.options).Decide(c.match, c.link, func(n int32) bool { return n == 9 })
			event := "-"
			if e, ok := d.Event(identity.AccountKey{Source: "S", NativeIdentity: "1"}); ok {
				event = e.Type
			}
			got := d.Situation.String() + " " + d.Action.String() + " " + string(d.Method) + " " + itoa(d.To) + " " + d.Reason + " " + event
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

func TestUncorrelate(t *testing.T) {
	for _, c := range []struct {
		link correlate.Link
		mark bool
		want correlate.Situation
		act  correlate.Action
	}{
		{correlate.Link{Identity: 4}, true, correlate.ManualLocked, correlate.UnlinkAccount},
		{correlate.Link{Identity: 4}, false, correlate.None, correlate.UnlinkAccount},
		{correlate.Link{Identity: -1}, true, correlate.ManualLocked, correlate.Keep},
	} {
		if d := correlate.Uncorrelate(c.link, c.mark); d.Situation != c.want || d.Action != c.act || d.To != -1 || d.From != c.link.Identity {
			t.Errorf("%+v: %+v", c, d)
		}
	}
}

func TestIdentities(t *testing.T) {
	key := func(id string) identity.AccountKey { return identity.AccountKey{Source: "S", NativeIdentity: id} }
	accounts := []identity.Account{{Source: "S", NativeIdentity: "a"}, {Source: "S", NativeIdentity: "b"}, {Source: "S", NativeIdentity: "c"}, {Source: "S", NativeIdentity: "d"}}
	decisions := []correlate.Decision{
		{Situation: correlate.Confirmed, From: 0, To: 0},
		{Situation: correlate.None, From: 1, To: 1},   // sticky: no rule supports it
		{Situation: correlate.Found, From: -1, To: 9}, // an identity that is gone
		{Situation: correlate.None, From: -1, To: -1},
	}
	got := correlate.Identities(4, accounts, decisions, []correlate.Stored{{Account: key("a"), Identity: 0}, {Account: key("gone"), Identity: 2}})
	want := []correlate.Side{
		{Identity: 1, Situation: correlate.LinkBroken, Action: correlate.Review, Account: key("b"), Reason: correlate.ReasonUnsupported},
		{Identity: 2, Situation: correlate.WithoutAccount, Action: correlate.Keep},
		{Identity: 2, Situation: correlate.SourceMissing, Action: correlate.UnlinkAccount, Account: key("gone"), Reason: correlate.ReasonGone},
		{Identity: 3, Situation: correlate.WithoutAccount, Action: correlate.Keep},
		{Identity: 9, Situation: correlate.LinkBroken, Action: correlate.UnlinkAccount, Account: key("c"), Reason: correlate.ReasonGone},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

func TestRefresh(t *testing.T) {
	for _, c := range []struct {
		refresh correlate.Refresh
		want    bool
	}{
		{correlate.Refresh{}, false},
		{correlate.Refresh{Optimized: true}, false},
		{correlate.Refresh{SameAttributes: true, SameConfig: true}, false},
		{correlate.Refresh{Optimized: true, SameAttributes: true}, false},
		{correlate.Refresh{Optimized: true, SameAttributes: true, SameConfig: true}, true},
		{correlate.Refresh{Optimized: true, SameAttributes: true, VendorLike: true}, true},
		{correlate.Refresh{Optimized: true, SameConfig: true, VendorLike: true}, false},
	} {
		if got := c.refresh.Skip(); got != c.want {
			t.Errorf("%+v: %v", c.refresh, got)
		}
	}
}

func TestVersion(t *testing.T) {
	a, b := parse(t, fourRules), parse(t, benchRules)
	if a.Version() != parse(t, fourRules).Version() || a.Version() == b.Version() || len(a.Version()) != 32 {
		t.Errorf("versions %q and %q", a.Version(), b.Version())
	}
	plain := &correlate.Config{Assignments: []correlate.Assignment{{Property: "a", Value: "b"}}}
	if plain.Version() == (&correlate.Config{}).Version() || (*correlate.Config)(nil).Version() != "" {
		t.Error("versions of configurations without file")
	}
}
