package profile

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unsafe"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/transform"
)

// settlement is what the population decides together.
type settlement struct {
	manager  []int32                 // by identity; -1: none
	reports  []int32                 // by identity: how many have it as manager
	outcome  map[int32]ManagerResult // where there is something to say
	holder   map[int32]int32         // loser of a uid claim: the identity that holds it
	keepsUID map[int32]string        // loser: the uid it had before
	linked   bool                    // the managers are those of this run
	swept    bool

	indexes map[string]*textIndex // by attribute, what managers are found by
	sought  []uint64              // by identity: what its manager was looked for by; see stir
	stirred map[uint64]bool       // what identities were found by before or are now that have moved
	indexed int                   // how many of those that have moved are in the indexes
}

func (s *settlement) isManager(n int32) bool {
	return s.linked && int(n) < len(s.reports) && s.reports[n] > 0
}

// settle runs phase 4: managers, reads of other identities, uid claims. With
// tables that are kept only those are looked at for whom something has moved.
func (p *population) settle() error {
	p.managerLinks()
	if p.engine.readsOthers() {
		p.sweep()
		p.managerLinks()
	}
	p.claimUIDs()
	return p.ctx.Err()
}

func (e *Engine) readsOthers() bool {
	return slices.ContainsFunc(e.profiles, func(c *compiled) bool { return c.others })
}

// sweep evaluates the readers of other identities once more, now that all have
// values.
func (p *population) sweep() {
	p.settled.swept = true
	b := batch{population: p, v: newEvaluator(p.ctx, p.engine, p.env), w: p.writer, keeper: newKeeper(p), errors: p.errors, before: p.attrs.chunks}
	for n := range p.people {
		if rank := p.people[n].profile; rank >= 0 && p.engine.profiles[rank].others {
			b.one(int32(n))
		}
	}
	p.moved.add(b.moved...)
}

// attributes returns the attributes that the run gave an identity.
func (p *population) attributes(n int32) identity.Attributes {
	q := &p.people[n]
	if q.profile < 0 || q.row == 0 {
		return p.storedAttributes(n)
	}
	return identity.FromRow(p.engine.profiles[q.profile].schema, p.attrs.get(q.row))
}

// managerLinks finds the manager of everybody whose manager attribute has a
// value.
//
// Source: identity-profile.md 9.
func (p *population) managerLinks() {
	s := &p.settled
	p.updateIndexes()
	for n := len(s.manager); n < len(p.people); n++ {
		s.manager, s.reports, s.sought = append(s.manager, -1), append(s.reports, 0), append(s.sought, 0)
	}
	for i := range p.people {
		n := int32(i)
		if p.whole || p.moved.has(n) || s.stirs(s.sought[n]) {
			p.managerLink(n)
		}
	}
	s.linked = true
	p.managerCycles()
}

// updateIndexes brings up to date what managers are found by and who claims
// which uid.
func (p *population) updateIndexes() {
	s := &p.settled
	if p.whole {
		people := len(p.people)
		s.indexes, s.outcome = p.newIndexes(), map[int32]ManagerResult{}
		s.manager, s.reports, s.sought = make([]int32, 0, people), make([]int32, 0, people), make([]uint64, 0, people)
		return
	}
	for _, n := range p.moved.list[s.indexed:] {
		for _, x := range s.indexes {
			before, after := x.update(n)
			s.stirred[stir(x, before)], s.stirred[stir(x, after)] = true, true
		}
	}
	s.indexed = len(p.moved.list)
}

// stir names what identities are found by: an index and the tag of a text. A blank
// text is 0.
func stir(x *textIndex, tag uint32) uint64 {
	if tag == 0 {
		return 0
	}
	return x.number<<32 | uint64(tag)
}

// lookup returns what an identity is found by under an attribute.
func (p *population) lookup(n int32, attribute string) string {
	if attribute == correlate.Alias || attribute == "name" {
		return p.aliasOf(n)
	}
	return p.attributes(n).Get(attribute).Text()
}

// managerLink finds the manager of an identity anew.
func (p *population) managerLink(n int32) {
	s := &p.settled
	before := s.manager[n]
	if before >= 0 {
		s.reports[before]--
	}
	s.manager[n], s.sought[n] = -1, 0
	delete(s.outcome, n)
	p.findManager(n)
	if m := s.manager[n]; m >= 0 {
		s.reports[m]++
	}
	if s.manager[n] != before {
		p.again(n)
	}
}

