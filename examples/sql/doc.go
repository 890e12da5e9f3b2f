// Package sqlstate keeps identities in SQL databases: it reads accounts from
// tables, aggregates them into a database, and goes on after the program was
// stopped anywhere. It is a module of its own, so that programs that use no
// database need no drivers.
package sqlstate
