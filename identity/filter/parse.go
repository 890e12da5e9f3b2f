package filter

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/idprofile/engine/identity"
)

// SyntaxError says where a filter cannot be read. Offset counts bytes.
type SyntaxError struct {
	Filter string
	Offset int
	Msg    string
}

// Error returns the message with the position in characters, from 1.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("filter, character %d: %s", utf8.RuneCountInString(e.Filter[:e.Offset])+1, e.Msg)
}

// maxDepth bounds nested parentheses.
const maxDepth = 200

// Parse reads a filter. The error is a [*SyntaxError].
func Parse(text string) (*Filter, error) {
	p := &parser{text: text, f: &Filter{}}
	root, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if p.space(); p.at < len(text) {
		return nil, p.fail("found %q, expected && or || or the end", p.rest())
	}
	p.f.root = root
	return p.f, nil
}

type parser struct {
	text string
	at   int
	f    *Filter
}

func (p *parser) fail(format string, args ...any) error {
	return &SyntaxError{Filter: p.text, Offset: min(p.at, len(p.text)), Msg: fmt.Sprintf(format, args...)}
}

func (p *parser) rest() string {
	rest := p.text[p.at:]
	if len(rest) > 20 {
		rest = strings.ToValidUTF8(rest[:20], "") + "..."
	}
	return rest
}

func (p *parser) space() {
	p.at += len(p.text[p.at:]) - len(strings.TrimLeftFunc(p.text[p.at:], unicode.IsSpace))
}

func (p *parser) take(token string) bool {
	p.space()
	if strings.HasPrefix(p.text[p.at:], token) {
		p.at += len(token)
		return true
	}

	return false
}

func (p *parser) or(depth int) (node, error) {
	list, err := p.series(depth, "||", p.and)
	if err != nil || len(list) == 1 {
		return first(list), err
	}
	return or{list}, nil
}

func (p *parser) and(depth int) (node, error) {
	list, err := p.series(depth, "&&", p.unary)
	if err != nil || len(list) == 1 {
		return first(list), err
	}
	return and{list}, nil
}

func first(list []node) node {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

func (p *parser) series(depth int, op string, part func(int) (node, error)) ([]node, error) {
	var list []node
	for {
		n, err := part(depth)
		if err != nil {
			return nil, err
		}
		list = append(list, n)
		if !p.take(op) {
			return list, nil
		}
	}
}

func (p *parser) unary(depth int) (node, error) {
	if depth > maxDepth {
		return nil, p.fail("nested more than %d deep", maxDepth)
	}
	switch {
	case p.take("!"):
		n, err := p.unary(depth + 1)
		return not{n}, err
	case p.take("("):
		n, err := p.or(depth + 1)
		if err == nil && !p.take(")") {
			err = p.fail("expected )")
		}
		return n, err
	}

	return p.comparison()
}

var operators = []string{"==", "!=", "<=", ">=", "<", ">"}

// comparison reads property op value or property.function(values). Property
// names may contain blanks and dots: a dot begins a function only when a known
// one and an opening parenthesis follow.
func (p *parser) comparison() (node, error) {
	p.space()
	start := p.at

	// A name goes on up to an operator or a bracket, so that blanks and dots need no quotes.
	for p.at < len(p.text) && !strings.ContainsRune("=!<>()&|\"'{}", rune(p.text[p.at])) {
		p.at++
	}
	name := strings.TrimRightFunc(p.text[start:p.at], unicode.IsSpace)
	if p.at < len(p.text) && p.text[p.at] == '(' {
		if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
			return p.call(strings.TrimRightFunc(name[:dot], unicode.IsSpace), strings.TrimSpace(name[dot+1:]), start)
		}
	}

	if name == "" {
		p.at = start
		return nil, p.fail("expected the name of a property")
	}

	// Longer operators stand first in the list: <= is not < and =.
	for _, op := range operators {
		if p.take(op) {
			v, err := p.value()
			return &comparison{property: name, op: op, number: p.uses(name), value: v}, err
		}
	}

	return nil, p.fail("expected a comparison after %q", name)
}

