package correlate_test

import (
	"bytes"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity/report"
)

var update = flag.Bool("update", false, "write the golden files")

// TestCompanyReports prints the start of every report about the synthetic
// company.
func TestCompanyReports(t *testing.T) {
	co := loadCompany(t)
	p := correlate.PopulationOf(co.people)
	c := correlate.New(parse(t, fourRules), correlate.Options{})
	b, err := c.Run(t.Context(), p, co.accounts, correlate.BulkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ev, err := c.Evidence(t.Context(), p, co.accounts, correlate.BulkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	names := correlate.Names(func(n int32) string { return co.people[n].ID })
	x := correlate.IndexOf(p, c)
	uncorrelated := correlate.UncorrelatedRows(c, x, co.accounts, b, nil, correlate.NewNearby(c, p).FindAll(co.accounts))
	stored := slices.Clone(b.Identity)
	stored[1], stored[7] = 0, 1 // links that somebody made
	suggestions, err := correlate.NewSuggester(p, p2names(co)).Suggest(t.Context(), co.accounts, []string{"employeeID", "mail", "sAMAccountName", "displayName", "givenName", "sn", "telephoneNumber", "department"}, correlate.SuggestOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for _, table := range []*report.Table{
		report.UncorrelatedTable("uncorrelated", uncorrelated),
		report.AmbiguousTable("ambiguous", correlate.AmbiguousRows(c, co.accounts, b, names)),
		correlate.WithoutAccountTable("without-account", map[string][]int32{"AD": correlate.WithoutAccounts(len(co.people), b.Identity)}, names),
		correlate.UnsupportedTable("unsupported", co.accounts, stored, ev.Unsupported(stored), names),
		correlate.ConflictTable("conflicts", co.accounts, ev.Conflicts(b), names),
		correlate.CoverageTable("coverage", ev.Coverage(b)),
		correlate.SuggestionTable("suggestions", suggestions),
	} {
		var text bytes.Buffer
		if err := report.WriteText(&text, table, report.TextOptions{}); err != nil {
			t.Fatal(err)
		}
		lines := strings.SplitAfter(text.String(), "\n")
		out.WriteString(strings.Join(lines[:min(25, len(lines))], "") + "\n")
	}
	const golden = "testdata/company_reports.txt"
	if *update {
		if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(out.String(), "\n")); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

func p2names(co *company) []string {
	var names []string
	for name := range co.rows[0] {
		if name != "record_id" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// TestClasses: how often the likely class is right.
func TestClasses(t *testing.T) {
	co := loadCompany(t)
	p := correlate.PopulationOf(co.people)
	c := correlate.New(parse(t, fourRules), correlate.Options{})
	near := correlate.NewNearby(c, p)
	want := map[string]correlate.Class{"orphan_service": correlate.ClassService, "orphan_shared": correlate.ClassShared, "admin_secondary": correlate.ClassPrivileged, "orphan_leaver": correlate.ClassLeaver}
	right, all := map[string]int{}, map[string]int{}
	for i := range co.accounts {
		if class, ok := want[co.category[i]]; ok {
			all[co.category[i]]++
			if correlate.Classify(&co.accounts[i], len(near.Find(&co.accounts[i])) > 0, true) == class {
				right[co.category[i]]++
			}
		}
	}
	t.Logf("right %v of %v", right, all)
	for category, n := range all {
		if right[category]*10 < n*6 {
			t.Errorf("%s: %d of %d", category, right[category], n)
		}
	}
}
