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
)

// correlating is a company whose directory correlates by mail, then by number.
func correlating(more ...string) *tenant {
	return &tenant{
		profiles: []string{prof("Employees", 10, "HR", "uid=HR.id", "email=HR.mail", "lastname=HR.sn", "identificationNumber=HR.no")},
		sources:  append([]string{src("HR", "email=oldMail"), src("AD", "email=mail", "identificationNumber=no")}, more...),
	}
}

// TestAmbiguousFindings: every ambiguous criterion is reported, whatever becomes
// of the account (DECISION 30).
func TestAmbiguousFindings(t *testing.T) {
	e, _ := correlating().engine(t, profile.Options{})
	var rows []report.AmbiguousRow
	o := profile.RunOptions{OnAmbiguous: func(r report.AmbiguousRow) { rows = append(rows, r) }}
	out := aggregate(t, e, store.NewMemory(), o, map[string][]identity.Account{
		"HR": {
			at(1, acct("1", "id=1", "mail=x", "sn=A", "no=n1")), at(2, acct("2", "id=2", "mail=x", "sn=B", "no=n2")),
			at(3, acct("3", "id=3", "mail=z", "sn=C", "no=n3", "oldMail=x")), // makes an identity
		},
		"AD": {acct("none", "mail=x"), acct("second", "mail=X", "no=n2"), acct("one", "mail=z"), acct("nobody", "mail=q")},
	})
	ids := []string{profile.IdentityID("s-HR", "1"), profile.IdentityID("s-HR", "2")}
	slices.Sort(ids)
	both := strings.Join(ids, ", ")
	var got []string
	for _, d := range out.findings {
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
		{Source: "HR", AccountID: "3", AccountName: "3", Criterion: "email = oldMail", Value: "x", Candidates: ids, Outcome: "NEW_IDENTITY", Identity: profile.IdentityID("s-HR", "3")},
		{Source: "AD", AccountID: "none", AccountName: "none", Criterion: "email = mail", Value: "x", Candidates: ids, Outcome: "UNCORRELATED"},
		{Source: "AD", AccountID: "second", AccountName: "second", Criterion: "email = mail", Value: "X", Candidates: ids, Outcome: "CONFIG", Identity: profile.IdentityID("s-HR", "2")},
	}
	if diff := cmp.Diff(wantRows, rows); diff != "" {
		t.Errorf("rows: mismatch (-want +got):\n%s", diff)
	}
	if n := len(out.get(t, "2").Identity.Accounts); n != 2 {
		t.Errorf("2 has %d accounts, want its own and AD/second", n)
	}
	if u := out.uncorrelated["AD/none"]; u.Reason != profile.AmbiguousMatch {
		t.Errorf("AD/none: %v", u)
	}
}

// TestUncorrelatedIdentities: an identity without authoritative account counts
// only when no other one matches, unless it is protected (DECISION 31).
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
			e, _ := correlating().engine(t, profile.Options{})
			st := store.NewMemory()
			heir := acct("2", "id=2", "mail="+tc.heir, "sn=B", "no=n2")
			before := aggregate(t, e, st, profile.RunOptions{}, map[string][]identity.Account{"HR": {acct("1", "id=1", "mail=x", "sn=A", "no=n1"), heir}, "AD": {acct("old", "no=n1")}})
			if tc.protected {
				i := *before.get(t, "1").Identity
				i.Protected = true
				if err := st.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{&i}}); err != nil {
					t.Fatal(err)
				}
			}
			out := aggregate(t, e, st, profile.RunOptions{}, map[string][]identity.Account{"HR": {heir}, "AD": {acct("old", "no=n1"), acct("new", "mail=x")}})
			got := ""
			for alias, r := range out.byAlias {
				if slices.ContainsFunc(r.Identity.Accounts, func(a identity.Account) bool { return a.NativeIdentity == "new" }) {
					got = alias
				}
			}
			if got != tc.want {
				t.Errorf("the account belongs to %q, want %q; %v", got, tc.want, out.uncorrelated)
			}
		})
	}
}

// TestPredicates: predicates of correlation rules read identities as they are
// when the account is correlated.
func TestPredicates(t *testing.T) {
	badge := `{"id":"s-Badge","name":"Badge","connector":"delimited","deleteThreshold":0,"correlationConfigDetails":{"defaultMatch":false,"rules":[
		{"id":"mail","conditions":[{"identity":"email","account":"mail"}],"predicate":"account.sn == identity.lastname"}]}}`
	e, found := correlating(badge).engine(t, profile.Options{})
	if d := find(found, "correlation-rule"); d != nil {
		t.Fatal(d)
	}
	c := e.Correlator("Badge")
	if !c.ReadsValues() || !slices.Contains(c.Keys(), "lastname") || e.Correlator("AD").ReadsValues() || e.Correlator("Nix") != nil {
		t.Errorf("reads values: %v, keys %v", c.ReadsValues(), c.Keys())
	}
	data := map[string][]identity.Account{
		"HR":    {acct("1", "id=1", "mail=p@x", "sn=A", "no=n1"), acct("2", "id=2", "mail=p@x", "sn=B", "no=n2")},
		"Badge": {acct("b", "mail=p@x", "sn=B"), acct("c", "mail=p@x", "sn=C")},
	}
	st := store.NewMemory()
	out := aggregate(t, e, st, profile.RunOptions{}, data)
	if r := out.get(t, "2"); len(r.Links) != 2 || r.Links[1].Method != correlate.ByConfig || r.Links[1].Account.NativeIdentity != "b" {
		t.Errorf("links %v, want the badge b by a rule", r.Links)
	}
	if _, ok := out.uncorrelated["Badge/c"]; !ok || len(out.uncorrelated) != 1 {
		t.Errorf("uncorrelated %v, want Badge/c", out.uncorrelated)
	}
	data["HR"][0].Attributes = acct("", "id=1", "mail=p@x", "sn=C", "no=n1").Attributes // a new name, known to the next run
	out = aggregate(t, e, st, profile.RunOptions{Incremental: true}, data)
	if r := out.get(t, "1"); len(r.Links) != 2 || r.Links[1].Account.NativeIdentity != "c" {
		t.Errorf("links %v, want the badge c", r.Links)
	}
	if d := find(out.findings, "correlation-ambiguous"); d != nil && d.Severity != diag.Info {
		t.Error(d)
	}
}
