package profiletest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/builtin"
)

// wrongButDefined are the vectors that expect a value from configuration that is
// an error all the same: what they pin down is how the mistake comes out.
var wrongButDefined = map[string]string{
	"x-conditional-001":     "conditional-operator",
	"accountAttribute-003":  "source-unknown",
	"accountAttribute-008":  "source-unknown",
	"firstValid-010":        "source-unknown",
	"dateFormat-059":        "date-minutes-for-month",
	"dateFormat-061":        "date-weekyear",
	"dateFormat-062":        "date-weekyear",
	"leftPad-011":           "pad-length",
	"leftPad-012":           "pad-length",
	"rightPad-011":          "pad-length",
	"rightPad-012":          "pad-length",
	"static-027":            "template-else-glued",
	"usernameGenerator-010": "username-counter-last",

	"x-accountAttribute-012": "source-unknown",
	"x-dateFormat-015":       "date-pattern",
	"x-firstValid-010":       "type-unknown",
	"x-firstValid-012":       "type-unknown",
	"x-iso3166-015":          "iso3166-format",
	"x-leftPad-015":          "attribute-type",
	"x-reference-001":        "reference-cycle", // elsewhere in the same file
	"x-reference-002":        "reference-cycle",
	"x-reference-003":        "reference-cycle",
	"x-reference-004":        "reference-cycle",
	"x-reference-005":        "reference-cycle",
	"x-replace-015":          "regex-invalid",
	"x-replace-017":          "replacement-group",
	"x-replaceAll-015":       "regex-invalid",
	"x-shape-003":            "attribute-misplaced",
	"x-split-015":            "regex-invalid",
	"x-split-018":            "attribute-type",
	"x-static-019":           "template-undefined",
}

// TestNoFalseErrors: a transform that gives a value has no error in it.
func TestNoFalseErrors(t *testing.T) {
	lib := builtin.Library()
	for _, v := range allVectors(t) {
		if !v.ExpectsValue() {
			continue
		}
		_, found := v.RunWith(t.Context(), lib, func(*transform.Options) {})
		code := ""
		for _, d := range found {
			if d.Severity == diag.Error {
				code = string(d.Code)
			}
		}
		if want := wrongButDefined[v.ID]; code != want {
			t.Errorf("%s (%s): error %q, want %q", v.ID, v.Description, code, want)
		}
	}
}

// TestPlainIsTheSame: folding, sharing, remembering and fast paths change no
// result.
func TestPlainIsTheSame(t *testing.T) {
	lib := builtin.Library()
	for _, v := range allVectors(t) {
		fast, _ := v.RunWith(t.Context(), lib, func(*transform.Options) {})
		for name, change := range map[string]func(*transform.Options){
			"plain":    func(o *transform.Options) { o.Plain = true },
			"observed": func(o *transform.Options) { o.Observe = true },
		} {
			slow, _ := v.RunWith(t.Context(), lib, change)
			if diff := cmp.Diff(text(slow.Err), text(fast.Err)); diff != "" {
				t.Errorf("%s: error mismatch (-%s +fast):\n%s", v.ID, name, diff)
			}
			if !slow.Got.Equal(fast.Got) {
				t.Errorf("%s: %s gives %s, fast %s", v.ID, name, slow.Got, fast.Got)
			}
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
