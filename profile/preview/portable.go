package preview

import (
	"slices"

	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
)

// TwoTenants reports whether the configurations come from different tenants:
// sources of the same names have other ids, and none has the same one. Ids say
// nothing then.
func TwoTenants(before, after *config.Bundle) bool {
	other := false
	for _, b := range before.Sources {
		a := after.Source(b.Name)
		if a == nil || a.ID == "" || b.ID == "" {
			continue
		}
		if a.ID == b.ID {
			return false
		}
		other = true
	}

	return other
}

// sourceIDs are the ids that the identities of both runs derive from: those of
// the configuration before.
func sourceIDs(before *config.Bundle) map[string]string {
	ids := map[string]string{}
	for _, s := range before.Sources {
		ids[s.Name] = s.ID
	}
	return ids
}

// portable returns a value without what only its tenant knows: sources are named
// by their name, other objects lose an id that stands beside a name, and ids of
// access profiles go, since nothing tells their names.
func portable(b *config.Bundle, n *jsondoc.Node) *jsondoc.Node {
	if n == nil {
		return nil
	}
	n = n.Clone()
	n.Walk(func(at *jsondoc.Node) bool {
		if at.Kind() != jsondoc.Object {
			return true
		}
		if attributes := at.Get("attributes"); at.Get("type").Text() == "accountAttribute" &&
			attributes.Kind() == jsondoc.Object {
			// A source is named in four ways, and only the name means something elsewhere.
			if s := b.ReadSource(attributes); s != nil {
				for _, key := range []string{"applicationId", "applicationName", "sourceId"} {
					attributes.Remove(key)
				}
				attributes.Set("sourceName", jsondoc.NewString(s.Name))
			}
		}

		// The id beside a name is that of one tenant.
		if at.Get("name") != nil {
			at.Remove("id")
		}

		at.Remove("accessProfileIds")
		for _, key := range []string{"sourceIds", "excludeSourceIds"} {
			nameSources(b, at.Get(key))
		}
		return true
	})

	return n
}

// nameSources replaces the ids of sources in a list by their names, sorted.
func nameSources(b *config.Bundle, list *jsondoc.Node) {
	var names []string
	for _, item := range list.Items() {
		name := item.Text()
		if s := b.SourceByID(name); s != nil {
			name = s.Name
		}
		names = append(names, name)
	}

	if len(names) == 0 {
		return
	}

	// Lists of ids have no order in the platform, and each tenant exports another one.
	slices.Sort(names)
	items := make([]*jsondoc.Node, len(names))
	for i, name := range names {
		items[i] = jsondoc.NewString(name)
	}
	list.SetItems(items)
}
