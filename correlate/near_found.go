package correlate

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/idprofile/engine/identity"
)

// nearFound are the near misses of many accounts, as numbers: the texts of one are read again
// when somebody asks for it, which few do. It belongs to one goroutine.
type nearFound struct {
	nb       *Nearby
	accounts []identity.Account
	of       []int32          // by account: 1 + its list; 0: nothing is near
	lists    blocks[nearList] // each account with the same values has the same one
	best     blocks[nearBest]
	known    map[packedDifferences][]Difference
	read     []func(n int32) identity.Value // by rule of nb
	buf      []nearMiss
}

// nearList is what is nearest to a value of an account, behind what is near to others of its values.
type nearList struct {
	before        int32 // 1 + the list of those; 0: none
	best          int32
	account, item int32 // where the value stands
	rule          int16 // that compares it, of those of nb
	kept          uint8 // of best
}

// nearMiss is a [NearMiss]: which value of which account is near the identity.
type nearMiss struct {
	account, item int32
	identity      int32
	rule          int16
	differences   packedDifferences
}

// findAll is [Nearby.FindAll] for the accounts at some places; nil: all of them. Evidence, which
// may be nil, is what the rules say of the accounts.
func (nb *Nearby) findAll(accounts []identity.Account, places []int32, ev *Evidence) *nearFound {
	number := len(accounts)
	if places != nil {
		number = len(places)
	}
	f := &nearFound{
		nb: nb, accounts: accounts, of: make([]int32, number),
		known: map[packedDifferences][]Difference{}, read: make([]func(int32) identity.Value, len(nb.rules)),
	}

	e := nb.c.evaluator()
	defer nb.c.release(e)
	s := &nearSearch{e: e, accounts: accounts, best: &f.best, looks: make([]nearLook, 0, looksAtOnce)}
	for rule, i := range nb.rules {
		s.begin(&nb.c.rules[i], nb.p, number)
		f.read[rule] = s.read
		for k := range int32(number) {
			place := k
			if places != nil {
				place = places[k]
			}
			if ev == nil || !ev.rules[i][place].null {
				s.ask(k, place)
			}
		}
		s.scan(nb.p)
		f.take(s, int16(rule))
	}
	return f
}

// take gives the accounts of a search what it found, behind what they have.
func (f *nearFound) take(s *nearSearch, rule int16) {
	// Accounts with the same values have the same two lists, and often stand together.
	var first, second, both int32
	for _, w := range s.wanted {
		q, list := s.queries.at(w.query), &f.of[w.account]
		if q.best == 0 {
			continue
		}
		one := nearList{best: q.best - 1, account: q.account, item: q.item, rule: rule, kept: q.kept}
		if q.list == 0 {
			q.list = f.lists.add(one) + 1
		}
		switch {
		case *list == 0:
			*list = q.list
		case *list == first && q.list == second:
			*list = both
		default:
			one.before = *list
			first, second, both = *list, q.list, f.lists.add(one)+1
			*list = both
		}
	}
}

// at returns a list, the nearest first, until the next one is asked for.
func (f *nearFound) at(list int32) []nearMiss {
	f.buf = f.appendList(f.buf[:0], list)

	// Those of one value are in order already.
	lighter := func(a, b nearMiss) int { return cmp.Compare(a.differences.weight(), b.differences.weight()) }
	if !slices.IsSortedFunc(f.buf, lighter) {
		slices.SortStableFunc(f.buf, lighter)
	}
	return f.buf
}

func (f *nearFound) appendList(out []nearMiss, list int32) []nearMiss {
	if list == 0 {
		return out
	}
	l := f.lists.at(list - 1)
	out = f.appendList(out, l.before)
	best := f.best.at(l.best)
	for i := range l.kept {
		out = append(out, nearMiss{
			account: l.account, item: l.item, identity: best.identities[i], rule: l.rule, differences: best.differences[i],
		})
	}
	return out
}

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
	misses := f.at(list)
	if len(misses) == 0 {
		return nil
	}
	out := make([]NearMiss, len(misses))
	for i := range misses {
		out[i] = f.miss(e, &misses[i])
	}
	return out
}

// all returns the lists of all accounts. Accounts with one list share it.
func (f *nearFound) all() [][]NearMiss {
	e := f.nb.c.evaluator()
	defer f.nb.c.release(e)
	lists, out := make([][]NearMiss, f.lists.n+1), make([][]NearMiss, len(f.of))
	for i, list := range f.of {
		if lists[list] == nil {
			lists[list] = f.full(e, list)
		}
		out[i] = lists[list]
	}
	return out
}

// valueOf returns a value of an account that a rule compares: that in its list, or the only one.
func valueOf(r *compiled, e *evaluator, a *identity.Account, item int32) string {
	v, err := r.terms[0].ofAccount(e, a)
	switch {
	case err != nil:
		return ""
	case v.Kind() == identity.List:
		return v.List()[item].Text()
	}

	return v.Text()
}

// packedDifferences are differences, a bit for each; 0 is none. Several always come in one order.
type packedDifferences uint8

func (p packedDifferences) add(d Difference) packedDifferences { return p | 1<<d }

// weight is [NearMiss.weight].
func (p packedDifferences) weight() int {
	if p&(1<<OneEdit) != 0 {
		return editWeight
	}
	return bits.OnesCount8(uint8(p))
}

// mended reports whether normalisers take all of them away.
func (p packedDifferences) mended() bool { return p != 0 && p.weight() != editWeight }

// list returns the differences in the order in which [Differ] tells them.
func (p packedDifferences) list() []Difference {
	var list []Difference
	for _, d := range together {
		if p&(1<<d) != 0 {
			list = append(list, d)
		}
	}
	return list
}
