package builtin

import (
	"fmt"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform/internal/codes"
	"github.com/idprofile/engine/transform/internal/javadate"
	"github.com/idprofile/engine/transform/internal/phone"
)

// What operations say in [transform.Traits].Why about a value that nobody expects.

// unknownCountry says that no country has the name, and which one is near.
func unknownCountry(_ *jsondoc.Node, in, out identity.Value) string {
	if in.IsNull() || !out.IsNull() {
		return ""
	}
	if strings.EqualFold(strings.TrimSpace(in.Text()), "UK") {
		return "\"UK\" is no code of ISO 3166; that of the United Kingdom is GB"
	}
	near := nearName(in.Text(), codes.CountryNames())
	code, _ := codes.Country(near, codes.Alpha2)
	return unknownName("country", in, near, code)
}

// unknownLanguage is [unknownCountry] for languages.
func unknownLanguage(_ *jsondoc.Node, in, out identity.Value) string {
	if in.IsNull() || !out.IsNull() {
		return ""
	}
	near := nearName(in.Text(), codes.LanguageNames())
	tag, _ := codes.LanguageTag(near)
	return unknownName("language", in, near, tag)
}

// nearName returns the name that is meant. Among codes of two or three letters each
// one is near to a dozen others, so a short text has none.
func nearName(text string, names []string) string {
	if len(text) < 4 {
		return ""
	}
	return diag.Near(text, names)
}

func unknownName(kind string, in identity.Value, near, code string) string {
	why := fmt.Sprintf("no %s has the name or code %.200q", kind, in.Text())
	if near != "" {
		why += fmt.Sprintf("; the nearest is %s (%s)", near, code)
	}
	return why
}

// whyNoNumber says why a phone number is none of its region.
func whyNoNumber(attributes *jsondoc.Node, in, out identity.Value) string {
	if in.IsNull() || !out.IsNull() {
		return ""
	}
	region := "US"
	if text, ok := attributes.Get("defaultRegion").Str(); ok {
		region = text
	}
	return phone.Why(in.Text(), region)
}

// whyDefault says that no entry of a table is the input, and which key is near.
func whyDefault(attributes *jsondoc.Node, in, out identity.Value) string {
	table := attributes.Get("table")
	def := table.Get("default") != nil
	if in.IsNull() && def {
		return "null takes the entry default"
	}
	if entry := table.Get(in.Text()); in.IsNull() || entry != nil {
		if !in.IsNull() && out.IsNull() && entry.IsNull() {
			return fmt.Sprintf("the entry %.200q is null", in.Text())
		}
		return ""
	}

	// The entry default is not what somebody would have meant to write.
	var keys []string
	for _, m := range table.Members() {
		if m.Key != "default" {
			keys = append(keys, m.Key)
		}
	}

	why := fmt.Sprintf("no entry is exactly %.200q", in.Text())
	if def {
		why += ", so the entry default counts"
	}
	if near := diag.Near(in.Text(), keys); near != "" {
		why += fmt.Sprintf("; the nearest is %q", near)
	}
	return why
}

// whyNoPiece says that a text has fewer pieces than were asked for.
func whyNoPiece(attributes *jsondoc.Node, in, out identity.Value) string {
	if in.IsNull() || !out.IsNull() {
		return ""
	}
	return fmt.Sprintf("split at %.200q it has no piece %s, and throws is false", attributes.Get("delimiter").Text(),
		attributes.Get("index").Append(nil))
}

// whyNoEnd says that a text is shorter than the end that is asked for.
func whyNoEnd(attributes *jsondoc.Node, in, out identity.Value) string {
	if in.IsNull() || !out.IsNull() || attributes.Get("operation").Text() != "getEndOfString" {
		return ""
	}
	return fmt.Sprintf("it has fewer than %s characters",
		strings.Trim(string(attributes.Get("numChars").Append(nil)), `"`))
}

// whyNoDate says that an input is no date of the format, or that it is read as another date
// than people see in it: numbers beyond their range move the date on, and fractions of a second
// are taken for milliseconds.
func whyNoDate(attributes *jsondoc.Node, in, out identity.Value) string {
	if in.IsNull() {
		return ""
	}
	format := "ISO8601"
	if text, ok := attributes.Get("inputFormat").Str(); ok {
		format = text
	}
	if out.IsNull() {
		return fmt.Sprintf("%.200q is no date written as %.200q", in.Text(), format)
	}
	if f := attributes.Get("inputFormat"); f != nil && f.Kind() != jsondoc.String {
		return "" // computed
	}
	parser, err := javadate.CompileFormat(format)
	if err != nil {
		return ""
	}

	var moved []string
	for _, b := range parser.Beyond(in.Text()) {
		if b.Letter == 'S' {
			moved = append(moved, fmt.Sprintf("S counts milliseconds, here %.40s of them", b.Text))
		} else {
			moved = append(moved, fmt.Sprintf("%s %.40s is out of range and moves the date on", b.Field, b.Text))
		}
	}

	// Years of two digits are placed by the day of the run, which is not known here.
	if len(moved) == 0 {
		return ""
	}
	why := strings.Join(moved, "; ")
	if !twoDigitYear(&parser) {
		if ms, err := parser.Parse(in.Text(), javadate.GMT, 0); err == nil {
			iso, _ := javadate.Named("ISO8601")
			why += "; read as " + string(iso.Append(nil, ms, javadate.GMT))
		}
	}
	return why
}
