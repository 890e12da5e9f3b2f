package feed

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// merger makes one account of all rows with one key, as a delimited file source
// with mergeRows does. The account stands where its first row does and has that
// row's values; the merged columns have the values of all rows, each once, in
// their order.
//
// Rows of one account mostly stand together, so one is held at a time. Those that
// stand apart are found by a reading before this one, which keeps nothing else.
//
// Source: the vendor's pages of the delimited file source and of merging in JDBC
// sources.
type merger struct {
	d       *delimited
	key     []int // columns that make the key
	columns []int // columns whose values are collected
	apart   map[string]*apart

	merged, differ int // rows that are part of an account before them; of these, those with other values
}

// apart are the rows of an account that do not stand beside its first ones.
type apart struct {
	rows [][]string
	done bool // the account was yielded with them
}

// group is the account that is being put together.
type group struct {
	key   string
	line  int
	cells []string
	rows  [][]string // the merged columns of its rows
}

// newMerger finds the columns and looks for accounts whose rows stand apart.
func newMerger(ctx context.Context, d *delimited) (*merger, error) {
	m := &merger{d: d, apart: map[string]*apart{}}
	m.key = d.named(d.layout.index, "indexColumn")
	if m.key == nil {
		m.key = []int{d.id}
	}

	m.columns = d.named(d.layout.mergeColumns, "mergeColumns")
	if d.layout.mergeColumns == nil {
		var names []string
		for i, c := range d.columns {
			if c.Multi && c.keep && i != d.id && i != d.name {
				m.columns, names = append(m.columns, i), append(names, c.Name)
			}
		}

		d.Assume(codeMergeColumns, 0, strings.Join(names, ", "), "", 0)
	}

	return m, m.look(ctx)
}

// named returns the columns of those names. A name that no column has is
// reported and passed over.
func (t *table) named(names []string, setting string) (columns []int) {
	for _, name := range names {
		at := slices.IndexFunc(t.columns, func(c column) bool { return c.Name == name })
		if at < 0 {
			t.reportColumn(setting, name)
			continue
		}

		columns = append(columns, at)
	}

	return columns
}

// reportColumn reports a column that a setting names and that is not there.
func (t *table) reportColumn(setting, name string) {
	if t.OnFinding == nil {
		return
	}
	var names []string
	for _, c := range t.columns {
		names = append(names, c.Name)
	}
	t.OnFinding(diag.Diagnostic{Severity: diag.Warning, Code: codeMergeColumn,
		Pos:     diag.Pos{File: t.file, Line: 1, Column: 1},
		Message: fmt.Sprintf("%s names the column %q, which the file does not have", setting, name),
		Hint: diag.Suggest(name,
			names)})
}

// look reads the file once, in silence, and keeps the rows that stand apart.
func (m *merger) look(ctx context.Context) error {
	// The file is read twice: accounts are handed on as they come, so it has to be known beforehand
	// whose rows stand apart.
	src, err := m.d.open()
	if err != nil {
		return inFile(m.d.file, err)
	}
	defer src.Close()

	// The first reading is silent. The second one reports, and each finding once.
	silent := *m.d.Options
	silent.OnFinding, silent.OnAssumption, silent.OnColumns = nil, nil, nil
	p := newReading(&silent, m.d.file, m.d.source)
	d := &delimited{table: &table{Reading: p}, r: newReader(src, ",")}
	if err := d.header(); err != nil {
		return err
	}

	var seen SeenIDs
	last, begun := "", false
	for row := 0; ; row++ {
		if row%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		cells, line, err := d.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if cells == nil {
			continue
		}

		// Rows that follow each other need no memory; only those that come again elsewhere are kept.
		key := m.keyOf(cells)
		if key == "" || begun && key == last {
			if key != "" && m.apart[key] != nil {
				m.apart[key].rows = append(m.apart[key].rows, cloneAll(cells))
			}
			continue
		}

		if _, again := seen.Put(key, line); again {
			m.setApart(key, cells)
		}
		last, begun = key, true
	}
}

