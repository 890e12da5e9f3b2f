package isc

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/filter"
)

// Query selects, sorts and cuts a list. The zero Query gives the first page in the
// natural order of the list.
type Query struct {
	Filters   string // such as: name sw "A" and (id eq "1" or id eq "2")
	Sorters   string // names of fields with commas between them, - before one for descending
	Limit     int    // page size, at most that of the list; 0: that
	Offset    int
	CountOnly bool // no items, whatever Limit says
}

// ParseQuery reads filters, sorters, limit and offset of a request. A limit of 0
// asks for no items, which is how clients ask for the number alone.
//
// Error: [CodeIllegalValue] for a limit, an offset or a count that is none.
func ParseQuery(values url.Values, maxSize int) (Query, error) {
	q := Query{Filters: values.Get("filters"), Sorters: values.Get("sorters")}
	limit, err := wholeNumber(values, "limit", maxSize)
	if err != nil {
		return q, err
	}

	q.Limit, q.CountOnly = limit, limit == 0
	if q.Offset, err = wholeNumber(values, "offset", 0); err != nil {
		return q, err
	}
	_, err = Flag(values, "count", false)
	return q, err
}

func wholeNumber(values url.Values, name string, otherwise int) (int, error) {
	text := values.Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, notAllowed(name, text, "a whole number from 0")
	}
	return n, nil
}

// Flag reads a parameter that is true or false, otherwise when it is absent.
//
// Error: [CodeIllegalValue].
func Flag(values url.Values, name string, otherwise bool) (bool, error) {
	switch text := values.Get(name); text {
	case "":
		return otherwise, nil
	case "true", "false":
		return text == "true", nil
	default:
		return false, notAllowed(name, text, "true or false")
	}
}

func notAllowed(name, text, expected string) error {
	return Refuse(CodeIllegalValue, "%s %q is not allowed, expected %s", name, text, expected)
}

// Page is part of a list.
type Page[T any] struct {
	Items []T
	Total int // of the whole list, after the filters
}

// Field is what a list can be filtered by, sorted by, or both.
type Field[T any] struct {
	Condition
	Get     func(T) identity.Value // for filters
	Compare func(a, b T) int       // for sorters; nil: it is none

	text func(T) string // orders as Compare does; nil: not known
}

// Fields are the fields of a list by their names. They are immutable and safe for
// concurrent use.
type Fields[T any] map[string]Field[T]

// TextField is a field that holds a text: sorted by it, and filtered with the
// operators.
func TextField[T any](ops string, get func(T) string) Field[T] {
	return Field[T]{
		Condition: Condition{Ops: ops},
		Get:       func(item T) identity.Value { return identity.StringValue(get(item)) },
		Compare:   func(a, b T) int { return strings.Compare(get(a), get(b)) },
		text:      get,
	}
}

// TimeField is a field that holds a time; the zero time is null and comes first.
func TimeField[T any](ops string, get func(T) time.Time) Field[T] {
	return Field[T]{
		Condition: Condition{Ops: ops, Kind: Time},
		Get:       func(item T) identity.Value { return TimeValue(get(item)) },
		Compare:   func(a, b T) int { return get(a).Compare(get(b)) },
	}
}

// BoolField is a field that is true or false, for filters only.
func BoolField[T any](ops string, get func(T) bool) Field[T] {
	return Field[T]{
		Condition: Condition{Ops: ops, Kind: Bool},
		Get:       func(item T) identity.Value { return identity.BoolValue(get(item)) },
	}
}

func (q Query) check(maxSize int) error {
	if q.Limit < 0 || q.Limit > maxSize {
		return Refuse(CodeIllegalValue, "limit %d is out of range, expected 0 to %d", q.Limit, maxSize)
	}
	if q.Offset < 0 {
		return Refuse(CodeIllegalValue, "offset %d is negative", q.Offset)
	}
	return nil
}

// limit is how many items a page holds.
func (q Query) limit(maxSize int) int {
	switch {
	case q.CountOnly:
		return 0
	case q.Limit == 0:
		return maxSize
	}

	return q.Limit
}

