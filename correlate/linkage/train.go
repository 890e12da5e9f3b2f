package linkage

import (
	"cmp"
	"context"
	"slices"
)

// tally is how many pairs have a pattern.
type tally struct {
	p pattern
	n float64
}

func tallies(counts map[pattern]int) []tally {
	out := make([]tally, 0, len(counts))
	for p, n := range counts {
		out = append(out, tally{p: p, n: float64(n)})
	}
	slices.SortFunc(out, func(x, y tally) int { return cmp.Compare(x.p, y.p) })
	return out
}

// sequence is a fixed sequence of numbers that look random: a sample drawn with it
// is the same on every run.
type sequence uint64

func (q *sequence) next() uint64 {
	*q += 0x9e3779b97f4a7c15
	return mix(uint64(*q))
}

// below returns a number from 0 to n-1.
func (q *sequence) below(n int) int32 { return int32(q.next() >> 1 % uint64(n)) }

const (
	sampled       = 300_000 // random pairs
	trainingPairs = 100_000 // pairs of each key
	// pseudo is how many pairs the shipped weights count for.
	pseudo = 40
	rounds = 25
)

// trainer finds weights.
type trainer struct {
	s         *space
	keys      []*key
	workers   int
	random    []tally
	byKey     [][]tally   // pairs of each key, without its fields
	m, u      [][]float64 // by field and level
	prior     float64
	trained   float64
	perPerson float64
}

// train returns the model of a space. u comes from random pairs; m from one
// expectation-maximisation for each key, over its pairs and without the fields that
// it looks at: over the pairs of all keys at once, agreement would be the rule by
// construction, and the classes collapse.
func (s *space) train(ctx context.Context, keys []*key, o *Options) (*Model, error) {
	t := &trainer{s: s, keys: keys, workers: o.workers()}
	t.start()
	if err := t.sample(ctx); err != nil {
		return nil, err
	}
	t.estimateU(false)
	if err := t.compareKeys(ctx); err != nil {
		return nil, err
	}
	for round := range 2 {
		t.runs()
		if round == 0 {
			// Among few records, random pairs hold pairs of one person, which now are known.
			t.estimateU(true)
			t.countPersons()
		}
	}

	return t.model(), nil
}

// start takes the shipped weights.
func (t *trainer) start() {
	for _, c := range t.s.fields {
		var m, u []float64
		for _, l := range c.levels {
			m, u = append(m, l.M), append(u, l.U)
		}
		t.m, t.u = append(t.m, m), append(t.u, u)
	}

	t.perPerson = 1
	// About one record in two has a partner.
	t.prior = 0.5 / float64(max(2, t.s.len(1)))
}

// sample compares random pairs.
func (t *trainer) sample(ctx context.Context) error {
	counts := map[pattern]int{}

	// The sequence is always the same, and so is the model of the same tables.
	q := sequence(1)
	n, m := t.s.len(0), t.s.len(1)
	if n == 0 || m == 0 {
		return ctx.Err()
	}
	for i := range min(sampled, n*m) {
		if i%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		a, b := q.below(n), q.below(m)
		if !t.s.self || a != b {
			counts[t.s.compare(a, b)]++
		}
	}

	t.random = tallies(counts)
	return nil
}

// estimateU counts the levels of random pairs, without those that a model takes for
// one person.
func (t *trainer) estimateU(known bool) {
	// The order of names is not a value, so chance says nothing about it.
	for f, c := range t.s.fields {
		if f == t.s.order {
			continue
		}
		counts := make([]float64, len(c.levels))
		total := 0.0
		for _, r := range t.random {
			l := r.p.level(f)

			// Levels that count beside another field are only defined where that one agrees, which
			// random pairs hardly show.
			if l == 0 || c.levels[l-1].Also {
				continue
			}
			n := r.n

			// Some random pairs are one person. Once a model is known these count less, which matters
			// most in small tables.
			if known {
				n *= 1 - probability(t.patternBits(r.p))
			}
			counts[l-1] += n
			total += n
		}

		// Pseudo counts keep a level that was never seen from becoming a proof.
		for l := range counts {
			if !c.levels[l].Also && total > 0 {
				t.u[f][l] = max((counts[l]+pseudo*c.levels[l].U)/(total+pseudo), 1e-7)
			}
		}
	}
}

