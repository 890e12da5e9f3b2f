package profile_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/fixture"
)

// correlating is a company whose directory correlates by mail, then by number.
func correlating(more ...string) *fixture.Tenant {
	return &fixture.Tenant{
		Profiles: []string{fixture.Profile("Employees", 10, "HR", "uid=HR.id", "email=HR.mail", "lastname=HR.sn", "identificationNumber=HR.no")},
		Sources:  append([]string{fixture.Source("HR", "email=oldMail"), fixture.Source("AD", "email=mail", "identificationNumber=no")}, more...),
	}
}

// TestAmbiguousFindings: every ambiguous criterion is reported, whatever becomes
// of the account (correlate/DECISIONS.md, DECISION 30).
func TestAmbiguousFindings(t *testing.T) {
	e, _ := correlating().Engine(t, profile.Options{})
	var rows []report.AmbiguousRow
	o := profile.RunOptions{Hooks: profile.Hooks{OnAmbiguous: func(r report.AmbiguousRow) { rows = append(rows, r) }}}
	out := fixture.Aggregate(t, e, store.NewMemory(), o, map[string][]identity.Account{
		"HR": {
			fixture.At(1, fixture.Account("1", "id=1", "mail=x", "sn=A", "no=n1")), fixture.At(2, fixture.Account("2", "id=2", "mail=x", "sn=B", "no=n2")),
			fixture.At(3, fixture.Account("3", "id=3", "mail=z", "sn=C", "no=n3", "oldMail=x")), // makes an identity
		},
		"AD": {fixture.Account("none", "mail=x"), fixture.Account("second", "mail=X", "no=n2"), fixture.Account("one", "mail=z"), fixture.Account("nobody", "mail=q")},
	})
	ids := []string{config.IdentityID("s-HR", "1"), config.IdentityID("s-HR", "2")}
	slices.Sort(ids)
	both := strings.Join(ids, ", ")
	var got []string
	for _, d := range out.Findings {
		if d.Code == "correlation-ambiguous" {
			got = append(got, d.Severity.String()+" "+d.Message)
		}
	}
	slices.Sort(got)
	want := []string{
		"info account AD/none: 2 identities meet email = mail: " + both,
		"info account AD/second: 2 identities meet email = mail: " + both,
		"info account HR/3: 2 identities meet email = oldMail: " + both,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	wantRows := []report.AmbiguousRow{
		{Source: "HR", AccountID: "3", AccountName: "3", Criterion: "email = oldMail", Value: "x", Candidates: ids, Outcome: "NEW_IDENTITY", Identity: config.IdentityID("s-HR", "3")},
		{Source: "AD", AccountID: "none", AccountName: "none", Criterion: "email = mail", Value: "x", Candidates: ids, Outcome: "UNCORRELATED"},
		{Source: "AD", AccountID: "second", AccountName: "second", Criterion: "email = mail", Value: "X", Candidates: ids, Outcome: "CONFIG", Identity: config.IdentityID("s-HR", "2")},
	}
	if diff := cmp.Diff(wantRows, rows); diff != "" {
		t.Errorf("rows: mismatch (-want +got):\n%s", diff)
	}
	if n := len(out.Get(t, "2").Identity.Accounts); n != 2 {
		t.Errorf("2 has %d accounts, want its own and AD/second", n)
	}
	if u := out.Uncorrelated["AD/none"]; u.Reason != profile.AmbiguousMatch {
		t.Errorf("AD/none: %v", u)
	}
}

// TestUncorrelatedIdentities: an identity without authoritative account counts
// only when no other one matches, unless it is protected (correlate/DECISIONS.md, DECISION 31).
func TestUncorrelatedIdentities(t *testing.T) {
	for _, tc := range []struct {
		name      string
		protected bool
		heir      string // mail of the employee who stays
		want      string // owner of the new account; empty: none
	}{
		{name: "another one matches", heir: "x", want: "2"},
		{name: "no other one matches", heir: "y", want: "1"},
		{name: "protected", protected: true, heir: "x"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e, _ := correlating().Engine(t, profile.Options{})
			st := store.NewMemory()
			heir := fixture.Account("2", "id=2", "mail="+tc.heir, "sn=B", "no=n2")
			before := fixture.Aggregate(t, e, st, profile.RunOptions{}, map[string][]identity.Account{"HR": {fixture.Account("1", "id=1", "mail=x", "sn=A", "no=n1"), heir}, "AD": {fixture.Account("old", "no=n1")}})
			if tc.protected {
				i := *before.Get(t, "1").Identity
				i.Protected = true
				if err := st.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{&i}}); err != nil {
					t.Fatal(err)
				}
			}
			out := fixture.Aggregate(t, e, st, profile.RunOptions{}, map[string][]identity.Account{"HR": {heir}, "AD": {fixture.Account("old", "no=n1"), fixture.Account("new", "mail=x")}})
			got := ""
			for alias, r := range out.ByAlias {
				if slices.ContainsFunc(r.Identity.Accounts, func(a identity.Account) bool { return a.NativeIdentity == "new" }) {
					got = alias
				}
			}
			if got != tc.want {
				t.Errorf("the account belongs to %q, want %q; %v", got, tc.want, out.Uncorrelated)
			}
		})
	}
}

// TestPredicates: predicates of correlation rules read identities as they are
// when the account is correlated.
func TestPredicates(t *testing.T) {
	badge := `{"id":"s-Badge","name":"Badge","connector":"delimited","deleteThreshold":0,"correlationConfigDetails":{"defaultMatch":false,"rules":[
		{"id":"mail","conditions":[{"identity":"email","account":"mail"}],"predicate":"account.sn == identity.lastname"}]}}`
	e, found := correlating(badge).Engine(t, profile.Options{})
	if d := find(found, "correlation-rule"); d != nil {
		t.Fatal(d)
	}
	c := e.Correlator("Badge")
	if !c.ReadsValues() || !slices.Contains(c.Keys(), "lastname") || e.Correlator("AD").ReadsValues() || e.Correlator("Nix") != nil {
		t.Errorf("reads values: %v, keys %v", c.ReadsValues(), c.Keys())
	}
	data := map[string][]identity.Account{
		"HR":    {fixture.Account("1", "id=1", "mail=p@x", "sn=A", "no=n1"), fixture.Account("2", "id=2", "mail=p@x", "sn=B", "no=n2")},
		"Badge": {fixture.Account("b", "mail=p@x", "sn=B"), fixture.Account("c", "mail=p@x", "sn=C")},
	}
	st := store.NewMemory()
	out := fixture.Aggregate(t, e, st, profile.RunOptions{}, data)
	if r := out.Get(t, "2"); len(r.Links) != 2 || r.Links[1].Method != correlate.ByConfig || r.Links[1].Account.NativeIdentity != "b" {
		t.Errorf("links %v, want the badge b by a rule", r.Links)
	}
	if _, ok := out.Uncorrelated["Badge/c"]; !ok || len(out.Uncorrelated) != 1 {
		t.Errorf("uncorrelated %v, want Badge/c", out.Uncorrelated)
	}
	data["HR"][0].Attributes = fixture.Account("", "id=1", "mail=p@x", "sn=C", "no=n1").Attributes // a new name, known to the next run
	out = fixture.Aggregate(t, e, st, profile.RunOptions{Incremental: true}, data)
	if r := out.Get(t, "1"); len(r.Links) != 2 || r.Links[1].Account.NativeIdentity != "c" {
		t.Errorf("links %v, want the badge c", r.Links)
	}
	if d := find(out.Findings, "correlation-ambiguous"); d != nil && d.Severity != diag.Info {
		t.Error(d)
	}
}
