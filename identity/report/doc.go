// Package report turns a [Table] into the forms people and programs read: CSV (plain or in a
// zip), JSON, JSON Lines, plain text, Markdown and a self-contained HTML page. The PDF form of
// the same table is in the package report/pdf.
//
// A table is data only: title, meta lines, columns, rows, notes. Rows are held in memory
// ([RowsOf]) or streamed; CSV, JSON, JSON Lines, Markdown and HTML write a streamed table row by
// row, text and PDF must know all rows before the first is placed. Nothing here reads a clock:
// every date that appears in an output is given by the caller, so the same table always gives
// the same bytes.
//
// The columns of the reports about identities (exceptions, incomplete identities, identities
// without managers, uncorrelated accounts, ambiguous matches, profile moves, profiles, changes)
// are defined as a [Layout] of a plain row struct each; [ExceptionTable] and its siblings make
// the table from a slice, [Layout.Stream] from a stream.
package report
