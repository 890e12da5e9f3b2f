package linkage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

// Band is what is done with a pair.
type Band uint8

// The bands.
const (
	None   Band = iota // nothing
	Review             // a person is asked
	Linked             // one person, by itself
)

var bandNames = [...]string{"none", "review", "link"}

// String returns the band as files write it.
func (b Band) String() string { return bandNames[min(int(b), len(bandNames)-1)] }

// MarshalText writes the band as files do.
func (b Band) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads the band as files have it.
func (b *Band) UnmarshalText(text []byte) error {
	i := slices.Index(bandNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("unknown band %q, expected one of %s", text, strings.Join(bandNames[:], ", "))
	}
	*b = Band(i)
	return nil
}

// Pair is two records that may be one person.
type Pair struct {
	A, B        int32 // records of the result's tables
	Probability float64
	Bits        float64 // evidence, with the prior
	Band        Band
	Veto        string // why it is not linked although it is likely, "" for no reason
	levels      pattern
}

// Result is what linking found.
type Result struct {
	A, B     *Table  // ordered by id; B is A for the pairs within one table
	Pairs    []Pair  // with a band of review or better, by record of A, the likeliest first
	Clusters []int32 // within one table: by record, the first record of its cluster
	Model    *Model
	Report   Report

	s     *space
	sc    *scorer
	keys  []*key
	prior float64 // bits, for one candidate of a record

	linkFrom, reviewFrom float64
}

// Within finds the records of one table that are one person.
func Within(ctx context.Context, t *Table, o Options) (*Result, error) {
	r, pairs, err := prepare(ctx, t, nil, &o)
	if err != nil {
		return nil, err
	}
	r.decideWithin(pairs, &o)
	return r, ctx.Err()
}

// Between finds, for the records of a first table, those of a second one that are
// the same person.
func Between(ctx context.Context, a, b *Table, o Options) (*Result, error) {
	r, pairs, err := prepare(ctx, a, b, &o)
	if err != nil {
		return nil, err
	}
	r.decideBetween(pairs, &o)
	return r, ctx.Err()
}

// prepare finds and scores the candidates.
func prepare(ctx context.Context, a, b *Table, o *Options) (*Result, []scored, error) {
	// The keys are found before the model: learning needs pairs that are probably one person, and keys
	// are how to get them.
	s := newSpace(a, b, o)
	keys := s.keys(o.workers())
	s.plan(keys)
	model, err := s.model(ctx, keys, o)
	if err != nil {
		return nil, nil, err
	}

	sc := newScorer(s, model)
	pairs, compared, err := sc.scorePairs(ctx, keys, o.workers())
	if err != nil {
		return nil, nil, err
	}

	// The order that everything after this relies on: by record of the first table, then of the
	// second.
	slices.SortFunc(pairs, func(x, y scored) int { return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b)) })
	r := &Result{
		A:          s.tables[0],
		B:          s.tables[1],
		Model:      model,
		s:          s,
		sc:         sc,
		keys:       keys,
		linkFrom:   o.link(),
		reviewFrom: o.review(),
	}

	r.Report = report(s, keys, compared)
	return r, pairs, nil
}

// model returns the model of the options, or finds one.
func (s *space) model(ctx context.Context, keys []*key, o *Options) (*Model, error) {
	if o.Model != nil {
		return o.Model.fit(s)
	}
	return s.train(ctx, keys, o)
}

// Report tells what was assumed and what was done.
type Report struct {
	Columns  [2][]Recognised `json:"columns"`
	Pairings []Pairing       `json:"pairings"`
	Derived  []string        `json:"derived,omitempty"` // fields made of the name
	Keys     []KeyReport     `json:"keys"`
	Compared int64           `json:"compared"` // pairs
	Sparse   bool            `json:"sparse"`   // too few pairs to trust what was learned
	// Recall is the estimated share of the pairs of one person that the keys find.
	Recall float64 `json:"recall"`
}

// KeyReport is what a blocking key costs and brings.
type KeyReport struct {
	Name  string `json:"name"`
	Pairs int64  `json:"pairs"`
	Cut   int    `json:"cutBlocks,omitempty"` // blocks left out as too large
	Lost  int64  `json:"cutPairs,omitempty"`  // pairs of these
	Links int    `json:"links"`               // of the pairs linked or to review
	Alone int    `json:"alone"`               // of these, what no other key finds
}

func report(s *space, keys []*key, compared int64) Report {
	r := Report{Columns: s.recognised, Pairings: s.pairings, Compared: compared}
	for _, f := range s.derived {
		r.Derived = append(r.Derived, s.fields[f].name)
	}
	for _, k := range keys {
		r.Keys = append(r.Keys, KeyReport{Name: k.name, Pairs: k.pairs, Cut: k.Cut, Lost: k.cut})
	}
	return r
}

// Stranger reports whether a record of the first table has an id of a kind that the
// records of the second have, which none of them has, not even nearly: its person is
// probably not among them, nor in a table that has no such ids.
func (r *Result) Stranger(id string) bool {
	a := r.A.find(id)
	if a < 0 {
		return false
	}
	strange := false
	for f, c := range r.s.fields {
		if c.kind != Identifier || c.values[0][a] < 0 {
			continue
		}
		strange = true

		// An id that is nearly the same may be a slip of the same person's.
		for _, p := range r.pairsOf(a) {
			if l := p.levels.level(f); l != 0 && l < idDifferent {
				return false
			}
		}
	}

	return strange
}
