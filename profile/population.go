package profile

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/table"
	"github.com/idprofile/engine/transform"
)

// population is the people of a run: accounts and identities by number, in
// tables without pointers.
type population struct {
	*Run
	ctx      context.Context
	accounts *table.Accounts
	byKey    []*table.Keys  // by source number
	state    []accountState // by account
	people   []person
	loaded   bool                 // the stored state is in the tables
	stored   []*identity.Identity // by number, without accounts, as far as there were any
	byID     map[string]int32     // identities that are stored or that the data may name
	named    bool                 // some account names an identity, or some are stored
	attrs    table.Rows
	writer   *table.Writer
	index    *correlate.Index
	eval     *evaluator
	notes    map[int32][]correlate.Ambiguity // by account without identity
	// ambiguous is by account, with identity or without, for the findings.
	ambiguous map[int32][]correlate.Ambiguity
	errors    map[int32][]AttributeError
	settled   settlement
	bases     []*basis                   // by rank
	replaced  map[int32]identity.Account // stored accounts that differ from the data, as they were
	former    map[int32]int32            // identity of stored accounts whose links are recomputed

	details  bool          // write what is no reason to write: the sources may not give it again
	flawed   int           // stored identities with exceptions
	resident bool          // the tables are kept for a later run
	remapped bool          // the mappings are others than in the last run
	whole    bool          // nothing is known of a run before: everybody is looked at
	moved    table.Numbers // identities whose accounts, attributes or stored values are not those of the last run
	redo     table.Numbers // identities whose result may be another one
	// unsettled are identities of which another uid is stored now than at the
	// beginning of the last run, or that hold theirs in another way.
	unsettled []int32
	writers   []*table.Writer

	evaluations int                   // identities that were evaluated
	failed      atomic.Pointer[error] // of a goroutine of this run
	buf         []identity.Account
	current     identity.Account // that is correlated
	keyReads    []keyReads       // by rank
	orders      [][]int32        // see inOrder, by source number
	ranks       []int16          // of the profile that a source serves, by source number; -1: none
}

// accountState is what the run knows of an account beside its data.
type accountState struct {
	owner     int32 // identity, -1: none
	next      int32 // next account of the same identity, -1: last
	method    uint8 // of methods: how it was linked
	criterion uint8
	stored    bool // was there before the run
	seen      bool // is in the data of this run
	changed   bool // is to be examined again
	dirty     bool // differs from what was stored
	fresh     bool // differs from what was stored, if only in what is no reason to write it
	wasLinked bool // had an identity before the run
	removed   bool // was stored, and the source no longer has it
	named     bool // the data name an identity that it is not known to be linked to
	absent    bool // was removed in an earlier run
}

var methods = [...]correlate.Method{correlate.Uncorrelated, correlate.NewIdentity, correlate.Sticky, correlate.Manual, correlate.Rule, correlate.ByConfig, correlate.Default}

// person is an identity.
type person struct {
	first, last int32 // accounts, in the order they were linked
	alias       int32 // account that gave the identity its name; -1: stored
	profile     int16 // rank; -1: none
	touched     bool  // an account came or went
	holdsUID    bool  // the uid is the one it had before the run
	keyed       bool  // what it is found by is that of this run
	calm        bool  // nothing of it is to be evaluated until it moves or the clock does
	unmade      bool  // it was made in this run and joined another one: it is nobody
	auth        int32 // authoritative account of the profile
	row         table.Ref
}

func newPopulation(ctx context.Context, r *Run) *population {
	p := &population{accounts: table.NewAccounts(), byID: map[string]int32{}, index: correlate.NewIndex(r.engine.keys...), whole: true}
	p.writer = p.attrs.NewWriter()
	for _, src := range r.engine.bundle.Sources {
		p.index.Cover(r.engine.sources[src.Name].correlator)
	}
	p.index.UIDOrder, p.index.RankLast = p.better, p.uncorrelatedIdentity
	p.begin(ctx, r)
	p.findBases()
	return p
}

