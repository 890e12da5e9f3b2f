package nerm

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// Errors of account schema changes. Test with errors.Is.
var (
	ErrFixed     = errors.New("default attribute cannot be edited or deleted")
	ErrDuplicate = errors.New("attribute is already in the account schema")
	ErrUnknown   = errors.New("attribute is not in the account schema")
	ErrAttribute = errors.New("attribute is not possible on this source")
)

// TypeString is the only attribute type of a NERM source.
const TypeString = "STRING"

// NonEmployeeProfileID is the attribute of assignment profiles that names the
// profile of the person, for correlation. It is not in the tenant's attribute
// list, but may be configured like one that is.
const NonEmployeeProfileID = "Non-Employee Profile ID"

// AccountID and AccountName are the default attributes that are the account id
// (native identity) and the account name.
const (
	AccountID   = "id"
	AccountName = "name"
)

// Attribute is an attribute of the account schema. Name is the UID of the NERM
// attribute, compared exactly.
type Attribute struct {
	Name        string `json:"name"`
	Type        string `json:"type,omitempty"` // "STRING" in any case; empty means the same
	Description string `json:"description,omitempty"`
	Multi       bool   `json:"isMulti,omitempty"`
	Entitlement bool   `json:"isEntitlement,omitempty"`
}

// defaultNames are the top-level fields of a profile.
// Source: DECISION N32 of identity/nonemployee.
var defaultNames = [...]string{AccountID, "uid", AccountName, "profile_type_id", "status", "id_proofing_status",
	"created_at", "updated_at"}

// IsDefault reports whether name is one of the attributes that every profile
// has. Names are compared exactly.
func IsDefault(name string) bool { return slices.Contains(defaultNames[:], name) }

// AccountSchema is the list of account attributes: the default ones, which are
// fixed, then custom ones in the order they were added. Make one with
// [NewAccountSchema]. It is not safe for concurrent changes.
type AccountSchema struct{ custom []Attribute }

// NewAccountSchema returns a schema of the default attributes.
func NewAccountSchema() *AccountSchema { return &AccountSchema{} }

// Attributes returns all attributes, the default ones first. The account id is
// always "id", the account name "name".
func (s *AccountSchema) Attributes() []Attribute {
	all := make([]Attribute, 0, len(defaultNames)+len(s.custom))
	for _, name := range defaultNames {
		all = append(all, Attribute{Name: name, Type: TypeString})
	}
	return append(all, s.custom...)
}

// Add appends a custom attribute. The errors are [ErrFixed] for the name of a
// default attribute, [ErrDuplicate], and [ErrAttribute] for another type than
// String, an entitlement or a name that cannot be a UID.
func (s *AccountSchema) Add(a Attribute) error {
	switch {
	case IsDefault(a.Name):
		return fmt.Errorf("attribute %q: %w", a.Name, ErrFixed)
	case s.find(a.Name) >= 0:
		return fmt.Errorf("attribute %q: %w", a.Name, ErrDuplicate)
	}

	if err := a.check().Err(); err != nil {
		return fmt.Errorf("%w: %w", ErrAttribute, err)
	}
	a.Type = TypeString
	s.custom = append(s.custom, a)
	return nil
}

// Edit replaces the custom attribute of the given name. Default attributes give
// [ErrFixed], other names [ErrUnknown]; the rest is as in Add.
func (s *AccountSchema) Edit(name string, a Attribute) error {
	i, err := s.own(name)
	if err != nil {
		return err
	}
	changed := AccountSchema{slices.Delete(slices.Clone(s.custom), i, i+1)}
	if err := changed.Add(a); err != nil {
		return err
	}

	s.custom[i] = changed.custom[len(changed.custom)-1]
	return nil
}

// Remove deletes a custom attribute. Default attributes give [ErrFixed], other
// names [ErrUnknown].
func (s *AccountSchema) Remove(name string) error {
	i, err := s.own(name)
	if err != nil {
		return err
	}
	s.custom = slices.Delete(s.custom, i, i+1)
	return nil
}

func (s *AccountSchema) own(name string) (int, error) {
	if IsDefault(name) {
		return 0, fmt.Errorf("attribute %q: %w", name, ErrFixed)
	}
	i := s.find(name)
	if i < 0 {
		return 0, fmt.Errorf("attribute %q: %w", name, ErrUnknown)
	}
	return i, nil
}

func (s *AccountSchema) find(name string) int {
	return slices.IndexFunc(s.custom, func(a Attribute) bool { return a.Name == name })
}

// names returns the attribute names as the schema of the accounts.
func (s *AccountSchema) names() *identity.Schema {
	names := slices.Clone(defaultNames[:])
	for _, a := range s.custom {
		names = append(names, a.Name)
	}
	return identity.NewSchema(names...)
}

// check reports what is wrong with a custom attribute on its own.
func (a Attribute) check() (list diag.List) {
	add := func(sev diag.Severity, code diag.Code, message, hint string) {
		list.Add(diag.Diagnostic{Severity: sev, Code: code, Path: diag.Path{diag.Named("attribute", a.Name)},
			Message: message, Hint: hint})
	}
	switch {
	case a.Name == "":
		// The name is sent as it is, and the service compares every character.
		add(diag.Error, codeNermAttributeName, "the attribute has no name, expected the uid of a NERM attribute", "")
	case strings.TrimSpace(a.Name) != a.Name:
		add(diag.Error, codeNermAttributeName,
			"the name begins or ends with a space, expected the exact uid of a NERM attribute", "")
	}

	// The vendor's connector knows texts only.
	if a.Type != "" && !strings.EqualFold(a.Type, TypeString) {
		add(diag.Error, codeNermType, fmt.Sprintf("type is %q, expected String", a.Type),
			"values of other types are converted to text")
	}
	if a.Entitlement {
		add(diag.Error, codeNermEntitlement, "the attribute is marked as entitlement, a NERM source has none", "")
	}

	if a.Multi {
		add(diag.Warning, codeNermMulti, "the attribute is marked as multi-valued, its values arrive as one text with commas",
			"use a split transform")
	}
	return list
}