// countPersons estimates how many records of one table a person has.
func (t *trainer) countPersons() {
	if !t.s.self {
		return
	}
	same, all := 0.0, 0.0
	for _, r := range t.random {
		same += r.n * probability(t.patternBits(r.p))
		all += r.n
	}

	t.perPerson = 1 + same/max(1, all)*float64(t.s.len(0)-1)
}

// patternBits returns the bits of a pattern with the prior.
func (t *trainer) patternBits(p pattern) float64 {
	bits := log2(t.prior / (1 - t.prior))
	for f := range t.s.fields {
		if l := p.level(f); l != 0 {
			bits += log2(t.m[f][l-1] / t.u[f][l-1])
		}
	}

	return bits
}

// runs does one training for each key and takes the mean of what they found, each
// counting as much as it saw.
func (t *trainer) runs() {
	// Each key sees pairs that agree in its own fields, so it says nothing about them. Together the
	// keys see every field.
	type sum struct{ m, n []float64 }
	sums := make([]sum, len(t.s.fields))
	for f, c := range t.s.fields {
		sums[f] = sum{m: make([]float64, len(c.levels)), n: make([]float64, len(c.levels))}
	}
	t.trained = 0
	for _, list := range t.byKey {
		matches := t.maximise(list, func(f, l int, m, n float64) {
			sums[f].m[l] += m
			sums[f].n[l] += n
		})
		t.trained = max(t.trained, matches)
	}

	// Levels must not contradict themselves: agreement is no evidence against, and a better level is
	// worth no less than a worse one.
	for f, c := range t.s.fields {
		if f == t.s.order {
			continue
		}
		for l := range c.levels {
			shipped := c.levels[l].M
			t.m[f][l] = max((sums[f].m[l]+pseudo*shipped)/(sums[f].n[l]+pseudo), 1e-5)
		}

		t.bound(f)
		t.monotone(f)
	}
}

// mostDifferent is how often a field by which people are told apart differs for one
// person at most. Families share more than that: where they are many, they would be
// taken for persons.
var mostDifferent = map[Kind]float64{GivenName: 0.12, Surname: 0.15, BirthDate: 0.2}

// bound keeps the last level of such a field within what one person can have.
func (t *trainer) bound(f int) {
	most, ok := mostDifferent[t.s.fields[f].kind]
	if last := len(t.m[f]) - 1; ok {
		t.m[f][last] = min(t.m[f][last], most)
	}
}

// compareKeys compares a sample of the pairs of each key.
func (t *trainer) compareKeys(ctx context.Context) error {
	t.byKey = make([][]tally, len(t.keys))
	parallel(t.workers, len(t.keys), func(i int) {
		if k := t.keys[i]; !k.every && k.pairs > 0 && ctx.Err() == nil {
			t.byKey[i] = t.pairsOf(ctx, k)
		}
	})
	return ctx.Err()
}

// pairsOf compares a sample of the pairs of a key, without its fields.
func (t *trainer) pairsOf(ctx context.Context, k *key) []tally {
	// Whole blocks are taken or left, by their hash: the same records give the same sample, in
	// whatever order they come.
	every := uint64(k.pairs/trainingPairs + 1)
	counts := map[pattern]int{}
	for _, b := range k.blocks {
		if ctx.Err() != nil {
			return nil
		}
		h := uint64(k.hash[0][k.order[0][b.a0]])
		if mix(h)%every != 0 {
			continue
		}
		for i := b.a0; i < b.a1; i++ {
			from := b.b0
			if t.s.self {
				from = i + 1
			}
			for j := from; j < b.b1; j++ {
				x, y := k.order[0][i], k.order[1][j]
				if t.s.self && x > y {
					x, y = y, x
				}

				// The fields of the key agree in all these pairs, which would teach that they always
				// do.
				counts[t.s.compare(x, y).without(k.fields)]++
			}
		}
	}

	return tallies(counts)
}

