package profile

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/table"
)

// tables is what a run knows of accounts and identities, by number and without a
// pointer for each. Every phase reads it; at each column stands who writes it.
type tables struct {
	*Run
	*delta
	control
	derived
	outline *outlined // of a run that goes on from what it has not read; nil: all that is stored is in the tables

	accounts *table.Accounts      // reader
	state    []accountState       // by account; reader, the links too by the linker
	people   []person             // by identity
	stored   []*identity.Identity // by identity, without accounts, as far as there were any, see [tables.storedOf]; reader
	byID     map[string]int32     // identities that are stored or that the data may name, see [tables.byIdentity]; reader, linker
	named    bool                 // some account names an identity, or some are stored; reader

	notes    map[int32][]correlate.Ambiguity // by account without identity; linker
	rows     table.Rows                      // of attributes; calculator
	goneFrom formerOwners                    // by account that its source no longer has: the identity it had; reader
	errors   map[int32][]AttributeError      // by identity; calculator
	resolved resolution                      // what needs everybody; resolver
}

// derived is what follows from the configuration alone.
type derived struct {
	bases []*basis // by rank: what mappings depend on; worked out before the first phase
	ranks []int16  // by source number: the profile that it serves, -1: none; worked out on demand
}

// control says whether a run goes on.
type control struct {
	ctx    context.Context
	failed atomic.Pointer[error] // of a goroutine of this run
	excess atomic.Int64          // bytes of rows beyond what is free, of this pass over everybody
}

// delta is what a run knows of the run before: what can be skipped.
type delta struct {
	fullRun   bool // nothing is known of a run before: everybody is looked at
	whole     bool // findings are about everybody, whoever has to be looked at
	resumed   bool // the tables go on from a stored outcome, see [phases.resume]
	resident  bool // the tables are kept for a later run
	lean      bool // nobody asks for everybody's results, so what is stored may stay unread
	remapped  bool // the mappings are others than in the last run
	rewritten bool // some account is not written as it was when it was stored
	details   bool // accounts are written for details too: the sources may not give them a second time

	changed        table.Numbers // identities whose accounts, attributes or stored values are not those of the last run
	resultsDue     table.Numbers // identities whose result may be another one
	withExceptions int           // stored identities with exceptions
	// unsettled are identities of which another uid is stored now than at the
	// beginning of the last run, or that hold theirs in another way.
	unsettled []int32
}

// accountState is what the run knows of an account beside its data.
type accountState struct {
	owner      int32 // identity, -1: none
	next       int32 // next account of the same identity, -1: last
	method     uint8 // of methods: how it was linked
	criterion  uint8
	presence   presence
	difference difference
	pending    bool // correlation has to look at it again although it is linked
	wasLinked  bool // had an identity before the run
	decided    bool // people decided about it
	named      bool // the data name an identity that it is not known to be linked to
	rewritten  bool // its text is not the one that it was stored with
}

var methods = [...]correlate.Method{correlate.Uncorrelated, correlate.NewIdentity, correlate.Sticky, correlate.Manual,
	correlate.Rule, correlate.ByConfig, correlate.Default}

// person is an identity.
type person struct {
	first, last  int32 // accounts, in the order they were linked
	alias        int32 // account that gave the identity its name; -1: stored
	profile      int16 // rank; -1: none
	linksChanged bool  // an account came or went
	holdsUID     bool  // the uid is the one it had before the run
	indexed      bool  // what it is found by is that of this run
	upToDate     bool  // nothing of it is to be evaluated until it changes or the clock does
	unmade       bool  // it was made in this run and joined another one: it is nobody
	auth         int32 // authoritative account of the profile
	row          table.Ref
}

// id returns the identity id: the stored one, or one that derives from the first
// authoritative account, so that the same data give the same ids.
func (t *tables) id(n int32) string {
	if s := t.storedOf(n); s != nil {
		return s.ID
	}
	a := t.accounts.At(t.people[n].alias)
	return t.idFrom(&a)
}

// idFrom returns the id of an identity that is made from an account.
func (t *tables) idFrom(a *identity.Account) string {
	if a.IdentityID != "" && !t.opts.Recompute {
		return a.IdentityID
	}
	return config.IdentityID(t.sourceID(a.Source), a.NativeIdentity)
}

func (t *tables) sourceID(name string) string {
	if id := t.engine.opts.SourceIDs[name]; id != "" {
		return id
	}
	if s := t.engine.sources[name]; s != nil && s.source.ID != "" {
		return s.source.ID
	}
	return name
}

