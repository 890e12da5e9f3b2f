package nonemployee

import (
	"context"
	"strings"
	"sync"

	"github.com/idprofile/engine/identity/isc"
)

// EventType is the type of all audit events of the package.
const EventType = "NON_EMPLOYEE"

// The actions of audit events. There is none for a failed create.
const (
	ActionRecordCreated   = "NON_EMPLOYEE_CREATE_PASSED"
	ActionRecordUpdated   = "NON_EMPLOYEE_UPDATE_PASSED"
	ActionRecordDeleted   = "NON_EMPLOYEE_DELETE_PASSED"
	ActionRequestCreated  = "NON_EMPLOYEE_REQUEST_CREATED"
	ActionRequestDeleted  = "NON_EMPLOYEE_REQUEST_DELETED"
	ActionRequestDecided  = "NON_EMPLOYEE_REQUEST_ACTION_COMPLETED"
	ActionApprovalDecided = "NON_EMPLOYEE_APPROVAL_ACTION_COMPLETED"
	ActionSourceCreated   = "NON_EMPLOYEE_SOURCE_CREATED"
	ActionSourceUpdated   = "NON_EMPLOYEE_SOURCE_UPDATED"
	ActionSourceDeleted   = "NON_EMPLOYEE_SOURCE_DELETED"
	ActionImportStarted   = "NON_EMPLOYEE_BULK_IMPORT_STARTED"
	ActionImportPassed    = "NON_EMPLOYEE_BULK_IMPORT_PASSED"
	ActionImportFailed    = "NON_EMPLOYEE_BULK_IMPORT_FAILED"
	ActionExportStarted   = "NON_EMPLOYEE_BULK_EXPORT_STARTED"
	ActionExportPassed    = "NON_EMPLOYEE_BULK_EXPORT_PASSED"
	ActionExportFailed    = "NON_EMPLOYEE_BULK_EXPORT_FAILED"
)

// Groups of the vendor's list of events.
const (
	GroupRecord   = "Non-Employee Event"
	GroupApproval = "Non-Employee-Approval-Event"
	GroupSource   = "Non-Employee-Source-Event"
	GroupBulk     = "Non-Employee Bulk Operation Event"
)

// Event is an audit event. Attributes hold ids, names of fields and counts, no personal
// values besides the account name in Target.
type Event struct {
	Action     string            `json:"action"`
	Type       string            `json:"type"`
	Group      string            `json:"group"`
	Created    Date              `json:"created"`
	Actor      string            `json:"actor"`  // identity id
	Target     string            `json:"target"` // account name or source name
	Source     string            `json:"source"` // sourceId
	Attributes map[string]string `json:"attributes,omitempty"`
}

func groupOf(action string) string {
	switch {
	case strings.Contains(action, "_BULK_"):
		return GroupBulk
	case strings.Contains(action, "_SOURCE_"):
		return GroupSource
	case strings.Contains(action, "_REQUEST_"), strings.Contains(action, "_APPROVAL_"):
		return GroupApproval
	}

	return GroupRecord
}

// event notes an audit event; attributes are pairs of name and value.
func (t *tx) event(action, target, source string, attributes ...string) {
	e := Event{
		Action: action, Type: EventType, Group: groupOf(action), Created: t.now,
		Actor: t.actor.ID, Target: target, Source: source,
	}
	for i := 0; i+1 < len(attributes); i += 2 {
		if e.Attributes == nil {
			e.Attributes = map[string]string{}
		}
		e.Attributes[attributes[i]] = attributes[i+1]
	}

	t.events = append(t.events, e)
}

// EventLog keeps the newest events. It is safe for concurrent use.
type EventLog struct {
	mu     sync.Mutex
	keep   int
	events []Event
}

// NewEventLog makes a log that keeps that many events, at least one.
func NewEventLog(keep int) *EventLog { return &EventLog{keep: max(keep, 1)} }

// Add notes an event; it fits [WithEvents].
func (l *EventLog) Add(_ context.Context, e Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.events) >= l.keep {
		l.events = append(l.events[:0], l.events[len(l.events)-l.keep+1:]...)
	}
	l.events = append(l.events, e)
}

// Search gives the events that fit a query, oldest first. The query is a list of terms
// name:value, joined by spaces or AND, such as
//
//	type:NON_EMPLOYEE AND action:NON_EMPLOYEE_CREATE_PASSED
//
// Names are type, action, group, actor, target and source; values compare without
// regard to case and may stand in double quotes. An empty query fits all.
func (l *EventLog) Search(query string) ([]Event, error) {
	terms, err := parseTerms(query)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []Event

	for _, e := range l.events {
		if matches(e, terms) {
			out = append(out, e)
		}
	}

	return out, nil
}

func parseTerms(query string) ([][2]string, error) {
	var terms [][2]string
	for rest := strings.TrimSpace(query); rest != ""; rest = strings.TrimSpace(rest) {
		// Terms are joined by AND, written or not. OR and brackets are not understood, and refused as
		// an unknown name.
		if r, ok := strings.CutPrefix(rest, "AND "); ok && len(terms) > 0 {
			rest = strings.TrimSpace(r)
		}
		name, tail, ok := strings.Cut(rest, ":")
		if _, known := eventField(Event{}, name); !ok || !known {
			return nil, isc.Refuse(isc.CodeIllegalValue,
				"cannot read %q, expected type, action, group, actor, target or source, a colon and a value", rest)
		}
		value := ""
		if quoted, is := strings.CutPrefix(tail, `"`); is {
			if value, rest, ok = strings.Cut(quoted, `"`); !ok {
				return nil, isc.Refuse(isc.CodeIllegalValue, "the value of %s lacks its closing quote", name)
			}
		} else {
			value, rest, _ = strings.Cut(tail, " ")
		}

		terms = append(terms, [2]string{name, value})
	}

	return terms, nil
}

func eventField(e Event, name string) (string, bool) {
	switch name {
	case "type":
		return e.Type, true
	case "action":
		return e.Action, true
	case "group":
		return e.Group, true
	case "actor":
		return e.Actor, true
	case "target":
		return e.Target, true
	case "source":
		return e.Source, true
	}

	return "", false
}

func matches(e Event, terms [][2]string) bool {
	for _, t := range terms {
		if v, _ := eventField(e, t[0]); !strings.EqualFold(v, t[1]) {
			return false
		}
	}

	return true
}
