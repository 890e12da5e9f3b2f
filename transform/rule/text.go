package rule

import (
	"fmt"
	"regexp"
	"unicode/utf8"

	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform/internal/javatext"
)

// charSize is the number of bytes of the first character. Half of a surrogate
// pair, which texts may hold in its three-byte form, counts as one.
func charSize(s string) int {
	if s[0] < utf8.RuneSelf {
		return 1
	}
	if len(s) >= 3 && s[0] == 0xED && s[1] >= 0xA0 && s[1] <= 0xBF && s[2]&0xC0 == 0x80 {
		return 3
	}
	_, n := utf8.DecodeRuneInString(s)
	return n
}

// charCount is the length of a text in characters.
func charCount(s string) int {
	n := 0
	for len(s) > 0 {
		s = s[charSize(s):]
		n++
	}

	return n
}

// charsBetween cuts out the characters from one position to another, which lie
// inside the text.
func charsBetween(s string, from, to int) string {
	for range from {
		s = s[charSize(s):]
	}
	end := 0
	for range to - from {
		end += charSize(s[end:])
	}
	return s[:end]
}

// bounds puts the positions of a slice inside a length; negative ones count from
// the end.
func bounds(from, to any, length int) (start, end int, err error) {
	start, end = 0, length
	for _, p := range []struct {
		value any
		at    *int
	}{{from, &start}, {to, &end}} {
		// Null leaves the side open.
		switch n := p.value.(type) {
		case nil:
		case int:
			if n < 0 {
				n += length
			}
			*p.at = min(max(n, 0), length)
		default:
			return 0, 0, wrong(n, "a position in whole numbers")
		}
	}

	return start, max(start, end), nil
}

// slice is text[from:to] in characters, or list[from:to] in items.
func slice(b *budget, a []any) (any, error) {
	switch v := a[0].(type) {
	case nil:
		return nil, nil
	case string:
		from, to, err := bounds(a[1], a[2], charCount(v))
		if err != nil {
			return nil, err
		}
		return b.produce(charsBetween(v, from, to))

	case []any:
		from, to, err := bounds(a[1], a[2], len(v))
		if err != nil {
			return nil, err
		}

		// Without room behind, so that an append elsewhere cannot write into the list.
		return v[from:to:to], nil
	}

	return nil, wrong(a[0], "a text or a list")
}

// memberOf is value[key] and value.key: a character of a text, an item of a list
// or a member of an object.
func memberOf(b *budget, a []any) (any, error) {
	// A missing item is an error while a missing member is null: positions are counted by whoever writes the rule,
	// members come with the data.
	at, isNumber := a[1].(int)
	switch v := a[0].(type) {
	case nil:
		return nil, nil
	case string:
		if !isNumber {
			return nil, noMember(v, a[1])
		}
		at, err := position(at, charCount(v), "text", "characters")
		if err != nil {
			return nil, err
		}
		return b.produce(charsBetween(v, at, at+1))

	case []any:
		if !isNumber {
			return nil, noMember(v, a[1])
		}
		at, err := position(at, len(v), "list", "items")
		if err != nil {
			return nil, err
		}
		return v[at], nil

	case map[string]any:
		if name, ok := a[1].(string); ok {
			return v[name], nil
		}

	case *jsondoc.Node:
		if a[1] == nil {
			return nil, nil
		}
		if name, ok := a[1].(string); ok {
			return nodeAny(v.Get(name), b)
		}
	}

	return nil, noMember(a[0], a[1])
}

func position(at, length int, what, unit string) (int, error) {
	from := at
	if from < 0 {
		from += length
	}
	if from < 0 || from >= length {
		return 0, fmt.Errorf("%w: position %d of a %s of %d %s", errArgument, at, what, length, unit)
	}
	return from, nil
}

func noMember(v, key any) error {
	if name, ok := key.(string); ok {
		return fmt.Errorf("%w: %s has no member %q", errArgument, describe(v), name)
	}
	return fmt.Errorf("%w: found %s as a position, expected a whole number", errArgument, describe(key))
}

