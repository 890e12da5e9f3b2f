// Package codes answers from two fixed tables: countries by code or name (ISO
// 3166-1, with English and native names) and tags by language (as the operation
// rfc5646 has them, old Java codes included).
//
// Texts are compared as String.equalsIgnoreCase does, without the blanks that
// String.trim takes off. The tables are constant: they cost no time at the start
// of a program, look-ups do not allocate, and all functions are safe for
// concurrent use.
//
// tables.go is made by gen.go from iso3166.json and rfc5646.json.
package codes

//go:generate go run gen.go
