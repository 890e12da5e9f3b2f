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
	// The first parameter is put there by the patcher. Without it somebody has called past it.
	b, ok := params[0].(*budget)
	if !ok {
		return nil, errArgument
	}

	// What a function costs grows with what it is given, so long texts are paid for before it runs.
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
	"$attribute": {min: 2, max: 2, run: attribute},
	"$tick":      {min: 0, max: 0, run: func(*budget, []any) (any, error) { return nil, nil }},
	"$truth":     {min: 1, max: 1, run: truth},
	"$items":     {min: 1, max: 1, run: items},
	"$member":    {min: 2, max: 2, run: memberOf},
	"$slice":     {min: 3, max: 3, run: slice},
	"$neg":       {min: 1, max: 1, run: negate},
	"$pos":       {min: 1, max: 1, run: number1},
	"$add":       {min: 2, max: 2, run: add},
	"$sub": {min: 2, max: 2, run: arithmetic("-", func(x, y int) (any, error) { return x - y, nil },
		func(x, y float64) (any, error) { return x - y, nil })},
	"$mul": {min: 2, max: 2, run: arithmetic("*", func(x, y int) (any, error) { return x * y, nil },
		func(x, y float64) (any, error) { return x * y, nil })},
	"$div": {min: 2, max: 2, run: arithmetic("/", nil, divide)},
	"$mod": {min: 2, max: 2, run: arithmetic("%", remainder, nil)},
	"$pow": {min: 2, max: 2, run: arithmetic("**", nil, func(x, y float64) (any, error) {
		return math.Pow(x, y), nil
	})},
	"$lt":         {min: 2, max: 2, run: compare("<", func(order int) bool { return order < 0 })},
	"$le":         {min: 2, max: 2, run: compare("<=", func(order int) bool { return order <= 0 })},
	"$gt":         {min: 2, max: 2, run: compare(">", func(order int) bool { return order > 0 })},
	"$ge":         {min: 2, max: 2, run: compare(">=", func(order int) bool { return order >= 0 })},
	"$in":         {min: 2, max: 2, run: in},
	"$range":      {min: 2, max: 2, run: rangeOf},
	"$matches":    {min: 2, max: 2, run: matches},
	"$contains":   {min: 2, max: 2, run: test(strings.Contains)},
	"$startsWith": {min: 2, max: 2, run: test(strings.HasPrefix)},
	"$endsWith":   {min: 2, max: 2, run: test(strings.HasSuffix)},

	accountFunction: {min: 2, max: 2, run: accountAttribute},

	"lower":      {min: 1, max: 1, run: text1(javatext.Lower)},
	"upper":      {min: 1, max: 1, run: text1(javatext.Upper)},
	"trim":       {min: 1, max: 1, run: text1(javatext.Trim)},
	"digits":     {min: 1, max: 1, run: text1(digits)},
	"trimPrefix": {min: 2, max: 2, run: text2(strings.TrimPrefix)},
	"trimSuffix": {min: 2, max: 2, run: text2(strings.TrimSuffix)},
	"replace":    {min: 3, max: 3, run: replace},
	"split":      {min: 2, max: 2, run: split},
	"join":       {min: 1, max: 2, run: join},
	"substr":     {min: 2, max: 3, run: substr},
	"len":        {min: 1, max: 1, run: length},
	"indexOf":    {min: 2, max: 2, run: indexOf},
	"first":      {min: 1, max: 1, run: func(_ *budget, a []any) (any, error) { return item(a[0], false) }},
	"last":       {min: 1, max: 1, run: func(_ *budget, a []any) (any, error) { return item(a[0], true) }},
	"string":     {min: 1, max: 1, run: func(b *budget, a []any) (any, error) { return toText(b, a[0]) }},
	"int":        {min: 1, max: 1, run: toInt},
	"abs":        {min: 1, max: 1, run: abs},
	"min":        {min: 1, max: -1, run: func(_ *budget, a []any) (any, error) { return extreme(a, -1) }},
	"max":        {min: 1, max: -1, run: func(_ *budget, a []any) (any, error) { return extreme(a, 1) }},
	"default":    {min: 2, max: -1, run: firstSet},
}
