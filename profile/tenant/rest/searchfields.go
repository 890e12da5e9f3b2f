package rest

import (
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant"
)

// searched is an identity with what its search document says of others. Fields of
// the identity alone find no view.
type searched struct {
	*identity.Identity
	view *view
}

func (s *searched) profile() *config.Profile { return s.view.bundle.Profile(s.Profile) }

func (s *searched) source() *config.Source {
	p := s.profile()
	if p == nil {
		return nil
	}
	return s.view.bundle.AuthoritativeSource(p)
}

type getter func(s *searched) identity.Value

type fieldTable map[string]getter

// get finds a field; attributes.X reads the identity attribute X, whatever it is.
func (t fieldTable) get(name string) (getter, bool) {
	if g := t[name]; g != nil {
		return g, true
	}
	if attribute, ok := strings.CutPrefix(name, "attributes."); ok && attribute != "" {
		return func(s *searched) identity.Value { return s.Attribute(attribute) }, true
	}
	return nil, false
}

func text(s string) identity.Value {
	if s == "" {
		return identity.Value{}
	}
	return identity.StringValue(s)
}

func attributeField(name string) getter {
	return func(s *searched) identity.Value { return s.Attribute(name) }
}

func accountField(get func(a *identity.Account) string) getter {
	return func(s *searched) identity.Value {
		out := make([]string, len(s.Accounts))
		for i := range s.Accounts {
			out[i] = get(&s.Accounts[i])
		}
		return identity.StringsValue(out...)
	}
}

// searchFields are the fields that queries and sorts know.
var searchFields = fieldTable{
	"id":              func(s *searched) identity.Value { return identity.StringValue(s.ID) },
	"name":            func(s *searched) identity.Value { return text(identityName(s.Identity)) },
	"displayName":     func(s *searched) identity.Value { return text(identityName(s.Identity)) },
	"alias":           func(s *searched) identity.Value { return text(s.Alias) },
	"firstName":       attributeField("firstname"),
	"lastName":        attributeField("lastname"),
	"email":           attributeField("email"),
	"phone":           attributeField("phone"),
	"employeeNumber":  attributeField("identificationNumber"),
	"status":          func(s *searched) identity.Value { return identity.StringValue(tenant.Status(s.Identity)) },
	"processingState": func(*searched) identity.Value { return identity.StringValue("OK") },
	"isManager":       func(s *searched) identity.Value { return identity.BoolValue(s.view.isManager(s.ID)) },
	"protected":       func(s *searched) identity.Value { return identity.BoolValue(s.Protected) },
	"accountCount":    func(s *searched) identity.Value { return identity.IntValue(int64(len(s.Accounts))) },
	"created":         func(s *searched) identity.Value { return isc.TimeValue(s.Created) },
	"modified":        func(s *searched) identity.Value { return isc.TimeValue(s.Modified) },
	"manager.id":      func(s *searched) identity.Value { return text(s.ManagerID) },
	"manager.name": func(s *searched) identity.Value {
		if m := s.view.person(s.ManagerID); m != nil {
			return text(identityName(m))
		}
		return identity.Value{}
	},
	"identityProfile.name": func(s *searched) identity.Value { return text(s.Profile) },
	"identityProfile.id": func(s *searched) identity.Value {
		if p := s.profile(); p != nil {
			return text(profileID(p))
		}
		return identity.Value{}
	},
	"source.name": func(s *searched) identity.Value {
		if src := s.source(); src != nil {
			return text(src.Name)
		}
		return identity.Value{}
	},
	"source.id": func(s *searched) identity.Value {
		if src := s.source(); src != nil {
			return text(sourceID(src))
		}
		return identity.Value{}
	},
	"accounts.name":        accountField(func(a *identity.Account) string { return a.DisplayName() }),
	"accounts.accountId":   accountField(func(a *identity.Account) string { return a.NativeIdentity }),
	"accounts.source.name": accountField(func(a *identity.Account) string { return a.Source }),
}

// othersFields are the fields that speak of other objects than the identity, so that
// they change without it.
var othersFields = []string{"isManager", "manager.name", "identityProfile.id", "source.name", "source.id"}

// anyName lists the fields that a term without a field looks at.
var anyName = []string{"name", "alias", "email", "firstName", "lastName"}

// Names under which a view remembers the values and orders of searches, see
// [isc.Table]. The names of lists have no blank.
const searchColumn = "search "

// ownField reports whether what is remembered of a list speaks of its items alone.
func ownField(name string) bool {
	fields, search := strings.CutPrefix(name, searchColumn)
	if !search {
		return true
	}
	for field := range strings.SplitSeq(fields, ",") {
		if slices.Contains(othersFields, strings.TrimPrefix(field, "-")) {
			return false
		}
	}

	return true
}

// read gives a getter what it needs, and no more: what is remembered of an identity
// alone must not keep an old view in memory.
func (v *view) read(field string, get getter) func(i *identity.Identity) identity.Value {
	if ownField(searchColumn + field) {
		v = nil
	}
	return func(i *identity.Identity) identity.Value { return get(&searched{Identity: i, view: v}) }
}

// folded gives a field of everybody, as searches compare it.
func (v *view) folded(field string, get getter) []identity.Value {
	read := v.read(field, get)
	return v.people.Column(searchColumn+field, func(i *identity.Identity) identity.Value { return fold(read(i)) })
}

func fold(v identity.Value) identity.Value {
	switch v.Kind() {
	case identity.Null:
		return v
	case identity.List:
		items := make([]identity.Value, len(v.List()))
		for n, item := range v.List() {
			items[n] = fold(item)
		}
		return identity.ListValue(items...)
	}

	return identity.StringValue(identity.Fold(v.Text()))
}

func exists(v identity.Value) bool {
	return !v.IsNull() && !(v.Kind() == identity.List && len(v.List()) == 0)
}

// some tests a value, or the items of a list.
func some(v identity.Value, test func(string) bool) bool {
	switch v.Kind() {
	case identity.Null:
		return false
	case identity.List:
		return slices.ContainsFunc(v.List(), func(item identity.Value) bool { return some(item, test) })
	}

	return test(v.Text())
}
