package profile

import (
	"cmp"
	"context"
	"encoding/binary"
	"math"
	"slices"
	"strings"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// Steps are the steps of a first run, one by one, for an engine that spreads a
// population over many machines. A run on one machine takes the same steps; they
// are given here what a run has in its tables. Each is pure: the same input gives
// the same output, however often it is asked for, and nothing that it is handed is
// changed.
//
//	step                        may be distributed by            needs
//	Duplicates                  account key; stable id           all rows of the account
//	AccountKeys, Probe          account                          nothing else
//	Form                        component of authoritative       all accounts of the component
//	                            accounts that share a key
//	PersonKeys                  identity                         the accounts linked so far
//	Choose                      account                          who has one of its keys
//	Evaluate                    identity                         all its accounts
//	Claim.Compare               folded uid                       all claims of the uid
//	Evaluated.Search, Manager   identity; folded look-up value   how many have it, and one of them
//	Finish                      identity                         its manager, the holder of its uid
//	UnsettledAttributes,        all of whom it holds             how many they are and the first; what
//	TextLimit, WithinTextLimit                                   all have
//	CycleFinding                cycle of managers                its members
//	FirstLost                   any part of the identities       results, and what they look for
//	NearManagers                identity                         what FirstLost has chosen from all
//	                                                             (at most 100) and how many people there are
//
// Decisions of people ([RunOptions.Cases]) have no steps: they do not count here.
//
// [Engine.Passes] says in which order sources are to be taken, and
// [Engine.Undistributable] what has no such steps.
//
// Steps belong to one goroutine.
type Steps struct {
	run   *Run
	ctx   context.Context
	eval  *evaluator
	room  *phases // where identities are looked at one by one
	found diag.List
}

// IdentityIDs is the column of keys that are ids of identities, beside those of
// an index.
const IdentityIDs = -1

// Place orders accounts of a source as they were read; of an account that came
// several times, it is the place of the first.
type Place = int64

// PlacedAccount is an account with its place on its source.
type PlacedAccount struct {
	Account identity.Account
	Place   Place
}

// Person is an identity that a run has made, with its accounts in the order in
// which they were linked. The first one has made it.
type Person struct {
	ID       string
	Order    string // identities are made in the order of these texts
	Accounts []LinkedAccount
}

// LinkedAccount is an account of an identity.
type LinkedAccount struct {
	Account   identity.Account
	Method    correlate.Method
	Criterion int
}

// LeftAccount is an account without identity.
type LeftAccount struct {
	Account  identity.Account
	Unlinked Unlinked
}

// Steps returns the steps of a run. Options that hear of something are not called:
// findings are in what the steps return.
func (r *Run) Steps(ctx context.Context) *Steps {
	s := &Steps{ctx: ctx}
	run := *r
	run.opts.OnFinding = s.found.Add
	run.opts.OnProgress, run.opts.OnAmbiguous, run.opts.OnUncorrelated, run.opts.OnStage = nil, nil, nil, nil
	s.run = &run
	env := *r.env // which phases give their directory
	run.env = &env
	s.eval = newEvaluator(ctx, run.engine, run.env)
	return s
}

// phases returns empty tables.
func (s *Steps) phases() *phases {
	p := newPhases(s.ctx, s.run)
	p.linker.eval = s.eval
	return p
}

// findings returns what was found since the last call.
func (s *Steps) findings() diag.List {
	found := s.found
	s.found = nil
	return found
}

// Duplicates takes the rows of one account and returns the account that counts,
// the last one in the place of the first, and a finding for each of the others.
//
// Source: DECISION 44.
func (s *Steps) Duplicates(rows []PlacedAccount) (PlacedAccount, diag.List) {
	if len(rows) == 1 {
		return rows[0], nil
	}
	rows = inPlace(rows)
	rd := &s.phases().reader
	for i := range rows {
		a := rows[i].Account
		rd.take(&a, rd.keys(rd.accounts.SourceNumber(a.Source)))
	}

	return PlacedAccount{Account: rows[len(rows)-1].Account, Place: rows[0].Place}, s.findings()
}

// StableIDs takes the rows of one source with one stable id and returns a finding
// for each that is of another account than the one before.
//
// Source: DECISION 48.
func (s *Steps) StableIDs(rows []PlacedAccount) diag.List {
	if len(rows) == 1 {
		return nil
	}
	rd := &s.phases().reader
	var r renames
	for _, row := range inPlace(rows) {
		n, known := rd.keys(rd.accounts.SourceNumber(row.Account.Source)).Find(rd.accounts, row.Account.NativeIdentity)
		if !known {
			n = rd.addAccount(&row.Account)
		}
		rd.stableSeen(&r, n, &row.Account)
	}

	return s.findings()
}

// inPlace returns rows in the order of their places.
func inPlace(rows []PlacedAccount) []PlacedAccount {
	return slices.SortedFunc(slices.Values(rows), func(a, b PlacedAccount) int { return cmp.Compare(a.Place, b.Place) })
}

// CompareLinked orders accounts that one pass has linked as a run links them: source
// by source, the oldest first, those without creation time last.
func CompareLinked(a, b *PlacedAccount) int {
	return cmp.Or(
		strings.Compare(a.Account.Source, b.Account.Source),
		cmp.Compare(createdAt(&a.Account), createdAt(&b.Account)),
		cmp.Compare(a.Place, b.Place),
	)
}

// createdAt returns the creation time as correlation orders by it.
func createdAt(a *identity.Account) int64 {
	if a.Created.IsZero() {
		return math.MaxInt64
	}
	return a.Created.Unix()*1e9 + int64(a.Created.Nanosecond())
}

// AccountKeys returns the keys that an account may look up: those of its source's
// criteria, and the ids of identities that the data name or it would make.
func (s *Steps) AccountKeys(a *identity.Account) []correlate.Key {
	source := s.run.engine.sources[a.Source]
	if source == nil {
		return nil
	}
	p := s.roomy()
	keys := source.correlator.AccountKeys(p.linker.index, a)
	if a.IdentityID == "" || s.run.opts.Recompute {
		return keys
	}
	return append(keys, correlate.Key{Column: IdentityIDs, Text: a.IdentityID})
}

// Formed is what authoritative accounts have become.
type Formed struct {
	People   []Person
	Left     []LeftAccount
	Findings diag.List
	// Keys are all by which one of the people could be found at some time.
	Keys []correlate.Key
}

// Form makes identities of authoritative accounts, in the order of a run. The
// accounts of several components may be handed in together or apart. Apart they
// may only be as long as nobody of one component looks up a key by which somebody
// of another is found at some time: [Steps.AccountKeys] of the accounts, against
// Keys of what was formed. As identities change with their accounts, that is known
// when they are formed; components that meet are to be formed anew, together.
//
// Source: DECISION 46 and 47.
func (s *Steps) Form(accounts []PlacedAccount) (*Formed, error) {
	p := s.phases()
	f := &Formed{}
	seen := map[correlate.Key]bool{}

	// Every key that somebody of the component is ever found by is gathered, not only those at the
	// end.
	p.linker.onRefresh = func(n int32) {
		keys := p.linker.index.IdentityKeys(n)
		for _, k := range append(keys, correlate.Key{Column: IdentityIDs, Text: p.id(n)}) {
			if !seen[k] {
				seen[k] = true
				f.Keys = append(f.Keys, k)
			}
		}
	}

	accounts = inPlace(accounts)
	for i := range accounts {
		p.reader.newAccount(&accounts[i].Account)
	}
	p.linker.authoritativeSources()
	if err := p.failure(); err != nil {
		return nil, err
	}
	p.formed(f, accounts)
	p.linker.reportAmbiguous()
	f.Findings = s.findings()
	return f, nil
}

// Alone returns the identity that an authoritative account makes when it meets
// nobody and nothing keeps it from that.
func (s *Steps) Alone(a PlacedAccount) Person {
	p := s.roomy()
	return Person{ID: p.idFrom(&a.Account), Order: p.orderOf(&a),
		Accounts: []LinkedAccount{{Account: a.Account, Method: correlate.NewIdentity}}}
}

// formed gathers the identities that there are in the end, and the accounts without.
func (p *phases) formed(f *Formed, accounts []PlacedAccount) {
	for n := range p.people {
		if !p.people[n].unmade {
			f.People = append(f.People, p.person(int32(n), accounts))
		}
	}

	for account, st := range p.state {
		if st.owner < 0 {
			a := accounts[account].Account
			f.Left = append(f.Left, LeftAccount{Account: a, Unlinked: p.whyUnlinked(&a, p.notes[int32(account)])})
		}
	}
}

// person returns an identity; accounts are those of the tables, by number.
func (p *phases) person(n int32, accounts []PlacedAccount) Person {
	maker := p.people[n].alias
	q := Person{ID: p.id(n), Order: p.orderOf(&accounts[maker])}
	for a := p.people[n].first; a >= 0; a = p.state[a].next {
		st := &p.state[a]
		q.Accounts = append(q.Accounts, LinkedAccount{Account: accounts[a].Account, Method: methods[st.method],
			Criterion: int(st.criterion)})
	}

	return q
}

// orderOf says when the turn of an authoritative account comes: sources go by the
// rank of their profiles, their accounts by age, then place.
func (p *phases) orderOf(a *PlacedAccount) string {
	rank := p.rank(p.accounts.SourceNumber(a.Account.Source))
	b := binary.BigEndian.AppendUint16(nil, uint16(rank))
	b = binary.BigEndian.AppendUint64(b, uint64(createdAt(&a.Account))^1<<63)
	return string(binary.BigEndian.AppendUint64(b, uint64(a.Place)))
}

// maxRoom is how many identities are looked at before the room is made anew.
const maxRoom = 1024

// roomy returns tables with room for some more identities.
func (s *Steps) roomy() *phases {
	if s.room == nil || len(s.room.people) >= maxRoom {
		s.room = s.phases()
	}
	return s.room
}

// load adds an identity to the tables and returns its number.
func (p *phases) load(q *Person) int32 {
	n := int32(len(p.people))
	p.people = append(p.people, person{first: -1, last: -1, alias: -1, profile: -1, auth: -1})
	for i := range q.Accounts {
		l := &q.Accounts[i]
		account := p.reader.newAccount(&l.Account)
		if i == 0 {
			p.people[n].alias = account
		}
		p.tables.link(account, n, l.Method, l.Criterion)
	}

	return n
}

// loadOther adds an identity of which little is known, as a stored one.
func (p *phases) loadOther(id, alias, displayName string) int32 {
	n := int32(len(p.people))
	p.people = append(p.people, person{first: -1, last: -1, alias: -1, profile: -1, auth: -1})
	i := &identity.Identity{ID: id, Alias: alias}
	if displayName != "" {
		i.Attributes = identity.Pack(displayNames, []identity.Value{identity.StringValue(displayName)})
	}
	p.stored = append(append(p.stored, make([]*identity.Identity, int(n)-len(p.stored))...), i)
	return n
}

var displayNames = identity.NewSchema("displayName")
