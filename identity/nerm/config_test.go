package nerm

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestConfigCheck(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Config)
		want   []string
	}{
		{name: "good", change: func(*Config) {}},
		{
			name: "everything at once",
			change: func(c *Config) {
				*c = Config{BasePath: "/a b", ProfileTypeID: "a/b", TenantDomain: "ftp://x.nonemployee.com", Schedule: &Schedule{},
					Attributes: []Attribute{{}, {Name: " x"}, {Name: "n", Type: "INT", Entitlement: true, Multi: true}, {Name: "id"}, {Name: "y"}, {Name: "y"}}}
			},
			want: []string{
				"error nerm-required", "error nerm-required", "error nerm-required", "error nerm-tenant-domain", "error nerm-base-path", "error nerm-profile-type",
				"error nerm-attribute-name", "error nerm-attribute-name", "error nerm-type", "error nerm-entitlement", "warning nerm-multi",
				"error nerm-default-attribute", "error nerm-duplicate-attribute", "error nerm-schedule",
			},
		},
		{name: "key with scheme", change: func(c *Config) { c.APIKey = NewSecret("Bearer abc") }, want: []string{"error nerm-api-key"}},
		{name: "key with token=", change: func(c *Config) { c.APIKey = NewSecret("token=abc") }, want: []string{"error nerm-api-key"}},
		{name: "key of an export", change: func(c *Config) { c.APIKey = NewSecret(redacted) }, want: []string{"error nerm-api-key"}},
		{name: "blank key", change: func(c *Config) { c.APIKey = NewSecret(" ") }, want: []string{"error nerm-required"}},
		{name: "type in lower case", change: func(c *Config) { c.Attributes = []Attribute{{Name: "a", Type: "String"}} }},
		{name: "custom attribute called name", change: func(c *Config) { c.Attributes = []Attribute{{Name: "name"}} }, want: []string{"error nerm-default-attribute"}},
		{name: "no profile type", change: func(c *Config) { c.ProfileTypeID = " " }, want: []string{"error nerm-required"}},
		{name: "the other product", change: func(c *Config) { c.TenantDomain = "acme.identitynow.com" }, want: []string{"warning nerm-tenant-host"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := testConfig("https://acme.nonemployee.com")
			tt.change(&c)
			if diff := cmp.Diff(tt.want, codes(c.Check())); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s\n%v", diff, c.Check())
			}
		})
	}
}

func TestTenantDomain(t *testing.T) {
	tests := []struct {
		domain    string
		allowHTTP bool
		want      string // empty: refused
	}{
		{domain: "https://acme.nonemployee.com", want: "https://acme.nonemployee.com"},
		{domain: " https://acme.nonemployee.com/ ", want: "https://acme.nonemployee.com"},
		{domain: "https://acme.nonemployee.com/api", want: "https://acme.nonemployee.com"},
		{domain: "https://acme.nonemployee.com/api/", want: "https://acme.nonemployee.com"},
		{domain: "HTTPS://Acme.NonEmployee.com", want: "https://Acme.NonEmployee.com"},
		{domain: "acme.mynonemployee.com", want: "https://acme.mynonemployee.com"},
		{domain: "acme.nonemployee.com:8443", want: "https://acme.nonemployee.com:8443"},
		{domain: "http://localhost:8080", want: "http://localhost:8080"},
		{domain: "http://127.0.0.1:1", want: "http://127.0.0.1:1"},
		{domain: "http://[::1]:1/api", want: "http://[::1]:1"},
		{domain: "http://acme.nonemployee.com"},
		{domain: "http://acme.nonemployee.com", allowHTTP: true, want: "http://acme.nonemployee.com"},
		{domain: ""},
		{domain: "acme"},
		{domain: "https://"},
		{domain: "https://acme.nonemployee.com/api/v1"},
		{domain: "https://acme.nonemployee.com?x=1"},
		{domain: "https://acme.nonemployee.com#x"},
		{domain: "https://u:p@acme.nonemployee.com"},
		{domain: "ftp://acme.nonemployee.com"},
		{domain: "https://ac me.nonemployee.com"},
		{domain: "https://-acme.nonemployee.com"},
		{domain: "https://acme..com"},
		{domain: "https://ac_me.nonemployee.com"},
		{domain: "https://acme.nonemployee.com:port"},
	}
	for _, tt := range tests {
		got := ""
		u, problem := parseTenant(tt.domain, tt.allowHTTP)
		if problem == nil {
			got = u.String()
		} else if strings.Contains(problem.message+problem.hint, "u:p") {
			t.Errorf("%q: %v repeats a password", tt.domain, problem)
		}
		if got != tt.want {
			t.Errorf("%q: got %q, expected %q", tt.domain, got, tt.want)
		}
	}
}

