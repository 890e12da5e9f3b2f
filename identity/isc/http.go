package isc

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
)

// WriteJSON answers with a JSON body, in which <, > and & stand as they are. The
// error is that of the body, which then was not written; what a connection does
// with the answer concerns nobody any more.
func WriteJSON(w http.ResponseWriter, status int, body any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(body)
	if err != nil {
		status = http.StatusInternalServerError
		b.Reset()
	}

	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
	return err
}

// For returns a copy of the error for the answer to a request: with its tracking
// id, and marked as in the language that was asked for when that is English.
func (e *Error) For(r *http.Request, trackingID string) *Error {
	out := *e
	out.TrackingID = trackingID
	if strings.HasPrefix(strings.ToLower(r.Header.Get("Accept-Language")), "en") {
		out.Messages = slices.Clone(e.Messages)
		for i := range out.Messages {
			out.Messages[i].LocaleOrigin = "REQUEST"
		}
	}

	return &out
}

// ReadBody reads the body of a request, at most maxSize bytes, that has one of the
// media types; a request without a type is fine.
//
// Error: [CodeMediaType], [CodeTooLarge], and [CodeBadRequest] for a body that
// breaks off.
func ReadBody(w http.ResponseWriter, r *http.Request, maxSize int64, types ...string) ([]byte, error) {
	if given := r.Header.Get("Content-Type"); given != "" {
		typ, _, err := mime.ParseMediaType(given)
		if err != nil || !slices.Contains(types, typ) {
			return nil, Refuse(CodeMediaType, "expected %s", strings.Join(types, " or "))
		}
	}

	return io.ReadAll(BodyReader(w, http.MaxBytesReader(w, r.Body, maxSize)))
}

// BodyReader reads what a client sends. What goes wrong on the way is the client's
// fault and not worth a log line; the texts of such errors may quote the body, so
// they go nowhere.
func BodyReader(w http.ResponseWriter, r io.Reader) io.Reader { return bodyReader{w, r} }

type bodyReader struct {
	w http.ResponseWriter
	r io.Reader
}

func (b bodyReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = BodyError(b.w, err)
	}
	return n, err
}

// EndOfBody reads what is left of a body behind its content. A form or a file knows by
// itself where it ends; only behind that the transport tells whether all has come, so a
// request is not carried out before.
//
// Error: [CodeBadRequest] and [CodeTooLarge], as [BodyError] gives them.
func EndOfBody(w http.ResponseWriter, body io.Reader) error {
	_, err := io.Copy(io.Discard, BodyReader(w, body))
	return err
}

// BodyError is the refusal that goes with an error of reading a body: nil for nil,
// and an [*Error] as it is. The connection ends with the answer: behind a damaged body
// nobody knows where the next request begins.
func BodyError(w http.ResponseWriter, err error) error {
	var known *Error
	if err == nil || errors.As(err, &known) {
		return err
	}

	w.Header().Set("Connection", "close")
	var size *http.MaxBytesError
	if errors.As(err, &size) {
		return Refuse(CodeTooLarge, "the body is longer than %d bytes", size.Limit)
	}

	return Refuse(CodeBadRequest, "the body is cut short or damaged")
}

// DecodeObject reads a JSON object into a value; members it does not know are
// ignored.
//
// Error: [CodeBadRequest], with the member whose type is wrong.
func DecodeObject(src []byte, to any) error {
	if trimmed := bytes.TrimSpace(src); len(trimmed) == 0 || trimmed[0] != '{' {
		return Refuse(CodeBadRequest, "the body is no JSON object")
	}

	// The answer names the member that is wrong: an offset helps nobody.
	dec := json.NewDecoder(bytes.NewReader(src))
	var wrong *json.UnmarshalTypeError
	switch err := dec.Decode(to); {
	case errors.As(err, &wrong):
		return Refuse(CodeBadRequest, "the value of %s has a wrong type: %s", wrong.Field, wrong.Value)
	case err != nil:
		return Refuse(CodeBadRequest, "the body is not well-formed JSON")
	}

	// A decoder stops behind the first value; two objects in one body are a mistake of the client that
	// would go unnoticed.
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Refuse(CodeBadRequest, "the body goes on after the JSON object")
	}
	return nil
}