func (p *population) findManager(n int32) {
	q, s := &p.people[n], &p.settled
	if q.profile < 0 || p.attributes(n).Get(attrManager).IsNull() {
		return
	}
	source := p.managerSource(p.engine.profiles[q.profile])
	if source == nil {
		return
	}
	value := p.managerValue(n, source)
	r := ManagerResult{State: ManagerNotFound, Value: value}
	index := s.indexes[source.Manager.IdentityAttribute]
	if index != nil {
		s.sought[n] = stir(index, index.tag(value))
	}
	found := index.find(correlate.Fold(value))
	if source.Manager.IdentityAttribute == attrUID && len(found) > 1 {
		found = []int32{slices.MinFunc(found, func(a, b int32) int {
			if p.better(a, b) {
				return -1
			}
			return 1
		})}
	}
	switch {
	case len(found) > 1:
		r.State = ManagerAmbiguous
	case len(found) == 1 && found[0] == n:
		r.State = ManagerSelf
	case len(found) == 1:
		r.State = ManagerResolved
		s.manager[n] = found[0]
		return
	}
	s.outcome[n] = r
}

// stirs reports whether somebody who is found by that has moved.
func (s *settlement) stirs(key uint64) bool { return key != 0 && s.stirred[key] }

// managerSource returns the source whose manager correlation applies: the
// profile's own, else the one that the manager mapping reads (DECISION 34).
func (p *population) managerSource(c *compiled) *Source {
	if c.source.Manager != nil {
		return c.source
	}
	if i, ok := c.slots[attrManager]; ok {
		for _, read := range c.attrs[i].program.Deps.Accounts {
			if s := p.engine.sources[read.Source]; s != nil && s.source.Manager != nil {
				return s.source
			}
		}
	}
	return nil
}

// managerValue reads the account attribute of the manager correlation, from the
// oldest account that has it.
func (p *population) managerValue(n int32, source *Source) string {
	var best identity.Account
	value, number := "", p.accounts.source(source.Name)
	for a := p.people[n].first; a >= 0; a = p.state[a].next {
		if p.accounts.sources[a] != number {
			continue
		}
		acct := p.accounts.at(a)
		v := acct.Property(source.Manager.AccountAttribute)
		if !v.IsNull() && (value == "" || transform.ByCreated(&acct, &best) < 0) {
			best, value = acct, identityValue(v, false).Text()
		}
	}
	return value
}

// managerCycles reports people who manage each other, from the first of them.
func (p *population) managerCycles() {
	if p.settled.swept || p.opts.OnFinding == nil {
		return
	}
	cycles := correlate.Cycles(p.settled.manager)
	for i, c := range cycles {
		at := slices.Index(c, slices.MinFunc(c, p.compare))
		cycles[i] = append(c[at:len(c):len(c)], c[:at]...)
	}
	slices.SortFunc(cycles, func(a, b []int32) int { return p.compare(a[0], b[0]) })
	for _, c := range cycles {
		names := make([]string, len(c))
		for i, n := range c {
			names[i] = p.aliasOf(n)
		}
		p.report(diag.Diagnostic{Severity: diag.Warning, Code: "manager-cycle", Message: "people manage each other: " + strings.Join(names, ", ")})
	}
}

// claimUIDs decides who holds each uid: the identity that held it, else the best
// claimant. The loser keeps the uid it had, if nobody else holds that.
//
// Source: identity-profile.md 4 and 7, DECISION 16, 17.
func (p *population) claimUIDs() {
	s := &p.settled
	before, kept := maps.Clone(s.holder), s.keepsUID
	claims := map[string]int32{}
	if s.keepsUID = map[int32]string{}; p.whole {
		s.holder, claims = map[int32]int32{}, make(map[string]int32, len(p.people))
	}
	maps.DeleteFunc(s.holder, func(n, _ int32) bool { return p.moved.has(n) || p.claimMoved(n) })
	for i := range p.people {
		n := int32(i)
		if !p.whole && !p.claimMoved(n) {
			continue
		}
		uid := p.attributes(n).Get(attrUID).Text()
		if strings.TrimSpace(uid) == "" {
			continue
		}
		key := correlate.Fold(uid)
		other, taken := claims[key]
		switch {
		case !taken:
			claims[key] = n
		case p.beats(n, other, key):
			claims[key] = n
			s.holder[other] = n
		default:
			s.holder[n] = other
		}
	}
	p.finalHolders(claims)
	for _, losers := range []map[int32]int32{before, s.holder} {
		for n := range losers {
			old, was := before[n]
			if now, is := s.holder[n]; was != is || old != now || kept[n] != s.keepsUID[n] {
				p.again(n)
			}
		}
	}
}

