package profile

import (
	"context"
	"iter"
	"slices"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile/config"
)

// Brief is what a run found for one identity, before any of it is copied: for those who
// count, and look closer at few. It holds until the next one is asked for, and is not safe
// for concurrent use.
type Brief struct {
	b      *builder
	n      int32
	c      *compiled // nil: no authoritative account
	row    identity.Attributes
	result *Result // nil: nobody has asked for it
	values []identity.Value

	asStored bool // the row is the stored one, and only the values that somebody asks for are read
	unread   bool // nothing of it is known but what the tables know, as nobody has asked yet

	names   *identity.Schema // the last one of stored attributes that has the names of namedBy
	namedBy *compiled
}

// Briefs is [Engine.Run] without the copies: it yields the same identities in the same
// order. A result costs several times as much as the rest of what is asked of most people.
func (e *Engine) Briefs(ctx context.Context, o RunOptions, sources ...identity.Source) iter.Seq2[*Brief, error] {
	r := e.NewRun(o)
	return func(yield func(*Brief, error) bool) {
		p := newPhases(ctx, r)
		if err := p.all(sources); err != nil {
			yield(nil, err)
			return
		}

		brief := Brief{b: &p.builder}
		for n := range ahead(p.builder.resultOrder(p.builder.resulting()), p.touchRows) {
			brief.of(n)
			if !yield(&brief, nil) {
				return
			}
		}

		p.builder.uncorrelated()
	}
}

// of makes o the brief of an identity.
func (o *Brief) of(n int32) {
	o.n, o.c, o.result = n, nil, nil
	if rank := o.b.people[n].profile; rank >= 0 {
		o.c = o.b.engine.profiles[rank]
	}
	if o.unread = o.b.outline != nil; !o.unread {
		o.read()
	}
}

// know reads what the brief is of, when it has not been read yet.
func (o *Brief) know() {
	if o.unread {
		o.unread = false
		o.read()
	}
}

func (o *Brief) read() {
	n := o.n
	if o.asStored = o.b.resumed && o.ofStored(); o.asStored {
		return
	}
	o.row = o.b.attributes(n)
	o.values = o.row.AppendValues(o.values[:0])
}

// ofStored reads the attributes of somebody who has those that are stored, without making a row
// of what the mappings gave.
func (o *Brief) ofStored() bool {
	q, s := &o.b.people[o.n], o.b.storedOf(o.n)
	if o.c == nil || q.row != 0 || s == nil || !stateOf(s).Get(config.AttrUID).IsNull() { // it had lost its uid
		return false
	}
	if names := s.Attributes.Schema(); names != o.names || o.c != o.namedBy {
		if !slices.Equal(names.Names(), o.c.schema.Names()) {
			return false
		}
		o.names, o.namedBy = names, o.c
	}

	o.row = s.Attributes
	return true
}

// Kind returns the same number, unless it is 0, for identities of one run of which all methods
// but Account say the same, and of whose results the codes of exceptions and the kinds of warnings are the
// same. Who counts need look at one of each kind.
func (o *Brief) Kind() uint32 {
	known := o.b.outline
	if known == nil || o.n >= known.people || o.result != nil || o.b.people[o.n].row != 0 || o.b.changed.Has(o.n) ||
		o.b.resultsDue.Has(o.n) {
		return 0
	}
	return known.kind[o.n]
}

// Said returns the codes of exceptions and the kinds of warnings, what stands in front of their
// colons; ok is false when a [Brief.Result] alone knows them, or has errors besides.
func (o *Brief) Said() (exceptions, warnings []string, ok bool) {
	kind := o.Kind()
	if kind == 0 {
		return nil, nil, false
	}
	f := o.b.outline.briefFacts(kind)
	return f.codes, f.warnings, true
}

// Result returns all of it. The result stays when the brief does not.
func (o *Brief) Result() *Result {
	if o.result == nil {
		o.result = o.b.result(o.n)
	}
	return o.result
}

// Profile returns the name of the identity profile; of an identity without authoritative
// account, the one that is stored.
func (o *Brief) Profile() string {
	if o.c != nil {
		return o.c.profile.Name
	}
	if s := o.b.storedOf(o.n); s != nil {
		return s.Profile
	}
	return ""
}

// Account returns the account that ties the identity to its profile; the zero key when it
// has no authoritative account.
func (o *Brief) Account() identity.AccountKey {
	if o.c == nil {
		return identity.AccountKey{}
	}
	a := o.b.people[o.n].auth
	return identity.AccountKey{Source: o.b.accounts.Names[o.b.accounts.Sources[a]], NativeIdentity: o.b.accounts.Native(a)}
}

// Links yields how each account was linked, without naming the account.
func (o *Brief) Links() iter.Seq2[string, Link] {
	return func(yield func(source string, l Link) bool) {
		b := o.b
		for a := b.people[o.n].first; a >= 0; a = b.state[a].next {
			st := &b.state[a]
			l := Link{Method: methods[st.method], Criterion: int(st.criterion), New: st.presence == isNew}
			if !yield(b.accounts.Names[b.accounts.Sources[a]], l) {
				return
			}
		}
	}
}

// Notable reports whether the result has exceptions, errors or warnings.
func (o *Brief) Notable() bool {
	if o.c == nil {
		return len(o.Result().Errors) > 0
	}
	if kind := o.Kind(); kind > 0 {
		f := o.b.outline.briefFacts(kind)
		return len(f.codes)+len(f.warnings) > 0
	}
	o.know()
	_, lost := o.b.resolved.uidOwner[o.n]
	if lost || len(o.b.errors[o.n]) > 0 {
		return true
	}
	if o.asStored {
		if len(o.b.storedOf(o.n).ExceptionCodes) > 0 {
			return true
		}
	} else if len(o.b.engine.missing(o.c, o.values)) > 0 {
		return true
	}

	// Warnings compare with what was stored; of people of whom nothing was, they are about
	// the form of two values.
	before := o.b.storedAttributes(o.n)
	return len(uidWarnings(before, o.row)) > 0 || nextProcessingWarning(o.row) != ""
}

// Manager returns how the manager was found, as in [ManagerResult].
func (o *Brief) Manager() (state string) {
	if o.c == nil {
		return ""
	}
	if kind := o.Kind(); kind > 0 {
		return o.b.outline.briefFacts(kind).manager
	}
	o.know()
	slot, ok := o.c.slots[config.AttrManager]
	switch {
	case !ok:
		return ""
	case o.b.resolved.manager[o.n] >= 0: // whose name and id nobody has asked for
		return ManagerResolved
	}

	if o.asStored {
		return o.b.managerResult(o.n, o.b.attribute(o.n, config.AttrManager)).State
	}
	return o.b.managerResult(o.n, o.values[slot]).State
}

// Lifecycle returns what became of the lifecycle state.
func (o *Brief) Lifecycle() LifecycleResult {
	if o.c == nil {
		return o.Result().Lifecycle
	}
	if kind := o.Kind(); kind > 0 {
		return o.b.outline.briefFacts(kind).lifecycle
	}
	o.know()
	if s := o.b.storedOf(o.n); s != nil { // a state that is set by hand may hold
		r := Result{Identity: &identity.Identity{Lifecycle: s.Lifecycle, Attributes: o.row}, Move: o.b.move(o.n, o.c)}
		o.c.enterState(&r, s.Attributes)
		return r.Lifecycle
	}
	l := o.c.lifecycle(o.row.Get(config.AttrLifecycle))
	l.Entered = l.State != ""
	l.FromNull = l.Entered
	return l
}
