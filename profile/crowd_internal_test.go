package profile

import (
	"fmt"
	"testing"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/profile/config"
)

// However many accounts join one identity, what it is found by is evaluated for the first
// thousand and once in the end, so the time grows with the accounts and no faster.
func TestCrowd(t *testing.T) {
	b, _ := config.LoadFile("t.json", []byte(`[{"id":"s","name":"HR","connector":"x"},
		{"id":"p","name":"P","priority":1,"authoritativeSource":{"type":"SOURCE","name":"HR"},"identityAttributeConfig":{"enabled":true,
		"attributeTransforms":[{"identityAttributeName":"uid","transformDefinition":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"id"}}}]}}]`))
	e, _ := Compile(b, Options{})
	for _, accounts := range []int{10, maxJoined, 4 * maxJoined} {
		var crowd []identity.Account
		for n := range accounts {
			values := map[string]identity.Value{"id": identity.StringValue(fmt.Sprint(n))}
			crowd = append(crowd, identity.Account{NativeIdentity: fmt.Sprint(n), Name: "same", Attributes: identity.NewAttributes(values)})
		}

		p := newPhases(t.Context(), e.NewRun(RunOptions{}))
		refreshed := 0
		p.linker.onRefresh = func(int32) { refreshed++ }
		if err := p.all([]identity.Source{feed.Slice("HR", crowd...)}); err != nil {
			t.Fatal(err)
		}
		if len(p.people) != 1 {
			t.Fatalf("%d accounts are %d people", accounts, len(p.people))
		}
		if want := min(accounts, maxJoined+2); refreshed != want {
			t.Errorf("%d accounts: %d times evaluated, want %d", accounts, refreshed, want)
		}
	}
}
