package identity_test

import (
	"encoding/json"
	"fmt"

	"github.com/idprofile/engine/identity"
)

func Example() {
	account := identity.Account{
		Source: "HR", NativeIdentity: "1042",
		Attributes: identity.NewAttributes(map[string]identity.Value{
			"givenName": identity.StringValue("Ann"),
			"level":     identity.IntValue(7),
			"groups":    identity.StringsValue("Staff", "Admins"),
		}),
	}
	fmt.Println(account.Key())
	fmt.Println(account.Attributes.Get("groups").Text())
	fmt.Println(account.Attributes.Get("absent").IsNull())
	text, err := json.Marshal(account.Attributes)
	fmt.Println(string(text), err)
	// Output:
	// HR/1042
	// [Staff, Admins]
	// true
	// {"givenName":"Ann","groups":["Staff","Admins"],"level":7} <nil>
}

func ExamplePacker() {
	schema := identity.NewSchema("id", "groups", "mail")
	var p identity.Packer
	for _, id := range []string{"1", "2"} {
		p.Text(id)
		p.List()
		p.Item("Staff")
		p.Null()
		for name, v := range p.Pack(schema).All() {
			fmt.Println(name, v)
		}
	}
	// Output:
	// id "1"
	// groups ["Staff"]
	// id "2"
	// groups ["Staff"]
}

func ExampleFold() {
	fmt.Println(identity.Fold("ÉMILE") == identity.Fold("émile"))
	// Output: true
}
