package isc

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/filter"
)

// Kind says what the values of a filtered field are.
type Kind int

// The kinds of filtered values. Texts stand in double quotes; for the others the
// quotes may be left out.
const (
	Text Kind = iota
	Number
	Bool
	Time // RFC 3339
)

// Condition says which filters a field takes.
type Condition struct {
	Ops  string // such as "eq in sw", blanks between; "" takes none
	Kind Kind
	Enum []string // the only values there are, compared without case; nil: any
}

// maxFilterDepth bounds nested parentheses.
const maxFilterDepth = 100

// functions are the operators that are calls of the account filter language.
var functions = map[string]string{
	"in": "in", "sw": "startsWith", "co": "contains", "ca": "containsAll", "isnull": "isNull", "pr": "notNull",
}

// comparisons are the others.
var comparisons = map[string]string{"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}

// ParseFilter reads the filters parameter of a list: conditions such as
// name sw "A", joined by and, or, not and parentheses; and binds stronger than or.
// Operators and the words true and false are read without regard to case, names
// of fields with it. A blank text is the filter that accepts everything.
//
// The filter is over the account filter language, so one thing decides what
// matches: a field of several values equals a value when one of its items does;
// null equals nothing but null, and passes neither lt nor gt. Times match the
// form that [TimeValue] gives.
//
// Error: [CodeIllegalValue] with the character at which reading ended.
func ParseFilter(text string, fields map[string]Condition) (*filter.Filter, error) {
	p := &parser{text: text, fields: fields}
	if p.space(); p.at == len(text) {
		return filter.All(), nil
	}
	f, err := p.or(0)
	if err != nil {
		return nil, err
	}

	if p.at < len(text) {
		return nil, p.fail(p.at, "found %s, expected and, or or the end", p.rest())
	}
	return f, nil
}

type parser struct {
	text   string
	at     int
	fields map[string]Condition
}

func (p *parser) fail(at int, format string, args ...any) error {
	n := utf8.RuneCountInString(p.text[:at]) + 1
	return Refuse(CodeIllegalValue, "the filter cannot be read at character "+strconv.Itoa(n)+": "+format, args...)
}

// rest quotes what comes next.
func (p *parser) rest() string {
	rest := p.text[p.at:]
	if rest == "" {
		return "the end"
	}
	if len(rest) > 20 {
		rest = strings.ToValidUTF8(rest[:20], "") + "..."
	}
	return strconv.Quote(rest)
}

func (p *parser) space() {
	p.at += len(p.text[p.at:]) - len(strings.TrimLeft(p.text[p.at:], " \t\r\n"))
}

// word gives the next word without taking it.
func (p *parser) word() string {
	end := p.at
	for end < len(p.text) && !strings.ContainsRune(" \t\r\n(),\"", rune(p.text[end])) {
		end++
	}
	return p.text[p.at:end]
}

// take takes a keyword or sign, and the blanks behind it.
func (p *parser) take(token string) bool {
	length := len(token)
	switch token {
	case "(", ")", ",":
		if !strings.HasPrefix(p.text[p.at:], token) {
			return false
		}
	default:
		// The word in another case may have another length, and so has one with damaged letters.
		word := p.word()
		if !strings.EqualFold(word, token) {
			return false
		}
		length = len(word)
	}

	p.at += length
	p.space()
	return true
}

func (p *parser) or(depth int) (*filter.Filter, error) {
	list, err := p.series("or", func() (*filter.Filter, error) { return p.and(depth) })
	return filter.Any(list...), err
}

func (p *parser) and(depth int) (*filter.Filter, error) {
	list, err := p.series("and", func() (*filter.Filter, error) { return p.factor(depth) })
	return filter.All(list...), err
}

func (p *parser) series(word string, part func() (*filter.Filter, error)) ([]*filter.Filter, error) {
	var list []*filter.Filter
	for {
		f, err := part()
		if err != nil {
			return nil, err
		}
		if list = append(list, f); !p.take(word) {
			return list, nil
		}
	}
}

func (p *parser) factor(depth int) (*filter.Filter, error) {
	if depth > maxFilterDepth {
		return nil, p.fail(p.at, "nested more than %d deep", maxFilterDepth)
	}
	switch {
	case p.take("not"):
		f, err := p.factor(depth + 1)
		if err != nil {
			return nil, err
		}
		return filter.Not(f), nil

	case p.take("("):
		f, err := p.or(depth + 1)
		if err == nil && !p.take(")") {
			err = p.fail(p.at, "found %s, expected )", p.rest())
		}
		return f, err
	}

	return p.condition()
}

// condition reads field op value. The two operators without a value stand before
// or behind the field, because clients write them either way.
func (p *parser) condition() (*filter.Filter, error) {
	start, first := p.at, p.word()
	for _, op := range []string{"isnull", "pr"} {
		// pr is the word of SCIM filters, isnull that of the vendor's.
		if p.take(op) {
			start, first = p.at, p.word()
			p.take(first)
			return p.bind(start, first, op)
		}
	}

	if first == "" {
		return nil, p.fail(p.at, "found %s, expected the name of a field", p.rest())
	}
	p.take(first)
	op := strings.ToLower(p.word())
	p.take(op)
	return p.bind(start, first, op)
}

// bind makes a condition of a field that takes the operator, and reads the values.
func (p *parser) bind(start int, name, op string) (*filter.Filter, error) {
	field := p.fields[name]
	if field.Ops == "" {
		return nil, p.fail(start, "the list cannot be filtered by %q%s", name, p.known())
	}
	if !slices.Contains(strings.Fields(field.Ops), op) {
		return nil, p.fail(start, "%s cannot be filtered with %q, expected %s", name, op,
			strings.Join(strings.Fields(field.Ops), ", "))
	}

	if op == "isnull" || op == "pr" {
		return filter.Call(name, functions[op]), nil
	}

	values, err := p.values(name, field, op == "in" || op == "ca")
	if err != nil {
		return nil, err
	}
	if function, ok := functions[op]; ok {
		return filter.Call(name, function, values...), nil
	}
	return filter.Compare(name, comparisons[op], values[0]), nil
}

// known lists the fields that take filters.
func (p *parser) known() string {
	var names []string
	for name, f := range p.fields {
		if f.Ops != "" {
			names = append(names, name)
		}
	}

	if names == nil {
		return ", it has no filters"
	}
	slices.Sort(names)
	return ", expected " + strings.Join(names, ", ")
}

// values reads one value, or a list in parentheses for the operators that take it.
func (p *parser) values(name string, field Condition, list bool) ([]identity.Value, error) {
	if !list || !p.take("(") {
		v, err := p.value(name, field)
		return []identity.Value{v}, err
	}

	var values []identity.Value
	for {
		v, err := p.value(name, field)
		if err != nil {
			return nil, err
		}
		values = append(values, v)
		if p.take(")") {
			return values, nil
		}
		if !p.take(",") {
			return nil, p.fail(p.at, "found %s, expected , or )", p.rest())
		}
	}
}

func (p *parser) value(name string, field Condition) (identity.Value, error) {
	start := p.at
	text, quoted, err := p.literal()
	if err != nil {
		return identity.Value{}, err
	}

	if text == "" && !quoted {
		return identity.Value{}, p.fail(start, "found %s, expected a value for %s", p.rest(), name)
	}

	// In quotes it is a text like any other.
	if strings.EqualFold(text, "null") && !quoted {
		return identity.Value{}, nil
	}

	// Texts have to be quoted, as the vendor demands; numbers, flags and times may be.
	if field.Kind == Text && !quoted {
		return identity.Value{}, p.fail(start, "found %q, expected a text in double quotes", text)
	}

	v, ok := field.read(text)
	if !ok {
		return v, p.fail(start, "%q is no value of %s", text, name)
	}
	return v, nil
}

// read turns a literal into the value that fields of the kind have.
func (c Condition) read(text string) (identity.Value, bool) {
	switch c.Kind {
	case Number:
		_, err := strconv.ParseFloat(text, 64)
		return identity.NumberValue(text), err == nil
	case Bool:
		is := strings.EqualFold(text, "true")
		return identity.BoolValue(is), is || strings.EqualFold(text, "false")
	case Time:
		at, err := time.Parse(time.RFC3339, text)
		return TimeValue(at), err == nil
	}

	if c.Enum == nil {
		return identity.StringValue(text), true
	}
	i := slices.IndexFunc(c.Enum, func(e string) bool { return strings.EqualFold(e, text) })
	if i < 0 {
		return identity.Value{}, false
	}
	return identity.StringValue(c.Enum[i]), true
}

// TimeValue gives a time in the form in which texts order as times do; the zero
// time is null.
func TimeValue(t time.Time) identity.Value {
	if t.IsZero() {
		return identity.Value{}
	}
	return identity.StringValue(t.UTC().Format("2006-01-02T15:04:05.000000000Z"))
}

// literal reads a text in quotes, in which a backslash takes the next character
// as it is, or a bare word.
func (p *parser) literal() (text string, quoted bool, err error) {
	// A bare word ends where an operator or a bracket begins.
	if p.at == len(p.text) || p.text[p.at] != '"' {
		word := p.word()
		p.at += len(word)
		p.space()
		return word, false, nil
	}

	start := p.at
	var b strings.Builder
	for p.at++; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			p.space()
			return b.String(), true, nil
		case c == '\\' && p.at+1 < len(p.text):
			p.at++
			b.WriteByte(p.text[p.at])
		default:
			b.WriteByte(c)
		}
	}

	return "", true, p.fail(start, "the text is not closed")
}
