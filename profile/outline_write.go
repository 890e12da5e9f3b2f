package profile

import (
	"cmp"
	"encoding/binary"
	"slices"
	"sort"
	"strings"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/codec"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/table"
)

// noter gathers what a run notes about everybody, see [outlineNote], in the order of the results.
// What it is told is by number of the tables; [noter.note] puts it into the order of the note.
type noter struct {
	*phases
	index *correlate.Index

	state   []noted
	texts   []noteTexts
	tags    [][]uint32 // by key, then by identity
	marks   []uint8    // by account
	stable  []uint32   // by account
	order   []int32
	runs    interned[notedRun]
	kinds   interned[string]
	known   map[string]uint32 // kinds, by what decides about them
	lastRun notedRun
	last    uint16

	attributes []string // whose texts are noted
	key        []byte
	some       []uint32
}

// noted is what is noted of an identity in this run.
type noted struct {
	id    uint64 // the first bytes of the id of who is new
	kind  uint32
	run   uint16
	auth  uint16
	flags uint8
	known bool // it was told
	saved bool
}

// noteTexts are texts of identities, in the order in which they were told.
type noteTexts struct {
	text     []byte
	from, to []uint32 // by identity
}

// interned numbers different values.
type interned[T comparable] struct {
	numbers map[T]uint32
	list    []T
}

func (x *interned[T]) number(v T) uint32 {
	n, ok := x.numbers[v]
	if !ok {
		if x.numbers == nil {
			x.numbers = map[T]uint32{}
		}
		n = uint32(len(x.list))
		x.numbers[v] = n
		x.list = append(x.list, v)
	}
	return n
}

// newNoter returns what gathers a note, nil when the run leaves none.
func newNoter(p *phases) *noter {
	_, ok := p.opts.Stored.(identity.Outliner)
	if !ok || !p.opts.Incremental || p.resident || p.frame == "" || !p.engine.outlines() {
		return nil
	}
	w := &noter{phases: p, index: p.noteIndex(), state: make([]noted, len(p.people)), marks: make([]uint8, len(p.tables.state)),
		stable: make([]uint32, len(p.tables.state)), known: map[string]uint32{}}
	w.attributes = p.engine.notedTexts()
	w.texts = make([]noteTexts, len(w.attributes))
	for i := range w.texts {
		w.texts[i] = noteTexts{from: make([]uint32, len(p.people)), to: make([]uint32, len(p.people))}
	}
	w.tags = make([][]uint32, len(w.index.Tags()))
	for i := range w.tags {
		w.tags[i] = make([]uint32, len(p.people))
	}
	w.kinds.number("")
	return w
}

// add notes an identity as it will be stored, and in what state its manager is; accounts are its
// own, nil: those of the tables.
func (w *noter) add(n int32, i *identity.Identity, accounts []identity.Account, manager string, saved bool) {
	q, s := &w.people[n], &w.state[n]
	*s = noted{id: table.Prefix(i.ID), known: true, saved: saved}
	if run := keyOfRun(i); run != w.lastRun || len(w.runs.list) == 0 {
		w.lastRun, w.last = run, uint16(min(w.runs.number(run), 1<<16-1))
	}
	s.run = w.last

	k := 0
	for a := q.first; a >= 0; a = w.tables.state[a].next {
		if a == q.auth {
			s.auth = uint16(min(k, 1<<16-1))
		}
		if accounts != nil {
			w.account(a, &accounts[k])
		} else {
			account := w.accounts.At(a)
			w.account(a, &account)
		}
		k++
	}

	state := stateOf(i)
	given := func(name string) identity.Value {
		if q.profile >= 0 && (name == config.AttrUID || name == config.AttrManager) {
			if v := state.Get(name); !v.IsNull() {
				return v
			}
		}
		return i.Attributes.Get(name)
	}
	uid := i.Attributes.Get(config.AttrUID)
	if !uid.IsNull() {
		s.flags |= noteHoldsUID
	}
	if _, lost := w.resolved.uidOwner[n]; lost && !uid.IsNull() {
		s.flags |= noteKeptUID
	}
	errors := len(state.errors()) > 0
	if errors {
		s.flags |= noteErrors
	}
	if state.unknown() || (i.ManagerID == "") != (w.resolved.manager[n] < 0) {
		s.flags |= noteDoubtful
	}

	for t, name := range w.attributes {
		text := i.Alias
		if name != correlate.Alias && name != "name" { // the other name of that
			text = given(name).Text()
		}
		to := &w.texts[t]
		to.from[n] = uint32(len(to.text))
		to.text = append(to.text, text...)
		to.to[n] = uint32(len(to.text))
	}
	w.some = w.index.AppendTags(w.some[:0], func(attribute string) identity.Value {
		if attribute == correlate.Alias {
			return identity.StringValue(i.Alias)
		}
		return i.Attributes.Get(attribute)
	})
	for key, tag := range w.some {
		w.tags[key][n] = tag
	}
	if q.profile >= 0 && !errors {
		s.kind = w.kindOf(n, i, manager)
	}
}

