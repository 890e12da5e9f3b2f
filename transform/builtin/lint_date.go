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
		c.Errorf(codeDatePattern, attribute, "%v", err)
		return
	}

	hint := cmp.Or(diag.DidYouMean(near), "the named formats are "+strings.Join(namedFormats, ", "))
	c.Report(diag.Error, codeDateNamedFormat, attribute, fmt.Sprintf("there is no named format %q", text), hint)
}

// letters counts the letters of the fields of a pattern.
type patternFields []javadate.Field

func (p patternFields) has(letters string) bool {
	return slices.ContainsFunc(p, func(f javadate.Field) bool { return strings.IndexByte(letters, f.Letter) >= 0 })
}

// checkPattern reports letters that are hardly meant.
func checkPattern(c *transform.Compiler, attribute string, f *javadate.Format) {
	// The pattern behind the name has no digits behind the dot, which directories write.
	if f.String() == "LDAP" && attribute == "inputFormat" {
		c.Report(diag.Warning, codeDateLdap, attribute,
			"LDAP does not match what directories hold, such as 20270309120000.0Z", "use yyyyMMddHHmmss")
	}

	if slices.Contains(namedFormats, f.String()) {
		return
	}

	// Each of these letters is right in some pattern; it is the company that it keeps that gives it
	// away.
	p := patternFields(f.Pattern().Fields())
	if p.has("Y") && !p.has("wWuF") {
		c.Report(diag.Error, codeDateWeekyear, attribute, "Y is the year of the week, which differs around New Year",
			"use yyyy")
	}

	if p.has("m") && p.has("yYMLdD") && !p.has("HhKk") {
		c.Report(diag.Error, codeDateMinutesForMonth, attribute, "mm are minutes, and there are no hours beside them",
			"use MM for the month")
	}

	if slices.ContainsFunc(p, func(f javadate.Field) bool { return f.Letter == 'D' && (f.Count == 2 || p.has("ML")) }) {
		c.Report(diag.Warning, codeDateDayofyear, attribute, "D is the day of the year",
			"use dd for the day of the month")
	}

	if attribute == "inputFormat" {
		checkZoneNames(c, f, p)
	}

	if p.has("hK") && !p.has("a") {
		c.Report(diag.Warning, codeDateHour12, attribute,
			"hours of a half day without a: afternoon and morning look the same", "use HH")
	}
}

// zoneNames are abbreviations of zones that are written into patterns as text.
var zoneNames = []string{
	"EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT", "AST", "ADT", "HST", "AKST", "AKDT", "BST", "IST", "CET",
	"CEST",
	"EET", "EEST", "WET", "WEST", "MSK", "JST", "AEST", "AEDT", "ACST", "AWST", "NZST", "NZDT", "SGT", "HKT",
}

// literalText finds quoted text in a pattern.
var literalText = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`'([^']+)'`) })