func (t *tables) storedOf(n int32) *identity.Identity {
	switch {
	case int(n) >= len(t.stored):
		return nil
	case t.outline != nil:
		return t.outline.identity(n)
	}
	return t.stored[n]
}

// wasStored reports whether [tables.storedOf] has an identity, without reading it.
func (t *tables) wasStored(n int32) bool {
	return int(n) < len(t.stored) && (t.outline != nil || t.stored[n] != nil)
}

// byIdentity returns the number of the identity with an id.
func (t *tables) byIdentity(id string) (n int32, ok bool) {
	if n, ok = t.byID[id]; !ok && t.outline != nil {
		return t.outline.number(id)
	}
	return n, ok
}

func (t *tables) storedAttributes(n int32) identity.Attributes {
	if s := t.storedOf(n); s != nil {
		return s.Attributes
	}
	return identity.Attributes{}
}

// aliasOf returns the identity's internal name.
func (t *tables) aliasOf(n int32) string {
	if t.outline != nil {
		if alias, ok := t.outline.text(n, correlate.Alias); ok {
			return alias
		}
	}
	if s := t.storedOf(n); s != nil && s.Alias != "" {
		return s.Alias
	}
	if t.people[n].alias < 0 { // stored without a name
		return ""
	}
	a := t.accounts.At(t.people[n].alias)
	return a.DisplayName()
}

func (t *tables) appendAccounts(list []identity.Account, n int32) []identity.Account {
	count := 0
	for a := t.people[n].first; a >= 0; a = t.state[a].next {
		count++
	}
	list = slices.Grow(list, count)
	for a := t.people[n].first; a >= 0; a = t.state[a].next {
		list = append(list, identity.Account{})
		t.accounts.Read(a, &list[len(list)-1])
	}

	return list
}

// touchAll looks at the accounts and attributes of the identities that come next.
func (t *tables) touchAll(people []int32) byte { return t.touch(people) + t.touchRows(people) }

// touchedAhead is how many identities are touched at a time.
const touchedAhead = 16

// ahead yields identities. Before every few it calls touch with them: rows that are looked at
// together are waited for together. What touch returns means nothing.
func ahead(people []int32, touch func(people []int32) byte) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		for next := range slices.Chunk(people, touchedAhead) {
			touch(next)
			for _, n := range next {
				if !yield(n) {
					return
				}
			}
		}
	}
}

// touch looks at the accounts of the identities that come next, see [table.Accounts.Touch].
func (t *tables) touch(people []int32) (sum byte) {
	if t.outline != nil {
		return 0 // they are not there
	}
	for _, n := range people {
		for a := t.people[n].first; a >= 0; a = t.state[a].next {
			sum += t.accounts.Touch(a)
		}
	}
	return sum
}

// touchRows looks at the attributes of the identities that come next: those of the run, or
// the stored ones.
func (t *tables) touchRows(people []int32) (sum byte) { return t.touchRowsIn(t.rows.Chunks, people) }

// touchRowsIn is touchRows while others write rows, given the chunks that nobody writes to any more.
func (t *tables) touchRowsIn(chunks [][]byte, people []int32) (sum byte) {
	if t.outline != nil {
		return 0
	}
	for _, n := range people {
		if row := t.people[n].row; row != 0 || t.storedOf(n) == nil {
			sum += table.TouchText(table.RowAt(chunks, row))
			continue
		}
		sum += table.TouchText(t.stored[n].Attributes.Row())
	}
	return sum
}

// byRows returns all identities in the order of their accounts' rows, for passes over
// everybody in which the order decides nothing: numbers go by the age of accounts, so in
// their order nearly every row is one that the processor has not at hand.
func (t *tables) byRows() []int32 {
	order := make([]int32, 0, len(t.people))
	if t.fullRun {
		for a := range t.state {
			if n := t.state[a].owner; n >= 0 && t.people[n].first == int32(a) {
				order = append(order, n)
			}
		}
	}

	for n := range t.people {
		if !t.fullRun || t.people[n].first < 0 {
			order = append(order, int32(n))
		}
	}
	return order
}

// link gives an account to an identity, and takes it from the one it had.
func (t *tables) link(account, n int32, method correlate.Method, criterion int) {
	st := &t.state[account]
	if st.owner == n {
		return
	}
	t.unlink(account)
	st.owner, st.next = n, -1
	st.method, st.criterion = uint8(slices.Index(methods[:], method)), uint8(criterion)
	delete(t.notes, account)
	q := &t.people[n]
	q.linksChanged = true
	if q.first < 0 {
		q.first = account
	} else {
		t.state[q.last].next = account
	}

	q.last = account
}

