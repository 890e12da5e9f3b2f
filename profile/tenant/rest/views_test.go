package rest_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestViewsFollow: what lists and searches say after changes of a store is what
// another tenant says that reads the same store for the first time.
func TestViewsFollow(t *testing.T) {
	s := start(t)
	fresh := func() *site { return s.restarted() }
	asked := []struct{ method, path, body string }{
		{"GET", "/v2025/identities?defaultFilter=NONE&count=true&sorters=-name", ""},
		{"GET", "/v2025/identities?count=true&filters=name%20sw%20%22A%22", ""},
		{"GET", "/v3/public-identities?count=true&sorters=name", ""},
		{"GET", "/v3/accounts?count=true&sorters=-name", ""},
		{"GET", "/v3/accounts?count=true&filters=uncorrelated%20eq%20true", ""},
		{"POST", "/v3/search?count=true", `{"indices":["identities"],"query":{"query":"isManager:true OR manager.name:A*"},"sort":["-manager.name","id"]}`},
		{"POST", "/v3/search?count=true", `{"indices":["identities"],"query":{"query":"accounts.source.name:HR AND NOT attributes.city:Berlin"},"sort":["name"]}`},
	}
	same := func(what string) {
		t.Helper()
		other := fresh()
		for _, q := range asked {
			want, got := other.call(200, q.method, q.path, q.body), s.call(200, q.method, q.path, q.body)
			equal(t, what+" "+q.path, want.header.Get("X-Total-Count"), got.header.Get("X-Total-Count"))
			if want.text != got.text {
				t.Fatalf("%s: %s %s differs from what a first reader gets", what, q.path, q.body)
			}
		}
	}
	same("at first")

	r := rand.New(rand.NewPCG(5, 6))
	for n := range 12 {
		people := s.call(200, "GET", "/v2025/identities?defaultFilter=NONE", "")
		person := people.str(fmt.Sprintf("%d.id", r.IntN(people.len())))
		accounts := s.call(200, "GET", fmt.Sprintf("/v3/accounts?offset=%d", r.IntN(100)), "")
		account := accounts.str(fmt.Sprintf("%d.id", r.IntN(accounts.len())))
		switch n % 4 {
		case 0:
			s.do("PATCH", "/v3/accounts/"+account, "application/json-patch+json", fmt.Sprintf(`[{"op":"replace","path":"/identityId","value":%q}]`, person))
		case 1:
			s.do("DELETE", "/v2025/identities/"+person, "", "")
		case 2:
			s.do("PATCH", "/v3/accounts/"+account, "application/json-patch+json", `[{"op":"remove","path":"/identityId"}]`)
		case 3:
			s.do("DELETE", "/v3/accounts/"+account, "", "")
			s.call(201, "POST", "/v3/transforms", fmt.Sprintf(`{"name":"V%d","type":"upper","attributes":{}}`, n))
		}
		s.Handler.Wait()
		same(fmt.Sprint("change ", n))
	}
}
