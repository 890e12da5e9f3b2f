package preview

import (
	"errors"
	"strings"
	"testing"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
)

func TestCorrelationAccount(t *testing.T) {
	of := func(source string, ids ...string) *correlate.Analysis {
		l := &correlate.Links{}
		for _, id := range ids {
			id, name, _ := strings.Cut(id, ":")
			l.Add(identity.Account{Source: source, NativeIdentity: id, Name: name}, -1, correlate.Uncorrelated)
		}
		return correlate.NewAnalysis(correlate.New(nil, correlate.Options{}), nil, l, correlate.AnalysisOptions{Source: source})
	}
	x := &Correlation{persons: correlate.PopulationOf(nil), analyses: []*correlate.Analysis{of("A", "1:Ann", "2:Bob", "3:2"), of("B", "1:Cy", "4:bob", "A/1:Dan")}}
	for _, tc := range []struct {
		name string
		want string // key
		err  error
	}{
		{name: "A/1", want: "A/1"},
		{name: "B/A/1", want: "B/A/1"},
		{name: "2", want: "A/2"}, // an id before a name
		{name: "ann", want: "A/1"},
		{name: "b/4", want: "B/4"},
		{name: "1", err: ErrManyAccounts},
		{name: "BOB", err: ErrManyAccounts},
		{name: "5", err: ErrNoAccount},
		{name: "", err: ErrNoAccount},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, i, err := x.account(tc.name)
			if !errors.Is(err, tc.err) {
				t.Fatalf("error %v, want %v", err, tc.err)
			}
			if err == nil && l.Accounts[i].Key().String() != tc.want {
				t.Errorf("%s, want %s", l.Accounts[i].Key(), tc.want)
			}
		})
	}
}
