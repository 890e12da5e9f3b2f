// Package scim reads the resources of SCIM 2.0 services as accounts: list
// responses in files, services over HTTP page by page, and PATCH requests as
// changes.
//
// A resource becomes columns: name.givenName for a part of a complex attribute;
// emails for the values of one with several, the primary one first, emails.work
// for those of a type and emails.primary for the primary one; groups.display for
// another part than the value. An attribute of an extension has its full name and
// its last part, unless the core has an attribute of that name: department is
// urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department. A
// complex attribute with a value, such as manager, is also a column of its own.
// active false disables the account; id is its stable id (profile/DECISIONS.md, DECISION 48).
//
// A list that has fewer resources than it says is an error: what is missing must
// not look as if it had been deleted.
//
// Finding codes. Errors, for which the resource is left out: scim-shape,
// scim-patch, account-id-missing.
//
// Source: RFC 7643 2, 4, 8; RFC 7644 3.4, 3.5.2.
package scim
