// Package table keeps what a run knows of millions of accounts and identities in
// few large pieces of memory, without a pointer for each: packed rows ([Rows]),
// accounts ([Accounts]), tables that find them by a key ([Keys]) or by a text
// ([Text]), and sets of their numbers ([Numbers]).
package table
