package rule_test

import (
	"context"
	"fmt"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/rule"
)

func ExampleNew() {
	short, err := rule.New("Short Name", `substr(lower(input), 0, args.length)`, rule.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := short(context.Background(), transform.RuleCall{
		Input: identity.StringValue("Kowalski"),
		Args:  map[string]identity.Value{"length": identity.IntValue(4)},
	})
	fmt.Println(v, err)

	_, err = rule.New("Broken", "lower(input) ==", rule.Limits{})
	fmt.Println(err)
	// Output:
	// "kowa" <nil>
	// rule "Broken", line 1, column 15: unexpected token EOF
}

func ExampleProgram_Bool() {
	p, err := rule.Compile("same person", `account.sn == identity.lastname && account.type != "service"`,
		rule.Names{Objects: []string{"account", "identity"}}, rule.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Reads())
	// Output: [{account sn} {account type} {identity lastname}]
}
