package correlate

import (
	"cmp"
	"context"
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

// SuggestOptions are the choices of [Suggest].
type SuggestOptions struct {
	// Configured reports whether a pair stands in the configuration. Of pairs with
	// equal figures it comes first: it is what people know. Nil: none does.
	Configured func(property, value string) bool
}

// Suggester tries pairs of attributes of one population for any number of sources.
// It is not safe for concurrent use.
type Suggester struct {
	p            Population
	properties   []string
	identities   []identityColumn // by property
	placeholders *placeholders
	e            *evaluator

	// texts gives every different text a number, so that comparing two
	// columns is comparing numbers: each value is normalised once, however many
	// pairs it is in.
	texts textNumbers

	// The identity attribute at hand, by number of a text: how many identities
	// have it, and the first of them.
	count, first []int32
	used         []int32 // numbers to clear
}

// identityColumn is one attribute by identity: the number of its text, -1 for none.
type identityColumn struct {
	codes        []int32
	have, unique int // identities with a text, and with one that nobody else has; unique is counted when it is asked for
}

// accountColumn is one account attribute by account: the number of its text, -1
// for none, -2-k for several in lists[k].
type accountColumn struct {
	codes []int32
	lists [][]int32
	with  int // accounts with a text
}

// NewSuggester returns a suggester of criteria on some identity attributes.
func NewSuggester(p Population, properties []string) *Suggester {
	return &Suggester{
		p: p, properties: properties,
		placeholders: newPlaceholders(DefaultPlaceholders()), e: &evaluator{},
	}
}

// Suggest tries all pairs with the given account attributes as criteria and
// returns those that match anything, in the order in which they should stand:
// those to propose first. Conflicts are counted against what most of the better
// pairs say. Of equal figures the configured pair comes first, then attributes of
// identities, then the alias. The error is that of the context.
func (s *Suggester) Suggest(ctx context.Context, accounts []identity.Account, values []string,
	o SuggestOptions) ([]Suggestion, error) {
	// The identity side is the same for every source, so it is read once for all.
	if s.identities == nil {
		s.identities = s.identityColumns()
	}
	columns := s.accountColumns(accounts, values)

	var list []Suggestion
	for k, property := range s.properties {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		people := &s.identities[k]
		if people.have == 0 {
			continue
		}

		// One attribute of identities is counted at a time against all account attributes: its counts
		// fit into memory that is used again.
		s.take(people)
		people.unique = 0
		for _, n := range s.used {
			people.unique += btoi(s.count[n] == 1)
		}
		for i, value := range values {
			one := s.measure(&columns[i])
			if one.MatchRate == 0 {
				continue
			}
			one.Property, one.Value = property, value
			one.IdentityCoverage, one.Uniqueness = rate(people.have, s.p.Len()), rate(people.unique, people.have)
			list = append(list, one)
		}
	}

	rank(list, len(accounts), o)
	return list, nil
}

func suggestionTerm(attribute string) term {
	b := builder{}
	return b.simple(attribute, "trim", "fold")
}

// code returns the number of a value's text, -1 when it has none to compare.
func (s *Suggester) code(t *term, v identity.Value) int32 {
	text, out, _ := t.text(s.e, v, s.placeholders)
	if out != compared {
		s.texts.asked++ // and it is nothing new
		return -1
	}
	n, _ := s.texts.number(join.Short(view(text)))
	return n
}

// accountColumns reads some attributes of accounts, of few accounts at a time.
func (s *Suggester) accountColumns(accounts []identity.Account, values []string) []accountColumn {
	columns, terms := make([]accountColumn, len(values)), make([]term, len(values))
	for k, value := range values {
		columns[k].codes, terms[k] = make([]int32, len(accounts)), suggestionTerm(value)
	}
	s.texts.expect(len(accounts) * len(values))

	for from := 0; from < len(accounts); from += atOnce {
		for k, value := range values {
			c := &columns[k]
			for i := from; i < min(from+atOnce, len(accounts)); i++ {
				v := s.e.read(&accounts[i], value)
				if v.Kind() != identity.List {
					c.codes[i] = s.code(&terms[k], v)
				} else {
					c.codes[i] = c.list(s, &terms[k], v.List())
				}

				if c.codes[i] != -1 {
					c.with++
				}
			}
		}
	}

	return columns
}

// list returns the code of a list: that of its only text, or its place in lists.
func (c *accountColumn) list(s *Suggester, t *term, items []identity.Value) int32 {
	var codes []int32
	for _, item := range items {
		if n := s.code(t, item); n >= 0 && len(codes) < maxKeys {
			codes = append(codes, n)
		}
	}

	switch len(codes) {
	case 0:
		return -1
	case 1:
		return codes[0]
	}

	c.lists = append(c.lists, codes)
	return -2 - int32(len(c.lists)-1)
}

// identityColumns reads the properties of all identities, of few identities at a time.
func (s *Suggester) identityColumns() []identityColumn {
	people := s.p.Len()
	columns, terms := make([]identityColumn, len(s.properties)), make([]term, len(s.properties))
	read := make([]func(int32) identity.Value, len(s.properties))
	for k, property := range s.properties {
		property = canonical(property)
		columns[k].codes, terms[k], read[k] = make([]int32, people), suggestionTerm(property), s.p.Column(property)
	}
	s.texts.expect(people * len(s.properties))

	for from := 0; from < people; from += atOnce {
		for k := range columns {
			c := &columns[k]
			for i := from; i < min(from+atOnce, people); i++ {
				if c.codes[i] = s.code(&terms[k], read[k](int32(i))); c.codes[i] >= 0 {
					c.have++
				}
			}
		}
	}

	return columns
}

// take makes an identity attribute the one at hand.
func (s *Suggester) take(c *identityColumn) {
	for _, n := range s.used {
		s.count[n] = 0
	}
	s.used = s.used[:0]
	if more := s.texts.len() - len(s.count); more > 0 {
		s.count, s.first = append(s.count, make([]int32, more)...), append(s.first, make([]int32, more)...)
	}
	for i, n := range c.codes {
		if n < 0 {
			continue
		}
		if s.count[n] == 0 {
			s.first[n] = int32(i)
			s.used = push(s.used, n)
		}

		s.count[n]++
	}
}

// measure counts what the identity attribute at hand finds by an account attribute.
func (s *Suggester) measure(c *accountColumn) Suggestion {
	out := Suggestion{found: make([]int32, len(c.codes))}
	one, several := 0, 0
	for i, code := range c.codes {
		out.found[i] = -1
		n, many := s.find(c, code)
		switch {
		case many:
			several++
		case n >= 0:
			one++
			out.found[i] = n
		}
	}

	accounts := len(c.codes)
	out.AccountCoverage, out.MatchRate, out.AmbiguousRate = rate(c.with, accounts), rate(one, accounts),
		rate(several, accounts)
	return out
}

// find returns the identity that has a text, -1 for none; many when several have.
func (s *Suggester) find(c *accountColumn, code int32) (n int32, many bool) {
	if code >= -1 {
		if code < 0 || s.count[code] == 0 {
			return -1, false
		}
		return s.first[code], s.count[code] > 1
	}

	n = -1
	for _, code := range c.lists[-2-code] {
		switch m, several := s.find(c, code); {
		case several || m >= 0 && n >= 0 && m != n:
			return -1, true
		case m >= 0:
			n = m
		}
	}

	return n, false
}

// vote is what speaks for an identity of an account.
type vote struct {
	identity int32
	weight   int
}

// rank counts conflicts, puts the pairs in order and proposes the useful ones.
func rank(list []Suggestion, accounts int, o SuggestOptions) {
	conflicts, compared := make([]int, len(list)), make([]int, len(list))
	var votes []vote

	// The pairs vote for each account, weighted by how unique they are: a pair conflicts where better
	// ones agree on somebody else.
	for a := range accounts {
		votes = votes[:0]
		for i := range list {
			if n := list[i].found[a]; n >= 0 {
				votes = cast(votes, n, weight(&list[i]))
			}
		}

		for i := range list {
			n := list[i].found[a]
			if n < 0 {
				continue
			}
			compared[i]++
			if outvoted(votes, n, weight(&list[i])) {
				conflicts[i]++
			}
		}
	}

	for i := range list {
		list[i].ConflictRate = rate(conflicts[i], compared[i])
	}

	configured := func(s *Suggestion) bool { return o.Configured != nil && o.Configured(s.Property, s.Value) }

	// Texts last, so that pairs of equal worth come in the same order every time.
	slices.SortStableFunc(list, func(a, b Suggestion) int {
		return cmp.Or(
			cmp.Compare(b.score(), a.score()),
			cmp.Compare(btoi(configured(&b)), btoi(configured(&a))),
			cmp.Compare(btoi(canonical(a.Property) == Alias), btoi(canonical(b.Property) == Alias)),
			strings.Compare(a.Property, b.Property), strings.Compare(a.Value, b.Value),
		)
	})

	propose(list, accounts)
}

func cast(votes []vote, n int32, weight int) []vote {
	for i := range votes {
		if votes[i].identity == n {
			votes[i].weight += weight
			return votes
		}
	}

	return append(votes, vote{n, weight})
}

// outvoted reports whether others have at least the votes that an identity has
// without those of the pair that is asked.
func outvoted(votes []vote, n int32, weight int) bool {
	if len(votes) < 2 {
		return false
	}
	rest := -weight
	for _, v := range votes {
		if v.identity == n {
			rest += v.weight
		}
	}

	return slices.ContainsFunc(votes, func(v vote) bool { return v.identity != n && v.weight >= rest && v.weight > 0 })
}

func rate(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
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

		// A pair that finds only what those before it find adds nothing but one more rule to understand.
		if s.Uniqueness < 0.9 || s.ConflictRate > 0.1 || fresh == 0 || rate(fresh, accounts) < 0.002 {
			continue
		}
		s.Proposed = true
		for a, n := range s.found {
			seen[a] = seen[a] || n >= 0
		}
	}
}
