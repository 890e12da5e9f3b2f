// Package builtin holds every operation of the platform, one file for each
// family, listed in builtin.go. To add an operation, write it beside its family
// and add it to the list; nothing else has to be touched.
package builtin
