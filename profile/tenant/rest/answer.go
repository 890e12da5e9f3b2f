package rest

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/filter"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile/tenant"
)

// call is one request under way.
type call struct {
	*Handler
	w     http.ResponseWriter
	r     *http.Request
	ctx   context.Context
	actor Actor
	path  map[string]string
	query url.Values
}

// maxPage is the largest page of a list, and the size when none is asked for.
const maxPage = 250

// fail answers with an error.
func (c *call) fail(err error) {
	var refused *isc.Error
	switch {
	case errors.As(err, &refused):
		c.refuse(refused)
	case errors.Is(err, identity.ErrNotFound):
		c.refuse(isc.Refuse(isc.CodeNotFound, "there is no such object"))
	case errors.Is(err, context.Canceled) && c.ctx.Err() != nil:
		// Most likely nobody reads the answer. Who has ended its side of the connection only does, and
		// an answer without a status would say that all was well.
		c.refuse(isc.Refuse(isc.CodeBadRequest, "the request was given up"))
	default:
		c.o.Logger.ErrorContext(c.ctx, "request failed", "method", c.r.Method, "path", c.r.URL.Path, "error", err)
		c.refuse(isc.Refuse(isc.CodeInternal, "an internal fault occurred"))
	}
}

func (c *call) refuse(err *isc.Error) { c.json(err.Status(), err.For(c.r, c.trackingID())) }

func (c *call) tooMany(wait int) {
	c.w.Header().Set("Retry-After", strconv.Itoa(wait))
	c.json(http.StatusTooManyRequests, map[string]string{"message": " Rate Limit Exceeded "})
}

func (c *call) json(status int, body any) {
	if err := isc.WriteJSON(c.w, status, body); err != nil {
		c.o.Logger.ErrorContext(c.ctx, "answer cannot be written as JSON", "error", err)
	}
}

// node answers with a JSON tree.
func (c *call) node(status int, n *jsondoc.Node) {
	c.raw(status, n.Append(nil))
}

func (c *call) raw(status int, body []byte) {
	c.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	c.w.WriteHeader(status)
	_, _ = c.w.Write(body) // an error of the connection concerns nobody
}

func (c *call) noContent() error {
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// body reads a JSON body.
func (c *call) body() (*jsondoc.Node, error) {
	src, err := isc.ReadBody(c.w, c.r, c.o.MaxBody, "application/json")
	if err != nil {
		return nil, err
	}
	n, found := jsondoc.Parse("body", src)
	if n == nil {
		return nil, isc.Refuse(isc.CodeBadRequest, "the body is no JSON: %s", found[0].Message)
	}
	return n, nil
}

// object reads a JSON body that has to be an object.
func (c *call) object() (*jsondoc.Node, error) {
	n, err := c.body()
	if err == nil && n.Kind() != jsondoc.Object {
		err = isc.Refuse(isc.CodeBadRequest, "the body is a %s, expected an object", n.Kind())
	}
	return n, err
}

func (c *call) patch() ([]isc.PatchOp, error) {
	src, err := isc.ReadBody(c.w, c.r, c.o.MaxBody, "application/json-patch+json", "application/json")
	if err != nil {
		return nil, err
	}
	return isc.ParsePatch(src)
}

// list answers with a page of a list, and with its length when it was asked for.
func list[T any](c *call, all []T, fields isc.Fields[T], natural func(a, b T) int, view func(T) *jsondoc.Node) error {
	q, err := isc.ParseQuery(c.query, maxPage)
	if err != nil {
		return err
	}
	page, err := fields.Page(all, q, maxPage, natural)
	if err != nil {
		return err
	}
	return answerPage(c, page, view)
}

// listTable is list for a table; also restricts the list beyond what clients ask for.
func listTable[T any](c *call, all *isc.Table[T], fields isc.Fields[T], also *filter.Filter,
	view func(T) *jsondoc.Node) error {
	q, err := isc.ParseQuery(c.query, maxPage)
	if err != nil {
		return err
	}
	page, err := fields.PageOf(all, q, maxPage, also)
	if err != nil {
		return err
	}
	return answerPage(c, page, view)
}

func answerPage[T any](c *call, page isc.Page[T], view func(T) *jsondoc.Node) error {
	if c.query.Get("count") == "true" {
		c.w.Header().Set("X-Total-Count", strconv.Itoa(page.Total))
	}
	body := []byte{'['}
	for i, item := range page.Items {
		if i > 0 {
			body = append(body, ',')
		}
		body = view(item).Append(body)
	}

	c.raw(http.StatusOK, append(body, ']'))
	return nil
}

// change plans and applies, while nobody else changes anything.
func (c *call) change(plan func() (*tenant.Plan, error)) (tenant.Outcome, *tenant.Plan, error) {
	c.writes.Lock()
	defer c.writes.Unlock()
	p, err := plan()
	if err != nil {
		return tenant.Outcome{}, nil, err
	}
	out, err := c.apply(c.ctx, c.actor, p)
	return out, p, err
}

// apply applies a plan and notes it; the lock of writers is held.
func (h *Handler) apply(ctx context.Context, a Actor, p *tenant.Plan) (tenant.Outcome, error) {
	before := h.tenant.Bundle()
	if h.o.Journal != nil {
		if err := h.o.Journal(ctx, p.After(), p.Batch()); err != nil {
			return tenant.Outcome{}, errors.Join(errors.New("the change cannot be noted"), err)
		}
	}

	out, err := h.tenant.Apply(ctx, p)
	if err != nil {
		// What was noted is not going to happen: the configuration that is kept stays.
		return out, errors.Join(err, h.changed(ctx))
	}

	h.log.add(change{time: h.now(), actor: a.ID, plan: p, before: before})
	return out, h.changed(ctx)
}

// changed tells whoever keeps the configuration.
func (h *Handler) changed(ctx context.Context) error {
	if h.o.OnChange == nil {
		return nil
	}
	if err := h.o.OnChange(ctx, h.tenant.Bundle()); err != nil {
		return errors.Join(errors.New("the configuration cannot be kept"), err)
	}
	return nil
}

func notFound(what, id string) error {
	return isc.Refuse(isc.CodeNotFound, "there is no %s %q", what, id)
}
