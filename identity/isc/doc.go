// Package isc holds the shapes that all REST collections of an Identity Security
// Cloud tenant share: the body of an error with its codes, JSON Patch, and the
// query of a list.
//
//	ops, err := isc.ParsePatch(body)
//	changed, err := isc.Apply(document, ops, nil)
//
//	page, err := fields.Page(all, isc.Query{Filters: `name sw "A" or id eq "1"`, Sorters: "-created"}, natural)
//
// Packages that offer such a collection use these shapes and add their own rules
// on top of them; nothing here knows what the objects are.
package isc
