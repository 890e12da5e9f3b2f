package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/idprofile/engine/identity/nonemployee"
)

const form = "application/x-www-form-urlencoded"

func TestAccess(t *testing.T) {
	p := start(t, testConfig(t, "sqlite::memory:"))
	login := func(grant, id, secret string) string {
		return url.Values{"grant_type": {grant}, "client_id": {id}, "client_secret": {secret}}.Encode()
	}
	for _, tt := range []struct {
		name, token, method, path, contentType, body string
		status                                       int
		want                                         string
	}{
		{name: "no token", method: "GET", path: "/v3/non-employee-sources", status: 401, want: `{"error":`},
		{name: "unknown token", token: "demo-token", method: "GET", path: "/v3/non-employee-sources", status: 401, want: `{"error":`},
		{name: "identities without token", method: "GET", path: "/identities", status: 401, want: `{"error":`},
		{name: "identities without right", token: "demo-token-mia", method: "GET", path: "/identities", status: 403, want: `{"error":`},
		{name: "identities", token: "demo-token-ada", method: "GET", path: "/identities", status: 200, want: `"Contractors/c.ruiz"`},
		{name: "aggregate without right", token: "demo-token-noor", method: "POST", path: "/aggregate", status: 403, want: `{"error":`},
		{name: "aggregate", token: "demo-token-ada", method: "POST", path: "/aggregate", status: 200, want: `"Scanned":11`},
		{name: "settings right", token: "demo-token-noor", method: "GET", path: "/v3/non-employee-records", status: 403, want: `403 Forbidden`},
		{name: "unknown path", token: "demo-token-ada", method: "GET", path: "/v3/nothing", status: 404, want: `404 Not found`},
		{name: "sign in", method: "POST", path: "/oauth/token", contentType: form, body: login("client_credentials", "ada.almeida", "demo-token-ada"), status: 200, want: `"access_token":"demo-token-ada"`},
		{name: "another's secret", method: "POST", path: "/oauth/token", contentType: form, body: login("client_credentials", "ada.almeida", "demo-token-mia"), status: 401, want: `invalid_client`},
		{name: "other grant", method: "POST", path: "/oauth/token", contentType: form, body: login("password", "ada.almeida", "demo-token-ada"), status: 400, want: `unsupported_grant_type`},
		{name: "huge sign in", method: "POST", path: "/oauth/token", contentType: form, body: login("client_credentials", "ada.almeida", strings.Repeat("x", 17<<10)), status: 413, want: `{"error":`},
		{name: "sign in by query", method: "POST", path: "/oauth/token?" + login("client_credentials", "ada.almeida", "demo-token-ada"), status: 200, want: `"access_token":"demo-token-ada"`},
		{name: "health", method: "GET", path: "/healthz", status: 200, want: `{"status":"ok"}`},
		{name: "source of another's name", token: "demo-token-noor", method: "POST", path: "/v3/non-employee-sources", contentType: "application/json",
			body: `{"name":"STAFF","description":"d","owner":{"id":"` + staffID("noor.haddad") + `"}}`, status: 400, want: `400.1.409 Reference conflict`},
		{name: "another's name with blanks", token: "demo-token-noor", method: "POST", path: "/v3/non-employee-sources", contentType: "application/json",
			body: `{"name":" Staff ","description":"d","owner":{"id":"` + staffID("noor.haddad") + `"}}`, status: 400, want: `400.1.3 Illegal value`},
		{name: "a name with blanks", token: "demo-token-noor", method: "POST", path: "/v3/non-employee-sources", contentType: "application/json",
			body: `{"name":" Guests","description":"d","owner":{"id":"` + staffID("noor.haddad") + `"}}`, status: 400, want: `400.1.3 Illegal value`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, body := call(t, p.base, tt.token, tt.method, tt.path, tt.contentType, tt.body)
			if status != tt.status || !strings.Contains(body, tt.want) {
				t.Errorf("status %d, want %d with %s: %s", status, tt.status, tt.want, body)
			}
		})
	}
	call(t, p.base, "demo-token-ada", "GET", "/v3/non-employee-records?filters=email+eq+%22secret%40x%22", "", "")
	waitFor(t, "the line of the last request", func() bool {
		return strings.Contains(p.log.String(), "actor=ada.almeida method=GET path=/v3/non-employee-records status=")
	})
	if log := p.log.String(); strings.Contains(log, "secret") || strings.Contains(log, "demo-token") {
		t.Errorf("the log tells a query or a token:\n%s", log)
	}
}

