package provisioning_test

import (
	"context"
	"fmt"
	"log"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/provisioning"
)

// An account that somebody would get on a source.
func Example() {
	b, _ := config.LoadFile("source.json", []byte(`{"name":"Directory","connector":"ad","provisioningPolicies":[{"usageType":"CREATE","fields":[
	 {"name":"login","attributes":{"cloudMaxSize":"8","cloudRequired":"true"},"transform":{"type":"usernameGenerator","attributes":{
	  "last":{"type":"identityAttribute","attributes":{"name":"lastname"}},"patterns":["$last","$last${uniqueCounter}"]}}},
	 {"name":"mail","attributes":{"template":"$login@x.example"}}]}]}`))
	e, _ := profile.Compile(b, profile.Options{})
	taken := provisioning.TakenValues{}
	taken.Add("login", "Lee")
	who := &identity.Identity{ID: "1", Attributes: identity.NewAttributes(map[string]identity.Value{"lastname": identity.StringValue("lee")})}
	plan, err := provisioning.Create(context.Background(), e, "Directory", who, provisioning.Options{Taken: taken.Taken})
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range plan.Fields {
		fmt.Println(f.Name, f.Value, f.Err)
	}
	// Output:
	// login "lee1" <nil>
	// mail "lee1@x.example" <nil>
}
