package table

import (
	"fmt"
	"testing"

	"github.com/idprofile/engine/identity"
)

// Accounts that come with a schema each, and with names of their own, are read as
// they were, however many there are.
func TestTableManySchemas(t *testing.T) {
	const accounts = 1<<16 + 3000
	table := NewAccounts()
	attribute := func(n int) string { return fmt.Sprint("a", n%70000) }
	for n := range accounts {
		table.Add(&identity.Account{Source: "HR", Attributes: identity.NewAttributes(map[string]identity.Value{attribute(n): identity.StringValue(fmt.Sprint(n))})})
	}
	for n := range accounts {
		if a := table.At(int32(n)); a.Attributes.Get(attribute(n)).Text() != fmt.Sprint(n) {
			t.Fatalf("account %d has %v", n, a.Attributes)
		}
	}
	before := len(table.schemas)
	table.Add(&identity.Account{Source: "HR", Attributes: identity.NewAttributes(map[string]identity.Value{"a7": {}})})
	if len(table.schemas) != before {
		t.Error("a known list of names is another schema")
	}
}
