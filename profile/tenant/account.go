package tenant

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// PlanAccountPatch plans a manual change of correlation: a JSON Patch with
// /identityId (replace: move the account; remove, null or empty: uncorrelate it)
// and /manuallyCorrelated (true or false, also as text). A change of the identity
// sets the mark of manual correlation unless the patch says otherwise. Both
// identities are evaluated anew; one that loses its last authoritative account
// is orphaned.
//
// Errors: [isc.CodeNotFound] for the account, [isc.CodeReferenceNotFound] for the
// identity, [isc.CodeIllegalUpdate] for other paths, [isc.CodeIllegalValue].
// Source: correlate/DECISIONS.md, DECISION 33.
func (t *Tenant) PlanAccountPatch(ctx context.Context, key identity.AccountKey, ops []isc.PatchOp) (*Plan, error) {
	p, err := t.newPlan(AuditManuallyCorrelated, true)
	if err != nil {
		return nil, err
	}
	account, owner, err := t.account(ctx, key)
	if err != nil {
		return nil, err
	}
	p.Object = config.Ref{Type: "ACCOUNT", ID: account.ID, Name: account.DisplayName()}
	change, err := accountChange(account, owner, ops)
	if err != nil {
		return nil, t.tracked(err)
	}

	// Nothing changes: no plan with an audit of it.
	if change.identity == ownerID(owner) && change.manual == account.ManuallyCorrelated {
		return p, nil
	}

	// The new owner is looked up before anything is planned; an empty id means nobody.
	to := owner
	if change.identity != ownerID(owner) {
		to = nil
		if change.identity != "" {
			if to, err = t.store.Get(ctx, change.identity); errors.Is(err, identity.ErrNotFound) {
				return nil, t.tracked(isc.Refuse(isc.CodeReferenceNotFound, "there is no identity %q", change.identity))
			} else if err != nil {
				return nil, err
			}
		}
	}

	account.ManuallyCorrelated, account.Fingerprint = change.manual, 0
	return p, t.planLink(ctx, p, account, owner, to)
}

func ownerID(i *identity.Identity) string {
	if i == nil {
		return ""
	}
	return i.ID
}

// account finds an account and its identity, nil when it has none.
func (t *Tenant) account(ctx context.Context, key identity.AccountKey) (identity.Account, *identity.Identity, error) {
	i, err := t.store.ByAccount(ctx, key)
	if err == nil {
		for _, a := range i.Accounts {
			if a.Key() == key {
				return a, i, nil
			}
		}
	} else if !errors.Is(err, identity.ErrNotFound) {
		return identity.Account{}, nil, err
	}

	// An account without identity is only found among those of its source.
	for a, err := range t.store.Uncorrelated(ctx, key.Source) {
		if err != nil {
			return a, nil, err
		}
		if a.Key() == key {
			return a, nil, nil
		}
	}

	return identity.Account{}, nil, t.tracked(isc.Refuse(isc.CodeNotFound, "there is no account %s", key))
}

type linkChange struct {
	identity string
	manual   bool
}

