package velocity

// matchLiteral finds white space, texts, numbers and booleans.
func matchLiteral(b *best, s string) {
	switch c := s[0]; {
	case c == ' ' || c == '\t' || c == '\n' || c == '\r':
		i := 1
		for i < len(s) && (s[i] == ' ' || s[i] == '\t' || s[i] == '\n' || s[i] == '\r') {
			i++
		}
		b.add(tSpace, i)

	case c == '"' || c == '\'':
		b.add(tString, stringLength(s))
	default:
		matchNumber(b, s)
		matchBool(b, s)
	}
}

// stringLength measures a quoted text; a doubled quote does not end it. A text
// that only seems to go on behind a doubled quote ends before it.
func stringLength(s string) int {
	end := 0
	for i := 1; i < len(s); i++ {
		if s[i] != s[0] {
			continue
		}
		end = i + 1
		if i+1 == len(s) || s[i+1] != s[0] {
			break
		}
		i++
	}

	return end
}

func matchNumber(b *best, s string) {
	i := 0
	if s[0] == '-' {
		i = 1
	}

	// A sign alone is no number; the digits behind it decide.
	start := i
	i = digits(s, i)
	whole := i > start
	if whole {
		// 1..3 is a range: the point belongs to it and not to a number.
		b.add(tInteger, i)
		if hasPrefix(s[i:], "..") {
			b.add(tInteger, i+2)
		}
		b.add(tFloat, exponent(s, i))
	}

	if i == len(s) || s[i] != '.' {
		return
	}

	j := digits(s, i+1)
	if whole || j > i+1 {
		b.add(tFloat, j)
		b.add(tFloat, exponent(s, j))
	}
}

func digits(s string, i int) int {
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i
}

// exponent returns the end of the exponent at i, or 0 when there is none.
func exponent(s string, i int) int {
	if i == len(s) || s[i]|0x20 != 'e' {
		return 0
	}

	i++
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}

	if j := digits(s, i); j > i {
		return j
	}
	return 0
}

func wordLength(s string) int {
	if s == "" || !isLetter(s[0]) && s[0] != '_' && s[0] != '@' {
		return 0
	}
	i := 1
	for i < len(s) && isWordByte(s[i]) {
		i++
	}
	return i
}

func bracedLength(s string) int {
	if len(s) < 3 || s[0] != '{' || !isLetter(s[1]) && s[1] != '_' {
		return 0
	}

	i := 2
	for i < len(s) && isWordByte(s[i]) {
		i++
	}

	if i < len(s) && s[i] == '}' {
		return i + 1
	}
	return 0
}

func isWordByte(c byte) bool { return isLetter(c) || isDigit(c) || c == '_' || c == '@' }
