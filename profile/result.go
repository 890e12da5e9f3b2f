package profile

import (
	"slices"
	"time"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
)

// Result is what a run gives for one identity. It shares no memory with the run.
type Result struct {
	Identity *identity.Identity // with its new attributes, profile, accounts, manager
	// Account is the account that ties the identity to its profile; the zero
	// key when it has no authoritative account.
	Account identity.AccountKey

	Changed  bool  // something that a store keeps is not as it was
	Created  bool  // nothing was stored of it before the run
	Orphaned bool  // it has no authoritative account; profile and attributes are the stored ones
	Move     *Move // from another profile; nil: none

	Changes    []Change
	Exceptions []Exception
	Errors     []AttributeError
	Manager    ManagerResult
	Lifecycle  LifecycleResult
	Links      []Link   // how each account was linked, in the order of Identity.Accounts
	Warnings   []string // characters of the uid that sign-in may refuse, and the like

	renew  *time.Time // only the evaluation is to be stored; when the identity was modified
	number int32      // of the identity in the run
}

// Clone returns a copy that holds whatever happens to r.
func (r *Result) Clone() *Result {
	c := *r
	c.Identity = r.Identity.Clone()
	c.Changes, c.Exceptions, c.Errors = slices.Clone(r.Changes), slices.Clone(r.Exceptions), slices.Clone(r.Errors)
	c.Links, c.Warnings = slices.Clone(r.Links), slices.Clone(r.Warnings)
	return &c
}

// Incomplete reports whether the identity misses a required attribute.
func (r *Result) Incomplete() bool { return len(r.Exceptions) > 0 }

// Change is a changed attribute, in the shape of the vendor's event.
type Change struct {
	Attribute string         `json:"attribute"`
	OldValue  identity.Value `json:"oldValue"`
	NewValue  identity.Value `json:"newValue"`
}

// Exception codes.
//
// Source: DECISION 37.
const (
	MissingRequired = "MISSING_REQUIRED"
	DuplicateUID    = "DUPLICATE_UID"
)

// Exception is an identity exception.
type Exception struct {
	Code       string
	Attributes []string // missing ones in the order uid, email, lastname; or uid
	Value      string   // the uid that is taken
	// Conflicting is the identity id of the one that holds the uid.
	Conflicting string
	Message     string
}

// AttributeError says why an attribute has no new value.
type AttributeError struct {
	Attribute string
	Err       error
}

// Error returns the attribute and the cause.
func (e AttributeError) Error() string { return e.Attribute + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e AttributeError) Unwrap() error { return e.Err }

// ManagerResult says how the manager was found.
type ManagerResult struct {
	State string // empty: not asked for; see the Manager constants
	ID    string // identity id
	Name  string
	Value string // the account value that was looked up
	// Attribute is the account attribute that names the manager, when nobody was
	// found because no account has it.
	Attribute string
}

// Outcomes of manager correlation.
//
// Source: correlate/DECISIONS.md, DECISION 5.
const (
	ManagerResolved  = "MANAGER_RESOLVED"
	ManagerNotFound  = "MANAGER_NOT_FOUND"
	ManagerAmbiguous = "MANAGER_AMBIGUOUS"
	ManagerSelf      = "MANAGER_SELF"
)

// LifecycleStatus says what the value of cloudLifecycleState means.
type LifecycleStatus string

// Lifecycle statuses.
//
// Source: DECISION 58.
const (
	LifecycleActive    LifecycleStatus = "Active"
	LifecycleNotSet    LifecycleStatus = "Not Set"
	LifecycleNotValid  LifecycleStatus = "Not Valid"
	LifecycleWrongCase LifecycleStatus = "Does Not Match Technical Name Case"
	LifecycleDisabled  LifecycleStatus = "Disabled"
	// LifecycleUnknown: no file describes the states of the profile, and the value
	// is neither of the two that every profile has.
	LifecycleUnknown LifecycleStatus = "Unknown"
)

// LifecycleResult is the lifecycle state of an identity.
type LifecycleResult struct {
	Value  string // as evaluated
	State  string // technical name of the state that applies; empty: none
	Status LifecycleStatus

	Manual   bool   // the state was set by hand and still holds
	Previous string // the state before the run
	Entered  bool   // the state is new: its actions are due
	FromNull bool   // nothing was stored before, where a tenant fires no event
}

// Link says how an account came to its identity.
type Link struct {
	Account   identity.AccountKey
	Method    correlate.Method
	Criterion int  // of CONFIG, from 0
	New       bool // the account was not known before the run
}

// Move is a change of profile.
//
// Source: DECISION 54.
type Move struct{ From, To, Reason string }

// Reasons of a [Move].
const (
	PriorityChange    = "PRIORITY_CHANGE"
	AccountAdded      = "ACCOUNT_ADDED"
	AccountRemoved    = "ACCOUNT_REMOVED"
	ProfileCreated    = "PROFILE_CREATED"
	ProfileDeleted    = "PROFILE_DELETED"
	ManualCorrelation = "MANUAL_CORRELATION"
)
