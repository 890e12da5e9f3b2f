package linkage

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Evidence is what one field says about a pair.
type Evidence struct {
	Field string  `json:"field"`
	A     string  `json:"a"` // the values as they are written
	B     string  `json:"b"`
	Level string  `json:"level"` // "missing" for a value that is not there
	M     float64 `json:"m"`     // how often pairs of one person have the level
	U     float64 `json:"u"`     // how often pairs of two people have it, or this value
	// Frequency says that U is that of the value.
	Frequency bool    `json:"frequency,omitempty"`
	Bits      float64 `json:"bits"` // log2(M/U); 0 for missing
}

// Candidate is another record that a record may belong to.
type Candidate struct {
	ID          string  `json:"id"`
	Bits        float64 `json:"bits"`
	Probability float64 `json:"probability"`
}

// Change is what would give a pair another band.
type Change struct {
	Field       string  `json:"field"`
	What        string  `json:"what"`
	Probability float64 `json:"probability"`
	Band        Band    `json:"band"`
}

// Explanation is why a pair has its probability. The prior and the bits of the
// fields add up to Bits.
type Explanation struct {
	A           string     `json:"a"`
	B           string     `json:"b"`
	Prior       float64    `json:"prior"` // bits
	Fields      []Evidence `json:"fields"`
	Bits        float64    `json:"bits"`
	Probability float64    `json:"probability"`
	Band        Band       `json:"band"`
	Veto        string     `json:"veto,omitempty"`
	// FoundBy are the blocking keys that made the pair a candidate; without one the two
	// records were never compared, and this is what would have come out.
	FoundBy  []string   `json:"foundBy"`
	RunnerUp *Candidate `json:"runnerUp,omitempty"`
	Changes  []Change   `json:"changes,omitempty"`
}

// Compared reports whether the pair was a candidate.
func (e *Explanation) Compared() bool { return len(e.FoundBy) > 0 }

// Explain tells why two records are, or are not, one person, for any pair. The
// records are named by their ids.
func (r *Result) Explain(a, b string) (*Explanation, error) {
	x, y := r.A.find(a), r.B.find(b)
	switch {
	case x < 0:
		return nil, fmt.Errorf("%s has no record %q", r.A.Name, a)
	case y < 0:
		return nil, fmt.Errorf("%s has no record %q", r.B.Name, b)
	case r.s.self && x == y:
		return nil, fmt.Errorf("record %q is one record, expected two", a)
	// Within one table a pair has one direction, the lower record first.
	case r.s.self && x > y:
		x, y, a, b = y, x, b, a
	}

	// The pair is compared again and not looked up: also one that no key has found is explained.
	p := r.s.compare(x, y)
	e := &Explanation{A: a, B: b, Prior: r.prior, Bits: r.prior}
	for f := range r.s.fields {
		v := r.evidence(f, p.level(f), x, y)
		if v.Level == "" {
			continue
		}
		e.Fields = append(e.Fields, v)
		e.Bits += v.Bits
	}

	found := foundBy(r.keys, x, y)
	for i, k := range r.keys {
		if found&(1<<i) != 0 {
			e.FoundBy = append(e.FoundBy, k.name)
		}
	}

	r.judge(e, p, x, y)
	return e, nil
}

// evidence returns what one field says; its level is empty where neither record
// has a value.
func (r *Result) evidence(f int, l uint8, a, b int32) Evidence {
	c := r.s.fields[f]
	v := Evidence{Field: c.name, A: r.s.raw(0, f, a), B: r.s.raw(1, f, b)}
	if l == 0 {
		// Nothing on both sides is no news, and is left out.
		if v.A != "" || v.B != "" {
			v.Level = "missing"
			if v.A != "" && v.B != "" {
				v.Level = "no evidence"
			}
		}

		return v
	}

	level := r.Model.Fields[f].Levels[l-1]
	v.Level, v.M, v.U = level.Name, level.M, level.U
	v.Bits = r.sc.fieldBits(f, l, a, b)
	if v.Frequency = level.Frequency; v.Frequency {
		v.U = v.M / math.Exp2(v.Bits)
	}
	return v
}

