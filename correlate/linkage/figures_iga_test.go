package linkage

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// company is the folder of the synthetic company.
func company() string {
	if dir := os.Getenv("LINKAGE_COMPANY"); dir != "" {
		return dir
	}
	return filepath.Join("..", "testdata", "iga_synth")
}

func TestFiguresCompany(t *testing.T) {
	dir := company()
	hr, ad := readTable(t, filepath.Join(dir, "hr_employees.csv"), "record_id"), readTable(t, filepath.Join(dir, "ad_accounts.csv"), "account_id")
	person := map[string]string{}
	for _, r := range readRows(t, filepath.Join(dir, "truth_people.csv")) {
		person[r["record_id"]] = r["person_id"]
	}
	start := time.Now()
	r, err := Between(t.Context(), ad, hr, Options{})
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	if os.Getenv("LINKAGE_SHOW") != "" {
		for _, p := range r.Report.Pairings {
			t.Log(p)
		}
		t.Log(r.Report.Derived)
		for _, f := range r.Model.Fields {
			t.Log(f.Name)
			for _, l := range f.Levels {
				t.Logf("     %-40s m %.4f u %.6f bits %.2f", l.Name, l.M, l.U, l.bits())
			}
		}
	}
	byAccount := map[string][]Pair{}
	for _, p := range r.Pairs {
		id := r.A.ID[p.A]
		byAccount[id] = append(byAccount[id], p)
	}
	var auto score
	var cal calibration
	reviewed, offered, accounts, first, five, known := 0, 0, 0, 0, 0, 0
	traps, shared := 0, 0
	missed := map[string]int{}
	for _, x := range readRows(t, filepath.Join(dir, "truth_accounts.csv")) {
		accounts++
		pairs := byAccount[x["account_id"]]
		owner := x["person_id"]
		if owner != "" {
			auto.all++
		}
		at := -1
		for i, p := range pairs {
			same := person[r.B.ID[p.B]] == owner
			cal.add(p.Probability, same)
			if same {
				at = i
			}
		}
		switch {
		case len(pairs) == 0:
			if owner != "" {
				missed[x["category"]+" missed"]++
				if os.Getenv("LINKAGE_SHOW") == "2" {
					a := r.A.Find(x["account_id"])
					for j, id := range r.B.ID {
						if person[id] == owner {
							p := r.s.compare(a, int32(j))
							t.Log("MISSED", foundBy(r.keys, a, int32(j)), describe(r, Pair{A: a, B: int32(j), levels: p, Bits: r.sc.score(p, a, int32(j))}))
						}
					}
				}
			}
		case pairs[0].Band == Linked:
			count(&auto, at == 0)
			if at == 0 {
				offered++
			} else {
				t.Logf("WRONG %s %s", x["category"], describe(r, pairs[0]))
				if x["category"] == "wrong_id" {
					traps++
				}
			}
			if x["category"] == "orphan_service" || x["category"] == "orphan_shared" {
				shared++
			}
		default:
			reviewed++
			missed[x["category"]+" review"]++
			if owner != "" && at >= 0 {
				known++
				offered++
				if at == 0 {
					first++
				}
				if at < 5 {
					five++
				}
			}
			if os.Getenv("LINKAGE_SHOW") == "3" {
				t.Log("REVIEW", x["category"], at, pairs[0].Probability, pairs[0].Veto, describe(r, pairs[0]))
			}
		}
	}
	t.Logf("company: auto %v | review %.4f | recall with review %.4f | ECE %.4f | traps %d shared %d | first %d five %d of %d | compared %d in %v", auto, float64(reviewed)/float64(accounts), float64(offered)/float64(auto.all), cal.expected(), traps, shared, first, five, known, r.Report.Compared, took)
	t.Log(missed)
	share := float64(reviewed) / float64(accounts)
	if auto.precision() < 0.9995 || auto.recall() < 0.95 || share > 0.025 || float64(offered) < 0.98*float64(auto.all) {
		t.Errorf("auto %v, review %.4f, %d offered", auto, share, offered)
	}
	if traps+shared > 0 || cal.expected() > 0.02 || first*100 < known*90 || five*100 < known*99 {
		t.Errorf("%d traps and %d shared accounts linked, calibration error %.4f, owner first %d and in five %d of %d", traps, shared, cal.expected(), first, five, known)
	}
}

func TestFiguresConversions(t *testing.T) {
	dir := company()
	hr, vms := readTable(t, filepath.Join(dir, "hr_employees.csv"), "record_id"), readTable(t, filepath.Join(dir, "vms_contractors.csv"), "record_id")
	person := map[string]string{}
	category := map[string]string{}
	for _, r := range readRows(t, filepath.Join(dir, "truth_people.csv")) {
		person[r["record_id"]] = r["person_id"]
		category[r["record_id"]] = r["category"]
	}
	r, err := Between(t.Context(), vms, hr, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var link, offered score
	have := map[string]bool{}
	for _, id := range r.B.ID {
		have[person[id]] = true
	}
	for _, id := range r.A.ID {
		if have[person[id]] {
			link.all++
			offered.all++
		}
	}
	found := map[int32]bool{}
	for _, p := range r.Pairs {
		same := person[r.A.ID[p.A]] == person[r.B.ID[p.B]]
		count(&offered, same)
		if same {
			found[p.A] = true
		}
		if p.Band == Linked {
			count(&link, same)
		}
		if os.Getenv("LINKAGE_SHOW") != "" && same != (p.Band == Linked) {
			t.Log(same, category[r.A.ID[p.A]], p.Probability, p.Veto, describe(r, p))
		}
	}
	t.Logf("conversions: link %v | offered %v | found or offered %d | trained %.0f", link, offered, len(found), r.Model.Trained)
	if link.precision() < 0.998 || len(found)*100 < 95*link.all {
		t.Errorf("link %v, %d found or offered", link, len(found))
	}
}
