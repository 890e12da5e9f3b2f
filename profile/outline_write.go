package profile

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile/config"
)

// note puts together what was gathered, and what the note before says of all others.
func (w *noter) note(withExceptions int) []byte {
	people, left, contested := w.inOrder(), w.readLeft(), w.contestedLosers()
	if len(w.order) != len(people) {
		w.order = w.builder.everybodyInOrder()
	}

	// Everything that has to be read of accounts and values has been read: the note, and what the
	// store does with it, take their place.
	w.dropRows()
	o := &outlineNote{frame: w.frame, sources: w.accounts.Names, keys: w.index.Tags(), attributes: w.attributes,
		readings: make([]reading, len(w.accounts.Names)), withExceptions: withExceptions}
	for source, r := range w.reader.readings {
		o.readings[source] = *r
	}
	place := make([]int32, len(w.people)) // in the note, by number
	for at, n := range people {
		place[n] = int32(at)
	}

	w.notePeople(o, people, place)
	for i := range w.attributes {
		o.texts = append(o.texts, w.textsOf(i, people))
	}
	for key := range w.tags {
		o.tags = append(o.tags, w.tagsIn(o, key, people, place))
	}
	w.noteLeft(o, left)
	for _, n := range w.order {
		o.order = append(o.order, place[n])
	}
	w.noteOutcomes(o, place, contested)
	o.runs, o.kinds = w.runs.list, w.kinds.list
	if len(o.runs) >= 1<<16 {
		return nil
	}
	return o.append(make([]byte, 0, o.size()))
}

// notePeople fills the columns that have a number of each identity, and those of their accounts.
func (w *noter) notePeople(o *outlineNote, people, place []int32) {
	// What is taken over from the note before has numbers there.
	old := w.outline
	var runs []uint16
	var kinds []uint32
	if old != nil {
		for _, r := range old.runs {
			runs = append(runs, uint16(w.runs.number(r)))
		}
		for _, k := range old.kinds {
			kinds = append(kinds, w.kinds.number(k))
		}
	}

	for _, n := range people {
		s := &w.state[n]
		o.accounts = append(o.accounts, uint32(len(o.source)))
		for a := w.people[n].first; a >= 0; a = w.tables.state[a].next {
			w.noteAccount(o, a, s.known, s.saved)
		}
		o.profile = append(o.profile, w.people[n].profile)
		manager := w.resolved.manager[n]
		if manager >= 0 {
			manager = place[manager]
		}
		o.manager = append(o.manager, manager)
		if s.known {
			o.flags, o.auth = append(o.flags, s.flags), append(o.auth, s.auth)
			o.run, o.kind = append(o.run, s.run), append(o.kind, s.kind)
		} else {
			o.flags, o.auth = append(o.flags, old.flags[n]&^noteContested), append(o.auth, old.auth[n])
			o.run, o.kind = append(o.run, runs[old.run[n]]), append(o.kind, kinds[old.kind[n]])
		}
	}
	o.accounts = append(o.accounts, uint32(len(o.source)))
}

// textsOf returns the texts of everybody for one of the attributes.
func (w *noter) textsOf(attribute int, people []int32) textColumn {
	t := &w.texts[attribute]
	c := textColumn{ends: make([]uint32, 0, len(people))}
	all := make([]byte, 0, len(t.text))
	for _, n := range people {
		if w.state[n].known {
			all = append(all, t.text[t.from[n]:t.to[n]]...)
		} else {
			all = append(all, w.outline.texts[attribute].at(n)...)
		}
		c.ends = append(c.ends, uint32(len(all)))
	}
	c.text = string(all)
	return c
}

// readLeft returns the accounts that nobody has, and gathers what is noted of them.
func (w *noter) readLeft() []int32 {
	left := w.left()
	for _, a := range left {
		if w.leftKnown(a) {
			account := w.accounts.At(a)
			w.account(a, &account)
		}
	}
	return left
}

// leftKnown reports whether an account that nobody has is not as it was noted before.
func (w *noter) leftKnown(a int32) bool {
	st := &w.tables.state[a]
	return w.outline == nil || int(a) >= len(w.outline.source) || st.difference != noDifference || st.wasLinked
}

// noteLeft fills the columns of accounts for those that nobody has.
func (w *noter) noteLeft(o *outlineNote, left []int32) {
	for _, a := range left {
		st := &w.tables.state[a]
		saved := !st.presence.wasStored() || st.wasLinked || st.difference != detailsDiffer || w.details
		w.noteAccount(o, a, w.leftKnown(a), saved)
	}
}

// noteOutcomes notes who has looked for a manager in vain, and who has lost a uid.
func (w *noter) noteOutcomes(o *outlineNote, place []int32, contested map[int32]bool) {
	for n, r := range w.resolved.outcome {
		o.lost = append(o.lost, notedManager{n: place[n], ManagerResult: r})
	}
	slices.SortFunc(o.lost, func(a, b notedManager) int { return cmp.Compare(a.n, b.n) })
	for n, owner := range w.resolved.uidOwner {
		if contested[n] {
			o.flags[place[n]] |= noteContested
		}
		o.losers = append(o.losers, [2]int32{place[n], place[owner]})
	}
	slices.SortFunc(o.losers, func(a, b [2]int32) int { return cmp.Compare(a[0], b[0]) })
}

