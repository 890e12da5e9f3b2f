// Package ldap reads accounts from Active Directory and LDAP servers.
//
// A [Server] is read page by page, with the filter, base and attributes of its
// source ([FromSource]). An answer that is not complete, because a limit was met
// or the connection broke, ends the stream with an error: what is missing must
// not look as if it had been deleted.
//
// A delta ([Server.Changes]) asks for the entries whose uSNChanged or
// modifyTimestamp is later than a [Mark], and for the stable id and the DN of all.
// The second is needed because a server says nothing of the entries below a
// container that moved, and nothing of the people whose manager was renamed or
// deleted.
//
// The password comes from the host when it is needed, and is never logged or kept.
package ldap
