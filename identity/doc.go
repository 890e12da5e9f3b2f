// Package identity holds the vocabulary that every other package shares: values
// and attributes, accounts and the sources they come from, identities, and the
// interfaces behind which they are kept.
//
// Attributes are packed rows: one string of bytes behind a [Schema] that all
// rows of a source share, so that a million people fit into memory and reading
// an attribute is an index. Values are views into such rows.
package identity
