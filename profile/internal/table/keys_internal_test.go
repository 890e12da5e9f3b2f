package table

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/idprofile/engine/identity"
)

// The table gives what a map gives, also when many tags are alike.
func TestKeyTable(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	accounts, table, want := NewAccounts(), Keys{}, map[string]int32{}
	for range 20_000 {
		key := fmt.Sprint("CN=", r.IntN(12_000))
		n, ok := table.Find(accounts, key)
		m, known := want[key]
		if ok != known || n != m {
			t.Fatalf("%s: got %d %v, want %d %v", key, n, ok, m, known)
		}
		if !ok {
			n = accounts.Add(&identity.Account{Source: "AD", NativeIdentity: key})
			table.Add(key, n)
			want[key] = n
		}
	}
	if table.used != len(want) {
		t.Errorf("%d keys, want %d", table.used, len(want))
	}
	if _, ok := table.Find(accounts, ""); ok {
		t.Error("found an empty key that nobody has")
	}
}

// Accounts with one tag are found all the same.
func TestKeyTableSameTag(t *testing.T) {
	accounts, table := NewAccounts(), Keys{}
	table.grow()
	for i := range 10 {
		key := fmt.Sprint(i)
		n := accounts.Add(&identity.Account{NativeIdentity: key})
		table.put(keySlot{Tag("9"), n + 1})
		table.used++
	}
	if n, ok := table.Find(accounts, "9"); !ok || n != 9 {
		t.Errorf("got %d %v, want 9", n, ok)
	}
}
