package rest

import (
	"net/http"
	"slices"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant"
)

func policyRoutes() []route {
	const path = "sources/{source}/provisioning-policies"
	return []route{
		at(all, "GET", path, "listProvisioningPolicies", (*call).listPolicies),
		at(all, "POST", path, "createProvisioningPolicy", (*call).createPolicy),
		at(all, "POST", path+"/bulk-update", "updateProvisioningPoliciesInBulk", (*call).bulkUpdatePolicies),
		at(all, "GET", path+"/{usage}", "getProvisioningPolicy", (*call).getPolicy),
		at(all, "PUT", path+"/{usage}", "putProvisioningPolicy", (*call).putPolicy),
		at(all, "PATCH", path+"/{usage}", "updateProvisioningPolicy", (*call).patchPolicy),
		at(all, "DELETE", path+"/{usage}", "deleteProvisioningPolicy", (*call).deletePolicy),
	}
}

const policyKey = "provisioningPolicies"

var usageTypes = []string{
	"CREATE", "UPDATE", "ENABLE", "DISABLE", "DELETE", "ASSIGN", "UNASSIGN", "CREATE_GROUP",
	"UPDATE_GROUP", "DELETE_GROUP",
	"REGISTER", "CREATE_IDENTITY", "UPDATE_IDENTITY", "EDIT_GROUP", "UNLOCK", "CHANGE_PASSWORD",
}

func policyView(n *jsondoc.Node) *jsondoc.Node {
	out := n.Clone()
	if out.Get("fields").Kind() != jsondoc.Array {
		out.Set("fields", jsondoc.NewArray())
	}
	if v := out.Get("description"); v != nil && v.IsNull() {
		out.Remove("description")
	}
	return out
}

func checkPolicy(n *jsondoc.Node) error {
	if name, ok := n.Get("name").Str(); !ok || name == "" {
		return isc.Refuse(isc.CodeRequired, "name is required, as a text")
	}
	if usage := n.Get("usageType").Text(); !slices.Contains(usageTypes, usage) {
		return isc.Refuse(isc.CodeIllegalValue, "usageType %q does not exist", usage)
	}
	if v := n.Get("fields"); !v.IsNull() && v.Kind() != jsondoc.Array {
		return isc.Refuse(isc.CodeIllegalValue, "fields is a %s, expected a list", v.Kind())
	}
	for _, f := range n.Get("fields").Items() {
		if f.Get("name").Text() == "" {
			return isc.Refuse(isc.CodeRequired, "a field of the policy has no name")
		}
	}

	return nil
}

func (c *call) listPolicies() error {
	s, err := c.source()
	if err != nil {
		return err
	}
	found := s.Node.Get(policyKey).Items()
	return answerPage(c, isc.Page[*jsondoc.Node]{Items: found, Total: len(found)}, policyView)
}

func (c *call) policy() (*config.Source, *jsondoc.Node, error) {
	s, err := c.source()
	if err != nil {
		return nil, nil, err
	}
	for _, n := range s.Node.Get(policyKey).Items() {
		if n.Get("usageType").Text() == c.path["usage"] {
			return s, n, nil
		}
	}

	return s, nil, notFound("provisioning policy", c.path["usage"])
}

func (c *call) answerPolicy(status int) error {
	_, n, err := c.policy()
	if err == nil {
		c.node(status, policyView(n))
	}
	return err
}

func (c *call) getPolicy() error { return c.answerPolicy(http.StatusOK) }

func (c *call) createPolicy() error {
	body, err := c.object()
	if err != nil {
		return err
	}
	c.path["usage"] = body.Get("usageType").Text()
	_, _, err = c.change(func() (*tenant.Plan, error) {
		if err := checkPolicy(body); err != nil {
			return nil, err
		}

		// That there is none yet is an answer here, not an error.
		s, n, err := c.policy()
		if s == nil {
			return nil, err
		}
		if n != nil {
			return nil, isc.Refuse(isc.CodeConflict, "the source has a policy for %s already", c.path["usage"])
		}
		return c.editList(s, policyKey, "PROVISIONING_POLICY_CREATE", http.StatusCreated,
			func(items []*jsondoc.Node) []*jsondoc.Node { return append(items, body) })
	})

	if err != nil {
		return err
	}
	return c.answerPolicy(http.StatusCreated)
}

