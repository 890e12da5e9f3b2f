package isc

import (
	"strings"
	"unicode"

	"github.com/idprofile/engine/identity"
)

// CheckName refuses a new name of an object that begins or ends with a blank or with a
// character that nobody sees: lists show it as the name without it, and people who type
// what they see do not find the object. Names that are there already stay as they are.
//
// Error: [CodeIllegalValue].
func CheckName(name string) error {
	if bareName(name) != name {
		return Refuse(CodeIllegalValue, "the name %q begins or ends with a blank or an invisible character", name)
	}
	return nil
}

// SameName reports whether two names look like one to whoever reads them: without
// case and without what [CheckName] refuses.
func SameName(a, b string) bool {
	return identity.Fold(bareName(a)) == identity.Fold(bareName(b))
}

// bareName is a name without what cannot be seen at its ends.
func bareName(name string) string {
	return strings.TrimFunc(name, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) })
}
