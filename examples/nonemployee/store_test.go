package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/idprofile/engine/identity/nonemployee"
	"github.com/idprofile/engine/identity/nonemployee/storetest"
)

// open opens a store for a test.
func open(t *testing.T, at string) nonemployee.Store {
	t.Helper()
	s, closeStore, err := openStore(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := closeStore(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestStores(t *testing.T) {
	for _, tt := range []struct {
		name string
		at   func(t *testing.T) string
	}{
		{"sqlite in a file", func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "with blank?.db") }},
		{"sqlite in memory", func(*testing.T) string { return "sqlite::memory:" }},
		{"file", func(t *testing.T) string { return "file:" + filepath.Join(t.TempDir(), "store") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T) nonemployee.Store { return open(t, tt.at(t)) })
		})
	}
}

// PostgreSQL is tried when IDPROFILE_POSTGRES names a database, as postgres://...; the
// tests make schemas of their own in it and drop them.
func TestPostgreSQL(t *testing.T) {
	dsn := os.Getenv("IDPROFILE_POSTGRES")
	if dsn == "" {
		t.Skip("IDPROFILE_POSTGRES names no database")
	}
	t.Run("suite", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) nonemployee.Store { return open(t, ownSchema(t, dsn)) })
	})
	t.Run("shared", func(t *testing.T) {
		at := ownSchema(t, dsn)
		sharedDatabase(t, open(t, at), open(t, at))
	})
}

// ownSchema makes a schema for one test and gives the address that uses it.
func ownSchema(t *testing.T, dsn string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal("IDPROFILE_POSTGRES is no URL")
	}
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		t.Fatal(err)
	}
	name := "idprofile_" + strings.ToLower(rand.Text())
	if _, err := db.ExecContext(t.Context(), "CREATE SCHEMA "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, err := db.ExecContext(context.WithoutCancel(t.Context()), "DROP SCHEMA "+name+" CASCADE")
		if err := errors.Join(err, db.Close()); err != nil {
			t.Error(err)
		}
	})
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}

// Two services on one database, as two processes have it: of two requests for one
// account name one is made, every approval is decided once, no record is lost.
func TestSharedDatabase(t *testing.T) {
	at := "sqlite:" + filepath.Join(t.TempDir(), "shared.db")
	sharedDatabase(t, open(t, at), open(t, at))
}

func sharedDatabase(t *testing.T, stores ...nonemployee.Store) {
	people := nonemployee.NewPeople([]nonemployee.Person{{ID: "admin", Alias: "admin"}, {ID: "m", Alias: "m"}, {ID: "a", Alias: "a"}}, nil)
	admin := nonemployee.Actor{ID: "admin", Rights: nonemployee.Admin}
	services := make([]*nonemployee.Service, len(stores))
	for i, s := range stores {
		var err error
		services[i], err = nonemployee.New(t.Context(), s, people, nonemployee.SharedStore(), nonemployee.WithIDs(nonemployee.RandomIDs(rand.Reader)))
		if err != nil {
			t.Fatal(err)
		}
	}
	source, err := services[0].Sources.Create(t.Context(), admin, nonemployee.SourceBody{
		Name: "A", Description: "d", Owner: nonemployee.Ref{ID: "admin"},
		Approvers: []nonemployee.Ref{{ID: "a"}}, AccountManagers: []nonemployee.Ref{{ID: "m"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	body := func(account string) nonemployee.RecordBody {
		return nonemployee.RecordBody{
			SourceID: source.SourceID, AccountName: account, FirstName: "F", LastName: "L", Phone: "1", Email: "e",
			Manager: "m", StartDate: "2026-01-01", EndDate: "2026-12-31",
		}
	}
	const requests = 20
	var same, decided atomic.Int64
	var wg sync.WaitGroup
	for i := range requests {
		wg.Go(func() {
			s := services[i%len(services)]
			r, _, err := s.Requests.Create(t.Context(), nonemployee.Actor{ID: "m"}, body(fmt.Sprint("u", i)))
			if err != nil {
				t.Errorf("request %d: %v", i, err)
				return
			}
			if _, _, err := s.Requests.Create(t.Context(), nonemployee.Actor{ID: "m"}, body("same")); err == nil {
				same.Add(1)
			}
			var both sync.WaitGroup
			for _, s := range services {
				both.Go(func() {
					if _, err := s.Approvals.Approve(t.Context(), nonemployee.Actor{ID: "a"}, r.Items[0].ID, ""); err == nil {
						decided.Add(1)
					}
				})
			}
			both.Wait()
		})
	}
	wg.Wait()
	sum, err := services[0].Requests.Summary(t.Context(), admin, "m")
	if err != nil || same.Load() != 1 || decided.Load() != requests || sum.NonEmployeeCount != requests || sum.Pending != 1 {
		t.Errorf("%d requests for one name, %d decisions of %d, summary %+v, error %v", same.Load(), decided.Load(), requests, sum, err)
	}
}
