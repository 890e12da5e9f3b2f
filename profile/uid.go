package profile

import (
	"maps"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile/config"
)

// resolveUIDs decides who holds each uid: the identity that held it, else the best
// claimant. The loser keeps the uid it had, if nobody else holds that.
//
// Source: DECISION 16, 17, 46 and 53.
func (rs *resolver) resolveUIDs() {
	s := &rs.resolved
	before, kept := maps.Clone(s.uidOwner), s.keptUID
	claims := map[string]int32{}
	if s.keptUID = map[int32]string{}; rs.fullRun {
		s.uidOwner, claims = map[int32]int32{}, make(map[string]int32, len(rs.people))
	}

	// Only claims that something has changed about are decided anew.
	maps.DeleteFunc(s.uidOwner, func(n, _ int32) bool { return rs.changed.Has(n) || rs.claimAffected(n) })
	for _, n := range rs.byRows() {
		if !rs.fullRun && (len(rs.affectedKeys)+len(rs.contested) == 0 || !rs.claimAffected(n)) {
			continue
		}
		uid := rs.lookup(n, config.AttrUID)
		if strings.TrimSpace(uid) == "" {
			continue
		}

		// One pass, in which the better of two stays; who comes later does not matter.
		key := identity.Fold(uid)
		other, taken := claims[key]
		switch {
		case !taken:
			claims[key] = n
		case rs.hasPriorityOver(n, other, key):
			claims[key] = n
			s.uidOwner[other] = n
		default:
			s.uidOwner[n] = other
		}
	}

	rs.finalOwners(claims)

	// A result is due where owner or kept uid is another one than before.
	for _, losers := range []map[int32]int32{before, s.uidOwner} {
		for n := range losers {
			old, was := before[n]
			if now, is := s.uidOwner[n]; was != is || old != now || kept[n] != s.keptUID[n] {
				rs.markResult(n)
			}
		}
	}
}

// claimAffected reports whether somebody who claims the uid of an identity has moved.
func (rs *resolver) claimAffected(n int32) bool {
	x := rs.indexes[config.AttrUID]
	key := lookupKey(x, x.Tags[n])
	return rs.affectedBy(key) || rs.contested[key]
}

// claimed reports whether somebody holds a uid beyond the claims at hand.
func (rs *resolver) claimed(key string) bool {
	return !rs.fullRun && len(rs.indexes[config.AttrUID].Find(key, 1)) > 0
}

// finalOwners points every loser at the one that holds the uid in the end, and
// lets it keep its old uid when that is free.
func (rs *resolver) finalOwners(claims map[string]int32) {
	s := &rs.resolved
	losers := make([]int32, 0, len(s.uidOwner))
	for n := range s.uidOwner {
		losers = append(losers, n)
	}
	slices.SortFunc(losers, rs.compare)
	for _, n := range losers {
		if holder, ok := claims[identity.Fold(rs.lookup(n, config.AttrUID))]; ok {
			s.uidOwner[n] = holder
		}
		if rs.outline != nil && rs.wasStored(n) && rs.outline.flags[n]&noteHoldsUID == 0 {
			continue // it had none
		}
		old := rs.storedAttributes(n).Get(config.AttrUID).Text()
		if old == "" {
			continue
		}
		if _, taken := claims[identity.Fold(old)]; !taken && !rs.claimed(identity.Fold(old)) {
			claims[identity.Fold(old)] = n
			s.keptUID[n] = old
		}
	}
}

// hasPriorityOver reports whether claimant a wins the uid from b.
func (rs *resolver) hasPriorityOver(a, b int32, key string) bool {
	holds := func(n int32) bool { return identity.Fold(rs.storedAttributes(n).Get(config.AttrUID).Text()) == key }
	if x, y := holds(a), holds(b); x != y {
		return x
	}
	return rs.hasPriority(a, b)
}
