package profile

import (
	"cmp"
	"errors"
	"hash/crc32"
	"iter"
	"slices"
	"sort"
	"sync"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/table"
)

// outlined is what a run knows of a stored outcome that it has not read: the columns of its note.
// Identities and accounts are read when somebody looks at them. Identities that are stored are numbered by
// id, in the tables as there.
type outlined struct {
	*outlineNote
	store  identity.Outline
	people int32         // how many identities are stored
	prints *table.Prints // made when it is first asked

	mu     sync.Mutex    // held while something is read
	unread [][]string    // by identity that was read: what its accounts are read from
	facts  []*briefFacts // by kind, of those that were asked for

	// By the last bits of the tags of stable ids, made when it is first asked: the first account, and by
	// account the next one; each one too high, so that 0 is none.
	stableHeads, stableNext []int32
	err                     error // the first one of reading
}

// takeOutline makes the tables those of a stored outcome, and reports whether the store has an
// outline of one that this run can go on from.
func (rd *reader) takeOutline() (bool, error) {
	s, ok := rd.opts.Stored.(identity.Outliner)
	if !ok || !rd.lean || !rd.mayResume() || rd.resident || rd.before != nil || !rd.engine.outlines() {
		return false, nil
	}
	store, err := s.Outline(rd.ctx)
	if store == nil || err != nil {
		return false, err
	}

	// What is there is what the note is about.
	note := readNote(store.Note())
	people, left := store.Len()
	if note == nil || note.frame != rd.frame || len(note.flags) != people || people == 0 ||
		len(note.source) != int(note.accounts[people])+left ||
		!slices.Equal(note.attributes, rd.engine.notedTexts()) || !slices.Equal(note.keys, rd.noteIndex().Tags()) {
		return false, nil
	}
	for n := range people {
		if store.Accounts(n) != int(note.accounts[n+1]-note.accounts[n]) || int(note.profile[n]) >= len(rd.engine.profiles) {
			return false, nil
		}
	}

	o := &outlined{outlineNote: note, store: store, people: int32(people), unread: make([][]string, people)}
	rd.outline = o
	rd.accounts.Names = slices.Clone(note.sources)
	rd.accounts.AddOutlined(slices.Clone(note.source), slices.Clone(note.prints),
		slices.ContainsFunc(note.marks, func(m uint8) bool { return m&noteManual != 0 }), o.account)
	rd.stored, rd.withExceptions = make([]*identity.Identity, people), note.withExceptions
	rd.peopleOf(o)
	return true, nil
}

// outlines reports whether a run of the configuration may leave identities unread: nothing that is
// asked of everybody in each run is beyond the note.
func (e *Engine) outlines() bool {
	if e.ReadsOthers() || e.opts.Correlation.Rule != nil || len(e.opts.AccountRules) > 0 {
		return false
	}
	return !slices.ContainsFunc(e.bundle.Sources, func(s *config.Source) bool { return s.Manager != nil && s.Manager.Rule != "" })
}

