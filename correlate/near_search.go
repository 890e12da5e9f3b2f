package correlate

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"github.com/idprofile/engine/correlate/internal/join"
	"github.com/idprofile/engine/identity"
)

const (
	// maxNear is how many near misses a rule lists for a value.
	maxNear = 5
	// maxSpellings bounds the different spellings of one loose form that are
	// looked at for a value.
	maxSpellings = 64
)

// nearSearch looks for the near misses of many values of accounts under one rule,
// in one pass over the identities. Two texts that are one edit apart have a text in
// common that is left when one character is taken out of one of them, or of both.
//
// It holds numbers in the place of texts, and no pointer for a value: what it keeps of many
// thousands of values is looked at in no order, so it has to be small. Rules that are searched
// one after the other share its memory.
type nearSearch struct {
	r        *compiled
	e        *evaluator
	accounts []identity.Account
	read     func(n int32) identity.Value // of identities

	values  textNumbers // of accounts, by query
	queries blocks[nearQuery]
	wanted  []nearWanted
	asking  int // accounts

	forms     textNumbers // loose forms
	exact     []int32     // by form: the first place of the queries that have it
	chain     []nearPlace
	edits     editTable // queries by hash of what is left without one character
	spellings blocks[spelling]
	best      *blocks[nearBest]
	looseForms
	left []uint64 // of the form looked at last
	form []byte

	looks  []nearLook // identities that are looked for next
	hashes []editHash // of these
	places []int32    // of these in the edit table
}

// nearPlace is a query, and where the next one with its loose form stands; 0 is none.
type nearPlace struct{ query, next int32 }

// nearWanted says which query an account waits for.
type nearWanted struct{ account, query int32 }

// nearQuery is a value of accounts, and what was found for it.
type nearQuery struct {
	account, item int32 // where the value stands: the first account that has it, and in its list
	form          int32 // its loose form
	last          int32 // identity that was looked at last
	spellings     int32 // 1 + the last one seen; 0: none
	best          int32 // 1 + its nearest; 0: none
	list          int32 // 1 + the list of these in what was found; 0: none
	seen          uint8 // spellings
	kept          uint8 // of the nearest
	edits         uint8 // identities that are one edit apart
	light         uint8 // identities with one difference
}

// nearBest are the nearest identities of a query and in what they differ, the nearest first.
type nearBest struct {
	identities  [maxNear]int32
	differences [maxNear]packedDifferences
}

// spelling is what became of a value of identities.
type spelling struct {
	hash        uint32 // of the value
	identity    int32  // the first that has it
	next        int32  // 1 + another of the query; 0: none
	differences packedDifferences
	count       uint8 // of those that were kept
}

// begin makes the search ready for a rule and the values of some accounts.
func (s *nearSearch) begin(r *compiled, p Population, accounts int) {
	s.r, s.read, s.asking = r, p.Column(r.key.terms[0].attribute), accounts
	s.values.reset()
	s.forms.reset()
	s.values.expect(accounts)
	s.forms.expect(accounts)
	s.queries.n, s.spellings.n = 0, 0
	s.wanted, s.exact, s.chain = s.wanted[:0], s.exact[:0], append(s.chain[:0], nearPlace{})
}

// ask adds the values of account i, for the caller's number of it.
func (s *nearSearch) ask(number, i int32) {
	v, err := s.r.terms[0].ofAccount(s.e, &s.accounts[i])
	if err != nil {
		return
	}
	if v.Kind() != identity.List {
		s.askValue(number, i, 0, v.Text())
		return
	}
	for k, item := range v.List() {
		s.askValue(number, i, int32(k), item.Text())
	}
}

func (s *nearSearch) askValue(number, i, item int32, text string) {
	if blank(text) || s.r.key.placeholders.has(text) {
		return
	}

	// Many accounts have the same value; it is looked for once.
	q, fresh := s.values.number(view(text))
	if fresh {
		s.add(text, i, item)
	}
	if cap(s.wanted) == 0 {
		s.wanted = make([]nearWanted, 0, s.asking)
	}
	s.wanted = push(s.wanted, nearWanted{number, q})
}

// add makes a query of a text.
func (s *nearSearch) add(text string, i, item int32) {
	form, sorted := s.of(text)
	n := s.queries.add(nearQuery{account: i, item: item, last: -1})
	s.queries.at(n).form = s.placeAt(form, n)
	if !bytes.Equal(form, sorted) {
		s.placeAt(sorted, n)
	}
}

