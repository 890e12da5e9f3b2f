package rest

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant"
)

func schemaRoutes() []route {
	return []route{
		at(all, "GET", "sources/{source}/schemas", "getSourceSchemas", (*call).listSchemas),
		at(all, "POST", "sources/{source}/schemas", "createSourceSchema", (*call).createSchema),
		at(all, "GET", "sources/{source}/schemas/accounts", "getAccountsSchema", (*call).accountsSchema),
		at(all, "POST", "sources/{source}/schemas/accounts", "importAccountsSchema", (*call).importAccountsSchema),
		at(all, "GET", "sources/{source}/schemas/{id}", "getSourceSchema", (*call).getSchema),
		at(all, "PUT", "sources/{source}/schemas/{id}", "putSourceSchema", (*call).putSchema),
		at(all, "PATCH", "sources/{source}/schemas/{id}", "updateSourceSchema", (*call).patchSchema),
		at(all, "DELETE", "sources/{source}/schemas/{id}", "deleteSourceSchema", (*call).deleteSchema),
	}
}

// schemasOf lists the schemas of a source that are there in full; exports hold
// references to others.
func schemasOf(s *config.Source) []*jsondoc.Node {
	var out []*jsondoc.Node
	for _, n := range s.Node.Get("schemas").Items() {
		if n.Get("attributes").Kind() == jsondoc.Array {
			out = append(out, n)
		}
	}

	return out
}

func schemaID(s *config.Source, n *jsondoc.Node) string {
	if id := n.Get("id").Text(); id != "" {
		return id
	}
	return config.IdentityID("SCHEMA/"+sourceID(s), n.Get("name").Text())
}

func schemaView(s *config.Source) func(n *jsondoc.Node) *jsondoc.Node {
	return func(n *jsondoc.Node) *jsondoc.Node {
		out := n.Clone()
		out.Set("id", jsondoc.NewString(schemaID(s, n)))

		// Files leave out what is usual, but clients decode the answer into a type that has these members.
		for key, v := range map[string]*jsondoc.Node{
			"nativeObjectType": jsondoc.NewString("User"), "includePermissions": jsondoc.NewBool(false),
			"features": jsondoc.NewArray(), "configuration": jsondoc.NewObject(),
		} {
			if out.Get(key) == nil {
				out.Set(key, v)
			}
		}

		// These are texts in the description of the API: they may be missing, but not null.
		for _, key := range []string{"created", "displayAttribute", "identityAttribute", "hierarchyAttribute"} {
			if v := out.Get(key); v != nil && v.IsNull() {
				out.Remove(key)
			}
		}

		return out
	}
}

func (c *call) listSchemas() error {
	s, err := c.source()
	if err != nil {
		return err
	}
	found := schemasOf(s)
	if names := c.query.Get("include-names"); names != "" {
		wanted := strings.Split(names, ",")
		found = slices.DeleteFunc(found, func(n *jsondoc.Node) bool {
			return !slices.Contains(wanted, n.Get("name").Text())
		})
	}

	// "user" means the schema of accounts, "group" all others: a source has one of the first and any
	// number of the second.
	switch kind := c.query.Get("include-types"); kind {
	case "":
	case "group", "user":
		found = slices.DeleteFunc(found, func(n *jsondoc.Node) bool {
			return (n.Get("name").Text() == "account") == (kind == "group")
		})
	default:
		return isc.Refuse(isc.CodeIllegalValue, "include-types %q is not allowed, expected group or user", kind)
	}

	return answerPage(c, isc.Page[*jsondoc.Node]{Items: found, Total: len(found)}, schemaView(s))
}

// schema finds a schema of the source by its id.
func (c *call) schema() (*config.Source, *jsondoc.Node, error) {
	s, err := c.source()
	if err != nil {
		return nil, nil, err
	}
	for _, n := range schemasOf(s) {
		if schemaID(s, n) == c.path["id"] {
			return s, n, nil
		}
	}

	return nil, nil, notFound("schema", c.path["id"])
}

func (c *call) getSchema() error {
	s, n, err := c.schema()
	if err == nil {
		c.node(http.StatusOK, schemaView(s)(n))
	}
	return err
}

