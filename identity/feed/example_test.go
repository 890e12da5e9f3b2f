package feed_test

import (
	"context"
	"fmt"
	"testing/fstest"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/feed"
)

func ExampleOpen() {
	files := fstest.MapFS{"accounts/HR.csv": {Data: []byte("number,login,groups,created\n1042,ann,Staff;Admins,2024-05-31\n,nobody,,\n")}}
	hr, err := feed.Open(files, "accounts/HR.csv", feed.Options{
		NativeIdentity: "number", DisplayName: "login", Separator: ";",
		Attributes: []feed.Attribute{{Name: "number"}, {Name: "login"}, {Name: "groups", Multi: true}},
		OnFinding:  func(d diag.Diagnostic) { fmt.Println(d) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for a, err := range hr.Accounts(context.Background()) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(a.Key(), a.Name, a.Created.Year(), a.Attributes.Get("groups"))
	}
	fmt.Println("refused:", hr.Refused())
	// Output:
	// HR/1042 ann 2024 ["Staff" "Admins"]
	// accounts/HR.csv:3:1: error account-id-missing: the row has no account id (column "number"); it is left out
	// refused: 1
}

func ExampleSlice() {
	source := feed.Slice("HR", identity.Account{NativeIdentity: "1"}, identity.Account{NativeIdentity: "2"})
	for a, err := range source.Accounts(context.Background()) {
		fmt.Println(a.Key(), err)
	}
	// Output:
	// HR/1 <nil>
	// HR/2 <nil>
}
