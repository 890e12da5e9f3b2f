package nermtest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestTenant(t *testing.T) {
	tenant := &Tenant{
		Key:          "k",
		ProfileTypes: []Object{{"id": "t", "uid": "people"}},
		Profiles: []Object{
			{"id": "b", "name": "B", "profile_type_id": "t", "status": "Active", "updated_at": "2025-02-01", "attributes": Object{}},
			{"id": "a", "name": "A", "profile_type_id": "t", "status": "Inactive", "updated_at": "2025-01-01"},
			{"id": "c", "name": "C", "profile_type_id": "t", "archived": true},
			{"id": "d", "name": "D", "profile_type_id": "other"},
		},
	}
	tests := []struct {
		name   string
		method string
		key    string
		path   string
		status int
		want   string // ids of profiles, or a part of the error
	}{
		{name: "wrong key", key: "x", path: "/profiles", status: 401, want: "Invalid"},
		{name: "write", method: "POST", path: "/profiles", status: 405, want: "only be read"},
		{name: "unknown path", path: "/roles", status: 404, want: "not found"},
		{name: "unknown type", path: "/profile_types/x", status: 404, want: "not found"},
		{name: "by offset without archived", path: "/profiles?profile_type_id=t", status: 200, want: "b a"},
		{name: "by name", path: "/profiles?name=A", status: 200, want: "a"},
		{name: "by status", path: "/profiles?status=Active", status: 200, want: "b"},
		{name: "changed", path: "/profiles?profile_type_id=t&updated_after=2025-01-15", status: 200, want: "b"},
		{name: "by id with archived", path: "/profiles?profile_type_id=t&after_id=", status: 200, want: "a b c"},
		{name: "after an id", path: "/profiles?profile_type_id=t&after_id=a&limit=1", status: 200, want: "b"},
		{name: "after the last", path: "/profiles?profile_type_id=t&after_id=c", status: 400, want: "no profiles found"},
		{name: "bad mix", path: "/profiles?after_id=&offset=1", status: 400, want: "after_id"},
		{name: "limit", path: "/profiles?limit=501", status: 400, want: "limit"},
		{name: "past the end", path: "/profiles?offset=9", status: 400, want: "no profiles found"},
		{name: "no attributes", path: "/ne_attributes", status: 400, want: "no attributes found"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, "/api"+tt.path, nil)
			if tt.key == "" {
				tt.key = tenant.Key
			}
			r.Header.Set("Authorization", "Bearer "+tt.key)
			w := httptest.NewRecorder()
			tenant.ServeHTTP(w, r)
			var body struct {
				Error    string
				Profiles []struct{ ID string }
			}
			if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
				t.Fatal(err)
			}
			got := body.Error
			for _, p := range body.Profiles {
				got = strings.TrimSpace(got + " " + p.ID)
			}
			if w.Code != tt.status || (w.Code == http.StatusOK && got != tt.want) || !strings.Contains(got, tt.want) {
				t.Errorf("status %d, %q, expected %d, %q", w.Code, got, tt.status, tt.want)
			}
		})
	}
}