// uses notes a property and returns its number.
func (p *parser) uses(name string) int {
	at := slices.Index(p.f.properties, name)
	if at < 0 {
		at = len(p.f.properties)
		p.f.properties = append(p.f.properties, name)
	}

	return at
}

var functions = []string{"startsWith", "endsWith", "contains", "containsAll", "containsAny", "in", "isNull", "notNull",
	"isEmpty"}

func (p *parser) call(property, function string, start int) (node, error) {
	n := &call{property: property, function: function}

	// The end of the name says that case does not matter, for functions on texts only.
	if base, ok := strings.CutSuffix(function, "IgnoreCase"); ok && slices.Contains(functions[:6], base) {
		n.function, n.fold = base, true
	}
	if property == "" || !slices.Contains(functions, n.function) {
		p.at = start
		return nil, p.fail("%q is no function; known are %s", function, strings.Join(functions, ", "))
	}

	p.at++ // the parenthesis
	if !p.take(")") {
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		n.args = items(v)
		if !p.take(")") {
			return nil, p.fail("expected )")
		}
	}

	// Functions without values must have none, the others at least one.
	if none := strings.HasPrefix(n.function, "is") || n.function == "notNull"; none != (n.args == nil) {
		return nil, p.fail("wrong number of values for %s", function)
	}
	n.number = p.uses(property)
	return n, nil
}

func (p *parser) value() (identity.Value, error) {
	p.space()
	if p.at >= len(p.text) {
		return identity.Value{}, p.fail("expected a value")
	}
	switch c := p.text[p.at]; c {
	case '"', '\'':
		return p.quoted(c)
	case '{':
		return p.list()
	}

	// A bare word is a literal or a number; a text has to be quoted, so that a misspelt name is not
	// taken for one.
	start := p.at
	for p.at < len(p.text) && !strings.ContainsRune(" \t\r\n&|(){},\"'!=<>", rune(p.text[p.at])) {
		p.at++
	}
	switch word := p.text[start:p.at]; word {
	case "null":
		return identity.Value{}, nil
	case "true", "false":
		return identity.BoolValue(word == "true"), nil
	case "":
		return identity.Value{}, p.fail("expected a value")
	default:
		if number(word) {
			return identity.NumberValue(word), nil
		}
		p.at = start
		return identity.Value{}, p.fail("found %q, expected a value: text stands in quotes", word)
	}
}

// number reports whether a word is a decimal number.
func number(word string) bool {
	if strings.Trim(word, "+-.0123456789eE") != "" || !strings.ContainsAny(word, "0123456789") {
		return false
	}
	_, err := strconv.ParseFloat(word, 64)
	return err == nil || errors.Is(err, strconv.ErrRange)
}

func (p *parser) quoted(quote byte) (identity.Value, error) {
	start := p.at
	var b strings.Builder
	for p.at++; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == quote:
			p.at++
			return identity.StringValue(b.String()), nil
		case c == '\\' && p.at+1 < len(p.text):
			p.at++
			if i := strings.IndexByte("nrt", p.text[p.at]); i >= 0 {
				b.WriteByte("\n\r\t"[i])
			} else {
				b.WriteByte(p.text[p.at])
			}

		default:
			b.WriteByte(c)
		}
	}

	p.at = start
	return identity.Value{}, p.fail("the text is not closed")
}

func (p *parser) list() (identity.Value, error) {
	p.at++
	var list []identity.Value
	for {
		v, err := p.value()
		if err != nil {
			return v, err
		}
		list = append(list, v)
		if p.take("}") {
			return identity.ListValue(list...), nil
		}
		if !p.take(",") {
			return identity.Value{}, p.fail("expected , or }")
		}
	}
}
