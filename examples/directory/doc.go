// Package directory holds the sources that need a directory server: ldap reads
// Active Directory and LDAP servers.
//
// It is a module of its own, so that nobody who imports the library pays for an
// LDAP client.
package directory
