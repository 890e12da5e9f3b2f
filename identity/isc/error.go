package isc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
)

// Code is a detail code with its text, as the body of an error holds it. A Code
// is an error itself, so that errors.Is(err, isc.CodeIllegalValue) tells what
// kind of refusal an [*Error] is.
type Code string

// The detail codes. The first three digits are the HTTP status.
const (
	CodeBadRequest        Code = "400.1 Bad Request Content"
	CodeRequired          Code = "400.1.0 Required Data Missing Or Empty"
	CodeIllegalUpdate     Code = "400.1.1 Illegal update attempt"
	CodeLength            Code = "400.1.2 Value length out of range"
	CodeIllegalValue      Code = "400.1.3 Illegal value"
	CodeLimit             Code = "400.1.4 Limit violation"
	CodeReferenceNotFound Code = "400.1.404 Referenced object not found"
	CodeConflict          Code = "400.1.409 Reference conflict"
	CodeForbidden         Code = "403 Forbidden"
	CodeNotFound          Code = "404 Not found"
	CodeMethod            Code = "405 Method not allowed"
	CodeChanged           Code = "409 Conflict"
	CodeTooLarge          Code = "413 Request too large"
	CodeMediaType         Code = "415 Unsupported media type"
	CodeInternal          Code = "500.0 Internal Fault"
	CodeNotServed         Code = "501 Not implemented"
)

// Error returns the code with its text.
func (c Code) Error() string { return string(c) }

// Status returns the HTTP status that goes with the code.
func (c Code) Status() int {
	status, err := strconv.Atoi(string(c[:min(3, len(c))]))
	if err != nil {
		return 500
	}
	return status
}

// Message is a text of an [Error].
type Message struct {
	Locale       string `json:"locale"`
	LocaleOrigin string `json:"localeOrigin"` // DEFAULT or REQUEST
	Text         string `json:"text"`
}

// NewMessage returns a message in the default language.
func NewMessage(format string, args ...any) Message {
	return Message{Locale: "en-US", LocaleOrigin: "DEFAULT", Text: fmt.Sprintf(format, args...)}
}

// Error is why a call was refused, in the shape of the vendor's error body. Its
// texts are meant for whoever made the call: they may quote values of people and
// belong in the answer, not in a log.
type Error struct {
	Code       Code
	TrackingID string // set by whoever answers the call
	Messages   []Message
	Causes     []Message
	Err        error // what is behind it; may be nil
}

// Refuse returns an error with one message.
func Refuse(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Messages: []Message{NewMessage(format, args...)}}
}

// Text returns the text of the first message.
func (e *Error) Text() string {
	if len(e.Messages) == 0 {
		return ""
	}
	return e.Messages[0].Text
}

// Error returns the code, the first message and the first cause.
func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString(string(e.Code))
	for _, list := range [][]Message{e.Messages, e.Causes} {
		if len(list) > 0 {
			text.WriteString(": " + list[0].Text)
		}
	}

	return text.String()
}

// Unwrap returns the code and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Code}
	}
	return []error{e.Code, e.Err}
}

// Status returns the HTTP status of the error.
func (e *Error) Status() int { return e.Code.Status() }

// LogValue gives the code alone, because the texts may hold personal values.
func (e *Error) LogValue() slog.Value { return slog.StringValue(string(e.Code)) }

// MarshalJSON writes the body {detailCode, trackingId, messages, causes}. The
// lists are never null.
func (e *Error) MarshalJSON() ([]byte, error) {
	body := struct {
		DetailCode Code      `json:"detailCode"`
		TrackingID string    `json:"trackingId"`
		Messages   []Message `json:"messages"`
		Causes     []Message `json:"causes"`
	}{DetailCode: e.Code, TrackingID: e.TrackingID, Messages: e.Messages, Causes: e.Causes}

	if body.Messages == nil {
		body.Messages = []Message{}
	}

	if body.Causes == nil {
		body.Causes = []Message{}
	}

	// The encoder around this one decides whether < > & are escaped.
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(body)
	return b.Bytes(), err
}
