package feed

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/idprofile/engine/identity/diag"
)

// Attribute is an attribute of an account schema.
//
// Source: identity-profile.md 3.2.
type Attribute struct {
	Name        string
	Multi       bool // values are lists, also those of one item
	Entitlement bool // values are entitlements of the account
}

// Options say how accounts are read. The zero Options read a comma-separated
// file whose account id is in the column nativeIdentity or id.
type Options struct {
	// Name is the display name of the source. Empty: the name of the file
	// without its extension, percent-decoded.
	Name string

	// Attributes is the account schema. Other columns are dropped, as an
	// aggregation drops them; those with reserved names still set the fields of
	// the account. Nil: every column is an attribute.
	Attributes []Attribute

	// NativeIdentity is the identityAttribute of the schema: the unique account
	// id. Empty: nativeIdentity, else id.
	NativeIdentity string

	// FirstColumn takes the first column for the account id when NativeIdentity
	// is empty and there is neither nativeIdentity nor id.
	FirstColumn bool

	// DisplayName is the displayAttribute of the schema: the account name.
	// Empty: the account id.
	DisplayName string

	// Delimiter stands between the cells of a delimited file. Empty: a comma,
	// in a .tsv file a tab.
	Delimiter string

	// Separator stands between the items of a multi-valued cell. Empty: the
	// cell is one item.
	Separator string

	// KeepEmpty makes an empty cell the empty text instead of null.
	KeepEmpty bool

	// KeepUnknown keeps columns that are not in Attributes.
	KeepUnknown bool

	// OnFinding is told about everything that is wrong with the data; nil means
	// nobody is. It is called by the goroutine that reads.
	OnFinding func(diag.Diagnostic)
}

// check refuses options that cannot work.
func (o *Options) check() error {
	if strings.ContainsAny(o.Delimiter, "\"\r\n") || strings.Contains(o.Delimiter, "\x00") || !utf8.ValidString(o.Delimiter) {
		return fmt.Errorf("delimiter %q: expected text without quotes and line breaks", o.Delimiter)
	}
	return nil
}

// attribute returns the schema's attribute of that name. Without a schema every
// name is an attribute.
func (o *Options) attribute(name string) (Attribute, bool) {
	for _, a := range o.Attributes {
		if a.Name == name {
			return a, true
		}
	}
	return Attribute{Name: name}, o.Attributes == nil || o.KeepUnknown
}

// reserved are the names that set fields of the account.
//
// Source: identity-profile.md 3.3.
var reserved = [...]string{"created", "modified", "disabled", "locked"}