// setApart keeps a row whose account has begun and ended before it.
func (m *merger) setApart(key string, cells []string) {
	if m.apart[key] == nil {
		m.apart[key] = &apart{}
	}
	m.apart[key].rows = append(m.apart[key].rows, cloneAll(cells))
}

// keyOf returns the key of a row, "" when it has none and stands for itself.
func (m *merger) keyOf(cells []string) string {
	if len(m.key) == 1 {
		return strings.Clone(cells[m.key[0]])
	}
	var b strings.Builder
	empty := true
	for _, i := range m.key {
		empty = empty && cells[i] == ""
		fmt.Fprintf(&b, "%d:%s", len(cells[i]), cells[i])
	}

	if empty {
		return ""
	}
	return b.String()
}

// each yields the accounts. It returns false when yield did.
func (m *merger) each(ctx context.Context, yield func(identity.Account, error) bool) bool {
	var g group
	for row := 0; ; row++ {
		if row%256 == 0 && ctx.Err() != nil {
			return yield(identity.Account{}, ctx.Err())
		}
		cells, line, err := m.d.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return yield(identity.Account{}, err)
		}
		if cells == nil {
			continue
		}

		// Rows of one account mostly follow each other, and are put together as they come.
		key := m.keyOf(cells)
		if key != "" && g.cells != nil && key == g.key {
			m.add(&g, cells)
			continue
		}

		if !m.finish(&g, yield) {
			return false
		}

		// Its rows were put together at the first of them.
		if a := m.apart[key]; a != nil && a.done {
			continue
		}
		g = group{key: key, line: line, cells: cloneAll(cells), rows: [][]string{m.collected(cells)}}
	}

	if !m.finish(&g, yield) {
		return false
	}

	// Counted over the file and told once, since a merged file merges most of its rows.
	if m.merged > 0 {
		m.d.Assume(codeRowsMerged, 0, "", "", m.merged)
	}
	if m.differ > 0 {
		m.d.Assume(codeRowsMergedFirst, 0, "the values of the account's first row",
			"other values of its other rows", m.differ)
	}

	return true
}

// add adds a row to an account that has begun.
func (m *merger) add(g *group, cells []string) {
	m.merged++
	g.rows = append(g.rows, m.collected(cells))
	for i, cell := range cells {
		if cell != g.cells[i] && !slices.Contains(m.columns, i) {
			m.differ++
			return
		}
	}
}

// collected returns copies of the cells that are merged.
func (m *merger) collected(cells []string) []string {
	values := make([]string, len(m.columns))
	for n, i := range m.columns {
		values[n] = strings.Clone(cells[i])
	}
	return values
}

// finish yields the account and leaves g empty.
func (m *merger) finish(g *group, yield func(identity.Account, error) bool) bool {
	if g.cells == nil {
		return true
	}
	if a := m.apart[g.key]; a != nil && g.key != "" {
		a.done = true
		for _, cells := range a.rows {
			m.add(g, cells)
		}
		a.rows = nil
	}

	collected := make(map[int][]string, len(m.columns))
	for n, i := range m.columns {
		collected[i] = m.values(g, n)
	}
	var a identity.Account
	m.d.pack(&a, g.cells, collected, diag.Pos{Line: g.line, Column: 1})
	g.cells = nil
	return yield(a, nil)
}

// values returns the values of a merged column, each once.
func (m *merger) values(g *group, n int) []string {
	var values []string
	seen := map[string]bool{}
	separator := ""
	if m.d.columns[m.columns[n]].Multi {
		separator = m.d.Separator
	}
	for _, row := range g.rows {
		for item := range items(row[n], separator) {
			if item != "" && !seen[item] {
				seen[item] = true
				values = append(values, item)
			}
		}
	}

	return values
}
