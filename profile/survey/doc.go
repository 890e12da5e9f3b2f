// Package survey tells what is in the account files of a configuration and in what a run
// makes of them: how far each column and each identity attribute is filled, which values,
// lengths, patterns and date formats it has, what is nearly the same, what a look-up does
// not know, which columns nobody reads, and why attributes are null.
//
// Memory is bounded by the number of columns and attributes, not by that of accounts: each
// keeps a fixed number of values, see [Column].
package survey
