package config

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Code is an error code of the vendor's API. A Code is an error itself, so that
// errors.Is(err, profile.CodeIllegalValue) tells the kind of an [OperationError].
//
// Source: DECISION 59.
type Code string

// The codes of operations.
const (
	CodeBadRequest        Code = "400.1 Bad Request Content"
	CodeRequired          Code = "400.1.0 Required Data Missing Or Empty"
	CodeIllegalUpdate     Code = "400.1.1 Illegal update attempt"
	CodeLength            Code = "400.1.2 Value length out of range"
	CodeIllegalValue      Code = "400.1.3 Illegal value"
	CodeLimit             Code = "400.1.4 Limit violation"
	CodeReferenceNotFound Code = "400.1.404 Referenced object not found"
	CodeConflict          Code = "400.1.409 Reference conflict"
	CodeNotFound          Code = "404 Not found"
)

// Error returns the code with its text.
func (c Code) Error() string { return string(c) }

// ErrAggregationRunning is returned by operations that must not run while an
// aggregation does.
//
// Source: DECISION 46.
var ErrAggregationRunning = errors.New("an account aggregation is running")

// ErrStale is returned when a plan is applied to a state other than the one it
// was made for.
var ErrStale = errors.New("the plan is out of date")

// Message is a text of an [OperationError] or of a preview.
type Message struct {
	Locale       string `json:"locale"`
	LocaleOrigin string `json:"localeOrigin"` // DEFAULT or REQUEST
	Text         string `json:"text"`
}

// NewMessage returns a message in the default language.
func NewMessage(format string, args ...any) Message {
	return Message{Locale: "en-US", LocaleOrigin: "DEFAULT", Text: fmt.Sprintf(format, args...)}
}

// OperationError is why an operation was refused, in the shape of the vendor's
// error body. Use errors.Is with a [Code] or with [ErrAggregationRunning].
//
// Source: DECISION 59.
type OperationError struct {
	Code       Code
	TrackingID string // set by a [tenant.Tenant] that has a source of tracking ids
	Messages   []Message
	Causes     []Message
	Err        error // what is behind it; may be nil
}

// Refuse returns an error with one message.
func Refuse(code Code, format string, args ...any) *OperationError {
	return &OperationError{Code: code, Messages: []Message{NewMessage(format, args...)}}
}

// Error returns the code and the first message.
func (e *OperationError) Error() string {
	text := string(e.Code)
	for _, list := range [][]Message{e.Messages, e.Causes} {
		for _, m := range list {
			text += ": " + m.Text
			break
		}
	}
	return text
}

// Unwrap returns the code and the cause.
func (e *OperationError) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Code}
	}
	return []error{e.Code, e.Err}
}

// MarshalJSON writes the body {detailCode, trackingId, messages, causes}. The
// lists are never null.
func (e *OperationError) MarshalJSON() ([]byte, error) {
	body := struct {
		DetailCode Code      `json:"detailCode"`
		TrackingID string    `json:"trackingId"`
		Messages   []Message `json:"messages"`
		Causes     []Message `json:"causes"`
	}{e.Code, e.TrackingID, e.Messages, e.Causes}
	if body.Messages == nil {
		body.Messages = []Message{}
	}
	if body.Causes == nil {
		body.Causes = []Message{}
	}
	return json.Marshal(body)
}
