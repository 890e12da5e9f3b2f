package nerm

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity/nerm/nermtest"
)

func TestPaging(t *testing.T) {
	tests := []struct {
		name       string
		people     int
		pageSize   int
		set        func(*nermtest.Tenant)
		wantCalls  int
		wantOffset bool
	}{
		{name: "golden: 1203 in pages of 500", people: 1203, pageSize: 500, wantCalls: 3},
		{name: "exact multiple", people: 20, pageSize: 10, wantCalls: 2},
		{name: "one page", people: 3, pageSize: 10, wantCalls: 1},
		{name: "none", people: 0, pageSize: 10, wantCalls: 1},
		{name: "none with status 200", people: 0, pageSize: 10, wantCalls: 1, set: func(n *nermtest.Tenant) { n.EmptyStatus = 200 }},
		{name: "none with status 404", people: 0, pageSize: 10, wantCalls: 1, set: func(n *nermtest.Tenant) { n.EmptyStatus = 404 }},
		{name: "cursor is the first of the next page", people: 25, pageSize: 10, wantCalls: 3, set: func(n *nermtest.Tenant) { n.Inclusive = true }},
		{name: "last page without after_id", people: 25, pageSize: 10, wantCalls: 3, set: func(n *nermtest.Tenant) { n.NoNull = true }},
		{name: "full last page without after_id, end is an error", people: 20, pageSize: 10, wantCalls: 3, set: func(n *nermtest.Tenant) { n.NoNull = true }},
		{name: "offsets, first page asked twice", people: 25, pageSize: 10, wantCalls: 4, wantOffset: true, set: func(n *nermtest.Tenant) { n.NoAfterID = true }},
		{name: "offsets, one short page", people: 5, pageSize: 10, wantCalls: 1, set: func(n *nermtest.Tenant) { n.NoAfterID = true }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tenant := newTenant(tt.people)
			if tt.set != nil {
				tt.set(tenant)
			}
			f := tested(t, newFixture(t, testConfig(serve(t, tenant)), WithPageSize(tt.pageSize)))
			ids, err := collect(t.Context(), f)
			if err != nil {
				t.Fatalf("Accounts: %v", err)
			}
			want := map[string]bool{}
			for _, p := range tenant.Profiles {
				want[p["id"].(string)] = true
			}
			got := map[string]bool{}
			for _, id := range ids {
				got[id] = true
			}
			if diff := cmp.Diff(want, got); diff != "" || len(ids) != tt.people {
				t.Errorf("%d accounts, expected %d; mismatch (-want +got):\n%s", len(ids), tt.people, diff)
			}
			calls := listCalls(tenant)
			if len(calls) != tt.wantCalls {
				t.Errorf("%d calls, expected %d: %v", len(calls), tt.wantCalls, calls)
			}
			if got := calls[len(calls)-1].Query.Has("offset"); got != tt.wantOffset {
				t.Errorf("last call uses offset: %v, expected %v", got, tt.wantOffset)
			}
			if first := calls[0].Query; !first.Has("after_id") || first.Get("after_id") != "" || first.Get("profile_type_id") != peopleID || first.Get("metadata") != "true" {
				t.Errorf("first call asks %v", first)
			}
			if len(f.findings) > 0 {
				t.Errorf("findings: %v", f.findings)
			}
		})
	}
}

// A tenant that refuses after_id altogether.
func TestPagingCursorRefused(t *testing.T) {
	tenant := newTenant(25)
	tenant.NoAfterID = true
	tenant.Before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		if !r.URL.Query().Has("after_id") {
			return false
		}
		nermtest.Answer(w, 400, nermtest.Object{"error": "unpermitted parameter: after_id"})
		return true
	}
	f := tested(t, newFixture(t, testConfig(serve(t, tenant)), WithPageSize(10)))
	ids, err := collect(t.Context(), f)
	if err != nil || len(ids) != 25 {
		t.Fatalf("%d accounts, error %v", len(ids), err)
	}
	for i, call := range listCalls(tenant)[1:] {
		if call.Query.Get("order") != "created_at" || call.Query.Get("offset") != fmt.Sprint(10*i) || call.Query.Has("after_id") {
			t.Errorf("call %d asks %v", i+1, call.Query)
		}
	}
}

