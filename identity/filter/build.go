package filter

import (
	"slices"

	"github.com/idprofile/engine/identity"
)

// Compare returns the filter property op value; op is one of == != < <= > >=.
func Compare(property, op string, value identity.Value) *Filter {
	return &Filter{root: &comparison{property: property, op: op, value: value}, properties: []string{property}}
}

// Call returns the filter property.function(values), for the functions that
// [Parse] knows.
func Call(property, function string, values ...identity.Value) *Filter {
	return &Filter{root: &call{property: property, function: function, args: values}, properties: []string{property}}
}

// Not returns the filter that accepts what f does not.
func Not(f *Filter) *Filter { return &Filter{root: not{f.root}, properties: f.properties} }

// All returns the filter that accepts what every part accepts: without parts,
// everything.
func All(parts ...*Filter) *Filter {
	if len(parts) == 1 {
		return parts[0]
	}
	list, properties := join(parts)
	return &Filter{root: and{list}, properties: properties}
}

// Any returns the filter that accepts what one of the parts accepts: without
// parts, nothing.
func Any(parts ...*Filter) *Filter {
	if len(parts) == 1 {
		return parts[0]
	}
	list, properties := join(parts)
	return &Filter{root: or{list}, properties: properties}
}

func join(parts []*Filter) (list []node, properties []string) {
	for _, f := range parts {
		list = append(list, f.root)
		for _, p := range f.properties {
			if !slices.Contains(properties, p) {
				properties = append(properties, p)
			}
		}
	}

	return list, properties
}
