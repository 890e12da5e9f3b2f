package tenant

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// newState returns a lifecycle state as new profiles have it: not enabled.
func (t *Tenant) newState(profile, name string, priority int64) *jsondoc.Node {
	technical, _ := config.TechnicalName(name)
	return jsondoc.NewObject(
		jsondoc.M("id", jsondoc.NewString(t.newID("LIFECYCLE_STATE", profile+"/"+technical))),
		jsondoc.M("name", jsondoc.NewString(name)),
		jsondoc.M("created", t.stamp()),
		jsondoc.M("modified", t.stamp()),
		jsondoc.M("enabled", jsondoc.NewBool(false)),
		jsondoc.M("technicalName", jsondoc.NewString(technical)),
		jsondoc.M("description", jsondoc.NewNull()),
		jsondoc.M("identityCount", jsondoc.NewInt(0)),
		jsondoc.M("emailNotificationOption", jsondoc.NewNull()),
		jsondoc.M("accountActions", jsondoc.NewArray()),
		jsondoc.M("accessProfileIds", jsondoc.NewArray()),
		jsondoc.M("identityState", jsondoc.NewNull()),
		jsondoc.M("accessActionConfiguration", jsondoc.NewNull()),
		jsondoc.M("priority", jsondoc.NewInt(priority)),
	)
}

// PlanCreateState plans a new lifecycle state from the body of a create request.
// Its priority, when not given, is the next step of ten.
//
// Errors: those of [config.CheckState]; [isc.CodeNotFound].
func (t *Tenant) PlanCreateState(profile string, body *jsondoc.Node) (*Plan, error) {
	p, prof, err := t.statePlan(profile)
	if err != nil {
		return nil, err
	}
	if err := config.CheckState(body, prof.States); err != nil {
		return nil, t.tracked(err)
	}

	// In steps of ten, like priorities of profiles, so that one can be put between.
	var greatest int64
	for _, s := range prof.States {
		if n, ok := s.Node.Get("priority").Int(); ok {
			greatest = max(greatest, n)
		}
	}

	n := t.newState(prof.Name, body.Get("name").Text(), greatest/10*10+10)

	// The body's fields win over the defaults, but for those that the tenant gives.
	for _, m := range body.Members() {
		switch m.Key {
		case "id", "created", "modified", "identityCount":
		default:
			n.Set(m.Key, m.Value.Clone())
		}
	}

	p.Status = 201
	return p, p.putState(prof, n, AuditStateCreate)
}

// statePatchable are the fields of a lifecycle state that can be patched.
//
// Source: DECISION 58.
var statePatchable = []string{
	"enabled", "description", "accountActions", "accessProfileIds", "emailNotificationOption",
	"accessActionConfiguration", "priority",
}

// PlanPatchState plans a change of a lifecycle state, given by id or technical
// name.
//
// Errors: [isc.CodeNotFound]; [isc.CodeIllegalUpdate] for fields that cannot be patched;
// those of [config.CheckState].
func (t *Tenant) PlanPatchState(profile, state string, ops []isc.PatchOp) (*Plan, error) {
	p, prof, err := t.statePlan(profile)
	if err != nil {
		return nil, err
	}
	old := prof.FindState(state)
	if old == nil {
		return nil, t.tracked(isc.Refuse(isc.CodeNotFound, "profile %q has no lifecycle state %q", prof.Name, state))
	}

	// Each path is looked at, also of an operation that would change nothing.
	for _, op := range ops {
		for _, path := range writes(op) {
			token, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
			if !slices.Contains(statePatchable, token) {
				return nil, t.tracked(isc.Refuse(isc.CodeIllegalUpdate, "%s of a lifecycle state cannot be changed",
					token))
			}
		}
	}

	n, err := applyPatch(old.Node, ops)
	if err == nil {
		err = config.CheckState(n, slices.DeleteFunc(slices.Clone(prof.States),
			func(s *config.LifecycleState) bool { return s == old }))
	}
	if err != nil {
		return nil, t.tracked(err)
	}
	n.Set("modified", t.stamp())
	return p, p.putState(prof, n, AuditStateUpdate)
}

