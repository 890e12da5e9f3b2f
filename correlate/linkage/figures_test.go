package linkage

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// data returns the folder of the labelled sets, which are not part of the project;
// tests that need it are skipped without it.
func data(t testing.TB, path ...string) string {
	t.Helper()
	dir := os.Getenv("LINKAGE_DATA")
	if dir == "" {
		t.Skip("LINKAGE_DATA is not set")
	}
	return filepath.Join(append([]string{dir}, path...)...)
}

func readTable(t testing.TB, path, key string) *Table {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	table, found := ReadCSV(filepath.Base(path), f, key)
	if found.HasErrors() {
		t.Fatal(found.Err())
	}
	return table
}

func readRows(t testing.TB, path string) []map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, name := range rows[0] {
			m[name] = row[i]
		}
		out = append(out, m)
	}
	return out
}

// score is how many pairs are right.
type score struct{ right, wrong, all int }

func (s score) precision() float64 { return float64(s.right) / float64(max(1, s.right+s.wrong)) }
func (s score) recall() float64    { return float64(s.right) / float64(max(1, s.all)) }
func (s score) f1() float64 {
	return 2 * float64(s.right) / float64(max(1, s.right+s.wrong+s.all))
}
func (s score) String() string {
	return fmt.Sprintf("P %.4f R %.4f F1 %.4f (%d right, %d wrong, %d all)", s.precision(), s.recall(), s.f1(), s.right, s.wrong, s.all)
}

// calibration sums probabilities and outcomes in ten bins.
type calibration struct{ n, p, y [10]float64 }

func (c *calibration) add(p float64, right bool) {
	i := min(int(p*10), 9)
	c.n[i]++
	c.p[i] += p
	if right {
		c.y[i]++
	}
}

func (c *calibration) expected() float64 {
	sum, all := 0.0, 0.0
	for i := range c.n {
		d := c.p[i] - c.y[i]
		if d < 0 {
			d = -d
		}
		sum += d
		all += c.n[i]
	}
	return sum / max(1, all)
}

func TestFiguresWithin(t *testing.T) {
	for _, set := range []string{"febrl1", "febrl2", "fake_1000"} {
		t.Run(set, func(t *testing.T) {
			must := map[string]float64{"febrl1": 0.999, "febrl2": 0.999, "fake_1000": 0.96}[set]
			dir := data(t, set)
			table := readTable(t, filepath.Join(dir, "records.csv"), "record_id")
			entity := map[string]string{}
			for _, r := range readRows(t, filepath.Join(dir, "truth.csv")) {
				entity[r["record_id"]] = r["entity_id"]
			}
			start := time.Now()
			r, err := Within(t.Context(), table, Options{})
			if err != nil {
				t.Fatal(err)
			}
			took := time.Since(start)
			var link, offered, cluster score
			var cal calibration
			for i := range r.A.ID {
				for j := range i {
					same := entity[r.A.ID[i]] == entity[r.A.ID[j]]
					if same {
						link.all++
					}
					if r.Clusters[i] == r.Clusters[j] {
						if same {
							cluster.right++
						} else {
							cluster.wrong++
						}
					}
				}
			}
			offered.all, cluster.all = link.all, link.all
			for _, p := range r.Pairs {
				same := entity[r.A.ID[p.A]] == entity[r.A.ID[p.B]]
				cal.add(p.Probability, same)
				count(&offered, same)
				if p.Band == Linked {
					count(&link, same)
				}
				if same != (p.Band == Linked) && os.Getenv("LINKAGE_SHOW") != "" {
					t.Log(same, p.Probability, p.Veto, describe(r, p))
				}
			}
			if os.Getenv("LINKAGE_SHOW") == "4" {
				for i := range r.A.ID {
					for j := range i {
						if r.Clusters[i] == r.Clusters[j] && entity[r.A.ID[i]] != entity[r.A.ID[j]] {
							p := r.s.compare(int32(j), int32(i))
							t.Log("MERGED", r.Clusters[i], describe(r, Pair{A: int32(j), B: int32(i), levels: p, Bits: r.sc.score(p, int32(j), int32(i))}))
						}
					}
				}
			}
			if os.Getenv("LINKAGE_SHOW") == "2" {
				showModel(t, r)
				showMissed(t, r, entity)
			}
			t.Logf("%s: link %v | offered %v | clusters %v | ECE %.4f | trained %.0f sparse %v compared %d recall est %.4f in %v", set, link, offered, cluster, cal.expected(), r.Model.Trained, r.Report.Sparse, r.Report.Compared, r.Report.Recall, took)
			if link.f1() < must || cluster.f1() < must || cal.expected() > 0.02 {
				t.Errorf("F1 of links %.4f, of clusters %.4f, expected %.3f; calibration error %.4f", link.f1(), cluster.f1(), must, cal.expected())
			}
		})
	}
}

