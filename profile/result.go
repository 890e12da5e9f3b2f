package profile

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile/config"
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

// lifecycle compares a value with the states of the profile.
func (c *compiled) lifecycle(v identity.Value) LifecycleResult {
	text := v.Text()
	r := LifecycleResult{Value: text, Status: LifecycleNotValid}
	if c.impliedStates {
		r.Status = LifecycleUnknown
	}
	if strings.TrimSpace(text) == "" {
		r.Status = LifecycleNotSet
		return r
	}
	if s, ok := c.states[text]; ok {
		if r.Status = LifecycleDisabled; s.Enabled {
			r.Status, r.State = LifecycleActive, text
		}
		return r
	}
	for name := range c.states {
		if strings.EqualFold(name, text) {
			r.Status = LifecycleWrongCase
		}
	}
	return r
}

// enterState gives the identity its lifecycle state. A state set by hand holds
// until the evaluation gives another value than when it was set, and does not
// survive a move (DECISION 24, 42).
func (c *compiled) enterState(r *Result, before identity.Attributes) {
	r.Lifecycle = c.lifecycle(r.Identity.Attributes.Get(config.AttrLifecycle))
	l := &r.Identity.Lifecycle
	if l.ManuallyUpdated && r.Move == nil && l.Overridden == r.Lifecycle.Value && c.states[l.State] != nil {
		r.Lifecycle.State, r.Lifecycle.Manual = l.State, true
		return
	}
	entered := r.Lifecycle.State != "" && (r.Lifecycle.State != l.State || r.Move != nil)
	r.Lifecycle.Previous = l.State
	*l = identity.Lifecycle{State: r.Lifecycle.State}
	if entered {
		r.Lifecycle.Entered = true
		r.Lifecycle.FromNull = before.Get(config.AttrLifecycle).IsNull()
	}
}

// uidWarnings says what is doubtful about a uid: characters, blanks around it,
// and that it is another one than before.
//
// Source: DECISION 53.
func uidWarnings(before, after identity.Attributes) []string {
	uid, old := after.Get(config.AttrUID).Text(), before.Get(config.AttrUID).Text()
	var list []string
	if chars := usernameChars(uid); chars != "" {
		list = append(list, fmt.Sprintf("username-chars: the uid has %s, which sign-in may refuse", strings.Join(strings.Split(chars, ""), " ")))
	}
	if strings.TrimSpace(uid) != uid {
		list = append(list, "uid-space: the uid has blanks around it")
	}
	if old != "" && uid != "" && old != uid {
		list = append(list, fmt.Sprintf("uid-change: the uid was %q; a tenant has been seen to make a new identity of that", old))
	}
	return list
}

// processingForm is how nextProcessing has to be written: a date-time by ISO 8601
// with Z or an offset, never both and never neither.
var processingForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2})?)$`)
})

// nextProcessingWarning says why a value of nextProcessing is not processed; ""
// when there is none, or nothing is wrong with it.
//
// Source: the vendor's answer to users: ISO 8601 with an offset or Z, not both.
func nextProcessingWarning(after identity.Attributes) string {
	v := after.Get(config.AttrNextProcessing)
	if v.IsNull() || processingForm().MatchString(v.Text()) {
		return ""
	}
	text, why := v.Text(), "it is no date-time by ISO 8601"
	switch {
	case strings.HasSuffix(text, "Z") && processingForm().MatchString(strings.TrimSuffix(text, "Z")):
		why = "it has an offset and Z"
	case processingForm().MatchString(text + "Z"):
		why = "it has neither Z nor an offset"
	}
	return fmt.Sprintf("next-processing-form: nextProcessing is %q, which is not processed: %s", text, why)
}

// reservedCharacters may keep somebody from signing in when they stand in a uid.
const reservedCharacters = "*()&!."

// usernameChars returns the reserved characters of a uid, each once.
//
// Source: DECISION 53.
func usernameChars(uid string) string {
	var b strings.Builder
	for _, r := range uid {
		if strings.ContainsRune(reservedCharacters, r) && !strings.ContainsRune(b.String(), r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}
