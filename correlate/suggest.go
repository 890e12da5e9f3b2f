package correlate

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"strings"

	"github.com/idprofile/engine/correlate/internal/join"
	"github.com/idprofile/engine/identity"
)

// Suggestion is how well an identity attribute and an account attribute would do
// as a criterion, without case and blanks around. Rates are of 1.
type Suggestion struct {
	Property, Value  string
	AccountCoverage  float64 // accounts with a value
	IdentityCoverage float64 // identities with a value
	Uniqueness       float64 // of the identities with a value: nobody else has it
	MatchRate        float64 // accounts for which it finds one identity
	AmbiguousRate    float64 // accounts for which it finds several
	ConflictRate     float64 // of the accounts it finds an identity for: other evidence says another
	Proposed         bool    // belongs into the configuration

	found []int32 // by account
}

// Suggest tries all pairs of identity and account attributes as criteria and
// returns those that match anything, in the order in which they should stand:
// those to propose first. Conflicts are counted against what most of the better
// pairs say.
func Suggest(ctx context.Context, p Population, properties []string, accounts []identity.Account, values []string, o RunOptions) ([]Suggestion, error) {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	b := builder{}
	var list []Suggestion
	var memory join.Memory
	r := &bulkRun{c: New(nil, Options{}), p: p, accounts: accounts, o: o, b: &Bulk{}}
	all := make([]int32, len(accounts))
	for i := range all {
		all[i] = int32(i)
	}
	for _, property := range properties {
		key := newSpec([]term{b.simple(canonical(property), "trim", "fold")}, DefaultPlaceholders())
		people := r.people(&key)
		have, unique := distinct(&memory, people, o.Workers)
		if have == 0 {
			continue
		}
		for _, value := range values {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			rule := &compiled{terms: []term{b.simple(value, "trim", "fold")}, key: key}
			s := measure(memory.Run(people, r.probes(rule, all), o.Workers), len(accounts))
			s.Property, s.Value = property, value
			s.IdentityCoverage, s.Uniqueness = rate(have, p.Len()), rate(unique, have)
			if s.MatchRate > 0 {
				list = append(list, s)
			}
		}
	}
	rank(list, len(accounts))
	return list, nil
}

func rate(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// distinct counts the rows with a key, and those whose key no other row has.
func distinct(m *join.Memory, rows join.Rows, workers int) (have, unique int) {
	res := m.Run(rows, rows, workers)
	for i := range res.Probes() {
		if len(res.Matches(i)) == 1 {
			unique++
		}
	}
	return res.Probes(), unique
}

// measure counts what a join found for accounts.
func measure(res *join.Result, accounts int) Suggestion {
	s := Suggestion{found: make([]int32, accounts)}
	for i := range s.found {
		s.found[i] = -1
	}
	with, one, several := 0, 0, 0
	for i := 0; i < res.Probes(); {
		row := res.Row(i)
		var ids []int32
		for ; i < res.Probes() && res.Row(i) == row; i++ {
			ids = append(ids, res.Matches(i)...)
		}
		slices.Sort(ids)
		ids = slices.Compact(ids)
		with++
		switch len(ids) {
		case 0:
		case 1:
			one++
			s.found[row] = ids[0]
		default:
			several++
		}
	}
	s.AccountCoverage, s.MatchRate, s.AmbiguousRate = rate(with, accounts), rate(one, accounts), rate(several, accounts)
	return s
}

// rank counts conflicts, puts the pairs in order and proposes the useful ones.
func rank(list []Suggestion, accounts int) {
	votes := make(map[int32]int)
	conflicts, compared := make([]int, len(list)), make([]int, len(list))
	for a := range accounts {
		clear(votes)
		for i := range list {
			if n := list[i].found[a]; n >= 0 {
				votes[n] += weight(&list[i])
			}
		}
		for i := range list {
			n := list[i].found[a]
			if n < 0 {
				continue
			}
			compared[i]++
			for other, v := range votes {
				if other != n && v >= votes[n]-weight(&list[i]) && v > 0 {
					conflicts[i]++
					break
				}
			}
		}
	}
	for i := range list {
		list[i].ConflictRate = rate(conflicts[i], compared[i])
	}
	slices.SortStableFunc(list, func(a, b Suggestion) int {
		return cmp.Or(cmp.Compare(b.score(), a.score()), strings.Compare(a.Property, b.Property), strings.Compare(a.Value, b.Value))
	})
	propose(list, accounts)
}

// weight says how much the finds of a pair count: selective attributes more.
func weight(s *Suggestion) int { return int(100 * s.Uniqueness) }

// score orders pairs: reliable before frequent.
func (s *Suggestion) score() float64 {
	trust := s.Uniqueness * (1 - s.ConflictRate)
	return trust*trust*trust + 0.2*s.MatchRate
}

// propose marks the pairs that are reliable and each find accounts that those
// before do not.
func propose(list []Suggestion, accounts int) {
	seen := make([]bool, accounts)
	for i := range list {
		s := &list[i]
		fresh := 0
		for a, n := range s.found {
			if n >= 0 && !seen[a] {
				fresh++
			}
		}
		if s.Uniqueness < 0.9 || s.ConflictRate > 0.1 || fresh == 0 || rate(fresh, accounts) < 0.002 {
			continue
		}
		s.Proposed = true
		for a, n := range s.found {
			seen[a] = seen[a] || n >= 0
		}
	}
}
