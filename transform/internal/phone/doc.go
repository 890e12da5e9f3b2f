// Package phone brings phone numbers into E.164 form, +15123462000, with the
// answers of libphonenumber: the number is parsed for a default region, checked
// for validity and formatted; an extension is dropped.
//
// [Full] is the whole parser. [AppendE164] gives the same answers for the
// numbers of everyday life in a hundredth of the time: it runs over the digits
// with small automata, which are made from the metadata of the library when a
// region is first seen, and hands everything unusual to [Full].
//
// All functions are safe for concurrent use.
package phone
