package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant"
)

func configRoutes() []route {
	return []route{
		at(noThree, "POST", "sp-config/export", "exportSpConfig", (*call).startExport),
		at(noThree, "GET", "sp-config/export/{id}", "getSpConfigExportStatus", (*call).exportStatus),
		at(noThree, "GET", "sp-config/export/{id}/download", "getSpConfigExport", (*call).downloadExport),
		at(noThree, "POST", "sp-config/import", "importSpConfig", (*call).startImport),
		at(noThree, "GET", "sp-config/import/{id}", "getSpConfigImportStatus", (*call).importStatus),
		at(noThree, "GET", "sp-config/import/{id}/download", "getSpConfigImport", (*call).downloadImport),
		at(noThree, "GET", "sp-config/config-objects", "listSpConfigObjects", (*call).listConfigObjects),
	}
}

// job is an export or import. Both are done when they are answered: waiting for what
// takes a moment helps nobody, and clients that ask find it complete.
type job struct {
	id, kind, description string
	created               time.Time
	failed                string // why, "" when it is complete
	body                  *jsondoc.Node
}

// maxJobs is how many jobs are kept.
const maxJobs = 1_000

type jobList struct {
	mu     sync.Mutex
	list   []*job
	serial int
}

func (l *jobList) add(h *Handler, j *job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.serial++
	j.id = config.IdentityID("SP_CONFIG_JOB", fmt.Sprint(l.serial, j.kind, h.o.Now().UnixNano()))
	j.created = h.now()
	if len(l.list) >= maxJobs {
		l.list = slices.Delete(l.list, 0, 1)
	}
	l.list = append(l.list, j)
}

func (c *call) job(kind string) (*job, error) {
	c.jobs.mu.Lock()
	defer c.jobs.mu.Unlock()
	for _, j := range c.jobs.list {
		if j.id == c.path["id"] && j.kind == kind {
			return j, nil
		}
	}

	return nil, notFound(strings.ToLower(kind)+" job", c.path["id"])
}

func (j *job) view() *jsondoc.Node {
	status := "COMPLETE"
	if j.failed != "" {
		status = "FAILED"
	}
	n := jsondoc.NewObject(
		jsondoc.M("jobId", jsondoc.NewString(j.id)),
		jsondoc.M("status", jsondoc.NewString(status)),
		jsondoc.M("type", jsondoc.NewString(j.kind)),
		jsondoc.M("expiration", timeNode(j.created.Add(7*24*time.Hour))),
		jsondoc.M("created", timeNode(j.created)),
		jsondoc.M("modified", timeNode(j.created)),
		jsondoc.M("completed", timeNode(j.created)))

	if j.kind == "EXPORT" {
		n.Set("description", jsondoc.NewString(j.description))
	} else {
		n.Set("message", jsondoc.NewString(j.failed))
	}

	return n
}

// configTypes are the object types of exports, in the order in which an import has to
// make them: what others point at comes first.
var configTypes = []string{"IDENTITY_OBJECT_CONFIG", "TRANSFORM", "SOURCE", "IDENTITY_PROFILE", "LIFECYCLE_STATE"}

func (c *call) startExport() error {
	body, err := c.object()
	if err != nil {
		return err
	}
	include, exclude := texts(body.Get("includeTypes")), texts(body.Get("excludeTypes"))
	for _, typ := range slices.Concat(include, exclude) {
		if typ == "" {
			return isc.Refuse(isc.CodeIllegalValue, "includeTypes and excludeTypes are lists of names")
		}
	}

	j := &job{kind: "EXPORT", description: body.Get("description").Text()}
	var objects []*jsondoc.Node
	for _, typ := range configTypes {
		wanted := len(include) == 0 || slices.Contains(include, typ)
		if wanted && !slices.Contains(exclude, typ) {
			objects = append(objects, c.exported(typ, body.At("objectOptions", typ))...)
		}
	}

	list := jsondoc.NewArray()
	list.SetItems(objects)
	j.body = jsondoc.NewObject(
		jsondoc.M("version", jsondoc.NewInt(1)),
		jsondoc.M("timestamp", timeNode(c.now())),
		jsondoc.M("tenant", jsondoc.NewString(c.o.Name)),
		jsondoc.M("description", jsondoc.NewString(j.description)),
		jsondoc.M("options", exportOptions(body)),
		jsondoc.M("objects", list))

	c.jobs.add(c.Handler, j)
	c.node(http.StatusAccepted, j.view())
	return nil
}

// exportOptions repeats the options of a request, without what it left out.
func exportOptions(body *jsondoc.Node) *jsondoc.Node {
	n := jsondoc.NewObject()
	for _, key := range []string{"includeTypes", "excludeTypes", "objectOptions"} {
		if v := body.Get(key); !v.IsNull() {
			n.Set(key, v.Clone())
		}
	}

	return n
}

