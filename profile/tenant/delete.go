package tenant

import (
	"context"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// PlanDelete plans the deletion of the profiles with these ids or names: their
// sources and accounts stay; identities with another authoritative account move
// to its profile and are evaluated there, the others are deleted and all their
// accounts become uncorrelated (and lose the mark of manual correlation).
//
// Errors: [isc.CodeNotFound], [config.ErrAggregationRunning]. An identity that is protected
// or owns something is a blocker of the plan.
// Source: DECISION 59.
func (t *Tenant) PlanDelete(ctx context.Context, ids ...string) (*Plan, error) {
	p, err := t.newPlan(AuditProfileDelete, true)
	if err != nil {
		return nil, err
	}
	p.Status = 202
	gone := map[string]bool{}
	for _, id := range ids {
		prof, err := p.after.Find(id)
		if err != nil {
			return nil, t.tracked(err)
		}
		gone[prof.Name] = true
		p.Object = prof.AsRef()
		p.note(AuditProfileDelete, p.Object, "")

		// Each is taken out before the next one is looked for, so that one that is named twice is not found
		// twice.
		p.after.DeleteProfile(prof)
	}

	return p, t.planRehome(ctx, p, gone)
}

// planRehome finds out what becomes of the identities of deleted profiles.
func (t *Tenant) planRehome(ctx context.Context, p *Plan, gone map[string]bool) error {
	// The configuration without the profiles decides who moves: whoever another profile still takes.
	e, _ := profile.Compile(p.after, t.opts.Compile)
	moved, deleted := map[string]bool{}, map[string]bool{}
	for i, err := range t.store.All(ctx) {
		if err != nil {
			return err
		}
		switch {
		case !gone[i.Profile]:
		case e.ProfileOf(i.Accounts) != nil:
			moved[i.ID] = true
		default:
			deleted[i.ID] = true
			t.planIdentityDelete(p, i)
		}
	}

	if err := t.planUnmanage(ctx, p, deleted, moved); err != nil {
		return err
	}

	// Those who move are evaluated as if the others were gone already, whom they may refer to.
	over := store.NewOverlay(t.store)
	if err := over.Apply(ctx, identity.Batch{Delete: p.batch.Delete}); err != nil {
		return err
	}
	return t.planEvaluate(ctx, p, e, over, moved)
}

// planIdentityDelete plans the end of an identity.
func (t *Tenant) planIdentityDelete(p *Plan, i *identity.Identity) {
	p.Deleted = append(p.Deleted, profile.IdentityRef(i))
	p.batch.Delete = append(p.batch.Delete, i.ID)
	p.note(AuditIdentityDelete, config.Ref{ID: i.ID, Name: profile.DisplayName(i)}, "")
	for _, reason := range t.blockers(p.after, i) {
		p.Blockers = append(p.Blockers, Blocker{profile.IdentityRef(i), reason})
	}
	for n := range i.Accounts {
		a := i.Accounts[n]
		p.events = append(p.events, AccountUncorrelated{Identity: profile.IdentityRef(i),
			Source: p.after.SourceRef(a.Source), Account: accountRef(&a, false)})
		a.IdentityID, a.ManuallyCorrelated, a.Fingerprint = "", false, 0
		p.Uncorrelated = append(p.Uncorrelated, a.Key())
		p.batch.Uncorrelated = append(p.batch.Uncorrelated, a)
	}

	p.events = append(p.events, IdentityDeleted{profile.IdentityRef(i), i.Attributes})
}

// blockers returns why an identity must not be deleted.
func (t *Tenant) blockers(b *config.Bundle, i *identity.Identity) []string {
	var list []string
	if i.Protected {
		list = append(list, "it is protected")
	}
	for _, s := range b.Sources {
		if s.Node.At("owner", "id").Text() == i.ID {
			list = append(list, "it owns source "+s.Name)
		}
	}

	for _, p := range b.Profiles {
		if p.Owner.ID == i.ID {
			list = append(list, "it owns identity profile "+p.Name)
		}
	}

	// What the host knows of, such as a role or a campaign, counts like what we know.
	if t.opts.InUse != nil {
		list = append(list, t.opts.InUse(i.ID)...)
	}
	return list
}

// planUnmanage takes deleted managers from the identities that stay; those that
// are evaluated anew lose them there.
func (t *Tenant) planUnmanage(ctx context.Context, p *Plan, deleted, moved map[string]bool) error {
	if len(deleted) == 0 {
		return nil
	}

	// Managers may stand in any profile, so all identities are looked at.
	for i, err := range t.store.All(ctx) {
		if err != nil {
			return err
		}
		if !deleted[i.ManagerID] || deleted[i.ID] {
			continue
		}
		p.Unmanaged = append(p.Unmanaged, profile.IdentityRef(i))
		if moved[i.ID] {
			continue
		}
		i.ManagerID = ""
		values := i.Attributes.Map()
		delete(values, config.AttrManager)

		// Attributes were changed by hand, so what a run remembers of them holds no more.
		i.Attributes = identity.NewAttributes(values)
		i.Evaluated, i.RunState = time.Time{}, identity.Attributes{}
		p.batch.Put = append(p.batch.Put, i)
	}

	return nil
}

// planEvaluate evaluates identities over a store as it would be, and plans to
// write them.
func (t *Tenant) planEvaluate(ctx context.Context, p *Plan, e *profile.Engine, st identity.Store,
	ids map[string]bool) error {
	p.Evaluated = true
	if len(ids) == 0 {
		return nil
	}
	results, err := t.evaluate(ctx, e, st, func(r *profile.Result) bool { return ids[r.Identity.ID] })
	if err != nil {
		return err
	}

	// What was evaluated is written by the plan, as it was shown.
	for _, r := range results {
		p.Results = append(p.Results, r)
		p.batch.Put = append(p.batch.Put, r.Identity)
		if r.Move != nil {
			p.Reassigned = append(p.Reassigned, Reassignment{
				Identity: profile.IdentityRef(r.Identity), From: r.Move.From, To: r.Move.To, Reason: r.Move.Reason,
				Lost: lost(r.Changes), Changes: r.Changes,
			})
		}

		if r.Orphaned {
			p.Orphaned = append(p.Orphaned, profile.IdentityRef(r.Identity))
		}
		p.events = append(p.events, resultEvents(e.Bundle(), r)...)
	}

	return nil
}

// lost returns the attributes that become null.
func lost(list []profile.Change) []string {
	var names []string
	for _, c := range list {
		if c.NewValue.IsNull() {
			names = append(names, c.Attribute)
		}
	}

	return names
}

// membership lists the identities that another configuration gives another
// profile, without evaluating them.
//
// Source: DECISION 54.
func (t *Tenant) membership(ctx context.Context, p *Plan) error {
	before, _ := t.Engine()
	e, _ := profile.Compile(p.after, t.opts.Compile)
	for i, err := range t.store.All(ctx) {
		if err != nil {
			return err
		}

		// Only the choice of the profile is compared here, which needs no evaluation: an import may
		// touch every profile.
		was, is := before.ProfileOf(i.Accounts), e.ProfileOf(i.Accounts)
		switch {
		case is == nil && was != nil:
			p.Orphaned = append(p.Orphaned, profile.IdentityRef(i))
		case is != nil && (was == nil || was.Name != is.Name) && !(was != nil && was.ID != "" && was.ID == is.ID):
			r := Reassignment{Identity: profile.IdentityRef(i), From: i.Profile, To: is.Name,
				Reason: profile.PriorityChange}
			if p.Operation == AuditProfileCreate {
				r.Reason = profile.ProfileCreated
			}
			for name := range i.Attributes.All() {
				if _, ok := e.Dependencies(is.Name, name); !ok {
					r.Lost = append(r.Lost, name)
				}
			}

			p.Reassigned = append(p.Reassigned, r)
		}
	}

	return nil
}
