package correlate_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/jsondoc"
)

func exampleConfig() *correlate.Config {
	n, _ := jsondoc.Parse("ad.json", []byte(`{"attributeAssignments": [
		{"property": "employeeNumber", "value": "employeeID", "operation": "EQ"},
		{"property": "email", "value": "mail", "operation": "EQ"}]}`))
	c, found := correlate.ParseConfig(n)
	if len(found) > 0 {
		fmt.Println(found)
	}
	return c
}

func text(s string) identity.Value { return identity.StringValue(s) }

func exampleData() ([]identity.Identity, []identity.Account) {
	people := []identity.Identity{
		{ID: "ann", Alias: "ann", Attributes: identity.NewAttributes(map[string]identity.Value{"employeeNumber": text("E001"), "email": text("ann@x.org")})},
		{ID: "bob", Alias: "bob", Attributes: identity.NewAttributes(map[string]identity.Value{"employeeNumber": text("E002"), "email": text("bob@x.org")})},
	}
	accounts := []identity.Account{
		{Source: "AD", NativeIdentity: "1", Attributes: identity.NewAttributes(map[string]identity.Value{"employeeID": text("e002")})},
		{Source: "AD", NativeIdentity: "2", Attributes: identity.NewAttributes(map[string]identity.Value{"employeeID": text("E001 ")})},
		{Source: "AD", NativeIdentity: "3", Attributes: identity.NewAttributes(map[string]identity.Value{"mail": text("ANN@X.ORG")})},
	}
	return people, accounts
}

// Why did an account not correlate, and what would help?
func Example() {
	people, accounts := exampleData()
	p := correlate.PopulationOf(people)
	c, _ := correlate.Compile(exampleConfig(), correlate.Options{})

	all, err := c.Run(context.Background(), p, accounts, correlate.BulkOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	near := correlate.NewNearby(c, p)
	for i := range accounts {
		m := all.Match(i)
		fmt.Print(accounts[i].NativeIdentity, ": ", m.Method)
		if m.Identity >= 0 {
			fmt.Println(" by", m.Rule, "to", people[m.Identity].ID)
			continue
		}
		miss := near.Find(&accounts[i])[0]
		fmt.Printf(", but %q is nearly %q: %v\n", miss.AccountValue, miss.IdentityValue, miss.Differences)
	}
	effects, err := c.Effects(context.Background(), p, accounts, all, correlate.BulkOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range effects {
		if e.Fix == "spaces" {
			fmt.Println(e)
		}
	}
	// Output:
	// 1: CONFIG by config 0 to bob
	// 2: UNCORRELATED, but "E001 " is nearly "E001": [space]
	// 3: CONFIG by config 1 to ann
	// 1 account would match if config 0 (employeeNumber = employeeID) compared without extra blanks
}

func ExampleCorrelator_Explain() {
	people, accounts := exampleData()
	c := correlate.New(exampleConfig(), correlate.Options{})
	x := correlate.IndexOf(correlate.PopulationOf(people), c)
	for _, step := range c.Explain(x, &accounts[2], nil).Steps {
		fmt.Println(step.Criterion, step.Outcome, step.Keys, step.Candidates)
	}
	// Output:
	// employeeNumber = employeeID BLANK [] []
	// email = mail MATCHED [ann@x.org] [0]
	// alias = account name NOT_REACHED [] []
	// alias = account id NOT_REACHED [] []
}

func ExampleCorrelator_Decide() {
	c := correlate.New(nil, correlate.Options{})
	blocked := c.Decide(correlate.Match{Method: correlate.ByConfig, Identity: 7}, correlate.Link{Identity: -1, Manual: true}, nil)
	fmt.Println(blocked.Situation, blocked.Action, blocked.Reason)
	moved := c.Decide(correlate.Match{Method: correlate.ByConfig, Identity: 7}, correlate.Link{Identity: 3}, nil)
	fmt.Println(moved.Situation, moved.Action, moved.From, moved.To)
	// Output:
	// MANUAL_LOCKED KEEP MANUAL_FLAG_BLOCKS
	// FOUND MOVE 3 7
}

func ExampleDiffer() {
	d, near := correlate.Differ("LÓPEZ, José", "jose lopez")
	fmt.Println(d, near)
	// Output: [accent case swapped words] true
}

func ExampleTree() {
	// 0 is the head, 1 and 2 report to 0, 3 to 1; 4 and 5 to each other
	t := correlate.Tree([]int32{-1, 0, 0, 1, 5, 4})
	fmt.Println("depth", t.Depth, "reports", t.Span, "all", t.Total)
	fmt.Println("roots", t.Roots, "cycles", t.Cycles)
	// Output:
	// depth [0 1 1 2 -1 -1] reports [2 1 0 0 1 1] all [3 1 0 0 0 0]
	// roots [0] cycles [[4 5]]
}

func ExampleParseManual() {
	rows, _ := correlate.ParseManual("manual.csv", strings.NewReader("account,displayName,userName,type\n1,Ann,ann,\n2,Bob,,\n"))
	links, counts, _ := correlate.ApplyManual(rows, 0,
		func(id string) (int32, bool) { return 0, id == "1" },
		func(alias string) []int32 { return []int32{5} })
	fmt.Println(len(links), counts)
	// Output: 1 correlated 1, emptyAccount 0, emptyUsername 1, accountNotFound 0, identityNotFound 0, error 0
}
