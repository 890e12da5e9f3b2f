package nonemployee_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/nonemployee"
)

// A source with two approvers, a request, and the record it leads to.
func Example() {
	ctx := context.Background()
	people := nonemployee.NewPeople([]nonemployee.Person{
		{ID: "1", Alias: "ada.admin"}, {ID: "2", Alias: "jane.doe"}, {ID: "3", Alias: "anna"}, {ID: "4", Alias: "bert"},
	}, nil)
	now := func() time.Time { return time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC) }
	service, err := nonemployee.New(ctx, nonemployee.NewMemory(), people, nonemployee.WithClock(now))
	if err != nil {
		fmt.Println(err)
		return
	}
	admin := nonemployee.Actor{ID: "1", Rights: nonemployee.Admin}
	source, err := service.Sources.Create(ctx, admin, nonemployee.SourceBody{
		Name: "Contractors", Description: "people from agencies", Owner: nonemployee.Ref{ID: "1"},
		AccountManagers: []nonemployee.Ref{{ID: "2"}}, Approvers: []nonemployee.Ref{{ID: "3"}, {ID: "4"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	request, _, err := service.Requests.Create(ctx, nonemployee.Actor{ID: "2"}, nonemployee.RecordBody{
		SourceID: source.SourceID, AccountName: "will.smith", FirstName: "Will", LastName: "Smith",
		Phone: "+1 512 555 0100", Email: "will.smith@example.com", Manager: "jane.doe",
		StartDate: "2026-02-01", EndDate: "2026-07-31",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, approver := range []string{"3", "4"} {
		if _, err := service.Approvals.Approve(ctx, nonemployee.Actor{ID: approver}, request.Items[i].ID, "fine"); err != nil {
			fmt.Println(err)
			return
		}
	}
	records, err := service.Records.List(ctx, admin, isc.Query{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range records.Items {
		fmt.Println(r.AccountName, r.EndDate.Day())
	}
	// Output:
	// will.smith 2026-07-31
}

// An import is checked as a whole; Tick stores it.
func ExampleSources_Import() {
	ctx := context.Background()
	people := nonemployee.NewPeople([]nonemployee.Person{{ID: "1", Alias: "jane.doe"}}, nil)
	service, err := nonemployee.New(ctx, nonemployee.NewMemory(), people)
	if err != nil {
		fmt.Println(err)
		return
	}
	admin := nonemployee.Actor{ID: "1", Rights: nonemployee.Admin}
	source, err := service.Sources.Create(ctx, admin, nonemployee.SourceBody{Name: "Interns", Description: "summer", Owner: nonemployee.Ref{ID: "1"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	file := "accountName,firstName,lastName,phone,email,manager,startDate,endDate\n" +
		"ida,Ida,Ito,+81 3 5555 0100,ida@example.com,jane.doe,2026-06-01,31.08.2026\n"
	_, _, err = service.Sources.Import(ctx, admin, source.ID, strings.NewReader(file))
	fmt.Println(err)
	_, plan, err := service.Sources.Import(ctx, admin, source.ID, strings.NewReader(strings.Replace(file, "31.08.2026", "2026-08-31", 1)))
	fmt.Println(plan.Created, err)
	if _, err := service.Tick(ctx, time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)); err != nil {
		fmt.Println(err)
	}
	if err := service.Sources.Export(ctx, admin, source.ID, os.Stdout, nonemployee.ExportOptions{}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// 400.1 Bad Request Content: line 2: column 8 (endDate): endDate: cannot parse "31.08.2026" as a date, expected yyyy-MM-dd or RFC 3339
	// 1 <nil>
	// accountName,firstName,lastName,phone,email,manager,startDate,endDate
	// ida,Ida,Ito,+81 3 5555 0100,ida@example.com,jane.doe,2026-06-01T00:00:00.000Z,2026-08-31T00:00:00.000Z
}

func ExampleTechnicalName() {
	name, err := nonemployee.TechnicalName("AD Last Logon Date Type")
	fmt.Println(name, err)
	// Output:
	// adLastLogonDateType <nil>
}
