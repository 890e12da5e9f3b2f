// Package dn reads and compares distinguished names of directories.
//
// Two names are the same for a directory when [Fold] gives the same text: the
// case of types and values, blanks around parts and runs of blanks inside them,
// the order within a part of several values, the way a character is escaped and
// the name of a type (CN, commonName, 2.5.4.3) do not count. Accents count.
//
// Source: RFC 4514; RFC 4517 4.2.15; RFC 4518 2.6.1.
package dn

import (
	"encoding/hex"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
)

// Part is one value of a distinguished name. Values that are one part of the
// name, joined by +, follow each other with More set.
type Part struct {
	Type  string // as it is written
	Value string // without escapes
	More  bool
}

// Parse reads a distinguished name. What is no name gives nil, as does the empty
// name.
func Parse(s string) []Part {
	var parts []Part
	for s != "" {
		typ, rest, ok := strings.Cut(s, "=")
		if typ = strings.TrimSpace(typ); !ok || typ == "" || strings.ContainsAny(typ, ",;+\"\\<>") {
			return nil
		}

		value, end, rest := readValue(rest)
		parts = append(parts, Part{Type: typ, Value: value, More: end == '+'})
		if s = rest; s == "" && end != 0 {
			return nil // a separator with nothing after it
		}
	}

	return parts
}

// readValue reads a value up to the separator, which it returns, 0 at the end.
func readValue(s string) (value string, end byte, rest string) {
	var b strings.Builder
	s = strings.TrimLeft(s, " ")
	quoted := false
	solid := 0 // length of b up to the last character that is no plain blank
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			// Two hexadecimal digits are a byte, any other character behind a backslash is itself.
			if raw, err := hex.DecodeString(s[i+1 : min(i+3, len(s))]); err == nil && len(raw) == 1 {
				b.WriteByte(raw[0])
				i += 2
			} else {
				i++
				b.WriteByte(s[i])
			}

			solid = b.Len()

		case c == '"':
			quoted = !quoted
		case !quoted && (c == ',' || c == ';' || c == '+'):
			return b.String()[:solid], c, s[i+1:]
		default:
			b.WriteByte(c)
			if quoted || c != ' ' {
				solid = b.Len()
			}
		}
	}

	return b.String()[:solid], 0, ""
}

// typeNames are the short names of the types that RFC 4514 and directories write
// in several ways.
var typeNames = map[string]string{
	"COMMONNAME": "CN", "2.5.4.3": "CN", "SURNAME": "SN", "2.5.4.4": "SN",
	"COUNTRYNAME": "C", "2.5.4.6": "C", "LOCALITYNAME": "L", "2.5.4.7": "L",
	"STATEORPROVINCENAME": "ST", "S": "ST", "2.5.4.8": "ST", "STREETADDRESS": "STREET", "2.5.4.9": "STREET",
	"ORGANIZATIONNAME": "O", "2.5.4.10": "O", "ORGANIZATIONALUNITNAME": "OU", "2.5.4.11": "OU",
	"DOMAINCOMPONENT": "DC", "0.9.2342.19200300.100.1.25": "DC", "USERID": "UID", "0.9.2342.19200300.100.1.1": "UID",
	"EMAILADDRESS": "E", "EMAIL": "E", "1.2.840.113549.1.9.1": "E",
}

// typeName returns the one name of a type.
func typeName(typ string) string {
	typ = strings.ToUpper(typ)
	typ = strings.TrimPrefix(typ, "OID.")
	if short, ok := typeNames[typ]; ok {
		return short
	}
	return typ
}

// Fold writes a name in one form. What is no name is folded and trimmed.
func Fold(s string) string {
	// Nearly all names are plain and need no parsing.
	if folded, ok := foldPlain(s); ok {
		return folded
	}
	parts := Parse(s)
	if parts == nil {
		return identity.Fold(strings.Join(strings.Fields(s), " "))
	}

	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(parts); {
		if i > 0 {
			b.WriteByte(',')
		}
		end := i + 1

		// Values of one part may come in any order, so they are folded together.
		for end < len(parts) && parts[end-1].More {
			end++
		}
		foldPart(&b, parts[i:end])
		i = end
	}

	return identity.Fold(b.String())
}

// foldPlain folds the names that most entries have: ASCII, nothing escaped, one
// value a part and no blanks that do not count.
func foldPlain(s string) (string, bool) {
	buf := make([]byte, len(s))
	begin, equals := 0, -1 // of the part
	for i := 0; i <= len(s); i++ {
		if i == len(s) || s[i] == ',' {
			if equals < 0 || equals == begin || i > equals+1 && s[i-1] == ' ' || !plainType(buf[begin:equals]) {
				return "", false
			}
			if i < len(s) {
				buf[i] = ','
			}
			begin, equals = i+1, -1
			continue
		}

		switch c := s[i]; {
		case c == '=' && equals < 0:
			equals, buf[i] = i, c
		case c == ' ' && (equals < 0 || i == equals+1 || s[i-1] == ' '),
			c >= 0x80, c < ' ', strings.IndexByte(`+;"\<>=`, c) >= 0:
			return "", false
		case c >= 'A' && c <= 'Z':
			buf[i] = c + 'a' - 'A'
		default:
			buf[i] = c
		}
	}

	return string(buf), true
}

// plainType reports whether a type in lower case has no other name.
func plainType(typ []byte) bool {
	switch string(typ) {
	case "cn", "ou", "dc", "uid", "o":
		return true
	}

	return strings.ToLower(typeName(string(typ))) == string(typ)
}

// foldPart writes the values of one part in the order of their types.
func foldPart(b *strings.Builder, values []Part) {
	if len(values) == 1 {
		foldValue(b, values[0])
		return
	}

	texts := make([]string, len(values))
	for i, v := range values {
		var one strings.Builder
		foldValue(&one, v)
		texts[i] = identity.Fold(one.String())
	}

	slices.Sort(texts)
	b.WriteString(strings.Join(texts, "+"))
}

// foldValue writes a type and a value, with each run of blanks as one.
func foldValue(b *strings.Builder, p Part) {
	b.WriteString(typeName(p.Type))
	b.WriteByte('=')

	// Blanks at the ends do not count, and each run between words is one.
	blank, begun := false, false
	for i := range len(p.Value) {
		c := p.Value[i]
		if c == ' ' {
			blank = begun
			continue
		}

		if blank {
			b.WriteByte(' ')
		}
		blank, begun = false, true
		if strings.IndexByte(`,;+"\<>=`, c) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
}

// Value returns the first value of a type, "" when there is none. What is no
// name is returned as it is.
func Value(s, typ string) string {
	parts := Parse(s)
	if parts == nil {
		return s
	}
	typ = typeName(typ)
	for _, p := range parts {
		if typeName(p.Type) == typ {
			return p.Value
		}
	}

	return ""
}

// Parent returns the name of the entry above, as it is written; "" when there is
// none.
func Parent(s string) string {
	more := true
	for more {
		_, rest, ok := strings.Cut(s, "=")
		if !ok {
			return ""
		}
		_, end, after := readValue(rest)
		s, more = after, end == '+'
	}

	return strings.TrimLeft(s, " ")
}

// First returns the first part of a name, as it is written.
func First(s string) string {
	above := Parent(s)
	if above == "" {
		return s
	}
	part := strings.TrimRight(s[:len(s)-len(above)], " ")
	return strings.TrimRight(part[:len(part)-1], " ") // without the comma
}
