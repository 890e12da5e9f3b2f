// Package linkage finds out who a record belongs to when no key agrees: it weighs
// what agrees and what does not, after Fellegi and Sunter, and says how sure it is.
//
// [Between] finds for each record of one table its person in another one, [Within]
// the records of one table that are one person. Nothing needs to be set: columns are
// recognised by their names and values, weights are found in the data without
// examples, and all that was assumed is in the [Report]. Pairs get a probability and
// a [Band]: they are linked by themselves, shown to a person, or left alone.
//
// Results depend neither on the order of records nor on the number of goroutines.
// Nothing here reads a clock, files or the network. How it works and why stands in
// DECISIONS.md beside this file.
package linkage