// accountChange works out what a patch makes of an account.
func accountChange(a identity.Account, owner *identity.Identity, ops []isc.PatchOp) (linkChange, error) {
	// The patch works on an object of these two members, so it cannot reach anything else.
	before := jsondoc.NewObject(jsondoc.M("identityId", jsondoc.NewString(ownerID(owner))),
		jsondoc.M("manuallyCorrelated", jsondoc.NewBool(a.ManuallyCorrelated)))
	marked := false
	for _, op := range ops {
		for _, path := range writes(op) {
			switch path {
			case "/identityId":
			case "/manuallyCorrelated":
				marked = true
			default:
				return linkChange{}, isc.Refuse(isc.CodeIllegalUpdate, "%s of an account cannot be changed",
					strings.TrimPrefix(path, "/"))
			}
		}
	}

	after, err := applyPatch(before, ops)
	if err != nil {
		return linkChange{}, err
	}
	c := linkChange{identity: after.Get("identityId").Text(), manual: a.ManuallyCorrelated}
	if v := after.Get("identityId"); !v.IsNull() && v.Kind() != jsondoc.String {
		return c, isc.Refuse(isc.CodeIllegalValue, "identityId is %s, expected the id of an identity", v.Append(nil))
	}

	// Whoever moves an account by hand means it to stay, unless the patch says otherwise.
	if !marked {
		c.manual = c.manual || c.identity != ownerID(owner)
		return c, nil
	}

	v := after.Get("manuallyCorrelated")
	if text := strings.ToLower(v.Text()); !v.IsNull() && text != "true" && text != "false" {
		return c, isc.Refuse(isc.CodeIllegalValue, "manuallyCorrelated is %s, expected true or false", v.Append(nil))
	}
	c.manual = v.IsTrue() || strings.EqualFold(v.Text(), "true")
	return c, nil
}

// planLink plans to give an account to another identity, or to none.
func (t *Tenant) planLink(ctx context.Context, p *Plan, a identity.Account, from, to *identity.Identity) error {
	ids := map[string]bool{}
	var change identity.Batch

	// Both identities are evaluated over a store in which the account has moved already; nothing is
	// written yet.
	src := p.after.SourceRef(a.Source)
	if from != nil {
		from.Accounts = slices.DeleteFunc(from.Accounts, func(o identity.Account) bool { return o.Key() == a.Key() })
		ids[from.ID] = true
		change.Put = append(change.Put, from)
	}

	if from != nil && ownerID(from) != ownerID(to) {
		p.events = append(p.events, AccountUncorrelated{Identity: profile.IdentityRef(from), Source: src,
			Account: accountRef(&a, to != nil)})
	}
	a.IdentityID = ownerID(to)
	if to == nil {
		p.Uncorrelated = append(p.Uncorrelated, a.Key())
		change.Uncorrelated = append(change.Uncorrelated, a)
		p.note(AuditUncorrelated, config.Ref{ID: ownerID(from), Name: a.DisplayName()}, "%s", a.Key())
	} else {
		if ownerID(from) == to.ID {
			to = from
		} else {
			ids[to.ID] = true
			change.Put = append(change.Put, to)
			p.events = append(p.events, AccountCorrelated{Identity: profile.IdentityRef(to), Source: src,
				Account: accountRef(&a, true), Attributes: a.Attributes})
		}

		to.Accounts = append(to.Accounts, a)
		p.note(AuditManuallyCorrelated, config.Ref{ID: to.ID, Name: profile.DisplayName(to)}, "%s", a.Key())
	}

	p.batch.Uncorrelated = change.Uncorrelated
	over := store.NewOverlay(t.store)
	if err := over.Apply(ctx, change); err != nil {
		return err
	}
	e, _ := t.Engine()
	return t.planEvaluate(ctx, p, e, over, ids)
}

// PlanCleanup plans what the nightly clean-up of a tenant does: identities
// without any account are deleted, unless they are protected, the manager of
// somebody, own something, or the host says that they are in use.
//
// Source: DECISION 54.
func (t *Tenant) PlanCleanup(ctx context.Context) (*Plan, error) {
	p, err := t.newPlan(AuditIdentityDelete, true)
	if err != nil {
		return nil, err
	}

	// One pass: whether an identity is somebody's manager is known only when all have been read.
	managers := map[string]bool{}
	var orphans []*identity.Identity
	for i, err := range t.store.All(ctx) {
		if err != nil {
			return nil, err
		}
		managers[i.ManagerID] = true
		if len(i.Accounts) == 0 {
			orphans = append(orphans, i)
		}
	}

	for _, i := range orphans {
		if managers[i.ID] || len(t.blockers(p.after, i)) > 0 {
			p.Orphaned = append(p.Orphaned, profile.IdentityRef(i))
			continue
		}

		t.planIdentityDelete(p, i)
	}

	return p, nil
}
