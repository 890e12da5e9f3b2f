package profile

import (
	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile/config"
)

// attributes returns the attributes that the run gave an identity.
func (t *tables) attributes(n int32) identity.Attributes {
	q := &t.people[n]
	switch {
	case q.profile >= 0 && q.row != 0:
	case q.profile >= 0 && t.resumed && t.wasStored(n):
		return t.storedRow(n)
	default:
		return t.storedAttributes(n)
	}
	return identity.FromRow(t.engine.profiles[q.profile].schema, t.rows.Get(q.row))
}

// attribute returns one of [tables.attributes].
func (t *tables) attribute(n int32, name string) identity.Value {
	q, s := &t.people[n], t.storedOf(n)
	if !t.resumed || q.profile < 0 || q.row != 0 || s == nil {
		return t.attributes(n).Get(name)
	}

	// Of the row that the mappings gave, the note has what the population resolved otherwise.
	if name == config.AttrUID || name == config.AttrManager {
		if given := stateOf(s).Get(name); !given.IsNull() {
			return given
		}
	}
	return s.Attributes.Get(name)
}

// storedRow returns the attributes of a stored identity as its mappings gave them.
func (t *tables) storedRow(n int32) identity.Attributes {
	s := t.storedOf(n)
	a := s.Attributes
	stateOf(s).given(func(name string, v identity.Value) {
		if slot, ok := a.Schema().Slot(name); ok {
			a = identity.FromRow(a.Schema(), string(identity.AppendReplaced(nil, a, slot, v)))
		}
	})
	return a
}

// lookup returns what an identity is found by under an attribute. One that was taken
// back is found by nothing.
func (t *tables) lookup(n int32, attribute string) string {
	if t.people[n].unmade {
		return ""
	}
	if attribute == correlate.Alias || attribute == "name" {
		return t.aliasOf(n)
	}
	if t.asNoted(n) {
		if text, ok := t.outline.text(n, attribute); ok {
			return text
		}
	}
	return t.attribute(n, attribute).Text()
}

// asNoted reports whether the attributes of an identity are those that the last run has noted.
func (t *tables) asNoted(n int32) bool {
	o := t.outline
	return o != nil && n < o.people && t.people[n].row == 0 && (t.people[n].profile < 0) == (o.profile[n] < 0)
}

// nameOf returns the name an identity is shown by.
func (t *tables) nameOf(n int32) string {
	if v := t.attribute(n, "displayName"); v.Text() != "" {
		return v.Text()
	}
	return t.aliasOf(n)
}