// truth makes a condition of a value: nil is false.
func truth(_ *budget, a []any) (any, error) {
	switch v := a[0].(type) {
	case nil:
		return false, nil
	case bool:
		return v, nil
	}

	return nil, wrong(a[0], "true or false")
}

// items is a list to go through: nil has no items.
func items(_ *budget, a []any) (any, error) {
	switch v := a[0].(type) {
	case nil:
		return []any{}, nil
	case []any:
		return v, nil
	}

	return nil, wrong(a[0], "a list")
}

// arithmetic makes the operator of two numbers; nil with either gives nil.
func arithmetic(name string, whole func(x, y int) (any, error),
	decimal func(x, y float64) (any, error)) func(*budget, []any) (any, error) {
	return func(_ *budget, a []any) (any, error) {
		if a[0] == nil || a[1] == nil {
			return nil, nil
		}
		x, isInt := a[0].(int)
		y, isInt2 := a[1].(int)

		// Whole numbers stay whole where the operator allows it.
		if isInt && isInt2 && whole != nil {
			return whole(x, y)
		}
		f, ok := decimalOf(a[0])
		g, ok2 := decimalOf(a[1])
		if !ok || !ok2 || decimal == nil {
			return nil, fmt.Errorf("%w: %s of %s and %s, expected two numbers", errArgument, name, describe(a[0]),
				describe(a[1]))
		}
		return decimal(f, g)
	}
}

func decimalOf(v any) (float64, bool) {
	switch v := v.(type) {
	case int:
		return float64(v), true
	case float64:
		return v, true
	}

	return 0, false
}

// compare makes an order of two texts or two numbers; nil with either gives nil,
// which counts as false.
func compare(name string, holds func(order int) bool) func(*budget, []any) (any, error) {
	return func(_ *budget, a []any) (any, error) {
		if a[0] == nil || a[1] == nil {
			return nil, nil
		}

		// Texts are ordered as Java does, by UTF-16 units, and numbers across kinds by value.
		s, isText := a[0].(string)
		t, isText2 := a[1].(string)
		if isText && isText2 {
			return holds(javatext.Compare(s, t)), nil
		}
		f, ok := decimalOf(a[0])
		g, ok2 := decimalOf(a[1])
		switch {
		case !ok || !ok2:
			return nil, fmt.Errorf("%w: %s between %s and %s, expected two texts or two numbers", errArgument, name,
				describe(a[0]), describe(a[1]))
		case f < g:
			return holds(-1), nil
		case f > g:
			return holds(1), nil
		}

		return holds(0), nil
	}
}

// negate is the minus in front of a number.
func negate(_ *budget, a []any) (any, error) {
	switch v := a[0].(type) {
	case nil:
		return nil, nil
	case int:
		return -v, nil
	case float64:
		return -v, nil
	}

	return nil, wrong(a[0], "a number")
}

// number1 is the plus in front of a number.
func number1(_ *budget, a []any) (any, error) {
	switch a[0].(type) {
	case nil, int, float64:
		return a[0], nil
	}

	return nil, wrong(a[0], "a number")
}

var errZero = fmt.Errorf("%w: division by zero", errArgument)

// goWords are what the language calls the kinds of values in its messages.
var goWords = regexp.MustCompile(`"[^"]*"|map\[string\]interface \{\}|\[\]interface \{\}|interface \{\}|\*rule\.budget|<nil>|\b(?:string|int|float64|bool|uint8)\b`)

// plainMessage is a message of the language without names of Go types.
func plainMessage(s string) string {
	// Messages of the language name types of Go, which authors of rules do not know.
	return goWords.ReplaceAllStringFunc(s, func(word string) string {
		switch word {
		case "string":
			return "text"
		case "int", "float64", "uint8":
			return "number"
		case "bool":
			return "truth value"
		case "[]interface {}":
			return "list"
		case "map[string]interface {}":
			return "object"
		case "<nil>":
			return "nil"
		case "interface {}", "*rule.budget":
			return "value"
		}

		return word // in quotes
	})
}
