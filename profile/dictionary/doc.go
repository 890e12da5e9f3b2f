// Package dictionary makes the data dictionary of a configuration: for each identity
// attribute where its values come from, by which rule in plain words, who reads it, which
// tests look at it, and, where there are accounts, how far it is filled. It is for auditors
// and for whoever is new; it is made of what the files say and holds nothing of its own.
package dictionary
