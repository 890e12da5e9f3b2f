package profile

import (
	"cmp"
	"strings"
	"time"

	"github.com/idprofile/engine/identity"
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

// hasPriority reports whether claimant a of a uid comes before b (DECISION 17).
func (t *tables) hasPriority(a, b int32) bool {
	return t.firstOf(a, b, t.claim(a), t.claim(b))
}

// hasStanding is hasPriority of two who both held the uid, or did not.
func (t *tables) hasStanding(a, b int32) bool {
	x, y := t.claim(a), t.claim(b)
	x.Holds, y.Holds = false, false
	return t.firstOf(a, b, x, y)
}

func (t *tables) firstOf(a, b int32, x, y Claim) bool {
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
