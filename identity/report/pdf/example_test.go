package pdf_test

import (
	"bytes"
	"fmt"
	"time"

	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/identity/report/pdf"
)

func ExampleWrite() {
	table := report.ProfileTable("Identity Profiles", []report.ProfileRow{
		{Name: "Employees", Source: "HR", Priority: 10, Identities: 1204, Exceptions: 3},
	})
	var file bytes.Buffer
	err := pdf.Write(&file, table, pdf.Options{Created: time.Date(2026, 2, 3, 7, 30, 0, 0, time.UTC)})
	fmt.Println(string(file.Bytes()[:5]), err)
	// Output: %PDF- <nil>
}
