package rest

import (
	"bytes"
	"context"
	"net/http"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/nonemployee"
)

func (c *call) listRequests() error {
	q, err := c.collection()
	if err != nil {
		return err
	}
	p, err := c.service.Requests.List(c.r.Context(), c.actor,
		nonemployee.RequestQuery{Query: q, RequestedFor: c.query.Get("requested-for")})
	if err != nil {
		return err
	}
	return list(c, p, viewRequest)
}

func (c *call) createRequest() error {
	var body nonemployee.RecordBody
	if err := c.decode(&body); err != nil {
		return err
	}
	d, _, err := c.service.Requests.Create(c.r.Context(), c.actor, body)
	if err == nil {
		c.json(http.StatusOK, viewRequest(d))
	}
	return err
}

func (c *call) getRequest() error {
	d, err := c.service.Requests.Get(c.r.Context(), c.actor, c.path["id"])
	if err == nil {
		c.json(http.StatusOK, viewRequest(d))
	}
	return err
}

func (c *call) deleteRequest() error {
	if err := c.service.Requests.Delete(c.r.Context(), c.actor, c.path["id"]); err != nil {
		return err
	}
	return c.noContent()
}

func (c *call) requestSummary() error {
	s, err := c.service.Requests.Summary(c.r.Context(), c.actor, c.path["requested-for"])
	if err == nil {
		c.json(http.StatusOK, s)
	}
	return err
}

func (c *call) listApprovals() error {
	q, err := c.collection()
	if err != nil {
		return err
	}
	p, err := c.service.Approvals.List(c.r.Context(), c.actor,
		nonemployee.ApprovalQuery{Query: q, RequestedFor: c.query.Get("requested-for")})
	if err != nil {
		return err
	}
	return list(c, p, viewApproval)
}

func (c *call) getApproval() error {
	full, err := c.flag("include-detail", true)
	if err != nil {
		return err
	}
	d, err := c.service.Approvals.Get(c.r.Context(), c.actor, c.path["id"])
	if err != nil {
		return err
	}

	v := viewDetail(d)
	if !full {
		v.NonEmployeeRequest = nil
	}
	c.json(http.StatusOK, v)
	return nil
}

func (c *call) approve() error { return c.decide(c.service.Approvals.Approve) }
func (c *call) reject() error  { return c.decide(c.service.Approvals.Reject) }

func (c *call) decide(do func(context.Context, nonemployee.Actor, string, string) (nonemployee.Approval, error)) error {
	src, err := c.body("application/json")
	if err != nil {
		return err
	}
	var body struct {
		Comment string `json:"comment"`
	}

	// The comment is optional, and so is the whole body.
	if len(bytes.TrimSpace(src)) > 0 {
		if err := isc.DecodeObject(src, &body); err != nil {
			return err
		}
	}

	a, err := do(c.r.Context(), c.actor, c.path["id"], body.Comment)
	if err == nil {
		c.json(http.StatusOK, viewApproval(a))
	}
	return err
}

func (c *call) approvalSummary() error {
	s, err := c.service.Approvals.Summary(c.r.Context(), c.actor, c.path["requested-for"])
	if err == nil {
		c.json(http.StatusOK, s)
	}
	return err
}
