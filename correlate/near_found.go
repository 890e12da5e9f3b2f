package correlate

import (
	"cmp"
	"slices"

	"github.com/idprofile/engine/identity"
)

// nearFound are the near misses of many accounts, as numbers: the texts of one are read again
// when somebody asks for it, which few do.
type nearFound struct {
	nb       *Nearby
	accounts []identity.Account
	of       []int32     // by account: its list
	lists    []nearRange // the first is empty
	misses   []nearMiss  // by list
	known    map[packedDifferences][]Difference
	read     []func(n int32) identity.Value // by rule of nb
}

// nearRange is where a list stands in the near misses.
type nearRange struct{ start, end int32 }

// nearMiss is a [NearMiss]: which value of which account is near the identity.
type nearMiss struct {
	rule          int32 // of those of nb
	account, item int32
	identity      int32
	differences   packedDifferences
}

// findAll is [Nearby.FindAll] for the accounts at some places; nil: all of them.
func (nb *Nearby) findAll(accounts []identity.Account, places []int32) *nearFound {
	number := len(accounts)
	if places != nil {
		number = len(places)
	}
	f := &nearFound{
		nb: nb, accounts: accounts, of: make([]int32, number), lists: make([]nearRange, 1),
		known: map[packedDifferences][]Difference{}, read: make([]func(int32) identity.Value, len(nb.rules)),
	}

	e := nb.c.evaluator()
	defer nb.c.release(e)
	s := &nearSearch{e: e, accounts: accounts}
	for rule, i := range nb.rules {
		s.begin(&nb.c.rules[i], nb.p)
		f.read[rule] = s.read
		for k := range int32(number) {
			place := k
			if places != nil {
				place = places[k]
			}
			s.ask(k, place)
		}
		s.scan(nb.p)
		f.take(s, int32(rule))
	}

	// Lists of one query are in order already.
	lighter := func(a, b nearMiss) int { return cmp.Compare(a.differences.weight(), b.differences.weight()) }
	for _, l := range f.lists {
		if list := f.misses[l.start:l.end]; !slices.IsSortedFunc(list, lighter) {
			slices.SortStableFunc(list, lighter)
		}
	}
	return f
}

// take gives the accounts of a search what it found, behind what they have.
func (f *nearFound) take(s *nearSearch, rule int32) {
	// Accounts with the same values have the same two lists, and often stand together.
	var first, second, both int32
	for _, w := range s.wanted {
		q, list := s.queries.at(w.query), &f.of[w.account]
		if q.best == 0 {
			continue
		}
		if q.list == 0 {
			q.list = f.add(q, s.best.at(q.best - 1)[:q.kept], rule)
		}
		switch {
		case *list == 0:
			*list = q.list
		case *list == first && q.list == second:
			*list = both
		default:
			first, second, both = *list, q.list, f.join(*list, q.list)
			*list = both
		}
	}
}

// add makes a list of what is nearest to a query.
func (f *nearFound) add(q *nearQuery, best []nearOne, rule int32) int32 {
	start := int32(len(f.misses))
	for _, one := range best {
		f.misses = append(f.misses, nearMiss{
			rule: rule, account: q.account, item: q.item, identity: one.identity, differences: one.differences,
		})
	}
	return f.list(start)
}

// join makes a list of two.
func (f *nearFound) join(first, second int32) int32 {
	start := int32(len(f.misses))
	f.misses = append(f.misses, f.at(first)...)
	f.misses = append(f.misses, f.at(second)...)
	return f.list(start)
}

// list makes a list of the near misses from one on.
func (f *nearFound) list(start int32) int32 {
	f.lists = append(f.lists, nearRange{start, int32(len(f.misses))})
	return int32(len(f.lists) - 1)
}

// at returns a list.
func (f *nearFound) at(list int32) []nearMiss { return f.misses[f.lists[list].start:f.lists[list].end] }

// miss returns a near miss with its texts. Its differences are only to be read.
func (f *nearFound) miss(e *evaluator, m *nearMiss) NearMiss {
	r := &f.nb.c.rules[f.nb.rules[m.rule]]
	d, ok := f.known[m.differences]
	if !ok {
		d = m.differences.list()
		f.known[m.differences] = d
	}
	return NearMiss{
		Rule: r.id, Criterion: r.label, AccountValue: valueOf(r, e, &f.accounts[m.account], m.item),
		IdentityValue: f.read[m.rule](m.identity).Text(), Identity: m.identity, Differences: d,
	}
}

// full returns a list with its texts; nil when it is empty.
func (f *nearFound) full(e *evaluator, list int32) []NearMiss {
	var out []NearMiss
	for i := range f.at(list) {
		out = append(out, f.miss(e, &f.at(list)[i]))
	}
	return slices.Clip(out)
}

// all returns the lists of all accounts. Accounts with one list share it.
func (f *nearFound) all() [][]NearMiss {
	e := f.nb.c.evaluator()
	defer f.nb.c.release(e)
	lists, out := make([][]NearMiss, len(f.lists)), make([][]NearMiss, len(f.of))
	for i, list := range f.of {
		if lists[list] == nil {
			lists[list] = f.full(e, list)
		}
		out[i] = lists[list]
	}
	return out
}
