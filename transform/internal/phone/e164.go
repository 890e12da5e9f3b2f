package phone

import "strings"

// AppendE164 appends the E.164 form of text to dst; see [Full], whose answers it
// gives. Without a valid number dst comes back as it was and ok is false. It
// allocates to grow dst, when a region is seen for the first time, and for
// unusual numbers.
func AppendE164(dst []byte, text, region string) (out []byte, ok bool) {
	var buf [maxDigits + 7]byte
	n, plus, usual := digits(&buf, text)
	if !usual {
		if number, found := withoutExtension(text); found {
			if n, plus, usual = digits(&buf, number); n < minDigits {
				usual = false
			}
		}
	}

	// The usual number is answered for by machines; the library is asked only about the
	// others.
	switch {
	case usual && (n == 0 || plus && n <= 3): // not viable: only a country code, say
		return dst, false
	case usual && n >= minDigits:
		switch p, number, answer := parse(buf[:n], plus, region); answer {
		case valid:
			dst = append(dst, '+')
			dst = append(dst, p.code...)
			return append(dst, number...), true
		case invalid:
			return dst, false
		}
	}

	e164, ok := Full(text, region)
	if !ok {
		return dst, false
	}

	return append(dst, e164...), true
}

// kind is what a character is in an everyday number.
type kind uint8

const (
	unusual kind = iota
	digit
	sign // between digits, without a meaning
	plusSign
)

var kinds = [256]kind{
	'0': digit, '1': digit, '2': digit, '3': digit, '4': digit, '5': digit, '6': digit, '7': digit,
	'8': digit, '9': digit, ' ': sign, '-': sign, '.': sign, '(': sign, ')': sign, '/': sign, '[': sign, ']': sign,
	'+': plusSign,
}

// minDigits are needed for a number that is looked at here.
const minDigits = 4

// digits collects the digits of text. usual is false when they are not all there
// is to it.
func digits(buf *[maxDigits + 7]byte, text string) (n int, plus, usual bool) {
	if len(text) > maxUnits {
		return 0, false, false
	}

	signs := false // after the first plus sign
	for i := 0; i < len(text); i++ {
		c := text[i]

		// Anything but digits and signs may mean something, which the library knows.
		switch kinds[c] {
		case digit:
			if n == len(buf) {
				return 0, false, false
			}
			buf[n] = c
			n++

		case sign:
			signs = signs || plus
		case plusSign:
			if n > 0 || signs {
				return 0, false, false
			}
			plus = true
		default:
			return 0, false, false
		}
	}

	return n, plus, true
}

// extensionLabels announce the digits of an extension, in any case, and how many
// there may be.
var extensionLabels = [...]struct {
	label  string
	digits int
}{{"extension", 20}, {"extn", 20}, {"ext", 20}, {"x", 9}}

// withoutExtension cuts off an everyday extension: after the last digit of the
// number a label and digits, blanks around the label.
func withoutExtension(text string) (number string, found bool) {
	rest := strings.TrimRight(text, "0123456789")
	digits := len(text) - len(rest)
	rest = strings.TrimRight(rest, " ")
	if n := len(rest); n > 0 && (rest[n-1] == '.' || rest[n-1] == ':') {
		rest = rest[:n-1]
	}

	if digits == 0 || len(text) > maxUnits {
		return "", false
	}

	// The longest label comes first, as one is the end of another.
	for _, l := range extensionLabels {
		at := len(rest) - len(l.label)
		if at <= 0 || !strings.EqualFold(rest[at:], l.label) || digits > l.digits {
			continue
		}
		number = strings.TrimRight(rest[:at], " ")
		return number, number != "" && kinds[number[len(number)-1]] == digit
	}

	return "", false
}

// answer is what running over digits led to.
type answer uint8

const (
	unknown answer = iota // the full parser has to say
	valid
	invalid
)

