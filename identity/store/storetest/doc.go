// Package storetest holds the tests that every [identity.Store] must pass.
package storetest
