package profile

import (
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform"
)

// checkStored checks all stored transforms, whether something refers to them or
// not, and the transforms of account create profiles.
func (e *Engine) checkStored(found *diag.Collector) {
	o := e.LinkOptions()
	o.Plain, o.Observe, o.Found, o.Allowance = false, false, found, e.allowance
	if len(e.bundle.Sources) == 0 { // transforms alone may name sources that are elsewhere
		o.Sources = nil
	}
	e.lib.Lint(o, e.looseItems()...)
	if items := e.policyItems(); len(items) > 0 {
		o.Provisioning = true
		e.lib.Link(o, items...)
	}
}

// policyItems returns the transforms of the fields of all provisioning policies,
// those that no source has included.
func (e *Engine) policyItems() []transform.Item {
	var items []transform.Item
	for _, s := range e.bundle.Sources {
		for _, policy := range s.Policies {
			items = appendFields(items, diag.Named("source", s.Name), policy.Get("fields").Items())
		}
	}

	for _, policy := range e.bundle.Policies {
		items = appendFields(items, diag.Named("create profile", policy.Get("name").Text()), policy.Get("fields").Items())
	}
	return appendFields(items, diag.Named("create profile", ""), e.bundle.Fields)
}

func appendFields(items []transform.Item, of diag.Step, fields []*jsondoc.Node) []transform.Item {
	for _, f := range fields {
		if def := f.Get("transform"); def.Kind() == jsondoc.Object && def.Get("type") != nil {
			items = append(items, transform.Item{Def: transform.FromNode(def), Field: f.Get("attributes"),
				Path: diag.Path{of, diag.Named("field", f.Get("name").Text())}})
		}
	}

	return items
}

// looseItems returns the transforms that nothing refers to because nothing can,
// and those of machine account mappings.
func (e *Engine) looseItems() []transform.Item {
	var items []transform.Item
	for _, def := range e.bundle.Unreferable {
		items = append(items, transform.Item{Def: def, Path: diag.Path{diag.Named("transform", def.Name)}})
	}
	for _, n := range e.bundle.MachineMappings {
		if def := n.Get("transformDefinition"); def.Kind() == jsondoc.Object {
			items = append(items, transform.Item{Def: transform.FromNode(def),
				Path: diag.Path{diag.Named("machine account mapping", n.At("target", "attributeName").Text())}})
		}
	}

	return items
}
