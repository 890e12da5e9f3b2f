package feed

import (
	"context"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
)

// objects reads the accounts of one file of JSON objects.
type objects struct {
	*Reading
	others  others // accounts of other sources
	plainly flat

	fingerprints fingerprints
}

// readJSON yields the accounts of src until yield says no.
func readJSON(ctx context.Context, p *Reading, src io.Reader, yield func(identity.Account, error) bool) {
	o := &objects{Reading: p}

	// The name decides between lines and one document, since the first line of an array of accounts
	// may look like either.
	ext := strings.ToLower(path.Ext(p.file))
	v := newValues(src, ext == ".jsonl" || ext == ".ndjson")
	for row := 0; ; row++ {
		if row%256 == 0 && ctx.Err() != nil {
			yield(identity.Account{}, ctx.Err())
			return
		}

		// A problem with the file, such as a missing comma, is told and reading goes on behind it.
		text, line, column, err := v.next()
		if v.bad != "" {
			p.Refuse(codeJSONSyntax, diag.Pos{Line: v.badLine, Column: 1}, "%s", v.bad)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			yield(identity.Account{}, fmt.Errorf("%s, line %d: %w", p.file, v.line, err))
			return
		}

		a, ok := o.account(text, diag.Pos{File: p.file, Line: line, Column: column})
		if ok && !yield(a, nil) {
			return
		}
	}

	// What the whole file lacks can be told only when all of it was read.
	o.reportOthers(o.others)
	if o.schema != nil { // there was an account
		o.assumeMissing(o.has)
		o.tellColumns()
	}

	if v.wide != nil {
		o.Assume(codeFileEncoding, 0, "UTF-16", UTF8, 0)
	}
}

// account reads one object. ok is false when it is no account of this source, or one that is
// recognised.
func (o *objects) account(text []byte, pos diag.Pos) (a identity.Account, ok bool) {
	if a, read := o.flat(text, pos); read {
		return a, a.NativeIdentity != ""
	}
	return o.tree(text, pos)
}

// tree reads one object as a tree of nodes, which every one can be read as.
func (o *objects) tree(text []byte, pos diag.Pos) (a identity.Account, ok bool) {
	n, found := jsondoc.ParseAt(pos, text)

	// Findings of single values do not take the account away: the rest of it is right.
	for _, f := range found {
		if n != nil && f.Severity == diag.Error {
			f.Severity = diag.Warning // the account is read all the same
		}
		if o.OnFinding != nil {
			o.OnFinding(f)
		}
	}

	if n == nil {
		o.refused++
		return a, false
	}

	if n.Kind() != jsondoc.Object {
		o.Refuse(codeJSONShape, n.Pos(), "found a %s, expected an object with an account; it is left out", n.Kind())
		return a, false
	}

	// An export of the accounts API has the attributes in a member of their own; a flat object is
	// them.
	if listed(n) {
		return o.listed(n)
	}
	return o.plain(n)
}

// listed reports whether an object is an account as the accounts API lists it.
func listed(n *jsondoc.Node) bool {
	attributes := n.Get("attributes")
	return attributes.Kind() == jsondoc.Object || n.Get("nativeIdentity") != nil && n.Get("sourceName") != nil
}

