package linkage

import (
	"cmp"
	"math"
	"slices"
)

// sparse is how many pairs of one person the data must show before what they teach
// about contradictions is believed.
const sparse = 150

// decideBetween sets probabilities and bands of the pairs of two tables. A record
// of the first belongs to one of the second or to none, so its candidates compete:
// where two are alike, neither is likely.
func (r *Result) decideBetween(pairs []scored, o *Options) {
	base := r.sc.prior
	owned := r.share(pairs)
	perCandidate := math.Log2(owned / (1 - owned) / float64(max(1, r.s.len(1))))
	r.prior = perCandidate
	for from := 0; from < len(pairs); {
		to := from + 1
		for to < len(pairs) && pairs[to].a == pairs[from].a {
			to++
		}
		compete(pairs[from:to], perCandidate-base)
		from = to
	}

	if o.OneToOne {
		r.competeBack(pairs, perCandidate-base)
	}
	r.Report.Sparse = r.Model.Trained < sparse
	for i := range r.respect(pairs, o) {
		r.take(&pairs[i], o)
	}
	r.finish()
}

// respect adds what people decided to the result, and returns the numbers of the
// pairs that are left: none of a record whose person is known, none that was denied.
func (r *Result) respect(pairs []scored, o *Options) map[int]bool {
	must, cannot := r.decided(o.MustLink), r.decided(o.CannotLink)
	known := map[int32]bool{}
	for k := range sortedPairs(must) {
		known[k[0]] = true
		p := r.s.compare(k[0], k[1])
		bits := r.sc.score(p, k[0], k[1]) - r.sc.prior + r.prior
		r.Pairs = append(r.Pairs, Pair{A: k[0], B: k[1], Probability: 1, Bits: bits, Band: Linked, levels: p})
	}

	left := make(map[int]bool, len(pairs))
	for i := range pairs {
		if !known[pairs[i].a] && !cannot[[2]int32{pairs[i].a, pairs[i].b}] {
			left[i] = true
		}
	}

	return left
}

// share returns how many records of the first table have a partner, found by
// expectation-maximisation over what their candidates show.
func (r *Result) share(pairs []scored) float64 {
	n, share := float64(max(1, r.s.len(0))), 0.5
	size := float64(max(1, r.s.len(1)))
	for range 20 {
		sum := 0.0
		prior := share / (1 - share) / size
		for from := 0; from < len(pairs); {
			to, odds := from, 0.0
			for to < len(pairs) && pairs[to].a == pairs[from].a {
				odds += math.Exp2(min(pairs[to].bits-r.sc.prior, 200)) * prior
				to++
			}

			sum += odds / (1 + odds)
			from = to
		}

		share = min(max(sum/n, 0.02), 0.98)
	}

	return share
}

// compete shares the probability of one record among its candidates and nobody.
// Shift is added to their bits.
func compete(list []scored, shift float64) {
	most := 0.0
	for i := range list {
		list[i].bits += shift
		most = max(most, list[i].bits)
	}

	sum := math.Exp2(-most)
	for i := range list {
		sum += math.Exp2(list[i].bits - most)
	}
	for i := range list {
		list[i].prob = math.Exp2(list[i].bits-most) / sum
	}
}

// competeBack lets the records of the first table compete for those of the second.
func (r *Result) competeBack(pairs []scored, shift float64) {
	// The pairs come ordered by the first table; the second one's competition needs its own order.
	order := make([]int, len(pairs))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(x, y int) int {
		return cmp.Or(cmp.Compare(pairs[x].b, pairs[y].b), cmp.Compare(pairs[x].a, pairs[y].a))
	})
	for from := 0; from < len(order); {
		to := from

		// Powers are taken relative to the largest, so that none overflows and what is small next to
		// it counts as little as it should.
		most := 0.0
		for ; to < len(order) && pairs[order[to]].b == pairs[order[from]].b; to++ {
			most = max(most, pairs[order[to]].bits)
		}

		// The term for nobody: of all candidates none need be the person.
		sum := math.Exp2(-most)
		for _, i := range order[from:to] {
			sum += math.Exp2(pairs[i].bits - most)
		}
		for _, i := range order[from:to] {
			// A pair has to win on both sides, so the smaller probability counts.
			pairs[i].prob = min(pairs[i].prob, math.Exp2(pairs[i].bits-most)/sum)
		}
		from = to
	}
}

