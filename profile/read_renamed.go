package profile

import (
	"fmt"
	"slices"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// renames are the accounts of one source that may be stored ones under another
// native identity: those that are new by it and have a stable id.
type renames struct {
	byStable map[string]int32 // accounts of the data
}

// stableSeen notes the stable id of an account of the data and reports one that two
// rows have.
func (rd *reader) stableSeen(r *renames, n int32, a *identity.Account) {
	if a.UUID == "" {
		return
	}
	if r.byStable == nil {
		r.byStable = map[string]int32{}
	}
	other, twice := r.byStable[a.UUID]
	if twice && other != n {
		first := rd.accounts.At(other)
		rd.report(diag.Diagnostic{Severity: diag.Warning, Code: "account-duplicate",
			Message: fmt.Sprintf("source %q has the stable id %q twice, for %q and %q", a.Source, a.UUID, first.NativeIdentity, a.NativeIdentity)})
	}
	r.byStable[a.UUID] = n
}

// followRenames gives new accounts what stored accounts with the same stable id
// had: an account whose stable id is known on the source is that account, whatever
// its native identity is now (DECISION 48). Link, manual mark and creation time
// stay; the old native identity is gone, which is no removal that a delete
// threshold counts.
func (rd *reader) followRenames(src identity.Source, r *renames) {
	if len(r.byStable) == 0 {
		return
	}
	number := rd.accounts.SourceNumber(src.Name())
	for n := range rd.state {
		if rd.accounts.Sources[n] != number || rd.state[n].presence != unread {
			continue
		}
		old := rd.accounts.At(int32(n))
		now, ok := r.byStable[old.UUID]
		if old.UUID == "" || !ok || rd.state[now].presence != isNew {
			continue
		}
		rd.rename(int32(n), now, &old)
	}
}

// rename makes the new account of the data the stored one under its new name.
func (rd *reader) rename(from, to int32, old *identity.Account) {
	a := rd.accounts.At(to)
	before := a.NativeIdentity
	if !old.Created.IsZero() {
		a.Created = old.Created
	}
	a.ManuallyCorrelated = a.ManuallyCorrelated || old.ManuallyCorrelated
	rd.accounts.Replace(to, &a)

	if owner := rd.state[from].owner; owner >= 0 {
		rd.unlink(from)
		method := correlate.Sticky
		if a.ManuallyCorrelated {
			method = correlate.Manual
		}
		rd.link(to, owner, method, 0)
		if rd.people[owner].alias == from {
			rd.people[owner].alias = to
		}
		rd.state[to].wasLinked = true
	}
	rd.state[from].presence = removed
	rd.report(diag.Diagnostic{Severity: diag.Info, Code: "account-renamed",
		Message: fmt.Sprintf("account %q of source %q is now %q: its stable id %q is the same", old.NativeIdentity, a.Source, before, a.UUID)})
}

// reportLikelyRenames reports accounts that went and came on one source in one run
// and meet the same identity by the same criterion: without a stable id nothing
// says that they are one.
func (l *linker) reportLikelyRenames() {
	if l.opts.OnFinding == nil {
		return
	}
	for _, account := range l.goneFrom.accounts() {
		owner := l.goneFrom[account]
		old := l.accounts.At(account)
		m := l.match(&old)
		if m.Identity != owner {
			continue
		}

		for a := l.people[owner].first; a >= 0; a = l.state[a].next {
			st := &l.state[a]
			if st.presence != isNew || l.accounts.Sources[a] != l.accounts.Sources[account] ||
				methods[st.method] != m.Method || int(st.criterion) != m.Criterion {
				continue
			}
			now := l.accounts.At(a)
			l.report(diag.Diagnostic{Severity: diag.Warning, Code: "account-rename-likely",
				Message: fmt.Sprintf("account %q of source %q is gone and %q is new, and both belong to %q by the same criterion; it may have been renamed",
					old.NativeIdentity, old.Source, now.NativeIdentity, l.aliasOf(owner)),
				Hint: "with a stable id, such as the setting stableId of the source, a renamed account stays the same"})
		}
	}
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
