package correlate

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/idprofile/engine/correlate/internal/strsim"
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
type nearSearch struct {
	r       *compiled
	e       *evaluator
	queries nearQueries
	byText  map[string]int32
	wanted  []nearWanted

	exact map[string]int32 // the first place of the queries with a loose form
	chain []nearPlace      // places; 0 is none
	edits editTable        // queries by hash of what is left without one character
	forms looseForms
	left  []uint64 // of the form looked at last
}

// nearPlace is a query, and where the next one with its loose form stands.
type nearPlace struct{ query, next int32 }

// nearQueries are queries in blocks: they are long, so that a list which grows would copy
// most of what a search keeps.
type nearQueries struct {
	blocks [][]nearQuery
	n      int32
}

const nearBlock = 256

func (l *nearQueries) at(n int32) *nearQuery { return &l.blocks[n/nearBlock][n%nearBlock] }

func (l *nearQueries) add(q nearQuery) int32 {
	if l.n%nearBlock == 0 {
		l.blocks = append(l.blocks, make([]nearQuery, 0, nearBlock))
	}
	last := &l.blocks[len(l.blocks)-1]
	*last = append(*last, q)
	l.n++
	return l.n - 1
}

// nearWanted says which query an account waits for.
type nearWanted struct{ account, query int32 }

// nearQuery is a value of accounts, and what was found for it.
type nearQuery struct {
	text  string
	loose string // its loose form
	equal string // what the rule compares
	seen  []spelling
	found []NearMiss
	edits int32 // of found: those that are one edit apart
	light int32 // of found: those with one difference
	last  int32 // identity that was looked at last
}

// spelling is what became of a value of identities.
type spelling struct {
	text        string
	differences []Difference // nil: not near
	count       int
}

// ask adds the values of an account.
func (s *nearSearch) ask(account int32, a *identity.Account) {
	v, err := s.r.terms[0].ofAccount(s.e, a)
	if err != nil {
		return
	}
	items := []identity.Value{v}
	if v.Kind() == identity.List {
		items = v.List()
	}
	for _, item := range items {
		text := item.Text()
		if blank(text) || s.r.key.placeholders.has(text) {
			continue
		}

		// Many accounts have the same value; it is looked for once.
		q, ok := s.byText[text]
		if !ok {
			q = s.add(text)
		}
		s.wanted = append(s.wanted, nearWanted{account, q})
	}
}

// add makes a query of a text.
func (s *nearSearch) add(text string) int32 {
	if s.queries.n == 0 { // a source may have no value for a rule
		s.byText, s.exact, s.chain = map[string]int32{}, map[string]int32{}, make([]nearPlace, 1)
	}
	form, sorted := s.forms.of(text)
	loose := string(form)
	n := s.queries.add(nearQuery{text: text, loose: loose, equal: strings.Clone(s.r.normalised(s.e, text, true)), last: -1})
	s.byText[text] = n

	s.placeAt(loose, n)
	if !bytes.Equal(form, sorted) {
		s.placeAt(string(sorted), n)
	}
	return n
}

// placeAt lets a query be found by a loose form.
func (s *nearSearch) placeAt(form string, query int32) {
	s.chain = append(s.chain, nearPlace{query, s.exact[form]})
	s.exact[form] = int32(len(s.chain) - 1)
}

// remainders yields each query with the hash of what is left of it without one of its
// characters, each hash of a query once.
func (s *nearSearch) remainders(yield func(hash uint64, query int32) bool) {
	var form []byte
	for n := range s.queries.n {
		form = append(form[:0], s.queries.at(n).loose...)
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
		most += len(s.queries.at(n).loose) + 1
	}
	s.edits.build(most, s.remainders)

	// The values of the accounts are the index, and all identities go through it in one pass.
	read := p.Column(s.r.key.terms[0].attribute)
	for n := range int32(p.Len()) {
		text := read(n).Text()
		form, sorted := s.forms.of(text)
		if len(form) == 0 {
			continue
		}
		s.look(form, n, text)
		if !bytes.Equal(form, sorted) {
			s.look(sorted, n, text)
		}
		if utf8.RuneCount(form) >= shortest {
			s.lookEdits(form, n, text)
		}
	}
}

// look offers an identity to the queries with its loose form.
func (s *nearSearch) look(form []byte, n int32, text string) {
	before := int32(0)
	for at := s.exact[string(form)]; at != 0; at = s.chain[at].next {
		q := s.queries.at(s.chain[at].query)
		if q.light < maxNear && len(q.seen) < maxSpellings {
			s.offer(q, n, text)
			before = at
			continue
		}

		// Nothing later can be nearer, so that the query need not be found any more.
		if before != 0 {
			s.chain[before].next = s.chain[at].next
		} else {
			s.exact[string(form)] = s.chain[at].next
		}
	}
}

// lookEdits offers an identity to the queries that are one edit away.
func (s *nearSearch) lookEdits(form []byte, n int32, text string) {
	s.left = withoutOne(s.left[:0], form)
	for _, h := range s.left {
		group := s.edits.of(h)
		for k := 0; k < len(group); k++ {
			if group[k].tag != uint32(h) {
				continue
			}
			q := s.queries.at(group[k].query)
			if q.edits >= maxNear { // identities come in order, so the first ones stay
				group = s.edits.drop(h, k)
				k--
				continue
			}

			if q.last != n && strsim.OneEdit(unsafe.String(unsafe.SliceData(form), len(form)), q.loose) {
				s.offer(q, n, text)
			}
		}
	}
}

