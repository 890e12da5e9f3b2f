package tenant

import (
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// Observer gets what happens. Functions that are nil are not called; they are
// called on the goroutine of the operation, after its outcome was stored, and
// must not call the [Tenant] back.
type Observer struct {
	OnEvent func(Event)
	OnAudit func(Audit)
}

// Event is one of [IdentityCreated], [IdentityDeleted], [AttributesChanged],
// [AccountCorrelated], [AccountUncorrelated], [ProfileMoved] and
// [AggregationCompleted]. Each marshals to the vendor's shape.
//
// Source: DECISION 59.
type Event interface {
	// Type returns the name of the event, such as idn:identity-created.
	Type() string
}

// IdentityCreated says that an identity is new.
type IdentityCreated struct {
	Identity   config.Ref          `json:"identity"`
	Attributes identity.Attributes `json:"attributes"`
}

// IdentityDeleted says that an identity is gone.
type IdentityDeleted struct {
	Identity   config.Ref          `json:"identity"`
	Attributes identity.Attributes `json:"attributes"`
}

// AttributesChanged says that attributes of an identity changed.
type AttributesChanged struct {
	Identity config.Ref       `json:"identity"`
	Changes  []profile.Change `json:"changes"`
}

// AccountCorrelated says that an account has an identity now.
type AccountCorrelated struct {
	Identity   config.Ref          `json:"identity"`
	Source     config.Ref          `json:"source"`
	Account    AccountRef          `json:"account"`
	Attributes identity.Attributes `json:"attributes"`
}

// AccountUncorrelated says that an account lost its identity.
type AccountUncorrelated struct {
	Identity config.Ref `json:"identity"`
	Source   config.Ref `json:"source"`
	Account  AccountRef `json:"account"`
}

// AccountRef points at an account in an event.
type AccountRef struct {
	ID             string `json:"id"`
	Name           string `json:"name"`
	NativeIdentity string `json:"nativeIdentity"`
	UUID           string `json:"uuid,omitempty"`
	Type           string `json:"type"`
	Correlated     bool   `json:"correlated"`
}

// ProfileMoved says that an identity has another profile. A tenant has no such
// event.
type ProfileMoved struct {
	Identity config.Ref `json:"identity"`
	From     string     `json:"from"`
	To       string     `json:"to"`
	Reason   string     `json:"reason"`
}

// AggregationCompleted says that an aggregation has ended.
type AggregationCompleted struct {
	Source    config.Ref       `json:"source"`
	Status    string           `json:"status"` // Success, Warning or Error
	Started   time.Time        `json:"started"`
	Completed time.Time        `json:"completed"`
	Errors    []string         `json:"errors"`
	Warnings  []string         `json:"warnings"`
	Stats     AggregationStats `json:"stats"`
}

// AggregationStats counts accounts of one aggregation.
type AggregationStats struct {
	Scanned   int `json:"scanned"`
	Unchanged int `json:"unchanged"`
	Changed   int `json:"changed"`
	Added     int `json:"added"`
	Removed   int `json:"removed"`
}

// Type returns idn:identity-created.
func (IdentityCreated) Type() string { return "idn:identity-created" }

// Type returns idn:identity-deleted.
func (IdentityDeleted) Type() string { return "idn:identity-deleted" }

// Type returns idn:identity-attributes-changed.
func (AttributesChanged) Type() string { return "idn:identity-attributes-changed" }

// Type returns idn:account-correlated.
func (AccountCorrelated) Type() string { return "idn:account-correlated" }

// Type returns idn:account-uncorrelated.
func (AccountUncorrelated) Type() string { return "idn:account-uncorrelated" }

// Type returns idprofile:profile-moved.
func (ProfileMoved) Type() string { return "idprofile:profile-moved" }

// Type returns idn:account-aggregation-completed.
func (AggregationCompleted) Type() string { return "idn:account-aggregation-completed" }

// Names of audit events.
//
// Source: DECISION 59.
const (
	AuditProfileCreate      = "IDENTITY_PROFILE_CREATE"
	AuditProfileUpdate      = "IDENTITY_PROFILE_UPDATE"
	AuditProfileDelete      = "IDENTITY_PROFILE_DELETE"
	AuditAttributesUpdated  = "IDENTITY_PROFILE_ATTRIBUTES_UPDATED"
	AuditCorrelationUpdated = "CORRELATION_CONFIG_UPDATED"
	AuditManuallyCorrelated = "ManuallyCorrelatedEvent"
	AuditUncorrelated       = "IDENTITY_UNCORRELATED"
	AuditProcessingStarted  = "IDENTITY_PROCESSING_STARTED"
	AuditProcessingPassed   = "IDENTITY_PROCESSING_PASSED"
	AuditProcessingFailed   = "IDENTITY_PROCESSING_FAILED"
	AuditIdentityCreate     = "IDENTITY_CREATE_PASSED"
	AuditIdentityDelete     = "IDENTITY_DELETE_PASSED"
	AuditIdentityUpdate     = "IDENTITY_UPDATE_PASSED"
	AuditStateCreate        = "LIFECYCLE_STATE_CREATE_PASSED"
	AuditStateUpdate        = "LIFECYCLE_STATE_UPDATE_PASSED"
	AuditStateDelete        = "LIFECYCLE_STATE_DELETE_PASSED"
	AuditStateChange        = "IDENTITY_STATE_CHANGE_EVENT"
	AuditAggregationStarted = "SOURCE_ACCOUNT_AGGREGATION_STARTED"
	AuditAggregationPassed  = "SOURCE_ACCOUNT_AGGREGATION_PASSED"
	AuditAggregationFailed  = "SOURCE_ACCOUNT_AGGREGATION_FAILED"
	AuditAggregationStopped = "SOURCE_ACCOUNT_AGGREGATION_TERMINATED"
)

// Audit is an entry of the audit log.
type Audit struct {
	Name   string    `json:"name"` // one of the Audit constants
	Time   time.Time `json:"created"`
	Actor  string    `json:"actor"`
	Target string    `json:"target"` // name of the object or identity
	ID     string    `json:"targetId"`
	Detail string    `json:"detail,omitempty"`
}

func accountRef(a *identity.Account, correlated bool) AccountRef {
	return AccountRef{ID: a.ID, Name: a.DisplayName(), NativeIdentity: a.NativeIdentity, UUID: a.UUID, Type: "ACCOUNT",
		Correlated: correlated}
}
