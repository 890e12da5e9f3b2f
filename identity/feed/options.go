package feed

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
)

// Attribute is an attribute of an account schema.
//
// Source: profile/DECISIONS.md, DECISION 52.
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

	// ID is the source's id. In a list of the accounts of many sources an account
	// is of this source when it has that sourceId, or that sourceName.
	ID string

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

	// StableID are the attributes that may hold an id that stays when the account
	// is renamed or moved; the first that is not empty becomes the account's UUID
	// (profile/DECISIONS.md, DECISION 48). Nil: uuid.
	StableID []string

	// Delimiter stands between the cells of a delimited file. This and the
	// following settings go before Connector. Empty: what Connector says, if the
	// first row fits it, else what the file shows, else a comma, in a .tsv file a
	// tab. Quote (one ASCII character), Encoding and HasHeader likewise.
	Delimiter string
	Quote     string
	Encoding  string
	HasHeader *bool

	// Columns are the names of the columns of a file without a header.
	Columns []string

	// MergeRows makes one account of all rows with the same values in the columns
	// IndexColumns (nil: the account id). The account has the values of its first
	// row; those of MergeColumns (nil: the multi-valued attributes) are collected
	// from all of them.
	MergeRows    *bool
	MergeColumns []string
	IndexColumns []string

	// Filter, in the language of account filters, takes accounts out of a
	// delimited file; Comment (one ASCII character) starts rows that are none.
	Filter  string
	Comment string

	// Connector are the connector attributes of the source. Those of a delimited
	// file are read: delimiter, hasHeader, columnNames, mergeRows, mergeColumns,
	// indexColumn, filterString, commentCharacter, fileEncoding.
	Connector *jsondoc.Node

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

	// OnColumns is told which columns a delimited file has, and when all of a file
	// of objects is read which attributes they have; nil means nobody is.
	OnColumns func(names []string)

	// Elsewhere reports that accounts with this source id and name in a list are
	// read for another source: those are not counted among the ones that are passed
	// over. Nil: none are.
	Elsewhere func(sourceID, sourceName string) bool

	// OnAssumption is told what was recognised, merged or left out, once for each
	// kind, at the latest when the last account is read; nil means nobody is.
	OnAssumption func(diag.Assumption)
}

// check refuses options that cannot work.
func (o *Options) check() error {
	if o.Delimiter != "" && !validDelimiter(o.Delimiter) {
		return fmt.Errorf("delimiter %q: expected text without quotes and line breaks", o.Delimiter)
	}
	if o.Quote != "" && (!validMark(o.Quote) || strings.Contains(o.Delimiter, o.Quote)) {
		return fmt.Errorf("quote %q: expected one ASCII character that is not in the delimiter", o.Quote)
	}
	if o.Comment != "" && !validMark(o.Comment) {
		return fmt.Errorf("comment character %q: expected one ASCII character", o.Comment)
	}
	if o.Encoding != "" && encodingName(o.Encoding) == "" {
		return unknownEncoding(o.Encoding)
	}
	return nil
}

func validDelimiter(text string) bool {
	return text != "" && utf8.ValidString(text) && !strings.ContainsAny(text, "\"\r\n\x00")
}

// validMark reports whether text is one character that may stand for a quote or
// a comment.
func validMark(text string) bool {
	return len(text) == 1 && text[0] > ' ' && text[0] < 0x7F
}

// reserved are the names that set fields of the account.
//
// Source: profile/DECISIONS.md, DECISION 52.
var reserved = [...]string{"created", "modified", "disabled", "locked"}
