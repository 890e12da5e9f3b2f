package javadate

import "strings"

// Comparison is an operator of dateCompare. The zero value is none and never holds.
type Comparison uint8

// The operators.
const (
	Before Comparison = iota + 1
	BeforeOrEqual
	After
	AfterOrEqual
)

// ParseComparison reads lt, lte, gt or gte in any case.
//
// Source: ISC operation "Date Compare".
func ParseComparison(text string) (Comparison, bool) {
	switch strings.ToLower(text) {
	case "lt":
		return Before, true
	case "lte":
		return BeforeOrEqual, true
	case "gt":
		return After, true
	case "gte":
		return AfterOrEqual, true
	}

	return 0, false
}

// Holds reports whether the comparison is true of two moments.
func (c Comparison) Holds(first, second Instant) bool {
	order := first.Compare(second)
	switch c {
	case Before:
		return order < 0
	case BeforeOrEqual:
		return order <= 0
	case After:
		return order > 0
	case AfterOrEqual:
		return order >= 0
	}

	return false
}

// ParseMoment reads an operand of dateCompare: "now", or what [ParseISO] accepts.
func ParseMoment(text string, now Instant) (Instant, error) {
	if text == "now" {
		return now, nil
	}
	return ParseISO(text)
}
