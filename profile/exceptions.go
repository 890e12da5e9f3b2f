package profile

import (
	"strings"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile/config"
)

// ExceptionRows returns the rows of a result for the exception report; none when
// the identity has no exceptions. FirstSeen is when they were found first.
//
// Source: DECISION 38.
func ExceptionRows(r *Result, firstSeen time.Time) []report.ExceptionRow {
	var rows []report.ExceptionRow
	for _, e := range r.Exceptions {
		rows = append(rows, report.ExceptionRow{
			IdentityProfile: r.Identity.Profile, Source: r.Account.Source, AccountID: r.Account.NativeIdentity, AccountName: accountName(r),
			IdentityID: r.Identity.ID, DisplayName: DisplayName(r.Identity), Exception: e.Code, Attributes: e.Attributes,
			Value: e.Value, ConflictingIdentity: e.Conflicting, Message: e.Message, FirstSeen: firstSeen,
		})
	}

	return rows
}

// accountName returns the name of the authoritative account.
func accountName(r *Result) string {
	for i := range r.Identity.Accounts {
		if a := &r.Identity.Accounts[i]; a.Key() == r.Account {
			return a.DisplayName()
		}
	}

	return ""
}

// IncompleteRow returns the row of a result for the list of incomplete
// identities; ok is false for a complete one.
//
// Source: DECISION 56.
func IncompleteRow(r *Result, lastRefresh time.Time) (row report.IncompleteRow, ok bool) {
	missing := Incomplete(r.Identity)
	return report.IncompleteRow{
		IdentityProfile: r.Identity.Profile, Source: r.Account.Source, AccountID: r.Account.NativeIdentity, IdentityID: r.Identity.ID,
		Name: r.Identity.Attribute(config.AttrUID).Text(), DisplayName: DisplayName(r.Identity), Missing: missing,
		ProcessingState: ProcessingState(r.Errors), LastRefresh: lastRefresh,
	}, len(missing) > 0
}

// NoManagerRow returns the row of a result for the report of identities without
// managers; ok is false for one who has a manager.
//
// Source: correlate/DECISIONS.md, DECISION 5.
func (e *Engine) NoManagerRow(r *Result) (row report.NoManagerRow, ok bool) {
	row = report.NoManagerRow{
		IdentityProfile: r.Identity.Profile, IdentityID: r.Identity.ID, Name: r.Identity.Attribute(config.AttrUID).Text(),
		DisplayName: DisplayName(r.Identity), LifecycleState: r.Identity.Lifecycle.State, ManagerValue: r.Manager.Value, Reason: r.Manager.State,
	}
	if c := e.profile(r.Identity.Profile); c != nil && c.source.Manager != nil {
		row.Source = c.source.Name
	}
	if row.Reason == "" {
		row.Reason, row.Message = "NOT_ASKED_FOR",
			"the mapped value of manager is null, or no source has a manager correlation"
	}
	return row, r.Identity.ManagerID == ""
}

// MoveRow returns the row of a result for the report of profile moves; ok is
// false for one who stayed.
//
// Source: DECISION 54.
func MoveRow(r *Result) (row report.MoveRow, ok bool) {
	if r.Move == nil {
		return report.MoveRow{}, false
	}
	return report.MoveRow{
		IdentityID: r.Identity.ID, Name: r.Identity.Attribute(config.AttrUID).Text(), DisplayName: DisplayName(r.Identity),
		From: r.Move.From, To: r.Move.To, Reason: r.Move.Reason,
	}, true
}

// What a row of the report of changes is about.
const (
	ChangeCreated   = "IDENTITY_CREATED"  // after: the account that made it
	ChangeOrphaned  = "IDENTITY_ORPHANED" // no authoritative account is left
	ChangeMoved     = "PROFILE_MOVED"
	ChangeAttribute = "ATTRIBUTE_CHANGED"
	ChangeState     = "STATE_ENTERED" // a lifecycle state
)

// ChangeRows returns the rows of a result for the report of changes since the
// last run. Of a new identity the attributes are not listed.
func ChangeRows(r *Result) []report.ChangeRow {
	var rows []report.ChangeRow
	add := func(change, attribute string, before, after report.Cell) {
		rows = append(rows, report.ChangeRow{
			IdentityProfile: r.Identity.Profile, IdentityID: r.Identity.ID, DisplayName: DisplayName(r.Identity),
			Change: change, Attribute: attribute, Before: before, After: after,
		})
	}

	switch {
	case r.Created:
		add(ChangeCreated, "", report.Cell{}, report.Text(r.Account.String()))
		return rows
	case r.Orphaned && r.Changed:
		add(ChangeOrphaned, "", report.Cell{}, report.Cell{})
	}

	if r.Move != nil {
		add(ChangeMoved, "", report.TextOrNull(r.Move.From), report.TextOrNull(r.Move.To))
	}
	for _, c := range r.Changes {
		add(ChangeAttribute, c.Attribute, cellOf(c.OldValue), cellOf(c.NewValue))
	}
	if r.Lifecycle.Entered {
		add(ChangeState, "", report.TextOrNull(r.Lifecycle.Previous), report.Text(r.Lifecycle.State))
	}
	return rows
}

// cellOf shows a value in a report.
func cellOf(v identity.Value) report.Cell {
	switch v.Kind() {
	case identity.Null:
		return report.Cell{}
	case identity.List:
		var items []string
		for _, item := range v.List() {
			items = append(items, item.Text())
		}
		return report.List(items...)
	}

	return report.Text(v.Text())
}

// UncorrelatedRow returns the row of an account without identity for the report
// of uncorrelated accounts. It shares no memory with the run.
func UncorrelatedRow(a *identity.Account, u *Unlinked) report.UncorrelatedRow {
	row := report.UncorrelatedRow{
		Source: strings.Clone(a.Source), AccountID: strings.Clone(a.NativeIdentity), AccountName: strings.Clone(a.DisplayName()),
		Reason: u.Reason, Created: a.Created,
	}
	if len(u.Ambiguous) > 0 {
		row.Message = "matches the identities " + strings.Join(u.Ambiguous, ", ")
	}
	return row
}

func IdentityRef(i *identity.Identity) config.Ref {
	return config.Ref{Type: "IDENTITY", ID: i.ID, Name: DisplayName(i)}
}

// DisplayName returns the name an identity is shown by.
func DisplayName(i *identity.Identity) string {
	if v := i.Attribute("displayName").Text(); v != "" {
		return v
	}
	return i.Alias
}

// Processing states and statuses of an identity.
//
// Source: DECISION 56.
const (
	ProcessingOK    = "OK"
	ProcessingError = "ERROR"
)

// Incomplete returns the required attributes that a stored identity misses.
func Incomplete(i *identity.Identity) []string {
	var names []string
	for _, name := range required {
		if isMissing(i.Attribute(name), true) {
			names = append(names, name)
		}
	}

	return names
}

func ProcessingState(errs []AttributeError) string {
	if len(errs) > 0 {
		return ProcessingError
	}
	return ProcessingOK
}
