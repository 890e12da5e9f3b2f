// Package rule compiles expressions to rules: small programs in the expression
// language of github.com/expr-lang/expr that stand for the code of a custom rule,
// choose when a correlation rule applies, or compute the values it compares.
//
// An expression sees what it is handed and nothing else: there is no clock, no
// environment, no file, no randomness. What it does is counted against [Limits],
// so the same expression over the same values gives the same answer, or the same
// error, on every machine.
//
// Attributes are read as members: identity.email, account["cost center"]. An
// attribute that is not set is nil. Nil in gives nil out: functions, arithmetic,
// comparisons by order, slices and members of nil are nil, and nil as a
// condition is false. Text is text: input[0:2], input[0], len and indexOf count
// characters (code points) and never cut one; upper, lower and trim are the
// operations of the platform. The functions are
//
//	lower upper trim trimPrefix trimSuffix replace split join substr
//	len indexOf first last digits string int abs min max default
//	all any none one filter map count find   (with a predicate)
//
// and the operators are those of the language, where + joins texts, matches
// takes a constant RE2 pattern, and contains, startsWith and endsWith are false
// for nil.
package rule
