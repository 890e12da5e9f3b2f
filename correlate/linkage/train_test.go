package linkage

import (
	"path/filepath"
	"testing"
)

// TestTrainingHolds: the training of no sample collapses. One over the pairs of all
// keys at once took agreement for the rule in more than half of such trials.
func TestTrainingHolds(t *testing.T) {
	hr := readTable(t, filepath.Join(company(), "hr_employees.csv"), "")
	ad := readTable(t, filepath.Join(company(), "ad_accounts.csv"), "")
	person, owner := map[string]string{}, map[string]string{}
	for _, r := range readRows(t, filepath.Join(company(), "truth_people.csv")) {
		person[r["record_id"]] = r["person_id"]
	}
	for _, r := range readRows(t, filepath.Join(company(), "truth_accounts.csv")) {
		owner[r["account_id"]] = r["person_id"]
	}
	q := sequence(77)
	for trial := range 10 {
		a, b := ad.part(shuffled(ad.Len(), &q)[:700]), hr.part(shuffled(hr.Len(), &q)[:1200])
		r, err := Between(t.Context(), a, b, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var link score
		in := map[string]bool{}
		for _, id := range r.B.ID {
			in[person[id]] = true
		}
		for _, id := range r.A.ID {
			if owner[id] != "" && in[owner[id]] {
				link.all++
			}
		}
		for _, p := range r.Pairs {
			if p.Band == Linked {
				count(&link, owner[r.A.ID[p.A]] == person[r.B.ID[p.B]])
			}
		}
		t.Logf("trial %d: %v", trial, link)
		if link.precision() < 0.985 || link.recall() < 0.9 {
			t.Errorf("trial %d: %v", trial, link)
		}
		for _, f := range r.Model.Fields {
			if first := f.Levels[0]; f.Name != "order of names" && first.M < 10*first.U && f.Kind != Category {
				t.Errorf("trial %d: agreement of %s says little: m %v, u %v", trial, f.Name, first.M, first.U)
			}
		}
	}
}
