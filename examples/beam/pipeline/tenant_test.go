package pipeline_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/idprofile/engine/examples/beam/pipeline"
	"github.com/idprofile/engine/examples/beam/shards"
)

var (
	tenants = flag.Int("tenants", 6, "random small tenants that are compared")
	people  = flag.Int("people", 300, "people of the larger tenants")
)

// tenant writes tenants of chance: two profiles, whose sources hold the same person
// now and then, a directory and badges, with ids that come twice, shared values,
// managers who are nobody, or nearly somebody, or each other.
type tenant struct {
	*rand.Rand
	people int
	found  string // the attribute that managers are found by
}

// newTenant returns a tenant; of small ones, most values are shared by several.
func newTenant(seed uint64, people int) *tenant {
	r := rand.New(rand.NewPCG(seed, 22))
	return &tenant{Rand: r, people: people, found: []string{"number", "uid", "place", "name"}[int(seed)%4]}
}

// some returns true in so many of a hundred cases.
func (x *tenant) some(percent int) bool { return x.IntN(100) < percent }

func (x *tenant) or(percent int, rare, usual string) string {
	if x.some(percent) {
		return rare
	}
	return usual
}

// rare is a percentage for what a large tenant has few of.
func (x *tenant) rare(percent int) int {
	if x.people > 100 {
		return max(1, percent/10)
	}
	return percent
}

var names = strings.Fields("Ann Bob Cid Dan José Zoë Łukasz Fay O'Neil Groß")

// nearly is a text that differs a little.
func (x *tenant) nearly(text string) string {
	switch x.IntN(5) {
	case 0:
		return "0" + text
	case 1:
		return text + " "
	case 2:
		return strings.ToUpper(text) + "."
	case 3:
		return strings.Replace(text, ",", ", ", 1)
	}
	return text + "x"
}

func (x *tenant) hr(source string) [][]string {
	rows := [][]string{{"id", "created", "uuid", "number", "login", "sn", "mail", "place", "boss", "state", "start"}}
	place := func(n int) string { return fmt.Sprintf("CN=P%04d,OU=People,DC=x", n) }
	count := x.people
	if source == "VMS" {
		count = x.people / 5
	}
	for i := range count {
		n := i
		if source == "VMS" && !x.some(30) {
			n = x.people + i
		}
		boss := x.IntN(max(1, n/6+1))
		if x.some(x.rare(20)) {
			boss = x.IntN(x.people)
		}
		value := map[string]string{"number": fmt.Sprintf("%05d", boss), "uid": fmt.Sprintf("u%d", boss), "place": place(boss), "name": fmt.Sprint(source, boss)}[x.found]
		if x.some(x.rare(20)) {
			value = x.nearly(value)
		}
		id := fmt.Sprint(source, i)
		rows = append(rows, []string{
			x.or(x.rare(4), fmt.Sprint(source, x.IntN(count)), id),
			x.or(40, fmt.Sprintf("2025-01-%02dT08:00:00Z", 1+x.IntN(28)), ""),
			x.or(x.rare(10), fmt.Sprint("stable", x.IntN(5)), ""),
			x.or(x.rare(15), fmt.Sprintf("%05d", x.IntN(x.people)), fmt.Sprintf("%05d", n)),
			x.or(x.rare(10), fmt.Sprintf("U%d", x.IntN(x.people)), fmt.Sprintf("u%d", n)),
			x.or(3, "", names[x.IntN(len(names))]),
			x.or(x.rare(15), fmt.Sprintf("m%d@x.example", x.IntN(x.people)), fmt.Sprintf("m%d@x.example", n)),
			place(n),
			x.or(5, "", value),
			x.or(15, "gone", "active"),
			x.or(20, "soon", fmt.Sprintf("2026-01-%02d", 1+x.IntN(28))),
		})
	}
	return rows
}

func (x *tenant) directory() [][]string {
	rows := [][]string{{"id", "created", "number", "login", "mail", "disabled"}}
	for i := range x.people {
		n := i
		if x.some(x.rare(20)) {
			n = x.IntN(x.people * 3 / 2)
		}
		rows = append(rows, []string{
			x.or(x.rare(4), fmt.Sprint("ad", x.IntN(x.people)), fmt.Sprint("ad", i)),
			x.or(40, fmt.Sprintf("2025-02-%02dT08:00:00Z", 1+x.IntN(28)), ""),
			x.or(10, "", fmt.Sprintf("%05d", n)),
			fmt.Sprintf("u%d", n),
			x.or(30, "", fmt.Sprintf("m%d@x.example", n)),
			x.or(10, "true", "false"),
		})
	}
	return rows
}

