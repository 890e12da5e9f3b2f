package rest

import (
	"errors"
	"net/http"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/filter"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/tenant"
)

func identityRoutes() []route {
	public := at(noBeta, "GET", "public-identities", "getPublicIdentities", (*call).listPublic)
	public.public = true
	return []route{
		public,
		at(noThree, "GET", "identities", "listIdentities", (*call).listIdentities),
		at(noThree, "POST", "identities/process", "startIdentityProcessing", (*call).processIdentities),
		at(noThree, "GET", "identities/{id}", "getIdentity", (*call).getIdentity),
		at(noThree, "DELETE", "identities/{id}", "deleteIdentity", (*call).deleteIdentity),
		at(noThree, "POST", "identities/{id}/synchronize-attributes", "synchronizeAttributesForIdentity", nil),
	}
}

func personText(ops string, get func(i *identity.Identity) string) isc.Field[*identity.Identity] {
	return isc.TextField(ops, get)
}

func attributeText(name string) func(i *identity.Identity) string {
	return func(i *identity.Identity) string { return i.Attribute(name).Text() }
}

// listedIdentities and publicFields mean the same by the same names, see
// [isc.Fields.PageOf].
var listedIdentities = isc.Fields[*identity.Identity]{
	"id":              filterOnly(personText("eq in", identityID)),
	"name":            personText("eq sw", identityName),
	"alias":           personText("eq sw", func(i *identity.Identity) string { return i.Alias }),
	"firstname":       filterOnly(personText("eq sw", attributeText("firstname"))),
	"lastname":        filterOnly(personText("eq sw", attributeText("lastname"))),
	"email":           filterOnly(personText("eq sw", attributeText("email"))),
	"cloudStatus":     personText("eq", tenant.Status),
	"processingState": filterOnly(personText("eq", func(i *identity.Identity) string { return "OK" })),
	"correlated":      isc.BoolField("eq", correlated),
	"protected":       isc.BoolField("eq", func(i *identity.Identity) bool { return i.Protected }),
}

// correlated: has an account on an authoritative source, which gives the profile.
func correlated(i *identity.Identity) bool { return i.Profile != "" && len(i.Accounts) > 0 }

func (c *call) listIdentities() error {
	v, err := c.view()
	if err != nil {
		return err
	}

	// Identities without an authoritative account are left out unless they are asked for, whatever the
	// other filter says.
	also := filter.Compare("correlated", "==", identity.BoolValue(true))
	switch name := c.query.Get("defaultFilter"); name {
	case "", "CORRELATED_ONLY":
	case "NONE":
		also = nil
	default:
		return isc.Refuse(isc.CodeIllegalValue, "defaultFilter %q is not allowed, expected CORRELATED_ONLY or NONE",
			name)
	}

	show := c.identityView(v)
	return listTable(c, v.people, listedIdentities, also,
		func(i *identity.Identity) *jsondoc.Node { return fullIdentity(show, i) })
}

// fullIdentity is an identity as the API shows it; what is not known is left out
// where null is not allowed.
func fullIdentity(show tenant.IdentityView, i *identity.Identity) *jsondoc.Node {
	n := show.Identity(i, nil)
	for _, key := range []string{"created", "modified", "lastRefresh"} {
		if n.Get(key).IsNull() {
			n.Remove(key)
		}
	}

	if n.At("lifecycleState", "stateName").IsNull() {
		n.Get("lifecycleState").Set("stateName", jsondoc.NewString(""))
	}
	return n
}

func (c *call) person() (*view, *identity.Identity, error) {
	v, err := c.view()
	if err != nil {
		return nil, nil, err
	}
	i := v.person(c.path["id"])
	if i == nil {
		return nil, nil, notFound("identity", c.path["id"])
	}
	return v, i, nil
}

func (c *call) getIdentity() error {
	v, i, err := c.person()
	if err == nil {
		c.node(http.StatusOK, fullIdentity(c.identityView(v), i))
	}
	return err
}

