// Package tenanttest starts a tenant for tests: the configuration and the accounts
// of a folder behind the vendor's API, on loopback and in memory.
//
//	tenant := tenanttest.Start(t, "testdata/tenant")
//	// tenant.URL, tenant.Token: for any client of the API
package tenanttest

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/idprofile/engine/identity/nonemployee"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant"
	"github.com/idprofile/engine/profile/tenant/rest"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/builtin"
)

// Tenant is a tenant that runs until its test ends.
type Tenant struct {
	URL   string // base of all paths, without version
	Token string // of an administrator, for the header Authorization: Bearer

	ClientID, ClientSecret string // for POST {URL}/oauth/token

	Handler *rest.Handler
	Clients *rest.Clients
}

// Now is the clock that a tenant begins with when its folder does not set one.
var Now = time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC)

// Start starts a tenant over the files of a folder and aggregates the accounts that
// are there. Its clock stands still at the time that the settings of the folder give,
// else at [Now]; clients may move it. Non-employees are served, too; there are none at
// the start. Clients.Add lets more actors sign in, such as a manager or an approver by
// the id of an identity.
func Start(t testing.TB, folder string) *Tenant {
	t.Helper()
	files := os.DirFS(folder)
	bundle, found := config.Load(files)
	if err := found.Err(); err != nil {
		t.Fatalf("tenanttest: %v", err)
	}
	now := bundle.Settings.Now
	if now.IsZero() {
		now = Now
	}

	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		t.Fatalf("tenanttest: %v", err)
	}
	// Tokens live by the real clock: moving that of the tenant must not end them.
	clients := rest.NewClients(key, time.Now, 12*time.Hour,
		rest.Client{ID: "admin", Secret: "admin-secret", Actor: rest.Actor{ID: "admin", Name: "admin", Admin: true}},
		rest.Client{ID: "reader", Secret: "reader-secret", Actor: rest.Actor{ID: "reader", Name: "reader", Read: true}},
		rest.Client{ID: "nobody", Secret: "nobody-secret", Actor: rest.Actor{ID: "nobody", Name: "nobody"}})
	run := profile.RunOptions{Seed: bundle.Settings.Seed}
	handler, err := rest.New(bundle, store.NewMemory(), rest.Options{
		Authenticate: clients.Authenticate, Now: func() time.Time { return now }, Files: files,
		Tenant: tenant.Options{Run: run},
	})
	if err != nil {
		t.Fatalf("tenanttest: %v", err)
	}
	sources, found := bundle.Accounts(files, nil)
	if err := found.Err(); err != nil {
		t.Fatalf("tenanttest: %v", err)
	}
	if _, err := handler.Tenant().Aggregate(t.Context(), nil, sources...); err != nil {
		t.Fatalf("tenanttest: %v", err)
	}

	if err := handler.ServeNonEmployees(t.Context(), nonemployee.NewMemory()); err != nil {
		t.Fatalf("tenanttest: %v", err)
	}

	mux := http.NewServeMux()
	mux.Handle("/", handler)
	mux.Handle("POST /oauth/token", clients)
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		server.Close()
		handler.Wait()
	})
	return &Tenant{
		URL: server.URL, Token: clients.Token("admin"), ClientID: "admin", ClientSecret: "admin-secret",
		Handler: handler, Clients: clients,
	}
}

// Library is the library of operations that a tenant evaluates with.
func Library() *transform.Library { return builtin.Library() }
