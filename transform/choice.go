package transform

import "github.com/idprofile/engine/identity"

// Choose picks and orders accounts: it appends those that it takes of the given
// ones, which it does not change, to room.
type Choose func(s *Scope, accounts, room []*identity.Account) []*identity.Account

// choice is one way to pick accounts of a source, with constant filters and
// order.
type choice struct {
	slot   int
	key    string
	choose Choose
}

// chosen is what a choice gives for the subject of a round.
type chosen struct {
	round    uint32
	accounts []*identity.Account
}

// Choice numbers a way to choose among the accounts of a source slot, which is
// then taken once for each subject, however many attributes read from it. Choices
// with the same key are the same.
func (c *Compiler) Choice(slot int, key string, choose Choose) int {
	for i := range c.unit.choices {
		if known := &c.unit.choices[i]; known.slot == slot && known.key == key {
			return i
		}
	}

	c.unit.choices = append(c.unit.choices, choice{slot: slot, key: key, choose: choose})
	return len(c.unit.choices) - 1
}

// ChosenColumn is [Compiler.Column] for [Compiler.First] among the accounts of a
// choice.
func (c *Compiler) ChosenColumn(slot int, attribute string, choice int) int {
	return c.unit.column(columnKey{slot: slot, attribute: attribute, choice: 1 + choice})
}

// Chosen returns the accounts of a choice for the subject.
func (s *Scope) Chosen(choice int) []*identity.Account {
	k := &s.chosen[choice]
	if k.round != s.round {
		by := &s.unit.choices[choice]
		k.accounts = by.choose(s, s.accounts[by.slot], k.accounts[:0])
		k.round = s.round
	}

	return k.accounts
}

// AccountReader gives the properties of an account by columns. It belongs to a
// scope and holds until the next [Scope.Reader].
type AccountReader struct {
	scope   *Scope
	account *identity.Account
	columns []int
}

// Property reads one property by its number among the columns.
func (r *AccountReader) Property(number int, name string) identity.Value {
	return r.scope.Read(r.account, r.columns[number], name)
}

// Reader returns a reader of an account; columns are those of the properties
// that it will be asked for, see [Compiler.Column].
func (s *Scope) Reader(a *identity.Account, columns []int) *AccountReader {
	s.reader = AccountReader{scope: s, account: a, columns: columns}
	return &s.reader
}
