package profile

import (
	"fmt"
	"slices"

	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/table"
)

// resolver is phase 4: it finds managers and decides who has a uid. With tables
// that are kept it looks only at those for whom something has changed.
type resolver struct {
	*tables
	indexes      map[string]*table.Text // by attribute, what managers are found by
	lookedUpBy   []uint64               // by identity: what its manager was looked for by; see lookupKey
	affectedKeys map[uint64]bool        // what identities were found by before, or are now, that have changed
	uidFirst     map[string]int32       // while managers are found: by uid that several claim, the one with priority
	failedRules  map[string]bool        // sources whose manager correlation rule has raised
	told         map[int32]bool         // identities that findings of the run are about
	seenChanges  int                    // how many of those that have changed are in the indexes

	unresolved   table.Numbers   // whose manager was not found; of a run that goes on from a stored outcome
	contested    map[uint64]bool // uids that several claimed, whose holders are not known any more; of such a run
	searchesOpen bool            // not all of lookedUpBy is known
}

// resume makes what the run before has found out from what is stored of it.
func (rs *resolver) resume() (doubtful []int32) {
	s, people := &rs.resolved, len(rs.people)
	s.manager, s.reports, rs.lookedUpBy = make([]int32, people), make([]int32, people), make([]uint64, people)
	s.outcome, s.uidOwner, s.keptUID = map[int32]ManagerResult{}, map[int32]int32{}, map[int32]string{}
	rs.indexes, rs.affectedKeys, rs.searchesOpen = rs.newIndexes(), map[uint64]bool{}, true
	rs.contested = map[uint64]bool{}

	uids := rs.indexes[config.AttrUID]
	for n := range rs.people {
		i, n := rs.stored[n], int32(n)
		s.manager[n] = -1
		if i.ManagerID != "" {
			m, ok := rs.byID[i.ManagerID]
			if !ok {
				doubtful = append(doubtful, n)
				continue
			}
			s.manager[n] = m
			s.reports[m]++
		} else if rs.people[n].profile >= 0 && !rs.attribute(n, config.AttrManager).IsNull() {
			rs.unresolved.Add(n)
		}

		// Who holds a uid that somebody lost is found out once more.
		if slices.Contains(i.ExceptionCodes, DuplicateUID) {
			rs.markResult(n)
			rs.contested[lookupKey(uids, uids.Tags[n])] = true
		}
	}

	return doubtful
}

// lookupKey names what identities are found by: an index and the tag of a text. A blank
// text is 0.
func lookupKey(x *table.Text, tag uint32) uint64 {
	if tag == 0 {
		return 0
	}
	return x.Number<<32 | uint64(tag)
}

// indexOf returns what identities are found by under an attribute. That of an
// attribute which no mapping names, but a rule does, is made when it is first asked
// for.
func (rs *resolver) indexOf(attribute string) *table.Text {
	if attribute == "" {
		return nil
	}
	x := rs.indexes[attribute]
	if x == nil {
		x = table.NewText(rs.byRows(), func(n int32) string { return rs.lookup(n, attribute) }, rs.each)
		x.Number = uint64(len(rs.indexes)) + 1
		rs.indexes[attribute] = x
	}

	return x
}

// each calls a function for identities and their indexes, on all workers.
func (rs *resolver) each(people []int32, do func(i int, n int32)) {
	at := make([]int32, rs.workersFor(len(people)))
	place := func(worker int) string { return fmt.Sprintf("settle identity %q", rs.id(at[worker])) }
	rs.inParts(len(people), len(at), place, func(worker, i int) {
		at[worker] = people[i]
		do(i, people[i])
	})
}

// newIndexes indexes the identity attributes that managers are found by and, when
// the tables are kept, the uid.
func (rs *resolver) newIndexes() map[string]*table.Text {
	indexes := map[string]*table.Text{}
	rs.indexes = indexes
	add := func(attribute string) { rs.indexOf(attribute) }
	for _, cs := range rs.engine.sources {
		if m := cs.source.Manager; m != nil {
			add(m.IdentityAttribute)
		}
	}

	if rs.resident || rs.resumed {
		add(config.AttrUID)
	}
	return indexes
}
