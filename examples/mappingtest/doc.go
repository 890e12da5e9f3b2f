// Package mappingtest shows how mappings are tested: the suites of two
// configurations, run by go test, with figures that must not fall. The files of
// the first stand beside its configuration, in examples/acme/tests; those of the
// second are here.
package mappingtest
