package tenant

import (
	"context"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// PlanEdit plans a change of the configuration that has no operation of its own:
// edit changes a copy of the configuration and names the profiles that need
// processing afterwards. The caller checks what the change has to keep to.
//
// Error: that of edit.
func (t *Tenant) PlanEdit(operation string, status int, object config.Ref,
	edit func(b *config.Bundle) (dirty []string, err error)) (*Plan, error) {
	p, err := t.newPlan(operation, false)
	if err != nil {
		return nil, err
	}
	p.Status, p.Object = status, object
	dirty, err := edit(p.after)
	if err != nil {
		return nil, t.tracked(err)
	}

	p.Findings = p.after.Refresh()
	p.markDirty(dirty...)
	p.note(operation, object, "")
	return p, nil
}

// PlanDeleteIdentity plans the deletion of one identity; its accounts become
// uncorrelated and identities that it manages lose their manager.
//
// Error: [isc.CodeNotFound]. What it owns, protection and [Options.InUse] are
// blockers of the plan.
func (t *Tenant) PlanDeleteIdentity(ctx context.Context, id string) (*Plan, error) {
	p, err := t.newPlan(AuditIdentityDelete, true)
	if err != nil {
		return nil, err
	}
	i, err := t.identity(ctx, id)
	if err != nil {
		return nil, err
	}
	p.Status, p.Object = 204, config.Ref{Type: "IDENTITY", ID: i.ID, Name: profile.DisplayName(i)}
	t.planIdentityDelete(p, i)
	return p, t.planUnmanage(ctx, p, map[string]bool{i.ID: true}, nil)
}

// After returns the configuration as it is once the plan is applied, which must
// not be changed.
func (p *Plan) After() *config.Bundle { return p.after }

// Batch returns what the plan writes to the store, which must not be changed.
func (p *Plan) Batch() identity.Batch { return p.batch }

// PlanRestore plans to take the configuration back to an earlier one, whatever was
// changed since; identities and accounts stay as they are.
func (t *Tenant) PlanRestore(b *config.Bundle) (*Plan, error) {
	p, err := t.newPlan("CONFIGURATION_RESTORE", true)
	if err != nil {
		return nil, err
	}
	p.after = b.Clone()
	p.note(p.Operation, config.Ref{}, "")
	return p, nil
}

// PlanImportAll plans to import identity profiles together with other objects, as one
// change: before makes what profiles point at, after what points at profiles. Both
// name the profiles that need processing. Profiles are export entries, imported as by
// [Tenant.PlanImport].
func (t *Tenant) PlanImportAll(ctx context.Context, profiles []*jsondoc.Node, before,
	after func(b *config.Bundle) (dirty []string)) (*Plan, *ImportResult, error) {
	p, err := t.newPlan("CONFIGURATION_IMPORT", true)
	if err != nil {
		return nil, nil, err
	}

	// Profiles point at sources and transforms by name, which has to find those of the same import.
	dirty := before(p.after)
	p.after.Refresh()

	r := &ImportResult{Infos: []ImportMessage{}, Warnings: []ImportMessage{}, Errors: []ImportMessage{},
		Imported: []ImportedObject{}}
	for _, entry := range profiles {
		t.importOne(p, r, entry.Get("object").Clone())
	}
	dirty = append(dirty, after(p.after)...)
	p.Findings = p.after.Refresh()
	p.markDirty(dirty...)
	p.note(p.Operation, config.Ref{}, "")
	return p, r, t.membership(ctx, p)
}
