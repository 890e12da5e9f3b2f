package preview

import (
	"slices"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// Kind says what kind of change something is.
type Kind string

// The kinds of changes. Those that have a mirror image in the comparison the
// other way round stand beside it.
const (
	Set           Kind = "set"            // an attribute has a value that had none
	Cleared       Kind = "cleared"        // an attribute has lost its value
	Changed       Kind = "changed"        // an attribute has another value
	UIDChanged    Kind = "uid-changed"    // somebody signs in by another name
	ErrorAppeared Kind = "error-appeared" // an attribute cannot be evaluated any more
	ErrorGone     Kind = "error-gone"
	ErrorChanged  Kind = "error-changed"

	Moved    Kind = "moved"   // to another profile
	Created  Kind = "created" // an identity is new
	Removed  Kind = "removed"
	Split    Kind = "split" // an identity is new whose first account had another one
	Merged   Kind = "merged"
	Orphaned Kind = "orphaned" // an identity has no authoritative account any more
	Adopted  Kind = "adopted"

	ExceptionNew      Kind = "exception-new"
	ExceptionResolved Kind = "exception-resolved"
	ExceptionChanged  Kind = "exception-changed" // another value, or another holder of the uid

	ManagerChanged   Kind = "manager"
	LifecycleChanged Kind = "lifecycle"

	AccountLinked   Kind = "account-linked" // an account without identity has got this one
	AccountUnlinked Kind = "account-unlinked"
	AccountMovedIn  Kind = "account-moved-in" // an account has come from another identity
	AccountMovedOut Kind = "account-moved-out"
)

// kinds is the order in which changes are reported.
var kinds = []Kind{
	Created, Split, Merged, Removed, Orphaned, Adopted, Moved,
	ExceptionNew, ExceptionChanged, ExceptionResolved, ErrorAppeared, ErrorChanged, ErrorGone,
	UIDChanged, Cleared, Changed, Set, ManagerChanged, LifecycleChanged,
	AccountUnlinked, AccountMovedOut, AccountMovedIn, AccountLinked,
}

// titles are the kinds as people read them.
var titles = map[Kind]string{
	Set: "value set", Cleared: "value cleared", Changed: "value changed", UIDChanged: "uid changed",
	ErrorAppeared: "error appeared", ErrorGone: "error gone", ErrorChanged: "other error",
	Moved: "moved to another profile", Created: "identity created", Removed: "identity gone",
	Split:  "identity split off",
	Merged: "identity merged", Orphaned: "left without authoritative account",
	Adopted:      "has an authoritative account again",
	ExceptionNew: "new exception", ExceptionResolved: "exception resolved", ExceptionChanged: "exception changed",
	ManagerChanged: "manager changed", LifecycleChanged: "lifecycle state changed",
	AccountLinked: "account linked", AccountUnlinked: "account unlinked", AccountMovedIn: "account moved in",
	AccountMovedOut: "account moved out",
}

// Title returns the kind as people read it.
func (k Kind) Title() string { return titles[k] }

// Change is one thing that is different for a person.
type Change struct {
	Kind      Kind           `json:"kind"`
	Attribute string         `json:"attribute,omitempty"` // identity attribute; of an exception, too
	Code      string         `json:"code,omitempty"`      // of an exception
	Before    identity.Value `json:"before"`              // value, profile, state, manager, owner of the account
	After     identity.Value `json:"after"`
	Message   string         `json:"message,omitempty"`  // of an error
	Source    string         `json:"source,omitempty"`   // of an account
	Account   string         `json:"account,omitempty"`  // native identity
	Identity  string         `json:"identity,omitempty"` // id of the other identity that is concerned
	Intents   []string       `json:"intents,omitempty"`  // what entering the lifecycle state does
	Causes    []int          `json:"causes"`             // numbers of [Report.Causes]; empty: none was found

	pattern Pattern
	group   *Group
}

// Group returns the group that the change is counted in, nil before it is.
func (c *Change) Group() *Group { return c.group }

// Person is an identity for which something is different.
type Person struct {
	ID      string              `json:"id"`
	Name    string              `json:"name"`
	Account identity.AccountKey `json:"-"` // authoritative, before or else after
	Before  string              `json:"profileBefore,omitempty"`
	After   string              `json:"profileAfter,omitempty"`
	Changes []Change            `json:"changes"`
}

// Pattern describes what many changes have in common.
type Pattern struct {
	Name   string `json:"name"`
	Before string `json:"before,omitempty"` // common part of the values; the state, the profile
	After  string `json:"after,omitempty"`

	personal bool // the common parts come from values of people
}

// String returns the pattern in one line.
func (p Pattern) String() string {
	switch {
	case p.Before == "" && p.After == "":
		return p.Name
	case p.Name == "":
		return orNone(p.Before) + " → " + orNone(p.After)
	}

	return p.Name + ": " + orNone(p.Before) + " → " + orNone(p.After)
}

func orNone(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}

// Group is a set of changes that look the same and have the same causes.
type Group struct {
	Kind      Kind      `json:"kind"`
	Attribute string    `json:"attribute,omitempty"`
	Code      string    `json:"code,omitempty"`
	Source    string    `json:"source,omitempty"`
	Pattern   Pattern   `json:"pattern"`
	Causes    []int     `json:"causes"`
	Count     int       `json:"count"`
	Intents   []string  `json:"intents,omitempty"`
	Pairs     []Pair    `json:"pairs,omitempty"` // the most frequent values; not when every person has another one
	Examples  []Example `json:"examples"`

	pairs map[pairKey]int
	order int
}

// Pair is an old and a new value with the number of people.
type Pair struct {
	Before identity.Value `json:"before"`
	After  identity.Value `json:"after"`
	Count  int            `json:"count"`
}

// Example is one person of a group.
type Example struct {
	ID      string         `json:"id"`
	Name    string         `json:"name"`
	Before  identity.Value `json:"before"`
	After   identity.Value `json:"after"`
	Message string         `json:"message,omitempty"`
	Account string         `json:"account,omitempty"`
}

// Totals counts people and changes.
type Totals struct {
	Before             int          `json:"identitiesBefore"`
	After              int          `json:"identitiesAfter"`
	People             int          `json:"peopleChanged"`
	Unchanged          int          `json:"peopleUnchanged"`
	Changes            map[Kind]int `json:"changes"`
	ExceptionsBefore   int          `json:"exceptionsBefore"` // identities with exceptions
	ExceptionsAfter    int          `json:"exceptionsAfter"`
	ErrorsBefore       int          `json:"errorsBefore"` // identities with evaluation errors
	ErrorsAfter        int          `json:"errorsAfter"`
	UncorrelatedBefore int          `json:"uncorrelatedBefore"` // accounts
	UncorrelatedAfter  int          `json:"uncorrelatedAfter"`
}

// AttributeTotals counts what happens to one attribute. Errors count as such,
// whatever happens to the value.
type AttributeTotals struct {
	Name      string `json:"name"`
	Set       int    `json:"set"`
	Changed   int    `json:"changed"`
	Cleared   int    `json:"cleared"`
	Errors    int    `json:"errorsAppeared"`
	Resolved  int    `json:"errorsGone"`
	Lost      int    `json:"lostToErrors"` // of the errors that appeared: a value is gone with it
	Unchanged int    `json:"unchanged"`
}

// Report is the outcome of a comparison. Its JSON form is stable: members may be
// added, never renamed or removed.
type Report struct {
	Version    int       `json:"format_version"`
	BeforeName string    `json:"before,omitempty"`
	AfterName  string    `json:"after,omitempty"`
	Accounts   string    `json:"accounts,omitempty"` // whose accounts both ran on
	Now        time.Time `json:"now"`
	AfterNow   time.Time `json:"afterNow,omitzero"` // of the run after, where it differs
	// "all", or the attributes that alone had to be evaluated again
	Evaluated  string             `json:"evaluated"`
	Totals     Totals             `json:"totals"`
	Attributes []*AttributeTotals `json:"attributes"` // those that change, by name
	Causes     []Cause            `json:"causes"`
	Groups     []*Group           `json:"groups"`
	People     []*Person          `json:"people,omitempty"` // on request, by account and id
	Breaches   []Breach           `json:"breaches,omitempty"`
	Notes      []string           `json:"notes,omitempty"`    // what a reader should know
	Findings   diag.List          `json:"findings,omitempty"` // of the run after, that the run before does not have
	Masked     bool               `json:"masked,omitempty"`

	kept bool // people were asked for
}

// FormatVersion is the version of the JSON form of a [Report].
const FormatVersion = 1

// notes are what a reader should know, the findings included.
func (r *Report) notes() []string {
	list := slices.Clone(r.Notes)
	for _, d := range r.Findings {
		note := d.Severity.String() + " " + string(d.Code)
		if d.Message != "" {
			note += ": " + d.Message
		}
		list = append(list, note)
	}

	return list
}

// onAccounts says whose accounts both ran on; "" when nobody has told.
func (r *Report) onAccounts() string {
	if r.Accounts == "" {
		return ""
	}
	return "; accounts of " + r.Accounts
}

// Empty reports whether nothing is different for anybody.
func (r *Report) Empty() bool { return r.Totals.People == 0 }

// clock says what now means, in both runs where that differs.
func (r *Report) clock() string {
	if r.AfterNow.IsZero() {
		return r.Now.Format(time.RFC3339)
	}
	return r.Now.Format(time.RFC3339) + ", then " + r.AfterNow.Format(time.RFC3339)
}