// maximise runs expectation-maximisation over the pairs of one key, and hands on
// the expected pairs of one person by field and level. It returns how many there
// are.
func (t *trainer) maximise(list []tally, add func(f, l int, m, n float64)) float64 {
	m := make([][]float64, len(t.m))
	for f := range m {
		m[f] = slices.Clone(t.m[f])
	}

	// The share of pairs that are one person is learned too; this is where it begins.
	share, total := 0.2, 0.0
	for _, r := range list {
		total += r.n
	}
	if total == 0 {
		return 0
	}

	// Expectation: how likely each pattern is one person, by the shares as they are known now.
	gamma := make([]float64, len(list))
	for range rounds {
		matches := 0.0
		for i, r := range list {
			bits := log2(share / (1 - share))
			for f := range m {
				if l := r.p.level(f); l != 0 {
					bits += log2(m[f][l-1] / t.u[f][l-1])
				}
			}

			gamma[i] = probability(bits) * r.n
			matches += gamma[i]
		}

		// Kept off 0 and 1, from which it could not come back.
		share = min(max(matches/total, 1e-6), 0.999)
		t.update(m, list, gamma)
	}

	return t.hand(m, list, gamma, add)
}

// update sets m to what the expected pairs of one person show.
func (t *trainer) update(m [][]float64, list []tally, gamma []float64) {
	for f, c := range t.s.fields {
		if f == t.s.order {
			continue
		}

		// Levels that count beside another field are shares of their own group.
		var sum [2]float64
		counts := make([]float64, len(c.levels))
		for i, r := range list {
			if l := r.p.level(f); l != 0 {
				counts[l-1] += gamma[i]
				sum[group(&c.levels[l-1])] += gamma[i]
			}
		}

		for l := range counts {
			g := group(&c.levels[l])
			m[f][l] = max((counts[l]+pseudo*c.levels[l].M)/(sum[g]+pseudo), 1e-5)
		}

		// How often one person's values differ is bounded: what a key brings together by mistake would
		// else teach that people change them.
		if most, ok := mostDifferent[c.kind]; ok {
			m[f][len(counts)-1] = min(m[f][len(counts)-1], most)
		}
	}
}

func group(l *Level) int {
	if l.Also {
		return 1
	}
	return 0
}

// hand passes on what a run saw.
func (t *trainer) hand(m [][]float64, list []tally, gamma []float64, add func(f, l int, m, n float64)) float64 {
	matches := 0.0
	for _, g := range gamma {
		matches += g
	}
	for f, c := range t.s.fields {
		if f == t.s.order {
			continue
		}

		// Whoever takes the mean needs the counts and what they are shares of.
		var sum [2]float64
		counts := make([]float64, len(c.levels))
		for i, r := range list {
			if l := r.p.level(f); l != 0 {
				counts[l-1] += gamma[i]
				sum[group(&c.levels[l-1])] += gamma[i]
			}
		}

		for l := range counts {
			add(f, l, counts[l], sum[group(&c.levels[l])])
		}
	}

	return matches
}

// monotone makes the evidence of the levels fall from the first to the last: a level
// that few pairs have must not say more than a better one.
func (t *trainer) monotone(f int) {
	levels := t.s.fields[f].levels
	before := 0.0
	for l := range levels {
		switch {
		case l == 0 || levels[l].Also != levels[l-1].Also:
			before = 1 / t.u[f][l] // values decide about exact levels
		case levels[l].Apart:
			continue
		case t.m[f][l]/t.u[f][l] > before:
			t.m[f][l] = before * t.u[f][l]
		}

		if !levels[l].Frequency {
			before = t.m[f][l] / t.u[f][l]
		}
	}
}

// model returns what was found.
func (t *trainer) model() *Model {
	m := &Model{Prior: t.prior, Trained: t.trained, PerPerson: t.perPerson}
	for f, c := range t.s.fields {
		field := Field{Name: c.name, Kind: c.kind, A: c.columns[0], B: c.columns[1], Levels: slices.Clone(c.levels)}
		for l := range field.Levels {
			field.Levels[l].M, field.Levels[l].U = t.m[f][l], t.u[f][l]
		}
		m.Fields = append(m.Fields, field)
	}

	return m
}
