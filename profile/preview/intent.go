package preview

import (
	"fmt"
	"strings"

	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
)

// intents says what entering a lifecycle state does, in the order of the state's
// configuration.
//
// Source: DECISION 58.
func (c *collector) intents(b *config.Bundle, profileName, state string) []string {
	key := [2]string{profileName, state}
	if list, ok := c.states[key]; ok {
		return list
	}
	var list []string
	if p := b.Profile(profileName); p != nil {
		for _, s := range p.States {
			if s.TechnicalName == state {
				list = stateIntents(b, s)
			}
		}
	}

	c.states[[2]string{strings.Clone(profileName), strings.Clone(state)}] = list
	return list
}

func stateIntents(b *config.Bundle, s *config.LifecycleState) []string {
	var list []string

	// What is due is told in words, as nothing carries it out here.
	for _, action := range s.Node.Get("accountActions").Items() {
		verb := strings.ToLower(action.Get("action").Text())
		if action.Get("allSources").IsTrue() {
			text := verb + " the accounts on all sources"
			if names := sourceNames(b, action.Get("excludeSourceIds")); names != "" {
				text += " except " + names
			}
			list = append(list, text)
		} else if names := sourceNames(b, action.Get("sourceIds")); names != "" {
			list = append(list, verb+" the accounts on "+names)
		}
	}

	if n := len(s.Node.Get("accessProfileIds").Items()); n > 0 {
		list = append(list, fmt.Sprintf("grant %d access profiles", n))
	}
	if s.Node.At("accessActionConfiguration", "removeAllAccessEnabled").IsTrue() {
		list = append(list, "remove all access")
	}
	list = append(list, notifications(s.Node.Get("emailNotificationOption"))...)
	if s.IdentityState != "" {
		list = append(list, "identity state "+s.IdentityState)
	}
	return list
}

func notifications(n *jsondoc.Node) []string {
	var list []string
	if n.Get("notifyManagers").IsTrue() {
		list = append(list, "notify the manager")
	}
	if n.Get("notifyAllAdmins").IsTrue() {
		list = append(list, "notify all administrators")
	}
	if n.Get("notifySpecificUsers").IsTrue() {
		list = append(list, fmt.Sprintf("notify %d addresses", len(n.Get("emailAddressList").Items())))
	}
	return list
}

// sourceNames returns the names of sources given by id; ids that are not known
// stand for themselves.
func sourceNames(b *config.Bundle, ids *jsondoc.Node) string {
	var names []string
	for _, id := range ids.Items() {
		name := id.Text()
		if s := b.SourceByID(name); s != nil {
			name = s.Name
		}
		names = append(names, name)
	}

	return strings.Join(names, ", ")
}
