package tenant_test

import (
	"context"
	"fmt"
	"log"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/fixture"
	"github.com/idprofile/engine/profile/tenant"
)

// What would happen if a profile were deleted, and then doing it.
func ExampleTenant_PlanDelete() {
	ctx := context.Background()
	b, _ := config.LoadFile("tenant.json", []byte(fixture.TwoProfiles))
	t := tenant.New(b, store.NewMemory(), tenant.Options{})
	person := func(id, mail string) identity.Account {
		return identity.Account{NativeIdentity: id, Attributes: identity.NewAttributes(map[string]identity.Value{
			"id": identity.StringValue(id), "mail": identity.StringValue(mail), "sn": identity.StringValue(id),
		})}
	}
	_, err := t.Aggregate(ctx, nil,
		feed.Slice("HR", person("ann", "ann@x.example"), person("bob", "bob@x.example")),
		feed.Slice("Contractors", person("c-ann", "ann@x.example")))
	if err != nil {
		log.Fatal(err)
	}

	plan, err := t.PlanDelete(ctx, "Employees")
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range plan.Reassigned {
		fmt.Println(r.Identity.Name, "moves from", r.From, "to", r.To)
	}
	for _, d := range plan.Deleted {
		fmt.Println(d.Name, "is deleted")
	}
	out, err := t.Apply(ctx, plan)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out.Status, out.Task.CompletionStatus)
	// Output:
	// ann moves from Employees to Externals
	// bob is deleted
	// 202 SUCCESS
}

// Editing a configuration: everything else stays as it was.
func ExampleBundle_PutMapping() {
	b, _ := config.LoadFile("tenant.json", []byte(fixture.TwoProfiles))
	def, _ := jsondoc.Parse("mapping", []byte(`{"type":"static","attributes":{"value":"staff"}}`))
	if err := b.PutMapping("Employees", "title", def); err != nil {
		log.Fatal(err)
	}
	err := b.Save(func(path string, data []byte) error {
		again, _ := config.LoadFile(path, data)
		fmt.Println(path, len(again.Profile("Employees").Mappings), "mappings")
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// tenant.json 4 mappings
}
