package linkage

import "math"

// Model is what makes a pair likely: a prior and, for each field and level, how
// often pairs of one person and pairs of two people have it. It can be saved as
// JSON, compared and used again.
type Model struct {
	Prior  float64 `json:"prior"` // share of the pairs of all records that are of one person
	Fields []Field `json:"fields"`
	// PerPerson is how many records of a table one person has, in the mean; 1 between
	// two tables.
	PerPerson float64 `json:"perPerson"`
	// Trained is how many pairs of one person the weights rest on; 0 for shipped ones.
	Trained float64 `json:"trained"`
}

// Field is one comparison of a model.
type Field struct {
	Name   string  `json:"name"`
	Kind   Kind    `json:"kind"`
	A      string  `json:"a,omitempty"` // column of the first table
	B      string  `json:"b,omitempty"`
	Levels []Level `json:"levels"`
}

// bits returns the evidence of a level: the logarithm, to base 2, of how much
// likelier it is for one person than for two.
func (l *Level) bits() float64 { return math.Log2(l.M / l.U) }

// scorer turns levels into bits.
type scorer struct {
	s       *space
	weight  [][16]float64 // by field and level
	domains [][]float32   // by field: bits of the domain by value
	exact   [][]float32   // by field: bits of the exact level by value, nil where all are alike
	rest    []float64     // by field: the most that it and those after it can say
	model   *Model
	prior   float64 // bits
}

func newScorer(s *space, m *Model) *scorer {
	sc := &scorer{s: s, model: m, prior: math.Log2(m.Prior / (1 - m.Prior))}
	sc.weight = make([][16]float64, len(s.fields))
	sc.exact = make([][]float32, len(s.fields))
	sc.domains = make([][]float32, len(s.fields))
	for f := range s.fields {
		for l := range m.Fields[f].Levels {
			sc.weight[f][l+1] = m.Fields[f].Levels[l].bits()
		}
		sc.frequencies(f)
	}

	sc.bound()
	return sc
}

// bound prepares the most that the fields from each on can say for a pair.
func (sc *scorer) bound() {
	sc.rest = make([]float64, len(sc.s.fields)+1)
	for f := len(sc.s.fields) - 1; f >= 0; f-- {
		most := 0.0
		for _, w := range sc.weight[f] {
			most = max(most, w)
		}
		for _, w := range sc.exact[f] {
			most = max(most, float64(w))
		}
		domain := 0.0
		for _, w := range sc.domains[f] {
			domain = max(domain, float64(w))
		}
		sc.rest[f] = sc.rest[f+1] + most + domain
	}
}

// evaluate returns the levels and the bits of a pair, and whether it has enough of
// them. It stops when what is left to compare cannot bring enough.
func (sc *scorer) evaluate(a, b int32) (p pattern, total float64, enough bool) {
	s := sc.s
	p, agree := s.compareFirst(a, b)
	total = sc.prior
	for f := range s.first {
		if l := p.level(f); l != 0 {
			total += sc.fieldBits(f, l, a, b)
		}
	}

	for f := s.first; f < len(s.fields); f++ {
		// Most pairs end here, after the names: what the other fields can bring at best is known.
		if total+sc.rest[f] < keepBits {
			return p, total, false
		}
		var l uint8
		if l, agree = s.compareField(f, p, agree, a, b); l != 0 {
			p = p.with(f, l)
			total += sc.fieldBits(f, l, a, b)
		}
	}

	return p, total, total >= keepBits
}

// frequencies prepares the bits of rare and common values.
func (sc *scorer) frequencies(f int) {
	c, levels := sc.s.fields[f], sc.model.Fields[f].Levels
	if !levels[0].Frequency || c.dict == nil || f == sc.s.mention {
		return
	}
	sc.exact[f] = make([]float32, len(c.dict.texts))
	for n := range c.dict.texts {
		sc.exact[f][n] = float32(math.Log2(levels[0].M / sc.valueFrequency(f, int32(n))))
	}
	if c.kind == Email && c.derived {
		sc.domains[f] = c.domainBits(sc.s)
	}
}

