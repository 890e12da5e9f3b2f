package builtin_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/cputime"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/builtin"
)

// The M34 mapping set has what large deployments have beside the everyday:
// templates with directives and methods, accounts chosen by filters and orders,
// five formats of dates, regular expressions with look-around, references four
// deep, tables of 500 entries and the phone numbers of thirty countries. Nothing
// is made for it: it judges the general machinery.

// m34Programs compiles the mapping set.
func m34Programs(tb testing.TB, opts transform.Options) *transform.Unit {
	tb.Helper()
	opts.Transforms = map[string]*transform.Definition{}
	for _, m := range m34Document(tb, "transforms.json") {
		opts.Transforms[m.Key] = &transform.Definition{Name: m.Key, Node: m.Value}
	}
	var items []transform.Item
	for _, m := range m34Document(tb, "mappings.json") {
		items = append(items, transform.Item{Def: &transform.Definition{Node: m.Value}})
	}
	unit, found := builtin.Library().Link(opts, items...)
	if err := found.Err(); err != nil {
		tb.Fatal(err)
	}
	return unit
}

// m34Document reads a file of the mapping set, with its large tables put in.
func m34Document(tb testing.TB, name string) []jsondoc.Member {
	tb.Helper()
	src, err := os.ReadFile("testdata/m34/" + name)
	if err != nil {
		tb.Fatal(err)
	}
	tables := newM34Tables()
	for name, t := range map[string]struct {
		entries map[string]string
		other   string
	}{"CALLING": {tables.calling, ""}, "CENTRES": {tables.centres, "unknown"}, "OWNERS": {tables.owners, "none"}, "REGIONS": {tables.regions, "OTHER"}} {
		if t.other != "" {
			t.entries["default"] = t.other
		}
		text, err := json.Marshal(t.entries)
		if err != nil {
			tb.Fatal(err)
		}
		src = []byte(strings.ReplaceAll(string(src), `"`+name+`"`, string(text)))
	}
	doc, found := jsondoc.Parse(name, src)
	if err := found.Err(); err != nil {
		tb.Fatal(err)
	}
	return doc.Members()
}

// m34Run evaluates people and packs their values into rows that are kept.
type m34Run struct {
	unit   *transform.Unit
	scope  *transform.Scope
	values []identity.Value
	rows   []byte
}

func newM34Run(tb testing.TB, opts transform.Options) *m34Run {
	unit := m34Programs(tb, opts)
	return &m34Run{unit: unit, scope: unit.NewScope(tb.Context(), &transform.Env{Now: m34Now}), values: make([]identity.Value, len(unit.Programs()))}
}

func (r *m34Run) evaluate(accounts []identity.Account) {
	r.scope.Reset(nil, accounts)
	for i, p := range r.unit.Programs() {
		v, err := p.Eval(r.scope, identity.Value{})
		if err != nil {
			v = identity.Value{}
		}
		r.values[i] = v
	}
	if cap(r.rows)-len(r.rows) < 1<<10 {
		r.rows = make([]byte, 0, 16<<10)
	}
	r.rows = identity.AppendRow(r.rows, len(r.values), r.values)
}

// m34Accounts are the accounts of people.
func m34Accounts(people []m34Person) [][]identity.Account {
	list := make([][]identity.Account, len(people))
	for i := range people {
		list[i] = people[i].accounts()
	}
	return list
}

// TestM34ByHand: the program that is written by hand computes the same values, so
// that the comparison is one of like with like.
func TestM34ByHand(t *testing.T) {
	people := m34People(2000)
	accounts := m34Accounts(people)
	run, tables := newM34Run(t, transform.Options{}), newM34Tables()
	var names []string
	for _, m := range m34Document(t, "mappings.json") {
		names = append(names, m.Key)
	}
	for i := range people {
		var want m34Values
		tables.values(&people[i], &want)
		run.evaluate(accounts[i])
		for k, v := range run.values {
			if v.Text() != want[k] {
				t.Errorf("person %d: %s is %q, by hand %q", i, names[k], v.Text(), want[k])
			}
		}
		if t.Failed() {
			t.Fatalf("%+v", people[i])
		}
	}
}

