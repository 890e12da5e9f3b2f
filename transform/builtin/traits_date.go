package builtin

import (
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/idprofile/engine/identity/jsondoc"
)

// Plausible mistakes with dates.

// otherFormat is a date format that gives or takes other dates: day and month
// the wrong way round, another named one, or something behind the pattern.
func otherFormat(v *jsondoc.Node) *jsondoc.Node {
	format, ok := v.Str()
	isPattern := strings.ContainsAny(format, "yMd") && strings.ToUpper(format) != format
	switch {
	case !ok:
		return nil
	case format == "ISO8601":
		return jsondoc.NewString("yyyy-MM-dd")
	case !isPattern:
		return jsondoc.NewString("ISO8601")
	case strings.Contains(format, "dd") && strings.Contains(format, "MM"):
		return jsondoc.NewString(strings.NewReplacer("dd", "MM", "MM", "dd").Replace(format))
	}

	return jsondoc.NewString(format + "'~'")
}

var firstNumber = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\d+`) })

// otherMath is date arithmetic with one more of the first unit, or without its
// rounding.
func otherMath(v *jsondoc.Node) *jsondoc.Node {
	text := v.Text()
	if at := firstNumber().FindStringIndex(text); at != nil {
		k, _ := strconv.Atoi(text[at[0]:at[1]])
		return jsondoc.NewString(text[:at[0]] + strconv.Itoa(k+1) + text[at[1]:])
	}

	if unrounded, _, ok := strings.Cut(text, "/"); ok {
		return jsondoc.NewString(unrounded)
	}
	return nil
}

// otherComparison looks the other way.
func otherComparison(v *jsondoc.Node) *jsondoc.Node {
	opposite := map[string]string{"gt": "lt", "lt": "gt", "gte": "lte", "lte": "gte"}[strings.ToLower(v.Text())]
	if opposite == "" {
		return nil
	}
	return jsondoc.NewString(opposite)
}
