package profile

import (
	"errors"
	"hash/crc32"
	"iter"
	"slices"
	"sort"
	"sync"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/tags"
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

	byStable *tags.Table // likewise

	mu     sync.Mutex           // held while something is read
	stored []*identity.Identity // those of the tables; nil: not read
	unread [][]string           // by identity that was read: what its accounts are read from
	facts  []*briefFacts        // by kind, of those that were asked for
	err    error                // the first one of reading
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
		!slices.Equal(note.attributes, rd.engine.notedTexts()) || !slices.Equal(note.keys, rd.newIndex().Tags()) {
		return false, nil
	}
	for n := range people {
		if store.Accounts(n) != int(note.accounts[n+1]-note.accounts[n]) || int(note.profile[n]) >= len(rd.engine.profiles) {
			return false, nil
		}
	}

	o := &outlined{outlineNote: note, store: store, people: int32(people), stored: make([]*identity.Identity, people),
		unread: make([][]string, people)}
	rd.outline = o
	rd.accounts.Names = slices.Clone(note.sources)
	rd.accounts.AddOutlined(slices.Clone(note.source), slices.Clone(note.prints),
		slices.ContainsFunc(note.marks, func(m uint8) bool { return m&noteManual != 0 }), o.account)
	rd.stored, rd.withExceptions = o.stored, note.withExceptions
	rd.peopleOf(o)
	return true, nil
}

// outlines reports whether a run of the configuration may leave identities unread: nothing that is
// asked of everybody in each run is beyond the note.
func (e *Engine) outlines() bool {
	if e.ReadsOthers() || e.opts.Correlation.Rule != nil || len(e.opts.AccountRules) > 0 {
		return false
	}
	byRule := func(s *config.Source) bool { return s.Manager != nil && s.Manager.Rule != "" }
	return !slices.ContainsFunc(e.bundle.Sources, byRule)
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
func (o *outlined) identity(n int32) *identity.Identity {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.load(n); err != nil {
		o.fail(err)
		o.stored[n], o.unread[n] = &identity.Identity{}, make([]string, o.accounts[n+1]-o.accounts[n])
	}
	return o.stored[n]
}

// load reads a stored identity, and what its accounts are read from, when nobody has yet.
func (o *outlined) load(n int32) error {
	if o.stored[n] != nil {
		return nil
	}
	i, unread, err := o.store.Identity(int(n))
	if err != nil {
		return err
	}
	i.Accounts = nil
	o.stored[n], o.unread[n] = i, unread
	return nil
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
	if err := o.load(n); err != nil {
		return err
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
func (o *outlined) withStable(tag uint32) iter.Seq[int] {
	if o.byStable == nil {
		o.byStable = tags.New(o.stable)
	}
	return o.byStable.Find(tag)
}

// stableTag is a short hash of a stable id, the same in every process.
func stableTag(id string) uint32 { return max(1, crc32.ChecksumIEEE([]byte(id))) }
