package profile_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile"
)

func fullResult() *profile.Result {
	hr := identity.AccountKey{Source: "HR", NativeIdentity: "1001"}
	return &profile.Result{
		Account: hr,
		Identity: &identity.Identity{ID: "i1", Alias: "jdoe", Profile: "Employees",
			Attributes: identity.Pack(identity.NewSchema("uid", "email", "groups", "empty"), []identity.Value{
				identity.StringValue("j\"doe\n"), {}, identity.StringsValue("a", "b"), identity.StringValue("")}),
			Accounts: []identity.Account{{Source: "AD", NativeIdentity: `CN=Doe\, J`}, {Source: "HR", NativeIdentity: "1001"}}},
		Exceptions: []profile.Exception{
			{Code: profile.MissingRequired, Attributes: []string{"email", "lastname"}, Message: "no value"},
			{Code: profile.DuplicateUID, Attributes: []string{"uid"}, Value: "jdoe", Conflicting: "i2"}},
		Errors:    []profile.AttributeError{{Attribute: "phone", Err: errors.New("no such luck")}},
		Manager:   profile.ManagerResult{State: profile.ManagerNotFound, Value: "007"},
		Lifecycle: profile.LifecycleResult{Value: "Active", Status: profile.LifecycleWrongCase},
		Warnings:  []string{"username-chars: x"},
	}
}

func TestAppendJSON(t *testing.T) {
	for _, tc := range []struct {
		name string
		r    *profile.Result
		want string
	}{
		{"full", fullResult(), `{"account":{"source":"HR","nativeIdentity":"1001"},"id":"i1","name":"jdoe","profile":"Employees",` +
			`"attributes":{"uid":"j\"doe\n","groups":["a","b"],"empty":""},` +
			`"exceptions":[{"code":"MISSING_REQUIRED","attributes":["email","lastname"]},{"code":"DUPLICATE_UID","attributes":["uid"],"value":"jdoe","conflictingIdentity":"i2"}],` +
			`"errors":[{"attribute":"phone","message":"no such luck"}],` +
			`"accounts":[{"source":"AD","nativeIdentity":"CN=Doe\\, J"},{"source":"HR","nativeIdentity":"1001"}],` +
			`"manager":{"state":"MANAGER_NOT_FOUND","value":"007"},"lifecycle":{"value":"Active","state":"","status":"Does Not Match Technical Name Case"},` +
			`"warnings":["username-chars: x"]}`},
		{"without profile", &profile.Result{Identity: &identity.Identity{ID: "i1"}},
			`{"account":null,"id":"i1","name":"","profile":null,"attributes":{},"exceptions":[],"errors":[],"accounts":[],"manager":null,"lifecycle":null}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := string(tc.r.AppendJSON([]byte("x")))
			if diff := cmp.Diff("x"+tc.want, got); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
			if !json.Valid([]byte(got[1:])) {
				t.Errorf("not JSON: %s", got)
			}
		})
	}
}

func TestAppendJSONAllocs(t *testing.T) {
	r := fullResult()
	r.Identity.Attributes = identity.Pack(identity.NewSchema("uid", "email"), []identity.Value{identity.StringValue("jdoe"), identity.StringValue("j@x.example")})
	buf := make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(100, func() { buf = r.AppendJSON(buf[:0]) }); n > 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	r := fullResult()
	var buf []byte
	for b.Loop() {
		buf = r.AppendJSON(buf[:0])
	}
	b.SetBytes(int64(len(buf)))
}
