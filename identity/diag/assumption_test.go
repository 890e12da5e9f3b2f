package diag

import "testing"

func TestAssumptionString(t *testing.T) {
	for _, tc := range []struct {
		want string
		a    Assumption
	}{
		{`a.csv: file-delimiter "HR": used ";" instead of ","`,
			Assumption{Code: "file-delimiter", Object: "HR", File: "a.csv", Used: ";", Instead: ","}},
		{`a.csv:3:1: rows-merged "HR" (7)`, Assumption{Code: "rows-merged", Object: "HR", File: "a.csv", Line: 3, Count: 7}},
		{`rule-missing: used "criteria"`, Assumption{Code: "rule-missing", Used: "criteria"}},
	} {
		if got := tc.a.String(); got != tc.want {
			t.Errorf("got %s, want %s", got, tc.want)
		}
	}
}
