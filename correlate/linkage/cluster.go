package linkage

import (
	"cmp"
	"math"
	"slices"
)

// decideWithin sets probabilities, bands and clusters of the pairs of one table.
func (r *Result) decideWithin(pairs []scored, o *Options) {
	shift := r.shift(pairs)
	r.prior = r.sc.prior + shift
	for i := range pairs {
		pairs[i].bits += shift
		pairs[i].prob = probability(pairs[i].bits)
	}

	r.Report.Sparse = r.Model.Trained < sparse
	c := newClusters(r, pairs, o)
	c.link()
	c.attach()
	c.finish()
	r.finish()
}

// shift returns what the prior has to be raised by so that it is the share of the
// pairs that the evidence makes likely.
func (r *Result) shift(pairs []scored) float64 {
	n := float64(r.s.len(0))
	all := max(1, n*(n-1)/2)
	shift := 0.0
	for range 20 {
		sum := 0.0
		for i := range pairs {
			sum += probability(pairs[i].bits + shift)
		}
		share := min(max(sum/all, 0.01/all), 0.5)
		shift = math.Log2(share/(1-share)) - r.sc.prior
	}

	return shift
}

const (
	// attachFrom is the mean probability of the pairs of two clusters from which they
	// are one: a record that says little is sure when all records of a person are likely.
	attachFrom = 0.6
	// leastSupport is the mean probability that two clusters of several records need
	// though one pair is sure: one wrong pair must not join two people.
	leastSupport = 0.15
	// largestCluster is how many records one person has at most.
	largestCluster = 500
)

// clusters joins records, the likeliest pairs first.
type clusters struct {
	r       *Result
	o       *Options
	pairs   []scored
	index   map[[2]int32]int32 // pair by its records
	members map[int32][]int32  // by root
	joined  map[[2]int32]float64
	cannot  map[[2]int32]bool
}

func newClusters(r *Result, pairs []scored, o *Options) *clusters {
	c := &clusters{
		r:       r,
		o:       o,
		pairs:   pairs,
		index:   make(map[[2]int32]int32, len(pairs)),
		members: map[int32][]int32{},
		joined:  map[[2]int32]float64{},
	}

	for i := range pairs {
		pairs[i].veto = r.veto(&pairs[i])
		c.index[[2]int32{pairs[i].a, pairs[i].b}] = int32(i)
	}

	r.Clusters = make([]int32, r.s.len(0))
	for i := range r.Clusters {
		r.Clusters[i] = int32(i)
	}
	c.cannot = r.decided(o.CannotLink)
	return c
}

// of returns the records of a cluster.
func (c *clusters) of(root int32) []int32 {
	if list := c.members[root]; list != nil {
		return list
	}
	return []int32{root}
}

// mean returns the mean probability of the pairs of two clusters.
func (c *clusters) mean(x, y int32) float64 {
	sum, n := 0.0, 0.0
	for _, a := range c.of(x) {
		for _, b := range c.of(y) {
			n++
			if i, ok := c.index[[2]int32{min(a, b), max(a, b)}]; ok && c.pairs[i].veto == "" {
				sum += c.pairs[i].prob
			}
		}
	}

	return sum / n
}

// apart reports whether people said that two clusters are two people.
func (c *clusters) apart(x, y int32) bool {
	if len(c.cannot) == 0 {
		return false
	}
	for _, a := range c.of(x) {
		for _, b := range c.of(y) {
			if c.cannot[[2]int32{min(a, b), max(a, b)}] {
				return true
			}
		}
	}

	return false
}

// join makes one cluster of two and gives all pairs of them a probability.
func (c *clusters) join(x, y int32, p float64) {
	x, y = min(x, y), max(x, y)
	for _, a := range c.of(x) {
		for _, b := range c.of(y) {
			c.joined[[2]int32{min(a, b), max(a, b)}] = p
		}
	}

	list := append(slices.Clone(c.of(x)), c.of(y)...)
	for _, i := range c.of(y) {
		c.r.Clusters[i] = x
	}
	delete(c.members, y)
	c.members[x] = list
}

