package velocity

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/idprofile/engine/transform/internal/javatext"
	"github.com/idprofile/engine/transform/internal/limit"
)

// formatter is String.format for the locale en-US: conversions s, b, c, d, x, o
// and their capitals, f, % and n. Evaluator and arguments are handed along
// instead of being fields, which would put them on the heap for all methods.
//
// Source: java.util.Formatter of Java 17.
type formatter struct {
	dst      []byte
	ordinary int // index of the next argument without an index of its own
	last     int // index of the argument used last; -1 before the first
}

// format formats a text with the arguments behind it; an array stands for its
// items.
func (e *evaluator) format(args []Value) (Value, error) {
	if len(args) == 0 || args[0].kind != Text {
		return Value{}, errNoMember
	}

	f, items := formatter{last: -1}, args[1:]
	if len(args) == 2 && isArray(args[1]) {
		items = args[1].list().items
	}

	err := f.text(e, args[0].text, items)
	return TextOf(string(f.dst)), err
}

func (f *formatter) text(e *evaluator, s string, args []Value) error {
	for {
		at := strings.IndexByte(s, '%')
		if at < 0 {
			f.dst = joinText(f.dst, s)
			return e.b.Spend(textCost(len(s)))
		}

		f.dst = joinText(f.dst, s[:at])
		d, size, ok := parseConversion(s[at+1:])
		if !ok {
			return errors.New("unknown format conversion in " + quote(s[at:]))
		}
		if err := f.convert(e, &d, args); err != nil {
			return err
		}

		s = s[at+1+size:]
	}
}

// conversion is one %-sequence: %[index$][flags][width][.precision]letter.
type conversion struct {
	index     int // from 1; 0: the next one, -1: the one before
	flags     string
	width     int // -1: none
	precision int // -1: none
	letter    byte
}

func (d *conversion) has(flag byte) bool { return strings.IndexByte(d.flags, flag) >= 0 }

// parseConversion reads what stands behind the percent sign.
func parseConversion(s string) (d conversion, size int, ok bool) {
	d = conversion{width: -1, precision: -1}
	at := 0
	number := func() int {
		start := at
		for at < len(s) && s[at]-'0' <= 9 {
			at++
		}
		n, err := strconv.ParseInt(s[start:at], 10, 32)
		if err != nil {
			return -1
		}
		return int(n)
	}

	// An index is digits with a dollar sign behind them; without the sign the
	// same digits are flags and a width.
	if n := number(); n >= 0 && at < len(s) && s[at] == '$' {
		if d.index = n; n == 0 {
			return d, 0, false
		}
		at++
	} else if at = 0; strings.HasPrefix(s, "<") {
		d.index = -1
		at = 1
	}

	// Flags come before the width; a zero there is a flag and not its first digit.
	start := at
	for at < len(s) && strings.IndexByte("-#+ 0,(", s[at]) >= 0 {
		at++
	}

	d.flags = s[start:at]
	d.width = number()
	if at+1 < len(s) && s[at] == '.' && s[at+1]-'0' <= 9 {
		at++
		d.precision = number()
	}

	if at == len(s) || !isLetter(s[at]) && s[at] != '%' {
		return d, 0, false
	}

	d.letter = s[at]
	return d, at + 1, true
}

var (
	errFormatFlags    = errors.New("format flags do not fit the conversion")
	errFormatArgument = errors.New("format argument has the wrong type")
)

func (f *formatter) convert(e *evaluator, d *conversion, args []Value) error {
	// Java demands a width for these flags, but not for a line end.
	if (d.has('-') || d.has('0')) && d.width < 0 && d.letter != 'n' {
		return errors.New("format width is missing")
	}
	if d.has('-') && d.has('0') || d.has('+') && d.has(' ') || repeated(d.flags) {
		return errFormatFlags
	}

	switch d.letter {
	case '%':
		if strings.Trim(d.flags, "-") != "" || d.precision >= 0 {
			return errFormatFlags
		}
		return f.pad(e, d, "%")
	case 'n':
		if d.flags != "" || d.width >= 0 || d.precision >= 0 {
			return errFormatFlags
		}
		f.dst = append(f.dst, '\n')
		return nil
	}

	v, err := f.argument(d, args)
	if err != nil {
		return err
	}

	text, err := e.formatValue(d, v)
	if err != nil {
		return err
	}

	if d.letter < 'a' {
		text = javatext.Upper(text)
	}

	return f.pad(e, d, text)
}

func repeated(flags string) bool {
	for i := range len(flags) {
		if strings.IndexByte(flags[i+1:], flags[i]) >= 0 {
			return true
		}
	}

	return false
}

// argument returns the argument of a conversion.
func (f *formatter) argument(d *conversion, args []Value) (Value, error) {
	i := d.index - 1
	switch d.index {
	case 0:
		i = f.ordinary
		f.ordinary++
	case -1:
		i = f.last
	}

	if i < 0 || i >= len(args) {
		return Value{}, errors.New("format argument is missing")
	}

	f.last = i
	return args[i], nil
}

// formatValue writes a value without its width.
func (e *evaluator) formatValue(d *conversion, v Value) (string, error) {
	switch d.letter {
	case 's', 'S', 'b', 'B':
		return e.formatPlain(d, v)
	case 'c', 'C':
		if strings.Trim(d.flags, "-") != "" || d.precision >= 0 {
			return "", errFormatFlags
		}
		return formatChar(v)
	case 'd', 'x', 'X', 'o':
		return formatInteger(d, v)
	case 'f':
		return formatDecimal(d, v)
	}

	return "", errors.New("format conversion %" + string(rune(d.letter)) + " is not supported")
}

