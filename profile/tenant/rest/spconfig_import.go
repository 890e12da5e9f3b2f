package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant"
)

// startImport imports the objects of an export. With preview nothing is changed, and
// the answer is the same.
func (c *call) startImport() error {
	previewOnly, err := isc.Flag(c.query, "preview", false)
	if err != nil {
		return err
	}
	data, fields, err := c.uploadedParts("data")

	// Every fault of the whole is refused before the job is made: an import that has an id may be asked for.
	if err != nil {
		return err
	}
	if data == nil {
		return isc.Refuse(isc.CodeRequired, "data is required")
	}
	root, found := jsondoc.Parse("import", data)
	if root == nil {
		return isc.Refuse(isc.CodeBadRequest, "the import is no JSON: %s", found[0].Message)
	}
	options, _ := jsondoc.Parse("options", []byte(fields["options"]))
	if root.Get("objects").Kind() != jsondoc.Array {
		return isc.Refuse(isc.CodeBadRequest, "the import is no export: it has no list of objects")
	}

	// From here on faults belong to single objects: the job reports them, and the others are imported.
	j := &job{kind: "IMPORT"}
	imp := &importer{call: c, options: options, results: map[string]*result{}}
	if err := imp.run(root.Get("objects").Items(), previewOnly); err != nil {
		return err
	}
	j.body = jsondoc.NewObject(jsondoc.M("results", imp.body()), jsondoc.M("exportJobId", textNode("")))
	j.body.Remove("exportJobId")
	c.jobs.add(c.Handler, j)
	c.node(http.StatusAccepted, j.view())
	return nil
}

// importer makes the objects of an export.
type importer struct {
	*call
	options *jsondoc.Node
	results map[string]*result
}

// result is what happened to the objects of one type.
type result struct {
	infos, warnings, errors, imported []*jsondoc.Node
}

func (m *importer) of(typ string) *result {
	if m.results[typ] == nil {
		m.results[typ] = &result{}
	}
	return m.results[typ]
}

func importMessage(key, name, text string) *jsondoc.Node {
	return jsondoc.NewObject(
		jsondoc.M("key", jsondoc.NewString(key)), jsondoc.M("text", jsondoc.NewString(text)),
		jsondoc.M("details", jsondoc.NewObject(jsondoc.M("object",
			jsondoc.NewObject(jsondoc.M("name", jsondoc.NewString(name)))))))
}

func (m *importer) body() *jsondoc.Node {
	n := jsondoc.NewObject()
	list := func(items []*jsondoc.Node) *jsondoc.Node {
		out := jsondoc.NewArray()
		out.SetItems(items)
		return out
	}
	for _, typ := range slices.Concat(configTypes, []string{"OTHER"}) {
		if r := m.results[typ]; r != nil {
			n.Set(typ, jsondoc.NewObject(
				jsondoc.M("infos", list(r.infos)), jsondoc.M("warnings", list(r.warnings)),
				jsondoc.M("errors", list(r.errors)), jsondoc.M("importedObjects", list(r.imported))))
		}
	}

	return n
}

// run imports everything as one change of the tenant, so that nobody sees half of it.
// With previewOnly the change is planned and forgotten.
func (m *importer) run(entries []*jsondoc.Node, previewOnly bool) error {
	m.writes.Lock()
	defer m.writes.Unlock()
	by := m.sorted(entries)

	// Attributes, transforms and sources come before the profiles that refer to them; states come after,
	// since they lie in profiles.
	before := func(b *config.Bundle) []string {
		m.each("IDENTITY_OBJECT_CONFIG", by, func(n *jsondoc.Node) error { return putAttributes(b, n) })
		changed := map[string]bool{}
		m.each("TRANSFORM", by, func(n *jsondoc.Node) error { return putTransform(b, n, changed) })
		m.each("SOURCE", by, func(n *jsondoc.Node) error { return putSource(b, n) })
		return reaching(b, changed)
	}

	after := func(b *config.Bundle) (dirty []string) {
		m.each("LIFECYCLE_STATE", by, func(n *jsondoc.Node) error {
			name, err := putState(b, n)
			if err == nil {
				dirty = append(dirty, name)
			}
			return err
		})

		return dirty
	}

	plan, result, err := m.tenant.PlanImportAll(m.ctx, by["IDENTITY_PROFILE"], before, after)
	if err != nil {
		return err
	}
	m.profiles(result)
	if previewOnly {
		return nil
	}

	// Whoever hangs up now has asked for the whole import all the same.
	_, err = m.apply(context.WithoutCancel(m.ctx), m.actor, plan)
	return err
}

// sorted gives the entries by type, without those that the options leave out.
func (m *importer) sorted(entries []*jsondoc.Node) map[string][]*jsondoc.Node {
	by := map[string][]*jsondoc.Node{}
	include, exclude := texts(m.options.Get("includeTypes")), texts(m.options.Get("excludeTypes"))
	for _, e := range entries {
		typ := e.At("self", "type").Text()
		switch {
		// An export holds more types than there are here. Their objects are named, so that nobody takes the
		// import for complete.
		case !slices.Contains(configTypes, typ):
			r := m.of("OTHER")
			r.warnings = append(r.warnings,
				importMessage("IMPORT_SKIPPED", e.At("self", "name").Text(),
					"objects of type "+strconv.Quote(typ)+" are not imported here"))
		case len(include) > 0 && !slices.Contains(include, typ), slices.Contains(exclude, typ):
		default:
			by[typ] = append(by[typ], e)
		}
	}

	return by
}

