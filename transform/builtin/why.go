package builtin

import (
	"fmt"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform/internal/codes"
	"github.com/idprofile/engine/transform/internal/phone"
)

// What operations say in [transform.Traits].Why about a value that nobody expects.

// unknownCountry says that no country has the name, and which one is near.
func unknownCountry(_ *jsondoc.Node, in, out identity.Value) string {
	if in.IsNull() || !out.IsNull() {
		return ""
	}
	near := diag.Near(in.Text(), codes.CountryNames())
	code, _ := codes.Country(near, codes.Alpha2)
	return unknownName("country", in, near, code)
}

// unknownLanguage is [unknownCountry] for languages.
func unknownLanguage(_ *jsondoc.Node, in, out identity.Value) string {
	if in.IsNull() || !out.IsNull() {
		return ""
	}
	near := diag.Near(in.Text(), codes.LanguageNames())
	tag, _ := codes.LanguageTag(near)
	return unknownName("language", in, near, tag)
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
func whyDefault(attributes *jsondoc.Node, in, _ identity.Value) string {
	table := attributes.Get("table")
	def := table.Get("default") != nil
	if in.IsNull() && def {
		return "null takes the entry default"
	}
	if in.IsNull() || table.Get(in.Text()) != nil {
		return ""
	}

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

// whyNoDate says that an input is no date of the format.
func whyNoDate(attributes *jsondoc.Node, in, out identity.Value) string {
	if in.IsNull() || !out.IsNull() {
		return ""
	}
	format := "ISO8601"
	if text, ok := attributes.Get("inputFormat").Str(); ok {
		format = text
	}
	return fmt.Sprintf("%.200q is no date written as %.200q", in.Text(), format)
}