func (w *noter) account(account int32, a *identity.Account) {
	marks := uint8(0)
	if a.ManuallyCorrelated {
		marks |= noteManual
	}
	if a.IdentityID != "" {
		marks |= noteNamed
	}
	if a.UUID != "" {
		marks |= noteStable
		w.stable[account] = stableTag(a.UUID)
	}
	w.marks[account] = marks
}

// maxKinds is how many kinds of briefs a note knows; whoever is of another kind has none.
const maxKinds = 1 << 16

// kindOf returns the kind of the brief of an identity: all that it says, and that does not change with
// its next run. Those of one kind differ in who they are about alone.
func (w *noter) kindOf(n int32, i *identity.Identity, manager string) uint32 {
	c, uid := w.engine.profiles[w.people[n].profile], i.Attributes.Get(config.AttrUID).Text()
	var warnings []string
	if strings.ContainsAny(uid, reservedCharacters) || strings.TrimSpace(uid) != uid {
		warnings = uidWarnings(i.Attributes, i.Attributes)
	}
	if warning := nextProcessingWarning(i.Attributes); warning != "" {
		warnings = append(warnings, warning)
	}
	for k, warning := range warnings {
		warnings[k], _, _ = strings.Cut(warning, ": ")
	}

	// What a brief says is worked out once for all of whom this is the same.
	b := binary.AppendUvarint(w.key[:0], uint64(c.rank))
	for a := w.people[n].first; a >= 0; a = w.tables.state[a].next {
		b = append(binary.AppendUvarint(b, uint64(w.accounts.Sources[a])), w.marks[a]&noteManual)
	}
	b = append(codec.AppendTexts(codec.AppendTexts(b, i.ExceptionCodes), warnings), byte(btoi(i.Lifecycle.ManuallyUpdated)))
	for _, text := range [...]string{manager, i.Attributes.Get(config.AttrLifecycle).Text(), i.Lifecycle.State, i.Lifecycle.Overridden} {
		b = codec.AppendText(b, text)
	}
	w.key = b
	kind, known := w.known[string(b)]
	if known || len(w.kinds.list) >= maxKinds {
		return kind
	}

	r := Result{Identity: &identity.Identity{Lifecycle: i.Lifecycle, Attributes: i.Attributes}}
	c.enterState(&r, i.Attributes)
	f := briefFacts{codes: i.ExceptionCodes, warnings: warnings, manager: manager, lifecycle: r.Lifecycle}
	kind = w.kinds.number(string(append(f.append(nil), b...))) // what stands behind the facts tells kinds apart
	w.known[string(b)] = kind
	return kind
}

