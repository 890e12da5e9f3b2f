package correlate

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity/diag"
)

// ManualRow is one row of a manual correlation file: an account and the identity
// that people say it belongs to.
type ManualRow struct {
	Line              int
	Account           string // account id
	DisplayName, Type string
	UserName          string // alias of the identity
}

// ParseManual reads a manual correlation file: CSV with the header
// account,displayName,userName,type in any order and case; only account and
// userName are needed. The file name serves messages. Findings are
// manual-header (error; no rows) and manual-row (error) for rows that cannot be
// read, which are left out.
//
// Source: DECISION 33.
func ParseManual(file string, r io.Reader) ([]ManualRow, diag.List) {
	var found diag.Collector

	// Rows may have any number of fields; what is missing is reported by what it makes impossible,
	// with the line.
	in := csv.NewReader(r)
	in.FieldsPerRecord = -1
	header, err := in.Read()
	if err != nil {
		found.Addf(diag.Error, codeManualHeader, diag.Pos{File: file, Line: 1, Column: 1},
			"no header, expected account,displayName,userName,type: %v", err)
		return nil, found.List()
	}

	columns := manualColumns(file, header, &found)
	if found.HasErrors() {
		return nil, found.List()
	}
	var rows []ManualRow
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return rows, found.List()
		}
		var bad *csv.ParseError

		// One bad row is left out and reading goes on, since such files are edited by hand. Another
		// error is the file's end.
		if errors.As(err, &bad) {
			found.Addf(diag.Error, codeManualRow, diag.Pos{File: file, Line: bad.StartLine, Column: bad.Column}, "%v", bad.Err)
			continue
		} else if err != nil {
			found.Addf(diag.Error, codeManualRow, diag.Pos{File: file}, "%v", err)
			return rows, found.List()
		}

		line, _ := in.FieldPos(0)
		cell := func(name string) string {
			if i, ok := columns[name]; ok && i < len(record) {
				return strings.TrimSpace(record[i])
			}
			return ""
		}

		rows = append(rows, ManualRow{Line: line, Account: cell("account"), DisplayName: cell("displayname"),
			Type: cell("type"), UserName: cell("username")})
	}
}

// manualColumns finds the columns of a header.
func manualColumns(file string, header []string, found *diag.Collector) map[string]int {
	columns := map[string]int{}
	for i, name := range header {
		columns[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))] = i
	}
	for _, need := range []string{"account", "username"} {
		if _, ok := columns[need]; !ok {
			found.Addf(diag.Error, codeManualHeader, diag.Pos{File: file, Line: 1, Column: 1},
				"no column %q, expected account,displayName,userName,type", need)
		}
	}

	return columns
}

// ManualCounts are the outcomes of a manual correlation, by the vendor's names.
type ManualCounts struct {
	Correlated       int `json:"correlated"`
	EmptyAccount     int `json:"emptyAccount"`
	EmptyUsername    int `json:"emptyUsername"`
	AccountNotFound  int `json:"accountNotFound"`
	IdentityNotFound int `json:"identityNotFound"`
	Error            int `json:"error"`
}

// ManualLink is a link that a file makes.
type ManualLink struct {
	Row      ManualRow
	Account  int32
	Identity int32
}

// ApplyManual looks up what the rows name. Account gives the number of an account
// by its id; identity the identities with an alias, as [Index.Find] does. Bad is
// how many rows could not be read. Several identities with one alias are an
// error; of two rows for one account the last counts. Nothing is changed: the
// caller sets the links, with manuallyCorrelated. Findings are manual-row.
func ApplyManual(rows []ManualRow, bad int, account func(id string) (int32, bool),
	identity func(alias string) []int32) ([]ManualLink, ManualCounts, diag.List) {
	var links []ManualLink
	var found diag.Collector
	counts := ManualCounts{Error: bad}
	at := map[int32]int{}

	// The counts are those of the vendor's task result, where a row is counted by the first thing that
	// is wrong with it.
	for _, row := range rows {
		if row.Account == "" {
			counts.EmptyAccount++
			continue
		} else if row.UserName == "" {
			counts.EmptyUsername++
			continue
		}

		a, ok := account(row.Account)
		if !ok {
			counts.AccountNotFound++
			continue
		}

		switch people := identity(row.UserName); len(people) {
		case 0:
			counts.IdentityNotFound++
		case 1:
			counts.Correlated++

			// The last row wins, as if each were carried out in turn.
			if i, again := at[a]; again {
				found.Addf(diag.Warning, codeManualRow, diag.Pos{Line: row.Line, Column: 1},
					"account %q occurs again; this row replaces line %d", row.Account, links[i].Row.Line)
				links[i] = ManualLink{Row: row, Account: a, Identity: people[0]}
				continue
			}

			at[a] = len(links)
			links = append(links, ManualLink{Row: row, Account: a, Identity: people[0]})

		default:
			counts.Error++
			found.Addf(diag.Error, codeManualRow, diag.Pos{Line: row.Line, Column: 1},
				"%d identities are called %q, expected one", len(people), row.UserName)
		}
	}

	return slices.Clip(links), counts, found.List()
}

// String lists the counts as the vendor's task result does.
func (c ManualCounts) String() string {
	return fmt.Sprintf("correlated %d, emptyAccount %d, emptyUsername %d, accountNotFound %d, identityNotFound %d, error %d",
		c.Correlated, c.EmptyAccount, c.EmptyUsername, c.AccountNotFound, c.IdentityNotFound, c.Error)
}
