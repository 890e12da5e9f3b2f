package report_test

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/idprofile/engine/identity/report"
)

// The report of identity exceptions as a file for spreadsheets.
func Example() {
	day := time.Date(2026, 2, 3, 0, 0, 0, 0, time.UTC)
	table := report.ExceptionTable(report.ExceptionName("Employees", day), []report.ExceptionRow{{
		IdentityProfile: "Employees", Source: "HR", AccountID: "1001", DisplayName: "Anna Baker",
		Exception: "MISSING_REQUIRED", Attributes: []string{"email", "uid"},
	}})
	fmt.Println(report.ZipName(table.Name))
	var file strings.Builder
	if err := report.WriteCSV(&file, table, report.CSVOptions{NeutralizeFormulas: true}); err != nil {
		fmt.Println(err)
	}
	fmt.Print(strings.ReplaceAll(file.String(), "\r\n", "\n"))
	// Output:
	// Identity Exceptions - Employees - 2026-02-03.zip
	// Identity Profile,Source,Account ID,Account Name,Identity ID,Display Name,Exception,Attributes,Value,Conflicting Identity,Message,First Seen
	// Employees,HR,1001,,,Anna Baker,MISSING_REQUIRED,uid;email,,,,
}

func ExampleWriteText() {
	table := report.ProfileTable("Identity Profiles", []report.ProfileRow{
		{Name: "Employees", Source: "HR", Priority: 10, Identities: 1204, Exceptions: 3},
		{Name: "Partners", Source: "Partner DB", Priority: 20, NeedsProcessing: true},
	})
	if err := report.WriteText(os.Stdout, table, report.TextOptions{Width: 80}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// Identity Profiles
	//
	// Name       Source      Priority  Identities  Exceptions  Status
	// ---------  ----------  --------  ----------  ----------  ----------------
	// Employees  HR                10        1204           3  Active
	// Partners   Partner DB        20           0           0  Needs Processing
}

// A table of one's own: any columns, rows from memory or a stream.
func ExampleTable() {
	table := &report.Table{
		Name:    "sources",
		Columns: []report.Column{{Key: "source", Header: "Source"}, {Key: "accounts", Header: "Accounts", Kind: report.KindNumber}},
		Rows:    report.RowsOf(report.Row{report.Text("HR"), report.Int(12)}, report.Row{report.Text("AD"), {}}),
	}
	if err := report.WriteJSONLines(os.Stdout, table); err != nil {
		fmt.Println(err)
	}
	// Output:
	// {"source":"HR","accounts":12}
	// {"source":"AD","accounts":null}
}
