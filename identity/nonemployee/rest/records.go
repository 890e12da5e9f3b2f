package rest

import (
	"net/http"

	"github.com/idprofile/engine/identity/nonemployee"
)

func (c *call) listRecords() error {
	q, err := c.collection()
	if err != nil {
		return err
	}
	p, err := c.service.Records.List(c.r.Context(), c.actor, q)
	if err != nil {
		return err
	}
	return list(c, p, viewRecord)
}

func (c *call) createRecord() error {
	var body nonemployee.RecordBody
	if err := c.decode(&body); err != nil {
		return err
	}
	r, _, err := c.service.Records.Create(c.r.Context(), c.actor, body)
	return c.record(r, err)
}

// record answers with a record.
func (c *call) record(r nonemployee.Record, err error) error {
	if err == nil {
		c.json(http.StatusOK, viewRecord(r))
	}
	return err
}

func (c *call) getRecord() error {
	return c.record(c.service.Records.Get(c.r.Context(), c.actor, c.path["id"]))
}

func (c *call) putRecord() error {
	var body nonemployee.RecordBody
	if err := c.decode(&body); err != nil {
		return err
	}
	r, _, err := c.service.Records.Put(c.r.Context(), c.actor, c.path["id"], body)
	return c.record(r, err)
}

func (c *call) patchRecord() error {
	ops, err := c.patch()
	if err != nil {
		return err
	}
	r, _, err := c.service.Records.Patch(c.r.Context(), c.actor, c.path["id"], ops)
	return c.record(r, err)
}

func (c *call) deleteRecord() error {
	if err := c.service.Records.Delete(c.r.Context(), c.actor, c.path["id"]); err != nil {
		return err
	}
	return c.noContent()
}

func (c *call) bulkDelete() error {
	var body struct {
		IDs []string `json:"ids"`
	}
	if err := c.decode(&body); err != nil {
		return err
	}

	if err := c.service.Records.BulkDelete(c.r.Context(), c.actor, body.IDs); err != nil {
		return err
	}
	return c.noContent()
}
