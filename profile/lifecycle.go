package profile

import (
	"slices"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
)

// setStates takes the lifecycle states of the profile. A profile of a tenant has
// active and inactive from the start, and many exports carry no states: where no
// file describes any, these two count.
func (c *compiled) setStates() {
	for _, s := range c.profile.States {
		c.states[s.TechnicalName] = s
	}
	if len(c.profile.States) > 0 {
		return
	}

	c.impliedStates = true
	for _, name := range []string{"active", "inactive"} {
		c.states[name] = &config.LifecycleState{Name: name, TechnicalName: name, Enabled: true, Node: jsondoc.NewObject()}
	}
}

// Kinds of an [Intent].
const (
	IntentEnable  = "ENABLE_ACCOUNT"
	IntentDisable = "DISABLE_ACCOUNT"
	IntentDelete  = "DELETE_ACCOUNT"
	IntentGrant   = "GRANT_ACCESS_PROFILE"
	IntentRevoke  = "REVOKE_ACCESS_PROFILE"
	IntentRemove  = "REMOVE_ALL_ACCESS"
	IntentNotify  = "NOTIFY"
)

// Intent is something that a host is asked to do because an identity entered a
// lifecycle state. The library itself changes no account and no access.
//
// Source: DECISION 57 and 58.
type Intent struct {
	Kind          string              `json:"kind"`
	Identity      config.Ref          `json:"identity"`
	State         string              `json:"state"`
	Account       identity.AccountKey `json:"account,omitzero"`
	AccessProfile string              `json:"accessProfile,omitempty"`
	// Recipients of a notification: MANAGER, ADMINS, and addresses.
	Recipients []string `json:"recipients,omitempty"`
	// FromNull: nothing was stored before, where a tenant fires no
	// attribute-changed event.
	FromNull bool `json:"fromNull,omitempty"`
}

// Intents returns what is to be done because of a result: nothing unless the
// identity entered a lifecycle state. Access that the previous state of the same
// profile gave, and the new one does not, is revoked first.
func (e *Engine) Intents(r *Result) []Intent {
	if !r.Lifecycle.Entered {
		return nil
	}
	c := e.profile(r.Identity.Profile)
	if c == nil || c.states[r.Lifecycle.State] == nil {
		return nil
	}
	state := c.states[r.Lifecycle.State]
	base := Intent{Identity: IdentityRef(r.Identity), State: state.TechnicalName, FromNull: r.Lifecycle.FromNull}
	list := e.accountIntents(r, state, base)
	list = append(list, accessIntents(e.previousState(r), state, base)...)
	if to := state.Recipients(); len(to) > 0 {
		base.Kind, base.Recipients = IntentNotify, to
		list = append(list, base)
	}

	return list
}

// previousState returns the state that the identity leaves.
func (e *Engine) previousState(r *Result) *config.LifecycleState {
	from := r.Identity.Profile
	if r.Move != nil {
		from = r.Move.From
	}
	if c := e.profile(from); c != nil {
		return c.states[r.Lifecycle.Previous]
	}
	return nil
}

var accountIntent = map[string]string{"ENABLE": IntentEnable, "DISABLE": IntentDisable, "DELETE": IntentDelete}

// accountIntents applies the account actions to the accounts that need it: an
// account that is already enabled or disabled is left alone.
func (e *Engine) accountIntents(r *Result, state *config.LifecycleState, base Intent) []Intent {
	var list []Intent
	for _, action := range state.Actions() {
		for i := range r.Identity.Accounts {
			a := &r.Identity.Accounts[i]
			if !action.Covers(e.bundle.Source(a.Source)) || action.Action == "ENABLE" && !a.Disabled ||
				action.Action == "DISABLE" && a.Disabled {
				continue
			}
			next := base
			next.Kind, next.Account = accountIntent[action.Action], a.Key()
			list = append(list, next)
		}
	}

	return list
}

func accessIntents(before, after *config.LifecycleState, base Intent) []Intent {
	var list []Intent

	// Removing everything comes before granting what the new state has.
	now := after.AccessProfiles()
	if after.Node.At("accessActionConfiguration", "removeAllAccessEnabled").IsTrue() {
		next := base
		next.Kind = IntentRemove
		list = append(list, next)
	} else if before != nil {
		for _, id := range before.AccessProfiles() {
			if !slices.Contains(now, id) {
				next := base
				next.Kind, next.AccessProfile = IntentRevoke, id
				list = append(list, next)
			}
		}
	}

	// What both states grant is an intent too: whether somebody still has it is not known here.
	for _, id := range now {
		next := base
		next.Kind, next.AccessProfile = IntentGrant, id
		list = append(list, next)
	}

	return list
}

// Activities that an identity state can keep an identity out of.
//
// Source: DECISION 57.
const (
	ActivityScheduled  = "SCHEDULED_PROCESSING" // attribute sync, apply on roles and access too
	ActivityProcessing = "PROCESSING"           // apply on a profile, selected identities, after aggregation
	ActivityPickList   = "PICK_LIST"
)

// Takes reports whether identities in an identity state take part in an
// activity. No state counts as ACTIVE.
func Takes(activity, identityState string) bool {
	switch activity {
	case ActivityScheduled:
		return identityState != config.StateInactiveLong
	case ActivityPickList:
		return identityState == config.StateActive || identityState == ""
	}

	return true
}

// IdentityState returns the identity state of somebody's lifecycle state, "" for
// none.
func (e *Engine) IdentityState(i *identity.Identity) string {
	if c := e.profile(i.Profile); c != nil && c.states[i.Lifecycle.State] != nil {
		return c.states[i.Lifecycle.State].IdentityState
	}
	return ""
}
