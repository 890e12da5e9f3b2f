package rest_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant/tenanttest"
)

// runOver is a run over a configuration and the account files of acme.
func runOver(t *testing.T, b *config.Bundle) map[string]*profile.Result {
	t.Helper()
	// Random changes leave findings; the tenant and the run have the same ones.
	engine, _ := profile.Compile(b, profile.Options{Library: tenanttest.Library()})
	sources, _ := b.Accounts(os.DirFS(acme), nil)
	now := b.Settings.Now
	out := map[string]*profile.Result{}
	st := store.NewMemory()
	_, err := engine.Aggregate(t.Context(), st, profile.RunOptions{Now: now, Seed: b.Settings.Seed}, func(r *profile.Result) { out[r.Identity.ID] = r }, sources...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// people reads all identities of the API.
func (s *site) people() map[string]map[string]any {
	out := map[string]map[string]any{}
	for offset := 0; ; offset += 250 {
		page := s.call(200, "GET", fmt.Sprintf("/v2025/identities?defaultFilter=NONE&offset=%d", offset), "")
		for _, item := range page.body.([]any) {
			m := item.(map[string]any)
			out[m["id"].(string)] = m
		}
		if page.len() < 250 {
			return out
		}
	}
}

// sameValues compares the attributes of the API with those of a run.
func sameValues(t *testing.T, id string, got map[string]any, want identity.Attributes) {
	t.Helper()
	for name, v := range want.All() {
		a, _ := json.Marshal(got[name])
		b, _ := json.Marshal(v)
		if string(a) != string(b) {
			t.Errorf("%s: %s is %s, the run says %s", id, name, a, b)
		}
	}
	for name, v := range got {
		if _, ok := want.Map()[name]; !ok {
			t.Errorf("%s: the run does not have %s, which is %v", id, name, v)
		}
	}
}

// TestEqualsRun: identities, accounts and exceptions of the API are those of a run
// over the folder.
func TestEqualsRun(t *testing.T) {
	s := start(t)
	want := runOver(t, s.Handler.Tenant().Bundle())
	got := s.people()
	equal(t, "identities", len(want), len(got))
	accounts := 0
	for id, r := range want {
		m := got[id]
		if m == nil {
			t.Fatalf("%s is missing", id)
		}
		sameValues(t, id, m["attributes"].(map[string]any), r.Identity.Attributes)
		status := "UNREGISTERED"
		if r.Incomplete() {
			status = "ERROR"
		}
		equal(t, id, status, m["identityStatus"])
		accounts += len(r.Identity.Accounts)
	}
	total := s.call(200, "GET", "/v3/accounts?limit=0&count=true&filters="+url.QueryEscape("uncorrelated eq false"), "").header.Get("X-Total-Count")
	equal(t, "accounts", fmt.Sprint(accounts), total)
}

// TestPreviewEqualsRun: the preview of everybody with the mapping as it is gives what
// a run gives.
func TestPreviewEqualsRun(t *testing.T) {
	s := start(t)
	want := runOver(t, s.Handler.Tenant().Bundle())
	configs := map[string]json.RawMessage{}
	for _, item := range s.call(200, "GET", "/v3/identity-profiles", "").body.([]any) {
		m := item.(map[string]any)
		configs[m["name"].(string)], _ = json.Marshal(m["identityAttributeConfig"])
	}
	ids := slices.Sorted(func(yield func(string) bool) {
		for id := range want {
			if !yield(id) {
				return
			}
		}
	})
	for i, id := range ids {
		if *changes < 200 && i%12 != 0 {
			continue
		}
		r := want[id]
		body := fmt.Sprintf(`{"identityId":%q,"identityAttributeConfig":%s}`, id, configs[r.Identity.Profile])
		rows := s.call(200, "POST", "/v3/identity-profiles/identity-preview", body).at("previewAttributes").([]any)
		for _, row := range rows {
			m := row.(map[string]any)
			name := m["name"].(string)
			if name == "manager" || name == "cloudLifecycleState" || m["errorMessages"] != nil {
				continue // depend on others, or have an error and no value
			}
			a, _ := json.Marshal(m["value"])
			b, _ := json.Marshal(r.Identity.Attribute(name))
			if string(a) != string(b) && name != "uid" {
				t.Errorf("%s: %s is %s, the run says %s", id, name, a, b)
			}
		}
	}
}

var changes = flag.Int("changes", 60, "accepted random changes of the equality test; 200 is the campaign")

var changesSeed = flag.Uint64("changes-seed", 12, "seed of the random changes of the equality test")

// TestChangesEqualRun: after random changes through the API, the exported files give
// the same in a run as the tenant has after its tasks.
func TestChangesEqualRun(t *testing.T) {
	s := start(t)
	r := rand.New(rand.NewPCG(11, *changesSeed))
	profiles := s.call(200, "GET", "/v3/identity-profiles", "")
	badges := s.call(200, "GET", "/v3/sources?filters="+url.QueryEscape(`name eq "Badge System"`), "").str("0.id")
	made := []string{}
	done, refused := 0, 0
	kinds := map[int]int{}
	for n := 0; done < *changes; n++ {
		p := profiles.str(fmt.Sprintf("%d.id", r.IntN(profiles.len())))
		var a answer
		kind := r.IntN(10)
		switch kind {
		case 0:
			a = s.do("POST", "/v3/transforms", "application/json",
				fmt.Sprintf(`{"name":"R%d","type":"static","attributes":{"value":"v%d"}}`, n, r.IntN(9)))
			if a.status == 201 {
				made = append(made, a.str("id")+" R"+fmt.Sprint(n))
			}
		case 1:
			if len(made) == 0 {
				continue
			}
			id, name, _ := strings.Cut(made[r.IntN(len(made))], " ")
			a = s.do("PUT", "/v2025/transforms/"+id, "application/json", fmt.Sprintf(`{"name":%q,"type":"static","attributes":{"value":"w%d"}}`, name, r.IntN(9)))
		case 2:
			if len(made) == 0 {
				continue
			}
			id, _, _ := strings.Cut(made[r.IntN(len(made))], " ")
			a = s.do("DELETE", "/beta/transforms/"+id, "", "")
		case 3:
			name := "None"
			if len(made) > 0 {
				_, name, _ = strings.Cut(made[r.IntN(len(made))], " ")
			}
			attribute := []string{"city", "state", "title", "organization"}[r.IntN(4)]
			a = s.do("PATCH", "/v3/identity-profiles/"+p, "application/json-patch+json", fmt.Sprintf(
				`[{"op":"add","path":"/identityAttributeConfig/attributeTransforms/-","value":{"identityAttributeName":%q,"transformDefinition":{"type":"reference","attributes":{"id":%q}}}}]`, attribute, name))
		case 4:
			a = s.do("PATCH", "/v3/identity-profiles/"+p, "application/json-patch+json",
				`[{"op":"remove","path":"/identityAttributeConfig/attributeTransforms/18"}]`)
		case 6:
			// The order stays: under another one other accounts would have made the same
			// people in a run, with other ids.
			at := r.IntN(profiles.len())
			a = s.do("PATCH", "/v3/identity-profiles/"+profiles.str(fmt.Sprintf("%d.id", at)), "application/json-patch+json",
				fmt.Sprintf(`[{"op":"replace","path":"/priority","value":%d}]`, 10+90*at+r.IntN(90)))
		case 7:
			states := s.call(200, "GET", "/v3/identity-profiles/"+p+"/lifecycle-states", "")
			state := states.str(fmt.Sprintf("%d.id", r.IntN(states.len())))
			if r.IntN(2) == 0 {
				a = s.do("PATCH", "/v3/identity-profiles/"+p+"/lifecycle-states/"+state, "application/json-patch+json", fmt.Sprintf(`[{"op":"replace","path":"/enabled","value":%t}]`, r.IntN(2) == 0))
			} else {
				a = s.do("POST", "/v3/identity-profiles/"+p+"/lifecycle-states", "application/json", fmt.Sprintf(`{"name":"S%d","technicalName":"s%[1]d","enabled":true}`, n))
			}
		case 8:
			property := []string{"uid", "email", "identificationNumber"}[r.IntN(3)]
			a = s.do("PUT", "/v2025/sources/"+badges+"/correlation-config", "application/json",
				fmt.Sprintf(`{"attributeAssignments":[{"property":%q,"value":%q,"operation":"EQ","ignoreCase":true}]}`, property, []string{"badgeId", "email", "holder"}[r.IntN(3)]))
		case 9:
			row := r.IntN(12)
			a = s.do("PATCH", "/v3/identity-profiles/"+p, "application/json-patch+json", fmt.Sprintf(
				`[{"op":"replace","path":"/identityAttributeConfig/attributeTransforms/%d/transformDefinition","value":{"type":"trim","attributes":{"input":{"type":"static","attributes":{"value":" v%d "}}}}}]`, 12+row%3, r.IntN(4)))
		case 5:
			a = s.do("POST", "/v2025/identity-attributes", "application/json", fmt.Sprintf(`{"name":"extra%d","displayName":"Extra","type":"string"}`, r.IntN(20)))
		}
		if a.status >= 500 {
			t.Fatalf("change %d: %d %s", n, a.status, a.text)
		}
		if a.status < 300 {
			done++
			kinds[kind]++
		} else {
			refused++
		}
	}
	equal(t, "kinds of changes", 10, len(kinds))
	// An account that is linked stays so under other rules: take the accounts in anew.
	s.call(202, "POST", "/v2025/sources/"+badges+"/remove-accounts", "")
	s.upload(202, "/v2025/sources/"+badges+"/load-accounts", "disableOptimization", "true")
	for _, item := range profiles.body.([]any) {
		s.call(202, "POST", "/v3/identity-profiles/"+item.(map[string]any)["id"].(string)+"/process-identities", "")
	}
	s.Handler.Wait()

	// The files of the tenant, with the accounts of the folder, run afresh.
	files := fstest.MapFS{}
	for path, v := range s.call(200, "GET", "/_files", "").body.(map[string]any) {
		files[path] = &fstest.MapFile{Data: []byte(v.(string))}
	}
	b, _ := config.Load(files)
	b.Data = s.Handler.Tenant().Bundle().Data
	want := runOver(t, b)
	got := s.people()
	equal(t, "identities", len(want), len(got))
	for id := range got {
		if want[id] == nil {
			t.Errorf("the run does not have %s", id)
		}
	}
	for id, r := range want {
		if got[id] == nil {
			t.Errorf("the tenant does not have %s", id)
			continue
		}
		sameValues(t, id, got[id]["attributes"].(map[string]any), r.Identity.Attributes)
	}
	t.Logf("%d changes were accepted and %d refused", done, refused)
}

// TestManyClients: readers and writers at once, no answer of 5xx, every accepted
// change there afterwards.
func TestManyClients(t *testing.T) {
	s := start(t)
	const clients = 200
	var wg sync.WaitGroup
	var mu sync.Mutex
	accepted := map[string]bool{}
	for n := range clients {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(n), 1))
			for k := range 1 {
				kind := 1 + r.IntN(4)
				if n%8 == 0 {
					kind = 0
				}
				switch kind {
				case 0:
					a := s.do("POST", "/v3/transforms", "application/json", fmt.Sprintf(`{"name":"C%d-%d","type":"upper","attributes":{}}`, n, k))
					if a.status == 201 {
						mu.Lock()
						accepted[a.str("id")] = true
						mu.Unlock()
					} else {
						t.Errorf("create: %d %s", a.status, a.text)
					}
				case 1:
					if a := s.do("POST", "/v3/search?limit=5", "application/json", `{"indices":["identities"],"query":{"query":"attributes.uid:m*"}}`); a.status != 200 {
						t.Errorf("search: %d %s", a.status, a.text)
					}
				case 2:
					if a := s.do("GET", "/v3/accounts?limit=10&sorters=name&filters="+url.QueryEscape(`uncorrelated eq true`), "", ""); a.status != 200 {
						t.Errorf("accounts: %d %s", a.status, a.text)
					}
				case 3:
					if a := s.do("GET", "/v2025/identities?limit=10&sorters=-name", "", ""); a.status != 200 {
						t.Errorf("identities: %d %s", a.status, a.text)
					}
				default:
					if a := s.do("POST", "/v2025/sp-config/export", "application/json", `{"includeTypes":["TRANSFORM"]}`); a.status != 202 {
						t.Errorf("export: %d %s", a.status, a.text)
					}
				}
			}
		})
	}
	wg.Wait()
	for id := range accepted {
		s.call(200, "GET", "/v3/transforms/"+id, "")
	}
}
