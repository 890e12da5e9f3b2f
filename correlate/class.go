package correlate

import (
	"strings"

	"github.com/idprofile/engine/identity"
)

// Class says what an account without identity probably is.
type Class uint8

// The classes.
const (
	ClassUnknown    Class = iota
	ClassService          // of a program
	ClassShared           // of a team: mailbox, room, training
	ClassPrivileged       // second account of an administrator
	ClassLeaver           // of somebody who is gone: it has a personal number or name that nobody has
	ClassPerson           // of somebody who is here: there is a near miss
)

var classNames = [...]string{"UNKNOWN", "SERVICE", "SHARED", "PRIVILEGED", "LEAVER", "PERSON"}

// String returns the class as reports write it.
func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return "UNKNOWN"
}

// MarshalText writes the class as reports do.
func (c Class) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// classWords hold the words by which accounts betray themselves, in order: a
// word counts when it stands alone in a name, or before a digit.
func classWords() []struct {
	class Class
	words []string
} {
	return []struct {
		class Class
		words []string
	}{
		{ClassPrivileged, []string{"adm", "admin", "administrator", "priv", "privileged", "pam", "root", "tier0", "tier1", "da", "a", "su", "elevated"}},
		{ClassService, []string{"svc", "service", "srv", "sa", "sys", "system", "bot", "robot", "rpa", "app", "api", "batch", "job", "daemon", "krbtgt", "sql", "backup", "sync", "automation", "nonhuman", "integration", "msol"}},
		{ClassShared, []string{"mbx", "mailbox", "shared", "team", "room", "conf", "info", "helpdesk", "support", "reception", "kiosk", "training", "generic", "guest", "test", "group", "postmaster", "noreply"}},
	}
}

// Classify guesses what an account is by its names and description. Near tells
// that there is a near miss; personal that it has values that rules compare, but
// nobody has them.
func Classify(a *identity.Account, near, personal bool) Class {
	texts := []string{a.NativeIdentity, a.DisplayName()}
	for _, name := range []string{"displayName", "sAMAccountName", "userName", "description", "type", "employeeType", "title"} {
		texts = append(texts, a.Property(name).Text())
	}
	scores := map[Class]int{}
	for _, text := range texts {
		for _, word := range strings.FieldsFunc(strings.ToLower(strings.ReplaceAll(text, "non-human", "nonhuman")), func(r rune) bool { return r < '0' || r > '9' && r < 'a' || r > 'z' && r < 0x80 }) {
			word = strings.TrimRight(word, "0123456789")
			for _, c := range classWords() {
				for _, known := range c.words {
					if word == known {
						scores[c.class]++
					}
				}
			}
		}
	}
	best := ClassUnknown
	for _, c := range classWords() {
		if scores[c.class] > scores[best] {
			best = c.class
		}
	}
	switch {
	case best == ClassPrivileged && scores[ClassService] > 0 && scores[ClassPrivileged] == 1:
		return ClassService
	case best != ClassUnknown && !(near && scores[best] == 1):
		return best
	case near:
		return ClassPerson
	case best != ClassUnknown:
		return best
	case personal:
		return ClassLeaver
	}
	return ClassUnknown
}
