package nerm_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/idprofile/engine/identity/nerm"
	"github.com/idprofile/engine/identity/nerm/nermtest"
)

func Example() {
	tenant := &nermtest.Tenant{
		Key:          "secret",
		ProfileTypes: []nermtest.Object{{"id": "79ed1cb6-9977-4965-9bfe-f2bcc242523e", "uid": "contractors", "category": "non-employee"}},
		Attributes:   []nermtest.Object{{"uid": "company"}},
		Profiles: []nermtest.Object{
			{"id": "1", "name": "Ann Archer", "profile_type_id": "79ed1cb6-9977-4965-9bfe-f2bcc242523e", "attributes": nermtest.Object{"company": "Acme"}},
			{"id": "2", "name": "Bob Baker", "profile_type_id": "79ed1cb6-9977-4965-9bfe-f2bcc242523e", "archived": true},
		},
	}
	server := httptest.NewServer(tenant)
	defer server.Close()

	source, err := nerm.New(nerm.Config{
		Name: "Contractors", Owner: "jsmith", APIKey: nerm.NewSecret("secret"), TenantDomain: server.URL,
		ProfileTypeID: "contractors", Attributes: []nerm.Attribute{{Name: "company"}},
	}, http.DefaultClient)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	if _, err := source.Test(ctx); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("may be authoritative:", len(source.CheckAuthoritative()) == 0)
	for account, err := range source.Accounts(ctx) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(account.NativeIdentity, account.Name, account.Attributes.Get("company").Text())
	}
	// Output:
	// may be authoritative: true
	// 1 Ann Archer Acme
}

func ExampleConfig_Check() {
	config := nerm.Config{
		Name: "Contractors", TenantDomain: "http://acme.nonemployee.com", APIKey: nerm.NewSecret("Bearer abc"),
		ProfileTypeID: "contractors", Attributes: []nerm.Attribute{{Name: "id"}, {Name: "start", Type: "DATE"}},
	}
	for _, finding := range config.Check() {
		fmt.Println(finding.Code, "-", finding.Message)
	}
	// Output:
	// nerm-required - no value, expected one
	// nerm-api-key - the key contains a space or a character that cannot be sent
	// nerm-tenant-domain - scheme is http, expected https
	// nerm-default-attribute - attribute "id": default attribute cannot be edited or deleted
	// nerm-type - type is "DATE", expected String
}

func ExampleReadUsers() {
	const file = "name,email,login,user_role,department\nAnn Archer,ann@acme.example,aarcher,Sponsor,Facilities\n"
	employees, findings := nerm.ReadUsers(strings.NewReader(file), nerm.UserFile{ProfileTypeID: "t1"})
	fmt.Println(len(findings), "findings")
	requests, err := nerm.Requests(employees)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range requests {
		fmt.Println(r.Method, r.Path, string(r.Body))
	}
	// Output:
	// 0 findings
	// POST /profile {"profile":{"profile_type_id":"t1","status":"Active","attributes":{"department":"Facilities"}}}
	// POST /user {"user":{"type":"NeprofileUser","name":"Ann Archer","email":"ann@acme.example","status":"Active","login":"aarcher"}}
}
