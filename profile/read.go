package profile

import (
	"fmt"
	"slices"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/table"
)

// defaultDeleteThreshold is the percentage where a source gives none
// (DECISION 25).
const defaultDeleteThreshold = 10

// read takes in what was stored, then the accounts of all sources.
func (p *population) read(sources []identity.Source) error {
	if p.opts.Stored != nil && p.whole {
		if err := p.readStored(); err != nil {
			return fmt.Errorf("stored state: %w", err)
		}
	}
	p.loaded, p.named = true, p.named || len(p.stored) > 0
	for _, src := range sources {
		if p.engine.sources[src.Name()] == nil {
			p.report(diag.Diagnostic{Severity: diag.Error, Code: "source-unknown", Message: fmt.Sprintf("accounts of the source %q, which is not configured, are left out", src.Name())})
			continue
		}
		if err := p.readSource(src); err != nil {
			return fmt.Errorf("source %q: %w", src.Name(), err)
		}
		p.removals(src)
	}
	p.refreshRead()
	return p.ctx.Err()
}

// refreshRead indexes the stored identities and finds their profiles, or finds
// the profiles of those whose accounts have changed.
func (p *population) refreshRead() {
	if !p.whole {
		for n := range p.state {
			if st := &p.state[n]; st.fresh && st.owner >= 0 {
				p.membership(st.owner)
			}
		}
		for n := range p.people {
			if p.people[n].touched {
				p.membership(int32(n))
			}
		}
		return
	}
	for n := range p.stored {
		if p.opts.Recompute { // the stored values may come from accounts that are not linked yet
			p.refreshKeys(int32(n))
		} else {
			p.refreshStored(int32(n))
		}
	}
}

// readStored makes a person of every stored identity, with its accounts linked
// unless links are recomputed.
func (p *population) readStored() error {
	for i, err := range p.opts.Stored.All(p.ctx) {
		if err != nil {
			return err
		}
		n := int32(len(p.people))
		p.people = append(p.people, person{first: -1, last: -1, alias: -1, profile: -1, auth: -1})
		accounts := i.Accounts
		light := *i
		light.Accounts = nil
		p.stored = append(p.stored, &light)
		p.flawed += btoi(len(i.ExceptionCodes) > 0)
		p.byID[i.ID] = n
		for k := range accounts {
			p.addStored(&accounts[k], n, k == 0)
		}
	}
	for a, err := range p.opts.Stored.Uncorrelated(p.ctx, "") {
		if err != nil {
			return err
		}
		p.addStored(&a, -1, false)
	}
	return nil
}

// addStored adds an account that was there before the run. With recomputed links
// only the account that made an identity stays with it.
func (p *population) addStored(a *identity.Account, n int32, maker bool) {
	account := p.addAccount(a)
	p.state[account].stored, p.state[account].wasLinked = true, n >= 0
	if n >= 0 && p.opts.Recompute && !maker {
		p.former[account] = n
		return
	}
	if n < 0 {
		return
	}
	method := correlate.Sticky
	if a.ManuallyCorrelated {
		method = correlate.Manual
	}
	p.link(account, n, method, 0)
}

// refreshStored indexes a stored identity by its stored attributes.
func (p *population) refreshStored(n int32) {
	attrs := p.stored[n].Attributes
	p.people[n].holdsUID = !attrs.Get(config.AttrUID).IsNull()
	for key, name := range p.index.Keys() {
		v := attrs.Get(name)
		if name == correlate.Alias {
			v = identity.StringValue(p.aliasOf(n))
		}
		p.index.Put(n, key, v)
	}
	p.membership(n)
}

// lostAccounts marks the identities that had an account which a run that
// recomputes links has not given back to them.
func (p *population) lostAccounts() {
	for account, n := range p.former {
		if p.state[account].owner != n {
			p.people[n].touched = true
		}
	}
}

func (p *population) addAccount(a *identity.Account) int32 {
	n := p.newAccount(a)
	p.keys(p.accounts.Sources[n]).Add(a.NativeIdentity, n)
	return n
}

func (p *population) newAccount(a *identity.Account) int32 {
	p.named = p.named || a.IdentityID != ""
	p.state = append(p.state, accountState{owner: -1, next: -1, named: a.IdentityID != ""})
	return p.accounts.Add(a)
}

// keys returns the table of the accounts of a source.
func (p *population) keys(source uint16) *table.Keys {
	for len(p.byKey) <= int(source) {
		p.byKey = append(p.byKey, &table.Keys{})
	}
	return p.byKey[source]
}

// readSource loads the accounts of a source. Of two with the same id the last
// counts, in the place of the first (DECISION 44).
func (p *population) readSource(src identity.Source) error {
	keys := p.keys(p.accounts.SourceNumber(src.Name()))
	if _, ok := src.(identity.Changes); ok {
		p.details = true
	}
	count := 0
	for a, err := range src.Accounts(p.ctx) {
		if err != nil {
			return err
		}
		a.Source = src.Name()
		p.take(&a, keys)
		if count++; count%4096 == 0 {
			p.progress("read "+src.Name(), count, 0)
		}
	}
	return p.ctx.Err()
}

