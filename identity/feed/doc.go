// Package feed reads accounts from files, database rows and slices as sources:
// CSV and other delimited files, JSON Lines, JSON arrays, the list shape of the
// accounts API.
//
// Files are streamed, never loaded whole. The rows of one file share one
// [identity.Schema]. An account that cannot be read is reported through
// [Options.OnFinding] with its line, counted, and left out; the rest loads.
//
// How a delimited file is written is found from settings, from the connector
// attributes of its source and from the file itself, in this order; see
// [Options]. What was recognised, merged or left out goes to
// [Options.OnAssumption]; what contradicts itself is a finding.
//
// Finding codes. Errors, for which the account is left out: csv-quote,
// csv-row-size, csv-cell-count, json-syntax, json-shape, account-id-missing.
// Warnings: account-duplicate, account-created, account-modified, account-flag,
// connector-attribute, csv-delimiter, csv-duplicate-column, csv-header,
// filter-all, filter-property, filter-syntax, json-duplicate-key, json-utf8, merge-column,
// text-utf8. Infos: account-other-source, column-unknown, id-column.
//
// Assumption codes: columns-missing, created-missing, file-delimiter,
// file-encoding, file-header, file-quote, merge-columns, rows-comment, rows-filtered, rows-merged, rows-merged-first.
package feed