// offer adds an identity to a query if its value is near.
func (s *nearSearch) offer(q *nearQuery, n int32, text string) {
	// One identity may be offered by several of its keys.
	if q.last == n {
		return
	}
	q.last = n

	// Many identities share a value, as a department does. What it differs in is found once.
	k := slices.IndexFunc(q.seen, func(sp spelling) bool { return sp.text == text })
	if k < 0 {
		k = len(q.seen)
		q.seen = append(q.seen, spelling{text: text, differences: s.differences(q, text)})
	}

	// Identities with one value are all as near; the first ones count.
	sp := &q.seen[k]
	if sp.differences == nil || sp.count >= maxNear {
		return
	}
	sp.count++
	m := NearMiss{
		Rule: s.r.id, Criterion: s.r.label, AccountValue: q.text, IdentityValue: text,
		Identity: n, Differences: sp.differences,
	}
	q.found = append(q.found, m)
	switch m.weight() {
	case editWeight:
		q.edits++
	case 1:
		q.light++
	}
}

// differences tells in what a value differs that the rule compares; nil when it
// is not near, or the rule finds it.
func (s *nearSearch) differences(q *nearQuery, text string) []Difference {
	if q.equal != "" && q.equal == s.r.normalised(s.e, text, false) {
		return nil
	}
	d, near := Differ(q.text, text)
	if !near {
		return nil
	}
	d = slices.DeleteFunc(d, func(x Difference) bool { return s.r.ignores(x) })
	if len(d) == 0 {
		return nil
	}
	return d
}

// rank leaves the best near misses of a query, the best first.
func (q *nearQuery) rank() {
	slices.SortStableFunc(q.found, func(a, b NearMiss) int {
		return cmp.Or(cmp.Compare(a.weight(), b.weight()), cmp.Compare(a.Identity, b.Identity))
	})
	q.found = slices.Clip(q.found[:min(maxNear, len(q.found))])
}

// withoutOne appends the hash of a text, and those of the text without each of its
// characters. Equal texts have equal hashes; others may.
func withoutOne(hashes []uint64, text []byte) []uint64 {
	// The hash of what is left without a character follows from the hashes before and after it, so all
	// of them take one pass.
	const base = 0x9E3779B97F4A7C15
	var whole uint64
	for _, b := range text {
		whole = whole*base + uint64(b) + 1
	}
	hashes = append(hashes, whole)

	// hash(before + after) = hash(before) * base^len(after) + hash(after), and
	// hash(after) = whole - hash(before + character) * base^len(after).
	var before [64]uint64
	pre := append(before[:0], 0)
	for i, b := range text {
		pre = append(pre, pre[i]*base+uint64(b)+1)
	}
	power := uint64(1)
	for end := len(text); end > 0; {
		_, size := utf8.DecodeLastRune(text[:end])
		start := end - size
		hashes = append(hashes, whole-pre[end]*power+pre[start]*power)
		for range size {
			power *= base
		}
		end = start
	}

	return hashes
}

// looseForms computes loose forms; its results hold until the next one.
type looseForms struct {
	form, sorted []byte
	words        [][]byte
}

// of returns the loose form of a text, and the one with its words in order; both
// are empty for a text without letters and digits.
func (f *looseForms) of(text string) (form, sorted []byte) {
	// Other scripts need tables for case and accents; for ASCII, which nearly all keys are, a loop
	// does.
	if !ascii(text) {
		f.form, f.sorted = append(f.form[:0], loose(text, false)...), append(f.sorted[:0], loose(text, true)...)
		if blank(string(f.form)) {
			return nil, nil
		}
		return f.form, f.sorted
	}

	f.form, f.words = f.form[:0], f.words[:0]
	start := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c >= 'A' && c <= 'Z':
			f.form = append(f.form, c+'a'-'A')
			continue
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			f.form = append(f.form, c)
			continue
		}

		if len(f.form) > start {
			f.words = append(f.words, f.form[start:len(f.form)])
		}
		start = len(f.form)
	}

	// Zeros in front are dropped last, since they stand at the beginning of the whole form.
	form = plainZeros(f.form)
	if len(f.words) == 0 {
		return form, form
	}
	if len(f.form) > start {
		f.words = append(f.words, f.form[start:])
	}
	if slices.IsSortedFunc(f.words, bytes.Compare) {
		return form, form
	}

	// The words are views of the form, which may have grown meanwhile: earlier
	// ones then stand in memory that is not written again.
	slices.SortFunc(f.words, bytes.Compare)
	f.sorted = f.sorted[:0]
	for _, w := range f.words {
		f.sorted = append(f.sorted, w...)
	}
	return form, plainZeros(f.sorted)
}

// plainZeros cuts zeros in front, but the last one of zeros only.
func plainZeros(b []byte) []byte {
	rest := bytes.TrimLeft(b, "0")
	if len(rest) == 0 && len(b) > 0 {
		return b[:1]
	}
	return rest
}