// claimMoved reports whether somebody who claims the uid of an identity has moved.
func (p *population) claimMoved(n int32) bool {
	s := &p.settled
	x := s.indexes[attrUID]
	return s.stirs(stir(x, x.tags[n]))
}

// claimed reports whether somebody holds a uid beyond the claims at hand.
func (p *population) claimed(key string) bool {
	return !p.whole && len(p.settled.indexes[attrUID].find(key)) > 0
}

// finalHolders points every loser at the one that holds the uid in the end, and
// lets it keep its old uid when that is free.
func (p *population) finalHolders(claims map[string]int32) {
	s := &p.settled
	losers := make([]int32, 0, len(s.holder))
	for n := range s.holder {
		losers = append(losers, n)
	}
	slices.SortFunc(losers, p.compare)
	for _, n := range losers {
		if holder, ok := claims[correlate.Fold(p.attributes(n).Get(attrUID).Text())]; ok {
			s.holder[n] = holder
		}
		old := p.storedAttributes(n).Get(attrUID).Text()
		if old == "" {
			continue
		}
		if _, taken := claims[correlate.Fold(old)]; !taken && !p.claimed(correlate.Fold(old)) {
			claims[correlate.Fold(old)] = n
			s.keepsUID[n] = old
		}
	}
}

// beats reports whether claimant a wins the uid from b.
func (p *population) beats(a, b int32, key string) bool {
	holds := func(n int32) bool { return correlate.Fold(p.storedAttributes(n).Get(attrUID).Text()) == key }
	if x, y := holds(a), holds(b); x != y {
		return x
	}
	return p.better(a, b)
}

// managerOf returns the manager of an identity as transforms see it.
func (p *population) managerOf(n int32) transform.Subject {
	if p.settled.linked && int(n) < len(p.settled.manager) {
		if m := p.settled.manager[n]; m >= 0 {
			return &other{p, m}
		}
	}
	return nil
}

// other is another identity as transforms see it.
type other struct {
	p *population
	n int32
}

func (o *other) ID() string   { return o.p.id(o.n) }
func (o *other) Name() string { return o.p.aliasOf(o.n) }

// Attribute returns what was stored before the run or, where nothing was, what
// the run has computed.
func (o *other) Attribute(name string) (identity.Value, error) {
	if s := o.p.storedOf(o.n); s != nil {
		return s.Attributes.Get(name), nil
	}
	return o.p.attributes(o.n).Get(name), nil
}

func (o *other) AttributeNames() []string {
	if s := o.p.storedOf(o.n); s != nil {
		return s.Attributes.Schema().Names()
	}
	return o.p.attributes(o.n).Schema().Names()
}

func (o *other) Manager() (transform.Subject, error) { return o.p.managerSubject(o.n) }

func (p *population) managerSubject(n int32) (transform.Subject, error) {
	if m := p.managerOf(n); m != nil {
		return m, nil
	}
	return nil, nil
}

func (o *other) IsManager() bool { return o.p.settled.isManager(o.n) }

func (o *other) Accounts() []identity.Account { return o.p.appendAccounts(nil, o.n) }

// directory finds identities by uid for transforms.
type directory struct{ p *population }

func (d directory) ByUID(_ context.Context, uid string) (transform.Subject, error) {
	if !d.p.settled.swept {
		return nil, nil
	}
	if found := d.p.index.Find(correlate.UID, uid); len(found) == 1 {
		return &other{d.p, found[0]}, nil
	}
	return nil, nil
}

