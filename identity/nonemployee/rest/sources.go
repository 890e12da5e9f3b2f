package rest

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"

	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/nonemployee"
)

func (c *call) listSources() error {
	q, err := c.collection()
	if err != nil {
		return err
	}
	count, err := c.flag("non-employee-count", false)
	if err != nil {
		return err
	}

	p, err := c.service.Sources.List(c.r.Context(), c.actor,
		nonemployee.SourceQuery{Query: q, RequestedFor: c.query.Get("requested-for"), WithCount: count})
	if err != nil {
		return err
	}
	return list(c, p, viewCounted)
}

func (c *call) createSource() error {
	var body nonemployee.SourceBody
	if err := c.decode(&body); err != nil {
		return err
	}
	s, err := c.service.Sources.Create(c.r.Context(), c.actor, body)
	if err == nil {
		c.json(http.StatusOK, createdSourceView{viewSource(s), s.CloudExternalID})
	}
	return err
}

func (c *call) getSource() error {
	s, err := c.service.Sources.Get(c.r.Context(), c.actor, c.path["id"])
	if err == nil {
		c.json(http.StatusOK, viewSource(s))
	}
	return err
}

func (c *call) patchSource() error {
	ops, err := c.patch()
	if err != nil {
		return err
	}
	s, err := c.service.Sources.Patch(c.r.Context(), c.actor, c.path["id"], ops)
	if err == nil {
		c.json(http.StatusOK, viewSource(s))
	}
	return err
}

func (c *call) deleteSource() error {
	if err := c.service.Sources.Delete(c.r.Context(), c.actor, c.path["id"]); err != nil {
		return err
	}
	return c.noContent()
}

func (c *call) export() error {
	var b bytes.Buffer
	if err := c.service.Sources.Export(c.r.Context(), c.actor, c.path["id"], &b, c.o.Export); err != nil {
		return err
	}
	return c.file("non-employees.csv", b.Bytes())
}

func (c *call) template() error {
	var b bytes.Buffer
	if err := c.service.Sources.Template(c.r.Context(), c.actor, c.path["id"], &b); err != nil {
		return err
	}
	return c.file("schema-attributes-template.csv", b.Bytes())
}

func (c *call) upload() error {
	dry, err := c.flag("dry-run", false)
	if err != nil {
		return err
	}
	// A part is read through the body of the request, so the bound is on the whole.
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, c.o.MaxUpload)
	file, err := c.uploadedFile()
	if err != nil {
		return err
	}

	// A dry run answers at once with what would come of it; an import is a job, whose end is asked
	// for.
	if dry {
		plan, err := c.service.Sources.DryRun(c.r.Context(), c.actor, c.path["id"], file)
		if err == nil {
			c.json(http.StatusOK, plan)
		}
		return err
	}

	job, _, err := c.service.Sources.Import(c.r.Context(), c.actor, c.path["id"], file)
	if err == nil {
		c.json(http.StatusAccepted, viewJob(job))
	}
	return err
}

// uploadedFile gives the part named data of a multipart body. It ends where the body does.
func (c *call) uploadedFile() (io.Reader, error) {
	parts, err := c.r.MultipartReader()
	if err != nil {
		return nil, isc.Refuse(isc.CodeMediaType, "expected multipart/form-data")
	}
	for {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, isc.Refuse(isc.CodeRequired, "data is required")
		}
		if err != nil {
			return nil, isc.BodyError(c.w, err)
		}
		if p.FormName() == "data" {
			return &upload{w: c.w, part: isc.BodyReader(c.w, p), parts: parts, body: c.r.Body}, nil
		}
	}
}

// upload is a part of a body. Its last bytes come with an error when what is behind it is
// damaged: nothing of a body that did not come as a whole may be stored.
type upload struct {
	w     http.ResponseWriter
	part  io.Reader
	parts *multipart.Reader
	body  io.Reader
}

// Read implements [io.Reader].
func (u *upload) Read(p []byte) (int, error) {
	n, err := u.part.Read(p)
	if !errors.Is(err, io.EOF) {
		return n, err
	}

	// Only the last boundary gives a bare io.EOF; a body that is cut before it gives one that is wrapped.
	for {
		if _, behind := u.parts.NextPart(); behind == io.EOF {
			break
		} else if behind != nil {
			return n, isc.BodyError(u.w, behind)
		}
	}

	if damaged := isc.EndOfBody(u.w, u.body); damaged != nil {
		err = damaged
	}
	return n, err
}

func (c *call) uploadStatus() error {
	job, err := c.service.Sources.ImportStatus(c.r.Context(), c.actor, c.path["id"])
	switch {
	case err != nil:
		return err
	case job == nil:
		c.json(http.StatusOK, map[string]any{"status": nil})
	default:
		c.json(http.StatusOK, viewJob(*job))
	}

	return nil
}

func (c *call) listAttributes() error {
	all, err := c.service.Schema.List(c.r.Context(), c.actor, c.path["id"])
	if err == nil {
		c.json(http.StatusOK, viewAttributes(all))
	}
	return err
}

// attribute answers with a schema attribute.
func (c *call) attribute(a nonemployee.Attribute, err error) error {
	if err == nil {
		c.json(http.StatusOK, viewAttribute(a))
	}
	return err
}

func (c *call) createAttribute() error {
	var body nonemployee.AttributeBody
	if err := c.decode(&body); err != nil {
		return err
	}
	return c.attribute(c.service.Schema.Create(c.r.Context(), c.actor, c.path["id"], body))
}

func (c *call) getAttribute() error {
	return c.attribute(c.service.Schema.Get(c.r.Context(), c.actor, c.path["id"], c.path["attribute"]))
}

func (c *call) patchAttribute() error {
	ops, err := c.patch()
	if err != nil {
		return err
	}
	return c.attribute(c.service.Schema.Patch(c.r.Context(), c.actor, c.path["id"], c.path["attribute"], ops))
}

func (c *call) deleteAttribute() error {
	if _, err := c.service.Schema.Delete(c.r.Context(), c.actor, c.path["id"], c.path["attribute"]); err != nil {
		return err
	}
	return c.noContent()
}

func (c *call) deleteAttributes() error {
	if _, err := c.service.Schema.DeleteAll(c.r.Context(), c.actor, c.path["id"]); err != nil {
		return err
	}
	return c.noContent()
}
