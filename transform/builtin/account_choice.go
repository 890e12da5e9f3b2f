package builtin

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/filter"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/internal/javatext"
)

// selection is a way to choose accounts that is the same for everybody: filters,
// order and whether the first account decides. Properties are read by column.
type selection struct {
	filters  []columnFilter
	by       string // the sort attribute
	byColumn int
	sign     int  // 0: oldest first, as they are
	first    bool // only the first counts, even with null
}

// columnFilter is a filter with the columns of its properties.
type columnFilter struct {
	filter  *filter.Filter
	columns []int
	tests   []filter.Test // the whole filter, when it is no more than that; nil otherwise
}

// selection returns the way in which the node chooses when all of it is constant.
func (n *accountNode) selection(c *transform.Compiler) (s *selection, ok bool) {
	a := n.args
	s = &selection{}

	// A choice that depends on nothing but the accounts is the same for all mappings that make it, so
	// it is worth being remembered.
	for _, f := range []struct {
		arg   *transform.Child
		ready *filter.Filter
	}{{&a.Filter, n.byOwn}, {&a.PropertyFilter, n.byAny}} {
		if v, fixed := f.arg.Const(); !fixed {
			return nil, false
		} else if v.IsNull() || f.ready == nil {
			continue
		}

		cf := columnFilter{filter: f.ready}
		for _, name := range f.ready.Properties() {
			cf.columns = append(cf.columns, c.Column(n.slot, name))
		}
		if tests, ok := f.ready.Conjunction(); ok {
			cf.tests = tests
		}
		s.filters = append(s.filters, cf)
	}

	by, fixed := a.SortAttribute.Const()
	down, fixedDown := a.SortDescending.Fixed(false)
	first, fixedFirst := a.ReturnFirst.Fixed(false)
	if !fixed || !fixedDown || !fixedFirst {
		return nil, false
	}
	s.first = first

	// Accounts come oldest first, so the usual order needs no sorting.
	if !n.sorted {
		s.by = "created"
		if !by.IsNull() {
			s.by = by.Text()
		}
		if s.by != "created" {
			s.byColumn = c.Column(n.slot, s.by)
		}
		if s.sign = 1; down {
			s.sign = -1
		}
	}

	return s, true
}

// key tells selections apart.
func (s *selection) key() string {
	key := strconv.FormatBool(s.first) + strconv.Itoa(s.sign) + s.by
	for _, f := range s.filters {
		key += "\x00" + f.filter.String()
	}
	return key
}

// choose is [transform.Choose].
func (s *selection) choose(sc *transform.Scope, accounts, room []*identity.Account) []*identity.Account {
	// Where only the first counts and nothing is sorted, it ends the search.
	for _, a := range accounts {
		if s.accepts(sc, a) {
			room = append(room, a)
			if s.first && s.sign == 0 {
				break
			}
		}
	}

	if s.sign != 0 && len(room) > 1 {
		s.sort(sc, room)
	}
	if s.first && len(room) > 1 {
		room = room[:1]
	}
	return room
}

func (s *selection) accepts(sc *transform.Scope, a *identity.Account) bool {
	for i := range s.filters {
		if !s.filters[i].accepts(sc, a) {
			return false
		}
	}

	return true
}

func (f *columnFilter) accepts(sc *transform.Scope, a *identity.Account) bool {
	if f.tests == nil {
		return f.filter.MatchIn(sc.Reader(a, f.columns))
	}

	// Most filters compare texts with texts, which needs no calls through their parts.
	for i := range f.tests {
		t := &f.tests[i]
		ok, known := t.Accepts(sc.Read(a, f.columns[t.Number], t.Name))
		if !known {
			return f.filter.MatchIn(sc.Reader(a, f.columns))
		}
		if !ok {
			return false
		}
	}

	return true
}

// fewAccounts are sorted by insertion, which needs no memory; more are rare.
const fewAccounts = 16

func (s *selection) sort(sc *transform.Scope, list []*identity.Account) {
	if len(list) > fewAccounts {
		slices.SortStableFunc(list, func(a, b *identity.Account) int { return s.compare(sc, a, b) })
		return
	}

	for i := 1; i < len(list); i++ {
		for j := i; j > 0 && s.compare(sc, list[j-1], list[j]) > 0; j-- {
			list[j-1], list[j] = list[j], list[j-1]
		}
	}
}

// compare orders two accounts; those without the attribute come last in both
// directions.
func (s *selection) compare(sc *transform.Scope, a, b *identity.Account) int {
	if s.by == "created" {
		return compareTimes(a.Created, b.Created, s.sign)
	}
	va, vb := sc.Read(a, s.byColumn, s.by), sc.Read(b, s.byColumn, s.by)
	if va.IsNull() || vb.IsNull() {
		return cmp.Compare(boolInt(va.IsNull()), boolInt(vb.IsNull()))
	}
	return s.sign * javatext.Compare(va.Text(), vb.Text())
}
