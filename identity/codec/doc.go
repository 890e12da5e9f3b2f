// Package codec writes accounts and their parts as bytes: for those who store them and
// for those who send them to another process. Equal accounts are equal bytes, and what
// one version has written later ones read.
//
// The tables of a run alone pack accounts in an order of their own: what a run compares
// comes first there, and nothing but that run reads it.
package codec
