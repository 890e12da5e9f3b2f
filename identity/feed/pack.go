package feed

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// maxNames is how many attributes objects without a schema may add to the
// shared names; objects with still other names get names of their own.
const maxNames = 1024

// Pack sets the attributes of an account, and its entitlements among them, from
// names and values. Names that the account schema does not have are dropped; of
// two values with one name the last one counts. Names and texts are copied, so
// they may be views of a buffer.
func (r *Reading) Pack(a *identity.Account, values iter.Seq2[string, identity.Value]) {
	r.prepare()

	// Accounts of a source are packed by one schema. One with too many names of its own gets its own.
	if !r.learn(values) {
		own := map[string]identity.Value{}
		for name, v := range values {
			own[strings.Clone(name)] = r.attributeValue(a, r.attributes[name], v).Clone()
		}
		a.Attributes = identity.NewAttributes(own)
		return
	}

	// A row begins empty: what an account lacks is null.
	r.row = append(r.row[:0], make([]identity.Value, r.schema.Len())...)
	for name, v := range values {
		if slot := r.place(name); slot >= 0 {
			r.row[slot] = r.attributeValue(a, r.attributes[name], v)
		}
	}
	r.packRow(a)
}

// packRow makes the values by slot the attributes of the account.
func (r *Reading) packRow(a *identity.Account) {
	for i := range r.row {
		r.packer.Value(r.row[i])
	}
	a.Attributes = r.packer.Pack(r.schema)
}

// place returns the slot of an attribute that an object has, -1 for one that the schema does
// not have, and notes either.
func (r *Reading) place(name string) int {
	slot, ok := r.schema.Slot(name)
	if ok {
		r.give(slot)
		return slot
	}
	if r.OnColumns != nil && len(r.foreign) < maxNames && !r.foreign[name] {
		r.addForeign(name)
	}
	return -1
}

// give notes that an object has the attribute of that slot.
func (r *Reading) give(slot int) {
	if slot >= len(r.given) {
		r.given = append(r.given, make([]bool, slot+1-len(r.given))...)
	}
	r.given[slot] = true
}

func (r *Reading) addForeign(name string) {
	if r.foreign == nil {
		r.foreign = map[string]bool{}
	}
	r.foreign[strings.Clone(name)] = true
}

// tellColumns tells which attributes the objects have.
func (r *Reading) tellColumns() {
	if r.OnColumns == nil {
		return
	}
	names := slices.Collect(maps.Keys(r.foreign))
	for _, name := range r.schema.Names() {
		if r.has(name) {
			names = append(names, name)
		}
	}

	slices.Sort(names)
	r.OnColumns(names)
}

// has reports whether an object so far had an attribute, or the field created.
func (r *Reading) has(name string) bool {
	slot, ok := r.schema.Slot(name)
	return ok && slot < len(r.given) && r.given[slot] || name == reserved[0] && r.created
}

// Finish completes an account whose fields and attributes are set: its source,
// its stable id when it has none yet, and the look for another of its id.
func (r *Reading) Finish(a *identity.Account, pos diag.Pos) {
	a.Source = r.source
	if a.UUID == "" {
		r.stableID(a)
	}
	r.checkDuplicate(a.NativeIdentity, pos)
}

// prepare makes the table of attributes, once.
func (r *Reading) prepare() {
	if r.attributes != nil {
		return
	}
	r.attributes = r.attributeTable()
	var names []string
	for _, a := range r.Attributes {
		names = append(names, a.Name)
	}
	r.schema = identity.NewSchema(names...)
}

// attributeValue returns the value of an attribute. That of a multi-valued one is
// a list also when it is a single one.
func (r *Reading) attributeValue(a *identity.Account, attribute Attribute, v identity.Value) identity.Value {
	if attribute.Multi && v.Kind() != identity.List && !v.IsNull() {
		v = identity.ListValue(v)
	}
	if attribute.Entitlement {
		r.addEntitlements(a, v.Clone())
	}
	return v
}

// learn adds new names to the schema where there is no account schema. It
// reports whether the schema has a place for all values that are kept.
func (r *Reading) learn(values iter.Seq2[string, identity.Value]) bool {
	if r.Attributes != nil && !r.KeepUnknown {
		return true
	}

	var fresh []string
	for name := range values {
		if _, ok := r.schema.Slot(name); !ok {
			fresh = append(fresh, strings.Clone(name))
		}
	}

	if r.schema.Len()+len(fresh) > maxNames {
		return len(fresh) == 0
	}
	if fresh != nil {
		r.schema = r.schema.With(fresh...)
	}
	return true
}
