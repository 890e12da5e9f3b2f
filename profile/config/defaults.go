package config

import (
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/jsondoc"
)

// defaultNames are the account attributes that a new profile maps, by target; an
// attribute is taken only when exactly one of its list is in the schema.
//
// Source: DECISION 14.
var defaultNames = []struct {
	target string
	names  []string
}{
	{"email", []string{"email", "workemail", "mail", "emailaddress"}},
	{"lastname", []string{"lastname", "familyname", "surname", "sn"}},
	{"firstname", []string{"firstname", "givenname"}},
	{"displayName", []string{"displayname", "fullname", "name"}},
	{"identificationNumber", []string{"employeenumber", "employeeid", "identificationnumber", "id"}},
	{"manager", []string{"manager", "managerid"}},
	{"cloudLifecycleState", []string{"lifecyclestate", "cloudlifecyclestate"}},
}

// DefaultMapping returns the identityAttributeConfig that a new profile on the
// source gets: enabled, with the attributes of the account schema whose names
// leave no doubt. Nothing is mapped for a non-employee source or one without
// schema.
//
// Source: DECISION 14.
func DefaultMapping(s *Source) *jsondoc.Node {
	list := jsondoc.NewArray()
	for _, m := range s.defaultPairs() {
		appendItem(list, jsondoc.NewObject(jsondoc.M("identityAttributeName", jsondoc.NewString(m[0])),
			jsondoc.M("transformDefinition", accountRead(s, m[1]))))
	}
	return jsondoc.NewObject(jsondoc.M("enabled", jsondoc.NewBool(true)), jsondoc.M("attributeTransforms", list))
}

func (s *Source) defaultPairs() [][2]string {
	if s.Schema == nil || s.NonEmployee() {
		return nil
	}
	var pairs [][2]string

	// The uid of the default mapping is the account's name where the schema says which attribute that
	// is.
	uid := s.Schema.DisplayAttribute
	if uid == "" {
		uid = s.Schema.IdentityAttribute
	}
	if slices.Contains(s.Schema.Names(), uid) {
		pairs = append(pairs, [2]string{AttrUID, uid})
	}
	for _, d := range defaultNames {
		if name := s.Schema.only(d.names); name != "" {
			pairs = append(pairs, [2]string{d.target, name})
		}
	}

	// What the platform added later is mapped by its name alone.
	for _, a := range catalogue[added2024 : len(catalogue)-1] { // without nextProcessing
		if name := s.Schema.only([]string{looseName(a.Name)}); name != "" {
			pairs = append(pairs, [2]string{a.Name, name})
		}
	}

	return pairs
}

// only returns the one attribute whose name, loosely, is in the list; "" when
// there is none or several.
func (s *AccountSchema) only(names []string) string {
	found := ""
	for _, a := range s.Attributes {
		if slices.Contains(names, looseName(a.Name)) {
			if found != "" {
				return ""
			}
			found = a.Name
		}
	}

	return found
}

// looseName is a name without case and without - _ . and blanks.
func looseName(name string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "", ".", "", " ", "").Replace(name))
}

func accountRead(s *Source, attribute string) *jsondoc.Node {
	attributes := jsondoc.NewObject(jsondoc.M("sourceName", jsondoc.NewString(s.Name)),
		jsondoc.M("attributeName", jsondoc.NewString(attribute)))
	if s.ID != "" {
		attributes.Set("sourceId", jsondoc.NewString(s.ID))
	}
	return jsondoc.NewObject(jsondoc.M("type", jsondoc.NewString("accountAttribute")),
		jsondoc.M("attributes", attributes))
}

// NonEmployee reports whether the source holds non-employee records.
func (s *Source) NonEmployee() bool {
	for _, n := range []*jsondoc.Node{s.Node.Get("connector"), s.Node.Get("connectorScriptName"), s.Node.Get("type"),
		s.Node.Get("connectorName")} {
		if strings.Contains(looseName(n.Text()), "nonemployee") {
			return true
		}
	}

	return false
}
