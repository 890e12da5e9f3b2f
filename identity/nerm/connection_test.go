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

func TestConnection(t *testing.T) {
	people := ProfileType{ID: peopleID, UID: "contractors", Name: "Contractors", Category: "non-employee"}
	tests := []struct {
		name     string
		typeID   string
		set      func(*nermtest.Tenant)
		want     ProfileType
		wantErr  error
		contains string
	}{
		{name: "by uid", typeID: "contractors", want: people},
		{name: "by id", typeID: peopleID, want: people},
		{name: "by id in capitals", typeID: strings.ToUpper(peopleID), want: people},
		{name: "uid in other case", typeID: "Contractors", wantErr: ErrProfileType, contains: `did you mean "contractors"?`},
		{name: "near uid", typeID: "contractor", wantErr: ErrProfileType, contains: `did you mean "contractors"?`},
		{name: "unknown", typeID: "zzz", wantErr: ErrProfileType, contains: "same tenant"},
		{name: "archived", typeID: "old_people", wantErr: ErrArchived},
		{name: "key of another tenant", typeID: "contractors", set: func(n *nermtest.Tenant) { n.Key = "other" }, wantErr: ErrUnauthorized, contains: "another tenant"},
		{
			name: "tenant that finds by id only", typeID: "contractors", want: people,
			set: func(n *nermtest.Tenant) {
				n.Before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
					if !strings.HasSuffix(r.URL.Path, "/contractors") {
						return false
					}
					nermtest.Answer(w, 400, nermtest.Object{"error": "profile type not found"})
					return true
				}
			},
		},
		{
			name: "bare object", typeID: "contractors", want: people,
			set: func(n *nermtest.Tenant) {
				script(n, func(w http.ResponseWriter) { nermtest.Answer(w, 200, n.ProfileTypes[0]) })
			},
		},
		{
			name: "answer for another type", typeID: "contractors", wantErr: ErrProfileType,
			set: func(n *nermtest.Tenant) {
				script(n, func(w http.ResponseWriter) {
					nermtest.Answer(w, 200, nermtest.Object{"profile_type": n.ProfileTypes[1]})
				})
			},
		},
		{
			name: "type without id", typeID: "contractors", wantErr: ErrMalformed,
			set: func(n *nermtest.Tenant) {
				script(n, func(w http.ResponseWriter) { nermtest.Answer(w, 200, nermtest.Object{"profile_type": nil}) })
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tenant := newTenant(1)
			if tt.set != nil {
				tt.set(tenant)
			}
			c := testConfig(serve(t, tenant))
			c.ProfileTypeID = tt.typeID
			f := newFixture(t, c)
			r, err := f.Test(t.Context())
			if tt.wantErr != nil {
				if !errors.Is(err, tt.wantErr) || !strings.Contains(err.Error(), tt.contains) {
					t.Errorf("error %v, expected %v with %q", err, tt.wantErr, tt.contains)
				}
				if _, err := collect(t.Context(), f); !errors.Is(err, ErrNotTested) || !errors.Is(err, tt.wantErr) {
					t.Errorf("Accounts after a failed test: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, r.ProfileType); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
			if ids, err := collect(t.Context(), f); err != nil || len(ids) != 1 {
				t.Errorf("%d accounts, error %v", len(ids), err)
			}
		})
	}
}

func TestTestComesFirst(t *testing.T) {
	tenant := newTenant(2)
	c := testConfig(serve(t, tenant))
	f := newFixture(t, c)
	if _, err := collect(t.Context(), f); !errors.Is(err, ErrNotTested) || len(tenant.Requests()) != 0 {
		t.Errorf("error %v after %d requests", err, len(tenant.Requests()))
	}
	if _, err := f.Count(t.Context()); !errors.Is(err, ErrNotTested) {
		t.Errorf("Count: %v", err)
	}
	// A success after a failure counts, and a failure after a success.
	good := tenant.Key
	for _, key := range []string{"wrong", good, "wrong"} {
		tenant.Key = key
		_, _ = f.Test(t.Context())
		if _, err := f.LastTest(); (err == nil) != (key == good) {
			t.Errorf("key %q: last test %v", key, err)
		}
	}
	tenant.Key = good
	for _, id := range []string{"contractors", peopleID} {
		c.ProfileTypeID = id
		if ids, err := collect(t.Context(), newFixture(t, c, SkipTest())); err != nil || len(ids) != 2 {
			t.Errorf("type %s without test: %d accounts, error %v", id, len(ids), err)
		}
	}
}

func TestConfiguredAttributes(t *testing.T) {
	tenant := newTenant(1)
	for i := range 250 { // more than one page
		tenant.Attributes = append(tenant.Attributes, nermtest.Object{"uid": fmt.Sprintf("extra_%03d", i), "label": fmt.Sprintf("Extra %d", i)})
	}
	c := testConfig(serve(t, tenant))
	c.Attributes = nil
	for _, name := range []string{"first_name", "First_Name", "frist_name", "Start Date", "badge", "extra_249", "qqqqqq", NonEmployeeProfileID} {
		c.Attributes = append(c.Attributes, Attribute{Name: name})
	}
	f := newFixture(t, c)
	r, err := f.Test(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range r.Findings {
		got = append(got, string(d.Code)+": "+d.Message+": "+d.Hint)
	}
	want := []string{
		`nerm-unknown-attribute: the tenant has no attribute "First_Name", it will always be null: did you mean "first_name"?`,
		`nerm-unknown-attribute: the tenant has no attribute "frist_name", it will always be null: did you mean "first_name"?`,
		`nerm-unknown-attribute: the tenant has no attribute "Start Date", it will always be null: did you mean "start_date"?`,
		`nerm-archived-attribute: attribute "badge" is archived: `,
		`nerm-unknown-attribute: the tenant has no attribute "qqqqqq", it will always be null: the name must be the exact uid`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	dates := r.CheckDates("first_name", "start_date")
	if len(dates) != 1 || dates[0].Code != "nerm-date-format" || !strings.Contains(dates[0].Hint, `"MM/dd/yyyy"`) {
		t.Errorf("dates: %v", dates)
	}
}

func TestAttributesHint(t *testing.T) {
	tenant := newTenant(1)
	tenant.Attributes = []nermtest.Object{{"uid": "fec66e24cc89496fa3729757275562c1", "label": "Cost Center"}}
	c := testConfig(serve(t, tenant))
	c.Attributes = []Attribute{{Name: "cost center"}}
	r, err := newFixture(t, c).Test(t.Context())
	if err != nil || len(r.Findings) != 1 || r.Findings[0].Hint != `that is a label, its uid is "fec66e24cc89496fa3729757275562c1"` {
		t.Errorf("result %+v, error %v", r, err)
	}
}

// The attribute list may be closed to the key; that alone fails no test.
func TestAttributesUnchecked(t *testing.T) {
	tests := map[string]func(http.ResponseWriter){
		"forbidden": status(403),
		"malformed": func(w http.ResponseWriter) { _, _ = w.Write([]byte(`{"ne_attributes":7}`)) },
		"bad item":  func(w http.ResponseWriter) { _, _ = w.Write([]byte(`{"ne_attributes":[7]}`)) },
	}
	for name, step := range tests {
		t.Run(name, func(t *testing.T) {
			tenant := newTenant(1)
			script(tenant, nil, step)
			r, err := newFixture(t, testConfig(serve(t, tenant))).Test(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"warning nerm-attributes-unchecked"}, codes(r.Findings)); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
	tenant := newTenant(1)
	tenant.Attributes = nil // "no attributes found"
	r, err := newFixture(t, testConfig(serve(t, tenant))).Test(t.Context())
	if err != nil || len(r.Findings) != 1 || r.Findings[0].Code != "nerm-unknown-attribute" {
		t.Errorf("result %+v, error %v", r, err)
	}
}

func TestListStopsOnRepeatedPage(t *testing.T) {
	tenant := newTenant(1)
	tenant.Before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/ne_attributes") {
			return false
		}
		nermtest.Answer(w, 200, nermtest.Object{"ne_attributes": []nermtest.Object{{"uid": "first_name"}}, "_metadata": nermtest.Object{"total": 9}})
		return true
	}
	r, err := newFixture(t, testConfig(serve(t, tenant))).Test(t.Context())
	if err != nil || len(r.Attributes) != 1 {
		t.Errorf("result %+v, error %v", r, err)
	}
}

func TestCheckAuthoritative(t *testing.T) {
	tests := []struct {
		category string
		allow    bool
		want     []string
	}{
		{category: "employee"},
		{category: "non-employee"},
		{category: "Non Employee"},
		{category: "organization", want: []string{"error nerm-not-person"}},
		{category: "assignment", want: []string{"error nerm-not-person"}},
		{category: "other", want: []string{"error nerm-not-person"}},
		{category: "other", allow: true, want: []string{"warning nerm-not-person"}},
		{category: "", want: []string{"warning nerm-category-unknown"}},
	}
	for _, tt := range tests {
		t.Run(tt.category, func(t *testing.T) {
			tenant := newTenant(1)
			tenant.ProfileTypes[0]["category"] = tt.category
			c := testConfig(serve(t, tenant))
			c.AllowNonPerson = tt.allow
			f := newFixture(t, c)
			if diff := cmp.Diff([]string{"warning nerm-category-unknown"}, codes(f.CheckAuthoritative())); diff != "" {
				t.Errorf("before the test: mismatch (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.want, codes(tested(t, f).CheckAuthoritative())); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
			// Supplementary attributes come from any type.
			if ids, err := collect(t.Context(), f); err != nil || len(ids) != 1 {
				t.Errorf("%d accounts, error %v", len(ids), err)
			}
		})
	}
}