// take puts an account of the data into the table: new, or in the place of the
// stored one.
func (p *population) take(a *identity.Account, keys *table.Keys) {
	n, known := keys.Find(p.accounts, a.NativeIdentity)
	switch {
	case !known:
		p.state[p.addAccount(a)].seen = true
		return
	case p.state[n].absent: // it was removed in an earlier run
		again := p.newAccount(a)
		keys.Rename(a.NativeIdentity, n, again)
		p.state[again].seen = true
		return
	}
	st := &p.state[n]
	st.named, p.named = st.named || a.IdentityID != "", p.named || a.IdentityID != ""
	if st.seen {
		p.report(diag.Diagnostic{Severity: diag.Warning, Code: "account-duplicate",
			Message: fmt.Sprintf("source %q has two accounts with the id %q; the last one counts", a.Source, a.NativeIdentity)})
	}
	if st.stored {
		p.takeStored(n, a)
	} else {
		p.accounts.Replace(n, a)
	}
	st.seen = true
	st.changed = st.dirty || p.opts.Recorrelate
}

// takeStored puts an account in the place of the stored one, whose links, marks
// and creation time stay. It is compared with the stored one also when the data
// have it twice.
func (p *population) takeStored(n int32, a *identity.Account) {
	st := &p.state[n]
	old, again := p.replaced[n]
	if !again {
		old = p.accounts.At(n)
	}
	if !old.Created.IsZero() {
		a.Created = old.Created
	}
	a.ManuallyCorrelated = a.ManuallyCorrelated || old.ManuallyCorrelated
	st.dirty, st.fresh = p.accounts.Replace(n, a)
	if again {
		now := p.accounts.At(n)
		st.dirty = !table.SameAccount(&old, &now)
		st.fresh = st.dirty || !table.SameDetails(&old, &now)
	} else if st.fresh {
		p.replaced[n] = old
	}
}

// removals unlinks stored accounts that a source no longer has, unless they are
// more than its delete threshold allows or rows were refused: a refused row would
// look like a removed account.
func (p *population) removals(src identity.Source) {
	gone, stored := p.missing(src)
	if len(gone) == 0 {
		return
	}
	if r, ok := src.(identity.Refuser); ok && r.Refused() > 0 {
		p.report(diag.Diagnostic{Severity: diag.Warning, Code: "removal-skipped",
			Message: fmt.Sprintf("source %q refused %d rows, so its %d missing accounts are not removed", src.Name(), r.Refused(), len(gone))})
		return
	}
	if p.overThreshold(src.Name(), len(gone), stored) {
		return
	}
	for _, n := range gone {
		p.unlink(n)
		p.state[n].removed = true
	}
}

// missing returns the stored accounts of a source that it no longer has, and how
// many accounts were stored. A source of changes names them.
func (p *population) missing(src identity.Source) (gone []int32, stored int) {
	number := p.accounts.SourceNumber(src.Name())
	changes, partial := src.(identity.Changes)
	for n := range p.state {
		if st := &p.state[n]; p.accounts.Sources[n] == number && st.stored {
			stored++
			if !partial && !st.seen {
				gone = append(gone, int32(n))
			}
		}
	}
	if !partial {
		return gone, stored
	}
	for _, native := range changes.Removed() {
		n, ok := p.keys(number).Find(p.accounts, native)
		if ok && p.state[n].stored && !p.state[n].seen {
			gone = append(gone, n)
		}
	}
	slices.Sort(gone)
	return slices.Compact(gone), stored
}

// overThreshold reports whether a removal is larger than the source allows: more
// than its percentage; 0 switches the check off (DECISION 25).
func (p *population) overThreshold(source string, removed, before int) bool {
	threshold := p.engine.sources[source].source.DeleteThreshold
	if threshold < 0 {
		threshold = defaultDeleteThreshold
	}
	if threshold == 0 || int64(removed)*100 <= threshold*int64(before) {
		return false
	}
	p.report(diag.Diagnostic{Severity: diag.Warning, Code: "delete-threshold",
		Message: fmt.Sprintf("source %q would lose %d of %d accounts, more than its delete threshold of %d %%; nothing is removed", source, removed, before, threshold)})
	return true
}

// move describes a change of profile, nil when there is none.
func (p *population) move(n int32, c *compiled) *Move {
	s := p.storedOf(n)
	if s == nil || s.Profile == "" || s.Profile == c.profile.Name {
		return nil
	}
	return &Move{From: s.Profile, To: c.profile.Name, Reason: p.moveReason(n, s.Profile, c)}
}

func (p *population) moveReason(n int32, from string, to *compiled) string {
	old := p.engine.profile(from)
	if old == nil {
		return ProfileDeleted
	}
	added, manual, remains := false, false, false
	for a := p.people[n].first; a >= 0; a = p.state[a].next {
		st := &p.state[a]
		switch p.accounts.Names[p.accounts.Sources[a]] {
		case to.source.Name:
			added = added || !st.stored || methods[st.method] != correlate.Sticky && methods[st.method] != correlate.Manual
			manual = manual || methods[st.method] == correlate.Manual
		case old.source.Name:
			remains = true
		}
	}
	switch {
	case !remains:
		return AccountRemoved
	case manual:
		return ManualCorrelation
	case added:
		return AccountAdded
	case to.profile.Created.After(p.storedOf(n).Modified):
		return ProfileCreated
	}
	return PriorityChange
}

// profile returns the compiled profile of that name, or nil.
func (e *Engine) profile(name string) *compiled {
	for _, c := range e.profiles {
		if c.profile.Name == name && c.source != nil {
			return c
		}
	}
	return nil
}
