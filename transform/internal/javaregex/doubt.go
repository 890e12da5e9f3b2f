package javaregex

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// Doubt is what makes a valid expression look like a mistake.
type Doubt struct{ Code, Message, Hint string }

// DoubtAbout returns what is doubtful about the text of an expression that
// compiles, the worst only.
func DoubtAbout(text string) (Doubt, bool) {
	// A sign alone is nearly always meant as itself: people split at "." or replace "$".
	switch {
	case len(text) == 1 && strings.Contains(".|*+?$^", text):
		return Doubt{
			Code: "regex-metachar",
			Message: fmt.Sprintf("%s alone is a sign of the expression language and matches everything or nothing",
				text),
			Hint: fmt.Sprintf("write [%s] or escape it", text),
		}, true

	case wideRange().MatchString(text):
		return Doubt{
			Code: "regex-range", Message: "A-z includes the signs between Z and a", Hint: "write A-Za-z",
		}, true
	}

	for _, at := range posixClass().FindAllStringSubmatchIndex(text, -1) {
		// An escaped bracket is a sign, and begins nothing.
		before := text[:at[0]]
		if (len(before)-len(strings.TrimRight(before, `\`)))%2 == 1 {
			continue
		}
		return Doubt{
			Code:    "regex-posix-class",
			Message: fmt.Sprintf("Java has no %s: it is the set of these signs", text[at[0]:at[1]]),
			Hint:    posixHint(text[at[2]:at[3]]),
		}, true
	}

	return Doubt{}, false
}

// posixHint names what Java has for a POSIX class.
func posixHint(name string) string {
	switch name {
	case "word":
		return `write \w`
	case "alpha", "digit", "alnum", "upper", "lower", "punct", "graph", "print", "blank", "cntrl", "space":
		return fmt.Sprintf(`write \p{%s}`, strings.ToUpper(name[:1])+name[1:])
	case "xdigit":
		return `write \p{XDigit}`
	}

	return `Java's classes are \p{Alpha}, \p{Digit}, \p{Punct} and so on`
}

// wideRange finds the range from capitals to small letters.
var wideRange = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\[[^\]]*A-z[^\]]*\]`) })

// posixClass finds bracket expressions of other languages, such as [:alpha:].
var posixClass = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\[:\^?([a-z]+):\]`) })
