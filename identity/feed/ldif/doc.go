// Package ldif reads the entries of directories as accounts: the output of
// ldapsearch, ldbsearch and ldifde, and exports of directories.
//
// Files are streamed, whatever their size. An entry that cannot be read is
// reported with its line, refused and counted, so that nothing looks as if it had
// been deleted; a file that says that it is not complete ends with an error.
// Comments, referrals and the result lines of ldapsearch are passed over.
//
// Values mean what they mean to the product: objectGUID and objectSid are texts,
// userAccountControl and its like disable and lock the account, objectGUID or
// entryUUID is its stable id (profile/DECISIONS.md, DECISION 48). Other binary values stay base64.
//
// Finding codes. Errors, for which the entry is left out: ldif-syntax,
// ldif-base64, ldif-encoding, ldif-dn-missing, ldif-dn-duplicate, ldif-url,
// ldif-change, ldif-size, account-id-missing. Warnings: ldif-range and those of
// package feed. Assumption codes: ldif-binary, ldif-referrals.
//
// Source: RFC 2849; RFC 4512 2.5; manual pages of the tools.
package ldif
