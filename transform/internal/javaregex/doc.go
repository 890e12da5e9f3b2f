// Package javaregex implements the regular expressions of Java:
// java.util.regex as JDK 17 has it, with String.replaceAll and String.split.
//
// An expression is parsed into a tree by the rules of Java, including what
// Java refuses. Matching then goes one of three ways, always with the same
// result: a direct loop for a single character class or a plain text; a
// backtracking matcher that follows Java in every detail; and package regexp,
// in linear time, for a search in which the matcher gets lost, where RE2 gives
// exactly Java's answer. All of it is counted against a [limit.Budget].
//
// Texts are UTF-8. A lone surrogate, which Java can produce by cutting a pair
// in two, is written in the three bytes that UTF-8 would give it.
//
// Source: java.util.regex of JDK 17.
package javaregex