// Guessing tokens ends: a client with many wrong ones has to wait, and its address can
// no longer sign in either.
func TestGuessing(t *testing.T) {
	p := start(t, testConfig(t, "sqlite::memory:"))
	for range maxAttempts.Requests {
		if status, _ := call(t, p.base, "guess", "GET", "/identities", "", ""); status != 401 {
			t.Fatalf("status %d, want 401", status)
		}
	}
	status, body := call(t, p.base, "demo-token-ada", "GET", "/identities", "", "")
	if status != 429 || !strings.Contains(body, "Rate Limit") {
		t.Errorf("status %d, want 429: %s", status, body)
	}
}

// An interrupted server ends the upload that is under way, stores it and leaves with
// status 0; the next one finds everything and makes no sample people again.
func TestGracefulStop(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no interrupt to send")
	}
	c := testConfig(t, "sqlite:"+filepath.Join(t.TempDir(), "x.db"))
	c.Tick = duration(time.Hour) // the upload is stored by the last tick or never
	p := start(t, c)
	id := sourceID(t, p.base)
	read, write := io.Pipe()
	type answer struct {
		status int
		err    error
	}
	answered := make(chan answer, 1)
	r, err := http.NewRequestWithContext(t.Context(), "POST", p.base+"/v3/non-employee-sources/"+id+"/non-employee-bulk-upload", read)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{
		"Authorization": {"Bearer demo-token-ada"}, "Content-Type": {multipartType},
		"Expect": {"100-continue"}, // the first byte of the file is taken when the server asks for it
	}
	go func() {
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			answered <- answer{0, err}
			return
		}
		answered <- answer{res.StatusCode, res.Body.Close()}
	}()
	file := multipartFile(people("late", 3, "1"))
	half := len(file) / 2
	if _, err := io.WriteString(write, file[:half]); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "stopping", func() bool { return strings.Contains(p.log.String(), "msg=stopping") })
	if _, err := io.WriteString(write, file[half:]); err != nil {
		t.Fatal(err)
	}
	if err := write.Close(); err != nil {
		t.Fatal(err)
	}
	if a := <-answered; a.err != nil || a.status != 202 {
		t.Errorf("status %d, error %v, want 202", a.status, a.err)
	}
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("the server ended with %v\n%s", err, p.log)
	}
	again := start(t, c)
	if got := recordCount(t, again.base); got != len(samples)+3 {
		t.Errorf("%d records after a new start, want %d", got, len(samples)+3)
	}
}

// waitFor polls for something that another process does.
func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !is(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

func sourceID(t *testing.T, base string) string {
	t.Helper()
	_, body := call(t, base, "demo-token-ada", "GET", "/v3/non-employee-sources", "", "")
	var all []nonemployee.Source
	if err := json.Unmarshal([]byte(body), &all); err != nil || len(all) != 1 {
		t.Fatalf("sources: %v: %s", err, body)
	}
	return all[0].SourceID
}

func recordCount(t *testing.T, base string) int {
	t.Helper()
	_, body := call(t, base, "demo-token-ada", "GET", "/v3/non-employee-records", "", "")
	var all []json.RawMessage
	if err := json.Unmarshal([]byte(body), &all); err != nil {
		t.Fatalf("records: %v: %s", err, body)
	}
	return len(all)
}

// people is a file with n people, who all have the same phone.
func people(prefix string, n int, phone string) string {
	var b strings.Builder
	b.WriteString("accountName,firstName,lastName,phone,email,manager,startDate,endDate,vendor\n")
	addPeople(&b, prefix, n, phone)
	return b.String()
}

func addPeople(b *strings.Builder, prefix string, n int, phone string) {
	for i := range n {
		fmt.Fprintf(b, "%s%d,F,L,%s,e@vendor.example,mia.moreno,2026-01-01,2030-12-31,Globex\n", prefix, i, phone)
	}
}

const multipartType = "multipart/form-data; boundary=limit"

func multipartFile(file string) string {
	return "--limit\r\nContent-Disposition: form-data; name=\"data\"; filename=\"people.csv\"\r\n\r\n" + file + "\r\n--limit--\r\n"
}

// A server whose address is taken says so and leaves the store closed.
func TestAddressTaken(t *testing.T) {
	p := start(t, testConfig(t, "sqlite::memory:"))
	c := testConfig(t, "file:"+filepath.Join(t.TempDir(), "store"))
	c.Listen = strings.TrimPrefix(p.base, "http://")
	src, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(file, src, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), []string{"serve", "-config", file}, io.Discard, io.Discard); err == nil {
		t.Error("the address was taken twice")
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"help"}, {"serve", "now"}, {"serve", "-port", "1"}} {
		var out strings.Builder
		if err := run(t.Context(), args, io.Discard, &out); err == nil || !strings.Contains(out.String(), "usage:") {
			t.Errorf("%q gave %v and printed %q", args, err, out.String())
		}
	}
	if err := run(t.Context(), []string{"serve", "-config", "nowhere.json"}, io.Discard, io.Discard); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file gave %v", err)
	}
}
