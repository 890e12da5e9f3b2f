package profile

import (
	"slices"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/jsondoc"
)

// Identity states.
//
// Source: identity-profile.md 14.
const (
	StateActive        = "ACTIVE"
	StateInactiveShort = "INACTIVE_SHORT_TERM"
	StateInactiveLong  = "INACTIVE_LONG_TERM"
)

// AccountAction is what a lifecycle state does to accounts.
type AccountAction struct {
	Action           string // ENABLE, DISABLE or DELETE
	SourceIDs        []string
	ExcludeSourceIDs []string
	AllSources       bool
}

// Actions returns the account actions of the state.
func (s *LifecycleState) Actions() []AccountAction {
	var list []AccountAction
	for _, n := range s.Node.Get("accountActions").Items() {
		list = append(list, AccountAction{
			Action: n.Get("action").Text(), SourceIDs: texts(n.Get("sourceIds")),
			ExcludeSourceIDs: texts(n.Get("excludeSourceIds")), AllSources: n.Get("allSources").IsTrue(),
		})
	}
	return list
}

// AccessProfiles returns the ids of the access profiles of the state, each once.
func (s *LifecycleState) AccessProfiles() []string {
	var list []string
	for _, id := range texts(s.Node.Get("accessProfileIds")) {
		if !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	return list
}

func texts(n *jsondoc.Node) []string {
	var list []string
	for _, item := range n.Items() {
		list = append(list, item.Text())
	}
	return list
}

// CheckState checks a lifecycle state before it is saved. Others are the other
// states of the profile.
//
// Errors: [CodeRequired], [CodeIllegalValue], [CodeConflict].
// Source: identity-profile.md 14.
func CheckState(n *jsondoc.Node, others []*LifecycleState) error {
	name, ok := n.Get("name").Str()
	if !ok || name == "" {
		return refuse(CodeRequired, "the lifecycle state has no name")
	}
	derived, err := TechnicalName(name)
	if err != nil {
		return err
	}
	technical := n.Get("technicalName").Text()
	if technical == "" {
		technical = derived
	}
	for _, r := range technical {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return refuse(CodeIllegalValue, "the technical name %q has the character %q, only letters and digits are allowed", technical, r)
		}
	}
	for _, o := range others {
		if o.TechnicalName == technical {
			return refuse(CodeConflict, "the profile has a lifecycle state %q already", technical)
		}
	}
	switch state := n.Get("identityState"); state.Text() {
	case "", StateActive, StateInactiveShort, StateInactiveLong:
	default:
		return refuse(CodeIllegalValue, "identityState is %s, expected ACTIVE, INACTIVE_SHORT_TERM or INACTIVE_LONG_TERM", state.Append(nil))
	}
	return checkActions(n)
}

func checkActions(n *jsondoc.Node) error {
	for _, a := range (&LifecycleState{Node: n}).Actions() {
		switch {
		case a.Action != "ENABLE" && a.Action != "DISABLE" && a.Action != "DELETE":
			return refuse(CodeIllegalValue, "the account action is %q, expected ENABLE, DISABLE or DELETE", a.Action)
		case a.AllSources && len(a.SourceIDs) > 0:
			return refuse(CodeIllegalValue, "an account action for all sources must not have sourceIds")
		case len(a.SourceIDs) > 0 && len(a.ExcludeSourceIDs) > 0:
			return refuse(CodeIllegalValue, "an account action must not have both sourceIds and excludeSourceIds")
		case !a.AllSources && len(a.SourceIDs) == 0:
			return refuse(CodeRequired, "an account action that is not for all sources needs sourceIds")
		}
	}
	ids := texts(n.Get("accessProfileIds"))
	slices.Sort(ids)
	if len(slices.Compact(slices.Clone(ids))) < len(ids) {
		return refuse(CodeIllegalValue, "accessProfileIds has an id twice")
	}
	return nil
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
// Source: identity-profile.md 12, 14.
type Intent struct {
	Kind          string              `json:"kind"`
	Identity      Ref                 `json:"identity"`
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
	base := Intent{Identity: identityRef(r.Identity), State: state.TechnicalName, FromNull: r.Lifecycle.FromNull}
	list := e.accountIntents(r, state, base)
	list = append(list, accessIntents(e.previousState(r), state, base)...)
	if to := state.recipients(); len(to) > 0 {
		base.Kind, base.Recipients = IntentNotify, to
		list = append(list, base)
	}
	return list
}

// previousState returns the state that the identity leaves.
func (e *Engine) previousState(r *Result) *LifecycleState {
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
func (e *Engine) accountIntents(r *Result, state *LifecycleState, base Intent) []Intent {
	var list []Intent
	for _, action := range state.Actions() {
		for i := range r.Identity.Accounts {
			a := &r.Identity.Accounts[i]
			if !action.covers(e.bundle.Source(a.Source)) || action.Action == "ENABLE" && !a.Disabled || action.Action == "DISABLE" && a.Disabled {
				continue
			}
			next := base
			next.Kind, next.Account = accountIntent[action.Action], a.Key()
			list = append(list, next)
		}
	}
	return list
}

func (a AccountAction) covers(s *Source) bool {
	if s == nil {
		return false
	}
	if a.AllSources {
		return !slices.Contains(a.ExcludeSourceIDs, s.ID)
	}
	return slices.Contains(a.SourceIDs, s.ID)
}

func accessIntents(before, after *LifecycleState, base Intent) []Intent {
	var list []Intent
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
	for _, id := range now {
		next := base
		next.Kind, next.AccessProfile = IntentGrant, id
		list = append(list, next)
	}
	return list
}

// recipients returns who is told about people who enter the state.
func (s *LifecycleState) recipients() []string {
	n := s.Node.Get("emailNotificationOption")
	var list []string
	if n.Get("notifyManagers").IsTrue() {
		list = append(list, "MANAGER")
	}
	if n.Get("notifyAllAdmins").IsTrue() {
		list = append(list, "ADMINS")
	}
	if n.Get("notifySpecificUsers").IsTrue() {
		list = append(list, texts(n.Get("emailAddressList"))...)
	}
	return list
}

// Activities that an identity state can keep an identity out of.
//
// Source: identity-profile.md 12.
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
		return identityState != StateInactiveLong
	case ActivityPickList:
		return identityState == StateActive || identityState == ""
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