// listed reads an account in the shape of the accounts API. An account that is
// not correlated is linked to nobody, also when it names an identity.
//
// Source: profile/DECISIONS.md, DECISION 52; API accounts list.
func (o *objects) listed(n *jsondoc.Node) (a identity.Account, ok bool) {
	// An export of several sources is read for each of them, and each takes its own.
	o.shared = true
	if id, name := n.Get("sourceId").Text(), n.Get("sourceName").Text(); !o.ofSource(id, name) {
		if o.passes(id, name) {
			o.others.add(id, name)
		}
		return a, false
	}

	attributes := n.Get("attributes")
	a.NativeIdentity, a.Name = scalar(n.Get("nativeIdentity")), scalar(n.Get("name"))

	// What the object itself does not say is looked for among its attributes.
	if a.NativeIdentity == "" && o.NativeIdentity != "" {
		a.NativeIdentity = scalar(attributes.Get(o.NativeIdentity))
	}
	if a.Name == "" && o.DisplayName != "" {
		a.Name = scalar(attributes.Get(o.DisplayName))
	}
	if a.NativeIdentity == "" {
		o.Refuse(codeAccountIDMissing, n.Pos(), "the account has no nativeIdentity; it is left out")
		return a, false
	}

	a.ID = strings.Clone(n.Get("id").Text())
	a.ManuallyCorrelated = n.Get("manuallyCorrelated").IsTrue()

	// The API keeps the id of the last identity beside the flag that says that it counts no more.
	if !n.Get("uncorrelated").IsTrue() {
		a.IdentityID = strings.Clone(n.Get("identityId").Text())
	}
	o.fields(&a, n)
	o.pack(&a, attributes)
	o.listedStable(&a, n, attributes)

	// A list of entitlements is complete, so what the attributes gave is replaced by it.
	if list := n.Get("entitlements"); list.Kind() == jsondoc.Array {
		a.Entitlements = nil
		for _, item := range list.Items() {
			o.addEntitlements(&a, entitlement(item).Clone())
		}
	}

	o.Finish(&a, n.Pos())
	return a, true
}

// listedStable sets the stable id of a listed account: uuid is its field, the
// other names are attributes.
func (o *objects) listedStable(a *identity.Account, n, attributes *jsondoc.Node) {
	for _, name := range o.stableNames() {
		text := scalar(attributes.Get(name))
		if name == "uuid" && scalar(n.Get("uuid")) != "" {
			text = scalar(n.Get("uuid"))
		}
		if text != "" {
			a.UUID = text
			return
		}
	}
}

// fields sets the fields of the account that members have the reserved names of.
func (o *objects) fields(a *identity.Account, n *jsondoc.Node) {
	for _, name := range reserved {
		if v := n.Get(name); !v.IsNull() {
			o.created = o.created || name == reserved[0]
			o.set(a, name, v.Text(), v.Pos())
		}
	}
}

// entitlement returns the value of an entitlement: a text, or an object with a
// value or a name.
func entitlement(n *jsondoc.Node) identity.Value {
	if n.Kind() != jsondoc.Object {
		return n.Value()
	}
	if v := n.Get("value"); !v.IsNull() {
		return v.Value()
	}
	return n.Get("name").Value()
}

// idKey returns the member that is the account id. Without a configured attribute the API's
// name for it counts, and then what most files call it.
func (o *objects) idKey(has func(key string) bool) string {
	switch {
	case o.NativeIdentity != "":
		return o.NativeIdentity
	case has("nativeIdentity"):
		return "nativeIdentity"
	}

	return "id"
}

// plain reads an object whose members are the attributes.
func (o *objects) plain(n *jsondoc.Node) (a identity.Account, ok bool) {
	key := o.idKey(func(key string) bool { return n.Get(key) != nil })
	if a.NativeIdentity = scalar(n.Get(key)); a.NativeIdentity == "" {
		o.Refuse(codeAccountIDMissing, n.Pos(), "the account has no account id (%q); it is left out", key)
		return a, false
	}

	if o.DisplayName != "" {
		a.Name = scalar(n.Get(o.DisplayName))
	}
	o.fields(&a, n)
	o.pack(&a, n)
	for _, name := range o.stableNames() {
		if a.UUID = scalar(n.Get(name)); a.UUID != "" {
			break
		}
	}

	o.Finish(&a, n.Pos())
	return a, true
}

// scalar returns the text of a string or a number, else "". The strings of a
// node are parts of the whole text, which an account must not keep alive.
func scalar(n *jsondoc.Node) string {
	if k := n.Kind(); k != jsondoc.String && k != jsondoc.Number {
		return ""
	}
	return strings.Clone(n.Value().Text())
}

// pack fills the attributes, and the entitlements among them, from the members
// of n.
func (o *objects) pack(a *identity.Account, n *jsondoc.Node) {
	o.Pack(a, func(yield func(string, identity.Value) bool) {
		for _, m := range n.Members() {
			if !yield(m.Key, m.Value.Value()) {
				return
			}
		}
	})
}