func TestBasePath(t *testing.T) {
	for path, want := range map[string]string{"": "/api/profiles", "/": "/api/profiles", "/api/v1": "/api/v1/profiles", "api/v1/": "/api/v1/profiles"} {
		c := testConfig("https://acme.nonemployee.com/")
		c.BasePath = path
		s := newFixture(t, c)
		if got := s.client.base.JoinPath("profiles").String(); got != "https://acme.nonemployee.com"+want {
			t.Errorf("base path %q: %s", path, got)
		}
	}
}

func TestConfigJSON(t *testing.T) {
	c := testConfig("https://acme.nonemployee.com")
	c.ManagementWorkgroup, c.Schedule = "group", &Schedule{Hours: []int{5}}
	src, err := json.Marshal(c)
	if err != nil || strings.Contains(string(src), testKey) || !strings.Contains(string(src), `"apiKey":"[redacted]"`) {
		t.Fatalf("wrote %s, error %v", src, err)
	}
	var back Config
	if err := json.Unmarshal(src, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"error nerm-api-key"}, codes(back.Check())); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	back.APIKey = c.APIKey
	if diff := cmp.Diff(c, back); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

func TestCheckKeys(t *testing.T) {
	a, b, c := testConfig("x"), testConfig("x"), testConfig("x")
	b.APIKey = NewSecret("own")
	list := CheckKeys(&a, &b, &c, &Config{}, &Config{})
	if diff := cmp.Diff([]string{"warning nerm-shared-key"}, codes(list)); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

func TestAccountSchema(t *testing.T) {
	s := NewAccountSchema()
	for _, name := range []string{"id", "uid", "name", "profile_type_id", "status", "id_proofing_status", "created_at", "updated_at"} {
		if !IsDefault(name) {
			t.Errorf("%s is no default attribute", name)
		}
		for what, err := range map[string]error{"add": s.Add(Attribute{Name: name}), "edit": s.Edit(name, Attribute{Name: "x"}), "remove": s.Remove(name)} {
			if !errors.Is(err, ErrFixed) {
				t.Errorf("%s %s: %v, expected ErrFixed", what, name, err)
			}
		}
	}
	steps := []struct {
		name string
		err  error
		want error
	}{
		{"add", s.Add(Attribute{Name: "badge", Description: "the badge"}), nil},
		{"add again", s.Add(Attribute{Name: "badge"}), ErrDuplicate},
		{"add in other case", s.Add(Attribute{Name: "Badge", Type: "string"}), nil},
		{"add integer", s.Add(Attribute{Name: "n", Type: "INT"}), ErrAttribute},
		{"add entitlement", s.Add(Attribute{Name: "n", Entitlement: true}), ErrAttribute},
		{"add nothing", s.Add(Attribute{}), ErrAttribute},
		{"edit unknown", s.Edit("n", Attribute{Name: "n"}), ErrUnknown},
		{"edit into another", s.Edit("badge", Attribute{Name: "Badge"}), ErrDuplicate},
		{"edit into default", s.Edit("badge", Attribute{Name: "id"}), ErrFixed},
		{"edit", s.Edit("badge", Attribute{Name: "card", Description: "new"}), nil},
		{"remove unknown", s.Remove("badge"), ErrUnknown},
		{"remove", s.Remove("Badge"), nil},
	}
	for _, step := range steps {
		if !errors.Is(step.err, step.want) || (step.err == nil) != (step.want == nil) {
			t.Errorf("%s: %v, expected %v", step.name, step.err, step.want)
		}
	}
	all := s.Attributes()
	if diff := cmp.Diff([]Attribute{{Name: "card", Type: "STRING", Description: "new"}}, all[8:]); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	for _, a := range all {
		if a.Type != TypeString || a.Multi || a.Entitlement {
			t.Errorf("%+v is not a plain String", a)
		}
	}
}

func TestSchedule(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zones on this machine")
	}
	at := func(s string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", s, berlin)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	weekdays := []time.Weekday{time.Monday, time.Friday}
	tests := []struct {
		name     string
		schedule Schedule
		from     string
		want     string
		cron     string
	}{
		{"later today", Schedule{Hours: []int{21, 5, 13}}, "2026-01-07 05:00", "2026-01-07 13:00", "0 0 5,13,21 * * ?"},
		{"tomorrow", Schedule{Hours: []int{5}}, "2026-12-31 05:00", "2027-01-01 05:00", "0 0 5 * * ?"},
		{"next weekday", Schedule{Hours: []int{5, 5}, Weekdays: weekdays}, "2026-01-05 06:00", "2026-01-09 05:00", "0 0 5 ? * 2,6"},
		{"a week on", Schedule{Hours: []int{5}, Weekdays: weekdays[:1]}, "2026-01-05 05:00", "2026-01-12 05:00", "0 0 5 ? * 2"},
		{"skipped hour", Schedule{Hours: []int{2}}, "2026-03-29 00:30", "2026-03-29 03:00", "0 0 2 * * ?"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.schedule.Next(at(tt.from)); !got.Equal(at(tt.want)) {
				t.Errorf("after %s comes %v, expected %s", tt.from, got, tt.want)
			}
			if got := tt.schedule.Cron(); got != tt.cron {
				t.Errorf("cron %q, expected %q", got, tt.cron)
			}
			if list := tt.schedule.Check(); len(list) > 0 {
				t.Errorf("findings: %v", list)
			}
		})
	}
	bad := Schedule{Hours: []int{24, -1}, Weekdays: []time.Weekday{7}}
	if got := bad.Next(at("2026-01-01 00:00")); !got.IsZero() || len(bad.Check()) != 3 {
		t.Errorf("after a bad schedule comes %v; findings %v", got, bad.Check())
	}
}