// A total that counts what is left must not look like too many profiles.
func TestTotalCountsDown(t *testing.T) {
	tenant := newTenant(0)
	page := 0
	tenant.Before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/profiles") {
			return false
		}
		page++
		meta := nermtest.Object{"total": 20 - 2*(page-1), "after_id": nil}
		if page < 10 {
			meta["after_id"] = profileID(page)
		}
		nermtest.Answer(w, 200, nermtest.Object{"profiles": []nermtest.Object{newProfile(2 * page), newProfile(2*page + 1)}, "_metadata": meta})
		return true
	}
	f := tested(t, newFixture(t, testConfig(serve(t, tenant)), WithPageSize(2)))
	if ids, err := collect(t.Context(), f); err != nil || len(ids) != 20 {
		t.Errorf("%d accounts, error %v", len(ids), err)
	}
}

func TestCountOfOddAnswers(t *testing.T) {
	tests := []struct {
		name    string
		body    string
		wantErr error
	}{
		{name: "none", body: `{"error":"no profiles found"}`},
		{name: "no total", body: `{"profiles":[]}`, wantErr: ErrMalformed},
		{name: "no list", body: `{}`, wantErr: ErrMalformed},
		{name: "error", body: `{"error":"x"}`, wantErr: ErrRefused},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tenant := newTenant(0)
			answers(tenant, tt.body)
			f := tested(t, newFixture(t, testConfig(serve(t, tenant))))
			if n, err := f.Count(t.Context()); n != 0 || !errors.Is(err, tt.wantErr) || (err == nil) != (tt.wantErr == nil) {
				t.Errorf("count %d, error %v, expected %v", n, err, tt.wantErr)
			}
		})
	}
}

func TestNameAndAttributes(t *testing.T) {
	f := newFixture(t, testConfig("https://acme.nonemployee.com"))
	all := f.Attributes()
	if f.Name() != "NERM" || len(all) != 9 || all[0].Name != AccountID || all[2].Name != AccountName || all[8].Name != "first_name" {
		t.Errorf("name %q, attributes %v", f.Name(), all)
	}
}

// answers serves fixed answers to the list of profiles, one after the other.
func answers(tenant *nermtest.Tenant, bodies ...string) {
	next := 0
	tenant.Before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/profiles") {
			return false
		}
		body := bodies[min(next, len(bodies)-1)]
		next++
		_, _ = w.Write([]byte(body))
		return true
	}
}

