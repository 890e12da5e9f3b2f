package correlate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
)

func TestLint(t *testing.T) {
	people := []identity.Identity{person("n=E1; m=a"), person("n=E2; m=b"), person("n=e2; m=c")}
	accounts := []identity.Account{account("id=1; x=E1 "), account("id=2; x=e2"), account("id=3; y=b")}
	found, err := correlate.Lint(t.Context(), config(t, "n=x, m=y"), correlate.Options{}, correlate.PopulationOf(people), accounts, correlate.BulkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range found {
		got = append(got, d.Code+" "+d.Message)
	}
	want := []string{
		`correlation-space config 0 (n = x): blanks around the values decide for 1 account: "1"`,
		`correlation-case whether ignoreCase is honoured decides for 1 account: "2"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}