// findBases works out what the mappings rest on; what is not kept needs no record
// of that.
func (p *population) findBases() {
	p.bases = nil
	if p.opts.Stored == nil {
		return
	}
	for _, c := range p.engine.profiles {
		p.bases = append(p.bases, p.basisOf(c))
	}
}

// begin makes the tables ready for a run.
func (p *population) begin(ctx context.Context, r *Run) {
	p.Run, p.ctx = r, ctx
	p.failed.Store(nil)
	p.notes, p.ambiguous = map[int32][]correlate.Ambiguity{}, map[int32][]correlate.Ambiguity{}
	p.errors, p.replaced, p.former = map[int32][]AttributeError{}, map[int32]identity.Account{}, map[int32]int32{}
	p.env.Directory = directory{p}
	p.eval = newEvaluator(ctx, r.engine, p.env)
}

// run takes the sources through all phases.
func (p *population) run(sources []identity.Source) error {
	stages := []struct {
		name string
		do   func() error
	}{
		{"read", func() error { return p.read(sources) }},
		{"correlate", p.correlate},
		{"evaluate", p.evaluate},
		{"settle", p.settle},
	}
	for _, s := range stages {
		start := p.now()
		if err := s.do(); err != nil {
			return err
		}
		if p.opts.OnStage != nil {
			p.opts.OnStage(s.name, p.now().Sub(start))
		}
	}
	if !p.resident {
		p.index, p.orders, p.byKey = nil, nil, nil // only needed on the way
	}
	return nil
}

func (p *population) now() time.Time {
	if p.opts.Clock == nil {
		return time.Time{}
	}
	return p.opts.Clock()
}

func (p *population) report(d diag.Diagnostic) {
	if p.opts.OnFinding != nil {
		p.opts.OnFinding(d)
	}
}

func (p *population) progress(stage string, done, total int) {
	if p.opts.OnProgress != nil {
		p.opts.OnProgress(stage, done, total)
	}
}

// inOrder returns the accounts of a source, oldest first; those without creation
// time come last, and ties keep their order. It is computed once, after all
// accounts are read. The result must not be changed.
func (p *population) inOrder(source string) []int32 {
	number := int(p.accounts.SourceNumber(source))
	for len(p.orders) <= number {
		p.orders = append(p.orders, nil)
	}
	if p.orders[number] == nil {
		p.orders[number] = p.byAge(uint16(number))
	}
	return p.orders[number]
}

func (p *population) byAge(source uint16) []int32 {
	type aged struct {
		created int64
		begins  uint64 // of the native identity, for accounts whose order it decides
		account int32
	}
	var list []aged
	for n, s := range p.accounts.Sources {
		if s == source && p.due(&p.state[n]) {
			created, ok := p.accounts.Created(int32(n))
			if !ok {
				created = math.MaxInt64
			}
			a := aged{created: created, account: int32(n)}
			if st := &p.state[n]; !p.whole && st.stored && st.owner < 0 {
				a.begins = begins(p.accounts.Native(int32(n)))
			}
			list = append(list, a)
		}
	}
	slices.SortFunc(list, func(a, b aged) int {
		if a.created != b.created {
			return cmp.Compare(a.created, b.created)
		}
		if a.begins != b.begins && a.begins != 0 && b.begins != 0 {
			return cmp.Compare(a.begins, b.begins)
		}
		return p.compareAccounts(a.account, b.account)
	})
	order := make([]int32, len(list))
	for i, a := range list {
		order[i] = a.account
	}
	return order
}

// id returns the identity id: the stored one, or one that derives from the first
// authoritative account, so that the same data give the same ids.
func (p *population) id(n int32) string {
	if s := p.storedOf(n); s != nil {
		return s.ID
	}
	a := p.accounts.At(p.people[n].alias)
	return p.idFrom(&a)
}

// idFrom returns the id of an identity that is made from an account.
func (p *population) idFrom(a *identity.Account) string {
	if a.IdentityID != "" && !p.opts.Recompute {
		return a.IdentityID
	}
	return config.IdentityID(p.sourceID(a.Source), a.NativeIdentity)
}

