package nerm

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/nerm/nermtest"
)

const (
	testKey   = "k3y-that-nobody-may-see"
	peopleID  = "79ed1cb6-9977-4965-9bfe-f2bcc242523e"
	vendorsID = "33f072dd-13b4-41e1-8ea0-16f2a59b57c8"
)

func profileID(i int) string { return fmt.Sprintf("%08x-0000-4000-8000-%012x", i*7919, i) }

func newProfile(i int) nermtest.Object {
	return nermtest.Object{
		"id": profileID(i), "uid": fmt.Sprintf("%032x", i), "name": fmt.Sprintf("Person %d", i),
		"profile_type_id": peopleID, "status": "Active", "id_proofing_status": "pending",
		"created_at": fmt.Sprintf("2025-01-01T00:00:00.%03d-05:00", i%1000), "updated_at": "2025-02-03T04:05:06.000-05:00",
		"attributes": nermtest.Object{"first_name": fmt.Sprintf("First%d", i)},
	}
}

// newTenant returns a tenant with n people.
func newTenant(n int) *nermtest.Tenant {
	tenant := &nermtest.Tenant{
		Key: testKey,
		ProfileTypes: []nermtest.Object{
			{"id": peopleID, "uid": "contractors", "name": "Contractors", "category": "non-employee", "archived": false},
			{"id": vendorsID, "uid": "vendors", "name": "Vendors", "category": "organization", "archived": false},
			{"id": "00000000-0000-4000-8000-000000000001", "uid": "old_people", "name": "Old", "category": "employee", "archived": true},
		},
		Attributes: []nermtest.Object{
			{"id": "1", "uid": "first_name", "label": "First Name"},
			{"id": "2", "uid": "start_date", "label": "Start Date", "date_format": "mm/dd/yyyy"},
			{"id": "3", "uid": "badge", "label": "Badge", "archived": true},
		},
	}
	for i := range n {
		tenant.Profiles = append(tenant.Profiles, newProfile(i))
	}
	return tenant
}

func testConfig(url string) Config {
	return Config{
		Name: "NERM", Owner: "owner", APIKey: NewSecret(testKey), TenantDomain: url, ProfileTypeID: "contractors",
		Attributes: []Attribute{{Name: "first_name"}},
	}
}

// fixture is a source on a tenant, with what it waited for and reported.
type fixture struct {
	*Source
	mu       sync.Mutex
	waits    []time.Duration
	findings diag.List
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

func newFixture(t *testing.T, c Config, opts ...Option) *fixture {
	t.Helper()
	f := &fixture{}
	opts = append([]Option{
		WithSleep(func(ctx context.Context, d time.Duration) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.waits = append(f.waits, d)
			return ctx.Err()
		}),
		WithFindings(func(d diag.Diagnostic) { f.findings.Add(d) }),
	}, opts...)
	s, err := New(c, &http.Client{}, opts...)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	f.Source = s
	return f
}

func tested(t *testing.T, f *fixture) *fixture {
	t.Helper()
	if _, err := f.Test(t.Context()); err != nil {
		t.Fatalf("Test: %v", err)
	}
	return f
}

// collect returns the ids of all accounts, and the error that ended the stream.
func collect(ctx context.Context, s identity.Source) (ids []string, last error) {
	for a, err := range s.Accounts(ctx) {
		if err != nil {
			return ids, err
		}
		ids = append(ids, a.NativeIdentity)
	}
	return ids, nil
}

func codes(list diag.List) (out []string) {
	for _, d := range list {
		out = append(out, d.Severity.String()+" "+string(d.Code))
	}
	return out
}

func listCalls(tenant *nermtest.Tenant) (calls []nermtest.Request) {
	for _, r := range tenant.Requests() {
		if r.Path == "/profiles" {
			calls = append(calls, r)
		}
	}
	return calls
}

func TestArchivedLeftOut(t *testing.T) {
	for _, noAfterID := range []bool{false, true} {
		tenant := newTenant(30)
		tenant.NoAfterID = noAfterID
		for i, p := range tenant.Profiles {
			p["archived"] = i%3 != 0
		}
		tenant.Profiles[3]["status"] = "Terminated" // ended, but not archived
		tenant.Profiles[6]["status"] = "Leave of absence"
		f := tested(t, newFixture(t, testConfig(serve(t, tenant)), WithPageSize(4)))
		states := map[string]int{}
		for a, err := range f.Accounts(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			states[a.Attributes.Get("status").Text()]++
		}
		want := map[string]int{"Active": 8, "Terminated": 1, "Leave of absence": 1}
		if diff := cmp.Diff(want, states); diff != "" {
			t.Errorf("without after_id %v: mismatch (-want +got):\n%s", noAfterID, diff)
		}
	}
}

