package rest

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"strconv"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/nonemployee"
)

// fail answers with an error.
func (c *call) fail(err error) {
	var refused *isc.Error
	switch {
	case errors.As(err, &refused):
		c.refuse(refused)
	case errors.Is(err, nonemployee.ErrConflict):
		c.refuse(isc.Refuse(isc.CodeChanged, "the object changed meanwhile, try again"))
	case errors.Is(err, context.Canceled) && c.r.Context().Err() != nil:
		// Most likely nobody reads the answer. Who has ended its side of the connection only does, and
		// an answer without a status would say that all was well.
		c.refuse(isc.Refuse(isc.CodeBadRequest, "the request was given up"))
	default:
		c.o.Logger.ErrorContext(c.r.Context(), "request failed", "method", c.r.Method, "error", err)
		c.refuse(isc.Refuse(isc.CodeInternal, "an internal fault occurred"))
	}
}

func (c *call) refuse(err *isc.Error) {
	c.json(err.Status(), err.For(c.r, c.o.TrackingIDs()))
}

func (c *call) tooMany(wait int) {
	c.w.Header().Set("Retry-After", strconv.Itoa(wait))
	c.json(http.StatusTooManyRequests, map[string]string{"message": " Rate Limit Exceeded "})
}

func (c *call) json(status int, body any) {
	if err := isc.WriteJSON(c.w, status, body); err != nil {
		c.o.Logger.ErrorContext(c.r.Context(), "answer cannot be written as JSON", "error", err)
	}
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
	return isc.ReadBody(c.w, c.r, c.o.MaxBody, types...)
}

// decode reads a JSON object into a value.
func (c *call) decode(to any) error {
	src, err := c.body("application/json")
	if err != nil {
		return err
	}
	return isc.DecodeObject(src, to)
}

// patch reads a JSON Patch.
func (c *call) patch() ([]isc.PatchOp, error) {
	src, err := c.body("application/json-patch+json", "application/json")
	if err != nil {
		return nil, err
	}
	return isc.ParsePatch(src)
}

// flag reads a query parameter that is true or false.
func (c *call) flag(name string, otherwise bool) (bool, error) {
	return isc.Flag(c.query, name, otherwise)
}

// collection reads the parameters of lists.
func (c *call) collection() (isc.Query, error) {
	return isc.ParseQuery(c.query, c.service.Limits().PageSize)
}

// list answers with a page, and the total when it was asked for.
func list[T, V any](c *call, p isc.Page[T], view func(T) V) error {
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
