package profile

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform/builtin"
)

// processingForm is how nextProcessing has to be written: a date-time by ISO 8601
// with Z or an offset, never both and never neither.
var processingForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2})?)$`)
})

// existing reports whether the day and the hour of a date-time of the right form exist.
func existing(text string) bool {
	_, err := time.Parse("2006-01-02T15:04", text[:len("2006-01-02T15:04")])
	return err == nil
}

// nextProcessingWarning says why a value of nextProcessing is not processed; ""
// when there is none, or nothing is wrong with it.
//
// Source: the vendor's answer to users: ISO 8601 with an offset or Z, not both.
func nextProcessingWarning(after identity.Attributes) string {
	v := after.Get(config.AttrNextProcessing)
	if v.IsNull() {
		return ""
	}
	if why := notProcessed(v.Text()); why != "" {
		return fmt.Sprintf("next-processing-form: nextProcessing is %q, which is not processed: %s", v.Text(), why)
	}
	return ""
}

// notProcessed says why a text is no date of nextProcessing; "" when it is one. The
// form tells the fields apart, and the package time whether there is such a day and
// hour.
func notProcessed(text string) string {
	form := processingForm().MatchString(text)
	switch {
	case form && existing(text):
		return ""
	case form:
		return "there is no such date or time"
	case strings.HasSuffix(text, "Z") && processingForm().MatchString(strings.TrimSuffix(text, "Z")):
		return "it has an offset and Z"
	case processingForm().MatchString(text + "Z"):
		return "it has neither Z nor an offset"
	}

	return "it is no date-time by ISO 8601"
}

// lintNextProcessing reports what the mapping of nextProcessing certainly gives and
// a tenant does not process: a text that is spelled out, a date in another form.
func (e *Engine) lintNextProcessing(c *compiled, found *diag.Collector) {
	slot, ok := c.slots[config.AttrNextProcessing]
	if !ok {
		return
	}
	m := c.profile.Mappings[slot]

	// Both what the mapping spells out and what a format can write are tried against what a tenant
	// takes.
	texts, formats := e.bundle.Spelled(m.Definition.Node)
	for _, text := range texts {
		if why := notProcessed(text); why != "" {
			found.Addf(diag.Warning, codeNextProcessingForm, m.Node.Pos(),
				"the mapping of profile %q can give nextProcessing the text %q, which is not processed: %s", c.profile.Name, report.Quote(text), why)
		}
	}

	for _, format := range formats {
		for _, text := range builtin.DateSamples(format) {
			if why := notProcessed(text); why != "" {
				found.Add(diag.Diagnostic{Severity: diag.Warning, Code: codeNextProcessingForm, Pos: m.Node.Pos(),
					Message: fmt.Sprintf("the mapping of profile %q can give nextProcessing a date written as %q, such as %s, which is not processed: %s",
						c.profile.Name, report.Quote(format), text, why),
					Hint: "use the outputFormat ISO8601"})
				break
			}
		}
	}
}
