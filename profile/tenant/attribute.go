package tenant

import (
	"strings"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
)

// PlanAddAttribute plans a new identity attribute. The technical name follows
// from the display name.
//
// Errors: [isc.CodeIllegalValue] for a name the rule does not allow; [isc.CodeConflict]
// for one that exists, ignoring case (DECISION 10).
// Source: DECISION 11 and 51.
func (t *Tenant) PlanAddAttribute(displayName string, searchable bool) (*Plan, error) {
	p, err := t.newPlan("IDENTITY_ATTRIBUTE_CREATE", false)
	if err != nil {
		return nil, err
	}
	name, err := config.TechnicalName(displayName)
	if err != nil {
		return nil, t.tracked(err)
	}
	if known := p.after.SameName(name); known != "" {
		return nil, t.tracked(isc.Refuse(isc.CodeConflict, "there is an identity attribute %q already", known))
	}
	p.Status, p.Object = 201, config.Ref{Type: "IDENTITY_ATTRIBUTE", Name: name}
	return p, p.after.PutAttribute(jsondoc.NewObject(
		jsondoc.M("name", jsondoc.NewString(name)),
		jsondoc.M("displayName", jsondoc.NewString(strings.TrimSpace(displayName))),
		jsondoc.M("standard", jsondoc.NewBool(false)),
		jsondoc.M("type", jsondoc.NewString("string")),
		jsondoc.M("multi", jsondoc.NewBool(false)),
		jsondoc.M("searchable", jsondoc.NewBool(searchable)),
		jsondoc.M("system", jsondoc.NewBool(false)),
		jsondoc.M("sources", jsondoc.NewArray(jsondoc.NewObject(
			jsondoc.M("type", jsondoc.NewString("rule")),
			jsondoc.M("properties", jsondoc.NewObject(
				jsondoc.M("ruleType", jsondoc.NewString("IdentityAttribute")),
				jsondoc.M("ruleName", jsondoc.NewString("Cloud Promote Identity Attribute"))))))),
	))
}

// PlanSearchable plans to make an identity attribute searchable, or not.
//
// Errors: [isc.CodeNotFound]; [isc.CodeIllegalValue] for system, standard and multi-valued
// attributes.
// Source: DECISION 51.
func (t *Tenant) PlanSearchable(name string, searchable bool) (*Plan, error) {
	p, err := t.newPlan("IDENTITY_ATTRIBUTE_UPDATE", false)
	if err != nil {
		return nil, err
	}

	// What the catalogue of the files does not have cannot be changed in it; a standard attribute is
	// known without.
	a := p.after.Entry(name)
	switch {
	case a == nil:
		return nil, t.tracked(isc.Refuse(isc.CodeNotFound, "there is no identity attribute %q", name))
	case searchable && (a.System || a.Standard || a.Multi || a.Node == nil):
		return nil, t.tracked(isc.Refuse(isc.CodeIllegalValue,
			"identity attribute %q cannot be searchable: it is a system, standard or multi-valued attribute", name))
	}

	p.Object = config.Ref{Type: "IDENTITY_ATTRIBUTE", Name: name}
	if a.Node != nil {
		a.Node.Set("searchable", jsondoc.NewBool(searchable))
		p.Findings = p.after.Refresh()
	}

	return p, nil
}

// PlanDeleteAttribute plans the deletion of an identity attribute: it goes from
// the catalogue and from the mappings of all profiles, and every profile needs
// processing, whether it maps it or not. The plan lists everything that uses it.
//
// Errors: [isc.CodeNotFound]; [isc.CodeIllegalValue] for system and standard attributes;
// without force [isc.CodeConflict] for an attribute that is used, with every use as a
// cause (DECISION 7).
// Source: DECISION 51.
func (t *Tenant) PlanDeleteAttribute(name string, force bool) (*Plan, error) {
	p, err := t.newPlan("IDENTITY_ATTRIBUTE_DELETE", false)
	if err != nil {
		return nil, err
	}
	a := p.after.Entry(name)
	switch {
	case a == nil:
		return nil, t.tracked(isc.Refuse(isc.CodeNotFound, "there is no identity attribute %q", name))
	case a.System || a.Standard:
		return nil, t.tracked(isc.Refuse(isc.CodeIllegalValue,
			"identity attribute %q is a system or standard attribute and cannot be deleted", name))
	}

	// The uses are part of the plan whatever comes of it, so that somebody can look before forcing it.
	p.Status, p.Object = 204, config.Ref{Type: "IDENTITY_ATTRIBUTE", Name: name}
	p.Uses = p.after.AttributeUses(name, t.opts.Compile.Library)
	if len(p.Uses) > 0 && !force {
		e := isc.Refuse(isc.CodeConflict, "identity attribute %q is in use", name)
		for _, u := range p.Uses {
			e.Causes = append(e.Causes, isc.NewMessage("%s %q: %s", u.Kind, u.Name, u.Detail))
		}
		return nil, t.tracked(e)
	}

	// Names first: removing a mapping reads the profiles anew.
	var names []string
	for _, prof := range p.after.Profiles {
		names = append(names, prof.Name)
	}
	for _, prof := range names {
		p.after.RemoveMapping(prof, name)
	}
	p.after.RemoveAttribute(name)
	p.markDirty(names...)
	for _, prof := range p.after.Profiles {
		p.note(AuditAttributesUpdated, prof.AsRef(), "%s", name)
	}
	return p, nil
}