// editList plans a change of a list of a source: of its schemas or its policies.
func (c *call) editList(s *config.Source, key, operation string, status int,
	edit func(items []*jsondoc.Node) []*jsondoc.Node) (*tenant.Plan, error) {
	n := jsondoc.NewObject(jsondoc.M("id", jsondoc.NewString(sourceID(s))),
		jsondoc.M("name", jsondoc.NewString(s.Name)))
	if s.Node != nil && !s.Implied {
		n = s.Node.Clone()
	}
	items := jsondoc.NewArray()
	items.SetItems(edit(slices.Clone(n.Get(key).Items())))
	n.Set(key, items)
	return c.editSource(operation, status, n)
}

func checkSchema(n *jsondoc.Node) error {
	if name, ok := n.Get("name").Str(); !ok || name == "" {
		return isc.Refuse(isc.CodeRequired, "name is required, as a text")
	}
	attributes := n.Get("attributes")
	if attributes.Kind() != jsondoc.Array {
		return isc.Refuse(isc.CodeRequired, "attributes is required, as a list")
	}

	// A name twice would make one of two columns unreachable.
	seen := map[string]bool{}
	for _, a := range attributes.Items() {
		name, ok := a.Get("name").Str()
		if !ok || name == "" {
			return isc.Refuse(isc.CodeRequired, "an attribute of the schema has no name")
		}
		if seen[name] {
			return isc.Refuse(isc.CodeIllegalValue, "the schema has the attribute %q twice", name)
		}
		seen[name] = true
	}

	for _, key := range []string{"identityAttribute", "displayAttribute"} {
		if v := n.Get(key).Text(); v != "" && !seen[v] {
			return isc.Refuse(isc.CodeIllegalValue, "%s is %q, which is no attribute of the schema", key, v)
		}
	}

	return nil
}

func (c *call) createSchema() error {
	body, err := c.object()
	if err != nil {
		return err
	}
	_, _, err = c.change(func() (*tenant.Plan, error) {
		s, err := c.source()
		if err != nil {
			return nil, err
		}
		if err := checkSchema(body); err != nil {
			return nil, err
		}

		// Names of schemas are how connectors find them, so a source has each once.
		for _, n := range schemasOf(s) {
			if n.Get("name").Text() == body.Get("name").Text() {
				return nil, isc.Refuse(isc.CodeConflict, "the source has a schema %q already", n.Get("name").Text())
			}
		}

		n := body.Clone()
		n.Set("id", jsondoc.NewString(config.IdentityID("SCHEMA/"+sourceID(s), body.Get("name").Text())))
		n.Set("created", timeNode(c.now()))
		c.path["id"] = n.Get("id").Text()
		return c.editList(s, "schemas", "SCHEMA_CREATE", http.StatusCreated,
			func(items []*jsondoc.Node) []*jsondoc.Node { return append(items, n) })
	})

	if err != nil {
		return err
	}

	// The answer is read back, as it is stored, and not made of the request.
	s, n, err := c.schema()
	if err == nil {
		c.node(http.StatusCreated, schemaView(s)(n))
	}
	return err
}

func (c *call) putSchema() error {
	body, err := c.object()
	if err != nil {
		return err
	}
	return c.updateSchema(func(before *jsondoc.Node) (*jsondoc.Node, error) { return body.Clone(), nil })
}

func (c *call) patchSchema() error {
	ops, err := c.patch()
	if err != nil {
		return err
	}
	return c.updateSchema(func(before *jsondoc.Node) (*jsondoc.Node, error) { return isc.Apply(before, ops, nil) })
}

func (c *call) updateSchema(edit func(before *jsondoc.Node) (*jsondoc.Node, error)) error {
	_, _, err := c.change(func() (*tenant.Plan, error) {
		s, old, err := c.schema()
		if err != nil {
			return nil, err
		}
		before := schemaView(s)(old)
		after, err := edit(before)
		if err != nil {
			return nil, err
		}

		// What may not change may be sent along unchanged, and is filled in where it is left out.
		for _, key := range []string{"id", "name", "created"} {
			if v := after.Get(key); v != nil && !v.Equal(orNull(before.Get(key))) {
				return nil, isc.Refuse(isc.CodeIllegalUpdate, "%s of a schema cannot be changed", key)
			}
			if v := before.Get(key); v != nil {
				after.Set(key, v.Clone())
			}
		}

		if err := checkSchema(after); err != nil {
			return nil, err
		}
		after.Set("modified", timeNode(c.now()))
		return c.editList(s, "schemas", "SCHEMA_UPDATE", http.StatusOK, func(items []*jsondoc.Node) []*jsondoc.Node {
			for i, n := range items {
				if n.Get("name").Text() == old.Get("name").Text() && n.Get("attributes") != nil {
					items[i] = after
				}
			}

			return items
		})
	})

	if err != nil {
		return err
	}
	return c.getSchema()
}

