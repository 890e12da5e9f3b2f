package correlate_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
)

var million = flag.Int("size", 20_000, "identities and accounts of the benchmarks; 1000000 for the figures of record")

const benchRules = `{"defaultMatch": false, "rules": [
  {"id": "number", "priority": 1, "placeholders": [], "conditions": [{"identity": "employeeNumber", "account": "employeeID", "normalize": ["trim", "fold"]}]},
  {"id": "mail", "priority": 2, "placeholders": [], "conditions": [{"identity": "email", "account": "mail", "normalize": ["trim", "fold"]}]},
  {"id": "login", "priority": 3, "placeholders": [], "conditions": [{"identity": "login", "account": "sAMAccountName", "normalize": ["trim", "fold"]}]}]}`

var (
	personSchema  = identity.NewSchema("employeeNumber", "email", "login", "displayName", "department", "manager")
	accountSchema = identity.NewSchema("employeeID", "mail", "sAMAccountName", "displayName")
)

// benchData makes n identities and n accounts: 60 % match by number, 25 % by
// mail, 10 % by login, the rest by nothing; one in fifty numbers is ambiguous.
func benchData(n int) ([]identity.Identity, []identity.Account) {
	r := rand.New(rand.NewPCG(1, 1))
	people := make([]identity.Identity, n)
	var pack identity.Packer
	for i := range people {
		number := i
		if i%50 == 1 {
			number = i - 1
		}
		pack.Text(fmt.Sprintf("E%07d", number))
		pack.Text(fmt.Sprintf("First%d.Last%d@Example.com", i%977, i))
		pack.Text(fmt.Sprintf("u%x", i))
		pack.Text(fmt.Sprintf("First%d Last%d", i%977, i))
		pack.Text(fmt.Sprintf("Dept %d", i%40))
		if i > 0 {
			pack.Text(fmt.Sprintf("E%07d", r.IntN(i)/2))
		}
		people[i] = identity.Identity{ID: fmt.Sprint(i), Attributes: pack.Pack(personSchema)}
	}
	accounts := make([]identity.Account, n)
	for i, p := range r.Perm(n) {
		kind := r.IntN(100)
		text := func(use bool, s string) {
			if use {
				pack.Text(s)
			} else {
				pack.Null()
			}
		}
		text(kind < 60, fmt.Sprintf(" e%07d", p))
		text(kind < 85, fmt.Sprintf("first%d.last%d@example.com ", p%977, p))
		text(kind < 95, fmt.Sprintf("U%X", p))
		text(true, fmt.Sprintf("First%d Last%d", p%977, p))
		accounts[i] = identity.Account{Source: "AD", NativeIdentity: fmt.Sprintf("CN=%d", i), Attributes: pack.Pack(accountSchema)}
	}
	return people, accounts
}

// goMaps is the straightforward way: one map for each rule.
func goMaps(people []identity.Identity, accounts []identity.Account) ([]int32, int) {
	attributes := [3][2]string{{"employeeNumber", "employeeID"}, {"email", "mail"}, {"login", "sAMAccountName"}}
	norm := func(v identity.Value) string { return strings.ToLower(strings.TrimSpace(v.Text())) }
	var maps [3]map[string][]int32
	for k := range maps {
		maps[k] = make(map[string][]int32)
		for i := range people {
			if key := norm(people[i].Attributes.Get(attributes[k][0])); key != "" {
				maps[k][key] = append(maps[k][key], int32(i))
			}
		}
	}
	out := make([]int32, len(accounts))
	ambiguous := 0
	for i := range accounts {
		out[i] = -1
		for k := range maps {
			key := norm(accounts[i].Attributes.Get(attributes[k][1]))
			if key == "" {
				continue
			}
			if found := maps[k][key]; len(found) == 1 {
				out[i] = found[0]
				break
			} else if len(found) > 1 {
				ambiguous++
			}
		}
	}
	return out, ambiguous
}

// heap measures how much more memory is in use at most while f runs.
func heap(f func()) uint64 {
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	stop, peak := make(chan bool), make(chan uint64)
	go func() {
		var most uint64
		for {
			select {
			case <-stop:
				peak <- most
				return
			case <-time.After(5 * time.Millisecond):
				runtime.ReadMemStats(&now)
				most = max(most, now.HeapAlloc)
			}
		}
	}()
	f()
	stop <- true
	if most := <-peak; most > before.HeapAlloc {
		return most - before.HeapAlloc
	}
	return 0
}