// checkZoneNames reports zones by abbreviation: as text of the pattern they are
// passed over, and names such as IST and CST stand for several zones.
func checkZoneNames(c *transform.Compiler, f *javadate.Format, p patternFields) {
	for _, m := range literalText().FindAllStringSubmatch(f.String(), -1) {
		if slices.Contains(zoneNames, strings.TrimSpace(m[1])) {
			c.Report(diag.Warning, codeDateZoneName, "inputFormat",
				fmt.Sprintf("'%s' is text that is passed over: the time is read as GMT", m[1]),
				"read the zone with z, or X for an offset")
			return
		}
	}

	if p.has("z") {
		c.Report(diag.Warning, codeDateZoneName, "inputFormat",
			"z reads abbreviations such as CST or IST, which stand for several zones; which one counts is up to the tenant's Java",
			"let the source write an offset and read it with X")
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

	// Whether a pattern reads what the input is written in is tried with examples, as comparing
	// patterns would have to know what each letter accepts.
	pattern := n.parser.fixed.String()
	reads, tried := readsAll(n.parser.fixed, in.Format)
	if tried > 0 && reads == tried {
		c.Facts().Null = in.Null
	}

	if text, ok := c.InputText(); ok && text == "now" {
		c.Report(diag.Error, codeDateNowInput, "input", "dateFormat does not know now; the result is null",
			"take the output of dateMath with the expression now")
	}

	switch {
	case tried > 0 && reads == 0 && pattern != "ISO8601":
		c.Report(diag.Warning, codeDateInputMismatch, "inputFormat",
			fmt.Sprintf("the input is written as %s, which %s never reads; the result is always null",
				written(in.Format),
				pattern),
			"give the format that the input is written in")
	case pattern == "ISO8601" && lacksMillis(c, in):
		c.Report(diag.Warning, codeDateIsoMillis, "input",
			"ISO8601 needs milliseconds, which this input may lack; then the result is null",
			"give an inputFormat such as yyyy-MM-dd'T'HH:mm")
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
	case transform.InstantFormat, transform.MinuteFormat:
		return true
	case "":
		input := c.Attribute("input")
		return input.Get("type").Text() == "accountAttribute" &&
			dateLike().MatchString(input.At("attributes", "attributeName").Text())
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
		c.Warnf(codeDatemathNowInput, "input", "the input is ignored because the expression begins with now")
	case !n.math.UsesNow():
		// A constant is looked at itself; of all others only the format is known, if an operation has one.
		if text, ok := c.InputText(); ok && !isISO(text) || !writesISO(in.Format) {
			c.Report(diag.Warning, codeDatemathInput, "input",
				"the input is not an ISO 8601 date-time, which is an error",
				"put a dateFormat with the outputFormat ISO8601 before it")
		}
	}

	if up, ok := n.RoundUp.Fixed(false); ok && up && !strings.Contains(expr, "/") {
		c.Warnf(codeDatemathRoundup, "roundUp", "roundUp has no effect without a rounding such as /d")
	}

	if lost, ok := n.math.RoundedAway(); ok {
		c.Report(diag.Warning, codeDatemathRoundedAway, "expression",
			fmt.Sprintf("%s is lost when %s rounds to the %s: operations run from left to right",
				lost.Steps, lost.Round,
				lost.Unit),
			"write "+lost.Write)
	}

	// Whoever counts in hours or seconds as well means minutes.
	if minutes().MatchString(expr) && !strings.ContainsAny(strings.TrimPrefix(expr, "now"), "hs") {
		c.Report(diag.Info, codeDatemathM, "expression", "m are minutes", "months are M")
	}
}

func isISO(text string) bool {
	_, err := javadate.ParseISO(text)
	return err == nil
}

// sampleMillis are instants that differ in what their texts have: minutes only,
// seconds, fractions, two digits everywhere, and years far away.
var sampleMillis = []int64{1_768_467_600_000, 1_768_467_605_000, 1_768_467_605_120, 1_797_723_659_123,
	4_102_444_740_000, -62_135_596_800_000}

// samples are texts as a format writes them, of all forms that it can give; none
// for an unknown format.
func samples(format string) (texts []string) {
	switch format {
	case "":
		return nil
	case transform.InstantFormat, transform.MinuteFormat:
		for _, ms := range sampleMillis {
			if format == transform.InstantFormat || ms%60_000 == 0 {
				texts = append(texts, javadate.InstantOfMillis(ms).String())
			}
		}

		return texts
	}

	f, err := javadate.CompileFormat(format)
	if err != nil {
		return nil
	}

	for _, ms := range sampleMillis {
		texts = append(texts, string(f.Append(nil, ms, javadate.GMT)))
	}

	return texts
}

// DateSamples returns dates as dateFormat writes them with an output format, of all
// forms that it can give; none for an unknown format. An empty one is ISO8601.
func DateSamples(format string) []string {
	if format == "" {
		format = "ISO8601"
	}
	return samples(format)
}

// readsAll counts how many texts of a format another one reads.
func readsAll(parser *javadate.Format, format string) (reads, tried int) {
	texts := samples(format)
	for _, text := range texts {
		if _, err := parser.Parse(text, javadate.GMT, -1_000_000_000_000); err == nil {
			reads++
		}
	}

	return reads, len(texts)
}

// written names a format for people.
func written(format string) string {
	switch format {
	case transform.InstantFormat, transform.MinuteFormat:
		return "yyyy-MM-ddTHH:mmZ"
	}

	return format
}

// writesISO reports whether dates of the format are ISO 8601 date-times; unknown
// ones may be.
func writesISO(format string) bool {
	for _, text := range samples(format) {
		if !isISO(text) {
			return false
		}
	}

	return true
}

// comparableDate reports whether an operand is certainly a date that dateCompare
// reads.
func comparableDate(arg *transform.Child) bool {
	if v, ok := arg.Const(); ok {
		return v.Text() == "now" || isISO(v.Text())
	}
	f := arg.Facts()
	return f.Null == transform.NeverNull && !f.Fails && f.Format != "" && writesISO(f.Format)
}

// comparableDefaults reports texts that a firstValid has ready for a date and that
// are none: they raise for those for whom they stand there.
func comparableDefaults(c *transform.Compiler, name string, arg *transform.Child) bool {
	if arg.Site().Type != "firstValid" {
		return true
	}
	for _, item := range arg.Site().Def.At("attributes", "values").Items() {
		text, ok := item.Str()
		if ok && text != "now" && !isISO(text) && !strings.ContainsAny(text, "$#") {
			c.Report(diag.Error, codeDatecompareIso, name,
				fmt.Sprintf("firstValid gives %q, expected an ISO 8601 date-time such as 2027-03-09T00:00:00Z, or now",
					text), "")
			return false
		}
	}

	return true
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
			c.Errorf(codeDatecompareIso, o.name, "found %s, expected an ISO 8601 date-time such as 2027-03-09T00:00:00Z, or now",
				v)
		case !writesISO(f.Format):
			c.Report(diag.Error, codeDatecompareIso, o.name, fmt.Sprintf("dates written as %s are not compared",
				f.Format),
				"use the outputFormat ISO8601")
		case !comparableDefaults(c, o.name, o.arg):
		case f.Null == transform.MayBeNull:
			reportRaise(c, diag.Warning, codeDatecompareNull, o.name, "the date can be null, which is an error",
				"wrap it in firstValid with a date far away")
		}

		if !ok {
			c.ReadsNow() // it can be the word now
		}
	}

	if v, ok := n.Operator.Const(); ok && !v.IsNull() {
		if _, ok := javadate.ParseComparison(v.Text()); !ok {
			c.Errorf(codeDatecompareOperator, "operator", "found %s, expected lt, lte, gt or gte", v)
		}
	}
}
