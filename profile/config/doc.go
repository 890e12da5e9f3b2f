// Package config is what the configuration files of a tenant say: it loads them
// ([Load]), checks them, edits them and writes them back as they were ([Bundle]).
// It evaluates nothing.
//
// A [Bundle] is data: it may be read by any number of goroutines while none
// changes it.
package config
