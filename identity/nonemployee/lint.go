package nonemployee

import (
	"context"
	"slices"
	"strings"
	"unicode"
)

// LintOptions tell how a source is used.
type LintOptions struct {
	Correlation []string // technical names that a correlation configuration reads
	Mapped      []string // identity attributes (uid, email, lastname ...) that a profile on the source maps
	HasProfile  bool     // an identity profile uses the source
}

// sensitive are words of attribute names that hint at data which should not be stored
// here. One entry is a run of words.
var sensitive = []string{
	"ssn", "social security", "social insurance", "national id", "national insurance", "nin", "tin",
	"tax id", "tax number", "passport", "driver license", "drivers license", "driving licence", "identity card",
	"birth date", "date of birth", "dob", "birthday", "birth place", "maiden name",
	"password", "passphrase", "passcode", "pin", "secret", "security answer",
	"credit card", "card number", "cvv", "cvc", "iban", "bic", "bank account", "account number", "routing number",
	"salary", "wage", "income", "compensation",
	"religion", "religious", "ethnicity", "ethnic", "race", "political", "union membership", "trade union",
	"sexual", "orientation", "gender identity", "pregnancy", "pregnant",
	"health", "medical", "disability", "diagnosis", "blood type", "vaccination", "biometric", "fingerprint", "genetic",
	"criminal", "conviction", "home address", "marital status",
}

// SensitiveName tells which word of a label or technical name hints at sensitive data;
// "" for none. Only whole words count: "pin" is found in userPin, not in opinion.
func SensitiveName(name string) string {
	words := " " + strings.Join(splitWords(name), " ") + " "
	for _, s := range sensitive {
		if strings.Contains(words, " "+s+" ") {
			return s
		}
	}

	return ""
}

// splitWords splits at every change of case and at everything that is no letter or
// digit.
func splitWords(s string) []string {
	var b strings.Builder
	runes := []rune(s)
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			b.WriteByte(' ')
			continue
		case i > 0 && unicode.IsUpper(r) && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) &&
			unicode.IsLower(runes[i+1])):
			b.WriteByte(' ')
		}

		b.WriteRune(unicode.ToLower(r))
	}

	return strings.Fields(b.String())
}

// Lint looks over the schema and the use of a source:
//
//	ne-sensitive       an attribute's name hints at data that should not be stored
//	ne-corr-optional   an attribute used in correlation is not required
//	ne-not-mapped      a required identity attribute is not mapped (nothing is by default)
//	ne-unique-id       the unique identifier must not be edited after aggregation
//	ne-missing         records have no value for a required attribute and cannot be updated
func (g Sources) Lint(ctx context.Context, a Actor, id string, o LintOptions) ([]Warning, error) {
	s, _, err := g.sourceFor(ctx, a, id, sourceRights{right: Read, settings: true, managers: false,
		what: "check this source"})
	if err != nil {
		return nil, err
	}
	attributes, err := g.attributes(ctx, s.SourceID)
	if err != nil {
		return nil, err
	}

	records, err := g.recordsOf(ctx, s.SourceID)
	if err != nil {
		return nil, err
	}
	var out []Warning

	// Each attribute is judged with its records: a rule of the schema may be broken by data that were
	// there before.
	for _, at := range attributes {
		out = append(out, lintAttribute(at.T, records, o)...)
	}

	if o.HasProfile {
		for _, name := range []string{"uid", "email", "lastname"} {
			if !slices.Contains(o.Mapped, name) {
				out = append(out, Warning{Code: "ne-not-mapped", Path: name,
					Text: "a non-employee source maps nothing by default: map " + name + " by hand"})
			}
		}

		// A profile takes the account by this name, so its change is not an update there.
		out = append(out, Warning{Code: "ne-unique-id", Path: "accountName",
			Text: "editing a unique identifier after aggregation makes a second identity"})
	}

	return out, nil
}

func lintAttribute(at *Attribute, records []versioned[Record], o LintOptions) []Warning {
	var out []Warning

	// The technical name counts first, as it stays when somebody changes the label.
	word := SensitiveName(at.TechnicalName)
	if word == "" {
		word = SensitiveName(at.Label)
	}

	if word != "" && !at.System {
		out = append(out, Warning{Code: "ne-sensitive", Path: at.TechnicalName,
			Text: "the name hints at sensitive data (" + word + "): store only what the business needs"})
	}
	if !at.Required && slices.Contains(o.Correlation, at.TechnicalName) {
		out = append(out, Warning{Code: "ne-corr-optional", Path: at.TechnicalName,
			Text: "an attribute used in correlation should be required"})
	}

	// The attribute was made required after the records were made; the next change of one would be
	// refused.
	if at.Required && slices.ContainsFunc(records, func(r versioned[Record]) bool {
		return strings.TrimSpace(r.T.Value(at.TechnicalName)) == ""
	}) {
		out = append(out, Warning{Code: "ne-missing", Path: at.TechnicalName,
			Text: "records without a value for this required attribute cannot be updated"})
	}

	return out
}
