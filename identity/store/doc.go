// Package store keeps identities and uncorrelated accounts: in memory, in a
// file, in a SQL database, or as changes on top of another store that stays as
// it is.
//
// The package storetest holds the tests that every [identity.Store] must pass.
package store