// TestM34Plain: everybody has the values, the errors and the costs of the plain
// program, whoever came before.
func TestM34Plain(t *testing.T) {
	accounts := m34Accounts(m34People(3000))
	forward := make([]int, len(accounts))
	for i := range forward {
		forward[i] = i
	}
	backward := slices.Clone(forward)
	slices.Reverse(backward)
	got, back := m34Outcomes(t, transform.Options{}, accounts, forward), m34Outcomes(t, transform.Options{}, accounts, backward)
	want := m34Outcomes(t, transform.Options{Plain: true}, accounts, forward)
	for i := range accounts {
		if diff := cmp.Diff(got[i], back[i]); diff != "" {
			t.Fatalf("person %d depends on who came before (-forward +backward):\n%s", i, diff)
		}
		if diff := cmp.Diff(got[i], want[i]); diff != "" {
			t.Fatalf("person %d (-optimised +plain):\n%s", i, diff)
		}
	}
}

// m34Outcome is what an attribute of somebody gives and spends.
type m34Outcome struct {
	Value, Err    string
	Steps, Output int64
}

func m34Outcomes(t *testing.T, opts transform.Options, people [][]identity.Account, order []int) [][]m34Outcome {
	t.Helper()
	unit := m34Programs(t, opts)
	scope := unit.NewScope(t.Context(), &transform.Env{Now: m34Now})
	list := make([][]m34Outcome, len(people))
	for _, i := range order {
		scope.Reset(nil, people[i])
		for _, p := range unit.Programs() {
			list[i] = append(list[i], m34Evaluate(scope, p))
		}
	}
	return list
}

// BenchmarkM34 compares the mapping set with the same written by hand in Go, one
// core each, interleaved; packed into rows that are kept.
func BenchmarkM34(b *testing.B) {
	people := m34People(10_000)
	b.Run("phones", func(b *testing.B) { benchmarkM34(b, people) })
	for i := range people {
		people[i].HR.Phone, people[i].HR.Mobile = "", ""
	}
	b.Run("without", func(b *testing.B) { benchmarkM34(b, people) })
}

func benchmarkM34(b *testing.B, people []m34Person) {
	accounts := m34Accounts(people)
	run, tables := newM34Run(b, transform.Options{}), newM34Tables()
	var values m34Values
	var ratios []float64
	const part = 2000
	for b.Loop() {
		for from := 0; from < len(people); from += part {
			hand := cputime.Of(func() {
				for i := from; i < from+part; i++ {
					tables.values(&people[i], &values)
				}
			})
			engine := cputime.Of(func() {
				for i := from; i < from+part; i++ {
					run.evaluate(accounts[i])
				}
			})
			ratios = append(ratios, float64(engine)/float64(hand))
		}
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "of-hand-written")
	n := 0.0
	n = testing.AllocsPerRun(1, func() {
		for _, a := range accounts {
			run.evaluate(a)
		}
	})
	b.ReportMetric(n/float64(len(people)), "allocs/person")
}

// BenchmarkM34Engine is the mapping set alone.
func BenchmarkM34Engine(b *testing.B) {
	people := m34People(10_000)
	for i := range people {
		people[i].HR.Phone, people[i].HR.Mobile = "", ""
	}
	accounts := m34Accounts(people)
	run := newM34Run(b, transform.Options{})
	for b.Loop() {
		for _, a := range accounts {
			run.evaluate(a)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(people)), "ns/person")
}

// BenchmarkM34Attributes tells the time of each attribute alone, less that of
// taking up a person.
func BenchmarkM34Attributes(b *testing.B) {
	accounts := m34Accounts(m34People(10_000))
	run := newM34Run(b, transform.Options{})
	measure := func(programs ...*transform.Program) float64 {
		least := math.Inf(1)
		for range 7 {
			took := cputime.Of(func() {
				for _, a := range accounts {
					run.scope.Reset(nil, a)
					for _, p := range programs {
						p.Eval(run.scope, identity.Value{})
					}
				}
			})
			least = min(least, float64(took.Nanoseconds())/float64(len(accounts)))
		}
		return least
	}
	for b.Loop() {
		nothing := measure()
		b.ReportMetric(nothing, "ns/reset")
		for i, m := range m34Document(b, "mappings.json") {
			b.ReportMetric(measure(run.unit.Programs()[i])-nothing, "ns/"+m.Key)
		}
	}
}