func (c *call) deleteSchema() error {
	_, _, err := c.change(func() (*tenant.Plan, error) {
		s, old, err := c.schema()
		if err != nil {
			return nil, err
		}

		// Without it nothing says what the attributes of an account are.
		if old.Get("name").Text() == "account" {
			return nil, isc.Refuse(isc.CodeIllegalValue, "the account schema of a source cannot be deleted")
		}
		return c.editList(s, "schemas", "SCHEMA_DELETE", http.StatusNoContent,
			func(items []*jsondoc.Node) []*jsondoc.Node {
				return slices.DeleteFunc(items, func(n *jsondoc.Node) bool {
					return n.Get("name").Text() == old.Get("name").Text()
				})
			})
	})

	if err != nil {
		return err
	}
	return c.noContent()
}

// accountsSchema gives the header line of an account file.
func (c *call) accountsSchema() error {
	s, err := c.source()
	if err != nil {
		return err
	}
	if typ := first(s.Node.Get("type").Text(), "DelimitedFile"); !strings.HasPrefix(typ, "Delimited") {
		return isc.Refuse(isc.CodeIllegalValue, "source %q is of type %s, which has no file", s.Name, typ)
	}
	if s.Schema == nil {
		return notFound("account schema of source", s.Name)
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.Write(s.Schema.Names()); err != nil {
		return err
	}
	w.Flush()
	c.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	c.w.WriteHeader(http.StatusOK)
	_, _ = c.w.Write(b.Bytes())
	return nil
}

// importAccountsSchema makes the account schema of the header of a file: its first
// column is the account id and the name, unless the schema said otherwise before.
func (c *call) importAccountsSchema() error {
	file, err := c.uploadedFile("file")
	if err != nil {
		return err
	}

	// The mark of an editor is no part of the first column's name.
	header, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file, []byte("\ufeff")))).Read()
	if err != nil && !errors.Is(err, io.EOF) {
		return isc.Refuse(isc.CodeBadRequest, "the header of the file cannot be read")
	}
	_, _, err = c.change(func() (*tenant.Plan, error) {
		s, err := c.source()
		if err != nil {
			return nil, err
		}
		n, err := schemaOfHeader(s, header)
		if err != nil {
			return nil, err
		}
		c.path["id"] = schemaID(s, n)
		return c.editList(s, "schemas", "SCHEMA_UPDATE", http.StatusOK, func(items []*jsondoc.Node) []*jsondoc.Node {
			items = slices.DeleteFunc(items, func(o *jsondoc.Node) bool { return o.Get("name").Text() == "account" })
			return append(items, n)
		})
	})

	if err != nil {
		return err
	}
	return c.getSchema()
}

// schemaOfHeader is the account schema with the columns of a file; what it said of
// a column before stays.
func schemaOfHeader(s *config.Source, header []string) (*jsondoc.Node, error) {
	if len(header) == 0 {
		return nil, isc.Refuse(isc.CodeRequired, "the file has no header")
	}
	n := jsondoc.NewObject(
		jsondoc.M("name", jsondoc.NewString("account")), jsondoc.M("nativeObjectType", jsondoc.NewString("User")),
		jsondoc.M("identityAttribute", jsondoc.NewString(header[0])), jsondoc.M("displayAttribute",
			jsondoc.NewString(header[0])))

	// What somebody has said of a column, such as that it has several values, survives another file.
	old := map[string]*jsondoc.Node{}
	for _, o := range schemasOf(s) {
		if o.Get("name").Text() == "account" {
			n = o.Clone()
			for _, a := range o.Get("attributes").Items() {
				old[a.Get("name").Text()] = a.Clone()
			}
		}
	}

	n.Set("id", jsondoc.NewString(schemaID(s, n)))
	var items []*jsondoc.Node
	for _, name := range header {
		a := old[name]
		if a == nil {
			a = jsondoc.NewObject(
				jsondoc.M("name", jsondoc.NewString(name)), jsondoc.M("type",
					jsondoc.NewString("STRING")), jsondoc.M("description", jsondoc.NewString("")),
				jsondoc.M("isMulti", jsondoc.NewBool(false)), jsondoc.M("isEntitlement",
					jsondoc.NewBool(false)), jsondoc.M("isGroup", jsondoc.NewBool(false)))
		}

		items = append(items, a)
	}

	list := jsondoc.NewArray()
	list.SetItems(items)
	n.Set("attributes", list)
	return n, checkSchema(n)
}
