package profile_test

import (
	"testing"
	"testing/fstest"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/fixture"
)

// A profile exported alone runs over the account files beside it.
func TestImpliedSources(t *testing.T) {
	fsys := fstest.MapFS{
		"profile.json":    {Data: []byte(fixture.Profile("Employees", 10, "HR", "uid=HR.number", "email=AD.mail", "lastname=HR.sn", "number=HR.number"))},
		"accounts/HR.csv": {Data: []byte("number,sn\n1001,Lee\n")},
		"accounts/AD.csv": {Data: []byte("id,mail\n1001,ann@x\n")},
	}
	b, found := config.Load(fsys)
	e, more := profile.Compile(b, profile.Options{})
	sources, missing := b.Accounts(fsys, func(d diag.Diagnostic) { more.Add(d) })
	if all := append(append(found, more...), missing...); all.HasErrors() {
		t.Fatal(all)
	}
	count := 0
	for r, err := range e.Run(t.Context(), profile.RunOptions{Now: fixture.Now}, sources...) {
		if err != nil {
			t.Fatal(err)
		}
		count++
		if r.Account.NativeIdentity != "1001" || text(r, "email") != "ann@x" || r.Incomplete() {
			t.Errorf("got %v %v %v", r.Account, r.Identity.Attributes.Map(), r.Exceptions)
		}
	}
	if count != 1 {
		t.Errorf("%d identities", count)
	}
}
