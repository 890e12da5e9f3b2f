package rule

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform/internal/javatext"
)

func wrong(v any, want string) error {
	return fmt.Errorf("%w: found %s, expected %s", errArgument, describe(v), want)
}

func text1(f func(string) string) func(*budget, []any) (any, error) {
	return func(b *budget, a []any) (any, error) {
		switch s := a[0].(type) {
		case nil:
			return nil, nil
		case string:
			return b.produce(f(s))
		}

		return nil, wrong(a[0], "a text")
	}
}

// textsOf returns arguments that all have to be texts; null is true when one of
// them is nil.
func textsOf(a []any) (texts []string, null bool, err error) {
	for _, x := range a {
		switch s := x.(type) {
		case nil:
			null = true
		case string:
			texts = append(texts, s)
		default:
			return nil, false, wrong(x, "a text")
		}
	}

	return texts, null, nil
}

func text2(f func(s, t string) string) func(*budget, []any) (any, error) {
	return func(b *budget, a []any) (any, error) {
		texts, null, err := textsOf(a)
		if null || err != nil {
			return nil, err
		}
		return b.produce(f(texts[0], texts[1]))
	}
}

func test(f func(s, t string) bool) func(*budget, []any) (any, error) {
	return func(_ *budget, a []any) (any, error) {
		if a[0] == nil || a[1] == nil {
			return false, nil
		}

		s, ok := a[0].(string)
		if !ok {
			return nil, wrong(a[0], "a text")
		}

		t, ok := a[1].(string)
		if !ok {
			return nil, wrong(a[1], "a text")
		}
		return f(s, t), nil
	}
}

func matches(_ *budget, a []any) (any, error) {
	re, ok := a[1].(*regexp.Regexp)
	if !ok {
		return nil, errArgument
	}

	switch s := a[0].(type) {
	case nil:
		return false, nil
	case string:
		return re.MatchString(s), nil
	}

	return nil, wrong(a[0], "a text")
}

func attribute(b *budget, a []any) (any, error) {
	i, ok := a[0].(int)
	name, ok2 := a[1].(string)
	if !ok || !ok2 {
		return nil, wrong(a[1], "the name of an attribute")
	}
	if i >= len(b.objects) || b.objects[i] == nil {
		return nil, nil
	}

	// A table is handed on as it is, and each look-up takes one step, however large it is.
	if t, ok := b.objects[i].(tabled); ok {
		if n := t.table(name); n != nil {
			return n, nil
		}
	}

	return toAny(b.objects[i].Attribute(name), b)
}

// tabled has attributes that are JSON objects.
type tabled interface {
	table(name string) *jsondoc.Node
}

// accountReader gives an attribute of the subject's account on a source.
type accountReader interface {
	accountAttribute(b *budget, source, attribute string) (any, error)
}

func accountAttribute(b *budget, a []any) (any, error) {
	source, ok := a[0].(string)
	name, ok2 := a[1].(string)
	if !ok || !ok2 {
		return nil, wrong(a[0], "the names of a source and an attribute")
	}

	for _, o := range b.objects {
		if r, ok := o.(accountReader); ok {
			return r.accountAttribute(b, source, name)
		}
	}

	return nil, nil
}

func add(b *budget, a []any) (any, error) {
	// Null in, null out, as everywhere in the language of rules.
	if a[0] == nil || a[1] == nil {
		return nil, nil
	}

	// Numbers keep their kind: two whole ones stay whole, and one decimal makes the sum one.
	switch x := a[0].(type) {
	case string:
		if y, ok := a[1].(string); ok {
			return b.produce(javatext.Concat(x, y))
		}
	case int:
		switch y := a[1].(type) {
		case int:
			return x + y, nil
		case float64:
			return float64(x) + y, nil
		}

	case float64:
		switch y := a[1].(type) {
		case int:
			return x + float64(y), nil
		case float64:
			return x + y, nil
		}
	}

	return nil, fmt.Errorf("%w: + of %s and %s, expected two texts or two numbers", errArgument, describe(a[0]),
		describe(a[1]))
}

func in(_ *budget, a []any) (any, error) {
	switch list := a[1].(type) {
	case nil:
		return false, nil
	case []any:
		return slices.ContainsFunc(list, func(x any) bool { return equal(x, a[0]) }), nil
	case *jsondoc.Node:
		name, ok := a[0].(string)
		return ok && list.Get(name) != nil, nil
	}

	return nil, wrong(a[1], "a list")
}

// equal compares plain values.
func equal(x, y any) bool {
	switch x.(type) {
	case string, int, bool, float64, nil:
		switch y.(type) {
		case string, int, bool, float64, nil:
			return x == y
		}
	}

	return false
}

