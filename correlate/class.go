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

// classWords are the words by which accounts betray themselves: a word counts when
// it stands alone in a name, or before a digit.
var classWords = map[Class][]string{
	ClassPrivileged: {
		"adm", "admin", "administrator", "priv", "privileged", "pam", "root", "tier0", "tier1", "da", "a", "su", "elevated",
	},
	ClassService: {
		"svc", "service", "srv", "sa", "sys", "system", "bot", "robot", "rpa", "app", "api", "batch", "job", "daemon",
		"krbtgt", "sql", "backup", "sync", "automation", "nonhuman", "integration", "msol",
	},
	ClassShared: {
		"mbx", "mailbox", "shared", "team", "room", "conf", "info", "helpdesk", "support", "reception", "kiosk",
		"training", "generic", "guest", "test", "group", "postmaster", "noreply",
	},
}

// classOfWord is classWords by word.
var classOfWord = func() map[string]Class {
	words := map[string]Class{}
	for class, list := range classWords {
		for _, word := range list {
			words[word] = class
		}
	}

	return words
}()

// describing are the account attributes that may say what an account is.
var describing = []string{"displayName", "sAMAccountName", "userName", "description", "type", "employeeType", "title"}

// Classify guesses what an account is by its names and description. Near tells
// that there is a near miss; personal that it has values that rules compare, but
// nobody has them.
func Classify(a *identity.Account, near, personal bool) Class {
	var scores [len(classNames)]int
	count := func(text string) {
		text = strings.ToLower(strings.ReplaceAll(text, "non-human", "nonhuman"))
		for word := range strings.FieldsFuncSeq(text, notInWord) {
			if class, ok := classOfWord[strings.TrimRight(word, "0123456789")]; ok {
				scores[class]++
			}
		}
	}

	// Names count like descriptions; digits at the end of a word are dropped, since svc01 and svc2 are
	// one word.
	count(a.NativeIdentity)
	count(a.DisplayName())
	for _, name := range describing {
		count(a.Property(name).Text())
	}

	// On equal scores the first of these counts.
	best := ClassUnknown
	for _, class := range []Class{ClassPrivileged, ClassService, ClassShared} {
		if scores[class] > scores[best] {
			best = class
		}
	}

	// A single word is weak evidence: "admin" beside a service word is the service's administrator
	// account, and a person who nearly matches may be called Service.
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

func notInWord(r rune) bool { return r < '0' || r > '9' && r < 'a' || r > 'z' && r < 0x80 }