// exported gives the objects of a type, all or those that the options list.
func (c *call) exported(typ string, options *jsondoc.Node) []*jsondoc.Node {
	ids, names := texts(options.Get("includedIds")), texts(options.Get("includedNames"))
	b := c.tenant.Bundle()
	var out []*jsondoc.Node
	add := func(n *jsondoc.Node) {
		if len(ids)+len(names) == 0 || slices.Contains(ids, n.Get("id").Text()) ||
			slices.Contains(names, n.Get("name").Text()) {
			out = append(out, exportEntry(typ, n))
		}
	}
	switch typ {
	case "IDENTITY_OBJECT_CONFIG":
		if n := objectConfig(b); n != nil {
			add(n)
		}
	case "TRANSFORM":
		for _, t := range transforms(b) {
			add(t.view())
		}
	case "SOURCE":
		for _, s := range b.Sources {
			if s.Node != nil && !s.Implied {
				n := s.Node.Clone()
				n.Set("id", jsondoc.NewString(sourceID(s)))
				add(n)
			}
		}

	case "IDENTITY_PROFILE":
		for _, p := range b.Profiles {
			add(c.profileView(p))
		}
	case "LIFECYCLE_STATE":
		for _, p := range b.Profiles {
			for _, s := range p.States {
				n := s.Node.Clone()
				n.Set("id", jsondoc.NewString(stateID(p, s)))
				n.Set("identityProfile", jsondoc.NewObject(
					jsondoc.M("type", jsondoc.NewString("IDENTITY_PROFILE")), jsondoc.M("id",
						jsondoc.NewString(profileID(p))), jsondoc.M("name", jsondoc.NewString(p.Name))))
				add(n)
			}
		}
	}

	return out
}

// objectConfig is the catalogue of the tenant's own identity attributes.
func objectConfig(b *config.Bundle) *jsondoc.Node {
	if len(b.Attributes) == 0 {
		return nil
	}
	var items []*jsondoc.Node
	for _, a := range b.Attributes {
		items = append(items, attributeView(*a))
	}
	list := jsondoc.NewArray()
	list.SetItems(items)
	return jsondoc.NewObject(
		jsondoc.M("id", jsondoc.NewString(config.IdentityID("IDENTITY_OBJECT_CONFIG", "Identity"))),
		jsondoc.M("name", jsondoc.NewString("Identity")), jsondoc.M("attributes", list))
}

func (c *call) exportStatus() error { return c.jobStatus("EXPORT") }
func (c *call) importStatus() error { return c.jobStatus("IMPORT") }

func (c *call) jobStatus(kind string) error {
	j, err := c.job(kind)
	if err == nil {
		c.node(http.StatusOK, j.view())
	}
	return err
}

func (c *call) downloadExport() error { return c.download("EXPORT") }
func (c *call) downloadImport() error { return c.download("IMPORT") }

func (c *call) download(kind string) error {
	j, err := c.job(kind)
	if err == nil {
		c.node(http.StatusOK, j.body)
	}
	return err
}

// startImport imports the objects of an export. With preview nothing is changed, and
// the answer is the same.
func (c *call) startImport() error {
	previewOnly, err := isc.Flag(c.query, "preview", false)
	if err != nil {
		return err
	}
	data, fields, err := c.uploadedParts("data")
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
	if old := b.Source(name); old != nil {
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
			return reaches(b, m.Definition.Node, changed,
				map[string]bool{})
		}) {
			names = append(names, p.Name)
		}
	}

	return names
}

func reaches(b *config.Bundle, n *jsondoc.Node, changed, seen map[string]bool) bool {
	if name := n.At("attributes", "id").Text(); n.Get("type").Text() == "reference" && !seen[name] {
		seen[name] = true
		if changed[name] || b.Transforms[name] != nil && reaches(b, b.Transforms[name].Node, changed, seen) {
			return true
		}
	}

	return slices.ContainsFunc(n.Members(), func(m jsondoc.Member) bool { return reaches(b, m.Value, changed, seen) }) ||
		slices.ContainsFunc(n.Items(), func(item *jsondoc.Node) bool { return reaches(b, item, changed, seen) })
}

// listConfigObjects tells which types exports and imports know.
func (c *call) listConfigObjects() error {
	out := []map[string]any{}
	for _, typ := range configTypes {
		out = append(out, map[string]any{
			"objectType": typ, "referenceExtractors": nil, "signatureRequired": false, "alwaysResolveById": false,
			"legacyObject": false, "onePerTenant": typ == "IDENTITY_OBJECT_CONFIG", "exportable": true,
		})
	}

	c.json(http.StatusOK, out)
	return nil
}
