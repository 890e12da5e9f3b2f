package profile

import (
	"context"
	"slices"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/table"
)

// next makes the tables ready for another run. Those that were written come out as
// they were written unless a mapping reads stored values. Those that are unsettled
// have moved: whether they had a uid before decides who has it.
func (p *phases) next(ctx context.Context, r *Run, written []int32) {
	p.remapped = p.engine != r.engine

	// Other mappings or another time: everything may come out another way.
	if p.remapped || !p.opts.Now.Equal(r.opts.Now) {
		for n := range p.people {
			p.people[n].upToDate = false
		}
	}

	p.begin(ctx, r)
	if p.remapped {
		p.findBases()
	}
	p.fullRun, p.whole, p.rewritten, p.calculator.evaluations = false, false, false, 0
	p.linker.orders, p.linker.reads = nil, nil
	p.changed.Clear()
	p.resultsDue.Clear()
	p.changed.Add(p.unsettled...)
	for _, n := range written {
		if rank := p.people[n].profile; rank >= 0 && p.bases[rank].anyOld {
			p.resultsDue.Add(n)
		}
	}

	// Managers and uids are found anew, but only where something has moved.
	p.resolved.linked, p.resolved.swept = false, false
	p.resolver.seenChanges, p.resolver.affectedKeys, p.resolver.contested = 0, map[uint64]bool{}, nil
	p.resolver.unresolved.Clear()
}

// markChanged notes identities whose accounts or attributes are not those of the last
// run.
func (t *tables) markChanged(list ...int32) {
	if !t.fullRun {
		t.changed.Add(list...)
		t.resultsDue.Add(list...)
	}
}

// markResult notes that the result of an identity has to be put together.
func (t *tables) markResult(n int32) {
	if !t.fullRun {
		t.resultsDue.Add(n)
	}
}

// keep makes the tables what they would be if the state were read from the store,
// where the given identities have been written: numbers and, in the same order,
// identities.
func (p *phases) keep(numbers []int32, written []*identity.Identity) {
	p.unsettled = p.unsettled[:0]
	p.stored = append(p.stored, make([]*identity.Identity, len(p.people)-len(p.stored))...)
	for i, n := range numbers {
		light := *written[i].Clone()
		light.Accounts = nil
		old := p.stored[n]
		if old != nil {
			p.withExceptions -= btoi(len(old.ExceptionCodes) > 0)
		}
		p.withExceptions += btoi(len(light.ExceptionCodes) > 0)
		if old == nil || !old.Attribute(config.AttrUID).Equal(light.Attribute(config.AttrUID)) {
			p.unsettled = append(p.unsettled, n)
		}
		p.stored[n], p.byID[light.ID], p.people[n].alias = &light, n, -1
		p.people[n].indexed, p.people[n].upToDate = true, false
	}

	if p.remapped {
		p.remap()
	}
	for n := range p.state {
		p.keepAccount(&p.state[n], int32(n))
	}
	for n := range p.people {
		q := &p.people[n]
		if q.unmade {
			q.indexed, q.linksChanged = false, false
		}
		if !q.indexed && !q.linksChanged {
			continue
		}
		held := q.holdsUID
		q.indexed, q.linksChanged = false, false
		if p.linker.refreshStored(int32(n)); q.holdsUID != held {
			p.unsettled = append(p.unsettled, int32(n))
		}
	}
}

func (p *phases) keepAccount(st *accountState, n int32) {
	if st.presence == removed {
		*st = accountState{owner: -1, next: -1, presence: absent}
	}
	if st.presence == absent {
		return
	}
	if st.owner >= 0 && (st.difference == dataDiffer || st.presence == isNew || st.decided ||
		methods[st.method] != correlate.Sticky && methods[st.method] != correlate.Manual) {
		method := correlate.Sticky
		if a := p.accounts.At(n); a.ManuallyCorrelated {
			method = correlate.Manual
		}
		st.method, st.criterion = uint8(slices.Index(methods[:], method)), 0
	}

	st.presence, st.wasLinked = unread, st.owner >= 0
	st.difference, st.pending, st.rewritten = noDifference, false, false
}

// size is how many bytes the rows take, of which some are out of date.
func (p *phases) size() int {
	total := 0
	for _, s := range []*table.Rows{&p.rows, &p.accounts.Rows} {
		for _, chunk := range s.Chunks {
			total += cap(chunk)
		}
	}

	return total
}