// parse finds the plan that d belongs to and the national number in it.
func parse(d []byte, plus bool, region string) (p *plan, number []byte, result answer) {
	if plus {
		return international(d)
	}

	p = planOf(region)
	if p == nil {
		return nil, nil, unknown
	}

	// With an international prefix it is a number from abroad.
	if n, _ := p.idd.prefix(d); n >= 0 && (n == len(d) || d[n] != '0') {
		if len(d)-n <= 2 {
			return nil, nil, invalid
		}
		return international(d[n:])
	}

	// It may begin with the country code, dialled without plus sign; the library tries that
	// before it takes the digits as they are.
	if len(d) > len(p.code) && string(d[:len(p.code)]) == p.code {
		rest, ok := p.strip(d[len(p.code):])
		if !ok {
			return nil, nil, unknown
		}
		if p.length(len(d)) == tooLong || p.types.run(d)&anyNumber == 0 && p.types.run(rest)&anyNumber != 0 {
			return national(codeNumber(p.code), rest)
		}
	}

	number, ok := p.significant(d)
	if !ok {
		return nil, nil, unknown
	}

	return p, number, check(p, codeOf(codeNumber(p.code)), number)
}

// international goes on after a plus sign or an international prefix.
func international(d []byte) (p *plan, number []byte, result answer) {
	if d[0] == '0' {
		return nil, nil, unknown
	}

	// No country code begins another, so the first that fits is it.
	n := 0
	for i := 0; i < 3 && i < len(d); i++ {
		n = n*10 + int(d[i]-'0')
		if codeOf(n) != nil {
			return national(n, d[i+1:])
		}
	}

	return nil, nil, unknown
}

// national goes on after the country calling code.
func national(n int, d []byte) (p *plan, number []byte, result answer) {
	c := codeOf(n)
	if c == nil || c.plan == nil || len(d) < 2 {
		return nil, nil, unknown
	}

	number, ok := c.plan.significant(d)
	if !ok {
		return nil, nil, unknown
	}
	return c.plan, number, check(c.plan, c, number)
}

// codeNumber is the number of a country calling code.
func codeNumber(code string) int {
	n := 0
	for i := range len(code) {
		n = n*10 + int(code[i]-'0')
	}
	return n
}

// length returns what the library thinks of a number of n digits.
func (p *plan) length(n int) lengthResult {
	if n > maxDigits {
		return tooLong
	}
	return p.lengths[n].length
}

// strip cuts off the national prefix of d, unless that spoils a good number. ok
// is false when the prefix has to be replaced.
func (p *plan) strip(d []byte) (rest []byte, ok bool) {
	if p.prefix == nil || len(d) == 0 {
		return d, true
	}

	// A prefix is only cut off when a good number stays good.
	n, as := p.prefix.prefix(d)
	switch {
	case n <= 0 && as&grouped == 0:
		return d, true
	case p.rewrite && as&grouped != 0:
		return nil, false
	case p.types.run(d)&anyNumber != 0 && p.types.run(d[n:])&anyNumber == 0:
		return d, true
	}

	return d[n:], true
}

// significant returns the national significant number in d.
func (p *plan) significant(d []byte) (number []byte, ok bool) {
	rest, ok := p.strip(d)
	if !ok {
		return nil, false
	}

	// A number that would become too short keeps its prefix.
	if l := p.length(len(rest)); l == possible || l == tooLong {
		d = rest
	}
	return d, len(d) >= 2 && len(d) <= maxDigits
}

// check reports whether number is valid in the region of c that it belongs to; p
// is the plan that it was parsed with.
func check(p *plan, c *code, number []byte) answer {
	if c == nil {
		return unknown
	}
	if len(c.regions) == 1 {
		return p.check(number)
	}

	// Several countries share a code; the leading digits tell them apart, or else whose number
	// it is.
	for _, region := range c.regions {
		p := planOf(region)
		if p == nil {
			return unknown
		}
		if p.leading != nil {
			if n, _ := p.leading.prefix(number); n >= 0 {
				return p.check(number)
			}
		} else if p.check(number) == valid {
			return valid
		}
	}

	return invalid
}

// check reports whether number is of a type that the region has.
func (p *plan) check(number []byte) answer {
	if len(number) > maxDigits {
		return invalid
	}
	as := p.types.run(number) & p.lengths[len(number)].types
	if as&anyNumber != 0 && as&^anyNumber != 0 {
		return valid
	}
	return invalid
}
