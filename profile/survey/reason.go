package survey

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/transform"
)

// Reason says why a step of an evaluation gave nothing, in words that are the same for
// everybody of whom the same is true, with the value that was at fault where there is one:
//
//	HR.mobile is empty
//	no account on Active Directory
//	e164phone makes nothing of its input   "n/a"
//
// It follows null to where it began. A step that gave something has no reason.
func Reason(s *profile.Step) (reason string, example identity.Value) {
	if s == nil {
		return "the mapping was not evaluated", example
	}
	if s.Failed {
		return failure(s)
	}
	if !s.Output.IsNull() {
		return "", example
	}
	return empty(s, nil)
}

var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// failure is the error of the deepest step that raised one.
func failure(s *profile.Step) (string, identity.Value) {
	for _, in := range s.Steps {
		if in.Failed && s.Error == "" {
			return failure(in)
		}
	}

	text := quoted.ReplaceAllString(s.Error, "…")
	if in := s.Input.Text(); in != "" {
		text = strings.ReplaceAll(text, in, "…")
	}
	return "error in " + s.Operation + ": " + text, s.Input
}

var emptyAccount = regexp.MustCompile(`^(?:the only account on (.*) has no .*|none of the \d+ accounts on (.*) gives a value)$`)

// empty says why a step gave null. What it does not say itself, the step says that gave it
// its input: its own, else that of a step around it.
func empty(s, given *profile.Step) (string, identity.Value) {
	// Settings, such as a format, are no reason for a missing value.
	var inner []*profile.Step
	for _, in := range s.Steps {
		switch {
		case in.Place == "input":
			given = in
		case !in.Setting:
			inner = append(inner, in)
		}
	}

	// From the inside: what gave null there is the reason, and everything around it hands that on.
	switch {
	case s.Operation == "accountAttribute":
		return account(s), identity.Value{}
	case s.Operation == "identityAttribute":
		return "identity." + s.Name + " is empty", identity.Value{}
	case s.Operation == "literal":
		return "the mapping says null", identity.Value{}
	case s.Chosen == "none":
		return all(inner, given)
	case s.Chosen != "":
		for _, in := range inner {
			if in.Place == s.Chosen {
				return empty(in, given)
			}
		}

	case s.Operation == "reference" && len(inner) > 0:
		return empty(inner[len(inner)-1], given)
	case !s.PassesInput && s.Input.IsNull():
		if given != nil && given.Output.IsNull() {
			return empty(given, nil)
		}
		return "there is no input", identity.Value{}
	case s.PassesInput && len(inner) > 0:
		return all(slices.DeleteFunc(inner, func(in *profile.Step) bool { return !in.Output.IsNull() }), given)
	}

	return s.Operation + " makes nothing of its input", s.Input
}

// all joins the reasons of several steps.
func all(steps []*profile.Step, given *profile.Step) (string, identity.Value) {
	var reasons []string
	var example identity.Value
	for _, in := range steps {
		reason, value := "", identity.Value{}
		if in.Failed {
			reason, value = failure(in)
		} else {
			reason, value = empty(in, given)
		}

		if !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
		}
		if example.IsNull() {
			example = value
		}
	}

	// A few reasons say enough; with many, the mapping is the reason.
	const some = 4
	if len(reasons) > some {
		reasons = append(reasons[:some], fmt.Sprintf("%d more", len(reasons)-some))
	}
	if len(reasons) == 0 {
		return "nothing to choose from", example
	}
	return strings.Join(reasons, ", "), example
}

// account says why an account attribute is null.
func account(s *profile.Step) string {
	if m := emptyAccount.FindStringSubmatch(s.Reason); m != nil {
		return m[1] + m[2] + "." + s.Name + " is empty"
	}
	if source, _, ok := strings.Cut(s.Account, "/"); ok && strings.HasSuffix(s.Reason, " leaves no value") {
		return source + "." + s.Name + " is empty"
	}
	reason, _, _ := strings.Cut(s.Reason, " passes none of")
	if reason != s.Reason {
		return reason + " passes no account"
	}
	if reason == "" {
		return s.Name + " is empty"
	}
	return reason
}

// tableOf is the table of an operation that chooses an entry by the text of its input; ""
// where it is no such operation.
func tableOf(op *transform.Operation) string {
	for _, f := range op.With(transform.RoleBranch) {
		if f.Kind == transform.KindTable {
			return f.Name
		}
	}

	return ""
}

// otherwise is the entry of a table for whatever the table does not have.
const otherwise = "default"

// outside calls f for each step at or below s that looks its input up in a table which
// does not have it.
func outside(lib *transform.Library, s *profile.Step, f func(s *profile.Step)) {
	if s == nil {
		return
	}
	if table := tableOf(lib.About(s.Operation)); table != "" && !s.Input.IsNull() && s.Input.Text() != otherwise &&
		(s.Chosen == "" || s.Chosen == fmt.Sprintf("%s[%q]", table, otherwise)) {
		f(s)
	}

	for _, in := range s.Steps {
		outside(lib, in, f)
	}
}
