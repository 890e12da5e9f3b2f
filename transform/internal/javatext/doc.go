// Package javatext gives Go strings the semantics of java.lang.String, as JDK 17
// has it: positions are UTF-16 units, case mapping is the full one of Unicode 13
// without a language, blanks are what String.trim takes off.
//
// Text is UTF-8. A position can cut a character beyond U+FFFF in two; the half
// that is left stands in the text as the three bytes that UTF-8 would give its
// code (ED A0..BF xx, "WTF-8"), so that nothing is lost: [AppendText] and
// [Concat] put a first and a second half that meet together again. Every
// function takes and returns text where such halves do not meet. Bytes that are
// not even that count as one unit each and are passed on as they are.
//
// All functions are pure and safe for concurrent use.
package javatext

//go:generate go run gen.go
