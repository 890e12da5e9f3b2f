package profile

import (
	"maps"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile/config"
)

// claimUIDs decides who holds each uid: the identity that held it, else the best
// claimant. The loser keeps the uid it had, if nobody else holds that.
//
// Source: DECISION 16, 17, 46 and 53.
func (p *population) claimUIDs() {
	s := &p.settled
	before, kept := maps.Clone(s.holder), s.keepsUID
	claims := map[string]int32{}
	if s.keepsUID = map[int32]string{}; p.whole {
		s.holder, claims = map[int32]int32{}, make(map[string]int32, len(p.people))
	}
	maps.DeleteFunc(s.holder, func(n, _ int32) bool { return p.moved.Has(n) || p.claimMoved(n) })
	for i := range p.people {
		n := int32(i)
		if !p.whole && !p.claimMoved(n) {
			continue
		}
		uid := p.attributes(n).Get(config.AttrUID).Text()
		if strings.TrimSpace(uid) == "" {
			continue
		}
		key := identity.Fold(uid)
		other, taken := claims[key]
		switch {
		case !taken:
			claims[key] = n
		case p.beats(n, other, key):
			claims[key] = n
			s.holder[other] = n
		default:
			s.holder[n] = other
		}
	}
	p.finalHolders(claims)
	for _, losers := range []map[int32]int32{before, s.holder} {
		for n := range losers {
			old, was := before[n]
			if now, is := s.holder[n]; was != is || old != now || kept[n] != s.keepsUID[n] {
				p.again(n)
			}
		}
	}
}

// claimMoved reports whether somebody who claims the uid of an identity has moved.
func (p *population) claimMoved(n int32) bool {
	s := &p.settled
	x := s.indexes[config.AttrUID]
	return s.stirs(stir(x, x.Tags[n]))
}

// claimed reports whether somebody holds a uid beyond the claims at hand.
func (p *population) claimed(key string) bool {
	return !p.whole && len(p.settled.indexes[config.AttrUID].Find(key)) > 0
}

// finalHolders points every loser at the one that holds the uid in the end, and
// lets it keep its old uid when that is free.
func (p *population) finalHolders(claims map[string]int32) {
	s := &p.settled
	losers := make([]int32, 0, len(s.holder))
	for n := range s.holder {
		losers = append(losers, n)
	}
	slices.SortFunc(losers, p.compare)
	for _, n := range losers {
		if holder, ok := claims[identity.Fold(p.attributes(n).Get(config.AttrUID).Text())]; ok {
			s.holder[n] = holder
		}
		old := p.storedAttributes(n).Get(config.AttrUID).Text()
		if old == "" {
			continue
		}
		if _, taken := claims[identity.Fold(old)]; !taken && !p.claimed(identity.Fold(old)) {
			claims[identity.Fold(old)] = n
			s.keepsUID[n] = old
		}
	}
}

// beats reports whether claimant a wins the uid from b.
func (p *population) beats(a, b int32, key string) bool {
	holds := func(n int32) bool { return identity.Fold(p.storedAttributes(n).Get(config.AttrUID).Text()) == key }
	if x, y := holds(a), holds(b); x != y {
		return x
	}
	return p.better(a, b)
}
