// Package nerm reads the profiles of one profile type of Non-Employee Risk
// Management (NERM) as the accounts of an [identity.Source].
//
// A [Config] says which tenant, key, profile type and attributes; its Check
// reports every problem at once. [New] makes a [Source] from it and an HTTP
// client; [Source.Test] proves that key and profile type belong together, and
// [Source.Accounts] streams the profiles page by page. The source only reads:
// [Source.Create], [Source.Update] and [Source.Delete] return [ErrReadOnly].
//
// Profiles of people (employees and non-employees) may create identities; other
// profile types may only supply attributes, see [Source.CheckAuthoritative].
// Archived profiles are left out. Every value arrives as text.
//
// The API key is a [Secret]: it is in no error, log record, export or text form.
// Network access goes through the client that the caller gives, and nowhere else.
//
// Users of NERM are not part of the source. [ReadUsers] turns a CSV file of
// employees into the bodies that create their profiles, users and roles.
package nerm
