package rest_test

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant/rest"
)

var many = flag.Int("identities", 2_000, "identities of the latency test; 100,000 is the campaign")

// TestLatency measures pages over many identities and holds that they are right; how
// long they take is logged.
func TestLatency(t *testing.T) {
	b, _ := config.Load(os.DirFS(acme))
	st := store.NewMemory()
	batch := identity.Batch{}
	for n := range *many {
		id := fmt.Sprintf("%032x", n)
		batch.Put = append(batch.Put, &identity.Identity{
			ID: id, Alias: fmt.Sprint("a", n), Profile: "Employees",
			Attributes: identity.NewAttributes(map[string]identity.Value{
				"uid": identity.StringValue(fmt.Sprint("user", n)), "displayName": identity.StringValue(fmt.Sprint("Name ", n*7919%*many)),
				"department": identity.StringValue(fmt.Sprint("D", n%50)),
			}),
			Accounts: []identity.Account{{Source: "HR", NativeIdentity: fmt.Sprint(n), IdentityID: id, Attributes: identity.NewAttributes(
				map[string]identity.Value{"jobTitle": identity.StringValue(fmt.Sprint("T", n%1000))})}},
		})
	}
	if err := st.Apply(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	h, err := rest.New(b, st, rest.Options{
		Now:          func() time.Time { return time.Unix(1_800_000_000, 0) },
		Authenticate: func(*http.Request) (rest.Actor, error) { return rest.Actor{ID: "a", Admin: true}, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	defer server.Close()

	const times = 60
	for _, c := range []struct{ name, method, path, body string }{
		{"first", "GET", "/v2025/identities?limit=1", ""},
		{"list", "GET", "/v2025/identities?limit=250&offset=%d00", ""},
		{"sorted", "GET", "/v2025/identities?limit=250&sorters=-name&offset=%d0", ""},
		{"filter", "GET", "/v2025/identities?limit=250&count=true&filters=" + url.QueryEscape(`name sw "Name %d" or alias eq "a5"`), ""},
		{"accounts", "GET", "/v3/accounts?limit=250&filters=" + url.QueryEscape(`nativeIdentity sw "%d"`), ""},
		{"search", "POST", "/v3/search?limit=250&count=true", `{"indices":["identities"],"query":{"query":"attributes.department:D%d OR name:*7%[1]d"},"sort":["id"]}`},
		{"after", "POST", "/v3/search?limit=250", `{"indices":["identities"],"query":{"query":"*"},"sort":["name"],"searchAfter":["Name %d"]}`},
	} {
		var took []time.Duration
		for n := range times {
			path, body := strings.ReplaceAll(c.path, "%25d", fmt.Sprint(n)), c.body
			path = strings.ReplaceAll(path, "%d", fmt.Sprint(n))
			if strings.Contains(body, "%") {
				body = fmt.Sprintf(body, n)
			}
			r, _ := http.NewRequestWithContext(t.Context(), c.method, server.URL+path, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			begin := time.Now()
			res, err := http.DefaultClient.Do(r)
			if err != nil || res.StatusCode != 200 {
				t.Fatalf("%s: %v %v", c.name, res, err)
			}
			io.Copy(io.Discard, res.Body)
			res.Body.Close()
			took = append(took, time.Since(begin))
		}
		longest := took[0]
		slices.Sort(took)
		t.Logf("%-9s p50 %v, p95 %v, first %v", c.name, took[times/2], took[times*95/100-1], longest)
	}

	// A mapping change and its processing. The first two write everybody; the others
	// do what the change does.
	id := b.Profile("Employees").ID
	last := len(b.Profile("Employees").Mappings)
	send := func(method, contentType, path, body string) {
		r, _ := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		res, err := http.DefaultClient.Do(r)
		if err != nil || res.StatusCode > 202 {
			t.Fatalf("%s: %v %v", path, res, err)
		}
		res.Body.Close()
		h.Wait()
	}
	send("POST", "application/json", "/v2025/identity-attributes", `{"name":"level","displayName":"Level","type":"string"}`)
	for _, c := range []struct{ name, op, definition string }{
		{"everybody", "add", `{"type":"static","attributes":{"value":"x"}}`},
		{"everybody", "replace", `{"type":"static","attributes":{"value":"y"}}`},
		{"nobody", "replace", `{"type":"lower","attributes":{"input":{"type":"static","attributes":{"value":"Y"}}}}`},
		{"1 of 1,000", "replace", `{"type":"lookup","attributes":{"table":{"T7":"seven","default":"y"},
			"input":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"jobTitle"}}}}`},
		{"1 of 1,000", "replace", `{"type":"lookup","attributes":{"table":{"T7":"seven","T8":"eight","default":"y"},
			"input":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"jobTitle"}}}}`},
	} {
		begin := time.Now()
		send("PATCH", "application/json-patch+json", "/v3/identity-profiles/"+id, fmt.Sprintf(
			`[{"op":%q,"path":"/identityAttributeConfig/attributeTransforms/%d","value":{"identityAttributeName":"level","transformDefinition":%s}}]`, c.op, last, c.definition))
		send("POST", "application/json", "/v3/identity-profiles/"+id+"/process-identities", "")
		took := time.Since(begin)
		send("GET", "application/json", "/v2025/identities?limit=250&sorters=-name", "")
		t.Logf("mapping change of %s processed in %v, the next page in %v", c.name, took, time.Since(begin)-took)
	}
}