// tagsIn returns the tags of everybody for a key in the form that they had in the note before, or, when there is
// none, in the shorter one of both.
func (w *noter) tagsIn(o *outlineNote, key int, people, place []int32) tagColumn {
	old := w.outline
	c := tagColumn{others: map[int32]uint32{}}
	if old != nil && old.tags[key].tags == nil {
		for n, tag := range old.tags[key].others {
			if !w.state[n].known {
				c.others[place[n]] = tag
			}
		}
	}
	if old == nil || old.tags[key].tags == nil {
		for at, n := range people {
			if !w.state[n].known {
				continue
			}
			if tag := w.tags[key][n]; tag != o.derivedTag(w.index, key, int32(at)) {
				c.others[int32(at)] = tag
			}
			if old == nil && len(c.others) > len(people)/8 {
				break
			}
		}
		if old != nil || len(c.others) <= len(people)/8 {
			return c
		}
	}

	c = tagColumn{tags: make([]uint32, len(people))}
	for at, n := range people {
		if w.state[n].known {
			c.tags[at] = w.tags[key][n]
		} else {
			c.tags[at] = old.tags[key].tags[n]
		}
	}
	return c
}

// contestedLosers returns those who have lost a uid that is contested.
func (w *noter) contestedLosers() map[int32]bool {
	contested := map[int32]bool{}
	for n := range w.resolved.uidOwner {
		if w.contested(n) {
			contested[n] = true
		}
	}
	return contested
}

// contested reports whether of those who claim the uid that an identity has lost another one comes
// first when they hold what is stored now. Who looks for a manager by it then finds that one.
func (w *noter) contested(n int32) bool {
	var found []int32
	if x := w.resolver.indexes[config.AttrUID]; x != nil {
		found = x.Find(identity.Fold(w.lookup(n, config.AttrUID)), 0)
	}
	if len(found) < 2 {
		return true // nobody knows them
	}
	holds := func(n int32) bool {
		if s := &w.state[n]; s.known {
			return s.flags&noteHoldsUID != 0
		}
		return w.outline.flags[n]&noteHoldsUID != 0
	}
	first, next := found[0], found[0]
	for _, n := range found[1:] {
		if w.hasPriority(n, first) {
			first = n
		}
		if x, y := holds(n), holds(next); x && !y || x == y && w.hasStanding(n, next) {
			next = n
		}
	}
	return first != next
}

// noteAccount appends an account, which was told in this run or is as it was noted before.
func (w *noter) noteAccount(o *outlineNote, a int32, known, saved bool) {
	o.source = append(o.source, w.accounts.Sources[a])
	if known {
		o.marks, o.stable = append(o.marks, w.marks[a]), append(o.stable, w.stable[a])
	} else {
		o.marks, o.stable = append(o.marks, w.outline.marks[a]), append(o.stable, w.outline.stable[a])
	}

	// One that differs from the stored account and is not written is read again in the next run, and its
	// source is.
	st, print := &w.tables.state[a], w.accounts.Fingerprint(a)
	unsaved := !saved && st.difference != noDifference
	if unsaved {
		print = 0
	}
	if unsaved || !st.presence.inData() {
		o.readings[w.accounts.Sources[a]] = reading{}
	}
	o.prints = append(o.prints, print)
}

// inOrder returns all identities by id.
func (w *noter) inOrder() []int32 {
	stored := int32(len(w.stored))
	all := make([]int32, 0, len(w.people))
	var born []int32
	for n := range int32(len(w.people)) {
		switch {
		case w.people[n].unmade:
		case n < stored:
			all = append(all, n)
		default:
			born = append(born, n)
		}
	}
	slices.SortFunc(born, func(a, b int32) int {
		if x, y := w.state[a].id, w.state[b].id; x != y {
			return cmp.Compare(x, y)
		}
		return strings.Compare(w.id(a), w.id(b))
	})
	if len(all) == 0 {
		return born
	}

	merged, from := make([]int32, 0, len(w.people)), 0
	for _, n := range born {
		var at int
		if w.outline != nil {
			number, _ := w.outline.number(w.id(n))
			at = int(number)
		} else {
			id := w.id(n)
			at = sort.Search(len(all), func(k int) bool { return w.stored[all[k]].ID >= id })
		}
		merged = append(append(merged, all[from:at]...), n)
		from = at
	}
	return append(merged, all[from:]...)
}

// everybodyInOrder returns everybody in the order of their results.
func (b *builder) everybodyInOrder() []int32 {
	if b.outline != nil {
		return b.outlinedOrder()
	}
	return b.resultOrder(b.all())
}
