package profiletest

import (
	"slices"

	"github.com/idprofile/engine/identity"
)

// single notes the identity of a case that comes out the same without a
// population: nobody else is named, nothing is stored, links and managers are not
// asked for, and no transform reads other identities.
func (x *binder) single(b *bound) {
	e := &b.expect
	if x.readsOthers || b.correlate || b.strict || b.identity != nil || len(b.others) > 0 || e.manager != nil ||
		e.managerState != nil ||
		slices.ContainsFunc(e.attributes, func(w wanted) bool { return w.name == "manager" }) ||
		slices.ContainsFunc(b.accounts, func(a identity.Account) bool {
			return a.ManuallyCorrelated || a.IdentityID != ""
		}) {
		return
	}

	_, maker := x.engine.Membership(b.accounts)
	if maker == nil {
		return
	}
	b.alone = &identity.Identity{ID: b.subject, Alias: maker.DisplayName(), Accounts: b.accounts}
}
