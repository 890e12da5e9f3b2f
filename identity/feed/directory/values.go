package directory

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// AccountControl are the bits of userAccountControl, or those of
// msDS-User-Account-Control-Computed, where the directory says what follows from
// time and policy: locked and expired are right there only.
//
// Source: the vendor's pages of both attributes.
type AccountControl uint32

// The bits that matter for identities.
const (
	Disabled             AccountControl = 0x2
	Locked               AccountControl = 0x10 // computed only
	PasswordNotRequired  AccountControl = 0x20
	Normal               AccountControl = 0x200
	InterdomainTrust     AccountControl = 0x800
	Workstation          AccountControl = 0x1000
	DomainController     AccountControl = 0x2000
	PasswordNeverExpires AccountControl = 0x10000
	SmartcardRequired    AccountControl = 0x40000
	PasswordExpired      AccountControl = 0x800000 // computed only
)

// ParseAccountControl reads the decimal text of the bits. Negative numbers are
// those of directories that write 32 bits with a sign.
func ParseAccountControl(text string) (AccountControl, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < -1<<31 || n >= 1<<32 {
		return 0, false
	}
	return AccountControl(uint32(n)), true
}

// Has reports whether all the bits are set.
func (c AccountControl) Has(bits AccountControl) bool { return c&bits == bits }

// GUID writes the 16 bytes of an objectGUID as the product shows them:
// {6f9619ff-8b86-d011-b42d-00c04fc964ff}. The first three groups stand in the
// file with their last byte first.
func GUID(raw []byte) (string, bool) {
	if len(raw) != 16 {
		return "", false
	}
	return fmt.Sprintf("{%08x-%04x-%04x-%x-%x}", binary.LittleEndian.Uint32(raw), binary.LittleEndian.Uint16(raw[4:]),
		binary.LittleEndian.Uint16(raw[6:]), raw[8:10], raw[10:]), true
}

// ParseGUID reads the text of a GUID, with or without braces, back into the bytes
// that a directory compares in filters.
func ParseGUID(text string) (raw []byte, ok bool) {
	text = strings.TrimSuffix(strings.TrimPrefix(text, "{"), "}")
	if len(text) != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-' {
		return nil, false
	}
	raw, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if err != nil || len(raw) != 16 {
		return nil, false
	}
	raw[0], raw[1], raw[2], raw[3] = raw[3], raw[2], raw[1], raw[0]
	raw[4], raw[5], raw[6], raw[7] = raw[5], raw[4], raw[7], raw[6]
	return raw, true
}

// SID writes the bytes of an objectSid as text: S-1-5-21-....
//
// Source: the vendor's page of the SID packet; an authority above 32 bits is
// written in hexadecimal.
func SID(raw []byte) (string, bool) {
	if len(raw) < 8 || raw[0] != 1 || len(raw) != 8+4*int(raw[1]) {
		return "", false
	}
	authority := uint64(binary.BigEndian.Uint16(raw[2:]))<<32 | uint64(binary.BigEndian.Uint32(raw[4:]))
	text := "S-1-" + strconv.FormatUint(authority, 10)
	if authority >= 1<<32 {
		text = fmt.Sprintf("S-1-0x%012x", authority)
	}
	for b := raw[8:]; len(b) > 0; b = b[4:] {
		text += "-" + strconv.FormatUint(uint64(binary.LittleEndian.Uint32(b)), 10)
	}
	return text, true
}

// Mangled is what Active Directory makes of the name of an entry that it cannot
// keep under its own.
type Mangled uint8

// The kinds of such entries.
const (
	Intact   Mangled = iota
	Deleted          // \0ADEL: the entry is deleted and waits for its end
	Conflict         // \0ACNF: another domain controller made an entry of the same name at the same time
)

// Unmangle tells whether a name, or its first part, is that of a deleted or of a
// conflict object, and returns the name that it had and the GUID of the entry. A
// name that is neither is returned as it is.
//
// Source: the vendor's page of deleted and conflict objects.
func Unmangle(name string) (had, guid string, kind Mangled) {
	for _, form := range []struct {
		mark string
		kind Mangled
	}{{"DEL:", Deleted}, {"CNF:", Conflict}} {
		for _, lineFeed := range []string{"\n", `\0A`, `\0a`, `\` + "\n"} {
			at := strings.Index(name, lineFeed+form.mark)
			if at < 0 {
				continue
			}
			rest := name[at+len(lineFeed)+len(form.mark):]
			if len(rest) < 36 || len(rest) > 36 && rest[36] != ',' && rest[36] != '+' {
				continue
			}
			return name[:at] + rest[36:], rest[:36], form.kind
		}
	}

	return name, "", Intact
}

// PrimaryMail returns the primary address among proxyAddresses, the one whose
// type is written SMTP: in capitals, without the type; "" when there is none.
func PrimaryMail(addresses []string) string {
	for _, a := range addresses {
		if mail, ok := strings.CutPrefix(a, "SMTP:"); ok {
			return mail
		}
	}

	return ""
}