// formatPlain is the text of a value, or for b its truth, cut to the precision.
func (e *evaluator) formatPlain(d *conversion, v Value) (string, error) {
	if strings.Trim(d.flags, "-") != "" {
		return "", errFormatFlags
	}

	text, err := "", error(nil)
	if d.letter|0x20 == 'b' {
		text = strconv.FormatBool(v.kind != Unset && (v.kind != Bool || v.isTrue()))
	} else if text, err = e.text(v); err != nil {
		return "", err
	}

	if d.precision >= 0 {
		text, _ = javatext.Substring(text, 0, min(d.precision, javatext.Len(text)))
	}
	return text, nil
}

func formatChar(v Value) (string, error) {
	switch v.kind {
	case Unset:
		return "null", nil
	case Char:
		return string(appendUnit(nil, uint16(v.num))), nil
	case Integer:
		if c, ok := codePoint(v.num); ok {
			return c, nil
		}
	}

	return "", errFormatArgument
}

// formatInteger writes a whole number. Negative ones in other bases than ten
// show the bits of their class.
func formatInteger(d *conversion, v Value) (string, error) {
	if d.precision >= 0 {
		return "", errFormatFlags
	}

	// Signs, groups and brackets are for decimals; other bases show bits.
	decimal := d.letter == 'd'
	if decimal && d.has('#') || !decimal && strings.ContainsAny(d.flags, "+ ,(") && v.kind != BigInt ||
		!decimal && d.has(',') {
		return "", errFormatFlags
	}

	base := map[byte]int{'d': 10, 'x': 16, 'X': 16, 'o': 8}[d.letter]
	digits, negative := "", false
	switch v.kind {
	case Unset:
		return "null", nil
	case Integer, Long:
		negative = decimal && v.num < 0

		// The bits of an int are 32, those of a long 64.
		switch n := uint64(v.num); {
		case negative:
			digits = strconv.FormatUint(-n, base)
		case v.kind == Integer && !decimal:
			digits = strconv.FormatUint(uint64(uint32(n)), base)
		default:
			digits = strconv.FormatUint(n, base)
		}

	case BigInt:
		negative = v.bigInt().Sign() < 0
		digits = strings.TrimPrefix(v.bigInt().Text(base), "-")
	default:
		return "", errFormatArgument
	}

	if d.has('#') {
		digits = map[int]string{16: "0x", 8: "0"}[base] + digits
	}

	return d.number(digits, negative), nil
}

// formatDecimal writes a decimal in fixed notation, rounded half up from its
// shortest digits.
func formatDecimal(d *conversion, v Value) (string, error) {
	if v.kind == Unset {
		return "null", nil
	}
	if v.kind != Float {
		return "", errFormatArgument
	}

	x := v.float()
	switch {
	case math.IsNaN(x):
		return "NaN", nil
	case math.IsInf(x, 0):
		return "", errors.New("format of an infinite number is not supported")
	}

	precision := d.precision
	if precision < 0 {
		precision = 6
	}

	if precision > 1000 {
		return "", limit.Err
	}

	// Shortest digits first and rounded then: rounding the exact value would differ from Java where
	// the digits end in a 5.
	whole, fraction, _ := strings.Cut(strconv.FormatFloat(math.Abs(x), 'f', -1, 64), ".")
	up := len(fraction) > precision && fraction[precision] >= '5'
	fraction = (fraction + strings.Repeat("0", precision))[:precision]
	digits := []byte(whole + fraction)
	for i := len(digits) - 1; up; i-- {
		if i < 0 {
			digits = append([]byte("1"), digits...)
			break
		}

		if up = digits[i] == '9'; up {
			digits[i] = '0'
		} else {
			digits[i]++
		}
	}

	text := string(digits[:len(digits)-precision])
	if precision > 0 || d.has('#') {
		text += "." + string(digits[len(digits)-precision:])
	}

	return d.number(text, math.Signbit(x)), nil
}

// number puts groups, zeros and the sign to digits.
func (d *conversion) number(digits string, negative bool) string {
	if d.has(',') {
		whole, rest, point := strings.Cut(digits, ".")
		for i := len(whole) - 3; i > 0; i -= 3 {
			whole = whole[:i] + "," + whole[i:]
		}
		if digits = whole; point {
			digits += "." + rest
		}
	}

	// A negative number has a sign or brackets; plus and blank are for others.
	front, back := "", ""
	switch {
	case negative && d.has('('):
		front, back = "(", ")"
	case negative:
		front = "-"
	case d.has('+'):
		front = "+"
	case d.has(' '):
		front = " "
	}

	if d.has('0') && d.width <= maxWidth {
		// Zeros stand between the prefix and the digits.
		if strings.HasPrefix(digits, "0x") && d.has('#') {
			front, digits = front+"0x", digits[2:]
		}
		if n := d.width - len(front) - len(digits) - len(back); n > 0 {
			digits = strings.Repeat("0", n) + digits
		}
	}

	return front + digits + back
}

// maxWidth is the greatest width that is made.
const maxWidth = 1 << 16

// pad writes a text in the width of a conversion.
func (f *formatter) pad(e *evaluator, d *conversion, text string) error {
	blanks := d.width - javatext.Len(text)
	if err := e.b.Spend(textCost(len(text) + max(blanks, 0))); err != nil {
		return err
	}
	if d.width > maxWidth {
		return limit.Err
	}

	if blanks > 0 && !d.has('-') {
		text = strings.Repeat(" ", blanks) + text
	}

	f.dst = joinText(f.dst, text)
	if blanks > 0 && d.has('-') {
		f.dst = append(f.dst, strings.Repeat(" ", blanks)...)
	}
	return nil
}