func (x *tenant) badges() [][]string {
	rows := [][]string{{"id", "login", "mail"}}
	for i := range x.people / 2 {
		rows = append(rows, []string{fmt.Sprint("b", i), x.or(50, "", fmt.Sprintf("u%d", x.IntN(x.people))), fmt.Sprintf("m%d@x.example", x.IntN(x.people*2))})
	}
	return rows
}

// source is the configuration of a source; criteria are "identityAttribute=accountAttribute".
func source(name, more string, criteria ...string) string {
	var list []string
	for _, c := range criteria {
		property, value, _ := strings.Cut(c, "=")
		list = append(list, fmt.Sprintf(`{"property":%q,"value":%q,"operation":"EQ"}`, property, value))
	}
	return fmt.Sprintf(`{"id":"s-%s","name":%q,"connector":"delimited"%s,"correlationConfigDetails":{"attributeAssignments":[%s]}}`,
		name, name, more, strings.Join(list, ","))
}

// mapped is a mapping: "Source.attribute" or a transform.
func mapped(attribute, from string) string {
	if !strings.HasPrefix(from, "{") {
		source, name, _ := strings.Cut(from, ".")
		from = fmt.Sprintf(`{"type":"accountAttribute","attributes":{"sourceName":%q,"attributeName":%q}}`, source, name)
	}
	return fmt.Sprintf(`{"identityAttributeName":%q,"transformDefinition":%s}`, attribute, from)
}

func (x *tenant) profile(name, source string, priority int) string {
	first := fmt.Sprintf(`{"type":"firstValid","attributes":{"values":[
		{"type":"accountAttribute","attributes":{"sourceName":"AD","attributeName":"mail"}},
		{"type":"accountAttribute","attributes":{"sourceName":%q,"attributeName":"mail"}}]}}`, source)
	date := fmt.Sprintf(`{"type":"dateFormat","attributes":{"inputFormat":"yyyy-MM-dd","outputFormat":"ISO8601",
		"input":{"type":"accountAttribute","attributes":{"sourceName":%q,"attributeName":"start"}}}}`, source)
	list := []string{mapped("uid", source+".login"), mapped("email", first), mapped("lastname", source+".sn"), mapped("number", source+".number"),
		mapped("place", source+".place"), mapped("manager", source+".boss"), mapped("cloudLifecycleState", source+".state"), mapped("started", date)}
	if x.some(30) { // the state follows from an attribute, and that from the state
		turn := `{"type":"identityAttribute","attributes":{"name":"turn"}}`
		list[6] = mapped("cloudLifecycleState", `{"type":"lookup","attributes":{"input":`+turn+`,"table":{"active":"gone","default":"active"}}}`)
		list = append(list, mapped("turn", `{"type":"identityAttribute","attributes":{"name":"cloudLifecycleState"}}`))
	}
	if x.some(30) {
		list = append(list, mapped("more", source+".nothing"))
	}
	if x.people <= 100 && x.some(30) { // too much text for one value, sometimes for all
		long := `{"type":"leftPad","attributes":{"length":"%d","padding":"x","input":{"type":"accountAttribute","attributes":{"sourceName":%q,"attributeName":"login"}}}}`
		list = append(list, mapped("long", fmt.Sprintf(long, 1<<20+x.IntN(2), source)))
	}
	return fmt.Sprintf(`{"id":"p-%s","name":%q,"priority":%d,"authoritativeSource":{"type":"SOURCE","name":%q},
		"identityAttributeConfig":{"enabled":true,"attributeTransforms":[%s]}}`, name, name, priority, source, strings.Join(list, ","))
}

