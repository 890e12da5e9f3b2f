package tenant

import (
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
)

// Object returns a profile as the API shows it, with the computed field
// hasTimeBasedAttr.
func (t *Tenant) Object(p *config.Profile) *jsondoc.Node {
	b := t.Bundle()
	n := b.ProfileObject(p)
	e, _ := t.Engine()
	n.Set("hasTimeBasedAttr", jsondoc.NewBool(e.TimeBased(p.Name)))
	return n
}

// computedFields are never written by clients.
//
// Source: DECISION 49.
var computedFields = []string{
	"id", "created", "modified", "identityCount", "identityRefreshRequired", "identityExceptionReportReference",
	"hasTimeBasedAttr",
}

// newObject completes the body of a create request.
func (t *Tenant) newObject(b *config.Bundle, body *jsondoc.Node, s *config.Source) *jsondoc.Node {
	name := body.Get("name").Text()
	n := jsondoc.NewObject(
		jsondoc.M("id", jsondoc.NewString(t.newID("IDENTITY_PROFILE", name))),
		jsondoc.M("name", body.Get("name").Clone()),
		jsondoc.M("created", t.stamp()),
		jsondoc.M("modified", t.stamp()),
		jsondoc.M("description", jsondoc.NewNull()),
		jsondoc.M("owner", jsondoc.NewNull()),
		jsondoc.M("priority", jsondoc.NewInt(b.NextPriority())),
		jsondoc.M("authoritativeSource", config.RefNode(config.Ref{Type: "SOURCE", ID: s.ID, Name: s.Name})),
		jsondoc.M("identityRefreshRequired", jsondoc.NewBool(true)),
		jsondoc.M("identityCount", jsondoc.NewInt(0)),
		jsondoc.M("identityAttributeConfig", jsondoc.NewNull()),
		jsondoc.M("identityExceptionReportReference", jsondoc.NewNull()),
		jsondoc.M("hasTimeBasedAttr", jsondoc.NewBool(false)),
	)

	// What is computed is not taken from the body; everything else is, also fields we do not know.
	computed := map[string]bool{"name": true, "authoritativeSource": true}
	for _, key := range computedFields {
		computed[key] = true
	}
	for _, m := range body.Members() {
		if !computed[m.Key] && !m.Value.IsNull() {
			n.Set(m.Key, m.Value.Clone())
		}
	}

	if n.Get("owner").IsNull() && t.opts.Launcher != (config.Ref{}) {
		n.Set("owner", config.RefNode(config.Ref{Type: "IDENTITY", ID: t.opts.Launcher.ID, Name: t.opts.Launcher.Name}))
	}

	// A profile without mapping begins with the one of its kind of source.
	if n.Get("identityAttributeConfig").IsNull() {
		n.Set("identityAttributeConfig", config.DefaultMapping(s))
	}
	return n
}