// notedTexts are the attributes whose texts are noted of everybody: the name by which they are
// called, those by which managers are found, and the uid.
func (e *Engine) notedTexts() []string {
	names := []string{correlate.Alias}
	for _, name := range append(e.managerAttributes(), config.AttrUID) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// noteIndex returns an empty index that makes the tags of a note.
func (t *tables) noteIndex() *correlate.Index {
	x := correlate.NewIndex(t.engine.keys...)
	for _, src := range t.engine.bundle.Sources {
		x.Cover(t.engine.sources[src.Name].correlator)
	}
	return x
}

// peopleOf makes persons and the states of their accounts.
func (rd *reader) peopleOf(o *outlined) {
	rd.people, rd.state = make([]person, o.people), make([]accountState, len(o.source))
	method := func(a int) uint8 {
		if o.marks[a]&noteManual != 0 {
			return uint8(slices.Index(methods[:], correlate.Manual))
		}
		return uint8(slices.Index(methods[:], correlate.Sticky))
	}
	for a := range rd.state {
		named := o.marks[a]&noteNamed != 0
		rd.state[a] = accountState{owner: -1, next: -1, presence: unread, named: named}
		rd.named = rd.named || named
	}

	for n := range o.people {
		q := person{first: -1, last: -1, alias: -1, profile: o.profile[n], auth: -1, holdsUID: o.flags[n]&noteHoldsUID != 0}
		first, end := int32(o.accounts[n]), int32(o.accounts[n+1])
		if first < end {
			q.first, q.last = first, end-1
		}
		if q.profile >= 0 {
			q.auth = first + int32(o.auth[n])
		}
		rd.people[n] = q
		for a := first; a < end; a++ {
			st := &rd.state[a]
			st.owner, st.wasLinked, st.method = n, true, method(int(a))
			if a+1 < end {
				st.next = a + 1
			}
		}
	}
}

// identity returns a stored identity, without accounts. One that cannot be read is an empty one,
// and the run fails.
func (o *outlined) identity(t *tables, n int32) *identity.Identity {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.identityLocked(t, n)
}

func (o *outlined) identityLocked(t *tables, n int32) *identity.Identity {
	if i := t.stored[n]; i != nil {
		return i
	}
	i, unread, err := o.store.Identity(int(n))
	if err != nil {
		o.fail(err)
		i, unread = &identity.Identity{}, make([]string, o.accounts[n+1]-o.accounts[n])
	}
	i.Accounts = nil
	t.stored[n], o.unread[n] = i, unread
	return i
}

// failure returns why something could not be read.
func (o *outlined) failure() error {
	if o == nil {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

func (o *outlined) fail(err error) {
	if o.err == nil {
		o.err = err
	}
}

// account reads a stored account.
func (o *outlined) account(account int32, a *identity.Account) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if left := o.accounts[o.people]; uint32(account) >= left {
		return o.store.Uncorrelated(int(uint32(account)-left), a)
	}

	n := int32(sort.Search(int(o.people), func(n int) bool { return o.accounts[n+1] > uint32(account) }))
	if o.unread[n] == nil {
		_, unread, err := o.store.Identity(int(n))
		if err != nil {
			return err
		}
		o.unread[n] = unread
	}
	return o.store.Read(o.unread[n][uint32(account)-o.accounts[n]], a)
}

// number returns the number of a stored identity.
func (o *outlined) number(id string) (int32, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n, found, err := o.store.Number(id)
	if err != nil {
		o.fail(err)
	}
	return int32(n), found && err == nil
}

// text returns one of the noted texts of a stored identity.
func (o *outlined) text(n int32, attribute string) (text string, ok bool) {
	i := slices.Index(o.attributes, attribute)
	if i < 0 || n >= o.people {
		return "", false
	}
	return o.texts[i].at(n), true
}

// tagsOf returns the tags of everybody for a key of an index.
func (o *outlineNote) tagsOf(key int, x *correlate.Index) []uint32 {
	c := &o.tags[key]
	if c.tags != nil {
		return c.tags
	}
	tags := make([]uint32, len(o.flags))
	for n := range tags {
		tags[n] = o.derivedTag(x, key, int32(n))
	}
	for n, tag := range c.others {
		tags[n] = tag
	}
	return tags
}

// derivedTag returns the tag that an identity has for a key by what the noted texts say.
func (o *outlineNote) derivedTag(x *correlate.Index, key int, n int32) uint32 {
	return x.TagOf(key, func(attribute string) identity.Value {
		if at := slices.Index(o.attributes, attribute); at >= 0 {
			return textOrNull(o.texts[at].at(n))
		}
		return identity.Value{}
	})
}

// briefFacts returns what a brief says of everybody of a kind.
func (o *outlined) briefFacts(kind uint32) *briefFacts {
	if o.facts == nil {
		o.facts = make([]*briefFacts, len(o.kinds))
	}
	if o.facts[kind] == nil {
		o.facts[kind] = new(briefFacts)
		if !o.facts[kind].read(o.kinds[kind]) {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.fail(errNote)
		}
	}
	return o.facts[kind]
}

// errNote is the error of a note that is not what a run has written.
var errNote = errors.New("the note of the last run cannot be read")

// candidates calls yield with the accounts that may be the one with a key.
func (o *outlined) candidates(key identity.AccountKey, yield func(account int32)) {
	var list []int32
	o.mu.Lock()
	o.store.Candidates(key, func(n, account int) {
		if n < 0 {
			list = append(list, int32(o.accounts[o.people])+int32(account))
		} else {
			list = append(list, int32(o.accounts[n])+int32(account))
		}
	})
	o.mu.Unlock()
	for _, a := range list {
		yield(a)
	}
}

// byPrint returns the table of fingerprints.
func (o *outlined) byPrint(accounts *table.Accounts) *table.Prints {
	if o.prints == nil {
		o.prints = table.NewPrints(accounts, len(o.source))
	}
	return o.prints
}

// accountBy returns the account of a source with that native identity.
func (rd *reader) accountBy(source uint16, native string) (account int32, ok bool) {
	if account, ok = rd.keys(source).Find(rd.accounts, native); ok || rd.outline == nil {
		return account, ok
	}
	rd.outline.candidates(identity.AccountKey{Source: rd.accounts.Names[source], NativeIdentity: native}, func(a int32) {
		if rd.accounts.Sources[a] == source && rd.accounts.Native(a) == native {
			account, ok = a, true
		}
	})
	return account, ok
}

// withStable yields the stored accounts whose stable ids may have a tag, by descending number.
func (o *outlined) withStable(tag uint32) iter.Seq[int32] {
	if o.stableHeads == nil {
		size := 16
		for size < 2*len(o.stable) {
			size *= 2
		}
		o.stableHeads, o.stableNext = make([]int32, size), make([]int32, len(o.stable))
		for a, tag := range o.stable {
			if tag != 0 {
				at := tag & uint32(size-1)
				o.stableNext[a], o.stableHeads[at] = o.stableHeads[at], int32(a)+1
			}
		}
	}
	return func(yield func(account int32) bool) {
		for a := o.stableHeads[tag&uint32(len(o.stableHeads)-1)] - 1; a >= 0; a = o.stableNext[a] - 1 {
			if o.stable[a] == tag && !yield(a) {
				return
			}
		}
	}
}

// stableTag is a short hash of a stable id, the same in every process.
func stableTag(id string) uint32 { return max(1, crc32.ChecksumIEEE([]byte(id))) }

// readOutlined reads everything that is stored, so that the tables are those of a run that was told
// all of it.
func (p *phases) readOutlined() error {
	o := p.outline
	for n := range o.people {
		i := o.identity(p.tables, n)
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
	p.linker.index.Late(int(o.people), func(key int) []uint32 { return o.tagsOf(key, p.noteIndex()) }, p.linker.putStored)
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
	return !t.bases[rank].needs(&needsKey{rank: int(rank), mappings: r.mappings, now: r.at.Equal(t.opts.Now), stable: r.stable}).none
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
