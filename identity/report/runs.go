package report

import "time"

// An UncorrelatedRow is one account that belongs to no identity.
type UncorrelatedRow struct {
	Source      string
	AccountID   string
	AccountName string
	Reason      string // why no criterion linked it, for example MANUAL_FLAG_BLOCKS
	NearMiss    string // what nearly matched: case, space, leading zero, accent
	Message     string
	Created     time.Time // of the account
}

// UncorrelatedTable is the report of uncorrelated accounts.
func UncorrelatedTable(name string, rows []UncorrelatedRow) *Table {
	return UncorrelatedLayout().Table(name, rows)
}

// UncorrelatedLayout is the layout of [UncorrelatedTable].
func UncorrelatedLayout() Layout[UncorrelatedRow] {
	return Layout[UncorrelatedRow]{
		title: "Uncorrelated Accounts",
		columns: []Column{
			{Key: "source", Header: "Source", Width: 12},
			{Key: "accountId", Header: "Account ID", Kind: KindCode, Width: 16, Minor: true},
			{Key: "accountName", Header: "Account Name", Width: 14},
			{Key: "reason", Header: "Reason", Kind: KindCode, Width: 12},
			{Key: "nearMiss", Header: "Near Miss", Width: 16},
			{Key: "message", Header: "Message", Width: 20},
			{Key: "created", Header: "Created", Kind: KindTime, Width: 10},
		},
		cells: func(r UncorrelatedRow) Row {
			return Row{
				TextOrNull(r.Source), TextOrNull(r.AccountID), TextOrNull(r.AccountName), TextOrNull(r.Reason),
				TextOrNull(r.NearMiss), TextOrNull(r.Message), Time(r.Created),
			}
		},
	}
}

// An AmbiguousRow is one criterion by which one account matched several identities.
type AmbiguousRow struct {
	Source      string
	AccountID   string
	AccountName string
	Criterion   string   // identity attribute, operation, account attribute
	Value       string   // what was compared
	Candidates  []string // identity ids, sorted
	Outcome     string   // what was done in the end
	Identity    string   // the identity chosen by another criterion, when one was
}

// AmbiguousTable is the report of ambiguous matches.
func AmbiguousTable(name string, rows []AmbiguousRow) *Table {
	return AmbiguousLayout().Table(name, rows)
}

// AmbiguousLayout is the layout of [AmbiguousTable].
func AmbiguousLayout() Layout[AmbiguousRow] {
	return Layout[AmbiguousRow]{
		title: "Ambiguous Matches",
		columns: []Column{
			{Key: "source", Header: "Source", Width: 12},
			{Key: "accountId", Header: "Account ID", Kind: KindCode, Width: 14, Minor: true},
			{Key: "accountName", Header: "Account Name", Width: 12},
			{Key: "criterion", Header: "Criterion", Width: 16},
			{Key: "value", Header: "Value", Width: 12},
			{Key: "matches", Header: "Matches", Kind: KindNumber},
			{Key: "candidates", Header: "Candidates", Kind: KindCode, Width: 16, Minor: true},
			{Key: "outcome", Header: "Outcome", Kind: KindCode, Width: 10},
			{Key: "identity", Header: "Identity", Kind: KindCode, Width: 12, Minor: true},
		},
		cells: func(r AmbiguousRow) Row {
			return Row{
				TextOrNull(r.Source), TextOrNull(r.AccountID), TextOrNull(r.AccountName), TextOrNull(r.Criterion),
				TextOrNull(r.Value),
				Int(int64(len(r.Candidates))), List(r.Candidates...), TextOrNull(r.Outcome), TextOrNull(r.Identity),
			}
		},
	}
}

// A MoveRow is one identity that went from one identity profile to another.
type MoveRow struct {
	IdentityID  string
	Name        string // uid
	DisplayName string
	From        string // profile names; empty when there was or is none
	To          string
	Reason      string // PRIORITY_CHANGE, ACCOUNT_ADDED, ACCOUNT_REMOVED ...
}

