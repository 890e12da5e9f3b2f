package report

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// ExceptionName is the default name of an exception report. The date is written as it is in its
// own time zone. Source: profile/DECISIONS.md, DECISION 38.
func ExceptionName(profile string, date time.Time) string {
	return "Identity Exceptions - " + profile + " - " + date.Format(time.DateOnly)
}

// An ExceptionRow is one exception of one account. Empty texts, a zero time and an empty trace
// are null.
type ExceptionRow struct {
	IdentityProfile     string
	Source              string
	AccountID           string
	AccountName         string
	IdentityID          string
	DisplayName         string
	Exception           string          // MISSING_REQUIRED or DUPLICATE_UID
	Attributes          []string        // technical names, in any order
	Value               string          // the value that is in conflict
	ConflictingIdentity string          // who holds it
	Message             string          // for people
	FirstSeen           time.Time       // first processing that found it
	Trace               json.RawMessage // how the values came about; in JSON only
}

// ExceptionTable is the report of identity exceptions: one row for each account and exception
// code, attributes in the order uid, email, lastname, others after them. Source: profile/DECISIONS.md, DECISION 38.
func ExceptionTable(name string, rows []ExceptionRow) *Table {
	return ExceptionLayout().Table(name, rows)
}

// ExceptionLayout is the layout of [ExceptionTable].
func ExceptionLayout() Layout[ExceptionRow] {
	return Layout[ExceptionRow]{
		// Keys and order are read by machines: new columns go to the end. Minor columns are the first
		// to go where there is no room.
		title: "Identity Exceptions",
		columns: []Column{
			{Key: "identityProfile", Header: "Identity Profile", Width: 9},
			{Key: "source", Header: "Source", Width: 8},
			{Key: "accountId", Header: "Account ID", Kind: KindCode, Width: 8, Minor: true},
			{Key: "accountName", Header: "Account Name", Width: 8},
			{Key: "identityId", Header: "Identity ID", Kind: KindCode, Width: 8, Minor: true},
			{Key: "displayName", Header: "Display Name", Width: 8},
			{Key: "exception", Header: "Exception", Kind: KindCode, Width: 8},
			{Key: "attributes", Header: "Attributes", Width: 8},
			{Key: "value", Header: "Value", Width: 8},
			{Key: "conflictingIdentity", Header: "Conflicting Identity", Kind: KindCode, Width: 11, Minor: true},
			{Key: "message", Header: "Message", Width: 12},
			{Key: "firstSeen", Header: "First Seen", Kind: KindTime, Width: 10},
			{Key: "trace", Header: "Trace", Detail: true},
		},
		cells: func(r ExceptionRow) Row {
			return Row{
				TextOrNull(r.IdentityProfile), TextOrNull(r.Source), TextOrNull(r.AccountID), TextOrNull(r.AccountName),
				TextOrNull(r.IdentityID), TextOrNull(r.DisplayName), TextOrNull(r.Exception),
				List(attributeOrder(r.Attributes)...),
				TextOrNull(r.Value), TextOrNull(r.ConflictingIdentity), TextOrNull(r.Message), Time(r.FirstSeen),
				JSON(r.Trace),
			}
		},
	}
}

// attributeOrder sorts a copy: uid, email, lastname, then the others as given.
// Technical names are compared without regard to case: lastName is lastname.
func attributeOrder(names []string) []string {
	required := []string{"uid", "email", "lastname"}
	rank := func(name string) int {
		if i := slices.Index(required, strings.ToLower(name)); i >= 0 {
			return i
		}
		return len(required)
	}

	sorted := slices.Clone(names)
	slices.SortStableFunc(sorted, func(a, b string) int { return rank(a) - rank(b) })
	return sorted
}