// write writes the tenant into a folder.
func (x *tenant) write(t testing.TB, folder string) {
	t.Helper()
	boss := fmt.Sprintf(`,"managerCorrelationMapping":{"accountAttributeName":"boss","identityAttributeName":%q}`, x.found)
	rule, rules := "", ""
	if x.some(40) {
		rule, rules = `,"accountCorrelationRule":{"name":"Find"}`, []string{
			`"args.login == 'u3' ? {\"identityAttributeName\":\"uid\",\"identityAttributeValue\":\"u4\"} : args.mail == nil ? 7 : nil"`,
			`"args.login == 'u2' ? 1/0 : nil"`, `"{\"identityAttributeName\":\"email\",\"identityAttributeValue\":args.mail}"`}[x.IntN(3)]
		rules = `,"rules":{"Find":` + rules + `}`
	}
	ad := [][]string{{"number=number"}, {"email=mail"}, {"uid=login"}, {"number=number", "email=mail"}}[x.IntN(4)]
	objects := []string{x.profile("Employees", "HR", 10), x.profile("Contractors", "VMS", 20),
		source("HR", boss), source("VMS", boss, "number=number"), source("AD", rule, ad...), source("Badges", "", "uid=login", "email=mail")}
	files := map[string][]byte{
		"tenant.json":           []byte("[" + strings.Join(objects, ",\n") + "]"),
		"idprofile.json":        []byte(`{"now":"2026-01-15T09:00:00Z","seed":7` + rules + `}`),
		"accounts/HR.csv":       asCSV(x.hr("HR")),
		"accounts/VMS.csv":      asCSV(x.hr("VMS")),
		"accounts/AD.csv":       asCSV(x.directory()),
		"accounts/Badges.jsonl": asLines(x.badges()),
	}
	if err := os.MkdirAll(filepath.Join(folder, "accounts"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func asCSV(rows [][]string) []byte {
	var b bytes.Buffer
	_ = csv.NewWriter(&b).WriteAll(rows) // a buffer takes everything
	return b.Bytes()
}

func asLines(rows [][]string) []byte {
	var b bytes.Buffer
	for _, row := range rows[1:] {
		object := map[string]string{}
		for i, name := range rows[0] {
			object[name] = row[i]
		}
		line, _ := json.Marshal(object) // texts
		b.Write(append(line, '\n'))
	}
	return b.Bytes()
}

// cut returns the job with n shards of each source.
func cut(t *testing.T, j *pipeline.Job, n int, format string) *pipeline.Job {
	t.Helper()
	to := t.TempDir()
	var sources []string
	for _, s := range j.Shards {
		sources = append(sources, s.Source)
		if err := shards.Split(t.Context(), j.Root, s, to, n, format); err != nil {
			t.Fatal(err)
		}
	}
	next := *j
	var err error
	if next.Root = to; next.Shards == nil {
		t.Fatal("no shards")
	}
	if next.Shards, err = shards.Find(to, sources); err != nil {
		t.Fatal(err)
	}
	return &next
}

func codes(lines []string, count map[string]int) {
	for _, line := range lines {
		var f struct{ Code string }
		_ = json.Unmarshal([]byte(line), &f) // lines of the pipeline
		count[f.Code]++
	}
}

// Tenants of chance come out as on one machine, whatever the shards, their order, and
// how often steps are repeated.
func TestRandomTenants(t *testing.T) {
	count := map[string]int{}
	for seed := range uint64(*tenants) {
		folder := t.TempDir()
		newTenant(seed, 6+int(seed)%30).write(t, folder)
		j := jobOf(t, folder)
		j.Recompute = seed%5 == 4
		n := []int{1, 3, 16}[seed%3]
		sharded := cut(t, j, n, []string{"", "parquet"}[seed/3%2])
		want := single(t, sharded)
		codes(want[pipeline.OutFindings], count)
		sharded.Test.Shuffle, sharded.Test.Twice = seed, seed%2 == 0
		if !compare(t, fmt.Sprintf("seed %d, %d shards", seed, n), want, spread(t, sharded)) {
			return
		}
	}
	fmt.Fprintln(t.Output(), *tenants, "tenants; findings:", count)
	for _, code := range []string{"manager-near", "account-duplicate", "correlation-ambiguous"} {
		if count[code] == 0 {
			t.Errorf("no tenant has the finding %s, so that nothing is shown of it", code)
		}
	}
}

// withoutPlaces leaves of findings only their codes, since they say in which file and line
// something was met; and not what is said only within one file.
func withoutPlaces(lines map[string][]string) map[string][]string {
	next := maps.Clone(lines)
	next[pipeline.OutFindings] = nil
	count := map[string]int{}
	codes(lines[pipeline.OutFindings], count)
	delete(count, "column-missing")
	delete(count, "account-duplicate")
	for _, code := range slices.Sorted(maps.Keys(count)) {
		next[pipeline.OutFindings] = append(next[pipeline.OutFindings], fmt.Sprint(code, " ", count[code]))
	}
	return next
}

// Three larger tenants, each in 1, 3 and 16 shards, also against the files that were not
// cut.
func TestLargerTenants(t *testing.T) {
	for seed := range uint64(3) {
		folder := t.TempDir()
		newTenant(seed, *people).write(t, folder)
		j := jobOf(t, folder)
		whole := withoutPlaces(single(t, j))
		for _, n := range []int{1, 3, 16} {
			name := fmt.Sprintf("seed %d, %d people, %d shards", seed, *people, n)
			sharded := cut(t, j, n, "")
			want := single(t, sharded)
			compare(t, name+", against uncut files", whole, withoutPlaces(want))
			if !compare(t, name, want, spread(t, sharded)) {
				return
			}
			count := map[string]int{}
			codes(want[pipeline.OutFindings], count)
			fmt.Fprintf(t.Output(), "%s: %d identities, %d links; findings: %v\n", name, len(want[pipeline.OutIdentities]),
				len(want[pipeline.OutLinks]), count)
		}
	}
}
