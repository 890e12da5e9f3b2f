package tenant_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/fixture"
	"github.com/idprofile/engine/profile/tenant"
)

// The shapes in which the API and the search show an identity.
func TestIdentityView(t *testing.T) {
	b, _ := config.LoadFile("t.json", []byte("["+strings.Join(append(fixture.People(10, 20).Profiles, fixture.People(10, 20).Sources...), ",")+"]"))
	a := fixture.Account("1001", "id=1001")
	a.Source, a.Name = "HR", "lee"
	i := &identity.Identity{
		ID: "i1", Alias: "1001", Profile: "Employees", ManagerID: "i2", Accounts: []identity.Account{a}, Created: fixture.Now, Modified: fixture.Now,
		Lifecycle: identity.Lifecycle{State: "active"}, ExceptionCodes: []string{profile.MissingRequired},
		Attributes: identity.NewAttributes(map[string]identity.Value{"displayName": identity.StringValue("Ann Lee"), "uid": identity.StringValue("lee"), "groups": identity.StringsValue("a", "b")}),
	}
	v := tenant.IdentityView{Bundle: b, LastRefresh: fixture.Now.Add(time.Hour),
		Manager:   func(id string) *identity.Identity { return &identity.Identity{ID: id, Alias: "boss"} },
		IsManager: func(string) bool { return true }}
	errs := []profile.AttributeError{{Attribute: "email", Err: isc.CodeIllegalValue}}
	const at = `"2026-01-15T09:00:00.000Z"`
	const head = `{"id":"i1","name":"Ann Lee","created":` + at + `,"modified":` + at + `,`
	want := head + `"alias":"1001","emailAddress":null,"processingState":"ERROR","identityStatus":"ERROR",
		"managerRef":{"type":"IDENTITY","id":"i2","name":"boss"},"isManager":true,"lastRefresh":"2026-01-15T10:00:00.000Z",
		"attributes":{"displayName":"Ann Lee","groups":["a","b"],"uid":"lee"},"lifecycleState":{"stateName":"active","manuallyUpdated":false}}`
	fixture.EqualJSON(t, want, v.Identity(i, errs).Append(nil))
	want = head + `"_type":"identity","displayName":"Ann Lee","firstName":null,"lastName":null,"email":null,"processingState":"OK","processingDetails":null,
		"status":"ERROR","isManager":true,"manager":{"id":"i2","name":"boss"},"identityProfile":{"id":"p-Employees","name":"Employees"},
		"source":{"id":"s-HR","name":"HR"},"attributes":{"displayName":"Ann Lee","groups":["a","b"],"uid":"lee"},
		"accounts":[{"id":null,"name":"lee","accountId":"1001","source":{"id":"s-HR","name":"HR"},"disabled":false,"locked":false,"manuallyCorrelated":false,"created":null}],"accountCount":1}`
	fixture.EqualJSON(t, want, v.Search(i, nil).Append(nil))
	details := v.Search(i, errs).Get("processingDetails")
	if details.Get("message").Text() != "email: 400.1.3 Illegal value" || details.Get("date").Text() != "2026-01-15T10:00:00.000Z" {
		t.Errorf("got %s", details.Append(nil))
	}
	if diff := cmp.Diff([]string{"email", "lastname"}, profile.Incomplete(i)); diff != "" {
		t.Errorf("mismatch (-want +got)\n%s", diff)
	}
	if n := (tenant.IdentityView{}).Search(&identity.Identity{ID: "x", Alias: "x"}, nil); n.Get("identityProfile").IsNull() != true || n.Get("status").Text() != "UNREGISTERED" {
		t.Errorf("got %s", n.Append(nil))
	}
}