// result puts together what the run found for an identity.
func (p *population) result(n int32) *Result {
	q := &p.people[n]
	before := p.storedAttributes(n)
	i := &identity.Identity{ID: p.id(n), Alias: p.aliasOf(n), Accounts: p.appendAccounts(nil, n), Attributes: p.attributes(n), Created: p.opts.Now, Modified: p.opts.Now}
	if s := p.storedOf(n); s != nil {
		i.Lifecycle, i.Protected, i.Created, i.Profile = s.Lifecycle, s.Protected, s.Created, s.Profile
	}
	r := &Result{number: n, Identity: i, Errors: p.errors[n], Links: make([]Link, 0, len(i.Accounts))}
	for a := q.first; a >= 0; a = p.state[a].next {
		st := &p.state[a]
		r.Links = append(r.Links, Link{Account: i.Accounts[len(r.Links)].Key(), Method: methods[st.method], Criterion: int(st.criterion), New: !st.stored})
	}
	r.Created = p.storedOf(n) == nil
	if p.details && !r.Created && p.hasFresh(n) {
		r.renew = &p.storedOf(n).Modified
	}
	if q.profile < 0 {
		r.Orphaned, r.Changed = true, p.differs(n, r)
		return r
	}
	c := p.engine.profiles[q.profile]
	r.Move = p.move(n, c)
	acct := p.accounts.at(q.auth)
	i.Profile, r.Account = c.profile.Name, acct.Key()
	p.finishAttributes(n, c, r)
	r.Changes = changes(before, i.Attributes)
	c.enterState(r, before)
	p.evaluated(n, c, r)
	r.Warnings = append(r.Warnings, uidWarnings(before, i.Attributes)...)
	for _, e := range r.Exceptions {
		i.ExceptionCodes = append(i.ExceptionCodes, e.Code)
	}
	r.Changed = p.differs(n, r)
	return r
}

// finishAttributes puts the settled manager and uid into the attributes, which
// become the result's own, and makes the exceptions.
func (p *population) finishAttributes(n int32, c *compiled, r *Result) {
	attrs := r.Identity.Attributes
	if slot, ok := c.slots[attrManager]; ok {
		r.Manager = p.managerResult(n, attrs.At(slot))
		r.Identity.ManagerID = r.Manager.ID
		attrs = replaced(attrs, slot, textOrNull(r.Manager.Name))
	} else {
		attrs = identity.FromRow(attrs.Schema(), strings.Clone(attrs.Row()))
	}
	var room [64]identity.Value
	values := slices.Grow(room[:0], len(c.attrs))[:len(c.attrs)]
	for _, name := range required { // others are not looked at
		if slot, ok := c.slots[name]; ok {
			values[slot] = attrs.At(slot)
		}
	}
	r.Exceptions = missingException(p.engine.missing(c, values), r.Errors)
	if holder, lost := p.settled.holder[n]; lost {
		slot := c.slots[attrUID]
		uid := values[slot].Text()
		r.Exceptions = append(r.Exceptions, Exception{Code: DuplicateUID, Attributes: []string{attrUID}, Value: uid,
			Conflicting: p.id(holder), Message: fmt.Sprintf("uid %q is held by %s", uid, p.aliasOf(holder))})
		attrs = replaced(attrs, slot, textOrNull(p.settled.keepsUID[n]))
	}
	r.Identity.Attributes = attrs
}

// replaced returns attributes of their own with another value in one slot.
func replaced(a identity.Attributes, slot int, v identity.Value) identity.Attributes {
	row := identity.AppendReplaced(make([]byte, 0, len(a.Row())+len(v.Text())+1), a, slot, v)
	return identity.FromRow(a.Schema(), unsafe.String(unsafe.SliceData(row), len(row)))
}

func textOrNull(s string) identity.Value {
	if s == "" {
		return identity.Value{}
	}
	return identity.StringValue(s)
}

// managerResult describes the manager of an identity; the attribute's stored
// value is the manager's name.
func (p *population) managerResult(n int32, trigger identity.Value) ManagerResult {
	if m := p.settled.manager[n]; m >= 0 {
		return ManagerResult{State: ManagerResolved, ID: p.id(m), Name: p.nameOf(m)}
	}
	if r, ok := p.settled.outcome[n]; ok && !trigger.IsNull() {
		return r
	}
	return ManagerResult{}
}

// nameOf returns the name an identity is shown by.
func (p *population) nameOf(n int32) string {
	if v := p.attributes(n).Get("displayName"); v.Text() != "" {
		return v.Text()
	}
	return p.aliasOf(n)
}

// uncorrelated reports the accounts without identity.
func (p *population) uncorrelated() {
	if p.opts.OnUncorrelated == nil {
		return
	}
	for account, st := range p.state {
		if st.owner >= 0 || st.removed || st.absent {
			continue
		}
		a := p.accounts.at(int32(account))
		u := Unlinked{Reason: NoMatch}
		if a.ManuallyCorrelated && !p.opts.Recompute {
			u.Reason = ManualFlagBlock
		}
		for _, note := range p.notes[int32(account)] {
			u.Reason = AmbiguousMatch
			for _, id := range note.Identities {
				u.Ambiguous = append(u.Ambiguous, p.id(id))
			}
		}
		p.opts.OnUncorrelated(a, u)
	}
}
