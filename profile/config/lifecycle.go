package config

import (
	"fmt"
	"slices"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
)

// Identity states.
//
// Source: DECISION 58.
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
	// SP-Config files have references where the API has ids.
	actions := s.Node.Get("accountActions")
	if actions.IsNull() {
		actions = s.Node.Get("accountActionRefs")
	}

	var list []AccountAction
	for _, n := range actions.Items() {
		list = append(list, AccountAction{
			Action:           n.Get("action").Text(),
			SourceIDs:        append(texts(n.Get("sourceIds")), refIDs(n.Get("sourceIdsRefs"))...),
			ExcludeSourceIDs: append(texts(n.Get("excludeSourceIds")), refIDs(n.Get("excludeSourceIdsRefs"))...),
			AllSources:       n.Get("allSources").IsTrue(),
		})
	}

	return list
}

// refIDs returns the ids of a list of references.
func refIDs(n *jsondoc.Node) []string {
	var list []string
	for _, item := range n.Items() {
		list = append(list, item.Get("id").Text())
	}
	return list
}

// AccessProfiles returns the ids of the access profiles of the state, each once.
func (s *LifecycleState) AccessProfiles() []string {
	ids := append(texts(s.Node.Get("accessProfileIds")), refIDs(s.Node.Get("accessProfileRefs"))...)

	var list []string
	for _, id := range ids {
		if !slices.Contains(list, id) {
			list = append(list, id)
		}
	}

	return list
}

// checkActionSources reports actions of lifecycle states on sources that no file has. An
// export may be a part of a tenant, so it is an information; where sources are known by name
// only, an id says nothing.
func (l *loader) checkActionSources() {
	// Ids mean something only when sources have them, and a missing source only when everything could be read.
	if l.b.Partial || len(l.b.Unread) > 0 || !slices.ContainsFunc(l.b.Sources, func(s *Source) bool {
		return s.ID != "" && !s.Implied
	}) {
		return
	}
	for _, p := range l.b.Profiles {
		for _, s := range p.States {
			for _, key := range []string{"accountActions", "accountActionRefs"} {
				for _, action := range s.Node.Get(key).Items() {
					for _, list := range []string{"sourceIds", "excludeSourceIds", "sourceIdsRefs",
						"excludeSourceIdsRefs"} {
						for _, n := range action.Get(list).Items() {
							l.checkActionSource(p, s, n)
						}
					}
				}
			}
		}
	}
}

// checkActionSource checks one source of an action, an id or a reference.
func (l *loader) checkActionSource(p *Profile, s *LifecycleState, n *jsondoc.Node) {
	id, name := n.Text(), ""
	if n.Kind() == jsondoc.Object {
		id, name = n.Get("id").Text(), n.Get("name").Text()
	}
	if id == "" && name == "" || l.b.SourceByID(id) != nil || l.b.Source(name) != nil {
		return
	}
	l.found.Add(diag.Diagnostic{Severity: diag.Info, Code: codeSourceUnknown, Pos: n.Pos(),
		Message: fmt.Sprintf("lifecycle state %q of profile %q acts on source %q, which no file has", s.Name, p.Name,
			FirstText(n.Get("name"), n.Get("id"), n))})
}

// CheckState checks a lifecycle state before it is saved. Others are the other
// states of the profile.
//
// Errors: [isc.CodeRequired], [isc.CodeIllegalValue], [isc.CodeConflict].
// Source: DECISION 58.
func CheckState(n *jsondoc.Node, others []*LifecycleState) error {
	name, ok := n.Get("name").Str()
	if !ok || name == "" {
		return isc.Refuse(isc.CodeRequired, "the lifecycle state has no name")
	}
	derived, err := TechnicalName(name)

	// Letters and digits only, as the technical name is used in paths and expressions.
	if err != nil {
		return err
	}
	technical := n.Get("technicalName").Text()
	if technical == "" {
		technical = derived
	}
	for _, r := range technical {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return isc.Refuse(isc.CodeIllegalValue,
				"the technical name %q has the character %q, only letters and digits are allowed", technical, r)
		}
	}

	// The technical name is the value of the attribute that puts people into the state, so two states cannot share
	// it.
	for _, o := range others {
		if o.TechnicalName == technical {
			return isc.Refuse(isc.CodeConflict, "the profile has a lifecycle state %q already", technical)
		}
	}

	// They say whether an identity counts as active; the platform has no others.
	switch state := n.Get("identityState"); state.Text() {
	case "", StateActive, StateInactiveShort, StateInactiveLong:
	default:
		return isc.Refuse(isc.CodeIllegalValue,
			"identityState is %s, expected ACTIVE, INACTIVE_SHORT_TERM or INACTIVE_LONG_TERM", state.Append(nil))
	}

	return checkActions(n)
}

func checkActions(n *jsondoc.Node) error {
	// The combinations are those that the platform refuses; each has an answer of its own there.
	for _, a := range (&LifecycleState{Node: n}).Actions() {
		switch {
		case a.Action != "ENABLE" && a.Action != "DISABLE" && a.Action != "DELETE":
			return isc.Refuse(isc.CodeIllegalValue, "the account action is %q, expected ENABLE, DISABLE or DELETE",
				a.Action)
		case a.AllSources && len(a.SourceIDs) > 0:
			return isc.Refuse(isc.CodeIllegalValue, "an account action for all sources must not have sourceIds")
		case len(a.SourceIDs) > 0 && len(a.ExcludeSourceIDs) > 0:
			return isc.Refuse(isc.CodeIllegalValue,
				"an account action must not have both sourceIds and excludeSourceIds")
		case !a.AllSources && len(a.SourceIDs) == 0:
			return isc.Refuse(isc.CodeRequired, "an account action that is not for all sources needs sourceIds")
		}
	}

	ids := texts(n.Get("accessProfileIds"))
	slices.Sort(ids)
	if len(slices.Compact(slices.Clone(ids))) < len(ids) {
		return isc.Refuse(isc.CodeIllegalValue, "accessProfileIds has an id twice")
	}
	return nil
}

func (a AccountAction) Covers(s *Source) bool {
	if s == nil {
		return false
	}
	if a.AllSources {
		return !slices.Contains(a.ExcludeSourceIDs, s.ID)
	}
	return slices.Contains(a.SourceIDs, s.ID)
}

// Recipients returns who is told about people who enter the state.
func (s *LifecycleState) Recipients() []string {
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
