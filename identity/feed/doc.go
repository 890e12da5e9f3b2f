// Package feed reads accounts from files, database rows and slices as sources:
// CSV and other delimited files, JSON Lines, JSON arrays, the list shape of the
// accounts API.
//
// Files are streamed, never loaded whole. The rows of one file share one
// [identity.Schema]. An account that cannot be read is reported through
// [Options.OnFinding] with its line, counted, and left out; the rest loads.
//
// Finding codes. Errors, for which the account is left out: csv-quote,
// csv-row-size, csv-cell-count, json-syntax, json-shape, account-id-missing.
// Warnings: account-duplicate, account-created, account-modified, account-flag,
// csv-duplicate-column, csv-header, json-duplicate-key, json-utf8, text-utf8.
// Infos: account-other-source, column-unknown.
package feed
