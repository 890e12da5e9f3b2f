package nonemployee

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Query selects, sorts and cuts a list. The zero Query gives the first page in the
// order of creation.
type Query struct {
	Filters   string // such as: sourceId eq "2c91..."
	Sorters   string // field names with commas between them, - before one for descending
	Limit     int    // page size, at most Limits.PageSize; 0 for that
	Offset    int
	CountOnly bool // no items, whatever Limit says
}

// Page is part of a list.
type Page[T any] struct {
	Items []T
	Total int // size of the whole list
}

// sortFields names what a list can be sorted on and how two items compare.
type sortFields[T any] map[string]func(a, b T) int

// page checks the query, sorts and cuts. natural is the order without sorters.
func page[T any](all []T, q Query, maxSize int, fields sortFields[T], natural func(a, b T) int) (Page[T], error) {
	if q.Limit < 0 || q.Limit > maxSize {
		return Page[T]{}, refuse(CodeIllegal, "limit %d is out of range, expected 0 to %d", q.Limit, maxSize)
	}
	if q.Offset < 0 {
		return Page[T]{}, refuse(CodeIllegal, "offset %d is negative", q.Offset)
	}
	order, err := sorter(q.Sorters, fields)
	if err != nil {
		return Page[T]{}, err
	}
	limit := q.Limit
	if limit == 0 {
		limit = maxSize
	}
	if q.CountOnly {
		limit = 0
	}
	from := min(q.Offset, len(all))
	to := min(from+limit, len(all))
	head := smallest(all, to, func(a, b T) int { return cmp.Or(order(a, b), natural(a, b)) })
	return Page[T]{head[from:], len(all)}, nil
}

// smallest gives the first n items in order. It changes the order of all. A page is a
// small part of a large source, so most items are looked at once and not sorted.
func smallest[T any](all []T, n int, compare func(a, b T) int) []T {
	if n >= len(all)/4 {
		slices.SortFunc(all, compare)
		return all[:n]
	}
	if n == 0 {
		return nil
	}
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

func sorter[T any](text string, fields sortFields[T]) (func(a, b T) int, error) {
	var steps []func(a, b T) int
	for name := range strings.SplitSeq(text, ",") {
		name, down := strings.CutPrefix(strings.TrimSpace(name), "-")
		f := fields[name]
		if f == nil {
			if strings.TrimSpace(text) == "" {
				break
			}
			return nil, refuse(CodeIllegal, "cannot sort on %q", name)
		}
		if down {
			steps = append(steps, func(a, b T) int { return f(b, a) })
		} else {
			steps = append(steps, f)
		}
	}
	return func(a, b T) int {
		for _, f := range steps {
			if n := f(a, b); n != 0 {
				return n
			}
		}
		return 0
	}, nil
}

// by makes a comparison of a text field.
func by[T any](get func(T) string) func(a, b T) int {
	return func(a, b T) int { return strings.Compare(get(a), get(b)) }
}

func byDate[T any](get func(T) Date) func(a, b T) int {
	return func(a, b T) int { return get(a).Compare(get(b).Time) }
}

// parseFilter reads `field eq "value"`, the only filter that these lists know. It
// gives "" for an empty filter.
func parseFilter(text, field string) (string, error) {
	bad := refuse(CodeIllegal, "cannot use the filter %s, expected: %s eq \"...\"", text, field)
	rest := strings.TrimSpace(text)
	if rest == "" {
		return "", nil
	}
	name, rest, _ := strings.Cut(rest, " ")
	op, rest, _ := strings.Cut(strings.TrimSpace(rest), " ")
	if name != field || !strings.EqualFold(op, "eq") {
		return "", bad
	}
	value, err := strconv.Unquote(strings.TrimSpace(rest))
	if err != nil || value == "" || !strings.HasPrefix(strings.TrimSpace(rest), `"`) {
		return "", bad
	}
	return value, nil
}