func (p *population) sourceID(name string) string {
	if id := p.engine.opts.SourceIDs[name]; id != "" {
		return id
	}
	if s := p.engine.sources[name]; s != nil && s.source.ID != "" {
		return s.source.ID
	}
	return name
}

func (p *population) storedOf(n int32) *identity.Identity {
	if int(n) < len(p.stored) {
		return p.stored[n]
	}
	return nil
}

func (p *population) storedAttributes(n int32) identity.Attributes {
	if s := p.storedOf(n); s != nil {
		return s.Attributes
	}
	return identity.Attributes{}
}

// aliasOf returns the identity's internal name.
func (p *population) aliasOf(n int32) string {
	if s := p.storedOf(n); s != nil && s.Alias != "" {
		return s.Alias
	}
	if p.people[n].alias < 0 { // stored without a name
		return ""
	}
	a := p.accounts.At(p.people[n].alias)
	return a.DisplayName()
}

// accountsOf returns the accounts of an identity, valid until the next call.
func (p *population) accountsOf(n int32) []identity.Account {
	p.buf = p.appendAccounts(p.buf[:0], n)
	return p.buf
}

func (p *population) appendAccounts(list []identity.Account, n int32) []identity.Account {
	count := 0
	for a := p.people[n].first; a >= 0; a = p.state[a].next {
		count++
	}
	list = slices.Grow(list, count)
	for a := p.people[n].first; a >= 0; a = p.state[a].next {
		list = append(list, identity.Account{})
		p.accounts.Read(a, &list[len(list)-1])
	}
	return list
}

// link gives an account to an identity, and takes it from the one it had.
func (p *population) link(account, n int32, method correlate.Method, criterion int) {
	st := &p.state[account]
	if st.owner == n {
		return
	}
	p.unlink(account)
	st.owner, st.next = n, -1
	st.method, st.criterion = uint8(slices.Index(methods[:], method)), uint8(criterion)
	delete(p.notes, account)
	q := &p.people[n]
	q.touched = p.loaded
	if q.first < 0 {
		q.first = account
	} else {
		p.state[q.last].next = account
	}
	q.last = account
}

// unlink takes an account from its identity.
func (p *population) unlink(account int32) {
	st := &p.state[account]
	if st.owner < 0 {
		return
	}
	q := &p.people[st.owner]
	q.touched = true
	before := int32(-1)
	for a := q.first; a != account; a = p.state[a].next {
		before = a
	}
	if before < 0 {
		q.first = st.next
	} else {
		p.state[before].next = st.next
	}
	if q.last == account {
		q.last = before
	}
	st.owner, st.next, st.method = -1, -1, 0
}

// create makes an identity from an authoritative account.
func (p *population) create(account int32) int32 {
	n := int32(len(p.people))
	p.people = append(p.people, person{first: -1, last: -1, alias: account, profile: -1, auth: -1})
	p.link(account, n, correlate.NewIdentity, 0)
	return n
}

// better reports whether claimant a of a uid comes before b (DECISION 17).
func (p *population) better(a, b int32) bool {
	x, y := &p.people[a], &p.people[b]
	if x.holdsUID != y.holdsUID {
		return x.holdsUID
	}
	if x.profile != y.profile {
		return y.profile < 0 || x.profile >= 0 && x.profile < y.profile
	}
	if x.auth < 0 || y.auth < 0 {
		return p.compare(a, b) < 0
	}
	s, t := p.accounts.At(x.auth), p.accounts.At(y.auth)
	return cmp.Or(transform.ByCreated(&s, &t), strings.Compare(p.sourceID(s.Source), p.sourceID(t.Source)), strings.Compare(s.NativeIdentity, t.NativeIdentity)) < 0
}

// uncorrelatedIdentity reports whether an identity lost its last authoritative
// account; it counts only when no other one matches (correlate/DECISIONS.md, DECISION 31).
func (p *population) uncorrelatedIdentity(n int32) bool {
	s := p.storedOf(n)
	return p.people[n].profile < 0 && (s == nil || !s.Protected)
}

func (p *population) isManager(n int32) bool { return p.settled.isManager(n) }