func (c *call) deleteIdentity() error {
	_, _, err := c.change(func() (*tenant.Plan, error) { return c.tenant.PlanDeleteIdentity(c.ctx, c.path["id"]) })
	if err != nil {
		return err
	}
	return c.noContent()
}

// maxProcessed is how many identities one request may list.
const maxProcessed = 250

func (c *call) processIdentities() error {
	body, err := c.object()
	if err != nil {
		return err
	}
	var ids []string
	for _, item := range body.Get("identityIds").Items() {
		ids = append(ids, item.Text())
	}
	if n := len(ids); n == 0 || n > maxProcessed {
		return isc.Refuse(isc.CodeLimit, "identityIds lists %d identities, expected 1 to %d", n, maxProcessed)
	}

	// All must be there before any is processed.
	for _, id := range ids {
		if _, err := c.tenant.Store().Get(c.ctx, id); errors.Is(err, identity.ErrNotFound) {
			return isc.Refuse(isc.CodeReferenceNotFound, "there is no identity %q", id)
		} else if err != nil {
			return err
		}
	}

	// The work is kept with the task, so that it is done after a restart as well.
	t, err := c.start(taskRefresh, "Process identities", nil, &work{Kind: workProcess, Identities: ids})
	if err == nil {
		c.json(http.StatusAccepted, t.reference())
	}
	return err
}

var publicFields = isc.Fields[*identity.Identity]{
	"id":        filterOnly(personText("eq in", identityID)),
	"alias":     filterOnly(personText("eq sw", func(i *identity.Identity) string { return i.Alias })),
	"email":     filterOnly(personText("eq sw", attributeText("email"))),
	"firstname": filterOnly(personText("eq sw", attributeText("firstname"))),
	"lastname":  filterOnly(personText("eq sw", attributeText("lastname"))),
	"name":      isc.Field[*identity.Identity]{Compare: personText("", identityName).Compare},
}

func (c *call) listPublic() error {
	v, err := c.view()
	if err != nil {
		return err
	}
	if _, err := isc.Flag(c.query, "add-core-filters", false); err != nil {
		return err
	}
	return listTable(c, v.people, publicFields, nil, func(i *identity.Identity) *jsondoc.Node {
		return publicView(v, i)
	})
}

// publicView is what everybody may know of an identity.
func publicView(v *view, i *identity.Identity) *jsondoc.Node {
	n := jsondoc.NewObject(
		jsondoc.M("id", jsondoc.NewString(i.ID)),
		jsondoc.M("name", jsondoc.NewString(identityName(i))),
		jsondoc.M("alias", jsondoc.NewString(i.Alias)),
		jsondoc.M("email", textNode(i.Attribute("email").Text())),
		jsondoc.M("status", jsondoc.NewString("Active")),
		jsondoc.M("identityState", jsondoc.NewNull()))

	// A manager that no longer exists is left out: a client would follow the reference into a 404.
	if m := v.person(i.ManagerID); m != nil {
		n.Set("manager", jsondoc.NewObject(
			jsondoc.M("type", jsondoc.NewString("IDENTITY")), jsondoc.M("id", jsondoc.NewString(m.ID)),
			jsondoc.M("name", jsondoc.NewString(identityName(m)))))
	}

	// The platform shows these attributes to everybody, whatever else a tenant maps.
	var items []*jsondoc.Node
	for _, name := range []string{"firstname", "lastname", "phone", "cloudLifecycleState"} {
		if value := i.Attribute(name); !value.IsNull() {
			items = append(items, jsondoc.NewObject(
				jsondoc.M("key", jsondoc.NewString(name)), jsondoc.M("name", jsondoc.NewString(labels[name])),
				jsondoc.M("value", jsondoc.NewString(value.Text()))))
		}
	}

	list := jsondoc.NewArray()
	list.SetItems(items)
	n.Set("attributes", list)
	return n
}

var labels = map[string]string{"firstname": "First Name", "lastname": "Last Name", "phone": "Phone",
	"cloudLifecycleState": "Lifecycle State"}