func rangeOf(b *budget, a []any) (any, error) {
	// A range of decimals has no obvious end.
	from, ok := a[0].(int)
	to, ok2 := a[1].(int)
	if !ok || !ok2 {
		return nil, wrong(a[0], "two whole numbers")
	}
	if to < from {
		return []any{}, nil
	}

	// The number of items wraps around for the widest range there is; more than allowed is enough to
	// know.
	n := uint64(to) - uint64(from) + 1
	if n == 0 || n > uint64(b.items) {
		n = uint64(b.items) + 1
	}

	if err := b.list(int(n)); err != nil {
		return nil, err
	}

	list := make([]any, n)
	for i := range list {
		list[i] = from + i
	}

	return list, b.work(len(list))
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

func replace(b *budget, a []any) (any, error) {
	texts, null, err := textsOf(a)
	if null || err != nil {
		return nil, err
	}
	s, old, with := texts[0], texts[1], texts[2]
	if grown := int64(strings.Count(s, old)) * int64(len(with)); grown > b.output {
		b.output = -1
		return b.produce("")
	}

	return b.produce(strings.ReplaceAll(s, old, with))
}

func split(b *budget, a []any) (any, error) {
	texts, null, err := textsOf(a)
	if null || err != nil {
		return nil, err
	}
	s, sep := texts[0], texts[1]

	// The number of parts is known before any is made, so a list that is too long costs nothing.
	n := strings.Count(s, sep) + 1
	if err := b.list(n); err != nil {
		return nil, err
	}

	list := make([]any, 0, n)
	if sep == "" { // into characters
		for s != "" {
			n := charSize(s)
			list = append(list, s[:n])
			s = s[n:]
		}

		return list, b.work(len(list))
	}

	for part := range strings.SplitSeq(s, sep) {
		list = append(list, part)
	}
	return list, b.work(n)
}

func join(b *budget, a []any) (any, error) {
	list, ok := a[0].([]any)
	if !ok {
		if a[0] == nil {
			return nil, nil
		}
		return nil, wrong(a[0], "a list")
	}

	// A text of everything but texts is their plain form; null is nothing.
	sep := ""
	if len(a) > 1 {
		if sep, ok = a[1].(string); !ok {
			return nil, wrong(a[1], "a text")
		}
	}

	var out strings.Builder
	for i, x := range list {
		if i > 0 {
			out.WriteString(sep)
		}

		t, err := toText(b, x)
		if err != nil {
			return nil, err
		}

		if s, ok := t.(string); ok {
			out.WriteString(s)
		}

		// What is too long already need not be finished.
		if int64(out.Len()) > b.output {
			break
		}
	}

	return b.produce(out.String())
}

// substr gives characters from a position; a third argument is their number.
// What lies outside the text is left out; a negative position counts from the end.
func substr(b *budget, a []any) (any, error) {
	if a[0] == nil {
		return nil, nil
	}

	// A position that is null makes the outcome null; anything else that is no number is a mistake.
	s, ok := a[0].(string)
	from, ok2 := a[1].(int)
	switch {
	case a[1] == nil && ok:
		return nil, nil
	case !ok:
		return nil, wrong(a[0], "a text")
	case !ok2:
		return nil, wrong(a[1], "a whole number")
	}

	length := charCount(s)

	// From the end, and no further than the beginning.
	if from < 0 {
		from = max(0, length+from)
	}
	from = min(from, length)
	count := length - from
	if len(a) > 2 && a[2] != nil {
		n, ok := a[2].(int)
		if !ok {
			return nil, wrong(a[2], "a whole number")
		}
		count = max(0, min(count, n))
	}

	return b.produce(charsBetween(s, from, from+count))
}

func length(_ *budget, a []any) (any, error) {
	switch v := a[0].(type) {
	case nil:
		return nil, nil
	case string:
		return charCount(v), nil
	case []any:
		return len(v), nil
	case *jsondoc.Node:
		return len(v.Members()), nil
	}

	return nil, wrong(a[0], "a text or a list")
}

func indexOf(_ *budget, a []any) (any, error) {
	texts, null, err := textsOf(a)
	if null || err != nil {
		return nil, err
	}
	i := strings.Index(texts[0], texts[1])
	if i < 0 {
		return -1, nil
	}
	return charCount(texts[0][:i]), nil
}

func item(v any, last bool) (any, error) {
	list, ok := v.([]any)
	switch {
	case v == nil || ok && len(list) == 0:
		return nil, nil
	case !ok:
		return nil, wrong(v, "a list")
	case last:
		return list[len(list)-1], nil
	}

	return list[0], nil
}

func toInt(_ *budget, a []any) (any, error) {
	switch v := a[0].(type) {
	case nil:
		return nil, nil
	case int:
		return v, nil
	case float64:
		if v >= -1<<53 && v <= 1<<53 {
			return int(v), nil
		}
	case string:
		if n, err := strconv.Atoi(javatext.Trim(v)); err == nil {
			return n, nil
		}
	}

	return nil, wrong(a[0], "a whole number")
}

func abs(_ *budget, a []any) (any, error) {
	switch v := a[0].(type) {
	case nil:
		return nil, nil
	case int:
		return max(v, -v), nil
	case float64:
		return max(v, -v), nil
	}

	return nil, wrong(a[0], "a number")
}

// extreme gives the least (sign -1) or greatest number.
func extreme(a []any, sign float64) (any, error) {
	var best any
	var found float64
	for _, x := range a {
		// Null among the numbers means that the least is not known.
		var f float64
		switch v := x.(type) {
		case nil:
			return nil, nil
		case int:
			f = float64(v)
		case float64:
			f = v
		default:
			return nil, wrong(x, "a number")
		}

		// The value itself is kept, so that a whole number stays one.
		if best == nil || (f-found)*sign > 0 {
			best, found = x, f
		}
	}

	return best, nil
}

// firstSet gives the first value that is neither nil nor an empty text.
func firstSet(_ *budget, a []any) (any, error) {
	for _, x := range a {
		if x != nil && x != "" {
			return x, nil
		}
	}

	return nil, nil
}

func divide(x, y float64) (any, error) {
	if y == 0 {
		return nil, errZero
	}
	return x / y, nil
}

func remainder(x, y int) (any, error) {
	if y == 0 {
		return nil, errZero
	}
	return x % y, nil
}
