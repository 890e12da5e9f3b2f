package builtin

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/internal/javadate"
)

type dateFormatArgs struct {
	Input  transform.Input
	Parse  transform.Child `json:"inputFormat" default:"ISO8601" suggest:"ISO8601,LDAP,PEOPLE_SOFT,EPOCH_TIME_JAVA,EPOCH_TIME_WIN32" doc:"named format or SimpleDateFormat pattern of the input"`
	Print  transform.Child `json:"outputFormat" default:"ISO8601" suggest:"ISO8601,LDAP,PEOPLE_SOFT,EPOCH_TIME_JAVA,EPOCH_TIME_WIN32" doc:"named format or SimpleDateFormat pattern of the result"`
	parser format
	print  format
}

// format is a date format that is compiled in advance, or computed.
type format struct {
	arg   *transform.Child
	fixed *javadate.Format
}

func (f *format) compile(c *transform.Compiler, arg *transform.Child, attribute string) error {
	f.arg = arg
	v, ok := arg.Const()

	// A computed format is compiled when it is known.
	if !ok {
		return nil
	}

	fixed, err := javadate.CompileFormat(formatName(v))
	if err != nil {
		reportPattern(c, attribute, formatName(v), err)
		return fmt.Errorf("%w: %s: %w", transform.ErrConfig, attribute, err)
	}

	f.fixed = &fixed
	checkPattern(c, attribute, &fixed)
	return nil
}

// century reports whether the format can have two-digit years, which are placed
// around now.
func (f *format) century() bool {
	if f.fixed == nil {
		return true
	}
	return twoDigitYear(f.fixed)
}

// twoDigitYear reports whether a format has a year that may be written with two digits.
func twoDigitYear(f *javadate.Format) bool {
	return f.Pattern() != nil && slices.ContainsFunc(f.Pattern().Fields(), func(l javadate.Field) bool {
		return (l.Letter == 'y' || l.Letter == 'Y') && l.Count <= 2
	})
}

func formatName(v identity.Value) string {
	if v.IsNull() {
		return "ISO8601"
	}
	return v.Text()
}

func (f *format) eval(s *transform.Scope) (*javadate.Format, error) {
	if f.fixed != nil {
		return f.fixed, nil
	}

	v, err := f.arg.Eval(s)
	if err != nil {
		return nil, err
	}

	format, err := javadate.CompileFormat(formatName(v))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", transform.ErrConfig, err)
	}
	return &format, nil
}

func (n *dateFormatArgs) Apply(s *transform.Scope, in identity.Value) (identity.Value, error) {
	if in.IsNull() {
		return in, nil
	}

	text := in.Text()

	// Formats may be computed, and each is remembered by its text.
	parser, print := n.parser.fixed, n.print.fixed
	if parser == nil || print == nil {
		var err error
		if parser, err = n.parser.eval(s); err != nil {
			return identity.Value{}, err
		}
		if print, err = n.print.eval(s); err != nil {
			return identity.Value{}, err
		}
	}

	// What does not parse is no error in a tenant, it is null.
	ms, err := parser.Parse(text, javadate.GMT, s.CenturyStart())
	if err != nil {
		return identity.Value{}, nil
	}
	v, err := s.Text(print.Append(s.Buffer(), ms, javadate.GMT))
	if err == nil && print.InISO(ms) {
		s.KeepMoment(v.Text(), ms)
	}
	return v, err
}

// dateFormat writes a date in another format. What does not parse gives null.
//
// Source: DECISION 27; java.text.SimpleDateFormat.
func dateFormat() transform.Operation {
	return transform.Define("dateFormat",
		"A date in another format, by SimpleDateFormat patterns in GMT; null when it does not parse.",
		func(c *transform.Compiler, n *dateFormatArgs) transform.Node {
			if err := cmp.Or(n.parser.compile(c, &n.Parse, "inputFormat"),
				n.print.compile(c, &n.Print, "outputFormat")); err != nil {
				return transform.RaiseForInput(err)
			}

			// Years of two digits lie in the hundred years around now, so that the value depends on the clock.
			if n.parser.century() {
				c.ReadsNow()
			}
			checkDateFormat(c, n)
			return transform.OnInput(n)
		},
		transform.Phrase("date {inputFormat!} as {outputFormat!}"),
		transform.Traits{
			Also: []string{"formatdate"}, Tell: tell("%q to %q", "inputFormat", "outputFormat"), Why: whyNoDate,
			Changes: map[string]transform.Change{"inputFormat": otherFormat, "outputFormat": otherFormat},
		},
		example("A day", `{"type":"dateFormat","attributes":{"inputFormat":"MM/dd/yyyy","outputFormat":"yyyy-MM-dd"}}`,
			"03/09/2027", "2027-03-09"))
}

