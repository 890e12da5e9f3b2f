// Package feed reads accounts from files, database rows and slices as sources:
// CSV and other delimited files, JSON Lines, JSON arrays, the list shape of the
// accounts API.
//
// Files are streamed, never loaded whole. The rows of one file share one
// [identity.Schema]. An account that cannot be read is reported through
// [Options.OnFinding] with its line, counted, and left out; the rest loads.
//
// Finding codes: csv-quote, csv-row-size, csv-cell-count, csv-header,
// csv-duplicate-column, json-shape, account-id-missing (errors; the row is
// refused), account-duplicate, account-created, account-modified, account-flag,
// text-utf8 (warnings), column-unknown, account-other-source (info), and those
// of jsondoc.
package feed