// BenchmarkBulk compares the join with Go maps, on the same data.
func BenchmarkBulk(b *testing.B) {
	people, accounts := benchData(*million)
	c := correlate.New(parse(b, benchRules), correlate.Options{})
	p := correlate.PopulationOf(people)
	b.Run("maps", func(b *testing.B) {
		for b.Loop() {
			goMaps(people, accounts)
		}
	})
	b.Run("join", func(b *testing.B) {
		for b.Loop() {
			if _, err := c.Run(context.Background(), p, accounts, correlate.BulkOptions{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("join1", func(b *testing.B) {
		for b.Loop() {
			if _, err := c.Run(context.Background(), p, accounts, correlate.BulkOptions{Workers: 1}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("memory", func(b *testing.B) {
		for b.Loop() {
			b.ReportMetric(float64(heap(func() { _, _ = c.Run(context.Background(), p, accounts, correlate.BulkOptions{}) }))/(1<<20), "MiB-peak")
		}
	})
}

// BenchmarkOne explains one account at a time, beside a bare map look-up.
func BenchmarkOne(b *testing.B) {
	people, accounts := benchData(*million)
	c := correlate.New(parse(b, benchRules), correlate.Options{})
	x := correlate.IndexOf(correlate.PopulationOf(people), c)
	bare := make(map[string]int32, len(people))
	keys := make([]string, len(accounts))
	for i := range people {
		bare[people[i].Attributes.Get("employeeNumber").Text()] = int32(i)
	}
	for i := range keys {
		keys[i] = strings.ToUpper(strings.TrimSpace(accounts[i].Attributes.Get("employeeID").Text()))
	}
	times := func(f func(i int)) (median, p99 time.Duration) {
		n := min(len(accounts), 200_000)
		all := make([]time.Duration, n)
		for i := range all {
			start := time.Now()
			f(i)
			all[i] = time.Since(start)
		}
		slices.Sort(all)
		return all[n/2], all[n*99/100]
	}
	var ex correlate.Explanation
	sum := int32(0)
	for b.Loop() {
		bareMedian, bareP99 := times(func(i int) { sum += bare[keys[i]] })
		median, p99 := times(func(i int) { c.ExplainInto(&ex, x, &accounts[i], nil) })
		b.ReportMetric(float64(bareMedian), "bare-p50-ns")
		b.ReportMetric(float64(bareP99), "bare-p99-ns")
		b.ReportMetric(float64(median), "explain-p50-ns")
		b.ReportMetric(float64(p99), "explain-p99-ns")
		b.ReportMetric(float64(p99)/float64(max(1, bareP99)), "p99-ratio")
	}
}

func BenchmarkManagers(b *testing.B) {
	people, _ := benchData(*million)
	p := correlate.PopulationOf(people)
	x := correlate.NewIndex("employeeNumber")
	key := slices.Index(x.Keys(), "employeeNumber")
	number, manager := p.Column("employeeNumber"), p.Column("manager")
	for n := range people {
		x.Put(int32(n), key, number(int32(n)))
	}
	value := func(n int32) string { return strings.TrimSpace(manager(n).Text()) }
	b.Run("resolve", func(b *testing.B) {
		for b.Loop() {
			managersBy(x, "employeeNumber", len(people), value)
		}
	})
	b.Run("tree", func(b *testing.B) {
		managers := make([]int32, len(people))
		for i, m := range managersBy(x, "employeeNumber", len(people), value) {
			managers[i] = m.Identity
		}
		for b.Loop() {
			correlate.Tree(managers)
		}
	})
}

// TestBenchRules: the join finds what the maps find.
func TestBenchRules(t *testing.T) {
	people, accounts := benchData(5000)
	c := correlate.New(parse(t, benchRules), correlate.Options{})
	b, err := c.Run(t.Context(), correlate.PopulationOf(people), accounts, correlate.BulkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want, ambiguous := goMaps(people, accounts)
	if !slices.Equal(want, b.Identity) {
		t.Error("the join and the maps differ")
	}
	notes := 0
	for i := range accounts {
		notes += len(b.Match(i).Ambiguous)
	}
	if notes != ambiguous || ambiguous == 0 || b.Matched() < 4000 {
		t.Errorf("%d ambiguities, %d by maps; %d of %d matched", notes, ambiguous, b.Matched(), len(accounts))
	}
}
