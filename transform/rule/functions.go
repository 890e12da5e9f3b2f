package rule

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/idprofile/engine/transform/internal/javatext"
)

// function is a function of expressions. The call gets the budget as its first
// argument; min and max count the others, max -1 is any number.
type function struct {
	min, max int
	run      func(b *budget, args []any) (any, error)
}

// call adapts a function to the language.
func (f function) call(params ...any) (any, error) {
	b, ok := params[0].(*budget)
	if !ok {
		return nil, errArgument
	}

	size := 0
	for _, p := range params[1:] {
		switch v := p.(type) {
		case string:
			size += len(v)
		case []any:
			size += len(v)
		}
	}

	if err := b.work(size); err != nil {
		return nil, err
	}
	return f.run(b, params[1:])
}

func (f function) arity() string {
	switch {
	case f.max < 0:
		return fmt.Sprintf("%d or more", f.min)
	case f.min == f.max:
		return strconv.Itoa(f.min)
	}

	return fmt.Sprintf("%d to %d", f.min, f.max)
}

func functionNames() []string {
	names := slices.Clone(predicates)
	for _, name := range slices.Sorted(maps.Keys(functions)) {
		if !strings.HasPrefix(name, "$") {
			names = append(names, name)
		}
	}

	return names
}

// accountFunction reads the subject's accounts; only transform rules have them.
const accountFunction = "account"

// functions lists everything that an expression can call; names with $ only
// stand for operators.
var functions = map[string]function{
	"$attribute": {2, 2, attribute},
	"$tick":      {0, 0, func(*budget, []any) (any, error) { return nil, nil }},
	"$truth":     {1, 1, truth},
	"$items":     {1, 1, items},
	"$member":    {2, 2, memberOf},
	"$slice":     {3, 3, slice},
	"$neg":       {1, 1, negate},
	"$pos":       {1, 1, number1},
	"$add":       {2, 2, add},
	"$sub": {2, 2, arithmetic("-", func(x, y int) (any, error) { return x - y, nil },
		func(x, y float64) (any, error) { return x - y, nil })},
	"$mul": {2, 2, arithmetic("*", func(x, y int) (any, error) { return x * y, nil },
		func(x, y float64) (any, error) { return x * y, nil })},
	"$div":        {2, 2, arithmetic("/", nil, divide)},
	"$mod":        {2, 2, arithmetic("%", remainder, nil)},
	"$pow":        {2, 2, arithmetic("**", nil, func(x, y float64) (any, error) { return math.Pow(x, y), nil })},
	"$lt":         {2, 2, compare("<", func(order int) bool { return order < 0 })},
	"$le":         {2, 2, compare("<=", func(order int) bool { return order <= 0 })},
	"$gt":         {2, 2, compare(">", func(order int) bool { return order > 0 })},
	"$ge":         {2, 2, compare(">=", func(order int) bool { return order >= 0 })},
	"$in":         {2, 2, in},
	"$range":      {2, 2, rangeOf},
	"$matches":    {2, 2, matches},
	"$contains":   {2, 2, test(strings.Contains)},
	"$startsWith": {2, 2, test(strings.HasPrefix)},
	"$endsWith":   {2, 2, test(strings.HasSuffix)},

	accountFunction: {2, 2, accountAttribute},

	"lower":      {1, 1, text1(javatext.Lower)},
	"upper":      {1, 1, text1(javatext.Upper)},
	"trim":       {1, 1, text1(javatext.Trim)},
	"digits":     {1, 1, text1(digits)},
	"trimPrefix": {2, 2, text2(strings.TrimPrefix)},
	"trimSuffix": {2, 2, text2(strings.TrimSuffix)},
	"replace":    {3, 3, replace},
	"split":      {2, 2, split},
	"join":       {1, 2, join},
	"substr":     {2, 3, substr},
	"len":        {1, 1, length},
	"indexOf":    {2, 2, indexOf},
	"first":      {1, 1, func(_ *budget, a []any) (any, error) { return item(a[0], false) }},
	"last":       {1, 1, func(_ *budget, a []any) (any, error) { return item(a[0], true) }},
	"string":     {1, 1, func(b *budget, a []any) (any, error) { return toText(b, a[0]) }},
	"int":        {1, 1, toInt},
	"abs":        {1, 1, abs},
	"min":        {1, -1, func(_ *budget, a []any) (any, error) { return extreme(a, -1) }},
	"max":        {1, -1, func(_ *budget, a []any) (any, error) { return extreme(a, 1) }},
	"default":    {2, -1, firstSet},
}
