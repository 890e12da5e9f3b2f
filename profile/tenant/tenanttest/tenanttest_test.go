package tenanttest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/idprofile/engine/profile/tenant/tenanttest"
)

func TestStart(t *testing.T) {
	tenant := tenanttest.Start(t, "../../../examples/acme")
	r, err := http.NewRequestWithContext(t.Context(), "GET", tenant.URL+"/v3/public-identities?limit=1&count=true", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+tenant.Token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	var people []map[string]any
	if err := json.Unmarshal(body, &people); err != nil || len(people) != 1 || res.Header.Get("X-Total-Count") == "" {
		t.Errorf("status %d, %s, %v", res.StatusCode, body, err)
	}
	if strings.Count(tenant.Token, ".") != 2 {
		t.Errorf("the token %q has not the form of a JWT", tenant.Token)
	}
}