// placeAt lets a query be found by a loose form and returns the number of that.
func (s *nearSearch) placeAt(form []byte, query int32) int32 {
	n, fresh := s.forms.number(form)
	if fresh {
		s.exact = push(s.exact, 0)
	}
	s.chain = push(s.chain, nearPlace{query, s.exact[n]})
	s.exact[n] = int32(len(s.chain) - 1)
	return n
}

// remainders yields each query with the hash of what is left of it without one of its
// characters, each hash of a query once.
func (s *nearSearch) remainders(yield func(hash uint64, query int32) bool) {
	for n := range s.queries.n {
		form := s.forms.at(s.queries.at(n).form)
		if utf8.RuneCount(form) < shortest {
			continue
		}

		s.left = withoutOne(s.left[:0], form)
		slices.Sort(s.left)
		for _, h := range slices.Compact(s.left) {
			if !yield(h, n) {
				return
			}
		}
	}
}

// scan looks at the values of all identities.
func (s *nearSearch) scan(p Population) {
	if s.queries.n == 0 {
		return
	}
	most := 0
	for n := range s.queries.n {
		most += len(s.forms.at(s.queries.at(n).form)) + 1
	}
	s.edits.build(int(s.queries.n), most, s.remainders)

	// The values of the accounts are the index, and all identities go through it in one pass. What it
	// holds of many accounts is far from the processor, and each step of a look-up waits for the one
	// before. So some identities go through each step together: they wait at the same time.
	s.looks = s.looks[:0]
	for n := range int32(p.Len()) {
		s.gather(n)
		if len(s.looks) == cap(s.looks) {
			s.lookAll()
		}
	}
	s.lookAll()
}

// offer adds an identity to a query if its value is near.
func (s *nearSearch) offer(query, n int32, text string) {
	q := s.queries.at(query)

	// One identity may be offered by several of its keys.
	if q.last == n {
		return
	}
	q.last = n

	// Identities with one value are all as near; the first ones count.
	sp := s.spelled(query, n, text)
	if sp.differences == 0 || sp.count >= maxNear {
		return
	}
	sp.count++
	switch sp.differences.weight() {
	case editWeight:
		q.edits = more(q.edits)
	case 1:
		q.light = more(q.light)
	}
	s.keep(q, n, sp.differences)
}

// more counts one more, as far as anybody asks.
func more(n uint8) uint8 { return min(n, 254) + 1 }

// keep puts an identity among the nearest of a query if it is one of them. Identities come in
// order, so that one stands behind the others that are as near.
func (s *nearSearch) keep(q *nearQuery, n int32, d packedDifferences) {
	if q.best == 0 {
		q.best = s.best.add(nearBest{}) + 1
	}
	best := s.best.at(q.best - 1)
	at := int(q.kept)
	for at > 0 && best.differences[at-1].weight() > d.weight() {
		at--
	}
	if at == maxNear {
		return
	}
	if q.kept < maxNear {
		q.kept++
	}
	copy(best.identities[at+1:q.kept], best.identities[at:])
	copy(best.differences[at+1:q.kept], best.differences[at:])
	best.identities[at], best.differences[at] = n, d
}

// spelled returns what a value of identities is for a query. Many identities share a value, as
// a department does: what it differs in is found once.
func (s *nearSearch) spelled(query, n int32, text string) *spelling {
	q := s.queries.at(query)
	hash := uint32(join.Hash(view(text)))
	for k := q.spellings; k != 0; {
		sp := s.spellings.at(k - 1)
		if sp.hash == hash && s.read(sp.identity).Text() == text {
			return sp
		}
		k = sp.next
	}

	k := s.spellings.add(spelling{hash: hash, identity: n, differences: s.differences(query, text), next: q.spellings})
	q.spellings, q.seen = k+1, more(q.seen)
	return s.spellings.at(k)
}

// differences tells in what a value differs that the rule compares; none when it
// is not near, or the rule finds it.
func (s *nearSearch) differences(query int32, text string) packedDifferences {
	mine := bytesView(s.values.at(query))
	s.form = append(s.form[:0], s.r.normalised(s.e, mine, true)...)
	if len(s.form) > 0 && string(s.form) == s.r.normalised(s.e, text, false) {
		return 0
	}
	d, near := s.e.comparer.differ(mine, text)
	if !near {
		return 0
	}
	var packed packedDifferences
	for _, one := range d {
		if !s.r.ignores(one) {
			packed = packed.add(one)
		}
	}
	return packed
}
