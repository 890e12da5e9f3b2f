package transform

import "github.com/idprofile/engine/identity"

// columnKey is an account attribute on a source slot.
type columnKey struct {
	slot      int
	attribute string
	choice    int // 1 + that of [Compiler.Choice]; 0: all accounts, oldest first
}

// columnInfo is a column and, when [Compiler.First] reads it, where.
type columnInfo struct {
	columnKey
	grouped  bool
	numbered bool // it is a base, see [valueNumbers]
	group    int
	place    int // of the value in [Scope.firsts]; known when everything is compiled
}

// readGroup is the columns that [Compiler.First] reads of the same accounts: those of
// a source, or those that a choice leaves of them. To read them together takes less than one
// after the other, and mostly all of them are wanted.
type readGroup struct {
	slot, choice int // as in [columnKey]
	columns      []int
	fields       []int // which of the columns are called like a field of every account
	place        int   // of the first value
}

// groupRead is where the values of a group stand in the schema last seen, and which of them are
// numbered.
type groupRead struct {
	schema   *identity.Schema
	slots    []int // -1: nowhere
	numbered []numberedColumn
}

// numberedColumn is a base: where its value is among those of its group, and the number goes.
type numberedColumn struct {
	at     int
	values *valueNumbers
	number *subjectNumber
}

// column is where an account attribute stands in the schema last seen.
type column struct {
	schema *identity.Schema
	slot   int
	ok     bool
	field  bool // a field that every account has is called like this
}

// Column reserves a place to remember where an attribute stands in the schema
// last seen, for [Scope.Read] and [Compiler.First]. Slot is that of the source,
// -1 when it is computed. Readers of the same attribute share the place.
func (c *Compiler) Column(slot int, attribute string) int {
	return c.unit.column(columnKey{slot: slot, attribute: attribute})
}

func (u *Unit) column(key columnKey) int {
	i, ok := u.columnOf[key]
	if !ok {
		i = len(u.columns)
		u.columnOf[key] = i
		u.columns = append(u.columns, columnInfo{columnKey: key})
	}

	return i
}

// columnNode gives an attribute from the oldest account of a source slot that has
// it, or from the first of those that the choice of the column leaves. It looks once
// for each subject.
type columnNode struct {
	column int
	group  int
	place  int // see [columnInfo]
}

// First returns a node that reads an attribute from the first account of a source
// slot that has it; column is from [Compiler.Column], or [Compiler.ChosenColumn],
// for both. It comes after [Compiler.ReadsAccount].
func (c *Compiler) First(column int) Node {
	c.depends.bases = bases{count: 1, of: [maxBases]int{1 + column}} // all that is read
	n := &columnNode{column: column, group: c.unit.group(column)}
	if !c.unit.check {
		c.unit.columnNodes = append(c.unit.columnNodes, n)
	}
	return n
}

// group returns the number of the group of a column, which is in it afterwards.
func (u *Unit) group(col int) int {
	k := &u.columns[col]
	if k.grouped {
		return k.group
	}

	// The key of a group is that of its columns without their names.
	key := columnKey{slot: k.slot, choice: k.choice}
	n, ok := u.groupOf[key]
	if !ok {
		n = len(u.groups)
		u.groupOf[key] = n
		u.groups = append(u.groups, readGroup{slot: k.slot, choice: k.choice})
	}
	k.grouped, k.group = true, n

	g := &u.groups[k.group]
	if identity.IsField(k.attribute) {
		g.fields = append(g.fields, len(g.columns))
	}
	g.columns = append(g.columns, col)
	return k.group
}

// placeColumns gives every column that is read in groups its place.
func (u *Unit) placeColumns() {
	for i := range u.groups {
		g := &u.groups[i]
		g.place = u.firsts
		for _, col := range g.columns {
			u.columns[col].place = u.firsts
			u.firsts++
		}
	}

	for _, n := range u.columnNodes {
		n.place = u.columns[n.column].place
	}
	u.columnNodes = nil
}

func (n *columnNode) Eval(s *Scope) (identity.Value, error) { return n.read(s), nil }

func (n *columnNode) read(s *Scope) identity.Value {
	if s.groupRounds[n.group] != s.round {
		s.readGroup(n.group)
	}
	return s.firsts[n.place]
}

// readGroup reads the columns of a group, for a new subject.
func (s *Scope) readGroup(group int) {
	g, k := &s.unit.groups[group], &s.reads[group]
	s.groupRounds[group] = s.round
	accounts := s.accounts[g.slot]
	if g.choice > 0 {
		accounts = s.Chosen(g.choice - 1)
	}

	values := s.firsts[g.place : g.place+len(g.columns)]
	if len(accounts) == 0 {
		clear(values)
	} else {
		s.readFirst(g, k, values, accounts)
	}
	if len(k.numbered) > 0 {
		s.numberValues(k, values)
	}
}

// readFirst reads the values of a group from accounts.
func (s *Scope) readFirst(g *readGroup, k *groupRead, values []identity.Value, accounts []*identity.Account) {

	// Accounts of a source mostly share one schema, so names are searched once.
	a := accounts[0]
	if schema := a.Attributes.Schema(); k.schema != schema || len(k.slots) < len(g.columns) {
		k.schema, k.slots = schema, s.unit.slotsOf(g, schema)
	}

	a.Attributes.ReadSlots(values, k.slots)
	for _, i := range g.fields {
		if values[i].IsNull() {
			values[i] = a.Field(s.unit.columns[g.columns[i]].attribute)
		}
	}

	// Null falls through to the next account.
	if others := accounts[1:]; len(others) > 0 {
		s.readOthers(g, values, others)
	}
}

// readOthers reads what has no value from other accounts.
func (s *Scope) readOthers(g *readGroup, values []identity.Value, accounts []*identity.Account) {
	for i, col := range g.columns {
		for k := 0; values[i].IsNull() && k < len(accounts); k++ {
			values[i] = s.Read(accounts[k], col, s.unit.columns[col].attribute)
		}
	}
}

// slotsOf returns where the columns of a group stand in a schema.
func (u *Unit) slotsOf(g *readGroup, schema *identity.Schema) []int {
	slots := make([]int, len(g.columns))
	for i, col := range g.columns {
		slot, ok := schema.Slot(u.columns[col].attribute)
		if !ok {
			slot = -1
		}
		slots[i] = slot
	}

	return slots
}

// Read returns an attribute of an account; col is from [Compiler.Column] and only
// for this name, so that the schema is searched only when it changes.
func (s *Scope) Read(a *identity.Account, col int, name string) identity.Value {
	k := &s.columns[col]

	// Accounts of a source mostly share one schema, so the name is searched once.
	if schema := a.Attributes.Schema(); k.schema != schema {
		k.schema = schema
		k.slot, k.ok = schema.Slot(name)
		k.field = identity.IsField(name)
	}

	if k.ok {
		if v := a.Attributes.At(k.slot); !v.IsNull() || !k.field {
			return v
		}
	}

	// It may be one of the fields that every account has.
	return a.Field(name)
}
