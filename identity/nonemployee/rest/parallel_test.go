package rest_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/idprofile/engine/identity/nonemployee"
	"github.com/idprofile/engine/identity/nonemployee/rest"
)

var campaign = flag.Duration("campaign", 0, "how long clients go on with new tenants")

// clients is how many clients work at a time.
const clients = 200

// remote calls a server; it gives the status and one text field of the answer.
func remote(t *testing.T, client *http.Client, actor, url, body, field string) (int, string) {
	r, err := http.NewRequestWithContext(t.Context(), "POST", url, strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	r.Header.Set("Authorization", "Bearer "+actor)
	r.Header.Set("Content-Type", "application/json")
	w, err := client.Do(r)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer w.Body.Close()
	src, err := io.ReadAll(w.Body)
	var got map[string]any
	if err != nil || json.Unmarshal(src, &got) != nil {
		t.Errorf("answer %q, %v", src, err)
	}
	if field == "item" {
		items, _ := got["approvalItems"].([]any)
		if len(items) > 0 {
			got, _ = items[0].(map[string]any)
		}
		field = "id"
	}
	return w.StatusCode, fmt.Sprint(got[field])
}

// TestParallelClients lets many clients ask for records and decide at the same time:
// every request is there once, every decision counts once, every approved request led to
// one record.
func TestParallelClients(t *testing.T) {
	file, err := nonemployee.OpenFile(filepath.Join(t.TempDir(), "store"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for name, store := range map[string]nonemployee.Store{"memory": nonemployee.NewMemory(), "file": file} {
		t.Run(name, func(t *testing.T) { parallelClients(t, store) })
	}
	for begin := time.Now(); time.Since(begin) < *campaign && !t.Failed(); {
		parallelClients(t, nonemployee.NewMemory())
	}
}

func parallelClients(t *testing.T, store nonemployee.Store) {
	s := newSite(t, store, rest.Options{MaxInFlight: 2 * clients})
	src := s.source("Retail", "anna")
	server := httptest.NewServer(s.handler)
	defer server.Close()
	client := server.Client()
	client.Transport.(*http.Transport).MaxConnsPerHost = clients

	items := make([]string, clients)
	var contested, refusedNames atomic.Int64
	each(func(i int) {
		status, item := remote(t, client, "manager", server.URL+"/v3/non-employee-requests", person(src, fmt.Sprint("user", i)), "item")
		if status != 200 {
			t.Errorf("request %d: status %d", i, status)
		}
		items[i] = item
		switch status, _ = remote(t, client, "manager", server.URL+"/v3/non-employee-requests", person(src, "same"), "id"); status {
		case 200:
			contested.Add(1)
		case 400:
			refusedNames.Add(1)
		}
	})
	equal(t, "one of all got the name", []int64{1, clients - 1}, []int64{contested.Load(), refusedNames.Load()})

	var approved, rejected, late atomic.Int64
	decide := func(i int, verb string, count *atomic.Int64) {
		switch status, _ := remote(t, client, "anna", server.URL+"/v3/non-employee-approvals/"+items[i]+"/"+verb, `{"comment":"x"}`, "approvalStatus"); status {
		case 200:
			count.Add(1)
		case 400:
			late.Add(1)
		default:
			t.Errorf("item %d: status %d", i, status)
		}
	}
	each(func(i int) {
		decide(i, "approve", &approved)
		decide((i+1)%clients, "reject", &rejected)
		decide((i+2)%clients, "approve", &approved)
	})
	equal(t, "decisions", []int64{clients, 2 * clients}, []int64{approved.Load() + rejected.Load(), late.Load()})
	sum := s.call("anna", "GET", "/v3/non-employee-approvals/summary/me", "", 200)
	equal(t, "approval summary", map[string]any{"approved": float64(approved.Load()), "rejected": float64(rejected.Load()), "pending": 1.0}, sum.body)
	sum = s.call("manager", "GET", "/v3/non-employee-requests/summary/me", "", 200)
	equal(t, "request summary", map[string]any{"approved": float64(approved.Load()), "rejected": float64(rejected.Load()), "pending": 1.0, "nonEmployeeCount": float64(approved.Load())}, sum.body)
	records := s.call("admin", "GET", "/v3/non-employee-records?count=true", "", 200)
	equal(t, "records", fmt.Sprint(approved.Load()), records.header.Get("X-Total-Count"))
}

// each runs f for every client at the same time.
func each(f func(i int)) {
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}