// TestScheduleZones: every hour of a year in zones on both sides of Greenwich,
// against a search minute by minute.
func TestScheduleZones(t *testing.T) {
	for _, c := range []struct{ zone, from, hour, want string }{
		{"America/New_York", "2024-03-10T00:30:00-05:00", "2", "2024-03-10T03:00:00-04:00"},
		{"America/New_York", "2024-11-03T00:30:00-04:00", "1", "2024-11-03T01:00:00-04:00"},
		{"America/New_York", "2024-11-03T01:30:00-04:00", "1", "2024-11-04T01:00:00-05:00"},
		{"America/New_York", "2024-11-03T01:30:00-05:00", "1", "2024-11-04T01:00:00-05:00"},
		{"America/Santiago", "2024-09-07T22:00:00-04:00", "0", "2024-09-08T01:00:00-03:00"},
		{"America/St_Johns", "2024-03-10T01:00:00-03:30", "2", "2024-03-10T03:00:00-02:30"},
		{"America/Havana", "2024-03-09T23:30:00-05:00", "0", "2024-03-10T01:00:00-04:00"},
		{"America/Asuncion", "2024-10-05T22:00:00-04:00", "0", "2024-10-06T01:00:00-03:00"},
		{"Australia/Lord_Howe", "2024-10-06T01:00:00+10:30", "2", "2024-10-06T02:30:00+11:00"},
		{"Africa/Casablanca", "2024-04-14T01:00:00Z", "2", "2024-04-14T03:00:00+01:00"},
		{"Europe/Lisbon", "2024-03-31T00:30:00Z", "1", "2024-03-31T02:00:00+01:00"},
		{"Pacific/Apia", "2011-12-29T06:00:00-10:00", "5", "2011-12-31T05:00:00+14:00"},
		{"UTC", "2024-03-10T01:00:00Z", "2", "2024-03-10T02:00:00Z"},
	} {
		loc, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Skip("no time zones on this machine")
		}
		from, err := time.Parse(time.RFC3339, c.from)
		if err != nil {
			t.Fatal(err)
		}
		hour, _ := strconv.Atoi(c.hour)
		s := Schedule{Hours: []int{hour}}
		if got := s.Next(from.In(loc)).Format(time.RFC3339); got != c.want {
			t.Errorf("%s: hour %s after %s is %s, want %s", c.zone, c.hour, c.from, got, c.want)
		}
	}
}

// TestScheduleNext: Next agrees with a search through all minutes.
func TestScheduleNext(t *testing.T) {
	for _, zone := range []string{"America/Santiago", "America/New_York", "Australia/Lord_Howe", "Europe/Berlin", "Africa/Cairo"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Skip("no time zones on this machine")
		}
		for start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC); start.Year() == 2024; start = start.Add(25 * time.Hour) {
			from := start.In(loc)
			s := Schedule{Hours: []int{from.YearDay() % 24}}
			want := from.Add(time.Minute).Truncate(time.Minute)
			for !shows(want, s.Hours[0]) {
				want = want.Add(time.Minute)
			}
			if got := s.Next(from); !got.Equal(want) {
				t.Fatalf("%s: hour %d after %s is %s, want %s", zone, s.Hours[0], from, got, want)
			}
		}
	}
}

// shows reports whether a full hour begins at a moment: clocks show it and did
// not show it an hour or less before, or they jump over it.
func shows(at time.Time, hour int) bool {
	before := at.Add(-time.Minute)
	if at.Hour() == hour && at.Minute() == 0 {
		earlier := at.Add(-time.Hour)
		half := at.Add(-30 * time.Minute)
		return (earlier.Hour() != hour || earlier.Minute() != 0) && (half.Hour() != hour || half.Minute() != 0)
	}
	clock := func(t time.Time) int { return t.Hour()*60 + t.Minute() }
	last := clock(before)
	if before.Day() != at.Day() {
		last -= 24 * 60
	}
	return clock(at)-last > 1 && hour*60 > last && hour*60 < clock(at)
}
