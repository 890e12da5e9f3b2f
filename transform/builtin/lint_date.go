package builtin

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/internal/javadate"
)

// namedFormats are the names that dateFormat knows.
var namedFormats = []string{"ISO8601", "LDAP", "PEOPLE_SOFT", "EPOCH_TIME_JAVA", "EPOCH_TIME_WIN32"}

// constant is how the name of a format looks.
var constant = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Z][A-Z0-9_]{2,}$`) })

// reportPattern reports a text that is neither a named format nor a pattern.
func reportPattern(c *transform.Compiler, attribute, text string, err error) {
	near := diag.Near(text, namedFormats)
	if near == "" && !constant().MatchString(text) {
		c.Errorf("date-pattern", attribute, "%v", err)
		return
	}
	hint := cmp.Or(diag.DidYouMean(near), "the named formats are "+strings.Join(namedFormats, ", "))
	c.Report(diag.Error, "date-named-format", attribute, fmt.Sprintf("there is no named format %q", text), hint)
}

// letters counts the letters of the fields of a pattern.
type patternFields []javadate.Field

func (p patternFields) has(letters string) bool {
	return slices.ContainsFunc(p, func(f javadate.Field) bool { return strings.IndexByte(letters, f.Letter) >= 0 })
}

// checkPattern reports letters that are hardly meant.
func checkPattern(c *transform.Compiler, attribute string, f *javadate.Format) {
	if f.String() == "LDAP" && attribute == "inputFormat" {
		c.Report(diag.Warning, "date-ldap", attribute, "LDAP does not match what directories hold, such as 20270309120000.0Z", "use yyyyMMddHHmmss")
	}
	if slices.Contains(namedFormats, f.String()) {
		return
	}
	p := patternFields(f.Pattern().Fields())
	if p.has("Y") && !p.has("wWuF") {
		c.Report(diag.Error, "date-weekyear", attribute, "Y is the year of the week, which differs around New Year", "use yyyy")
	}
	if p.has("m") && p.has("yYMLdD") && !p.has("HhKk") {
		c.Report(diag.Error, "date-minutes-for-month", attribute, "mm are minutes, and there are no hours beside them", "use MM for the month")
	}
	if slices.ContainsFunc(p, func(f javadate.Field) bool { return f.Letter == 'D' && (f.Count == 2 || p.has("ML")) }) {
		c.Report(diag.Warning, "date-dayofyear", attribute, "D is the day of the year", "use dd for the day of the month")
	}
	if p.has("hK") && !p.has("a") {
		c.Report(diag.Warning, "date-hour12", attribute, "hours of a half day without a: afternoon and morning look the same", "use HH")
	}
}

// checkDateFormat fills in the facts of dateFormat and reports doubtful input.
func checkDateFormat(c *transform.Compiler, n *dateFormatArgs) {
	in := c.InputFacts()
	*c.Facts() = transform.Facts{Null: transform.MayBeNull, Kind: identity.Text}
	if n.print.fixed != nil {
		c.Facts().Format = n.print.fixed.String()
	}
	if n.parser.fixed == nil {
		return
	}
	pattern := n.parser.fixed.String()
	if in.Format == transform.InstantFormat && in.Null == transform.NeverNull && strings.HasPrefix("yyyy-MM-dd'T'HH:mm", pattern) && strings.HasPrefix(pattern, "yyyy-MM-dd") {
		c.Facts().Null = transform.NeverNull
	}
	if text, ok := c.InputText(); ok && text == "now" {
		c.Report(diag.Error, "date-now-input", "input", "dateFormat does not know now; the result is null", "take the output of dateMath with the expression now")
	}
	if pattern == "ISO8601" && lacksMillis(c, in) {
		c.Report(diag.Warning, "date-iso-millis", "input", "ISO8601 needs milliseconds, which this input may lack; then the result is null", "give an inputFormat such as yyyy-MM-dd'T'HH:mm")
	}
}

// dateLike finds names of attributes that hold dates, which sources rarely write
// with milliseconds.
var dateLike = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)date$`) })

