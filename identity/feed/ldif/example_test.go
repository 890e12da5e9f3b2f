package ldif_test

import (
	"context"
	"fmt"
	"log"
	"testing/fstest"

	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/feed/ldif"
)

// The output of a directory tool, as accounts.
func Example() {
	files := fstest.MapFS{"staff.ldif": {Data: []byte(`dn: cn=Ann Lee,ou=staff,dc=example
objectClass: person
cn: Ann Lee
mail: ann@example.com
mail: lee@example.com
`)}}
	f, err := ldif.Open(files, "staff.ldif", feed.Options{Name: "Directory"})
	if err != nil {
		log.Fatal(err)
	}

	for a, err := range f.Accounts(context.Background()) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(a.NativeIdentity, a.Attributes.Get("mail"))
	}
	// Output:
	// cn=Ann Lee,ou=staff,dc=example ["ann@example.com" "lee@example.com"]
}