// MoveTable is the report of profile moves.
func MoveTable(name string, rows []MoveRow) *Table { return MoveLayout().Table(name, rows) }

// MoveLayout is the layout of [MoveTable].
func MoveLayout() Layout[MoveRow] {
	return Layout[MoveRow]{
		title: "Identity Profile Moves",
		columns: []Column{
			{Key: "identityId", Header: "Identity ID", Kind: KindCode, Width: 16, Minor: true},
			{Key: "name", Header: "Name", Width: 12},
			{Key: "displayName", Header: "Display Name", Width: 16},
			{Key: "from", Header: "From Profile", Width: 14},
			{Key: "to", Header: "To Profile", Width: 14},
			{Key: "reason", Header: "Reason", Kind: KindCode, Width: 16},
		},
		cells: func(r MoveRow) Row {
			return Row{
				TextOrNull(r.IdentityID), TextOrNull(r.Name), TextOrNull(r.DisplayName),
				TextOrNull(r.From), TextOrNull(r.To), TextOrNull(r.Reason),
			}
		},
	}
}

// A ProfileRow is one identity profile as the list of profiles shows it.
type ProfileRow struct {
	Name            string
	Source          string // the authoritative source
	Priority        int64  // lower number, higher priority
	Identities      int64
	Exceptions      int64
	NeedsProcessing bool // status Needs Processing instead of Active
}

// ProfileTable is the list of identity profiles with exceptions, priority and status.
func ProfileTable(name string, rows []ProfileRow) *Table { return ProfileLayout().Table(name, rows) }

// ProfileLayout is the layout of [ProfileTable].
func ProfileLayout() Layout[ProfileRow] {
	return Layout[ProfileRow]{
		title: "Identity Profiles",
		columns: []Column{
			{Key: "name", Header: "Name", Width: 16},
			{Key: "source", Header: "Source", Width: 16},
			{Key: "priority", Header: "Priority", Kind: KindNumber},
			{Key: "identities", Header: "Identities", Kind: KindNumber},
			{Key: "exceptions", Header: "Exceptions", Kind: KindNumber},
			{Key: "status", Header: "Status", Width: 10},
		},
		cells: func(r ProfileRow) Row {
			status := "Active"
			if r.NeedsProcessing {
				status = "Needs Processing"
			}
			return Row{Text(r.Name), TextOrNull(r.Source), Int(r.Priority), Int(r.Identities), Int(r.Exceptions),
				Text(status)}
		},
	}
}

// A ChangeRow is one thing that differs from the last run.
type ChangeRow struct {
	IdentityProfile string
	IdentityID      string
	DisplayName     string
	Change          string // what kind of change
	Attribute       string // technical name, when an attribute changed
	Before, After   Cell   // the zero Cell is null
}

// ChangeTable is the report of changes since the last run.
func ChangeTable(name string, rows []ChangeRow) *Table {
	t := ChangeLayout().Table(name, rows)
	t.Before, t.After = "before", "after"
	return t
}

// ChangeLayout is the layout of [ChangeTable].
func ChangeLayout() Layout[ChangeRow] {
	return Layout[ChangeRow]{
		title: "Changes Since the Last Run",
		columns: []Column{
			{Key: "identityProfile", Header: "Identity Profile", Width: 12},
			{Key: "identityId", Header: "Identity ID", Kind: KindCode, Width: 16, Minor: true},
			{Key: "displayName", Header: "Display Name", Width: 16},
			{Key: "change", Header: "Change", Kind: KindCode, Width: 10},
			{Key: "attribute", Header: "Attribute", Width: 12},
			{Key: "before", Header: "Before", Width: 16},
			{Key: "after", Header: "After", Width: 16},
		},
		cells: func(r ChangeRow) Row {
			return Row{
				TextOrNull(r.IdentityProfile), TextOrNull(r.IdentityID), TextOrNull(r.DisplayName),
				TextOrNull(r.Change), TextOrNull(r.Attribute), r.Before, r.After,
			}
		},
	}
}
