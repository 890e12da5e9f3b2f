package preview

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/idprofile/engine/identity"
)

// maxAffix is the longest text in front or at the end that a pattern names.
const maxAffix = 24

// patternOf says how two values that are not null differ. The pattern of the
// values the other way round is its mirror image.
func patternOf(before, after identity.Value) Pattern {
	if before.Kind() == identity.List || after.Kind() == identity.List {
		return listPattern(before, after)
	}
	old, now := before.Text(), after.Text()
	oldLocal, oldDomain, oldMail := strings.Cut(old, "@")
	local, domain, mail := strings.Cut(now, "@")

	// From the narrow to the wide: two values may fit several, and the first says most.
	switch {
	case oldMail && mail && oldLocal != "" && strings.EqualFold(oldLocal, local) &&
		!strings.EqualFold(oldDomain, domain):
		return Pattern{Name: "mail domain", Before: oldDomain, After: domain, personal: true}
	case strings.EqualFold(old, now):
		return Pattern{Name: "letter case"}
	case strings.Join(strings.Fields(old), "") == strings.Join(strings.Fields(now), ""):
		return Pattern{Name: "spaces"}
	case only(old, alphanumeric) != "" && strings.EqualFold(only(old, alphanumeric), only(now, alphanumeric)):
		return Pattern{Name: "punctuation"}
	case len(only(old, unicode.IsDigit)) > 3 && only(old, unicode.IsDigit) == only(now, unicode.IsDigit):
		return Pattern{Name: "same digits, another form"}
	case old == "" || now == "":
		return Pattern{Name: "empty text", Before: kindOfText(old), After: kindOfText(now)}
	case oldMail && mail && strings.EqualFold(oldDomain, domain):
		return Pattern{Name: "mail name, same domain"}
	}

	return affixPattern(old, now)
}

func kindOfText(s string) string {
	if s == "" {
		return "empty"
	}
	return "text"
}

func alphanumeric(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// only returns the characters of s for which keep is true.
func only(s string, keep func(rune) bool) string {
	return strings.Map(func(r rune) rune {
		if keep(r) {
			return r
		}
		return -1
	}, s)
}

// affixPattern finds texts that were put in front or at the end, or taken away.
func affixPattern(old, now string) Pattern {
	long, short, added := now, old, true
	if len(old) > len(now) {
		long, short, added = old, now, false
	}
	name, affix := "", ""

	// Only one may be the beginning or the end of the other.
	switch {
	case strings.HasSuffix(long, short):
		name, affix = "text in front", strings.TrimSuffix(long, short)
	case strings.HasPrefix(long, short):
		name, affix = "text at the end", strings.TrimPrefix(long, short)
	default:
		return Pattern{Name: "another value"}
	}

	if len(affix) > maxAffix {
		affix = "longer text"
	} else {
		affix = strconv.Quote(affix)
	}

	// The text put in may be the person's own.
	p := Pattern{Name: name, Before: affix, personal: true}
	if added {
		p.Before, p.After = "", affix
	}
	return p
}

// listPattern compares multi-valued attributes as sets.
func listPattern(before, after identity.Value) Pattern {
	lost, gained := missing(before, after), missing(after, before)
	switch {
	case lost && gained:
		return Pattern{Name: "other items"}
	case lost:
		return Pattern{Name: "items", Before: "more", After: "fewer"}
	case gained:
		return Pattern{Name: "items", Before: "fewer", After: "more"}
	}

	return Pattern{Name: "same items, another order or number"}
}

// missing reports whether other lacks an item of v.
func missing(v, other identity.Value) bool {
	has := map[string]bool{}
	for _, item := range items(other) {
		has[item.Text()] = true
	}
	for _, item := range items(v) {
		if !has[item.Text()] {
			return true
		}
	}

	return false
}

func items(v identity.Value) []identity.Value {
	if v.Kind() == identity.List {
		return v.List()
	}
	return []identity.Value{v}
}
