package preview_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/preview"
)

// bundleOf is a tenant with one profile; the domain of mail addresses differs.
func bundleOf(domain string) *config.Bundle {
	b, _ := config.LoadFile("tenant.json", fmt.Appendf(nil, `[
{"name": "HR", "connector": "delimited"},
{"name": "Employees", "priority": 10, "authoritativeSource": {"type": "SOURCE", "name": "HR"},
 "identityAttributeConfig": {"enabled": true, "attributeTransforms": [
  {"identityAttributeName": "uid", "transformDefinition": {"type": "accountAttribute", "attributes": {"sourceName": "HR", "attributeName": "login"}}},
  {"identityAttributeName": "lastname", "transformDefinition": {"type": "accountAttribute", "attributes": {"sourceName": "HR", "attributeName": "name"}}},
  {"identityAttributeName": "email", "transformDefinition": {"type": "concat", "attributes": {"values": [
   {"type": "accountAttribute", "attributes": {"sourceName": "HR", "attributeName": "login"}}, "@%s"]}}}]}}]`, domain))
	return b
}

func Example() {
	person := func(login, name string) identity.Account {
		return identity.Account{NativeIdentity: login, Attributes: identity.NewAttributes(map[string]identity.Value{
			"login": identity.StringValue(login), "name": identity.StringValue(name)})}
	}
	hr := feed.Slice("HR", person("alee", "Lee"), person("bfox", "Fox"))
	report, err := preview.Compare(context.Background(), bundleOf("old.example"), bundleOf("new.example"),
		preview.Options{Run: profile.RunOptions{Now: time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC)}}, hr)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = report.WriteText(os.Stdout, nil)
	gate := preview.Gate{Frozen: []string{"uid"}, MaxChanges: &preview.Limit{Value: 10, Percent: true}}
	fmt.Println(gate.Check(report))
	// Output:
	// now is 2026-01-15T09:00:00Z; evaluated: email
	//
	// 2 of 2 people change (100.0 %).
	//        2  value changed
	//
	//   identities                        2 → 2
	//   identities with exceptions        0 → 0
	//   identities with errors            0 → 0
	//   uncorrelated accounts             0 → 0
	//
	// What differs in the configuration
	//   [1] mapping "Employees" > email changed
	//       tenant.json:8:96  attributes.values[1]: "@old.example" → "@new.example"
	//
	// Attributes                  set  changed  cleared  errors  errors gone
	//   email                       -        2        -       -            -
	//
	// What changes for people
	//   2 × value changed: email, mail domain: old.example → new.example  [1]
	//       alee          "alee@old.example" → "alee@new.example"
	//       bfox          "bfox@old.example" → "bfox@new.example"
	// [maxChanges: 2 of 2, allowed are 10%]
}
