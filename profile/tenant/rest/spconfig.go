package rest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
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

	// The work is done within the request: a job is complete from the start, and clients that poll find
	// that out at once.
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

	// The order is that of the import: what is referred to comes before what refers to it.
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
			// A source that only its accounts imply is written nowhere.
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
				// In the files a state lies inside its profile; alone it needs a reference to it.
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
