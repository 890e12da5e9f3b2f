package directory

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/dn"
)

// Delta turns what a directory tells about its changes into the accounts that are
// new or other, and those that are gone.
//
// A directory tells less than has changed: when a container or a manager is
// renamed or moved, the entries below and the people who are managed keep their
// uSNChanged and modifyTimestamp, although their DN and the value of their manager
// are others now. So the accounts that were known before take part: their DN
// follows the containers, and the values of the attributes that are links follow
// the entries.
//
// Accounts whose native identity is their DN get the new one; their stable id
// says that they are the same. The zero Delta is not usable; see [NewDelta].
type Delta struct {
	links   []string
	known   map[string]identity.Account // by the folded DN that they had
	byUUID  map[string]string           // stable id → DN that it had
	moved   map[string]string           // folded DN that it had → DN now
	current map[string]string           // folded DN now → DN that it had, of those that moved
	put     map[string]identity.Account // accounts as they are now, by folded DN
	removed map[string]bool             // native identities
	gone    map[string]bool             // folded DNs that removed entries had
}

// NewDelta returns a delta on the accounts that are known of the source. links are
// the attributes whose values are DNs that the server keeps, such as manager in
// Active Directory: they follow an entry when it moves, and go with it when it is
// removed. Where the server leaves them alone there are none.
func NewDelta(known iter.Seq[identity.Account], links ...string) *Delta {
	d := &Delta{
		links: links, known: map[string]identity.Account{}, byUUID: map[string]string{}, moved: map[string]string{},
		current: map[string]string{}, put: map[string]identity.Account{}, removed: map[string]bool{},
		gone: map[string]bool{},
	}
	for a := range known {
		name := Name(&a)
		d.known[dn.Fold(name)] = a

		// The server's own id of an entry is the same after it was renamed.
		if a.UUID != "" {
			d.byUUID[a.UUID] = name
		}
	}

	return d
}

// Name returns the DN of an account: its attribute distinguishedName or dn, else
// its native identity.
func Name(a *identity.Account) string {
	for _, name := range []string{"distinguishedName", "dn"} {
		if text := a.Attributes.Get(name).Text(); text != "" {
			return text
		}
	}

	return a.NativeIdentity
}

// Put tells an entry as it is now, new or changed. One whose stable id is known
// under another DN has moved.
func (d *Delta) Put(a identity.Account) {
	name := Name(&a)
	if had, ok := d.byUUID[a.UUID]; ok && a.UUID != "" {
		if now, _ := d.Renamed(had); dn.Fold(now) != dn.Fold(name) {
			d.Move(now, name)
		}
		d.forget(had, a.NativeIdentity)
	} else if _, elsewhere := d.Renamed(name); !elsewhere {
		d.forget(d.original(name), a.NativeIdentity)
	}

	delete(d.removed, a.NativeIdentity)
	d.put[dn.Fold(name)] = a
}

// forget takes an account from those that are known, because it is told anew. Its
// native identity is gone when it has another now.
func (d *Delta) forget(had, native string) {
	key := dn.Fold(had)
	if old, ok := d.known[key]; ok {
		delete(d.known, key)
		if old.NativeIdentity != native {
			d.removed[old.NativeIdentity] = true
		}
	}
}

// Remove tells that the entry with that DN is gone.
func (d *Delta) Remove(name string) {
	if a, ok := d.put[dn.Fold(name)]; ok {
		delete(d.put, dn.Fold(name))
		d.removed[a.NativeIdentity] = true
	}

	had := d.original(name)
	d.gone[dn.Fold(had)] = true
	if a, ok := d.known[dn.Fold(had)]; ok {
		delete(d.known, dn.Fold(had))
		d.removed[a.NativeIdentity] = true
	}
}

// Move tells that an entry, with everything below it, has another DN now.
func (d *Delta) Move(from, to string) {
	had := d.original(from)

	// What moved below it before moves on with it.
	for old, now := range d.moved {
		if next, ok := replaceEnd(now, from, to); ok {
			d.place(old, now, next)
		}
	}

	d.place(had, from, to)
	for key, a := range d.put {
		if next, ok := replaceEnd(Name(&a), from, to); ok && dn.Fold(next) != key {
			delete(d.put, key)
			was := a.NativeIdentity
			a = d.update(a, next)
			if was != a.NativeIdentity {
				d.removed[was] = true
			}
			d.put[dn.Fold(next)] = a
		}
	}
}

// Place tells where one entry is now that had a DN before the delta, and nothing
// of those below it: for a list of where all entries are.
func (d *Delta) Place(had, now string) {
	before, _ := d.Renamed(had)
	d.place(had, before, now)
}

// place notes where the entry is that had a DN before the delta.
func (d *Delta) place(had, before, now string) {
	if key := dn.Fold(before); d.current[key] == had {
		delete(d.current, key)
	}
	d.moved[dn.Fold(had)] = now
	d.current[dn.Fold(now)] = had
}