// PlanDeleteState plans the deletion of a lifecycle state. An identity in it is
// a blocker.
func (t *Tenant) PlanDeleteState(ctx context.Context, profileID, state string) (*Plan, error) {
	p, prof, err := t.statePlan(profileID)
	if err != nil {
		return nil, err
	}
	old := prof.FindState(state)
	if old == nil {
		return nil, t.tracked(isc.Refuse(isc.CodeNotFound, "profile %q has no lifecycle state %q", prof.Name, state))
	}

	// Lifecycle states are not indexed: they are deleted seldom.
	for i, err := range t.store.All(ctx) {
		if err != nil {
			return nil, err
		}
		if i.Profile == prof.Name && i.Lifecycle.State == old.TechnicalName {
			p.Blockers = append(p.Blockers, Blocker{profile.IdentityRef(i), "it is in the lifecycle state " + old.Name})
		}
	}

	p.Status = 202
	p.after.RemoveState(prof.Name, old.TechnicalName)
	p.markDirty(prof.Name)
	p.note(AuditStateDelete, config.Ref{Type: "LIFECYCLE_STATE", ID: old.ID, Name: old.Name}, "%s", prof.Name)
	return p, nil
}

func (t *Tenant) statePlan(profile string) (*Plan, *config.Profile, error) {
	p, err := t.newPlan(AuditStateUpdate, false)
	if err != nil {
		return nil, nil, err
	}
	prof, err := p.after.Find(profile)
	if err != nil {
		return nil, nil, t.tracked(err)
	}
	p.Object = prof.AsRef()
	return p, prof, nil
}

func (p *Plan) putState(prof *config.Profile, n *jsondoc.Node, audit string) error {
	p.Operation = audit
	p.note(audit, config.Ref{Type: "LIFECYCLE_STATE", ID: n.Get("id").Text(), Name: n.Get("name").Text()}, "%s",
		prof.Name)
	if err := p.after.PutState(prof.Name, n); err != nil {
		return err
	}
	p.markDirty(prof.Name)
	return nil
}

// PlanSetState plans to set the lifecycle state of one identity by hand: the
// state is given by its id or technical name. It holds until an evaluation gives
// another value than it gives now, and does not survive a move.
//
// Errors: [isc.CodeNotFound]; [isc.CodeIllegalValue] when the state is not enabled.
// Source: DECISION 24, 42 and 58.
func (t *Tenant) PlanSetState(ctx context.Context, identityID, state string) (*Plan, error) {
	p, err := t.newPlan(AuditStateChange, false)
	if err != nil {
		return nil, err
	}
	i, err := t.identity(ctx, identityID)
	if err != nil {
		return nil, err
	}
	prof := p.after.Profile(i.Profile)
	if prof == nil {
		return nil, t.tracked(isc.Refuse(isc.CodeReferenceNotFound, "identity %q has no identity profile",
			profile.DisplayName(i)))
	}
	s := prof.FindState(state)
	if s == nil {
		return nil, t.tracked(isc.Refuse(isc.CodeReferenceNotFound, "profile %q has no lifecycle state %q",
			prof.Name, state))
	}

	// A state that is not enabled cannot be entered, also not by hand.
	if !s.Enabled {
		return nil, t.tracked(isc.Refuse(isc.CodeIllegalValue, "lifecycle state %q is not enabled", s.Name))
	}
	p.Object = profile.IdentityRef(i)
	p.note(AuditStateChange, p.Object, "%s", s.TechnicalName)

	// Setting a state is no evaluation: the result says what has changed and evaluates nothing.
	r := &profile.Result{Identity: i, Lifecycle: profile.LifecycleResult{
		Value: i.Attribute(config.AttrLifecycle).Text(), State: s.TechnicalName, Status: profile.LifecycleActive,
		Manual: true, Previous: i.Lifecycle.State, Entered: i.Lifecycle.State != s.TechnicalName,
	}}

	// Remembered is what the mapping gives now. When it gives something else, the state set by hand
	// ends.
	i.Lifecycle = identity.Lifecycle{State: s.TechnicalName, ManuallyUpdated: true,
		Overridden: i.Attribute(config.AttrLifecycle).Text()}
	p.Results = []*profile.Result{r}
	p.batch.Put = []*identity.Identity{i}
	return p, nil
}

// identity reads an identity of the store.
func (t *Tenant) identity(ctx context.Context, id string) (*identity.Identity, error) {
	i, err := t.store.Get(ctx, id)
	if errors.Is(err, identity.ErrNotFound) {
		return nil, t.tracked(isc.Refuse(isc.CodeNotFound, "there is no identity %q", id))
	}
	return i, err
}
