package tenant

import (
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// Processing states and statuses of an identity.
//
// Source: DECISION 56.
const (
	IdentityUnregistered = "UNREGISTERED"
	IdentityRegistered   = "REGISTERED"
	IdentityError        = "ERROR"
)

// IdentityView shows identities in the shapes of the API. The zero view works;
// the fields add what is known.
type IdentityView struct {
	Bundle *config.Bundle // ids of profiles and sources
	// Manager returns the manager of an identity, nil when not known.
	Manager func(id string) *identity.Identity
	// IsManager reports whether somebody has the identity as manager.
	IsManager func(id string) bool
	// LastRefresh is when the identities were processed last.
	LastRefresh time.Time
}

// Status returns the identityStatus: ERROR for one with exceptions, else
// UNREGISTERED. The other statuses follow from sign-in, which the library does
// not know.
func Status(i *identity.Identity) string {
	if len(i.ExceptionCodes) > 0 {
		return IdentityError
	}
	return IdentityUnregistered
}

// Identity returns the identity object of the API. Errors are those of its last
// processing.
//
// Source: DECISION 56.
func (v IdentityView) Identity(i *identity.Identity, errs []profile.AttributeError) *jsondoc.Node {
	n := v.head(i)
	n.Set("alias", jsondoc.NewString(i.Alias))
	n.Set("emailAddress", textNode(i.Attribute(config.AttrEmail).Text()))
	n.Set("processingState", jsondoc.NewString(profile.ProcessingState(errs)))
	n.Set("identityStatus", jsondoc.NewString(Status(i)))
	n.Set("managerRef", v.managerNode(i, "IDENTITY"))
	n.Set("isManager", jsondoc.NewBool(v.isManager(i)))
	n.Set("lastRefresh", timeNode(v.LastRefresh))
	n.Set("attributes", attributesNode(i.Attributes))
	n.Set("lifecycleState", jsondoc.NewObject(
		jsondoc.M("stateName", textNode(i.Lifecycle.State)),
		jsondoc.M("manuallyUpdated", jsondoc.NewBool(i.Lifecycle.ManuallyUpdated))))
	return n
}

// Search returns the same identity as a document of the search: with its profile,
// its source, its accounts and what went wrong in processing.
//
// Source: DECISION 56.
func (v IdentityView) Search(i *identity.Identity, errs []profile.AttributeError) *jsondoc.Node {
	n := v.head(i)
	n.Set("_type", jsondoc.NewString("identity"))
	n.Set("displayName", jsondoc.NewString(profile.DisplayName(i)))
	n.Set("firstName", textNode(i.Attribute("firstname").Text()))
	n.Set("lastName", textNode(i.Attribute(config.AttrLastName).Text()))
	n.Set("email", textNode(i.Attribute(config.AttrEmail).Text()))
	n.Set("processingState", jsondoc.NewString(profile.ProcessingState(errs)))
	n.Set("processingDetails", v.details(errs))
	n.Set("status", jsondoc.NewString(Status(i)))
	n.Set("isManager", jsondoc.NewBool(v.isManager(i)))
	n.Set("manager", v.managerNode(i, ""))
	n.Set("identityProfile", v.profileNode(i))
	n.Set("source", v.sourceNode(i))
	n.Set("attributes", attributesNode(i.Attributes))
	accounts := make([]*jsondoc.Node, len(i.Accounts))
	for k := range i.Accounts {
		accounts[k] = v.accountNode(&i.Accounts[k])
	}
	n.Set("accounts", jsondoc.NewArray(accounts...))
	n.Set("accountCount", jsondoc.NewInt(int64(len(i.Accounts))))
	return n
}

func (v IdentityView) head(i *identity.Identity) *jsondoc.Node {
	return jsondoc.NewObject(
		jsondoc.M("id", jsondoc.NewString(i.ID)),
		jsondoc.M("name", jsondoc.NewString(profile.DisplayName(i))),
		jsondoc.M("created", timeNode(i.Created)),
		jsondoc.M("modified", timeNode(i.Modified)))
}

// details tells of the first error.
func (v IdentityView) details(errs []profile.AttributeError) *jsondoc.Node {
	if len(errs) == 0 {
		return jsondoc.NewNull()
	}
	return jsondoc.NewObject(
		jsondoc.M("date", timeNode(v.LastRefresh)),
		jsondoc.M("stage", jsondoc.NewString("In Process")),
		jsondoc.M("retryCount", jsondoc.NewInt(0)),
		jsondoc.M("stackTrace", jsondoc.NewNull()),
		jsondoc.M("message", jsondoc.NewString(errs[0].Error())))
}

func (v IdentityView) isManager(i *identity.Identity) bool {
	return v.IsManager != nil && v.IsManager(i.ID)
}

func (v IdentityView) managerNode(i *identity.Identity, typ string) *jsondoc.Node {
	if i.ManagerID == "" {
		return jsondoc.NewNull()
	}
	n := jsondoc.NewObject()
	if typ != "" {
		n.Set("type", jsondoc.NewString(typ))
	}
	n.Set("id", jsondoc.NewString(i.ManagerID))

	// The attribute has what led to the manager; the name is that of the person who was found.
	name := i.Attribute(config.AttrManager).Text()
	if v.Manager != nil {
		if m := v.Manager(i.ManagerID); m != nil {
			name = profile.DisplayName(m)
		}
	}

	n.Set("name", textNode(name))
	return n
}

func (v IdentityView) profileNode(i *identity.Identity) *jsondoc.Node {
	if i.Profile == "" {
		return jsondoc.NewNull()
	}
	id := ""
	if v.Bundle != nil && v.Bundle.Profile(i.Profile) != nil {
		id = v.Bundle.Profile(i.Profile).ID
	}
	return jsondoc.NewObject(jsondoc.M("id", textNode(id)), jsondoc.M("name", jsondoc.NewString(i.Profile)))
}

// sourceNode names the authoritative source of the identity's profile.
func (v IdentityView) sourceNode(i *identity.Identity) *jsondoc.Node {
	if v.Bundle == nil || v.Bundle.Profile(i.Profile) == nil {
		return jsondoc.NewNull()
	}
	s := v.Bundle.AuthoritativeSource(v.Bundle.Profile(i.Profile))
	if s == nil {
		return jsondoc.NewNull()
	}
	return jsondoc.NewObject(jsondoc.M("id", textNode(s.ID)), jsondoc.M("name", jsondoc.NewString(s.Name)))
}

func (v IdentityView) accountNode(a *identity.Account) *jsondoc.Node {
	source := jsondoc.NewObject(jsondoc.M("name", jsondoc.NewString(a.Source)))
	if v.Bundle != nil {
		if s := v.Bundle.Source(a.Source); s != nil {
			source = jsondoc.NewObject(jsondoc.M("id", textNode(s.ID)), jsondoc.M("name", jsondoc.NewString(s.Name)))
		}
	}

	return jsondoc.NewObject(
		jsondoc.M("id", textNode(a.ID)),
		jsondoc.M("name", jsondoc.NewString(a.DisplayName())),
		jsondoc.M("accountId", jsondoc.NewString(a.NativeIdentity)),
		jsondoc.M("source", source),
		jsondoc.M("disabled", jsondoc.NewBool(a.Disabled)),
		jsondoc.M("locked", jsondoc.NewBool(a.Locked)),
		jsondoc.M("manuallyCorrelated", jsondoc.NewBool(a.ManuallyCorrelated)),
		jsondoc.M("created", timeNode(a.Created)))
}

// textNode is null for the empty text.
func textNode(s string) *jsondoc.Node {
	if s == "" {
		return jsondoc.NewNull()
	}
	return jsondoc.NewString(s)
}

func timeNode(t time.Time) *jsondoc.Node {
	if t.IsZero() {
		return jsondoc.NewNull()
	}
	return jsondoc.NewString(t.UTC().Format("2006-01-02T15:04:05.000Z"))
}

func attributesNode(a identity.Attributes) *jsondoc.Node {
	n := jsondoc.NewObject()
	for name, v := range a.All() {
		n.Set(name, valueNode(v))
	}
	return n
}

func valueNode(v identity.Value) *jsondoc.Node {
	switch v.Kind() {
	case identity.Null:
		return jsondoc.NewNull()
	case identity.Integer:
		n, _ := v.Int()
		return jsondoc.NewInt(n)
	case identity.Boolean:
		b, _ := v.Bool()
		return jsondoc.NewBool(b)
	case identity.List:
		items := make([]*jsondoc.Node, len(v.List()))
		for i, item := range v.List() {
			items[i] = valueNode(item)
		}
		return jsondoc.NewArray(items...)
	}

	return jsondoc.NewString(v.Text())
}
