package store_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/store"
)

// What is left unread is read later as it would have been at once, and what is known at once is
// right.
func TestViewLate(t *testing.T) {
	f, err := store.OpenFile(filepath.Join(t.TempDir(), "state"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b identity.Batch
	for n := range 50 {
		i := &identity.Identity{ID: fmt.Sprint("id", n), Alias: fmt.Sprint("a", n)}
		for k := range n % 4 {
			i.Accounts = append(i.Accounts, identity.Account{
				Source: fmt.Sprint("S", k), NativeIdentity: fmt.Sprint(n), Created: time.Date(2026, 1, 1+n%28, 0, 0, 0, 0, time.UTC),
				IdentityID: i.ID, ManuallyCorrelated: n%5 == 0, Entitlements: []string{"e", fmt.Sprint(n % 3)}[:n%3],
				Fingerprint: uint64(n * k), Attributes: identity.NewAttributes(map[string]identity.Value{
					"mail": identity.StringValue(fmt.Sprint(n, "@x")), "groups": identity.StringsValue("a", fmt.Sprint(k))}),
			})
		}
		b.Put = append(b.Put, i)
	}
	if err := f.Apply(t.Context(), b); err != nil {
		t.Fatal(err)
	}

	var want, got, light []string
	var texts []string
	for i, err := range f.View(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range i.Accounts {
			want = append(want, fmt.Sprintf("%+v %v", a, a.Attributes.Row()))
		}
	}
	read, err := f.ViewLate(t.Context(), func(i *identity.Identity, unread []string) error {
		if len(unread) != len(i.Accounts) {
			return fmt.Errorf("%s: %d texts of %d accounts", i.ID, len(unread), len(i.Accounts))
		}
		texts = append(texts, unread...)
		for _, a := range i.Accounts {
			light = append(light, fmt.Sprint(a.Key(), a.Fingerprint, a.IdentityID, a.ManuallyCorrelated))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	for n, text := range texts {
		var a identity.Account
		if err := read(text, &a); err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%+v %v", a, a.Attributes.Row()))
		if key := fmt.Sprint(a.Key(), a.Fingerprint, a.IdentityID, a.ManuallyCorrelated); key != light[n] {
			t.Errorf("known at once %s, read %s", light[n], key)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got) == 0 {
		t.Errorf("mismatch (-at once +later):\n%s", diff)
	}
	if read("damaged", new(identity.Account)) == nil {
		t.Error("a text that is no account is one")
	}
}
