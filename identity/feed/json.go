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

// maxNames is how many attributes objects without a schema may add to the
// shared names; objects with still other names get names of their own.
const maxNames = 1024

// objects reads the accounts of one file of JSON objects.
type objects struct {
	*pass
	attributes map[string]Attribute // of the account schema
	schema     *identity.Schema
	row        []identity.Value // scratch, by slot
	others     int              // accounts of other sources
}

// readJSON yields the accounts of src until yield says no.
func readJSON(ctx context.Context, p *pass, src io.Reader, yield func(identity.Account, error) bool) {
	o := &objects{pass: p, attributes: map[string]Attribute{}}
	var names []string
	for _, a := range p.Attributes {
		o.attributes[a.Name] = a
		names = append(names, a.Name)
	}
	o.schema = identity.NewSchema(names...)
	ext := strings.ToLower(path.Ext(p.file))
	v := newValues(src, ext == ".jsonl" || ext == ".ndjson")
	for row := 0; ; row++ {
		if row%256 == 0 && ctx.Err() != nil {
			yield(identity.Account{}, ctx.Err())
			return
		}
		text, line, column, err := v.next()
		if v.bad != "" {
			p.refuse("json-syntax", diag.Pos{Line: v.badLine, Column: 1}, "%s", v.bad)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			yield(identity.Account{}, fmt.Errorf("%s, line %d: %w", p.file, v.line, err))
			return
		}
		if a, ok := o.account(text, diag.Pos{File: p.file, Line: line, Column: column}); ok && !yield(a, nil) {
			return
		}
	}
	if o.others > 0 {
		p.report(diag.Info, "account-other-source", diag.Pos{}, "%d accounts of other sources than %q are passed over", o.others, p.source)
	}
}

// account reads one object. ok is false when it is no account of this source.
func (o *objects) account(text []byte, pos diag.Pos) (a identity.Account, ok bool) {
	n, found := jsondoc.ParseAt(pos, text)
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
		o.refuse("json-shape", n.Pos(), "found a %s, expected an object with an account; it is left out", n.Kind())
		return a, false
	}
	a.Source = o.source
	if listed(n) {
		return o.listed(a, n)
	}
	return o.plain(a, n)
}

// listed reports whether an object is an account as the accounts API lists it.
func listed(n *jsondoc.Node) bool {
	attributes := n.Get("attributes")
	return attributes.Kind() == jsondoc.Object || n.Get("nativeIdentity") != nil && n.Get("sourceName") != nil
}

// listed reads an account in the shape of the accounts API. An account that is
// not correlated is linked to nobody, also when it names an identity.
//
// Source: identity-profile.md 3.3; API accounts list.
func (o *objects) listed(a identity.Account, n *jsondoc.Node) (identity.Account, bool) {
	if name := n.Get("sourceName").Text(); name != "" && name != o.source {
		o.others++
		return a, false
	}
	attributes := n.Get("attributes")
	a.NativeIdentity, a.Name = scalar(n.Get("nativeIdentity")), scalar(n.Get("name"))
	if a.NativeIdentity == "" && o.NativeIdentity != "" {
		a.NativeIdentity = scalar(attributes.Get(o.NativeIdentity))
	}
	if a.Name == "" && o.DisplayName != "" {
		a.Name = scalar(attributes.Get(o.DisplayName))
	}
	if a.NativeIdentity == "" {
		o.refuse("account-id-missing", n.Pos(), "the account has no nativeIdentity; it is left out")
		return a, false
	}
	a.ID, a.UUID = strings.Clone(n.Get("id").Text()), strings.Clone(n.Get("uuid").Text())
	a.ManuallyCorrelated = n.Get("manuallyCorrelated").IsTrue()
	if !n.Get("uncorrelated").IsTrue() {
		a.IdentityID = strings.Clone(n.Get("identityId").Text())
	}
	for _, name := range reserved {
		if v := n.Get(name); !v.IsNull() {
			o.set(&a, name, v.Text(), v.Pos())
		}
	}
	o.pack(&a, attributes)
	if list := n.Get("entitlements"); list.Kind() == jsondoc.Array {
		a.Entitlements = nil
		for _, item := range list.Items() {
			o.entitle(&a, entitlement(item).Clone())
		}
	}
	o.once(a.NativeIdentity, n.Pos())
	return a, true
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

// plain reads an object whose members are the attributes.
func (o *objects) plain(a identity.Account, n *jsondoc.Node) (identity.Account, bool) {
	key := o.NativeIdentity
	if key == "" {
		if key = "nativeIdentity"; n.Get(key) == nil {
			key = "id"
		}
	}
	if a.NativeIdentity = scalar(n.Get(key)); a.NativeIdentity == "" {
		o.refuse("account-id-missing", n.Pos(), "the account has no account id (%q); it is left out", key)
		return a, false
	}
	if o.DisplayName != "" {
		a.Name = scalar(n.Get(o.DisplayName))
	}
	for _, name := range reserved {
		if v := n.Get(name); !v.IsNull() {
			o.set(&a, name, v.Text(), v.Pos())
		}
	}
	o.pack(&a, n)
	o.once(a.NativeIdentity, n.Pos())
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
	members := n.Members()
	if !o.learn(members) {
		own := map[string]identity.Value{}
		for _, m := range members {
			own[m.Key] = o.value(a, m)
		}
		a.Attributes = identity.NewAttributes(own)
		return
	}
	o.row = append(o.row[:0], make([]identity.Value, o.schema.Len())...)
	for _, m := range members {
		if slot, ok := o.schema.Slot(m.Key); ok {
			o.row[slot] = o.value(a, m)
		}
	}
	for _, v := range o.row {
		o.packer.Value(v)
	}
	a.Attributes = o.packer.Pack(o.schema)
}

// value returns the value of a member. A multi-valued attribute is a list also
// when the member is not.
func (o *objects) value(a *identity.Account, m jsondoc.Member) identity.Value {
	v, attribute := m.Value.Value(), o.attributes[m.Key]
	if attribute.Multi && v.Kind() != identity.List && !v.IsNull() {
		v = identity.ListValue(v)
	}
	if attribute.Entitlement {
		o.entitle(a, v.Clone())
	}
	return v
}

// learn adds new names to the schema where there is no account schema. It
// reports whether the schema has a place for all members that are kept.
func (o *objects) learn(members []jsondoc.Member) bool {
	if o.Attributes != nil && !o.KeepUnknown {
		return true
	}
	var names []string
	for _, m := range members {
		if _, ok := o.schema.Slot(m.Key); !ok {
			names = append(names, strings.Clone(m.Key))
		}
	}
	if o.schema.Len()+len(names) > maxNames {
		return len(names) == 0
	}
	if names != nil {
		o.schema = o.schema.With(names...)
	}
	return true
}
