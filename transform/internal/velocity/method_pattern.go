package velocity

import "github.com/idprofile/engine/transform/internal/javaregex"

// callPattern is matches and split.
func (e *evaluator) callPattern(s string, m *member, pattern string, n int) (Value, error) {
	re, err := e.pattern(m, pattern)
	if err != nil {
		return Value{}, err
	}
	if m.method == mMatches {
		ok, err := re.Matches(e.b, s)
		return BoolOf(ok), err
	}

	parts, err := re.Split(e.b, s, n)
	if err != nil {
		return Value{}, err
	}

	items := make([]Value, len(parts))
	for i, p := range parts {
		items[i] = TextOf(p)
	}
	return Value{kind: List, ref: &list{items: items, class: javaArray}}, nil
}

// pattern returns the compiled pattern, which is only compiled now when it is
// no literal.
func (e *evaluator) pattern(m *member, pattern string) (*javaregex.Regexp, error) {
	if m.pattern != nil {
		return m.pattern, nil
	}
	return javaregex.CompileWithin(e.b, pattern)
}

func (e *evaluator) replacePattern(s string, m *member, pattern, by string) (Value, error) {
	re, err := e.pattern(m, pattern)
	if err != nil {
		return Value{}, err
	}

	repl := m.repl
	if repl == nil {
		// A fault in it shows only when there is a match.
		repl, _ = javaregex.ParseReplacement(by)
	}

	var out string
	if m.method == mReplaceAll {
		out, err = re.ReplaceAll(e.b, s, repl)
	} else {
		out, err = re.ReplaceFirst(e.b, s, repl)
	}

	return TextOf(out), err
}