// An IncompleteRow is one identity without all required attributes.
type IncompleteRow struct {
	IdentityProfile string
	Source          string // the authoritative source
	AccountID       string // the account that made the identity
	IdentityID      string
	Name            string // uid, when there is one
	DisplayName     string
	Missing         []string // technical names, in any order
	ProcessingState string   // OK or ERROR
	LastRefresh     time.Time
}

// IncompleteTable is the report of incomplete identities.
func IncompleteTable(name string, rows []IncompleteRow) *Table {
	return IncompleteLayout().Table(name, rows)
}

// IncompleteLayout is the layout of [IncompleteTable].
func IncompleteLayout() Layout[IncompleteRow] {
	return Layout[IncompleteRow]{
		title: "Incomplete Identities",
		columns: []Column{
			{Key: "identityProfile", Header: "Identity Profile", Width: 12},
			{Key: "source", Header: "Source", Width: 12},
			{Key: "accountId", Header: "Account ID", Kind: KindCode, Width: 12, Minor: true},
			{Key: "identityId", Header: "Identity ID", Kind: KindCode, Width: 12, Minor: true},
			{Key: "name", Header: "Name", Width: 10},
			{Key: "displayName", Header: "Display Name", Width: 12},
			{Key: "missing", Header: "Missing Attributes", Width: 10},
			{Key: "processingState", Header: "Processing State", Kind: KindCode, Width: 10},
			{Key: "lastRefresh", Header: "Last Refresh", Kind: KindTime, Width: 10},
		},
		cells: func(r IncompleteRow) Row {
			return Row{
				TextOrNull(r.IdentityProfile), TextOrNull(r.Source), TextOrNull(r.AccountID), TextOrNull(r.IdentityID),
				TextOrNull(r.Name),
				TextOrNull(r.DisplayName), List(attributeOrder(r.Missing)...), TextOrNull(r.ProcessingState),
				Time(r.LastRefresh),
			}
		},
	}
}

// A NoManagerRow is one identity without a manager.
type NoManagerRow struct {
	IdentityProfile string
	IdentityID      string
	Name            string // uid
	DisplayName     string
	LifecycleState  string
	Source          string   // the source whose manager correlation was used
	ManagerValue    string   // the account value that should name the manager
	Reason          string   // MANAGER_NOT_FOUND, MANAGER_AMBIGUOUS, MANAGER_SELF ...
	Candidates      []string // identities that matched, when there were several
	Message         string
}

// NoManagerTable is the report of identities without managers.
func NoManagerTable(name string, rows []NoManagerRow) *Table {
	return NoManagerLayout().Table(name, rows)
}

// NoManagerLayout is the layout of [NoManagerTable].
func NoManagerLayout() Layout[NoManagerRow] {
	return Layout[NoManagerRow]{
		title: "Identities Without Managers",
		columns: []Column{
			{Key: "identityProfile", Header: "Identity Profile", Width: 12},
			{Key: "identityId", Header: "Identity ID", Kind: KindCode, Width: 12, Minor: true},
			{Key: "name", Header: "Name", Width: 10},
			{Key: "displayName", Header: "Display Name", Width: 12},
			{Key: "lifecycleState", Header: "Lifecycle State", Width: 9},
			{Key: "source", Header: "Source", Width: 10},
			{Key: "managerValue", Header: "Manager Value", Width: 10},
			{Key: "reason", Header: "Reason", Kind: KindCode, Width: 12},
			{Key: "candidates", Header: "Candidates", Width: 12, Minor: true},
			{Key: "message", Header: "Message", Width: 16},
		},
		cells: func(r NoManagerRow) Row {
			return Row{
				TextOrNull(r.IdentityProfile), TextOrNull(r.IdentityID), TextOrNull(r.Name), TextOrNull(r.DisplayName),
				TextOrNull(r.LifecycleState),
				TextOrNull(r.Source), TextOrNull(r.ManagerValue), TextOrNull(r.Reason), List(r.Candidates...),
				TextOrNull(r.Message),
			}
		},
	}
}