func TestAccount(t *testing.T) {
	tenant := newTenant(1)
	tenant.Profiles[0]["attributes"] = nermtest.Object{
		"first_name": "Ann", "First_Name": "other case", "tags": []any{"a", "b"}, "count": 1.0, "nothing": nil, "yes": true, "not_configured": "x",
	}
	c := testConfig(serve(t, tenant))
	for _, name := range []string{"tags", "count", "nothing", "yes", "absent"} {
		c.Attributes = append(c.Attributes, Attribute{Name: name})
	}
	f := tested(t, newFixture(t, c))
	for a, err := range f.Accounts(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for name, v := range a.Attributes.All() {
			if v.Kind() != identity.Text {
				t.Errorf("%s is %v, expected text", name, v.Kind())
			}
			got[name] = v.Text()
		}
		want := map[string]string{
			"id": profileID(0), "uid": strings.Repeat("0", 32), "name": "Person 0", "profile_type_id": peopleID, "status": "Active",
			"id_proofing_status": "pending", "created_at": "2025-01-01T00:00:00.000-05:00", "updated_at": "2025-02-03T04:05:06.000-05:00",
			"first_name": "Ann", "tags": "a,b", "count": "1", "yes": "true",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
		if a.Source != "NERM" || a.NativeIdentity != profileID(0) || a.Name != "Person 0" || !a.Created.Equal(time.Date(2025, 1, 1, 5, 0, 0, 0, time.UTC)) {
			t.Errorf("account is %q %q %q %v", a.Source, a.NativeIdentity, a.Name, a.Created)
		}
	}
}

func TestReadOnly(t *testing.T) {
	tenant := newTenant(1)
	f := newFixture(t, testConfig(serve(t, tenant)))
	for name, err := range map[string]error{
		"create": f.Create(t.Context(), identity.Account{}),
		"update": f.Update(t.Context(), identity.Account{}),
		"delete": f.Delete(t.Context(), identity.AccountKey{}),
	} {
		if !errors.Is(err, ErrReadOnly) {
			t.Errorf("%s: %v, expected ErrReadOnly", name, err)
		}
	}
	_ = tested(t, f)
	if _, err := collect(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	for _, r := range tenant.Requests() {
		if r.Method != http.MethodGet {
			t.Errorf("sent %s %s", r.Method, r.Path)
		}
	}
}

func TestBreakStopsAsking(t *testing.T) {
	tenant := newTenant(100)
	f := tested(t, newFixture(t, testConfig(serve(t, tenant)), WithPageSize(10)))
	n := 0
	for _, err := range f.Accounts(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 15 {
			break
		}
	}
	if calls := listCalls(tenant); len(calls) != 2 {
		t.Errorf("%d calls for 15 accounts in pages of 10", len(calls))
	}
}

func TestCancel(t *testing.T) {
	tenant := newTenant(100)
	f := tested(t, newFixture(t, testConfig(serve(t, tenant)), WithPageSize(10)))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n, last := 0, error(nil)
	for _, err := range f.Accounts(ctx) {
		if last = err; err == nil {
			n++
		}
		if n == 15 {
			cancel()
		}
	}
	if !errors.Is(last, context.Canceled) || n != 15 {
		t.Errorf("%d accounts, error %v", n, last)
	}
	if _, err := f.Test(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Test: %v", err)
	}
}

func TestChangedAndCount(t *testing.T) {
	tenant := newTenant(30)
	for i, p := range tenant.Profiles {
		if i < 4 {
			p["updated_at"] = "2026-06-10T00:00:00.000-05:00"
		}
		p["archived"] = i == 29
	}
	f := tested(t, newFixture(t, testConfig(serve(t, tenant))))
	n := 0
	for _, err := range f.Changed(t.Context(), time.Date(2026, 6, 10, 3, 0, 0, 0, time.UTC)) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if calls := listCalls(tenant); n != 4 || calls[0].Query.Get("updated_after") != "2026-06-09" {
		t.Errorf("%d changed, asked %v", n, calls[0].Query)
	}
	count, err := f.Count(t.Context())
	if calls := listCalls(tenant); err != nil || count != 29 || calls[len(calls)-1].Query.Get("exclude_attributes") != "true" {
		t.Errorf("count %d, error %v", count, err)
	}
}

func TestNewRefuses(t *testing.T) {
	good := testConfig("https://acme.nonemployee.com")
	bad := good
	bad.Owner = ""
	tests := []struct {
		name   string
		config Config
		client *http.Client
		opt    Option
	}{
		{"configuration", bad, &http.Client{}, WithAttempts(1)},
		{"no client", good, nil, WithAttempts(1)},
		{"no attempts", good, &http.Client{}, WithAttempts(0)},
		{"page too large", good, &http.Client{}, WithPageSize(501)},
		{"no logger", good, &http.Client{}, WithLogger(nil)},
		{"no time", good, &http.Client{}, WithTimeout(0)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := New(tt.config, tt.client, tt.opt); !errors.Is(err, ErrConfig) {
				t.Errorf("error %v, expected ErrConfig", err)
			}
		})
	}
}
