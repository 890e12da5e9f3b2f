package config

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
)

// maxName is the length of the longest display name.
const maxName = 128

// TechnicalName derives the technical name of an identity attribute or lifecycle
// state from its display name: words split at blanks, lower case, all but the
// first with a capital.
//
// Error: [isc.CodeIllegalValue] for a name that is empty, longer than 128
// characters, or has other characters than ASCII letters, digits and blanks.
// Source: DECISION 11.
func TechnicalName(display string) (string, error) {
	for _, r := range display {
		if r != ' ' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return "", isc.Refuse(isc.CodeIllegalValue,
				"%q has the character %q, only letters, digits and blanks are allowed",
				display, r)
		}
	}

	if len(display) > maxName {
		return "", isc.Refuse(isc.CodeIllegalValue, "the name has %d characters, at most %d are allowed", len(display),
			maxName)
	}

	// The platform splits at blanks and joins with capitals; what is shown may be written in any case.
	words := strings.Fields(strings.ToLower(display))
	if len(words) == 0 {
		return "", isc.Refuse(isc.CodeIllegalValue, "the name is empty")
	}
	for i, w := range words[1:] {
		words[i+1] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, ""), nil
}

// IdentityID derives the id of an identity from its first authoritative account.
func IdentityID(sourceID, nativeIdentity string) string {
	sum := sha256.Sum256([]byte(sourceID + "\x00" + nativeIdentity))
	return hex.EncodeToString(sum[:16])
}

func FirstText(nodes ...*jsondoc.Node) string {
	for _, n := range nodes {
		if s, ok := n.Str(); ok && s != "" {
			return s
		}
	}

	return ""
}

func texts(n *jsondoc.Node) []string {
	var list []string
	for _, item := range n.Items() {
		list = append(list, item.Text())
	}
	return list
}
