package preview

import (
	"testing"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile"
)

// People for whom nothing changes cost nothing but the look.
func TestUnchangedAllocatesNothing(t *testing.T) {
	schema := identity.NewSchema("uid", "email", "tags")
	values := []identity.Value{identity.StringValue("ann"), identity.StringValue("ann@x"), identity.StringsValue("a", "b")}
	result := func() *profile.Result {
		return &profile.Result{Identity: &identity.Identity{ID: "1", Profile: "P", Attributes: identity.Pack(schema, values)},
			Links: []profile.Link{{Account: identity.AccountKey{Source: "HR", NativeIdentity: "1"}}}}
	}
	x := &comparison{opts: Options{}}
	x.collect = newCollector(&x.opts, nil)
	b, a := result(), result()
	if n := testing.AllocsPerRun(100, func() {
		if err := x.together(b, a); err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
	if x.collect.report.Totals.People != 0 {
		t.Error("somebody changed")
	}
}
