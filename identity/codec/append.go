package codec

import (
	"encoding/binary"
	"time"

	"github.com/idprofile/engine/identity"
)

// A SchemaAppender writes the names of attributes, which thousands of records share: as
// a number in a table of its own, or as they are.
type SchemaAppender interface {
	// AppendSchema writes the names of a schema, which is nil for attributes that are empty.
	AppendSchema(b []byte, s *identity.Schema) []byte
}

// A SchemaReader reads what a [SchemaAppender] has written.
type SchemaReader interface {
	// ReadSchema reads the names of a schema, and calls [Reader.Fail] where it cannot.
	ReadSchema(r *Reader) *identity.Schema
}

// AppendText writes a text behind its length in bytes.
func AppendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// AppendTexts writes a list of texts behind its length.
func AppendTexts(b []byte, list []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, s := range list {
		b = AppendText(b, s)
	}
	return b
}

// AppendTime writes an instant to the nanosecond; its zone is not kept.
func AppendTime(b []byte, at time.Time) []byte {
	if at.IsZero() {
		return append(b, 0)
	}
	b = binary.AppendVarint(append(b, 1), at.Unix())
	return binary.AppendUvarint(b, uint64(at.Nanosecond()))
}

// AppendFlags writes up to eight flags, the first in the lowest bit.
func AppendFlags(b []byte, flags ...bool) []byte {
	var n byte
	for i, on := range flags {
		if on {
			n |= 1 << i
		}
	}

	return append(b, n)
}

// AppendAttributes writes names and values.
func AppendAttributes(b []byte, names SchemaAppender, a identity.Attributes) []byte {
	return AppendText(names.AppendSchema(b, a.Schema()), a.Row())
}

// AppendAccount writes an account. Later versions may append fields, and readers ignore
// what follows the fields that they know: whoever writes something behind an account that
// another version may read puts [AppendSized] around it.
func AppendAccount(b []byte, names SchemaAppender, a *identity.Account) []byte {
	b = AppendText(AppendText(AppendText(b, a.Source), a.NativeIdentity), a.Name)

	// Few accounts have the fields behind the fourth flag.
	more := a.ID != "" || a.UUID != "" || a.IdentityID != "" || len(a.Entitlements) > 0
	b = AppendFlags(b, a.Disabled, a.Locked, a.ManuallyCorrelated, more, a.Fingerprint != 0)
	b = AppendTime(AppendTime(b, a.Created), a.Modified)
	if more {
		b = AppendText(AppendText(AppendText(b, a.ID), a.UUID), a.IdentityID)
		b = AppendTexts(b, a.Entitlements)
	}

	b = AppendAttributes(b, names, a.Attributes)
	if a.Fingerprint != 0 {
		b = binary.LittleEndian.AppendUint64(b, a.Fingerprint)
	}
	return b
}

// AppendSized writes what write appends, behind its length in four bytes, see
// [Reader.Part].
func AppendSized(b []byte, write func([]byte) []byte) []byte {
	at := len(b)
	b = write(append(b, 0, 0, 0, 0))
	binary.LittleEndian.PutUint32(b[at:], uint32(len(b)-at-4))
	return b
}
