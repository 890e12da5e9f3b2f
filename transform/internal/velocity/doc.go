// Package velocity renders the templates of transforms: the part of Apache
// Velocity 1.7 that they need, compiled once and evaluated many times.
//
// The lexer keeps Velocity's states and its rule of the longest match, so that
// odd places come out as they do there: #else glued to a word, blanks in front
// of #set, escapes, marks that are no references. A reference to null raises,
// $!x and conditions included. There is no reflection: methods are a closed
// list, host objects answer for themselves.
//
// Differences from Velocity: #macro, #define, #parse, #include and #evaluate
// are syntax errors; the left side of #set may be ${v}; arrays print as lists;
// numbers beyond 64 bits lose digits when they meet decimals.
//
// Source: DECISION 10, 11, 12, 13 and 14; Apache Velocity 1.7.
package velocity