// raw returns the value of a record as it is written.
func (s *space) raw(side, f int, i int32) string {
	t, c := s.tables[side], s.fields[f]
	if f == s.order {
		return ""
	}

	// The mention compares texts of one side with the surname of the other, so each side shows its
	// own.
	if f == s.mention {
		if s.texts[side] != nil {
			return s.texts[side][i]
		}
		return s.name(side, i).surname
	}

	if c.columns[side] != "" {
		return t.column(c.columns[side]).Values[i]
	}

	// A field made of names has no column of its own: the first that has a value stands for it.
	for _, kind := range []Kind{c.kind, FullName} {
		for n, r := range s.recognised[side] {
			if r.Kind == kind && strings.TrimSpace(t.Columns[n].Values[i]) != "" {
				return t.Columns[n].Values[i]
			}
		}
	}

	return ""
}

// judge sets probability, band and what else depends on other records.
func (r *Result) judge(e *Explanation, p pattern, a, b int32) {
	var others []Pair
	known := false
	for _, q := range r.pairsOf(a) {
		if q.A == a && q.B == b {
			e.Probability, e.Band, e.Veto, known = q.Probability, q.Band, q.Veto, true
			continue
		}

		others = append(others, q)
	}

	// A pair that is not among the result competes with those that are, as if it had been found.
	if !known {
		e.Probability = r.among(e.Bits, others)
		e.Veto = r.veto(&scored{a: a, b: b, p: p})
	}

	slices.SortStableFunc(others, func(x, y Pair) int { return -cmp.Compare(x.Bits, y.Bits) })
	if len(others) > 0 {
		q := others[0]

		// In one table the other record may stand on either side of the pair.
		id := r.B.ID[q.B]
		if r.s.self && q.B == a {
			id = r.A.ID[q.A]
		}
		e.RunnerUp = &Candidate{ID: id, Bits: q.Bits, Probability: q.Probability}
	}

	r.changes(e, p, a, b, others)
}

// among returns the probability of bits beside other candidates.
func (r *Result) among(bits float64, others []Pair) float64 {
	if r.s.self {
		return probability(bits)
	}
	odds := math.Exp2(min(bits, 300))
	sum := 1 + odds
	for _, q := range others {
		sum += math.Exp2(min(q.Bits, 300))
	}
	return odds / sum
}

// pairsOf returns the pairs of a record.
func (r *Result) pairsOf(a int32) []Pair {
	from, _ := slices.BinarySearchFunc(r.Pairs, a, func(p Pair, a int32) int { return cmp.Compare(p.A, a) })
	to := from
	for to < len(r.Pairs) && r.Pairs[to].A == a {
		to++
	}
	list := slices.Clone(r.Pairs[from:to])
	if r.s.self {
		for _, p := range r.Pairs[:from] {
			if p.B == a {
				list = append(list, p)
			}
		}
	}

	return list
}

// changes finds the fields that alone would give the pair another band, if they
// agreed, or if they were not there.
func (r *Result) changes(e *Explanation, p pattern, a, b int32, others []Pair) {
	// One field at a time: what would change the decision alone is what somebody can check.
	for f := range r.s.fields {
		l := p.level(f)
		if f == r.s.order || f == r.s.mention {
			continue
		}
		bits := 0.0
		if l != 0 {
			bits = r.sc.fieldBits(f, l, a, b)
		}
		c := Change{Field: r.s.fields[f].name}
		switch {
		// For a linked pair it is what it rests on, for another what it lacks. Levels that only count
		// beside another field cannot be wished for.
		case e.Band == Linked && bits > 0:
			c.What = "without it"
			c.Probability = r.among(e.Bits-bits, others)
		case e.Band != Linked && l != 1 && !r.Model.Fields[f].Levels[max(1, l)-1].Also:
			c.What = "if it were equal"
			c.Probability = r.among(e.Bits-bits+r.sc.weight[f][1], others)
		default:
			continue
		}

		c.Band = r.bandOf(c.Probability)
		if c.Band != e.Band {
			e.Changes = append(e.Changes, c)
		}
	}
}

func (r *Result) bandOf(p float64) Band {
	switch {
	case p >= r.linkFrom:
		return Linked
	case p >= r.reviewFrom:
		return Review
	}

	return None
}
