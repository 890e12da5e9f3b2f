package correlate_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
)

// analysis returns the analysis of accounts written as "x=value;y=value", linked to the
// identities that the second list names, -1 for none.
func analysis(t *testing.T, cfg string, people, accounts []string, links []int32) *correlate.Analysis {
	t.Helper()
	var list []identity.Identity
	for i, text := range people {
		one := person(text)
		one.ID, one.Alias = fmt.Sprint("id", i), fmt.Sprint("p", i)
		list = append(list, one)
	}
	l := &correlate.Links{}
	for i, text := range accounts {
		method := correlate.ByConfig
		if links[i] < 0 {
			method = correlate.Uncorrelated
		}
		a := account(text)
		a.NativeIdentity = fmt.Sprint("k", i)
		l.Add(a, links[i], method)
	}
	return correlate.NewAnalysis(correlate.New(config(t, cfg), correlate.Options{}), correlate.PopulationOf(list), l,
		correlate.AnalysisOptions{Source: "S", Name: func(n int32) correlate.IdentityName {
			return correlate.IdentityName{ID: list[n].ID, Name: list[n].Alias}
		}})
}

func TestAnalysisSummary(t *testing.T) {
	x := analysis(t, "n=x, m=y", []string{"n=1;m=a", "n=2;m=b", "n=3;m=b", "n=44444"},
		[]string{"x=1", "x=9;y=b", "x=44445", "x=2;y=a", "z=1"}, []int32{0, -1, -1, 1, -1})
	s, err := x.Summary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rules := []correlate.RuleSummary{
		{Rule: "config 0", Criterion: "n = x", Values: 4, One: 2, Decides: 2},
		{Rule: "config 1", Criterion: "m = y", Values: 2, One: 1, Several: 1, Otherwise: 1},
		{Rule: "default name", Criterion: "alias = account name", Values: 5},
		{Rule: "default id", Criterion: "alias = account id", Values: 5},
	}
	if diff := cmp.Diff(rules, s.Rules); diff != "" {
		t.Errorf("rules: mismatch (-want +got):\n%s", diff)
	}
	reasons := map[string]int{}
	for _, r := range s.Reasons {
		reasons[r.Reason+" "+r.Likely.String()] = r.Accounts
	}
	want := map[string]int{"AMBIGUOUS LEAVER": 1, "NO_MATCH PERSON": 1, "BLANK UNKNOWN": 1}
	if diff := cmp.Diff(want, reasons); diff != "" {
		t.Errorf("reasons: mismatch (-want +got):\n%s", diff)
	}
	if s.Accounts != 5 || s.Uncorrelated != 3 || s.Conflicts != 1 || s.NoAccount != 2 || len(s.NearMisses) != 1 {
		t.Errorf("%+v", s)
	}
}

// An account that made an identity is explained without that identity, and the
// next question is answered with it again.
func TestAnalysisExplainNewIdentity(t *testing.T) {
	x := analysis(t, "n=x", []string{"n=1", "n=2"}, []string{"x=1", "x=1"}, []int32{0, 0})
	x.Method[0] = correlate.NewIdentity
	for range 2 {
		e, err := x.Explain(t.Context(), 0)
		if err != nil || e.Rules[0].Outcome != correlate.NoMatch {
			t.Errorf("made it: %v, %v, want NO_MATCH", e.Rules[0].Outcome, err)
		}
		e, err = x.Explain(t.Context(), 1)
		if err != nil || e.Rules[0].Outcome != correlate.Matched {
			t.Errorf("found it: %v, %v, want MATCHED", e.Rules[0].Outcome, err)
		}
	}
}