type dateMathArgs struct {
	Input      transform.Input
	Expression transform.Child `json:"expression" required:"true" doc:"such as now+3d/d; units y M w d h m s"`
	RoundUp    transform.Bool  `json:"roundUp" default:"false" doc:"whether rounding goes up"`
	math       *javadate.Math
}

func (n *dateMathArgs) Apply(s *transform.Scope, in identity.Value) (identity.Value, error) {
	// An expression that is computed is compiled for each value: it may differ for everybody.
	math := n.math
	if math == nil {
		expr, err := n.Expression.Text(s)
		if err != nil {
			return identity.Value{}, err
		}
		if math, err = javadate.CompileMath(expr); err != nil {
			return identity.Value{}, fmt.Errorf("%w: %w", transform.ErrConfig, err)
		}
	}

	roundUp, err := n.RoundUp.Eval(s, false)
	if err != nil {
		return identity.Value{}, err
	}

	// All of an evaluation sees the same instant.
	now := javadate.InstantOf(s.Env().Now)
	from := now

	// With now in the expression the input does not count, not even when it is no date.
	if !math.UsesNow() {
		if in.IsNull() {
			return in, nil
		}
		text := in.Text()
		if ms, ok := s.Moment(text); ok {
			from = javadate.InstantOfMillis(ms)
		} else if from, err = javadate.ParseISO(text); err != nil {
			return identity.Value{}, fmt.Errorf("%w: %w", transform.ErrFormat, err)
		}
	}

	result, err := math.Apply(from, now, roundUp)
	if err != nil {
		return identity.Value{}, fmt.Errorf("%w: %w", transform.ErrRange, err)
	}

	return s.Text(result.AppendText(s.Buffer()))
}

// dateMath adds to a date and rounds it, in UTC.
//
// Error: [transform.ErrFormat] for input that is no ISO 8601 date-time.
// Source: DECISION 18.
func dateMath() transform.Operation {
	return transform.Define("dateMath", "Adds to a date and rounds it, in UTC; the input is an ISO 8601 date-time.",
		func(c *transform.Compiler, n *dateMathArgs) transform.Node {
			return compileDateMath(c, n)
		},
		transform.Phrase("date {expression!}{roundUp:true=, rounded up}"),
		transform.Traits{
			Also: []string{"now"}, Tell: tell("%q", "expression"),
			Changes: map[string]transform.Change{"expression": otherMath},
		},
		example("The end of the month", `{"type":"dateMath","attributes":{"expression":"+1M"}}`, "2026-01-31T00:00:00Z",
			"2026-02-28T00:00Z"))
}

func compileDateMath(c *transform.Compiler, n *dateMathArgs) transform.Node {
	f := c.Unary()
	f.Fails, f.Format, f.Empty = true, transform.InstantFormat, false
	v, ok := n.Expression.Const()
	if !ok {
		c.ReadsNow()
		return transform.OnInput(n)
	}

	// Decoding has reported it.
	if v.IsNull() {
		return transform.Raise(fmt.Errorf("%w: expression is missing", transform.ErrConfig))
	}

	math, err := javadate.CompileMath(v.Text())
	if err != nil {
		c.Errorf(codeDatemathSyntax, "expression", "%v; such as now-5d/d or +1M, rounding to y M d h m s", err)
		if strings.Contains(strings.ToLower(v.Text()), "now") {
			c.ReadsNow() // as it is meant: that nothing here needs the time would be wrong
		}
		return transform.Raise(fmt.Errorf("%w: %w", transform.ErrConfig, err))
	}

	n.math = math
	if math.WholeMinutes() {
		f.Format = transform.MinuteFormat
	}

	if math.UsesNow() {
		c.MeansNow()
		f.Null, f.Fails = transform.NeverNull, false
	}

	checkDateMath(c, n)
	return transform.OnInput(n)
}

type dateCompareArgs struct {
	First    transform.Child `json:"firstDate" required:"true" doc:"ISO 8601 date-time or now"`
	Second   transform.Child `json:"secondDate" required:"true" doc:"ISO 8601 date-time or now"`
	Operator transform.Child `json:"operator" required:"true" enum:"lt,lte,gt,gte" doc:"lt, lte, gt or gte, in any case"`
	Yes      transform.Child `json:"positiveCondition" role:"branch" required:"true" doc:"the value when the comparison holds"`
	No       transform.Child `json:"negativeCondition" role:"branch" required:"true" doc:"the value when it does not"`
	branches branches
	first    operand
	second   operand
	operator javadate.Comparison
	fixed    bool // the operator is known
}