// each imports the objects of a type. One that is refused is an error of the result
// and stops no other.
func (m *importer) each(typ string, by map[string][]*jsondoc.Node, put func(n *jsondoc.Node) error) {
	for _, e := range by[typ] {
		// Putting an object may change it, and the entry belongs to the body of the request.
		r, n := m.of(typ), e.Get("object").Clone()
		name := n.Get("name").Text()
		err := put(n)
		if n.Kind() != jsondoc.Object {
			err = isc.Refuse(isc.CodeBadRequest, "the entry has no object")
		}
		if err != nil {
			r.errors = append(r.errors, importMessage("IMPORT_REFUSED", name, refusalText(err)))
			continue
		}

		r.infos = append(r.infos, importMessage("IMPORT_DONE", name, typ+" "+name))
		r.imported = append(r.imported, jsondoc.NewObject(
			jsondoc.M("type", jsondoc.NewString(typ)), jsondoc.M("id", orNull(n.Get("id")).Clone()), jsondoc.M("name",
				jsondoc.NewString(name))))
	}
}

// profiles takes over what happened to the profiles.
func (m *importer) profiles(in *tenant.ImportResult) {
	if len(in.Infos)+len(in.Errors)+len(in.Imported) == 0 {
		return
	}
	r := m.of("IDENTITY_PROFILE")
	for _, to := range []struct {
		from []tenant.ImportMessage
		list *[]*jsondoc.Node
	}{{in.Infos, &r.infos}, {in.Warnings, &r.warnings}, {in.Errors, &r.errors}} {
		for _, one := range to.from {
			*to.list = append(*to.list, importMessage(one.Key, fmt.Sprint(one.Details["name"]), one.Text))
		}
	}

	for _, o := range in.Imported {
		r.imported = append(r.imported, jsondoc.NewObject(
			jsondoc.M("type", jsondoc.NewString(o.Type)), jsondoc.M("id", jsondoc.NewString(o.ID)), jsondoc.M("name",
				jsondoc.NewString(o.Name))))
	}
}

func refusalText(err error) string {
	var refused *isc.Error
	if errors.As(err, &refused) {
		return refused.Text()
	}
	return "the object cannot be imported"
}

func putAttributes(b *config.Bundle, n *jsondoc.Node) error {
	for _, a := range n.Get("attributes").Items() {
		if err := checkAttribute(a); err != nil {
			return err
		}
		if err := b.PutAttribute(a.Clone()); err != nil {
			return err
		}
	}

	return nil
}

// putTransform stores a transform and notes its name when that changes something.
func putTransform(b *config.Bundle, n *jsondoc.Node, changed map[string]bool) error {
	if err := checkTransform(n); err != nil {
		return err
	}

	// An export comes from another tenant, where the transform has another id; references in this one go by that
	// which is here. Its type decides what its attributes mean and stays.
	name := n.Get("name").Text()
	if old := b.Transforms[name]; old != nil {
		if old.Node.Get("type").Text() != n.Get("type").Text() {
			return isc.Refuse(isc.CodeIllegalUpdate, "transform %q is of the type %s, which cannot be changed", name,
				old.Node.Get("type").Text())
		}
		if id := old.Node.Get("id"); id != nil {
			n.Set("id", id.Clone())
		}
		if old.Node.Get("attributes").Equal(n.Get("attributes")) {
			return nil
		}
	}

	changed[name] = true
	return b.PutTransform(n)
}

// putSource finds the source by its name, since ids differ between tenants.
func putSource(b *config.Bundle, n *jsondoc.Node) error {
	name := n.Get("name").Text()
	if strings.TrimSpace(name) == "" {
		return isc.Refuse(isc.CodeRequired, "a source needs a name")
	}
	old := b.Source(name)
	if err := checkSourceName(b, name, old); err != nil {
		return err
	}
	if old != nil {
		n.Set("id", jsondoc.NewString(sourceID(old)))
	}
	return b.PutSource(n)
}

func putState(b *config.Bundle, n *jsondoc.Node) (string, error) {
	p := b.Profile(n.At("identityProfile", "name").Text())
	if p == nil {
		return "", isc.Refuse(isc.CodeReferenceNotFound, "the lifecycle state belongs to no profile that is there")
	}
	for _, s := range p.States {
		if s.TechnicalName == n.Get("technicalName").Text() {
			n.Set("id", jsondoc.NewString(stateID(p, s)))
		}
	}

	return p.Name, b.PutState(p.Name, n)
}

// reaching gives the names of the profiles whose mappings reach one of the transforms.
func reaching(b *config.Bundle, changed map[string]bool) []string {
	var names []string
	for _, p := range b.Profiles {
		if slices.ContainsFunc(p.Mappings, func(m *config.Mapping) bool {
			return b.Any(m.Definition.Node, func(step *jsondoc.Node) bool {
				return step.Get("type").Text() == "reference" && changed[step.At("attributes", "id").Text()]
			})
		}) {
			names = append(names, p.Name)
		}
	}

	return names
}
