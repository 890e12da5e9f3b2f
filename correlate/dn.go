package correlate

import (
	"encoding/hex"
	"strings"

	"github.com/idprofile/engine/identity"
)

// rdn is one part of a distinguished name; parts joined by + follow each other
// with more set.
type rdn struct {
	typ, value string
	more       bool
}

// parseDN reads a distinguished name. What is no name gives nil. Values are
// without their escapes.
//
// Source: RFC 4514.
func parseDN(s string) []rdn {
	var parts []rdn
	for s != "" {
		typ, rest, ok := strings.Cut(s, "=")
		if typ = strings.TrimSpace(typ); !ok || typ == "" || strings.ContainsAny(typ, ",;+\"\\<>") {
			return nil
		}
		value, end, rest := dnValue(rest)
		parts = append(parts, rdn{typ: strings.ToUpper(typ), value: value, more: end == '+'})
		if s = rest; s == "" && end != 0 {
			return nil
		}
	}
	return parts
}

// dnValue reads a value up to the separator, which it returns, 0 at the end.
func dnValue(s string) (value string, end byte, rest string) {
	var b strings.Builder
	s = strings.TrimLeft(s, " ")
	quoted := false
	solid := 0 // length of b up to the last character that is no plain blank
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
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

// canonicalDN writes a name in one form: folded, without blanks around parts.
// What is no name is folded and trimmed.
func canonicalDN(s string) string {
	parts := parseDN(s)
	if parts == nil {
		return identity.Fold(trim(s))
	}
	var b strings.Builder
	for i, p := range parts {
		if i > 0 {
			if parts[i-1].more {
				b.WriteByte('+')
			} else {
				b.WriteByte(',')
			}
		}
		b.WriteString(p.typ)
		b.WriteByte('=')
		for j := 0; j < len(p.value); j++ {
			if strings.IndexByte(`,;+"\<>=`, p.value[j]) >= 0 {
				b.WriteByte('\\')
			}
			b.WriteByte(p.value[j])
		}
	}
	return identity.Fold(b.String())
}

// dnPart returns the value of the first part of a type, "" when there is none;
// what is no name is returned as it is.
func dnPart(s, typ string) string {
	parts := parseDN(s)
	if parts == nil {
		return s
	}
	for _, p := range parts {
		if strings.EqualFold(p.typ, typ) {
			return p.value
		}
	}
	return ""
}