// take adds a pair to the result when it has a band.
func (r *Result) take(p *scored, o *Options) {
	if p.prob < o.review() {
		return
	}
	pair := Pair{A: p.a, B: p.b, Probability: p.prob, Bits: p.bits, Band: Review, levels: p.p, Veto: r.veto(p)}
	if p.prob >= o.link() && pair.Veto == "" {
		pair.Band = Linked
	}
	r.Pairs = append(r.Pairs, pair)
}

// veto returns why a pair must not be linked by itself however likely it is.
func (r *Result) veto(p *scored) string {
	s := r.s
	if s.impersonal[0] != nil && s.impersonal[0][p.a] || s.impersonal[1] != nil && s.impersonal[1][p.b] {
		return "the account belongs to no person"
	}
	if r.Report.Sparse {
		return s.contradiction(p.p)
	}
	return s.denied(p.p)
}

// denied returns why a pair is not linked though it is likely: an id, or what tells
// the members of a family apart, says that it is somebody else, and nothing of its
// own says that it is the same person.
func (s *space) denied(p pattern) string {
	against := map[Kind]string{}
	own, home, id := false, false, false // agree: what one person has, where several live

	// The levels of exact and nearly equal have the same numbers for birth dates, identifiers and
	// phones.
	for f, c := range s.fields {
		l := p.level(f)
		switch c.kind {
		case Email:
			own = own || l == mailExact || l == mailAlsoExact
		case Address:
			home = home || l == lineExact || l == lineEdit
		case BirthDate, Identifier, Phone:
			agrees := l == idExact || l == idEdit
			own, id = own || agrees, id || agrees && c.kind == Identifier
			if l == idDifferent {
				against[c.kind] = c.name
			}

		case GivenName:
			if l == givenDifferent {
				against[GivenName] = c.name
			}
		}
	}

	// The order matters. A relative shares home and surname, so it is looked for before anything of
	// one's own can speak; an own address or phone then outweighs the rest.
	switch {
	case against[GivenName] != "" && against[BirthDate] != "" && !id:
		return "given name and birth date differ: a relative"
	case own:
		return ""
	case against[Identifier] != "" && !home:
		return against[Identifier] + " differs, and nothing but the name agrees"
	case against[BirthDate] != "" && against[Phone] != "":
		return "birth date and phone number differ"
	case against[GivenName] != "" && home:
		return "another given name at one address: a relative"
	}

	return ""
}

// contradiction returns the first field by which people are told apart that does
// not agree. Among few records it cannot be learned how often one person's differ.
func (s *space) contradiction(p pattern) string {
	// Where there are too few records to learn from, every field that tells people apart has to agree.
	for f, c := range s.fields {
		l := p.level(f)
		switch {
		case s.full >= 0 && f == s.full:
			if l > fullAlike {
				return "few records, and the name differs"
			}
		case f == fieldGiven && s.personName && s.full < 0:
			if l == 0 || l > givenNickname {
				return "few records, and the given name differs or is missing"
			}
		case f == fieldSurname && s.personName && s.full < 0:
			if l != surnameExact {
				return "few records, and the surname differs or is missing"
			}
		case f == s.order:
			if l == 1 {
				return "few records, and the names are crossed"
			}
		case c.kind == BirthDate || c.kind == Identifier:
			if l > 1 {
				return "few records, and " + c.name + " differs"
			}
		}
	}

	return ""
}

// finish orders the pairs and counts what the keys found.
func (r *Result) finish() {
	slices.SortFunc(r.Pairs, func(x, y Pair) int {
		return cmp.Or(cmp.Compare(x.A, y.A), -cmp.Compare(x.Probability, y.Probability), cmp.Compare(x.B, y.B))
	})

	// How many pairs one key alone has found, and how many two, tells how many none has found: the
	// estimate of capture and recapture.
	once, twice := 0, 0
	for _, p := range r.Pairs {
		found := foundBy(r.keys, p.A, p.B)
		for i := range r.keys {
			if found&(1<<i) == 0 {
				continue
			}
			r.Report.Keys[i].Links++
			if found == 1<<i {
				r.Report.Keys[i].Alone++
			}
		}

		// A number without its lowest bit is 0 when one bit is set; twice without, when two are.
		switch {
		case found&(found-1) == 0:
			once++
		case found&(found-1)&((found&(found-1))-1) == 0:
			twice++
		}
	}

	r.Report.Recall = recall(len(r.Pairs), once, twice)
}

// recall estimates the share of pairs that the keys find from those that one and
// those that two keys find (Chao's lower bound of what was never seen).
func recall(found, once, twice int) float64 {
	if found == 0 {
		return 1
	}
	unseen := float64(once*max(0, once-1)) / float64(2*(twice+1))
	return float64(found) / (float64(found) + unseen)
}
