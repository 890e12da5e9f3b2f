// Package scimserver tests the SCIM feed against a real service from npm.
package scimserver

import (
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/idprofile/engine/examples/directory/internal/servertest"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/feed/scim"
)

const token = "Bearer token-of-the-test"

// start starts the service and returns the address of its users.
func start(t *testing.T, users int) string {
	t.Helper()
	node := servertest.Program(t, "node")
	if _, err := os.Stat("node_modules/scimmy"); err != nil {
		if os.Getenv(servertest.Required) != "" {
			t.Fatal("the packages are not installed, and " + servertest.Required + " is set: npm ci")
		}
		t.Skip("the packages are not installed: npm ci")
	}
	address := servertest.FreePort(t)
	_, port, _ := strings.Cut(address, ":")
	cmd := exec.Command(node, "server.mjs", port, fmt.Sprint(users))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	servertest.Wait(t, address)
	return "http://" + address + "/scim/Users"
}

// authorized adds what proves who asks.
func authorized(r *http.Request) (*http.Response, error) {
	r.Header.Set("Authorization", token)
	return (&http.Client{Timeout: time.Minute}).Do(r)
}

func send(t *testing.T, method, address, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/scim+json")
	answer, err := authorized(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, _ := io.ReadAll(answer.Body); answer.StatusCode >= 300 {
		t.Fatalf("%s %s: %s %s", method, address, answer.Status, text)
	}
}

func accounts(t *testing.T, src identity.Source) map[string]identity.Account {
	t.Helper()
	all := map[string]identity.Account{}
	for a, err := range src.Accounts(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all[a.NativeIdentity] = a
	}
	return all
}

func text(a identity.Account) string {
	attributes, _ := a.Attributes.MarshalJSON()
	return fmt.Sprint(a.NativeIdentity, a.Name, a.UUID, a.Disabled, string(attributes))
}

// 20,000 users are read page by page; changes by version give what a full read
// gives.
func TestService(t *testing.T) {
	const users = 20000
	service := scim.Service{URL: start(t, users), Do: authorized, PageSize: 10000}
	o := feed.Options{Name: "SCIM", Attributes: []feed.Attribute{
		{Name: "id"}, {Name: "userName"}, {Name: "emails.work"}, {Name: "name.familyName"}, {Name: "meta.version"}}}
	full, err := service.Source(o)
	if err != nil {
		t.Fatal(err)
	}
	before := accounts(t, full)
	if a := before["id-50"]; len(before) != users || !a.Disabled || a.Attributes.Get("emails.work").Text() != "user50@acme.example" {
		t.Fatalf("%d accounts, want %d; %s", len(before), users, text(a))
	}

	const patch = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[%s]}`
	send(t, "PATCH", service.URL+"/id-7", fmt.Sprintf(patch, `{"op":"replace","path":"name.familyName","value":"Leigh"}`))
	send(t, "PATCH", service.URL+"/id-9", fmt.Sprintf(patch, `{"op":"replace","path":"active","value":false}`))
	send(t, "DELETE", service.URL+"/id-8", "")
	send(t, "POST", service.URL, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"new"}`)

	delta, err := service.Changes(o, func() iter.Seq[identity.Account] { return maps.Values(before) })
	if err != nil {
		t.Fatal(err)
	}
	changed := accounts(t, delta)
	if len(changed) != 3 || len(delta.Removed()) != 1 || delta.Removed()[0] != "id-8" {
		t.Errorf("%d changed, removed %q", len(changed), delta.Removed())
	}
	now := maps.Clone(before)
	delete(now, "id-8")
	maps.Copy(now, changed)
	after := accounts(t, full)
	for id, a := range after {
		if text(now[id]) != text(a) {
			t.Errorf("mismatch:\nwant %s\ngot  %s", text(a), text(now[id]))
		}
	}
	if len(now) != len(after) {
		t.Errorf("%d accounts, want %d", len(now), len(after))
	}
}
