package profiletest

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// form is how an expectation is written.
type form uint8

const (
	equals  form = iota // a literal or null
	matches             // {"matches": REGEXP}
	absent              // {"absent": true}
	raises              // {"error": TEXT}
)

// matcher is what a value is compared with.
type matcher struct {
	form     form
	value    identity.Value
	hasValue bool // of raises: the value that stays is compared too
	pattern  *regexp.Regexp
	text     string
	pos      diag.Pos
}

// check compares; there is no such value at all when present is false.
func (m *matcher) check(got identity.Value, err error, present bool) bool {
	switch m.form {
	case absent:
		return !present
	case raises:
		return err != nil && strings.Contains(strings.ToLower(err.Error()), strings.ToLower(m.text)) &&
			(!m.hasValue || sameValue(got, m.value))
	case matches:
		return err == nil && present && !got.IsNull() && m.pattern.MatchString(got.Text())
	}

	return err == nil && present && sameValue(got, m.value)
}

// String says what is expected.
func (m *matcher) String() string {
	switch m.form {
	case absent:
		return "no such attribute"
	case raises:
		s := fmt.Sprintf("an error with %q", m.text)
		if m.hasValue {
			s += " and the value " + m.value.String()
		}
		return s

	case matches:
		return "text that matches " + m.text + " as a whole"
	}

	return m.value.String()
}

// hint says in what small way two values differ, if they do.
func (m *matcher) hint(got identity.Value) string {
	if m.form != equals || got.Kind() != identity.Text || m.value.Kind() != identity.Text {
		return ""
	}
	a, b := m.value.Text(), got.Text()

	// These are the differences that two printed texts do not show.
	squeeze := func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsSpace(r) {
				return -1
			}
			return r
		}, s)
	}

	switch {
	case strings.EqualFold(a, b):
		return "they differ only in case"
	case squeeze(a) == squeeze(b):
		return "they differ only in blanks"
	}

	return ""
}