func count(s *score, same bool) {
	if same {
		s.right++
	} else {
		s.wrong++
	}
}

func showModel(t *testing.T, r *Result) {
	t.Log("per person", r.Model.PerPerson)
	for _, f := range r.Model.Fields {
		t.Log(f.Name)
		for _, l := range f.Levels {
			t.Logf("     %-40s m %.4f u %.6f bits %.2f", l.Name, l.M, l.U, l.bits())
		}
	}
}

func showMissed(t *testing.T, r *Result, entity map[string]string) {
	have := map[[2]int32]bool{}
	for _, p := range r.Pairs {
		have[[2]int32{p.A, p.B}] = true
	}
	for i := range r.A.ID {
		for j := range i {
			if entity[r.A.ID[i]] == entity[r.A.ID[j]] && !have[[2]int32{int32(j), int32(i)}] {
				p := r.s.compare(int32(j), int32(i))
				t.Log("missed", foundBy(r.keys, int32(j), int32(i)), r.sc.score(p, int32(j), int32(i)), describe(r, Pair{A: int32(j), B: int32(i), levels: p}))
			}
		}
	}
}

func describe(r *Result, p Pair) string {
	s := fmt.Sprintf("bits %.1f ", p.Bits)
	for f, c := range r.s.fields {
		if l := p.levels.level(f); l > 0 {
			s += fmt.Sprintf("%s=%s(%.1f) ", c.name, c.levels[l-1].Name, r.sc.fieldBits(f, l, p.A, p.B))
		}
	}
	s += "\n   "
	for _, c := range r.A.Columns {
		s += c.Values[p.A] + "; "
	}
	s += "\n   "
	for _, c := range r.B.Columns {
		s += c.Values[p.B] + "; "
	}
	return s
}

