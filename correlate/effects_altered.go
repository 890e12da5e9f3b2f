package correlate

import (
	"bytes"
	"slices"

	"github.com/idprofile/engine/correlate/internal/join"
	"github.com/idprofile/engine/identity"
)

// altered is a key of all identities with one more normaliser, as what differs
// from the column without.
//
// A normaliser as alnum changes the key of every mail address, and hardly any account cares:
// nobody else gets the key that its identity has now. So new keys are known by hashes, and only
// those that somebody looks for are made again and stand in a column.
type altered struct {
	base  *column
	moved []bool  // by identity: it has another key than in base; nil: nobody has
	left  []int32 // by entry of base: how many identities have another key now; nil: none
	newly []newly // identities with a new key, ascending
	both  map[string][]int32

	some    bitset // new keys
	several bitset // those that more than one identity may have
	sought  bitset // new keys that are to stand in added
	seeks   bool   // some of sought do not stand there yet
	added   column // identities by their new keys, as far as those were sought
}

// newly is an identity with the hash of its new key; 0: it stands in the column.
type newly struct {
	identity int32
	hash     uint32
}

// newHash is the hash by which new keys are known, not 0.
func newHash(key []byte) uint32 { return max(1, hash32(join.Short(key))) }

// spread makes a hash of as many bits as a bitset wants.
func spread(hash uint32) uint64 { return uint64(hash) * 0x9E3779B97F4A7C15 }

// share gives each trial its keys, and returns those whose keys are still to be computed.
func (ev *Evidence) share(s *spec, base *column, trials []*trial, at func(*trial) **altered) (open []*trial) {
	// Two rules over one attribute try the same fix on the same column; what it moves is computed
	// once.
	for _, t := range trials {
		sign := s.signature + "\x02" + t.fix
		a := ev.x.altered[sign]
		if a == nil {
			a = &altered{base: base, both: map[string][]int32{}}
			if ev.x.altered == nil {
				ev.x.altered = map[string]*altered{}
			}
			ev.x.altered[sign] = a
			open = append(open, t)
		}

		*at(t) = a
	}
	return open
}

// alter computes the keys of all identities under each trial.
func (ev *Evidence) alter(p Population, s *spec, trials []*trial, at func(*trial) **altered) {
	base := &ev.x.columns[ev.x.bySignature[s.signature]]
	open := ev.share(s, base, trials, at)
	if len(open) == 0 {
		return
	}

	read := p.Column(s.terms[0].attribute)
	e := ev.c.evaluator()
	defer ev.c.release(e)
	for n := range int32(p.Len()) {
		v := read(n)
		if v.IsNull() {
			// Few values change under a fix, and whether one does is cheaper to ask than its new key.
			continue
		}
		value, key := v.Text(), base.keyOf(n)
		for _, t := range open {
			if t.mayChange(value, key) {
				(*at(t)).put(p.Len(), n, key, t.identityKey(e, v, at))
			}
		}
	}
	for _, t := range open {
		(*at(t)).complete()
	}
}

// identityKey returns the key of an identity with the normaliser of the trial.
func (t *trial) identityKey(e *evaluator, v identity.Value, at func(*trial) **altered) []byte {
	s := &t.rule.key
	if at(t) == &t.fallback {
		s = t.rule.fallback
	}
	return s.keyOf(e, v)
}

// put notes the new key of one of so many identities.
func (a *altered) put(identities int, n int32, before, now []byte) {
	now = join.Short(now)
	if bytes.Equal(before, now) {
		return
	}
	if a.moved == nil {
		a.moved = make([]bool, identities)
	}
	a.moved[n] = true
	if len(before) > 0 {
		if a.left == nil {
			a.left = make([]int32, len(a.base.entries))
		}
		a.left[a.base.at[n]-1]++
	}
	if len(now) == 0 {
		return
	}
	if len(a.newly) == fewIdentities { // nearly all go on to move
		a.newly = slices.Grow(a.newly, identities-int(n))
	}
	a.newly = append(a.newly, newly{n, newHash(now)})
}

// complete notes which new keys there are, when all are put.
func (a *altered) complete() {
	// So many bits that hardly a key looks as if it were there, or as if several had it.
	const perKey = 16
	a.some.empty(perKey * len(a.newly))
	a.several.empty(perKey * len(a.newly))
	for _, one := range a.newly {
		hash := spread(one.hash)
		if a.some.has(hash) {
			a.several.add(hash)
		}
		a.some.add(hash)
	}
}

// seek reports whether a key has to be sought before it can be found, and notes it.
func (a *altered) seek(key []byte) bool {
	hash := spread(newHash(key))
	if !a.some.has(hash) {
		return false
	}
	if a.sought.bits == nil {
		a.sought.empty(len(a.some.bits) * 64)
	}
	if !a.sought.has(hash) {
		a.sought.add(hash)
		a.seeks = true
	}
	return true
}

// gather puts the identities that have a key that is sought into the column.
func (a *altered) gather(key func(n int32) []byte) {
	if !a.seeks {
		return
	}
	a.added.expects = len(a.moved)
	for i := range a.newly {
		one := &a.newly[i]
		if one.hash != 0 && a.sought.has(spread(one.hash)) {
			a.added.put(one.identity, join.Short(key(one.identity)))
			one.hash = 0
		}
	}
	a.seeks, a.added.expects = false, 0
}

// touches reports whether other identities may have the key now than in base, where
// it has that entry. The hash is that of the key.
func (a *altered) touches(hash uint64, entry int32) bool {
	if a.moved == nil {
		return false
	}
	return entry >= 0 && a.leftOf(entry) > 0 || a.some.has(hash)
}

// leftOf returns how many identities of an entry have another key now.
func (a *altered) leftOf(entry int32) int32 {
	if a.left == nil {
		return 0
	}
	return a.left[entry]
}

// aloneWith reports whether an identity is certainly the only one that has the key now, which is
// its key.
func (a *altered) aloneWith(n int32, key []byte) bool {
	if a.moved == nil {
		return false
	}
	entry, hash := a.base.entryOf(key), spread(newHash(key))
	if !a.moved[n] {
		return entry >= 0 && slices.Equal(a.base.of(entry), []int32{n}) && !a.some.has(hash)
	}
	return !a.several.has(hash) && (entry < 0 || int(a.leftOf(entry)) == len(a.base.of(entry)))
}

// find returns the identities that have the key now, ascending. One that [altered.seek] wants to
// be sought has to be gathered before.
func (a *altered) find(key []byte) []int32 {
	entry := a.base.entryOf(key)
	var kept []int32
	left, added := int32(0), a.added.find(key)
	if entry >= 0 {
		kept, left = a.base.of(entry), a.leftOf(entry)
	}

	// Nobody moved, or everybody did: nothing has to be put together.
	switch {
	case left == 0 && len(added) == 0:
		return kept
	case int(left) == len(kept):
		return added
	}

	// Some were here, some came: put together once for all who ask.
	if found, ok := a.both[string(key)]; ok {
		return found
	}
	found := slices.Clone(added)
	for _, n := range kept {
		if a.moved == nil || !a.moved[n] {
			found = append(found, n)
		}
	}

	slices.Sort(found)
	a.both[string(key)] = found
	return found
}