// unlink takes an account from its identity.
func (t *tables) unlink(account int32) {
	st := &t.state[account]
	if st.owner < 0 {
		return
	}
	q := &t.people[st.owner]
	q.linksChanged = true

	// Lists of accounts are short, so the one before is found by walking.
	before := int32(-1)
	for a := q.first; a != account; a = t.state[a].next {
		before = a
	}
	if before < 0 {
		q.first = st.next
	} else {
		t.state[before].next = st.next
	}

	if q.last == account {
		q.last = before
	}
	st.owner, st.next, st.method = -1, -1, 0
}

// create makes an identity from an authoritative account.
func (t *tables) create(account int32) int32 {
	n := int32(len(t.people))
	t.people = append(t.people, person{first: -1, last: -1, alias: account, profile: -1, auth: -1})
	t.link(account, n, correlate.NewIdentity, 0)
	return n
}

// uncorrelatedIdentity reports whether an identity lost its last authoritative
// account; it counts only when no other one matches (correlate/DECISIONS.md, DECISION 31).
func (t *tables) uncorrelatedIdentity(n int32) bool {
	s := t.storedOf(n)
	return t.people[n].profile < 0 && (s == nil || !s.Protected)
}

// compare orders identities as a run does that reads them from a store: stored
// ones by id, then new ones as they came.
func (t *tables) compare(a, b int32) int {
	if !t.fullRun && t.outline == nil {
		first, second := t.storedOf(a), t.storedOf(b)
		if first != nil && second != nil {
			return strings.Compare(first.ID, second.ID)
		}
		if (first == nil) != (second == nil) {
			return btoi(first == nil) - btoi(second == nil)
		}
	}

	return cmp.Compare(a, b)
}

// left returns the accounts without identity, by source and native identity, as a store has them.
func (t *tables) left() (list []int32) {
	for a := range t.state {
		if st := &t.state[a]; st.owner < 0 && st.presence.exists() {
			list = append(list, int32(a))
		}
	}
	slices.SortFunc(list, func(a, b int32) int {
		return cmp.Or(strings.Compare(t.accounts.Names[t.accounts.Sources[a]], t.accounts.Names[t.accounts.Sources[b]]),
			strings.Compare(t.accounts.Native(a), t.accounts.Native(b)))
	})
	return list
}

// dropRows lets go of all accounts and values, in a run of which only numbers are asked any more.
func (t *tables) dropRows() {
	t.accounts.DropRows()
	t.rows.Chunks, t.errors, t.resolved.keptUID = nil, nil, nil
	for n, r := range t.resolved.outcome { // one text keeps all that stand beside it
		r.Value = strings.Clone(r.Value)
		t.resolved.outcome[n] = r
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (t *tables) now() time.Time {
	if t.opts.Clock == nil {
		return time.Time{}
	}
	return t.opts.Clock()
}

func (t *tables) report(d diag.Diagnostic) {
	if t.opts.OnFinding != nil {
		t.opts.OnFinding(d)
	}
}

func (t *tables) progress(stage string, done, total int) {
	if t.opts.OnProgress != nil {
		t.opts.OnProgress(stage, done, total)
	}
}

func (t *tables) isManager(n int32) bool { return t.resolved.isManager(n) }

// resolution is what needs everybody: who manages whom, who holds which uid.
type resolution struct {
	manager []int32                 // by identity; -1: none
	reports []int32                 // by identity: how many have it as manager
	outcome map[int32]ManagerResult // where there is something to say
	linked  bool                    // the managers are those of this run
	swept   bool                    // readers of other identities see the values of this run

	uidOwner map[int32]int32  // loser of a uid: the identity that has it
	keptUID  map[int32]string // loser: the uid it had before
}

func (r *resolution) isManager(n int32) bool {
	return r.linked && int(n) < len(r.reports) && r.reports[n] > 0
}

// formerOwners are identities by the account that they have lost because its source
// no longer has it.
type formerOwners map[int32]int32

// accounts returns the accounts in order.
func (f formerOwners) accounts() []int32 {
	list := make([]int32, 0, len(f))
	for account := range f {
		list = append(list, account)
	}
	slices.Sort(list)
	return list
}

// basis is what the mappings of a profile rest on in this run.
type basis struct {
	prints   []string // by attribute
	mappings string   // all prints
	reads    [][]int  // by attribute: others of the profile that it reads
	any      []bool   // it may read any
	always   []bool   // it reads what nobody keeps track of
	now      []bool   // it asks for the clock
	old      []bool   // it reads what was stored before the run
	anyOld   bool
	settled  []int // attributes that settling may replace

	note  *identity.Schema       // of the notes for the next run
	plain [2]identity.Attributes // the two notes that most identities have, by whether they are stable
}
