package correlate_test

import (
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
)

// table reads a file of the synthetic company.
func table(t testing.TB, name string) []map[string]string {
	t.Helper()
	f, err := os.Open("testdata/iga_synth/" + name + ".csv")
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

func attributes(row map[string]string) identity.Attributes {
	values := map[string]identity.Value{}
	for k, v := range row {
		if v != "" {
			values[k] = identity.StringValue(v)
		}
	}
	return identity.NewAttributes(values)
}

// company is the employees as identities and the directory's accounts.
type company struct {
	people   []identity.Identity
	accounts []identity.Account
	owner    []int32 // by account, -1: nobody
	category []string
	rows     []map[string]string // of employees
	number   map[string]int32    // identity by person id
}

func loadCompany(t testing.TB) *company {
	c := &company{number: map[string]int32{}}
	person := map[string]string{}
	for _, r := range table(t, "truth_people") {
		person[r["record_id"]] = r["person_id"]
	}
	for i, r := range table(t, "hr_employees") {
		c.rows = append(c.rows, r)
		c.people = append(c.people, identity.Identity{ID: r["record_id"], Alias: r["uid"], Attributes: attributes(r)})
		c.number[person[r["record_id"]]] = int32(i)
	}
	truth := map[string]map[string]string{}
	for _, r := range table(t, "truth_accounts") {
		truth[r["account_id"]] = r
	}
	for _, r := range table(t, "ad_accounts") {
		c.accounts = append(c.accounts, identity.Account{Source: "AD", NativeIdentity: r["account_id"], Name: r["sAMAccountName"], Attributes: attributes(r)})
		owner, ok := c.number[truth[r["account_id"]]["person_id"]]
		if !ok {
			owner = -1
		}
		c.owner = append(c.owner, owner)
		c.category = append(c.category, truth[r["account_id"]]["category"])
	}
	return c
}

const fourRules = `{"defaultMatch": false, "attributeAssignments": [
  {"property": "employee_number", "value": "employeeID", "operation": "EQ"},
  {"property": "work_email", "value": "mail", "operation": "EQ"},
  {"property": "uid", "value": "sAMAccountName", "operation": "EQ"},
  {"property": "display_name", "value": "displayName", "operation": "EQ"}]}`

func (c *company) score(b *correlate.Bulk) (right, wrong, owned int) {
	for i, n := range b.Identity {
		if c.owner[i] >= 0 {
			owned++
		}
		switch {
		case n < 0:
		case n == c.owner[i]:
			right++
		default:
			wrong++
		}
	}
	return right, wrong, owned
}

func TestCompany(t *testing.T) {
	co := loadCompany(t)
	p := correlate.PopulationOf(co.people)
	c := correlate.New(parse(t, fourRules), correlate.Options{})
	b, err := c.Run(t.Context(), p, co.accounts, correlate.BulkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	right, wrong, owned := co.score(b)
	t.Logf("four exact rules: precision %.4f (%d of %d), recall %.4f (%d of %d)", float64(right)/float64(right+wrong), right, right+wrong,
		float64(right)/float64(owned), right, owned)
	if right < 1400 || wrong > 80 {
		t.Errorf("%d right, %d wrong of %d", right, wrong, owned)
	}
	byCategory := map[string][2]int{}
	for i, n := range b.Identity {
		s := byCategory[co.category[i]]
		if n >= 0 && n == co.owner[i] {
			s[0]++
		} else if n >= 0 {
			s[1]++
		}
		byCategory[co.category[i]] = s
	}
	t.Logf("right and wrong by category: %v", byCategory)

	ev, err := c.Evidence(t.Context(), p, co.accounts, correlate.BulkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	weak, err := ev.Contradicted(t.Context(), p, b)
	if err != nil {
		t.Fatal(err)
	}
	strong := ev.Conflicts(b)
	flagged := map[int32]bool{}
	for _, conflict := range slices.Concat(strong, weak) {
		flagged[conflict.Account] = true
	}
	strongly := map[int32]bool{}
	for _, conflict := range strong {
		strongly[conflict.Account] = true
	}
	missed, trapped, flaggedRight, byStrong := 0, 0, 0, 0
	for i, n := range b.Identity {
		if n >= 0 && n == co.owner[i] && flagged[int32(i)] {
			flaggedRight++
		}
		if co.category[i] != "wrong_id" || n < 0 || n == co.owner[i] {
			continue
		}
		trapped++
		if strongly[int32(i)] {
			byStrong++
		}
		if !flagged[int32(i)] {
			missed++
			t.Errorf("account %s is linked to %s, and nothing is said against it", co.accounts[i].NativeIdentity, co.people[n].ID)
		}
	}
	t.Logf("wrong_id: %d linked to the wrong person, %d flagged by another rule's find, %d not flagged at all; %d strong and %d weak conflicts; %d right accounts flagged", trapped, byStrong, missed, len(strong), len(weak), flaggedRight)
	if trapped == 0 {
		t.Error("the traps do not work")
	}
}

// TestCompanyManagers finds every fault that was put into the managers.
func TestCompanyManagers(t *testing.T) {
	co := loadCompany(t)
	p := correlate.PopulationOf(co.people)
	x := correlate.NewIndex("employee_number")
	key := slices.Index(x.Keys(), "employee_number")
	for n := range co.people {
		x.Put(int32(n), key, co.people[n].Attribute("employee_number"))
	}
	value := p.Column("manager_employee_number")
	asIs := managersBy(x, "employee_number", len(co.people), func(n int32) string { return value(n).Text() })
	found := managersBy(x, "employee_number", len(co.people),
		func(n int32) string { return strings.TrimSpace(value(n).Text()) })

	want, got := map[string]int{}, map[string]int{}
	rescued := 0
	for _, r := range table(t, "truth_managers") {
		n := co.number[r["person_id"]]
		m := found[n]
		want[r["issue"]]++
		expect := map[string]correlate.ManagerState{"ok": correlate.ManagerResolved, "ok_normalise": correlate.ManagerResolved, "self": correlate.ManagerSelf, "cycle": correlate.ManagerInCycle,
			"dangling": correlate.ManagerDangling, "missing": correlate.ManagerMissing, "root": correlate.ManagerMissing}[r["issue"]]
		if m.State != expect {
			t.Errorf("%s (%s): %v, want %v", r["employee_number"], r["issue"], m.State, expect)
			continue
		}
		if boss := r["manager_person_id"]; boss != "" && r["issue"] != "self" && m.Identity != co.number[boss] {
			t.Errorf("%s: manager %d, want %s", r["employee_number"], m.Identity, boss)
		}
		if r["issue"] == "ok_normalise" && asIs[n].State == correlate.ManagerDangling {
			rescued++
		}
		got[r["issue"]]++
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	managers := make([]int32, len(found))
	for i := range found {
		managers[i] = found[i].Identity
	}
	tree := correlate.Tree(managers)
	sizes := map[int]int{}
	for _, cycle := range tree.Cycles {
		sizes[len(cycle)]++
	}
	if diff := cmp.Diff(map[int]int{2: 6, 4: 4}, sizes); diff != "" {
		t.Errorf("cycles: mismatch (-want +got):\n%s", diff)
	}
	t.Logf("%v; %d of 20 untidy references only after trimming and folding; cycles by length %v; %d roots, depth %d", got, rescued, sizes, len(tree.Roots), tree.Deepest)
}

// TestCompanyEffects: what one more normaliser would bring.
func TestCompanyEffects(t *testing.T) {
	co := loadCompany(t)
	p := correlate.PopulationOf(co.people)
	c := correlate.New(parse(t, fourRules), correlate.Options{})
	b, err := c.Run(t.Context(), p, co.accounts, correlate.BulkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	effects, err := c.Effects(t.Context(), p, co.accounts, b, correlate.BulkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	gained := map[string]int{}
	for _, f := range effects {
		t.Log(f)
		gained[f.Rule+" "+f.Fix] = len(f.Change.Gained)
		for _, i := range f.Change.Gained {
			if b.Identity[i] >= 0 {
				t.Errorf("%v: account %d had an identity", f, i)
			}
		}
	}
	for _, need := range []string{"config 3 words", "config 3 diacritics"} {
		if gained[need] == 0 {
			t.Errorf("%s gains nothing: %v", need, gained)
		}
	}
	near := correlate.NewNearby(c, p)
	kinds := map[string]int{}
	for i := range co.accounts {
		if b.Identity[i] >= 0 {
			continue
		}
		for _, m := range near.Find(&co.accounts[i]) {
			if m.Identity == co.owner[i] {
				kinds[m.Differences[0].String()]++
			}
		}
	}
	t.Logf("near misses of the right person: %v", kinds)
	for _, kind := range []string{"accent", "swapped words", "one character"} {
		if kinds[kind] == 0 {
			t.Errorf("no near miss by %s", kind)
		}
	}
}
