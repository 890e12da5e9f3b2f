package profiletest

import (
	"slices"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
)

// single notes the identity of a case that comes out the same without a
// population: nobody else is named, nothing is stored, links and managers are not
// asked for, and no transform reads other identities.
func (x *binder) single(b *bound) {
	e := &b.expect
	if x.readsOthers || b.correlate || b.strict || b.identity != nil || len(b.others) > 0 || e.manager != nil ||
		e.managerState != nil ||
		slices.ContainsFunc(e.attributes, func(w wanted) bool { return w.name == "manager" }) ||
		slices.ContainsFunc(b.accounts, func(a identity.Account) bool { return a.ManuallyCorrelated || a.IdentityID != "" }) {
		return
	}

	maker := x.maker(b.accounts)
	if maker == nil {
		return
	}
	b.alone = &identity.Identity{ID: b.subject, Alias: maker.DisplayName(), Accounts: b.accounts}
}

// maker returns the account that a run would make the identity from: the oldest on
// the source of the profile that comes first.
func (x *binder) maker(accounts []identity.Account) *identity.Account {
	for _, p := range x.bundle.Profiles {
		src := x.bundle.AuthoritativeSource(p)
		var first *identity.Account
		for i := range accounts {
			if a := &accounts[i]; src != nil && a.Source == src.Name && (first == nil || transform.ByCreated(a, first) < 0) {
				first = a
			}
		}

		if first != nil {
			return first
		}
	}

	return nil
}
