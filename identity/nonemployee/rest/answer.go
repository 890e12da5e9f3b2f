package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/idprofile/engine/identity/nonemployee"
)

// httpError is a refusal that has nothing to do with non-employees.
type httpError struct {
	status int
	code   string
	text   string
}

func (e *httpError) Error() string { return e.code + ": " + e.text }

type message struct {
	Locale       string `json:"locale"`
	LocaleOrigin string `json:"localeOrigin"`
	Text         string `json:"text"`
}

// errorBody is the body of all errors but 401 and 429.
type errorBody struct {
	DetailCode string    `json:"detailCode"`
	TrackingID string    `json:"trackingId"`
	Messages   []message `json:"messages"`
	Causes     []message `json:"causes"`
}

// fail answers with an error.
func (c *call) fail(err error) {
	var refused *nonemployee.Error
	var own *httpError
	var size *http.MaxBytesError
	switch {
	case errors.As(err, &refused):
		c.error(refused.Status(), string(refused.Code), refused.Text)
	case errors.As(err, &own):
		c.error(own.status, own.code, own.text)
	case errors.As(err, &size):
		c.error(http.StatusRequestEntityTooLarge, "413 Request too large", "the body is longer than "+strconv.FormatInt(size.Limit, 10)+" bytes")
	case errors.Is(err, nonemployee.ErrConflict):
		c.error(http.StatusConflict, "409 Conflict", "the object changed meanwhile, try again")
	case errors.Is(err, context.Canceled) && c.r.Context().Err() != nil:
		// nobody reads the answer
	default:
		c.o.Logger.ErrorContext(c.r.Context(), "request failed", "method", c.r.Method, "error", err)
		c.error(http.StatusInternalServerError, "500.0 Internal Fault", "an internal fault occurred")
	}
}

func (c *call) error(status int, code, text string) {
	origin := "DEFAULT"
	if strings.HasPrefix(strings.ToLower(c.r.Header.Get("Accept-Language")), "en") {
		origin = "REQUEST"
	}
	c.json(status, errorBody{code, c.o.TrackingIDs(), []message{{"en-US", origin, text}}, []message{}})
}

func (c *call) tooMany(wait int) {
	c.w.Header().Set("Retry-After", strconv.Itoa(wait))
	c.json(http.StatusTooManyRequests, map[string]string{"message": " Rate Limit Exceeded "})
}

// json writes a JSON body. An error of the connection concerns nobody any more.
func (c *call) json(status int, body any) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(body); err != nil {
		c.o.Logger.ErrorContext(c.r.Context(), "answer cannot be written as JSON", "error", err)
		status = http.StatusInternalServerError
		b.Reset()
	}
	c.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	c.w.WriteHeader(status)
	_, _ = c.w.Write(b.Bytes())
}

func (c *call) noContent() error {
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// file answers with a CSV file.
func (c *call) file(name string, body []byte) error {
	c.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	c.w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	c.w.WriteHeader(http.StatusOK)
	_, _ = c.w.Write(body)
	return nil
}

// body reads the whole body of one of the media types; none in the request is fine.
func (c *call) body(types ...string) ([]byte, error) {
	if given := c.r.Header.Get("Content-Type"); given != "" {
		typ, _, err := mime.ParseMediaType(given)
		if err != nil || !slices.Contains(types, typ) {
			return nil, &httpError{http.StatusUnsupportedMediaType, "415 Unsupported media type", "expected " + strings.Join(types, " or ")}
		}
	}
	return io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, c.o.MaxBody))
}

// decode reads a JSON object into a value.
func (c *call) decode(to any) error {
	src, err := c.body("application/json")
	if err != nil {
		return err
	}
	return decodeObject(src, to)
}

func decodeObject(src []byte, to any) error {
	bad := func(text string) error { return &nonemployee.Error{Code: nonemployee.CodeContent, Text: text} }
	if trimmed := bytes.TrimSpace(src); len(trimmed) == 0 || trimmed[0] != '{' {
		return bad("the body is no JSON object")
	}
	dec := json.NewDecoder(bytes.NewReader(src))
	var wrong *json.UnmarshalTypeError
	switch err := dec.Decode(to); {
	case errors.As(err, &wrong):
		return bad("the value of " + wrong.Field + " has a wrong type: " + wrong.Value)
	case err != nil:
		return bad("the body is not well-formed JSON")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return bad("the body goes on after the JSON object")
	}
	return nil
}

// patch reads a JSON Patch.
func (c *call) patch() ([]nonemployee.PatchOp, error) {
	src, err := c.body("application/json-patch+json", "application/json")
	if err != nil {
		return nil, err
	}
	return nonemployee.ParsePatch(src)
}

func (c *call) illegal(name, expected string) error {
	return &nonemployee.Error{Code: nonemployee.CodeIllegal, Text: name + " " + strconv.Quote(c.query.Get(name)) + " is not allowed, expected " + expected}
}

// flag reads a query parameter that is true or false.
func (c *call) flag(name string, otherwise bool) (bool, error) {
	switch c.query.Get(name) {
	case "":
		return otherwise, nil
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, c.illegal(name, "true or false")
}

func (c *call) number(name string, otherwise int) (int, error) {
	text := c.query.Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, c.illegal(name, "a whole number from 0")
	}
	return n, nil
}

// collection reads the parameters of lists.
func (c *call) collection() (nonemployee.Query, error) {
	q := nonemployee.Query{Filters: c.query.Get("filters"), Sorters: c.query.Get("sorters")}
	limit, err := c.number("limit", c.service.Limits().PageSize)
	if err != nil {
		return q, err
	}
	q.Limit, q.CountOnly = limit, limit == 0
	if q.Offset, err = c.number("offset", 0); err != nil {
		return q, err
	}
	_, err = c.flag("count", false)
	return q, err
}

// list answers with a page, and the total when it was asked for.
func list[T, V any](c *call, p nonemployee.Page[T], view func(T) V) error {
	if c.query.Get("count") == "true" {
		c.w.Header().Set("X-Total-Count", strconv.Itoa(p.Total))
	}
	out := make([]V, len(p.Items))
	for i, item := range p.Items {
		out[i] = view(item)
	}
	c.json(http.StatusOK, out)
	return nil
}