// link joins by decisions of people, then by sure pairs.
func (c *clusters) link() {
	// People first: what a person has joined pulls later pairs to it, whatever the figures say.
	for k := range sortedPairs(c.r.decided(c.o.MustLink)) {
		if x, y := c.r.Clusters[k[0]], c.r.Clusters[k[1]]; x != y {
			c.join(x, y, 1)
		}
	}

	// The surest pair joins first, so that a wrong one meets clusters which are nearly whole, and is
	// refused by their other members.
	order := make([]int32, 0, len(c.pairs))
	for i := range c.pairs {
		if c.pairs[i].prob >= c.o.link() && c.pairs[i].veto == "" {
			order = append(order, int32(i))
		}
	}

	slices.SortFunc(order, func(i, j int32) int {
		x, y := &c.pairs[i], &c.pairs[j]
		return cmp.Or(-cmp.Compare(x.bits, y.bits), cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
	})
	for _, i := range order {
		x, y := c.r.Clusters[c.pairs[i].a], c.r.Clusters[c.pairs[i].b]
		n, m := len(c.of(x)), len(c.of(y))

		// A single record may join by one sure pair. Two groups need the mean of all their pairs: one
		// common value must not melt two people.
		if x == y || n+m > largestCluster || c.apart(x, y) || min(n, m) > 1 && c.mean(x, y) < leastSupport {
			continue
		}
		c.join(x, y, c.pairs[i].prob)
	}
}

// attach joins clusters whose pairs are likely all together, though none is sure.
func (c *clusters) attach() {
	// Clusters are asked as wholes: a pair that alone is for review may be one of several that agree.
	seen := map[[2]int32]bool{}
	for i := range c.pairs {
		x, y := c.r.Clusters[c.pairs[i].a], c.r.Clusters[c.pairs[i].b]
		if x != y && c.pairs[i].prob >= c.o.review() && c.pairs[i].veto == "" && len(c.of(x))*len(c.of(y)) > 1 {
			seen[[2]int32{min(x, y), max(x, y)}] = true
		}
	}

	type candidate struct {
		k    [2]int32
		mean float64
	}
	var list []candidate
	for k := range sortedPairs(seen) {
		if mean := c.mean(k[0], k[1]); mean >= attachFrom {
			list = append(list, candidate{k: k, mean: mean})
		}
	}

	slices.SortStableFunc(list, func(p, q candidate) int { return -cmp.Compare(p.mean, q.mean) })
	for _, next := range list {
		// Clusters that have grown meanwhile are asked again.
		x, y := c.r.Clusters[next.k[0]], c.r.Clusters[next.k[1]]
		if x == y || len(c.of(x))+len(c.of(y)) > largestCluster || c.apart(x, y) {
			continue
		}
		if mean := c.mean(x, y); mean >= attachFrom {
			c.join(x, y, mean)
		}
	}
}

// finish takes over the pairs within clusters, and those of a band between them.
func (c *clusters) finish() {
	for i := range c.pairs {
		// A pair that was likely enough, and that clustering has not joined, contradicts the others: a
		// person has to look at it.
		p := &c.pairs[i]
		if _, ok := c.joined[[2]int32{p.a, p.b}]; !ok {
			c.r.take(p, c.o)
			if n := len(c.r.Pairs) - 1; n >= 0 && c.r.Pairs[n].A == p.a && c.r.Pairs[n].B == p.b &&
				c.r.Pairs[n].Band == Linked {
				c.r.Pairs[n].Band, c.r.Pairs[n].Veto = Review, "it would join two people"
			}
		}
	}

	for k, p := range sortedPairs(c.joined) {
		// Clusters also join records that no key has brought together; such pairs are compared now,
		// for the explanation.
		pair := Pair{A: k[0], B: k[1], Probability: p, Band: Linked}
		if i, ok := c.index[k]; ok {
			pair.Bits, pair.levels = c.pairs[i].bits, c.pairs[i].p
			pair.Probability = max(p, c.pairs[i].prob)
		} else {
			pair.levels = c.r.s.compare(k[0], k[1])
			pair.Bits = c.r.sc.score(pair.levels, k[0], k[1]) - c.r.sc.prior + c.r.prior
		}

		c.r.Pairs = append(c.r.Pairs, pair)
	}
}
