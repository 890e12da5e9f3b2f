package isc

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/filter"
)

// Table is a list that is asked for often, see [Fields.PageOf]. It remembers the
// values that filters looked at and the orders that were asked for, so that a page
// costs a walk over values that stand side by side. The items must not change;
// [Table.Replace] gives a table of others. It is safe for concurrent use.
type Table[T any] struct {
	natural func(a, b T) int
	items   []T

	mu         sync.Mutex
	columns    map[string]*column[T]
	orders     map[string]*order[T]
	selections map[string]selection
}

// Order is how a list is sorted. What it leaves equal stands in natural order.
type Order[T any] struct {
	Compare func(a, b T) int
	Key     func(T) string // texts that order as Compare does, or the other way round; nil: there are none
	Down    bool           // the other way round
}

type selection struct {
	accepted []bool
	total    int
}

type column[T any] struct {
	get    func(T) identity.Value
	values []identity.Value // of the items, in their order
}

type order[T any] struct {
	compare func(a, b T) int
	rows    []int32
}

// maxRemembered bounds columns, orders and selections, because clients choose some of
// the names.
const maxRemembered = 64

// NewTable makes a table of items, which it puts into their natural order.
func NewTable[T any](natural func(a, b T) int, items []T) *Table[T] {
	slices.SortFunc(items, natural)
	return newTable(natural, items)
}

func newTable[T any](natural func(a, b T) int, items []T) *Table[T] {
	return &Table[T]{
		natural: natural, items: items, columns: map[string]*column[T]{},
		orders: map[string]*order[T]{}, selections: map[string]selection{},
	}
}

// Items returns the items in their natural order; the caller must not change them.
func (t *Table[T]) Items() []T { return t.items }

// Column returns a value of each item. What a name stands for must stay the same.
func (t *Table[T]) Column(name string, get func(T) identity.Value) []identity.Value {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.columns[name]; c != nil {
		return c.values
	}

	// As with orders: forgetting all is enough, since it happens to those only who ask for ever new
	// names.
	if len(t.columns) >= maxRemembered {
		clear(t.columns)
	}

	c := &column[T]{get: get, values: make([]identity.Value, len(t.items))}
	for row, item := range t.items {
		c.values[row] = get(item)
	}
	pack(c.values)
	t.columns[name] = c
	return c.values
}

// pack lets texts stand side by side, so that a walk over them goes straight through
// memory.
func pack(values []identity.Value) {
	// First the size, so that the texts are copied once, into one piece.
	size := 0
	for _, v := range values {
		if v.Kind() == identity.Text {
			size += len(v.Text())
		}
	}

	var all strings.Builder
	all.Grow(size)
	for _, v := range values {
		if v.Kind() == identity.Text {
			all.WriteString(v.Text())
		}
	}

	rest := all.String()
	for row, v := range values {
		if v.Kind() == identity.Text {
			n := len(v.Text())
			values[row] = identity.StringValue(rest[:n])
			rest = rest[n:]
		}
	}
}

// Rows returns the places of the items in an order. What a name stands for must stay
// the same.
func (t *Table[T]) Rows(name string, o Order[T]) []int32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if known := t.orders[name]; known != nil {
		return known.rows
	}

	// Callers choose the names, so what is kept has a limit; who loses an order sorts once more.
	if len(t.orders) >= maxRemembered {
		clear(t.orders)
	}

	rows := make([]int32, len(t.items))
	for row := range rows {
		rows[row] = int32(row)
	}
	if o.Key != nil {
		t.sortByKey(rows, o)
	} else {
		slices.SortFunc(rows, func(a, b int32) int {
			// Equal items stand as they came: pages of one query must not overlap.
			return cmp.Or(o.Compare(t.items[a], t.items[b]), cmp.Compare(a, b))
		})
	}

	t.orders[name] = &order[T]{compare: o.Compare, rows: rows}
	return rows
}

// sortByKey sorts by keys that stand side by side: comparing the items themselves
// would wander through memory.
func (t *Table[T]) sortByKey(rows []int32, o Order[T]) {
	type keyed struct {
		key string
		row int32
	}
	list := make([]keyed, len(rows))
	for n, item := range t.items {
		list[n] = keyed{o.Key(item), int32(n)}
	}
	sign := 1
	if o.Down {
		sign = -1
	}
	slices.SortFunc(list, func(a, b keyed) int {
		return cmp.Or(sign*strings.Compare(a.key, b.key), cmp.Compare(a.row, b.row))
	})
	for n := range list {
		rows[n] = list[n].row
	}
}

// Select returns which items are accepted, by their places, and how many. What a name
// stands for must stay the same. The caller must not change the list.
func (t *Table[T]) Select(name string, accepts func(row int) bool) (accepted []bool, total int) {
	t.mu.Lock()
	known, ok := t.selections[name]
	t.mu.Unlock()
	if ok {
		return known.accepted, known.total
	}

	// Computed without the lock: two that ask at once do the work twice, and nobody waits.
	known.accepted = make([]bool, len(t.items))
	for row := range t.items {
		if accepts(row) {
			known.accepted[row] = true
			known.total++
		}
	}

	t.mu.Lock()
	defer t.mu.Unlock()

	// Filters are endless; orders and columns are as many as fields.
	if len(t.selections) >= maxRemembered {
		clear(t.selections)
	}
	t.selections[name] = known
	return known.accepted, known.total
}

// row reads one row of the columns of a filter.
type row struct {
	names   []string
	columns [][]identity.Value
	at      int
}

