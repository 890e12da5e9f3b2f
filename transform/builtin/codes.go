package builtin

import (
	"fmt"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/internal/codes"
	"github.com/idprofile/engine/transform/internal/phone"
)

type iso3166Args struct {
	Input  transform.Input
	Format transform.Child `json:"format" default:"alpha2" enum:"alpha2,alpha3,numeric" doc:"alpha2, alpha3 or numeric"`
	fixed  string
}

func (n *iso3166Args) Apply(s *transform.Scope, in identity.Value) (identity.Value, error) {
	if in.IsNull() {
		return in, nil
	}

	text := in.Text()
	format := n.fixed

	// The format is computed for each input.
	if format == "" {
		v, err := n.Format.Eval(s)
		if err != nil {
			return v, err
		}
		if format = codes.Alpha2; !v.IsNull() {
			format = v.Text()
		}
		if !codes.IsFormat(format) {
			return identity.Value{}, fmt.Errorf("%w: format %q, expected alpha2, alpha3 or numeric",
				transform.ErrConfig, format)
		}
	}

	code, ok := codes.Country(text, format)
	if !ok {
		return identity.Value{}, nil
	}

	// The code is a text of the tables, so it needs no memory of its own.
	return identity.StringValue(code), nil
}

// iso3166 converts a country code or name to a code. Unknown countries give null.
//
// Source: DECISION 34.
func iso3166() transform.Operation {
	return transform.Define("iso3166",
		"Country code or name to a two-letter, three-letter or numeric code; null when unknown.",
		func(c *transform.Compiler, n *iso3166Args) transform.Node {
			f := c.Unary()
			f.Null, f.Empty = transform.MayBeNull, false
			v, ok := n.Format.Const()
			switch {
			// A format of null is the same as none.
			case ok && v.IsNull():
				n.fixed = codes.Alpha2
			case ok && codes.IsFormat(v.Text()):
				n.fixed = v.Text()
			case ok:
				c.Errorf("iso3166-format", "format", "found %s, expected alpha2, alpha3 or numeric", v)
			}

			return transform.OnInput(n)
		},
		transform.Phrase("country {format!}"),
		transform.Traits{
			Also: []string{"country"}, ReadyMade: "ISO3166 Country Format",
			Why: unknownCountry,
			Changes: map[string]transform.Change{"format": other(map[string]string{codes.Alpha2: codes.Alpha3,
				codes.Alpha3: codes.Alpha2, codes.Numeric: codes.Alpha2})},
		},
		example("A name", `{"type":"iso3166","attributes":{"format":"alpha3"}}`, "Germany", "DEU"))
}

// rfc5646 converts a language name or three-letter code to a tag. Unknown
// languages give null.
//
// Source: DECISION 41.
func rfc5646() transform.Operation {
	return defineNullable("rfc5646", "Language name or three-letter code to a language tag; null when unknown.",
		func(_ *transform.Scope, text string) (identity.Value, error) {
			tag, ok := codes.LanguageTag(text)
			if !ok {
				return identity.Value{}, nil
			}
			return identity.StringValue(tag), nil
		},
		transform.Phrase("language tag"),
		transform.Traits{Also: []string{"language"}, Why: unknownLanguage},
		example("A name", `{"type":"rfc5646"}`, "German", "de"))
}

type e164Args struct {
	Input  transform.Input
	Region transform.Child `json:"defaultRegion" default:"US" doc:"region of numbers without country code, two capital letters"`
	plain  bool
}

func (n *e164Args) Apply(s *transform.Scope, in identity.Value) (identity.Value, error) {
	if in.IsNull() {
		return in, nil
	}

	text := in.Text()

	// The platform takes numbers without a country code for American ones.
	region := "US"
	if n.Region.Present() {
		v, err := n.Region.Eval(s)
		if err != nil {
			return v, err
		}
		if !v.IsNull() {
			region = v.Text()
		}
	}

	// The library itself is the reference that the short way is tested against.
	if n.plain {
		number, ok := phone.Full(text, region)
		if !ok {
			return identity.Value{}, nil
		}
		return s.Text(append(s.Buffer(), number...))
	}

	buf, ok := phone.AppendE164(s.Buffer(), text, region)
	if !ok {
		return identity.Value{}, nil
	}

	return s.Text(buf)
}

// e164phone writes a phone number in E.164 form. What is no valid number gives
// null; extensions are dropped.
//
// Source: DECISION 30; libphonenumber.
func e164phone() transform.Operation {
	return transform.Define("e164phone", "Phone number in E.164 form; null when it is not a valid number.",
		func(c *transform.Compiler, n *e164Args) transform.Node {
			n.plain = c.Plain()
			f := c.Unary()
			f.Null, f.Empty = transform.MayBeNull, false
			if v, ok := n.Region.Const(); ok && !v.IsNull() && !codes.IsRegion(v.Text()) {
				c.Errorf("e164-region", "defaultRegion", "found %s, expected two capital letters of a country", v)
			}
			return transform.OnInput(n)
		},
		transform.Phrase("phone number of {defaultRegion!}"),
		transform.Traits{
			Also: []string{"phone"}, ReadyMade: "E.164 Phone Format", Removable: true, Why: whyNoNumber,
			Changes: map[string]transform.Change{"defaultRegion": otherRegion},
		},
		example("A national number", `{"type":"e164phone","attributes":{"defaultRegion":"US"}}`, "(512) 346-2000",
			"+15123462000"))
}