// original returns the DN that an entry had before the delta.
func (d *Delta) original(name string) string {
	for above := name; above != ""; above = dn.Parent(above) {
		if had, ok := d.current[dn.Fold(above)]; ok {
			return below(name, above) + had
		}
	}

	return name
}

// Renamed returns the DN now of the entry that had that one before, and whether
// it is another.
func (d *Delta) Renamed(had string) (now string, moved bool) {
	if len(d.moved) == 0 {
		return had, false
	}
	for above := had; above != ""; above = dn.Parent(above) {
		if to, ok := d.moved[dn.Fold(above)]; ok {
			return below(had, above) + to, true
		}
	}

	return had, false
}

// below returns the parts of a name before those of the entry above, with the
// comma.
func below(name, above string) string { return name[:len(name)-len(above)] }

// replaceEnd moves a name that is from, or below it.
func replaceEnd(name, from, to string) (string, bool) {
	end := dn.Fold(from)
	for above := name; above != ""; above = dn.Parent(above) {
		if dn.Fold(above) == end {
			return below(name, above) + to, true
		}
	}

	return name, false
}

// Get returns the account with that DN as it is now.
func (d *Delta) Get(name string) (identity.Account, bool) {
	if a, ok := d.put[dn.Fold(name)]; ok {
		return a, true
	}
	a, ok := d.known[dn.Fold(d.original(name))]
	if !ok {
		return a, false
	}
	return d.update(a, name), true
}

// update returns the account under another DN: native identity and the attributes
// that hold the DN.
func (d *Delta) update(a identity.Account, now string) identity.Account {
	before := Name(&a)
	if dn.Fold(a.NativeIdentity) == dn.Fold(before) {
		a.NativeIdentity = now
	}
	for _, name := range []string{"distinguishedName", "dn"} {
		if text := a.Attributes.Get(name).Text(); text != "" && text != now {
			a.Attributes = replace(a.Attributes, name, identity.StringValue(now))
		}
	}

	return a
}

// replace returns attributes with another value for one of their names.
func replace(attributes identity.Attributes, name string, v identity.Value) identity.Attributes {
	schema := attributes.Schema()
	values := make([]identity.Value, schema.Len())
	for i := range values {
		values[i] = attributes.At(i)
	}
	if slot, ok := schema.Slot(name); ok {
		values[slot] = v
	}
	return identity.Pack(schema, values)
}

// Changes returns the accounts that are new or other, by their native identity,
// and the native identities of those that are gone.
func (d *Delta) Changes() (changed []identity.Account, removed []string) {
	for _, a := range d.put {
		changed = append(changed, a)
	}
	for _, a := range d.known {
		// An entry below a container that was renamed has moved as well, though no change of it is
		// reported.
		was := a.NativeIdentity
		now, moved := d.Renamed(Name(&a))
		if moved {
			a = d.update(a, now)
		}
		if a, followed := d.follow(a); moved || followed {
			changed = append(changed, a)
			if was != a.NativeIdentity {
				d.removed[was] = true
			}
		}
	}

	// A DN that was freed and taken again in one delta is there, and not gone.
	for _, a := range changed {
		delete(d.removed, a.NativeIdentity)
	}

	slices.SortFunc(changed, func(a, b identity.Account) int { return cmp.Compare(a.NativeIdentity, b.NativeIdentity) })
	for native := range d.removed {
		removed = append(removed, native)
	}
	slices.SortFunc(removed, strings.Compare)
	return changed, removed
}

// follow gives links the DN that the entries have now.
func (d *Delta) follow(a identity.Account) (identity.Account, bool) {
	if len(d.moved)+len(d.gone) == 0 {
		return a, false
	}
	followed := false
	for _, name := range d.links {
		v := a.Attributes.Get(name)
		if v.IsNull() {
			continue
		}
		if next, ok := d.followValue(v); ok {
			a.Attributes = replace(a.Attributes, name, next)
			followed = true
		}
	}

	return a, followed
}

// followValue returns a link, or several, as they are now.
func (d *Delta) followValue(v identity.Value) (identity.Value, bool) {
	if v.Kind() != identity.List {
		return d.link(v)
	}

	other, kept := false, []identity.Value{}
	for _, item := range v.List() {
		now, moved := d.link(item)
		other = other || moved
		if !now.IsNull() {
			kept = append(kept, now)
		}
	}

	// A list without items is no value in a directory.
	if len(kept) == 0 {
		return identity.Value{}, other
	}
	return identity.ListValue(kept...), other
}

// link returns one link as it is now, null when its entry is gone, and whether it
// is another.
func (d *Delta) link(v identity.Value) (identity.Value, bool) {
	if d.gone[dn.Fold(v.Text())] {
		return identity.Value{}, true
	}
	now, moved := d.Renamed(v.Text())
	return identity.StringValue(now), moved
}