func lacksMillis(c *transform.Compiler, in transform.Facts) bool {
	if text, ok := c.InputText(); ok {
		if _, err := javadate.ParseISO(text); err != nil && text != "now" && len(text) > 0 {
			return !strings.Contains(text, ".")
		}
		return text != "now" && len(text) > 0 && !strings.Contains(text, ".")
	}
	switch in.Format {
	case transform.InstantFormat:
		return true
	case "":
		input := c.Attribute("input")
		return input.Get("type").Text() == "accountAttribute" && dateLike().MatchString(input.At("attributes", "attributeName").Text())
	}
	return in.Format != "ISO8601"
}

// minutes finds minutes in a date expression.
var minutes = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[+-]\d+m`) })

// checkDateMath reports doubtful uses of an expression that compiles.
func checkDateMath(c *transform.Compiler, n *dateMathArgs) {
	expr := n.math.String()
	explicit := !c.Attribute("input").IsNull()
	switch in := c.InputFacts(); {
	case n.math.UsesNow() && explicit:
		c.Warnf("datemath-now-input", "input", "the input is ignored because the expression begins with now")
	case !n.math.UsesNow():
		if text, ok := c.InputText(); ok && !isISO(text) || !writesISO(in.Format) {
			c.Report(diag.Warning, "datemath-input", "input", "the input is not an ISO 8601 date-time, which is an error", "put a dateFormat with the outputFormat ISO8601 before it")
		}
	}
	if up, ok := n.RoundUp.Fixed(false); ok && up && !strings.Contains(expr, "/") {
		c.Warnf("datemath-roundup", "roundUp", "roundUp has no effect without a rounding such as /d")
	}
	if minutes().MatchString(expr) && !strings.ContainsAny(strings.TrimPrefix(expr, "now"), "hs") {
		c.Report(diag.Info, "datemath-m", "expression", "m are minutes", "months are M")
	}
}

func isISO(text string) bool {
	_, err := javadate.ParseISO(text)
	return err == nil
}

// writesISO reports whether dates of the format are ISO 8601 date-times; unknown
// ones may be.
func writesISO(format string) bool {
	if format == "" || format == transform.InstantFormat {
		return true
	}
	f, err := javadate.CompileFormat(format)
	return err == nil && isISO(string(f.Append(nil, 1_700_000_000_123, javadate.GMT)))
}

// checkDateCompare reports doubtful operands and operators.
func checkDateCompare(c *transform.Compiler, n *dateCompareArgs) {
	for _, o := range []struct {
		name string
		arg  *transform.Child
	}{{"firstDate", &n.First}, {"secondDate", &n.Second}} {
		v, ok := o.arg.Const()
		switch f := o.arg.Facts(); {
		case !o.arg.Present():
		case ok && v.Text() == "now":
			c.MeansNow()
		case ok && !isISO(v.Text()):
			c.Errorf("datecompare-iso", o.name, "found %s, expected an ISO 8601 date-time such as 2027-03-09T00:00:00Z, or now", v)
		case !writesISO(f.Format):
			c.Report(diag.Error, "datecompare-iso", o.name, fmt.Sprintf("dates written as %s are not compared", f.Format), "use the outputFormat ISO8601")
		case f.Null == transform.MayBeNull:
			c.Report(diag.Warning, "datecompare-null", o.name, "the date can be null, which is an error", "wrap it in firstValid with a date far away")
		}
		if !ok {
			c.ReadsNow() // it can be the word now
		}
	}
	if v, ok := n.Operator.Const(); ok && !v.IsNull() {
		if _, ok := javadate.ParseComparison(v.Text()); !ok {
			c.Errorf("datecompare-operator", "operator", "found %s, expected lt, lte, gt or gte", v)
		}
	}
}
