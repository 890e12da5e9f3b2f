package profile

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/table"
)

// next makes the tables ready for another run. Those that were written come out as
// they were written unless a mapping reads stored values. Those that are unsettled
// have moved: whether they had a uid before decides who has it.
func (p *population) next(ctx context.Context, r *Run, written []int32) {
	p.remapped = p.engine != r.engine
	if p.remapped || !p.opts.Now.Equal(r.opts.Now) {
		for n := range p.people {
			p.people[n].calm = false
		}
	}
	p.begin(ctx, r)
	if p.remapped {
		p.findBases()
	}
	p.whole, p.evaluations, p.orders, p.keyReads = false, 0, nil, nil
	p.moved.Clear()
	p.redo.Clear()
	p.moved.Add(p.unsettled...)
	for _, n := range written {
		if rank := p.people[n].profile; rank >= 0 && p.bases[rank].anyOld {
			p.redo.Add(n)
		}
	}
	s := &p.settled
	s.linked, s.swept, s.indexed, s.stirred = false, false, 0, map[uint64]bool{}
}

// shift notes identities whose accounts or attributes are not those of the last
// run.
func (p *population) shift(list ...int32) {
	if !p.whole {
		p.moved.Add(list...)
		p.redo.Add(list...)
	}
}

// again notes that the result of an identity has to be put together.
func (p *population) again(n int32) {
	if !p.whole {
		p.redo.Add(n)
	}
}

// due reports whether correlation has to look at an account.
func (p *population) due(st *accountState) bool {
	if st.removed || st.absent {
		return false
	}
	return p.whole || st.owner < 0 || st.changed || st.named || !st.stored
}

// compare orders identities as a run does that reads them from a store: stored
// ones by id, then new ones as they came.
func (p *population) compare(a, b int32) int {
	if !p.whole {
		s, t := p.storedOf(a), p.storedOf(b)
		if s != nil && t != nil {
			return strings.Compare(s.ID, t.ID)
		}
		if (s == nil) != (t == nil) {
			return btoi(s == nil) - btoi(t == nil)
		}
	}
	return cmp.Compare(a, b)
}

// compareAccounts orders accounts of one source as a run does that reads them from
// a store: those of identities, those without, new ones as they came.
func (p *population) compareAccounts(a, b int32) int {
	if p.whole {
		return cmp.Compare(a, b)
	}
	class := func(n int32) int {
		switch st := &p.state[n]; {
		case !st.stored:
			return 2
		case st.owner < 0:
			return 1
		}
		return 0
	}
	if x, y := class(a), class(b); x != y || x == 2 {
		return cmp.Or(cmp.Compare(x, y), cmp.Compare(a, b))
	} else if x == 1 {
		return strings.Compare(p.accounts.Native(a), p.accounts.Native(b))
	}
	x, y := p.state[a].owner, p.state[b].owner
	if x != y {
		return p.compare(x, y)
	}
	for n := p.people[x].first; n >= 0; n = p.state[n].next {
		if n == a || n == b {
			return btoi(n != a) - btoi(n != b)
		}
	}
	return 0
}

// gatherMoved notes the identities whose accounts are not those of the last run.
func (p *population) gatherMoved() {
	if p.whole {
		return
	}
	for n := range p.state {
		if st := &p.state[n]; (st.fresh || !st.stored) && st.owner >= 0 {
			p.shift(st.owner)
		}
	}
	for n := range p.people {
		if p.people[n].touched || n >= len(p.stored) {
			p.shift(int32(n))
		}
	}
}

// resulting returns the identities whose result may differ from what is stored.
func (p *population) resulting() []int32 {
	if p.whole {
		all := make([]int32, 0, len(p.people))
		for n := range p.people {
			if !p.people[n].unmade {
				all = append(all, int32(n))
			}
		}
		return all
	}
	for n, m := range p.settled.manager {
		n := int32(n)
		if m >= 0 && p.moved.Has(m) && !p.redo.Has(n) && p.storedAttributes(n).Get(config.AttrManager).Text() != p.nameOf(m) {
			p.redo.Add(n)
		}
	}
	return slices.DeleteFunc(slices.Clone(p.redo.List), func(n int32) bool { return p.people[n].unmade })
}

// keep makes the tables what they would be if the state were read from the store,
// where the given identities have been written: numbers and, in the same order,
// identities.
func (p *population) keep(numbers []int32, written []*identity.Identity) {
	p.unsettled = p.unsettled[:0]
	p.stored = append(p.stored, make([]*identity.Identity, len(p.people)-len(p.stored))...)
	for i, n := range numbers {
		light := *written[i].Clone()
		light.Accounts = nil
		old := p.stored[n]
		if old != nil {
			p.flawed -= btoi(len(old.ExceptionCodes) > 0)
		}
		p.flawed += btoi(len(light.ExceptionCodes) > 0)
		if old == nil || !old.Attribute(config.AttrUID).Equal(light.Attribute(config.AttrUID)) {
			p.unsettled = append(p.unsettled, n)
		}
		p.stored[n], p.byID[light.ID], p.people[n].alias = &light, n, -1
		p.people[n].keyed, p.people[n].calm = true, false
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
			q.keyed, q.touched = false, false
		}
		if !q.keyed && !q.touched {
			continue
		}
		held := q.holdsUID
		q.keyed, q.touched = false, false
		if p.refreshStored(int32(n)); q.holdsUID != held {
			p.unsettled = append(p.unsettled, int32(n))
		}
	}
}

func (p *population) keepAccount(st *accountState, n int32) {
	if st.removed {
		*st = accountState{owner: -1, next: -1, absent: true}
	}
	if st.absent {
		return
	}
	if st.owner >= 0 && (st.dirty || !st.stored || methods[st.method] != correlate.Sticky && methods[st.method] != correlate.Manual) {
		method := correlate.Sticky
		if a := p.accounts.At(n); a.ManuallyCorrelated {
			method = correlate.Manual
		}
		st.method, st.criterion = uint8(slices.Index(methods[:], method)), 0
	}
	st.stored, st.wasLinked = true, st.owner >= 0
	st.seen, st.changed, st.dirty, st.fresh = false, false, false, false
}

// size is how many bytes the rows take, of which some are out of date.
func (p *population) size() int {
	total := 0
	for _, s := range []*table.Rows{&p.attrs, &p.accounts.Rows} {
		for _, chunk := range s.Chunks {
			total += cap(chunk)
		}
	}
	return total
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