func TestFiguresClk(t *testing.T) {
	dir := data(t, "clkhash_dirty_1000")
	a, b := readTable(t, filepath.Join(dir, "a.csv"), ""), readTable(t, filepath.Join(dir, "b.csv"), "")
	entity := map[string]string{}
	for _, r := range readRows(t, filepath.Join(dir, "truth.csv")) {
		entity[r["source"]+r["record_id"]] = r["entity_id"]
	}
	r, err := Between(t.Context(), a, b, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var link, offered score
	byB := map[string]bool{}
	for _, id := range r.B.ID {
		byB[entity["b"+id]] = true
	}
	for _, id := range r.A.ID {
		if byB[entity["a"+id]] {
			link.all++
			offered.all++
		}
	}
	for _, p := range r.Pairs {
		same := entity["a"+r.A.ID[p.A]] == entity["b"+r.B.ID[p.B]]
		count(&offered, same)
		if p.Band == Linked {
			count(&link, same)
		}
	}
	t.Logf("clkhash_dirty: link %v | offered %v", link, offered)
}

func TestFiguresCDC(t *testing.T) {
	dir := data(t, "cdc_probes")
	a, b := readTable(t, filepath.Join(dir, "probes.csv"), ""), readTable(t, filepath.Join(dir, "population.csv"), "")
	r, err := Between(t.Context(), a, b, Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]Pair{}
	best := map[string]map[string]Band{}
	for _, p := range r.Pairs {
		id := r.A.ID[p.A]
		if _, ok := got[id]; !ok {
			got[id] = p
			best[id] = map[string]Band{}
		}
		best[id][r.B.ID[p.B]] = p.Band
	}
	n := map[string]int{}
	for _, x := range readRows(t, filepath.Join(dir, "truth.csv")) {
		probe, want := x["probe_id"], x["expected"]
		n[want]++
		p, ok := got[probe]
		if ok && p.Band == Linked {
			n[want+" linked"]++
			if r.B.ID[p.B] != x["population_record_id"] {
				n[want+" linked to another"]++
			}
			if want == "no_match" {
				t.Log("WRONG", probe, describe(r, p))
			}
		}
		if band, ok := best[probe][x["population_record_id"]]; ok {
			n[want+" offered"]++
			_ = band
		} else if want == "match" {
			t.Log("not offered", probe)
		}
	}
	t.Logf("cdc: %v trained %.0f", n, r.Model.Trained)
	if n["no_match linked"] > 0 || n["match offered"]*100 < 95*n["match"] {
		t.Errorf("%v", n)
	}
}

func TestFiguresNames(t *testing.T) {
	var s score
	for _, x := range readRows(t, data(t, "name_bench", "cases.csv")) {
		if x["schema"] != "Person" {
			continue
		}
		want := x["is_match"] == "true"
		got := compareFull(namePart(x["name1"]), namePart(x["name2"])) <= fullPart
		switch {
		case want && got:
			s.right++
		case got:
			s.wrong++
		}
		if want {
			s.all++
		}
		if want != got && os.Getenv("LINKAGE_SHOW") != "" {
			t.Log(want, got, x["name1"], "|", x["name2"], "|", namePart(x["name1"]), namePart(x["name2"]))
		}
	}
	t.Logf("name_bench: %v", s)
	if s.f1() < 0.8 {
		t.Errorf("F1 %.4f", s.f1())
	}
}

// union puts tables of different columns under each other.
func union(tables ...*Table) *Table {
	all := &Table{Name: "union"}
	for _, t := range tables {
		for _, c := range t.Columns {
			if all.column(c.Name) == nil {
				all.Columns = append(all.Columns, Column{Name: c.Name, Values: make([]string, all.Len())})
			}
		}
		all.ID = append(all.ID, t.ID...)
		for i := range all.Columns {
			values := make([]string, t.Len())
			if c := t.column(all.Columns[i].Name); c != nil {
				values = c.Values
			}
			all.Columns[i].Values = append(all.Columns[i].Values, values...)
		}
	}
	return all
}

func TestFiguresSenzing(t *testing.T) {
	dir := data(t, "senzing_truthset")
	table := union(readTable(t, filepath.Join(dir, "customers.csv"), "RECORD_ID"), readTable(t, filepath.Join(dir, "reference.csv"), "RECORD_ID"),
		readTable(t, filepath.Join(dir, "watchlist.csv"), "RECORD_ID"))
	cluster := map[string]string{}
	for _, r := range readRows(t, filepath.Join(dir, "actual_truthset_key.csv")) {
		cluster[r["RECORD_ID"]] = r["CLUSTER_ID"]
	}
	r, err := Within(t.Context(), table, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var link, offered score
	for i := range r.A.ID {
		for j := range i {
			if cluster[r.A.ID[i]] == cluster[r.A.ID[j]] {
				link.all++
			}
		}
	}
	offered.all = link.all
	for _, p := range r.Pairs {
		same := cluster[r.A.ID[p.A]] == cluster[r.A.ID[p.B]]
		count(&offered, same)
		if p.Band == Linked {
			count(&link, same)
		}
		if os.Getenv("LINKAGE_SHOW") != "" && same != (p.Band == Linked) {
			t.Log(same, p.Probability, p.Veto, describe(r, p))
		}
	}
	if os.Getenv("LINKAGE_SHOW") != "" {
		for _, c := range r.Report.Columns[0] {
			t.Log(c)
		}
	}
	t.Logf("senzing: link %v | offered %v | trained %.0f", link, offered, r.Model.Trained)
}
