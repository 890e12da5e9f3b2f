package tenant

import (
	"maps"
	"slices"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform"
)

// PlanTransform plans a new or changed stored transform. The profiles that reach
// it need processing afterwards, which a tenant leaves to its administrators.
//
// Errors: [isc.CodeRequired] without name or type; [isc.CodeLength] for a long name;
// [isc.CodeIllegalUpdate] for another type than the stored one has.
// Source: DECISION 39 and 57.
func (t *Tenant) PlanTransform(body *jsondoc.Node) (*Plan, error) {
	p, err := t.newPlan("TRANSFORM_UPDATE", false)
	if err != nil {
		return nil, err
	}
	name, typ := body.Get("name").Text(), body.Get("type").Text()

	// The type is part of what refers to a transform, so it cannot be changed.
	old := p.after.Transforms[name]
	switch {
	case name == "" || typ == "":
		return nil, t.tracked(isc.Refuse(isc.CodeRequired, "a stored transform needs a name and a type"))
	case len([]rune(name)) > transform.MaxName:
		return nil, t.tracked(isc.Refuse(isc.CodeLength, "the name has %d characters, at most %d are allowed",
			len([]rune(name)), transform.MaxName))
	case old != nil && old.Node.Get("type").Text() != typ:
		return nil, t.tracked(isc.Refuse(isc.CodeIllegalUpdate,
			"transform %q is of the type %s, which cannot be changed",
			name, old.Node.Get("type").Text()))
	case old == nil:
		p.Operation, p.Status = "TRANSFORM_CREATE", 201
	}

	p.Object = config.Ref{Type: "TRANSFORM", ID: body.Get("id").Text(), Name: name}
	if err := p.after.PutTransform(body.Clone()); err != nil {
		return nil, t.tracked(err)
	}
	p.note(p.Operation, p.Object, "")

	// Only profiles that reach it, also through other transforms, give other values now.
	p.markDirty(t.reaching(p.after, name)...)
	_, p.Findings = profile.Compile(p.after, t.opts.Compile)
	return p, nil
}

// PlanDeleteTransform plans the deletion of a stored transform that nothing
// refers to.
//
// Errors: [isc.CodeNotFound]; [isc.CodeConflict] with every profile and transform that
// refers to it as a cause.
func (t *Tenant) PlanDeleteTransform(name string) (*Plan, error) {
	p, err := t.newPlan("TRANSFORM_DELETE", false)
	if err != nil {
		return nil, err
	}
	if p.after.Transforms[name] == nil {
		return nil, t.tracked(isc.Refuse(isc.CodeNotFound, "there is no transform %q", name))
	}

	// All uses are named at once: who has to clear them should not find them one by one.
	e := isc.Refuse(isc.CodeConflict, "transform %q is in use", name)
	for _, prof := range p.after.Profiles {
		for _, m := range prof.Mappings {
			if refersTo(m.Definition.Node, name) {
				e.Causes = append(e.Causes, isc.NewMessage("%s %q: the mapping of %s", config.UseProfile,
					prof.Name, m.Attribute))
			}
		}
	}

	for _, other := range slices.Sorted(maps.Keys(p.after.Transforms)) {
		if other != name && refersTo(p.after.Transforms[other].Node, name) {
			e.Causes = append(e.Causes, isc.NewMessage("%s %q", config.UseTransform, other))
		}
	}

	if len(e.Causes) > 0 {
		return nil, t.tracked(e)
	}
	p.Status, p.Object = 204, config.Ref{Type: "TRANSFORM", Name: name}
	p.after.RemoveTransform(name)
	p.note(p.Operation, p.Object, "")
	return p, nil
}

// refersTo reports whether a transform refers to the stored one of that name.
func refersTo(n *jsondoc.Node, name string) bool {
	return n.Any(func(m *jsondoc.Node) bool {
		return m.Get("type").Text() == "reference" && m.At("attributes", "id").Text() == name
	})
}

// reaching returns the profiles whose mappings reach a stored transform.
func (t *Tenant) reaching(b *config.Bundle, name string) []string {
	e, _ := profile.Compile(b, t.opts.Compile)
	var names []string
	for _, prof := range b.Profiles {
		if slices.ContainsFunc(prof.Mappings, func(m *config.Mapping) bool {
			deps, _ := e.Dependencies(prof.Name, m.Attribute)
			return slices.Contains(deps.Transforms, name)
		}) {
			names = append(names, prof.Name)
		}
	}

	return names
}

// PlanCorrelation plans another correlation configuration of a source: body has
// the attributeAssignments. The accounts are correlated by it in the next
// aggregation that is not optimised, see [profile.RunOptions].
//
// Errors: [isc.CodeNotFound] for the source; [isc.CodeIllegalValue] for a configuration
// with errors.
// Source: correlate/DECISIONS.md, DECISION 2.
func (t *Tenant) PlanCorrelation(source string, body *jsondoc.Node) (*Plan, error) {
	p, err := t.newPlan(AuditCorrelationUpdated, false)
	if err != nil {
		return nil, err
	}
	s := p.after.Source(source)
	if s == nil {
		return nil, t.tracked(isc.Refuse(isc.CodeNotFound, "there is no source %q", source))
	}

	// Warnings go into the plan; only what could not be correlated with is refused.
	_, found := correlate.ParseConfig(body)
	for _, d := range found {
		if d.Severity == diag.Error {
			return nil, t.tracked(isc.Refuse(isc.CodeIllegalValue, "%s", d.Message))
		}
	}

	p.Object, p.Findings = config.Ref{Type: "SOURCE", ID: s.ID, Name: s.Name}, found
	p.after.SetCorrelation(s, body.Get("attributeAssignments"))
	p.note(AuditCorrelationUpdated, p.Object, "")
	return p, nil
}
