package correlate

import (
	"cmp"
	"context"
	"slices"
)

// SourceSuggestions are the criteria that would be good for a source. Its JSON
// form is stable.
type SourceSuggestions struct {
	Name     string          `json:"name"`
	Accounts int             `json:"accounts"` // that had to find an identity
	Pairs    []SuggestedPair `json:"pairs"`    // those to propose first
	list     []Suggestion
}

// SuggestedPair is a [Suggestion] with its place.
type SuggestedPair struct {
	Order            int     `json:"order"` // place in the proposed configuration; 0: not proposed
	Property         string  `json:"property"`
	Value            string  `json:"value"`
	AccountCoverage  float64 `json:"accountCoverage"`
	IdentityCoverage float64 `json:"identityCoverage"`
	Uniqueness       float64 `json:"uniqueness"`
	MatchRate        float64 `json:"matchRate"`
	AmbiguousRate    float64 `json:"ambiguousRate"`
	ConflictRate     float64 `json:"conflictRate"`
	Configured       bool    `json:"configured"`
}

// Suggest tries all pairs of the attributes of a suggester and those that the
// accounts have, on the accounts that had to find an identity. The error is that of
// the context.
func (x *Analysis) Suggest(ctx context.Context, by *Suggester) (*SourceSuggestions, error) {
	l := x.searched()
	s := &SourceSuggestions{Name: x.Source, Accounts: len(l.Accounts), Pairs: []SuggestedPair{}}
	criteria := x.c.Criteria()
	configured := func(property, value string) bool { return slices.Contains(criteria, property+" = "+value) }
	var err error
	s.list, err = by.Suggest(ctx, l.Accounts, l.attributes(), SuggestOptions{Configured: configured})

	// The suggester ranks pairs by how well they find; the order counts only those worth proposing,
	// which are the criteria as somebody would write them down.
	order := 0
	for i := range s.list {
		f := &s.list[i]
		p := SuggestedPair{
			Property: f.Property, Value: f.Value,
			AccountCoverage: f.AccountCoverage, IdentityCoverage: f.IdentityCoverage, Uniqueness: f.Uniqueness,
			MatchRate: f.MatchRate, AmbiguousRate: f.AmbiguousRate, ConflictRate: f.ConflictRate,
			Configured: configured(f.Property, f.Value),
		}

		if f.Proposed {
			order++
			p.Order = order
		}

		s.Pairs = append(s.Pairs, p)
	}

	slices.SortStableFunc(s.Pairs, func(a, b SuggestedPair) int {
		return cmp.Compare(btoi(a.Order == 0), btoi(b.Order == 0))
	})
	return s, err
}

// Criteria describes the rules and criteria of the configuration in their order,
// as [Correlator.Criterion] does.
func (c *Correlator) Criteria() []string {
	var list []string
	for i := 0; ; i++ {
		label := c.Criterion(i)
		if label == "" {
			return list
		}
		list = append(list, label)
	}
}

// attributes are the account attributes that some account has.
func (l *Links) attributes() []string {
	seen := map[string]bool{}
	var list []string
	for i := range l.Accounts {
		for name := range l.Accounts[i].Attributes.All() {
			if !seen[name] {
				seen[name] = true
				list = append(list, name)
			}
		}
	}

	slices.Sort(list)
	return list
}