// Filter reads the filters of a query for this list.
//
// Error: as [ParseFilter].
func (f Fields[T]) Filter(text string) (func(T) bool, error) {
	parsed, err := f.parse(text)
	if err != nil {
		return nil, err
	}
	return func(item T) bool { return f.match(parsed, item) }, nil
}

func (f Fields[T]) parse(text string) (*filter.Filter, error) {
	conditions := make(map[string]Condition, len(f))
	for name, field := range f {
		conditions[name] = field.Condition
	}
	return ParseFilter(text, conditions)
}

func (f Fields[T]) match(parsed *filter.Filter, item T) bool {
	return parsed.Match(func(name string) identity.Value { return f[name].Get(item) })
}

// Page filters, sorts and cuts a list, whose order it may change. Natural orders
// what the sorters leave equal; a list without sorters has that order.
//
// Error: [CodeIllegalValue] for a limit beyond maxSize, a negative offset, and
// filters and sorters that the list does not have.
func (f Fields[T]) Page(all []T, q Query, maxSize int, natural func(a, b T) int) (Page[T], error) {
	if err := q.check(maxSize); err != nil {
		return Page[T]{}, err
	}
	keep, err := f.Filter(q.Filters)
	if err != nil {
		return Page[T]{}, err
	}
	order, err := f.sorter(q.Sorters)
	if err != nil {
		return Page[T]{}, err
	}

	if strings.TrimSpace(q.Filters) != "" {
		all = slices.DeleteFunc(all, func(item T) bool { return !keep(item) })
	}

	// Only the items up to the end of the page are put into order: clients read few pages of long
	// lists. The total counts all that match.
	limit := q.limit(maxSize)
	from := min(q.Offset, len(all))
	to := from + min(limit, len(all)-from)
	head := smallest(all, to, func(a, b T) int { return cmp.Or(order(a, b), natural(a, b)) })
	return Page[T]{Items: head[from:], Total: len(all)}, nil
}

// smallest gives the first n items in order. It changes the order of all. A page is
// a small part of a large list, so most items are looked at once and not sorted.
func smallest[T any](all []T, n int, compare func(a, b T) int) []T {
	// A page deep in the list has to sort most of it anyway.
	if n >= len(all)/4 {
		slices.SortFunc(all, compare)
		return all[:n]
	}

	if n == 0 {
		return nil
	}

	// Twice the page is gathered, sorted and halved; from then on an item has to be better than the
	// worst to be kept at all.
	best, sorted := make([]T, 0, 2*n), false
	for _, item := range all {
		if sorted && compare(item, best[n-1]) >= 0 {
			continue
		}
		if best = append(best, item); len(best) == 2*n {
			slices.SortFunc(best, compare)
			best, sorted = best[:n], true
		}
	}

	slices.SortFunc(best, compare)
	return best[:n]
}

// order is sorter for a table.
func (f Fields[T]) order(text string) (Order[T], error) {
	compare, err := f.sorter(text)
	name, down := strings.CutPrefix(strings.TrimSpace(text), "-")
	return Order[T]{Compare: compare, Key: f[name].text, Down: down}, err
}

func (f Fields[T]) sorter(text string) (func(a, b T) int, error) {
	if strings.TrimSpace(text) == "" {
		return func(T, T) int { return 0 }, nil
	}

	// A minus means descending; of equal items the next name decides.
	var steps []func(a, b T) int
	for name := range strings.SplitSeq(text, ",") {
		name, down := strings.CutPrefix(strings.TrimSpace(name), "-")
		compare := f[name].Compare
		switch {
		case compare == nil:
			return nil, Refuse(CodeIllegalValue, "the list cannot be sorted by %q", name)
		case down:
			steps = append(steps, func(a, b T) int { return compare(b, a) })
		default:
			steps = append(steps, compare)
		}
	}

	return func(a, b T) int {
		for _, compare := range steps {
			if n := compare(a, b); n != 0 {
				return n
			}
		}

		return 0
	}, nil
}
