package table

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/idprofile/engine/identity"
)

// Accounts that are read late are those that were added, whoever reads them first, and however
// many do so at once.
func TestReadLate(t *testing.T) {
	account := func(n int) *identity.Account {
		return &identity.Account{Source: fmt.Sprint("S", n%3), NativeIdentity: fmt.Sprint("n", n), UUID: fmt.Sprint("u", n%7),
			Attributes: identity.NewAttributes(map[string]identity.Value{fmt.Sprint("a", n%5): identity.StringValue(fmt.Sprint(n))})}
	}
	const accounts = 500
	plain, late := NewAccounts(), NewAccounts()
	for n := range accounts {
		a := account(n)
		plain.Add(a)
		if n%9 == 0 {
			late.Add(a)
			continue
		}
		late.AddUnread(&identity.Account{Source: a.Source, NativeIdentity: a.NativeIdentity}, fmt.Sprint(n))
	}
	reads := 0 // guarded by the table
	late.ReadLate(func(unread string, a *identity.Account) error {
		var n int
		if _, err := fmt.Sscan(unread, &n); err != nil {
			return err
		}
		reads++
		*a = *account(n)
		return nil
	})

	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for n := range int32(accounts / 2) {
				want, got := plain.At(n), late.At(n)
				if text(t, want) != text(t, got) || plain.Native(n) != late.Native(n) || plain.UUID(n) != late.UUID(n) {
					t.Errorf("account %d is %v, want %v", n, got, want)
				}
			}
		})
	}
	wg.Wait()
	if want := accounts/2 - (accounts/2+8)/9; reads != want {
		t.Errorf("%d accounts were read, want %d", reads, want)
	}

	if dirty, fresh := late.Replace(accounts-1, account(accounts-1)); dirty || fresh {
		t.Error("an account differs from itself")
	}
	if err := late.ReadAll(); err != nil {
		t.Fatal(err)
	}
	for n := range int32(accounts) {
		if want, got := plain.At(n), late.At(n); text(t, want) != text(t, got) {
			t.Errorf("account %d is %v, want %v", n, got, want)
		}
	}
}

func text(t *testing.T, a identity.Account) string {
	t.Helper()
	b, err := json.Marshal(a)
	if err != nil {
		t.Error(err)
	}
	return string(b)
}

// An account that cannot be read is an empty one, and the table says why.
func TestReadLateFails(t *testing.T) {
	table, broken := NewAccounts(), errors.New("broken")
	n := table.AddUnread(&identity.Account{Source: "S", NativeIdentity: "1"}, "text")
	table.ReadLate(func(string, *identity.Account) error { return broken })
	if a := table.At(n); a.NativeIdentity != "" || !errors.Is(table.Err(), broken) || !errors.Is(table.ReadAll(), broken) {
		t.Errorf("got %v, error %v", a, table.Err())
	}
}
