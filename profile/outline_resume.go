package profile

import (
	"cmp"
	"sort"

	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/table"
)

// readOutlined reads everything that is stored, so that the tables are those of a run that was told
// all of it.
func (p *phases) readOutlined() error {
	o := p.outline
	for n := range o.people {
		i := o.identity(n)
		p.byID[i.ID] = n
	}
	if err := cmp.Or(o.err, p.accounts.ReadAll()); err != nil {
		return err
	}
	for a := range o.source {
		p.reader.keys(o.source[a]).Add(p.accounts.Native(int32(a)), int32(a))
	}
	p.outline = nil
	return nil
}

// resumeOutlined is [phases.resume] of a run that has an outline.
func (p *phases) resumeOutlined() (resumed bool) {
	o := p.outline
	var doubtful []int32
	for n, flags := range o.flags {
		if flags&noteDoubtful != 0 {
			doubtful = append(doubtful, int32(n))
		}
	}
	if !p.fewChanged(len(doubtful)) {
		return false
	}

	p.fullRun, p.resumed = false, true
	p.knowRanks()
	p.linker.index.Late(int(o.people), func(key int) []uint32 { return o.tagsOf(key, p.newIndex()) }, p.linker.putStored)
	p.resolver.resumeOutlined()
	p.markChanged(doubtful...)
	for n, run := range o.run {
		if rank := p.people[n].profile; rank >= 0 && p.bases[rank].anyOld && !o.runs[run].stable {
			p.markResult(int32(n))
		}
	}

	// What is noted of those who have lost a uid is written anew when it would be another note, as
	// without an outline.
	for _, l := range o.losers {
		n, run := l[0], &o.runs[o.run[l[0]]]
		if rank := p.people[n].profile; rank >= 0 && (run.mappings != p.bases[rank].mappings || p.bases[rank].anyOld) {
			p.markResult(n)
		}
	}
	return true
}

// resumeOutlined makes what the run before has found out from what it has noted.
func (rs *resolver) resumeOutlined() {
	s, o, people := &rs.resolved, rs.outline, len(rs.people)
	s.manager, s.reports, rs.lookedUpBy = make([]int32, people), make([]int32, people), make([]uint64, people)
	s.outcome, s.uidOwner, s.keptUID = map[int32]ManagerResult{}, map[int32]int32{}, map[int32]string{}
	rs.indexes, rs.affectedKeys, rs.contested = rs.newIndexes(), map[uint64]bool{}, map[uint64]bool{}

	// By whose value a manager was found is by what it was looked for.
	byRank := make([]*table.Text, len(rs.engine.profiles))
	for rank, c := range rs.engine.profiles {
		if source := rs.engine.managerSource(c); source != nil {
			byRank[rank] = rs.indexes[source.Manager.IdentityAttribute]
		}
	}
	for i := range rs.people {
		n, m := int32(i), o.manager[i]
		s.manager[n] = m
		if m < 0 {
			continue
		}
		s.reports[m]++
		if rank := rs.people[n].profile; rank >= 0 && byRank[rank] != nil {
			rs.lookedUpBy[n] = lookupKey(byRank[rank], byRank[rank].Tags[m])
		}
	}
	for _, l := range o.lost {
		s.outcome[l.n] = l.ManagerResult
		if rank := rs.people[l.n].profile; rank >= 0 && byRank[rank] != nil {
			rs.lookedUpBy[l.n] = lookupKey(byRank[rank], byRank[rank].Tag(l.Value))
		}
	}

	for _, l := range o.losers {
		s.uidOwner[l[0]] = l[1]
		if o.flags[l[0]]&noteKeptUID != 0 {
			s.keptUID[l[0]] = rs.storedAttributes(l[0]).Get(config.AttrUID).Text()
		}
		if uids := rs.indexes[config.AttrUID]; o.flags[l[0]]&noteContested != 0 {
			rs.markResult(l[0])
			rs.contested[lookupKey(uids, uids.Tags[l[0]])] = true
		}
	}
}

// toEvaluate returns the identities of which something may have to be evaluated.
func (calc *calculator) toEvaluate() []int32 {
	o := calc.outline
	if o == nil {
		return calc.byRows()
	}

	type key struct {
		run  uint16
		rank int16
	}
	due, known := []int32{}, map[key]bool{}
	last, lastDue := key{rank: -1}, false
	for i := range calc.people {
		n := int32(i)
		if n >= o.people || calc.changed.Has(n) || calc.people[n].linksChanged || o.flags[n]&(noteErrors|noteDoubtful) != 0 {
			due = append(due, n)
			continue
		}
		k := key{o.run[n], calc.people[n].profile}
		if k.rank < 0 {
			continue
		}
		some, ok := lastDue, k == last
		if !ok {
			if some, ok = known[k]; !ok {
				some = calc.needsSome(&o.runs[k.run], k.rank)
				known[k] = some
			}
		}
		if last, lastDue = k, some; some {
			due = append(due, n)
		}
	}
	return due
}

// needsSome reports whether something is to be evaluated of those who were evaluated so, though
// nothing else has changed, see [keeper.needs].
func (t *tables) needsSome(r *notedRun, rank int16) bool {
	c := t.engine.profiles[rank]
	if r.mappings == "" || r.profile != c.profile.Name || !c.profile.Enabled {
		return true
	}
	k := needsKey{rank: int(rank), mappings: r.mappings, now: r.at.Equal(t.opts.Now), stable: r.stable}
	return !t.bases[rank].needs(&k).none
}

// outlinedOrder is [builder.resultOrder] of everybody: those whose authoritative account is that of
// before stand as they stood.
func (b *builder) outlinedOrder() []int32 {
	o := b.outline
	stays := make([]bool, len(b.people))
	order, moved := make([]int32, 0, len(b.people)), []int32{}
	for i := range b.people {
		n := int32(i)
		q := &b.people[n]
		if n < o.people && q.profile >= 0 && o.profile[n] >= 0 && q.auth == int32(o.accounts[n])+int32(o.auth[n]) {
			stays[n] = true
		} else if !q.unmade && (n >= o.people || q.profile >= 0 || o.profile[n] >= 0) {
			moved = append(moved, n)
		} else {
			stays[n] = n < o.people
		}
	}
	if len(moved) > len(b.people)/8 {
		return b.resultOrder(b.all())
	}

	for _, n := range o.order {
		if stays[n] {
			order = append(order, n)
		}
	}
	at := make([]int, len(moved))
	moved = b.resultOrder(moved)
	for i, n := range moved {
		at[i] = sort.Search(len(order), func(k int) bool { return b.resultsBefore(n, order[k]) })
	}
	merged, from := make([]int32, 0, len(order)+len(moved)), 0
	for i, n := range moved {
		merged = append(append(merged, order[from:at[i]]...), n)
		from = at[i]
	}
	return append(merged, order[from:]...)
}

// resultsBefore reports whether the result of an identity comes before that of another one.
func (b *builder) resultsBefore(x, y int32) bool { return b.resultOrder([]int32{y, x})[0] == x }
