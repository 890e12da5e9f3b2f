package preview

import (
	"strconv"

	"github.com/idprofile/engine/identity/report"
)

// Table returns the examples of what differs as a report: one row for an attribute of an
// identity, with how the values differ.
func (v *Verification) Table() *report.Table {
	t := &report.Table{
		Name: "differences", Title: "Differences from the tenant",
		Meta: []report.Meta{
			{Key: "matched", Label: "Matched identities", Value: strconv.Itoa(v.Matched)},
			{Key: "agreeing", Label: "Agree in everything", Value: strconv.Itoa(v.Agreeing)},
			{Key: "onlyOurs", Label: "Only ours", Value: strconv.Itoa(v.Ours - v.Matched)},
			{Key: "onlyTheirs", Label: "Only the tenant's", Value: strconv.Itoa(v.Theirs - v.Matched)},
		},
		Columns: []report.Column{
			{Key: "attribute", Header: "Attribute", Width: 16},
			{Key: "pattern", Header: "How", Width: 18},
			{Key: "identity", Header: "Identity", Width: 16},
			{Key: "ours", Header: "Ours", Width: 20},
			{Key: "theirs", Header: "Theirs", Width: 20},
			{Key: "error", Header: "Error", Width: 20},
		},
	}

	// One row for each example, since everybody would be too many.
	var rows []report.Row
	for _, a := range v.Attributes {
		for _, e := range a.Examples {
			how := "only ours"
			switch {
			case e.Pattern != nil:
				how = e.Pattern.String()
			case e.Ours.IsNull():
				how = "only theirs"
			}

			rows = append(rows, report.Row{report.Text(a.Name), report.Text(how), report.Text(e.Name),
				report.Text(show(e.Ours)), report.Text(show(e.Theirs)), report.TextOrNull(e.Error)})
		}
	}

	t.Rows = report.RowsOf(rows...)
	return t
}

// First returns the attribute and the identity of the first example of what differs; nil: nothing does.
func (v *Verification) First() (attribute string, example *Disagreement) {
	for _, a := range v.Attributes {
		if len(a.Examples) > 0 && a.Name != profileName {
			return a.Name, &a.Examples[0]
		}
	}

	return "", nil
}
