//go:build unix

package correlate_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/cputime"
)

var mailOfPerson, mailOfAccount = identity.NewSchema("email"), identity.NewSchema("mail")

// growthData is identities and accounts in the proportions of a directory, or in
// one that makes naive algorithms quadratic.
func growthData(kind string, n int) ([]identity.Identity, []identity.Account) {
	if kind == "usual" {
		return benchData(n)
	}
	people, accounts := make([]identity.Identity, n), make([]identity.Account, n)
	for i := range n {
		mine, theirs := "same@x.example", "same@x.example"
		switch kind {
		case "near": // one letter off somebody
			mine, theirs = fmt.Sprintf("m%d@x.example", i), fmt.Sprintf("m%dx@x.example", i)
		case "near same": // all one letter off everybody
			theirs = "sme@x.example"
		}
		if kind == "one identity" { // which has all accounts
			mine = fmt.Sprintf("m%d@x.example", i)
			theirs = "m7@x.example"
		}
		people[i] = identity.Identity{
			ID: fmt.Sprint(i), Alias: fmt.Sprint("n", i),
			Attributes: identity.Pack(mailOfPerson, []identity.Value{identity.StringValue(mine)}),
		}
		accounts[i] = identity.Account{
			Source: "AD", NativeIdentity: fmt.Sprint("k", i),
			Attributes: identity.Pack(mailOfAccount, []identity.Value{identity.StringValue(theirs)}),
		}
	}
	return people, accounts
}

// analyse asks everything that there is to ask about a source.
func analyse(tb testing.TB, people []identity.Identity, accounts []identity.Account) {
	tb.Helper()
	analyseWith(tb, correlate.PopulationOf(people), people, accounts, new(atomic.Int64))
}

func analyseWith(tb testing.TB, p correlate.Population, people []identity.Identity, accounts []identity.Account, questions *atomic.Int64) {
	tb.Helper()
	last := func(n int32) bool {
		questions.Add(1)
		return n%97 == 0
	}
	c := correlate.New(parse(tb, `{"attributeAssignments": [{"property": "employeeNumber", "value": "employeeID"},
	  {"property": "email", "value": "mail"}, {"property": "login", "value": "sAMAccountName"}]}`), correlate.Options{})
	links := &correlate.Links{}
	links.Grow(len(accounts))
	run, err := c.Run(context.Background(), p, accounts, correlate.BulkOptions{RankLast: last})
	if err != nil {
		tb.Fatal(err)
	}
	for i := range accounts {
		method := correlate.ByConfig
		if run.Identity[i] < 0 {
			method = correlate.Uncorrelated
		}
		links.Add(accounts[i], run.Identity[i], method)
	}
	x := correlate.NewAnalysis(c, p, links, correlate.AnalysisOptions{
		Source: "AD",
		Name: func(n int32) correlate.IdentityName {
			questions.Add(1)
			return correlate.IdentityName{ID: people[n].ID}
		},
		RankLast: last,
	})
	if _, err := x.Summary(context.Background()); err != nil {
		tb.Fatal(err)
	}
	if _, err := x.Suggest(context.Background(), correlate.NewSuggester(p, []string{"employeeNumber", "email", "login", correlate.Alias})); err != nil {
		tb.Fatal(err)
	}
}

// cpu is the processor time that f takes: on a busy machine the clock says little.
func cpu(f func()) time.Duration {
	runtime.GC()
	return cputime.Of(f)
}

// plainJoin is the yardstick: what every program that links accounts does at least, which is linear.
// A map of people by mail is asked for each account, and each answer becomes a row.
func plainJoin(people []identity.Identity, accounts []identity.Account) int {
	type row struct{ account, mail, person, message string }
	byMail := make(map[string]*identity.Identity)
	for i := range people {
		byMail[people[i].Attributes.Get("email").Text()] = &people[i]
	}

	var rows []*row
	for i := range accounts {
		r := &row{account: accounts[i].NativeIdentity, mail: accounts[i].Attributes.Get("mail").Text()}
		if p := byMail[strings.Replace(r.mail, "x@", "@", 1)]; p != nil {
			r.person, r.message = p.ID, fmt.Sprintf("%s has %s", p.Alias, r.mail)
		}
		rows = append(rows, r)
	}
	return len(rows)
}

// BenchmarkAnalysis analyses a source with 2,000 and with 32,000 accounts. The
// metric growth is the processor time of an account with many against that with few, medians of
// rounds in which both go through as many accounts. A part of it is the machine's, as the data of
// few stay in its caches: plain is the growth of [plainJoin] in the same rounds, which is linear.
// TestAnalysisGrowth counts the work itself.
func BenchmarkAnalysis(b *testing.B) {
	for _, kind := range []string{"usual", "same", "near", "near same", "one identity"} {
		b.Run(kind, func(b *testing.B) {
			const few, many = 2_000, 32_000
			var small, large growthTimes
			for b.Loop() {
				for range 9 {
					small.measure(b, kind, few, many/few)
					large.measure(b, kind, many, 1)
				}
			}
			b.ReportMetric(median(large.analysis), "ns/account")
			b.ReportMetric(median(large.analysis)/median(small.analysis), "growth")
			b.ReportMetric(median(large.plain)/median(small.plain), "plain")
		})
	}
}

// growthTimes are processor times of an account, in nanoseconds.
type growthTimes struct{ analysis, plain []float64 }

// measure adds what an account takes among n. The data are there for this time only: the collector
// would look at those of another size again and again.
func (g *growthTimes) measure(b *testing.B, kind string, n, times int) {
	people, accounts := growthData(kind, n)
	all := float64(n * times)
	analysis := cpu(func() { repeat(times, func() { analyse(b, people, accounts) }) })
	g.analysis = append(g.analysis, float64(analysis)/all)

	// The yardstick is over so soon that it goes several times.
	plain := cpu(func() { repeat(8*times, func() { plainJoin(people, accounts) }) })
	g.plain = append(g.plain, float64(plain)/8/all)
}

func repeat(n int, f func()) {
	for range n {
		f()
	}
}

func median(list []float64) float64 {
	list = slices.Sorted(slices.Values(list))
	return list[len(list)/2]
}
