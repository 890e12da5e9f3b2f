package ldif

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/dn"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/feed/directory"
)

// Delta is a source of the change records of a file. It may be read once at a
// time.
type Delta struct {
	*feed.File
	removed atomic.Pointer[[]string]
}

var _ identity.Changes = (*Delta)(nil)

// Removed returns the native identities of the accounts that are gone, after the
// accounts have been read.
func (d *Delta) Removed() []string {
	if list := d.removed.Load(); list != nil {
		return *list
	}
	return nil
}

// Changes returns the change records of a file (add, modify, modrdn, delete) as
// the accounts that are new or other. They change the accounts that known yields,
// those of the source as they were; links are as in [directory.NewDelta]. A record
// that changes an entry which is not known is refused: what it leaves out cannot
// be guessed. All changes of a file are held in memory.
func Changes(file string, open func() (io.ReadCloser, error), o feed.Options,
	known func() iter.Seq[identity.Account], links ...string) (*Delta, error) {
	d := &Delta{}
	f, err := feed.NewFile(file, open, Defaults(o), func(ctx context.Context, r *feed.Reading, src io.Reader,
		yield func(identity.Account, error) bool) {
		// What a reading has removed is known at its end; that of the one before does not count
		// meanwhile.
		d.removed.Store(nil)
		c := &changes{builder: newBuilder(r), delta: directory.NewDelta(known(), links...)}
		if err := c.read(ctx, src); err != nil {
			yield(identity.Account{}, err)
			return
		}

		changed, removed := c.delta.Changes()
		d.removed.Store(&removed)
		for _, a := range changed {
			a.Source = r.Source()
			if !yield(a, nil) {
				return
			}
		}
	})

	d.File = f
	return d, err
}

// changes applies the records of one file.
type changes struct {
	*builder
	delta *directory.Delta
}

func (c *changes) read(ctx context.Context, src io.Reader) error {
	records := newReader(src)
	for n := 0; ; n++ {
		if n%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		e, err := records.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s, line %d: %w", c.File(), records.line, err)
		}
		if e.foreign {
			continue
		}
		c.apply(e)
	}
}

// apply makes the change of one record.
func (c *changes) apply(e *entry) {
	kind := changeType(e)
	if e.bad != nil || e.dn == "" || kind == "" || kind == "add" {
		c.dns = feed.SeenIDs{} // an entry may be added, removed and added
		if a, ok := c.account(e); ok {
			c.delta.Put(a)
		}
		return
	}

	// What stands before the type of the change are control lines, which say how a server should carry
	// it out.
	pos := diag.Pos{Line: e.line, Column: 1}
	for len(e.values) > 0 && !bytes.EqualFold(e.values[0].name, []byte("changetype")) {
		e.values = e.values[1:]
	}
	e.values = e.values[1:]
	switch kind {
	case "delete":
		c.delta.Remove(e.dn)
	case "modrdn", "moddn":
		to, ok := renamed(e)
		if !ok {
			c.Refuse(codeLDIFSyntax, pos, "the record renames %sto nothing; it is left out", quoted(e.dn))
			return
		}

		c.delta.Move(e.dn, to)

	case "modify":
		c.modify(e, pos)
	default:
		c.Refuse(codeLDIFChange, pos, "a change of the type %q, expected add, modify, modrdn or delete; it is left out",
			kind)
	}
}

// renamed returns the DN that a modrdn record gives.
func renamed(e *entry) (string, bool) {
	rdn, above := "", dn.Parent(e.dn)
	for _, v := range e.values {
		switch strings.ToLower(string(v.name)) {
		case "newrdn":
			rdn = string(v.text)
		case "newsuperior":
			above = string(v.text)
		}
	}

	if above != "" {
		above = "," + above
	}
	return rdn + above, rdn != ""
}

// modify changes the attributes of an entry that is known.
func (c *changes) modify(e *entry, pos diag.Pos) {
	a, ok := c.delta.Get(e.dn)
	if !ok {
		c.Refuse(codeLDIFChange, pos, "the record changes %swhich is not known; it is left out", quoted(e.dn))
		return
	}

	values := c.known(&a)
	for len(e.values) > 0 {
		op := e.values[0]
		end := slices.IndexFunc(e.values, func(v value) bool { return v.dash })
		if end < 0 {
			end = len(e.values)
		}
		c.change(values, string(bytes.ToLower(op.name)), c.attribute(baseName(string(op.text))),
			e.values[1:max(end, 1)])
		e.values = e.values[min(end+1, len(e.values)):]
	}

	c.delta.Put(c.rebuild(a, values, pos))
}

// baseName returns an attribute without its options.
func baseName(description string) string {
	name, _, _ := strings.Cut(description, ";")
	return name
}

// known returns the values of an account by attribute.
func (c *changes) known(a *identity.Account) map[int][]identity.Value {
	values := map[int][]identity.Value{}
	for name, v := range a.Attributes.All() {
		if v.Kind() == identity.List {
			values[c.attribute(name)] = slices.Clone(v.List())
		} else {
			values[c.attribute(name)] = []identity.Value{v}
		}
	}

	return values
}

// change makes one part of a modification.
func (c *changes) change(values map[int][]identity.Value, op string, n int, lines []value) {
	var list []identity.Value
	for i := range lines {
		// Values are copied: those of the record are written over by the next one.
		list = append(list, c.text(n, &lines[i]).Clone())
	}

	switch op {
	case "add":
		values[n] = append(values[n], list...)
	case "replace":
		values[n] = list
	case "delete":
		if len(list) == 0 {
			values[n] = nil
			return
		}

		// A value is removed whatever its case, as most attributes of a directory compare.
		values[n] = slices.DeleteFunc(values[n], func(v identity.Value) bool {
			return slices.ContainsFunc(list, func(gone identity.Value) bool {
				return strings.EqualFold(gone.Text(), v.Text())
			})
		})

	case "increment":
		// A counter is no attribute of an account that anybody maps.
	}
}

// rebuild makes the account of the values that it has now.
func (c *changes) rebuild(a identity.Account, values map[int][]identity.Value, pos diag.Pos) identity.Account {
	// Values of the account before are taken out of the builder, whose memory is used again.
	for _, n := range c.present {
		c.builder.values[n] = c.builder.values[n][:0]
	}
	c.present = c.present[:0]

	// State and entitlements follow from the values and may have gone with them.
	a.Disabled, a.Locked, a.Entitlements = false, false, nil
	for n, list := range values {
		if len(list) == 0 {
			continue
		}
		c.present = append(c.present, n)
		c.builder.values[n] = append(c.builder.values[n], list...)
		if c.kinds[n] >= control {
			disable(&a, c.kinds[n], list[0].Text())
		}
	}

	slices.Sort(c.present)

	// An id that has become empty would be no account any more; so the one before stays.
	if c.id >= 0 && c.first(c.id) != "" {
		a.NativeIdentity = c.first(c.id)
	}
	if name := c.first(c.name); name != "" {
		a.Name = name
	}
	c.Pack(&a, c.each)
	c.Finish(&a, pos)
	return a
}