// note puts together what was gathered, and what the note before says of all others.
func (w *noter) note(withExceptions int) []byte {
	old, people := w.outline, w.inOrder()
	if len(w.runs.list) >= 1<<16 {
		return nil
	}
	o := &outlineNote{frame: w.frame, sources: w.accounts.Names, keys: w.index.Tags(), attributes: w.attributes,
		readings: make([]reading, len(w.accounts.Names)), withExceptions: withExceptions}
	for source, r := range w.reader.readings {
		o.readings[source] = *r
	}
	place := make([]int32, len(w.people))
	for at, n := range people {
		place[n] = int32(at)
	}

	// What is taken over from the note before has numbers there.
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

	texts := make([][]byte, len(w.texts))
	o.texts = make([]textColumn, len(w.texts))
	for i := range w.texts {
		o.texts[i].ends = make([]uint32, 0, len(people))
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
		if !s.known {
			o.flags, o.auth = append(o.flags, old.flags[n]&^noteContested), append(o.auth, old.auth[n])
			o.run, o.kind = append(o.run, runs[old.run[n]]), append(o.kind, kinds[old.kind[n]])
		} else {
			o.flags, o.auth = append(o.flags, s.flags), append(o.auth, s.auth)
			o.run, o.kind = append(o.run, s.run), append(o.kind, s.kind)
		}
		for i := range texts {
			if s.known {
				t := &w.texts[i]
				texts[i] = append(texts[i], t.text[t.from[n]:t.to[n]]...)
			} else {
				texts[i] = append(texts[i], old.texts[i].at(n)...)
			}
			o.texts[i].ends = append(o.texts[i].ends, uint32(len(texts[i])))
		}
	}
	o.accounts = append(o.accounts, uint32(len(o.source)))
	for i := range texts {
		o.texts[i].text = string(texts[i])
	}
	for key := range w.tags {
		o.tags = append(o.tags, w.tagsIn(o, key, people, place))
	}
	for _, a := range w.left() {
		known := old == nil || int(a) >= len(old.source) || w.tables.state[a].difference != noDifference || w.tables.state[a].wasLinked
		if known {
			account := w.accounts.At(a)
			w.account(a, &account)
		}
		st := &w.tables.state[a]
		w.noteAccount(o, a, known, !st.presence.wasStored() || st.wasLinked || st.difference != detailsDiffer || w.details)
	}

	if len(w.order) != len(people) {
		w.order = w.builder.everybodyInOrder()
	}
	for _, n := range w.order {
		o.order = append(o.order, place[n])
	}
	for n, r := range w.resolved.outcome {
		o.lost = append(o.lost, notedManager{n: place[n], ManagerResult: r})
	}
	slices.SortFunc(o.lost, func(a, b notedManager) int { return cmp.Compare(a.n, b.n) })
	for n, owner := range w.resolved.uidOwner {
		if w.contested(n) {
			o.flags[place[n]] |= noteContested
		}
		o.losers = append(o.losers, [2]int32{place[n], place[owner]})
	}
	slices.SortFunc(o.losers, func(a, b [2]int32) int { return cmp.Compare(a[0], b[0]) })
	o.runs, o.kinds = w.runs.list, w.kinds.list
	return o.append(make([]byte, 0, o.size()))
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

// left returns the accounts without identity, by source and native identity.
func (w *noter) left() (list []int32) {
	for a := range w.tables.state {
		if st := &w.tables.state[a]; st.owner < 0 && st.presence.exists() {
			list = append(list, int32(a))
		}
	}
	slices.SortFunc(list, func(a, b int32) int {
		return cmp.Or(strings.Compare(w.accounts.Names[w.accounts.Sources[a]], w.accounts.Names[w.accounts.Sources[b]]),
			strings.Compare(w.accounts.Native(a), w.accounts.Native(b)))
	})
	return list
}

// everybodyInOrder returns everybody in the order of their results.
func (b *builder) everybodyInOrder() []int32 {
	if b.outline != nil {
		return b.outlinedOrder()
	}
	return b.resultOrder(b.all())
}