// operand is a date to compare. A constant one is read in advance.
type operand struct {
	arg   *transform.Child
	now   bool
	fixed *javadate.Instant
}

func newOperand(c *transform.Compiler, arg *transform.Child) operand {
	o := operand{arg: arg}

	// Constant dates are read once; what is wrong with them is raised when they are compared.
	if v, ok := arg.Const(); ok && !v.IsNull() && c.Shortcuts() {
		o.now = v.Text() == "now"
		if at, err := javadate.ParseISO(v.Text()); err == nil {
			o.fixed = &at
		}
	}

	return o
}

func (o *operand) eval(s *transform.Scope) (javadate.Instant, error) {
	switch {
	case o.fixed != nil:
		return *o.fixed, nil
	case o.now:
		return javadate.InstantOf(s.Env().Now), nil
	}

	return instant(s, o.arg)
}

func (n *dateCompareArgs) Eval(s *transform.Scope) (identity.Value, error) {
	if err := n.branches.complete(); err != nil {
		return identity.Value{}, err
	}

	// First before second: an error of the first is the one that is reported.
	first, err := n.first.eval(s)
	if err != nil {
		return identity.Value{}, err
	}

	second, err := n.second.eval(s)
	if err != nil {
		return identity.Value{}, err
	}

	// Operands are evaluated before the operator, as errors show in that order.
	comparison := n.operator
	if !n.fixed {
		if comparison, err = n.comparison(s); err != nil {
			return identity.Value{}, err
		}
	}

	return n.branches.Eval(s, comparison.Holds(first, second))
}

// comparison evaluates the operator.
func (n *dateCompareArgs) comparison(s *transform.Scope) (javadate.Comparison, error) {
	op, err := n.Operator.Text(s)
	if err != nil {
		return 0, err
	}

	comparison, ok := javadate.ParseComparison(op)
	if !ok {
		return 0, fmt.Errorf("%w: operator %q, expected lt, lte, gt or gte", transform.ErrConfig, op)
	}
	return comparison, nil
}

func instant(s *transform.Scope, c *transform.Child) (javadate.Instant, error) {
	text, err := c.Text(s)
	if err != nil {
		return javadate.Instant{}, err
	}

	// It may just have been written by dateFormat.
	if ms, ok := s.Moment(text); ok {
		return javadate.InstantOfMillis(ms), nil
	}

	i, err := javadate.ParseMoment(text, javadate.InstantOf(s.Env().Now))
	if err != nil {
		err = fmt.Errorf("%w: %w", transform.ErrFormat, err)
	}
	return i, err
}

// dateCompare chooses between two values by the order of two instants. Only the
// chosen branch is evaluated.
//
// Error: [transform.ErrFormat] for operands that are no ISO 8601 date-time,
// [transform.ErrNull] for null.
// Source: DECISION 26.
func dateCompare() transform.Operation {
	return transform.Define("dateCompare", "Chooses between two values by the order of two dates.",
		func(c *transform.Compiler, n *dateCompareArgs) transform.Node {
			n.branches = branches{yes: &n.Yes, no: &n.No, one: c.Dialect().DateCompareOneBranch}
			n.branches.compile(c)
			c.Facts().Fails = c.Facts().Fails || !comparableDate(&n.First) || !comparableDate(&n.Second)
			n.first, n.second = newOperand(c, &n.First), newOperand(c, &n.Second)

			// An operator that is always the same is read once; a wrong one raises when it is evaluated, as in
			// a tenant.
			if v, ok := n.Operator.Const(); ok && !v.IsNull() && c.Shortcuts() {
				n.operator, n.fixed = javadate.ParseComparison(v.Text())
			}
			checkDateCompare(c, n)
			return n
		},
		transform.Phrase("if {firstDate!} {operator:lt=is before;lte=is not after;gt=is after;gte=is not before} {secondDate!}"+
			"\nthen {positiveCondition}\nelse {negativeCondition}"),
		transform.Traits{
			Also: []string{"comparedate"}, PassesInput: true, Tell: tell("%s", "operator"),
			Changes: map[string]transform.Change{"operator": otherComparison, "positiveCondition": longer,
				"negativeCondition": longer},
		},
		example("Two dates", `{"type":"dateCompare","attributes":{"firstDate":"2026-01-01T00:00:00Z","secondDate":"2026-02-01T00:00:00Z","operator":"lt","positiveCondition":"before","negativeCondition":"after"}}`, "", "before"))
}
