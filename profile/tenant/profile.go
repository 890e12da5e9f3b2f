package tenant

import (
	"context"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
)

// PlanCreate plans a new identity profile from the body of a create request: at
// least a name and an authoritativeSource. It gets the next priority, the default
// mapping of its source and the lifecycle states active and inactive (not
// enabled), needs processing, and makes its source authoritative.
//
// Errors: [isc.CodeRequired], [isc.CodeLength], [isc.CodeIllegalValue] for bad fields;
// [isc.CodeReferenceNotFound] for an unknown source; [isc.CodeConflict] for a taken
// source or name; [config.ErrAggregationRunning].
// Source: DECISION 59.
func (t *Tenant) PlanCreate(ctx context.Context, body *jsondoc.Node) (*Plan, error) {
	p, err := t.newPlan(AuditProfileCreate, true)
	if err != nil {
		return nil, err
	}
	p.Status = 201
	if err := t.create(p, body); err != nil {
		return nil, t.tracked(err)
	}
	prof := p.after.Profile(body.Get("name").Text())
	p.Object = prof.AsRef()
	p.Dirty = []string{prof.Name}
	p.Findings = p.after.Refresh()
	p.note(AuditProfileCreate, p.Object, "")
	if err := t.membership(ctx, p); err != nil {
		return nil, err
	}

	// Accounts of the source that had no identity get one in the next run; those linked by hand stay
	// with whom they are.
	s := p.after.AuthoritativeSource(p.after.Profile(prof.Name))
	for a, err := range t.store.Uncorrelated(ctx, s.Name) {
		if err != nil {
			return nil, err
		}
		if !a.ManuallyCorrelated {
			p.NewIdentities++
		}
	}

	return p, nil
}

// create puts a new profile and its states into the configuration of a plan.
func (t *Tenant) create(p *Plan, body *jsondoc.Node) error {
	if body.Kind() != jsondoc.Object {
		return isc.Refuse(isc.CodeBadRequest, "expected an identity profile, found a %s", body.Kind())
	}
	if err := p.after.CheckObject(body, nil, true); err != nil {
		return err
	}
	s, err := p.after.CheckSource(body.Get("authoritativeSource"), nil)
	if err != nil {
		return err
	}
	n := t.newObject(p.after, body, s)

	// The source becomes authoritative with the profile, in one plan.
	s.Node.Set("authoritative", jsondoc.NewBool(true))
	name := n.Get("name").Text()
	if err := p.after.PutProfile(n); err != nil {
		return err
	}
	for i, state := range []string{"Active", "Inactive"} {
		if err := p.after.PutState(name, t.newState(name, state, int64(i+1)*10)); err != nil {
			return err
		}
	}

	return nil
}

// PlanPatch plans a change of the profile with that id or name by JSON Patch on
// its API object. A change of the mapping, of the source or of the priority makes
// the profiles concerned need processing.
//
// Errors: [isc.CodeNotFound]; [isc.CodeIllegalUpdate] for read-only fields, and when one
// patch changes both authoritativeSource and identityAttributeConfig;
// [isc.CodeBadRequest] for a patch that does not fit; those of [Tenant.PlanCreate].
// Source: DECISION 49 and 59.
func (t *Tenant) PlanPatch(ctx context.Context, id string, ops []isc.PatchOp) (*Plan, error) {
	p, err := t.newPlan(AuditProfileUpdate, false)
	if err != nil {
		return nil, err
	}
	prof, err := p.after.Find(id)
	if err != nil {
		return nil, t.tracked(err)
	}
	p.Object = prof.AsRef()

	// The patch is on what the API shows, whatever shape the file has.
	before := p.after.ProfileObject(prof)
	after, err := applyPatch(before, ops)
	if err == nil {
		err = checkPatch(before, after, ops)
	}
	if err == nil {
		err = p.after.CheckObject(after, prof, changed(before, after, "identityAttributeConfig"))
	}

	if err != nil {
		return nil, t.tracked(err)
	}

	// A patch that changes nothing makes no plan, also when it wrote the same.
	if before.Equal(after) {
		return p, nil
	}
	after.Set("modified", t.stamp())
	if err := t.replaceProfile(ctx, p, prof, before, after); err != nil {
		return nil, err
	}
	return p, t.membership(ctx, p)
}

// checkPatch refuses what may not be patched, also where the value stays.
func checkPatch(before, after *jsondoc.Node, ops []isc.PatchOp) error {
	if after.Kind() != jsondoc.Object {
		return isc.Refuse(isc.CodeIllegalUpdate, "an identity profile cannot become a %s", after.Kind())
	}

	// Writing what is there already is refused as well: paths count, and not what they change.
	for _, op := range ops {
		for _, path := range writes(op) {
			token, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
			if slices.Contains(computedFields, token) {
				return isc.Refuse(isc.CodeIllegalUpdate, "%s is read only", token)
			}
		}
	}

	// A patch of the whole document has no path of a field, so that the outcome is compared as well.
	for _, key := range computedFields {
		if changed(before, after, key) {
			return isc.Refuse(isc.CodeIllegalUpdate, "%s is read only", key)
		}
	}

	if changed(before, after, "authoritativeSource") && changed(before, after, "identityAttributeConfig") {
		return isc.Refuse(isc.CodeIllegalUpdate,
			"authoritativeSource and identityAttributeConfig cannot be changed by one patch")
	}
	return nil
}

// changed reports whether a member of an object is another one; one that is absent is
// null.
func changed(before, after *jsondoc.Node, key string) bool {
	return !isc.SameJSON(before.Get(key), after.Get(key))
}

// replaceProfile puts the patched object into the configuration and notes what
// follows from it.
func (t *Tenant) replaceProfile(ctx context.Context, p *Plan, prof *config.Profile, before, after *jsondoc.Node) error {
	name := after.Get("name").Text()
	mapping, source := changed(before, after, "identityAttributeConfig"), changed(before, after, "authoritativeSource")

	// Who passes another profile takes members from it, or gives it some: both sides need
	// processing.
	var dirty []string
	if changed(before, after, "priority") {
		if dirty = p.after.SetPriority(prof, after.Get("priority")); len(dirty) > 0 {
			dirty = append(dirty, name)
		}
	}

	if source || mapping {
		dirty = append(dirty, name)
	}
	if source {
		p.after.MoveSource(prof, after)
	}
	if name != prof.Name {
		if err := t.rename(ctx, p, prof, name); err != nil {
			return err
		}
	}

	// The object goes in last: everything before finds the profile by what it was.
	p.Findings = p.after.ReplaceProfile(prof, after)
	slices.Sort(dirty)
	p.markDirty(slices.Compact(dirty)...)
	p.Object.Name = name
	p.note(AuditProfileUpdate, p.Object, "")
	if mapping {
		p.note(AuditAttributesUpdated, p.Object, "")
	}
	return nil
}

// rename carries a new profile name to what points at it by name.
func (t *Tenant) rename(ctx context.Context, p *Plan, prof *config.Profile, name string) error {
	p.after.RenameProfile(prof, name)
	for i, err := range t.store.All(ctx) {
		if err != nil {
			return err
		}
		if i.Profile == prof.Name {
			i.Profile = name
			p.batch.Put = append(p.batch.Put, i)
		}
	}

	return nil
}