func (c *call) putPolicy() error {
	body, err := c.object()
	if err != nil {
		return err
	}
	return c.updatePolicy(func(*jsondoc.Node) (*jsondoc.Node, error) { return body.Clone(), nil })
}

func (c *call) patchPolicy() error {
	ops, err := c.patch()
	if err != nil {
		return err
	}
	return c.updatePolicy(func(before *jsondoc.Node) (*jsondoc.Node, error) { return isc.Apply(before, ops, nil) })
}

func (c *call) updatePolicy(edit func(*jsondoc.Node) (*jsondoc.Node, error)) error {
	_, _, err := c.change(func() (*tenant.Plan, error) {
		s, old, err := c.policy()
		if err != nil {
			return nil, err
		}
		after, err := edit(policyView(old))
		if err != nil {
			return nil, err
		}

		// A patch may leave the usage out, which is part of the path.
		if v := after.Get("usageType"); v == nil {
			after.Set("usageType", old.Get("usageType").Clone())
		} else if !v.Equal(old.Get("usageType")) {
			return nil, isc.Refuse(isc.CodeIllegalUpdate, "usageType of a policy cannot be changed")
		}

		if err := checkPolicy(after); err != nil {
			return nil, err
		}
		return c.planPolicies(s, map[string]*jsondoc.Node{c.path["usage"]: after})
	})

	if err != nil {
		return err
	}
	return c.getPolicy()
}

// planPolicies plans to replace policies by their usage types.
func (c *call) planPolicies(s *config.Source, by map[string]*jsondoc.Node) (*tenant.Plan, error) {
	return c.editList(s, policyKey, "PROVISIONING_POLICY_UPDATE", http.StatusOK,
		func(items []*jsondoc.Node) []*jsondoc.Node {
			for i, n := range items {
				if after := by[n.Get("usageType").Text()]; after != nil {
					items[i] = after
				}
			}

			return items
		})
}

// bulkUpdatePolicies makes the list the policies of the source.
func (c *call) bulkUpdatePolicies() error {
	body, err := c.body()
	if err != nil {
		return err
	}
	if body.Kind() != jsondoc.Array {
		return isc.Refuse(isc.CodeBadRequest, "expected a list of policies")
	}
	_, _, err = c.change(func() (*tenant.Plan, error) {
		s, err := c.source()
		if err != nil {
			return nil, err
		}

		// The list is checked as a whole before it replaces the one that is there.
		seen := map[string]bool{}
		for _, n := range body.Items() {
			if err := checkPolicy(n); err != nil {
				return nil, err
			}
			if usage := n.Get("usageType").Text(); seen[usage] {
				return nil, isc.Refuse(isc.CodeConflict, "there are two policies for %s", usage)
			} else {
				seen[usage] = true
			}
		}

		return c.editList(s, policyKey, "PROVISIONING_POLICY_UPDATE", http.StatusOK,
			func([]*jsondoc.Node) []*jsondoc.Node { return body.Items() })
	})

	if err != nil {
		return err
	}
	return c.listPolicies()
}

func (c *call) deletePolicy() error {
	_, _, err := c.change(func() (*tenant.Plan, error) {
		s, _, err := c.policy()
		if err != nil {
			return nil, err
		}
		return c.editList(s, policyKey, "PROVISIONING_POLICY_DELETE", http.StatusNoContent,
			func(items []*jsondoc.Node) []*jsondoc.Node {
				return slices.DeleteFunc(items, func(n *jsondoc.Node) bool {
					return n.Get("usageType").Text() == c.path["usage"]
				})
			})
	})

	if err != nil {
		return err
	}
	return c.noContent()
}