func TestPagesThatGoWrong(t *testing.T) {
	one := func(id, rest string) string {
		return `{"id":"` + id + `","name":"N","profile_type_id":"` + peopleID + `"` + rest + `}`
	}
	tests := []struct {
		name     string
		bodies   []string
		want     []string
		wantErr  error
		findings []string
	}{
		{
			name:    "page repeats with another cursor",
			bodies:  []string{`{"profiles":[` + one("a", "") + `],"_metadata":{"after_id":"a"}}`, `{"profiles":[` + one("a", "") + `],"_metadata":{"after_id":"b"}}`},
			want:    []string{"a"},
			wantErr: ErrRepeatedPage,
		},
		{
			name:    "cursor does not move",
			bodies:  []string{`{"profiles":[` + one("a", "") + `],"_metadata":{"after_id":"x"}}`, `{"profiles":[` + one("b", "") + `],"_metadata":{"after_id":"x"}}`},
			want:    []string{"a"},
			wantErr: ErrRepeatedPage,
		},
		{
			name:     "only bad elements, forever",
			bodies:   []string{`{"profiles":[1],"_metadata":{"after_id":"x"}}`, `{"profiles":[1],"_metadata":{"after_id":"y"}}`},
			wantErr:  ErrRepeatedPage,
			findings: []string{"error nerm-bad-profile", "error nerm-bad-profile"},
		},
		{
			name:     "bad elements among good ones",
			bodies:   []string{`{"profiles":[` + one("a", "") + `,7,null,{"name":"no id"},{"id":"  "},{"id":"c","attributes":"text"},` + one("b", "") + `],"_metadata":{"after_id":null}}`},
			want:     []string{"a", "b"},
			findings: []string{"error nerm-bad-profile", "error nerm-bad-profile", "error nerm-bad-profile", "error nerm-bad-profile", "error nerm-bad-profile"},
		},
		{
			name:   "archived in every form, duplicates once",
			bodies: []string{`{"profiles":[` + strings.Join([]string{one("a", ""), one("b", `,"archived":true`), one("c", `,"archived_on":"2025-01-01"`), one("d", `,"archived":false,"archived_on":null`), one("e", `,"archived":"true"`), one("a", "")}, ",") + `],"_metadata":{"after_id":null}}`},
			want:   []string{"a", "d"},
		},
		{
			name:     "filter was ignored",
			bodies:   []string{`{"profiles":[` + one("a", "") + `,{"id":"v","profile_type_id":"` + vendorsID + `"}],"_metadata":{"after_id":null}}`},
			want:     []string{"a"},
			findings: []string{"warning nerm-other-type"},
		},
		{name: "body ends early", bodies: []string{`{"profiles":[{"id":"a"}`}, wantErr: ErrMalformed},
		{name: "sign-in page", bodies: []string{`<html>sign in</html>`}, wantErr: ErrMalformed},
		{name: "nothing", bodies: []string{``}, wantErr: ErrMalformed},
		{name: "null", bodies: []string{`null`}, wantErr: ErrMalformed},
		{name: "a list", bodies: []string{`[]`}, wantErr: ErrMalformed},
		{name: "other object", bodies: []string{`{"users":[]}`}, wantErr: ErrMalformed},
		{name: "profiles is an object", bodies: []string{`{"profiles":{}}`}, wantErr: ErrMalformed},
		{name: "metadata is a list", bodies: []string{`{"profiles":[],"_metadata":[]}`}, wantErr: ErrMalformed},
		{name: "error with status 200", bodies: []string{`{"error":"Sorry something went wrong"}`}, wantErr: ErrRefused},
		{name: "golden: none found with status 200", bodies: []string{`{"error":"no profiles found"}`}},
		{name: "no members but a list", bodies: []string{`{"profiles":[]}`}},
		{
			name:     "after_id stops early",
			bodies:   []string{`{"profiles":[` + one("a", "") + `,` + one("b", `,"archived":true`) + `],"_metadata":{"total":5,"after_id":"b"}}`, `{"error":"no profiles found"}`},
			want:     []string{"a"},
			findings: []string{"warning nerm-short"},
		},
		{
			name:     "offsets stop early",
			bodies:   []string{`{"profiles":[` + one("a", "") + `,` + one("b", "") + `],"_metadata":{"total":5}}`, `{"profiles":[` + one("a", "") + `,` + one("b", "") + `],"_metadata":{"total":5}}`, `{"error":"no profiles found"}`},
			want:     []string{"a", "b"},
			findings: []string{"warning nerm-short"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tenant := newTenant(0)
			answers(tenant, tt.bodies...)
			f := tested(t, newFixture(t, testConfig(serve(t, tenant)), WithPageSize(2)))
			ids, err := collect(t.Context(), f)
			if !errors.Is(err, tt.wantErr) || (err == nil) != (tt.wantErr == nil) {
				t.Errorf("error %v, expected %v", err, tt.wantErr)
			}
			if diff := cmp.Diff(tt.want, ids); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.findings, codes(f.findings)); diff != "" {
				t.Errorf("findings mismatch (-want +got):\n%s", diff)
			}
			bad := strings.Count(strings.Join(tt.findings, "\n"), "nerm-bad-profile")
			if got := f.Refused(); got != bad {
				t.Errorf("refused %d, want %d", got, bad)
			}
		})
	}
}

// What was refused in one reading is forgotten in the next.
func TestRefusedOfLastReading(t *testing.T) {
	bad, good := `{"profiles":[1],"_metadata":{"after_id":null}}`, `{"profiles":[],"_metadata":{"after_id":null}}`
	tenant := newTenant(0)
	answers(tenant, bad, good)
	f := tested(t, newFixture(t, testConfig(serve(t, tenant))))
	for _, want := range []int{1, 0} {
		if _, err := collect(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		if got := f.Refused(); got != want {
			t.Errorf("refused %d, want %d", got, want)
		}
	}
}

// The service says there are three, and never stops.
func TestTooMany(t *testing.T) {
	tenant := newTenant(0)
	n := 0
	tenant.Before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/profiles") {
			return false
		}
		n++
		id := profileID(n)
		nermtest.Answer(w, 200, nermtest.Object{"profiles": []nermtest.Object{{"id": id}}, "_metadata": nermtest.Object{"total": 3, "after_id": id}})
		return true
	}
	f := tested(t, newFixture(t, testConfig(serve(t, tenant)), WithPageSize(2)))
	ids, err := collect(t.Context(), f)
	if !errors.Is(err, ErrTooMany) || len(ids) != 5 {
		t.Errorf("%d accounts, error %v", len(ids), err)
	}
}
