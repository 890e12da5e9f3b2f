// Package builtin holds every operation of the platform, one file for each
// family, listed in builtin.go. To add an operation, write it beside its family
// and add it to the list; nothing else has to be touched. What others have to know
// of it is said where it is defined: roles of attributes as tags of the arguments,
// and [transform.Traits]. A test of package profile keeps the names of operations
// out of everything else.
package builtin
