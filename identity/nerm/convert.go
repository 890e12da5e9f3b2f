package nerm

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/idprofile/engine/identity"
)

// maxListDepth bounds lists within lists; deeper ones stay JSON.
const maxListDepth = 8

// textValue converts a JSON value to text: a string as it is, a number in plain
// decimal form, a boolean as true or false, a list as its elements joined by
// commas, an object as compact JSON. Null and absent are null. src must be valid
// JSON or empty.
//
// Source: DECISION N38 of identity/nonemployee.
func textValue(src json.RawMessage) identity.Value {
	if isNull(src) {
		return identity.Value{}
	}
	return identity.StringValue(text(src, 0))
}

func isNull(src json.RawMessage) bool { return len(src) == 0 || string(src) == "null" }

func text(src json.RawMessage, depth int) string {
	switch src[0] {
	case '"':
		var s string
		if json.Unmarshal(src, &s) == nil {
			return s
		}
	case '[':
		var items []json.RawMessage
		if depth < maxListDepth && json.Unmarshal(src, &items) == nil {
			// Values of a list are one text with commas, as the connector aggregates them.
			parts := make([]string, len(items))
			for i, item := range items {
				if !isNull(item) { // a null element leaves its place empty
					parts[i] = text(item, depth+1)
				}
			}

			return strings.Join(parts, ",")
		}

	case '{', 't', 'f':
	default:
		return decimal(string(src))
	}

	var b bytes.Buffer
	if json.Compact(&b, src) != nil {
		return string(src)
	}
	return strings.ToValidUTF8(b.String(), "\uFFFD")
}

// decimal rewrites a JSON number without needless zeros, and without exponent
// below 1e21. It works on the digits, so long numbers lose none.
func decimal(number string) string {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(number), "e")
	mantissa, negative := strings.CutPrefix(mantissa, "-")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	exp := 0

	// The exponent decides how many zeros would be written, so it is bounded before anything is.
	if exponent != "" {
		n, err := strconv.Atoi(exponent)
		if err != nil || n > 1e6 || n < -1e6 {
			return number // far beyond any number the service holds
		}
		exp = n
	}

	digits := strings.TrimLeft(whole+fraction, "0")

	// Digits without zeros at either end, and the place of the point: everything else follows.
	if digits == "" {
		return "0"
	}
	point := len(digits) - len(fraction) + exp // digits before the decimal point
	digits = strings.TrimRight(digits, "0")
	out := place(digits, point)
	if negative {
		return "-" + out
	}
	return out
}

// place writes digits, which neither begin nor end with zero, with the decimal
// point after the first point digits.
func place(digits string, point int) string {
	switch {
	case point > 21, point < -324: // 1e21 and more, or less than any float
		out := digits[:1]
		if len(digits) > 1 {
			out += "." + digits[1:]
		}
		sign := "+"
		if point < 0 {
			sign = ""
		}
		return out + "e" + sign + strconv.Itoa(point-1)

	case point <= 0:
		return "0." + strings.Repeat("0", -point) + digits
	case point >= len(digits):
		return digits + strings.Repeat("0", point-len(digits))
	}

	return digits[:point] + "." + digits[point:]
}
