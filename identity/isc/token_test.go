package isc_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity/isc"
)

func TestReadCredentials(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	part := func(name, value string) string {
		return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n"
	}
	all := isc.Credentials{Grant: "client_credentials", ID: "ann", Secret: "s3 cret"}
	for _, tt := range []struct {
		name, query, contentType, body string
		user, password                 string
		want                           isc.Credentials
		code                           isc.Code
	}{
		{name: "form", contentType: form, body: "grant_type=client_credentials&client_id=ann&client_secret=s3+cret", want: all},
		{name: "form with a charset", contentType: form + "; charset=UTF-8",
			body: "grant_type=client_credentials&client_id=ann&client_secret=s3+cret", want: all},
		{name: "multipart", contentType: "multipart/form-data; boundary=b",
			body: part("grant_type", "client_credentials") + part("client_id", "ann") + part("client_secret", "s3 cret") + "--b--\r\n", want: all},
		{name: "grant in the query", query: "?grant_type=client_credentials", contentType: form,
			body: "client_id=ann&client_secret=s3+cret", want: all},
		{name: "query", query: "?grant_type=client_credentials&client_id=ann&client_secret=s3%20cret", want: all},
		{name: "basic", contentType: form, body: "grant_type=client_credentials", user: "ann", password: "s3%20cret", want: all},
		{name: "form before basic", contentType: form, body: "grant_type=client_credentials&client_id=ann&client_secret=s3+cret",
			user: "bert", password: "x", want: all},
		{name: "nothing", want: isc.Credentials{}},
		{name: "broken multipart", contentType: "multipart/form-data; boundary=b", body: "--b\r\nx", code: isc.CodeBadRequest},
		{name: "broken form", contentType: form, body: "client_id=%zz", code: isc.CodeBadRequest},
		{name: "broken query", query: "?client_id=%zz", code: isc.CodeBadRequest},
		{name: "JSON", contentType: "application/json", body: "{}", code: isc.CodeMediaType},
		{name: "large", contentType: form, body: "client_id=" + strings.Repeat("x", 17<<10), code: isc.CodeTooLarge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/oauth/token"+tt.query, strings.NewReader(tt.body))
			r.Header.Set("Content-Type", tt.contentType)
			if tt.user != "" {
				r.SetBasicAuth(tt.user, tt.password)
			}
			got, err := isc.ReadCredentials(httptest.NewRecorder(), r)
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("mismatch (-want +got):\n%s", d)
			}
			if (err != nil) != (tt.code != "") || err != nil && !errors.Is(err, tt.code) {
				t.Errorf("error %v, want %q", err, tt.code)
			}
		})
	}
}

func TestLimiter(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	l := isc.NewLimiter(isc.Rate{Requests: 2, Per: 10 * time.Second})
	steps := []struct {
		caller string
		after  time.Duration
		count  bool
		want   int
	}{
		{"a", 0, false, 0}, {"a", 0, true, 0}, {"a", 0, false, 0}, {"a", time.Second, true, 0},
		{"a", 0, false, 9}, {"a", 0, true, 9}, {"b", 0, true, 0}, {"a", 4 * time.Second, false, 5},
		{"a", 5 * time.Second, false, 0}, {"a", 0, true, 0},
	}
	for i, s := range steps {
		now = now.Add(s.after)
		wait := l.Wait
		if s.count {
			wait = l.Count
		}
		if got := wait(s.caller, now); got != s.want {
			t.Errorf("step %d: wait %d, want %d", i, got, s.want)
		}
	}
}
