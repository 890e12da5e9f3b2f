//go:build unix

package linkage

import (
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/idprofile/engine/identity/cputime"
)

// million runs the campaign of a million records on each side.
var million = flag.Bool("million", false, "link a million records with a million")

// syllables make names.
var syllables = strings.Fields("an ba bel car da del e fa fer gar ha in jo ka kel la lin ma mar na nor o pa per ra ros sa san ta tor u va ver wil ya zan")

func madeName(q *sequence, most int) string {
	// The square of a random number makes few names common and many rare.
	f := float64(q.below(1<<20)) / (1 << 20)
	n := int(f * f * float64(most))
	var b strings.Builder
	for range 3 {
		b.WriteString(syllables[n%len(syllables)])
		n /= len(syllables)
	}
	return b.String()
}

// madePeople returns two tables of n records with six fields, of which half are the
// same people with an error here and there.
func madePeople(n int) (a, b *Table) {
	q := sequence(11)
	names := []string{"first_name", "last_name", "date_of_birth", "email", "phone", "postcode"}
	a, b = &Table{Name: "a"}, &Table{Name: "b"}
	for _, t := range []*Table{a, b} {
		for _, name := range names {
			t.Columns = append(t.Columns, Column{Name: name, Values: make([]string, 0, n)})
		}
	}
	add := func(t *Table, i int, row [6]string) {
		t.ID = append(t.ID, fmt.Sprintf("%08d", i))
		for c := range row {
			t.Columns[c].Values = append(t.Columns[c].Values, row[c])
		}
	}
	for i := range n {
		row := madePerson(&q)
		add(b, i, row)
		if i%2 == 1 {
			row = madePerson(&q)
		} else {
			spoil(&q, &row)
		}
		add(a, i, row)
	}
	return a, b
}

func madePerson(q *sequence) [6]string {
	given, surname := madeName(q, 3000), madeName(q, 30000)
	return [6]string{given, surname, fmt.Sprintf("%d-%02d-%02d", 1950+q.below(55), 1+q.below(12), 1+q.below(28)),
		given + "." + surname + strconv.Itoa(int(q.below(300))) + "@mail.test", fmt.Sprintf("+1 555 %07d", q.below(1e7)), fmt.Sprintf("%05d", q.below(20000))}
}

// spoil makes errors in one or two fields.
func spoil(q *sequence, row *[6]string) {
	for range 1 + q.below(2) {
		c := q.below(6)
		s := row[c]
		switch at := int(q.below(len(s) + 1)); {
		case q.below(3) == 0:
			row[c] = ""
		case at < len(s)-1:
			row[c] = s[:at] + s[at+1:at+2] + s[at:at+1] + s[at+2:]
		}
	}
}

// BenchmarkCompare compares and scores candidates with six fields.
func BenchmarkCompare(b *testing.B) {
	x, y := madePeople(20000)
	o := &Options{}
	s := newSpace(x, y, o)
	keys := s.keys(o.workers())
	s.plan(keys)
	m, err := s.train(b.Context(), keys, o)
	if err != nil {
		b.Fatal(err)
	}
	sc := newScorer(s, m)
	pairs := 0
	used := cputime.Used()
	for b.Loop() {
		_, n, err := sc.scorePairs(b.Context(), keys, 2)
		if err != nil {
			b.Fatal(err)
		}
		pairs += int(n)
	}
	// Two processors that this process has for itself do twice what one second does.
	b.ReportMetric(2*float64(pairs)/(cputime.Used()-used).Seconds()/1e6, "Mpairs/s")
	b.ReportMetric(float64(len(s.fields)), "fields")
}

// TestMillion links a million records with a million.
func TestMillion(t *testing.T) {
	if !*million {
		t.Skip("-million is not given")
	}
	a, b := madePeople(1_000_000)
	runtime.GC()
	debug.SetMemoryLimit(2 << 30)
	start, used := time.Now(), cputime.Used()
	r, err := Between(t.Context(), a, b, Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(start)
	used = cputime.Used() - used
	right, linked := 0, 0
	for _, p := range r.Pairs {
		if p.Band == Linked {
			linked++
			if r.A.ID[p.A] == r.B.ID[p.B] && p.A%2 == 0 {
				right++
			}
		}
	}
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	t.Logf("%d pairs compared in %v, %v of the processors; %d linked, %d of them right; %d MiB from the system", r.Report.Compared, took, used, linked, right, mem.Sys>>20)
	for _, k := range r.Report.Keys {
		t.Logf("%+v", k)
	}
}

func TestNoAllocationPerPair(t *testing.T) {
	x, y := madePeople(2000)
	s := newSpace(x, y, &Options{})
	keys := s.keys(1)
	s.plan(keys)
	m, err := s.train(t.Context(), keys, &Options{})
	if err != nil {
		t.Fatal(err)
	}
	sc := newScorer(s, m)
	q := sequence(5)
	allocs := testing.AllocsPerRun(2000, func() {
		a, b := q.below(2000), q.below(2000)
		sc.score(s.compare(a, b), a, b)
	})
	if allocs != 0 {
		t.Errorf("%v allocations for a pair", allocs)
	}
}