// valueFrequency returns how often two people share a value that one of them has.
// The records of the one person do not count; a value that nobody else has is as
// frequent as values of the field are shared by chance, within what so many records
// can show.
func (sc *scorer) valueFrequency(f int, n int32) float64 {
	c := sc.s.fields[f]
	records := float64(sc.s.records())
	count, own := float64(c.dict.counts[0][n]), sc.model.PerPerson
	if !sc.s.self {
		count, own = count+float64(c.dict.counts[1][n]), 2
	}
	chance := sc.model.Fields[f].Levels[0].U
	least := min(max(chance, 1/(8*records)), 1/records)
	return max((count-own)/records, least)
}

// domainBits returns the evidence that two people of one name would have another
// domain, by address.
func (c *comparison) domainBits(s *space) []float32 {
	counts, all := map[string]float64{}, 0.0
	for n, text := range c.dict.texts {
		k := float64(c.dict.counts[0][n])
		if !s.self {
			k += float64(c.dict.counts[1][n])
		}
		counts[text[c.dict.split[n]:]] += k
		all += k
	}

	out := make([]float32, len(c.dict.texts))
	for n, text := range c.dict.texts {
		out[n] = float32(-math.Log2(counts[text[c.dict.split[n]:]] / all))
	}
	return out
}

// score returns the bits of a pair with its prior.
func (sc *scorer) score(p pattern, a, b int32) float64 {
	total := sc.prior
	for f := range sc.s.fields {
		if l := p.level(f); l != 0 {
			total += sc.fieldBits(f, l, a, b)
		}
	}

	return total
}

// fieldBits returns the evidence of one field of a pair.
func (sc *scorer) fieldBits(f int, l uint8, a, b int32) float64 {
	if l == 1 && sc.exact[f] != nil {
		return sc.exactBits(f, a, b)
	}
	if f == sc.s.mention && l == 1 {
		return sc.mentionBits(a, b)
	}
	if sc.domains[f] != nil && (l == mailAlsoExact || l == mailAlsoEdit) {
		c := sc.s.fields[f]
		return sc.weight[f][l] + float64(min(sc.domains[f][c.values[0][a]], sc.domains[f][c.values[1][b]]))
	}

	return sc.weight[f][l]
}

// exactBits returns the evidence of a value in common; of two that are equal in
// another form, that of the more common.
func (sc *scorer) exactBits(f int, a, b int32) float64 {
	c := sc.s.fields[f]
	if f <= fieldSurname && sc.s.personName {
		return sc.nameBits(f, a, b)
	}
	x, y := c.values[0][a], c.values[1][b]
	return float64(min(sc.exact[f][x], sc.exact[f][y]))
}

// nameBits is exactBits for a part of a name, which may be crossed.
func (sc *scorer) nameBits(f int, a, b int32) float64 {
	c := sc.s.fields[f]
	own, other := c.values[0][a], c.values[1][b]
	if own >= 0 && other >= 0 && own == other {
		return float64(sc.exact[f][own])
	}
	// Crossed: the given name stands in the surname of the first record.
	n := sc.s.surname[0][a]
	if f == fieldSurname {
		n = sc.s.given[0][a]
	}
	return float64(sc.exact[f][n])
}

// mentionBits is the evidence of a surname that stands in the other's text.
func (sc *scorer) mentionBits(a, b int32) float64 {
	l := &sc.model.Fields[sc.s.mention].Levels[0]
	most := 0.0
	for side, i := range [2]int32{a, b} {
		if n := sc.s.surname[side][i]; n >= 0 {
			most = max(most, sc.valueFrequency(fieldSurname, n))
		}
	}

	return math.Log2(l.M / max(most, l.U))
}

// probability returns the probability of bits.
func probability(bits float64) float64 { return 1 / (1 + math.Exp2(-bits)) }
