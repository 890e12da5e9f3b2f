package rest

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant"
)

func stateRoutes() []route {
	const path = "identity-profiles/{profile}/lifecycle-states"
	return []route{
		at(noBeta, "GET", path, "getLifecycleStates", (*call).listStates),
		at(noBeta, "POST", path, "createLifecycleState", (*call).createState),
		at(all, "GET", path+"/{id}", "getLifecycleState", (*call).getState),
		at(all, "PATCH", path+"/{id}", "updateLifecycleStates", (*call).patchState),
		at(noBeta, "DELETE", path+"/{id}", "deleteLifecycleState", (*call).deleteState),
		at(noBeta, "POST", "identities/{id}/set-lifecycle-state", "setLifecycleState", (*call).setState),
	}
}

var listedStates = isc.Fields[*config.LifecycleState]{
	"name": isc.TextField("", func(s *config.LifecycleState) string { return s.Name }),
	"priority": {Compare: func(a, b *config.LifecycleState) int {
		x, _ := a.Node.Get("priority").Int()
		y, _ := b.Node.Get("priority").Int()
		return int(x - y)
	}},
	"created":  isc.TimeField("", func(s *config.LifecycleState) time.Time { return nodeTime(s.Node.Get("created")) }),
	"modified": isc.TimeField("", func(s *config.LifecycleState) time.Time { return nodeTime(s.Node.Get("modified")) }),
}

func stateID(p *config.Profile, s *config.LifecycleState) string {
	if s.ID != "" {
		return s.ID
	}
	return config.IdentityID("LIFECYCLE_STATE", p.Name+"/"+s.TechnicalName)
}

// stateView is a lifecycle state as the API shows it, with how many are in it.
func (c *call) stateView(p *config.Profile) func(s *config.LifecycleState) *jsondoc.Node {
	return func(s *config.LifecycleState) *jsondoc.Node {
		// The profile is in the path of the request, and a state in a file may name it under either key.
		n := s.Node.Clone()
		n.Remove("identityProfile")
		n.Remove("identityProfileId")
		n.Set("id", jsondoc.NewString(stateID(p, s)))
		n.Set("technicalName", jsondoc.NewString(s.TechnicalName))
		count := int64(0)
		if v, err := c.view(); err == nil {
			count = v.members(p.Name)[s.TechnicalName]
		}
		n.Set("identityCount", jsondoc.NewInt(count))

		// The API leaves out what a state does not say, and the files may have null there.
		for _, key := range stateOptional {
			removeNull(n, key)
		}
		for _, action := range n.Get("accountActions").Items() {
			removeNull(action, "sourceIds")
			removeNull(action, "excludeSourceIds")
		}

		return n
	}
}

// stateOptional are members that are left out when they are null.
var stateOptional = []string{
	"description", "emailNotificationOption", "accessActionConfiguration", "accountActions", "accessProfileIds",
	"created", "modified", "identityState",
}

func removeNull(n *jsondoc.Node, key string) {
	if v := n.Get(key); v != nil && v.IsNull() {
		n.Remove(key)
	}
}

func (c *call) listStates() error {
	p, err := c.profile(c.path["profile"])
	if err != nil {
		return err
	}
	return list(c, slices.Clone(p.States), listedStates, func(a, b *config.LifecycleState) int { return 0 },
		c.stateView(p))
}

func (c *call) state() (*config.Profile, *config.LifecycleState, error) {
	p, err := c.profile(c.path["profile"])
	if err != nil {
		return nil, nil, err
	}
	for _, s := range p.States {
		if stateID(p, s) == c.path["id"] {
			return p, s, nil
		}
	}

	return nil, nil, notFound("lifecycle state", c.path["id"])
}

func (c *call) getState() error {
	p, s, err := c.state()
	if err == nil {
		c.node(http.StatusOK, c.stateView(p)(s))
	}
	return err
}

func (c *call) createState() error {
	body, err := c.object()
	if err != nil {
		return err
	}
	_, _, err = c.change(func() (*tenant.Plan, error) {
		p, err := c.profile(c.path["profile"])
		if err != nil {
			return nil, err
		}
		return c.tenant.PlanCreateState(profileRef(p), body)
	})

	if err != nil {
		return err
	}

	// Read again: the plan has given the state an id and defaults.
	p, err := c.profile(c.path["profile"])
	if err != nil {
		return err
	}
	name := body.Get("name").Text()
	for _, s := range p.States {
		if strings.EqualFold(s.Name, name) {
			c.node(http.StatusCreated, c.stateView(p)(s))
			return nil
		}
	}

	return notFound("lifecycle state", name)
}

func (c *call) patchState() error {
	ops, err := c.patch()
	if err != nil {
		return err
	}
	_, _, err = c.change(func() (*tenant.Plan, error) {
		p, s, err := c.state()
		if err != nil {
			return nil, err
		}
		return c.tenant.PlanPatchState(profileRef(p), s.TechnicalName, ops)
	})

	if err != nil {
		return err
	}
	return c.getState()
}

func (c *call) deleteState() error {
	var gone *config.LifecycleState
	id := c.path["id"]
	_, _, err := c.change(func() (*tenant.Plan, error) {
		p, s, err := c.state()
		if err != nil {
			return nil, err
		}
		gone = s
		return c.tenant.PlanDeleteState(c.ctx, profileRef(p), s.TechnicalName)
	})

	if err != nil {
		return err
	}
	c.json(http.StatusAccepted, map[string]string{"type": "LIFECYCLE_STATE", "id": id, "name": gone.Name})
	return nil
}

func (c *call) setState() error {
	body, err := c.object()
	if err != nil {
		return err
	}
	wanted := body.Get("lifecycleStateId").Text()
	if wanted == "" {
		return isc.Refuse(isc.CodeRequired, "lifecycleStateId is required")
	}
	_, _, err = c.change(func() (*tenant.Plan, error) {
		// The plan knows states by the ids of their files and by technical name.
		for _, p := range c.tenant.Bundle().Profiles {
			for _, s := range p.States {
				if stateID(p, s) == wanted {
					wanted = s.TechnicalName
				}
			}
		}

		return c.tenant.PlanSetState(c.ctx, c.path["id"], wanted)
	})

	if err != nil {
		return err
	}
	c.json(http.StatusOK, map[string]string{"accountActivityId": config.IdentityID("ACCOUNT_ACTIVITY", c.trackingID())})
	return nil
}
