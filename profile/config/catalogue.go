package config

import (
	"slices"
	"strings"
)

// Standard returns the technical names of the identity attributes that every
// tenant has, those added by default since 2024 included.
//
// Source: DECISION 51.
func Standard() []string {
	names := make([]string, len(catalogue))
	for i, a := range catalogue {
		names[i] = a.Name
	}
	return names
}

// Catalogue returns the identity attributes that every tenant has, with their
// labels.
//
// Source: DECISION 51.
func Catalogue() []IdentityAttribute { return slices.Clone(catalogue) }

func standardAttribute(name, label string) IdentityAttribute {
	return IdentityAttribute{Name: name, DisplayName: label, Type: "string", Standard: true}
}

var catalogue = []IdentityAttribute{
	standardAttribute("uid", "User Name"),
	standardAttribute("email", "Work Email"),
	standardAttribute("lastname", "Last Name"),
	standardAttribute("firstname", "First Name"),
	standardAttribute("displayName", "Display Name"),
	standardAttribute("identificationNumber", "Employee Number"),
	standardAttribute("manager", "Manager Name"),
	standardAttribute("cloudLifecycleState", "Lifecycle State"),
	standardAttribute("personalEmail", "Alternate Email"),
	standardAttribute("phone", "Alternate Phone"),
	standardAttribute("workPhone", "Work Phone"),
	standardAttribute("middleName", "Middle Name"),
	standardAttribute("preferredName", "Preferred Name"),
	standardAttribute("initials", "Initials"),
	standardAttribute("title", "Title"),
	standardAttribute("organization", "Organization"),
	standardAttribute("department", "Department"),
	standardAttribute("costCenter", "Cost Center"),
	standardAttribute("location", "Location"),
	standardAttribute("locationCode", "Location Code"),
	standardAttribute("streetAddress", "Street Address"),
	standardAttribute("city", "City"),
	standardAttribute("state", "State"),
	standardAttribute("postalCode", "Postal Code"),
	standardAttribute("preferredLanguage", "Preferred Language"),
	standardAttribute("timezone", "Timezone"),
	standardAttribute("identityState", "Identity State"),
	standardAttribute("nextProcessing", "Next Processing"),
}

// added2024 is where the attributes begin that tenants have since 2024: of them,
// new profiles map those that the account schema has under the same name.
const added2024 = 11

// Required returns the identity attributes that every profile must map and every
// identity must have, in report order.
//
// Source: DECISION 53.
func Required() []string { return []string{AttrUID, AttrEmail, AttrLastName} }

// SameName returns the identity attribute of that name in any case, or "".
func (b *Bundle) SameName(name string) string {
	for _, known := range Standard() {
		if strings.EqualFold(known, name) {
			return known
		}
	}

	for _, a := range b.Attributes {
		if strings.EqualFold(a.Name, name) {
			return a.Name
		}
	}

	return ""
}

// Entry returns the catalogue entry of an identity attribute, that of the
// standard attributes included.
func (b *Bundle) Entry(name string) *IdentityAttribute {
	if a := b.Attribute(name); a != nil {
		return a
	}
	for _, a := range catalogue {
		if a.Name == name {
			return &a
		}
	}

	return nil
}

// Names of the identity attributes that the engine itself knows.
const (
	AttrUID       = "uid"
	AttrEmail     = "email"
	AttrLastName  = "lastname"
	AttrManager   = "manager"
	AttrLifecycle = "cloudLifecycleState"

	AttrNextProcessing = "nextProcessing"
)

// EngineOwned are attributes that no mapping may feed (DECISION 9).
var EngineOwned = []string{"cloudStatus", "internalCloudStatus", "cloudAuthoritativeSource", "lastSyncDate",
	"visibleSegments", "isManager"}
