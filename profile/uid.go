package profile

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform"
)

// Claim is what an identity claims a uid with. Of several claimants of one uid, in
// any case, the first by [Claim.Compare] has it.
//
// Source: DECISION 17.
type Claim struct {
	Holds   bool // it had the uid before the run
	Profile int  // rank of its profile by priority, from 0; -1: none

	// Of the account that ties the identity to its profile.
	Created        time.Time
	SourceID       string
	NativeIdentity string
}

// Compare orders claims: who held the uid, then the profile of the best priority,
// then the oldest account. Only claims of one identity are equal.
func (c *Claim) Compare(d *Claim) int {
	return cmp.Or(
		c.compareStanding(d),
		transform.ByCreated(&identity.Account{Created: c.Created}, &identity.Account{Created: d.Created}),
		strings.Compare(c.SourceID, d.SourceID),
		strings.Compare(c.NativeIdentity, d.NativeIdentity),
	)
}

// compareStanding compares what does not depend on accounts.
func (c *Claim) compareStanding(d *Claim) int {
	switch {
	case c.Holds != d.Holds:
		return btoi(d.Holds) - btoi(c.Holds)
	case c.Profile == d.Profile:
		return 0
	case c.Profile < 0 || d.Profile < 0:
		return cmp.Compare(d.Profile, c.Profile)
	}

	return cmp.Compare(c.Profile, d.Profile)
}

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
		if !rs.fullRun && !rs.claimAffected(n) {
			continue
		}
		uid := rs.attribute(n, config.AttrUID).Text()
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
		if holder, ok := claims[identity.Fold(rs.attribute(n, config.AttrUID).Text())]; ok {
			s.uidOwner[n] = holder
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

// hasPriority reports whether claimant a of a uid comes before b (DECISION 17).
func (t *tables) hasPriority(a, b int32) bool {
	x, y := t.claim(a), t.claim(b)
	if order := x.compareStanding(&y); order != 0 {
		return order < 0
	}
	if t.people[a].auth < 0 || t.people[b].auth < 0 {
		return t.compare(a, b) < 0
	}
	t.completeClaim(a, &x)
	t.completeClaim(b, &y)
	return x.Compare(&y) < 0
}

// claim returns what identity n claims a uid with, as far as no account decides.
func (t *tables) claim(n int32) Claim {
	return Claim{Holds: t.people[n].holdsUID, Profile: int(t.people[n].profile)}
}

func (t *tables) completeClaim(n int32, c *Claim) {
	a := t.accounts.At(t.people[n].auth)
	c.Created, c.SourceID, c.NativeIdentity = a.Created, t.sourceID(a.Source), a.NativeIdentity
}
