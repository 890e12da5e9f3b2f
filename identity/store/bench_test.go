package store_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/store"
)

// crowd are identities like those of a company: twenty attributes, three accounts.
func crowd(count int) []*identity.Identity {
	schema := func(prefix string, n int) *identity.Schema {
		var names []string
		for k := range n {
			names = append(names, fmt.Sprint(prefix, k))
		}
		return identity.NewSchema(names...)
	}
	person, hr, ad := schema("attribute", 20), schema("column", 24), schema("ad", 14)
	row := func(s *identity.Schema, n int) identity.Attributes {
		values := make([]identity.Value, s.Len())
		for k := range values {
			switch k % 4 {
			case 0:
				values[k] = identity.StringValue(fmt.Sprint("value ", n*7919%1000003, " of ", k))
			case 1:
				values[k] = identity.StringValue(fmt.Sprint("Department ", (n*31+k)%200))
			case 2:
				values[k] = identity.StringValue(fmt.Sprint("Country ", n%60))
			}
		}
		return identity.Pack(s, values)
	}

	list := make([]*identity.Identity, count)
	for n := range list {
		native := fmt.Sprintf("%07d", n)
		id, team := fmt.Sprintf("%032x", uint64(n)*0x9e3779b97f4a7c15), fmt.Sprintf("CN=Team %d,OU=Groups", n%400)
		list[n] = &identity.Identity{ID: id, Alias: native, Profile: "Employees", Attributes: row(person, n),
			Accounts: []identity.Account{
				{Source: "HR", NativeIdentity: native, Attributes: row(hr, n)},
				{Source: "Active Directory", NativeIdentity: "CN=" + native, Attributes: row(ad, n),
					Entitlements: []string{"CN=All Staff,OU=Groups,DC=acme,DC=example", team}},
				{Source: "Badges", NativeIdentity: native},
			}}
	}
	return list
}

const crowdSize = 20000

// BenchmarkFile measures what a store in a file costs for each identity.
func BenchmarkFile(b *testing.B) {
	people := crowd(crowdSize)
	path := filepath.Join(b.TempDir(), "s")
	perPerson := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/crowdSize, "ns/person")
	}
	open := func(b *testing.B, path string) *store.File {
		f, err := store.OpenFile(path)
		if err != nil {
			b.Fatal(err)
		}
		return f
	}

	b.Run("write", func(b *testing.B) {
		for n := 0; b.Loop(); n++ {
			f := open(b, fmt.Sprint(path, n))
			tx, err := f.Begin(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			for _, i := range people {
				if err := tx.Put(i, false); err != nil {
					b.Fatal(err)
				}
			}
			if err := tx.Commit(b.Context(), identity.Batch{}); err != nil {
				b.Fatal(err)
			}
			f.Close()
		}
		perPerson(b)
	})

	f := open(b, path)
	if err := f.Apply(b.Context(), identity.Batch{Put: people}); err != nil {
		b.Fatal(err)
	}
	f.Close()
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			open(b, path).Close()
		}
		perPerson(b)
	})

	f = open(b, path)
	defer f.Close()
	b.Run("view", func(b *testing.B) {
		for b.Loop() {
			for _, err := range f.View(b.Context()) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
		perPerson(b)
	})
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
			for _, err := range f.All(b.Context()) {
				if err != nil {
					b.Fatal(err)
				}
			}
		}
		perPerson(b)
	})
}

// Going through a store allocates memory for rows that stay, in large pieces, and nothing for
// each identity.
func TestViewAllocates(t *testing.T) {
	f := openFile(t, filepath.Join(t.TempDir(), "s"))
	people := crowd(2000)
	if err := f.Apply(t.Context(), identity.Batch{Put: people}); err != nil {
		t.Fatal(err)
	}
	got := testing.AllocsPerRun(5, func() {
		for _, err := range f.View(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
		}
	})
	if got > 100 {
		t.Errorf("%v allocations for %d identities", got, len(people))
	}
}
