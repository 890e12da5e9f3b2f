// Package directory says what Active Directory and LDAP servers mean by the
// values that they store: times, ids, flags, names of deleted entries.
//
// The functions are pure. Those that read a text return false when it is not of
// the form that they read, and never guess.
package directory