// Property implements [filter.Reader].
func (r *row) Property(_ int, name string) identity.Value {
	for n, known := range r.names { // a few
		if known == name {
			return r.columns[n][r.at]
		}
	}

	return identity.Value{}
}

// PageOf filters, sorts and cuts a table as [Fields.Page] does a list. What also does
// not accept is not part of the list; nil accepts everything. All fields that pages of
// one table are asked by must mean the same by the same names.
func (f Fields[T]) PageOf(t *Table[T], q Query, maxSize int, also *filter.Filter) (Page[T], error) {
	if err := q.check(maxSize); err != nil {
		return Page[T]{}, err
	}
	parsed, err := f.parse(q.Filters)
	if err != nil {
		return Page[T]{}, err
	}
	sorted, err := f.order(q.Sorters)
	if err != nil {
		return Page[T]{}, err
	}

	var rows []int32 // nil: natural order
	if name := strings.ReplaceAll(q.Sorters, " ", ""); name != "" {
		rows = t.Rows(name, sorted)
	}

	// A filter of the service itself, such as what the caller may see, is one more condition.
	if also != nil {
		parsed = filter.All(parsed, also)
	}
	limit := q.limit(maxSize)

	// Nothing to filter: the page is a piece of the order, and the total is known.
	if len(parsed.Properties()) == 0 {
		from := min(q.Offset, len(t.items))
		to := from + min(limit, len(t.items)-from)
		return Page[T]{Items: t.pick(rows, from, to), Total: len(t.items)}, nil
	}

	accepted, total := f.rows(t, parsed)
	page := Page[T]{Items: make([]T, 0, min(limit, total)), Total: total}
	skip := q.Offset
	for n := 0; n < len(t.items) && len(page.Items) < limit; n++ {
		at := n
		if rows != nil {
			at = int(rows[n])
		}
		switch {
		case !accepted[at]:
		case skip > 0:
			skip--
		default:
			page.Items = append(page.Items, t.items[at])
		}
	}

	return page, nil
}

// pick gives the items from one place of an order to another.
func (t *Table[T]) pick(rows []int32, from, to int) []T {
	if rows == nil {
		return t.items[from:to:to]
	}
	out := make([]T, to-from)
	for i, at := range rows[from:to] {
		out[i] = t.items[at]
	}
	return out
}

// rows gives which rows a filter accepts, and how many.
func (f Fields[T]) rows(t *Table[T], parsed *filter.Filter) (accepted []bool, total int) {
	r := &row{names: parsed.Properties()}
	for _, name := range r.names {
		r.columns = append(r.columns, t.Column(name, f[name].Get))
	}
	return t.Select(parsed.String(), func(row int) bool {
		r.at = row
		return parsed.MatchIn(r)
	})
}

// Replace returns the table without the items that are gone and with the added ones.
// What this table remembers is carried over, so that a small change costs little; keep
// says which columns and orders by name still hold, nil all of them.
func (t *Table[T]) Replace(gone func(T) bool, added []T, keep func(name string) bool) *Table[T] {
	added = slices.Clone(added)
	slices.SortFunc(added, t.natural)
	items := make([]T, 0, len(t.items)+len(added))

	// Places change, so everything remembered is moved along instead of computed again.
	moved := make([]int32, len(t.items)) // new place of each old item, -1 for none
	fresh := make([]int32, 0, len(added))

	next := 0

	// Both are in natural order, so this is a merge.
	insert := func(before func(T) bool) {
		for next < len(added) && before(added[next]) {
			fresh = append(fresh, int32(len(items)))
			items = append(items, added[next])
			next++
		}
	}

	for n, item := range t.items {
		insert(func(a T) bool { return t.natural(a, item) < 0 })
		if gone(item) {
			moved[n] = -1
			continue
		}

		moved[n] = int32(len(items))
		items = append(items, item)
	}

	insert(func(T) bool { return true })

	out := newTable(t.natural, items)
	t.mu.Lock()
	defer t.mu.Unlock()
	for name, c := range t.columns {
		if keep == nil || keep(name) {
			out.columns[name] = c.moved(moved, fresh, items)
		}
	}

	// An order only needs the new items sorted in.
	for name, o := range t.orders {
		if keep == nil || keep(name) {
			out.orders[name] = o.moved(moved, fresh, items)
		}
	}

	return out
}

func (c *column[T]) moved(moved, fresh []int32, items []T) *column[T] {
	out := &column[T]{get: c.get, values: make([]identity.Value, len(items))}
	for n, to := range moved {
		if to >= 0 {
			out.values[to] = c.values[n]
		}
	}

	for _, at := range fresh {
		out.values[at] = c.get(items[at])
	}
	return out
}

// moved merges the new items into the order.
func (o *order[T]) moved(moved, fresh []int32, items []T) *order[T] {
	compare := func(a, b int32) int { return cmp.Or(o.compare(items[a], items[b]), cmp.Compare(a, b)) }
	fresh = slices.Clone(fresh)
	slices.SortFunc(fresh, compare)

	kept := make([]int32, 0, len(o.rows))
	for _, old := range o.rows {
		if at := moved[old]; at >= 0 {
			kept = append(kept, at)
		}
	}

	out := &order[T]{compare: o.compare, rows: make([]int32, 0, len(items))}
	for _, row := range fresh {
		at, _ := slices.BinarySearchFunc(kept, row, compare)
		out.rows = append(append(out.rows, kept[:at]...), row)
		kept = kept[at:]
	}

	out.rows = append(out.rows, kept...)
	return out
}
