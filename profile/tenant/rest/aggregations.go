package rest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant"
)

func statsOf(s profile.Stats) [][2]string {
	return [][2]string{
		{"scanned", fmt.Sprint(s.Scanned)}, {"added", fmt.Sprint(s.Added)}, {"changed", fmt.Sprint(s.Changed)},
		{"removed",
			fmt.Sprint(s.Removed)},
		{"uncorrelated", fmt.Sprint(s.Uncorrelated)}, {"identitiesCreated", fmt.Sprint(s.Created)},
		{"exceptions", fmt.Sprint(s.Exceptions)},
	}
}

// uploadedFile reads a part of a multipart body as a whole.
func (c *call) uploadedFile(name string) ([]byte, error) {
	file, _, err := c.uploadedParts(name)
	if err == nil && file == nil {
		err = isc.Refuse(isc.CodeRequired, "%s is required", name)
	}
	return file, err
}

// uploadedParts reads a multipart body: the file, nil when there is none, and the
// other parts as texts. Clients name the file as they like and give it any type.
func (c *call) uploadedParts(file string) ([]byte, map[string]string, error) {
	// The body is bounded before it is read, and parts are read one after the other.
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, c.o.MaxUpload)
	parts, err := c.r.MultipartReader()
	if err != nil {
		return nil, nil, isc.Refuse(isc.CodeMediaType, "expected multipart/form-data")
	}
	var data []byte
	fields := map[string]string{}
	for {
		p, err := parts.NextPart()

		// Only the last boundary gives a bare io.EOF; a body that is cut before it gives one that is wrapped.
		if err == io.EOF {
			return data, fields, isc.EndOfBody(c.w, c.r.Body)
		}
		if err != nil {
			return nil, nil, isc.BodyError(c.w, err)
		}
		src, err := io.ReadAll(isc.BodyReader(c.w, p))
		if err != nil {
			return nil, nil, err
		}

		// A file without bytes is a file all the same, so it must not be nil.
		if p.FormName() == file {
			data = append([]byte{}, src...)
		} else {
			fields[p.FormName()] = string(src)
		}
	}
}

// loadWork reads what a request to load accounts brings: a file, or nothing when the
// source's own file is meant. What cannot be read is refused now and not by the task.
func (c *call) loadWork(s *config.Source) (*work, error) {
	w := &work{Kind: workLoad}
	if c.r.Header.Get("Content-Type") != "" {
		file, fields, err := c.uploadedParts("file")
		if err != nil {
			return nil, err
		}
		w.File, w.Uploaded, w.Whole = file, file != nil, strings.EqualFold(fields["disableOptimization"], "true")
	}

	_, err := c.accountFile(c.ctx, s, w)
	return w, err
}

// ownFile opens the account files of a source in the folder, or the records of one of
// non-employees.
func (h *Handler) ownFile(ctx context.Context, s *config.Source) (identity.Source, error) {
	if h.nonEmployees != nil && nonEmployeeMark(s) != "" {
		records, err := h.nonEmployees.service.Sources.Accounts(ctx, s.ID)
		return renamed{Source: records, name: s.Name}, err
	}

	// Otherwise only a file of the folder is left, since nothing here connects to a system.
	b := h.tenant.Bundle()
	if len(b.Data[s.Name]) == 0 || h.o.Files == nil {
		return nil, isc.Refuse(isc.CodeRequired, "source %q has no account file, so the request has to bring one",
			s.Name)
	}
	opened, _ := b.Accounts(h.o.Files, nil)
	for _, one := range opened {
		if one.Name() == s.Name {
			return one, nil
		}
	}

	return nil, isc.Refuse(isc.CodeBadRequest, "the account file of source %q cannot be read", s.Name)
}

func (c *call) loadAccounts() error {
	s, err := c.source()
	if err != nil {
		return err
	}
	w, err := c.loadWork(s)
	if err != nil {
		return err
	}
	t, err := c.start(taskAggregation, "Aggregate accounts of source "+s.Name, s, w)
	if err == nil {
		c.raw(http.StatusAccepted, loadAnswer(t))
	}
	return err
}

// loadUncorrelated correlates the accounts of a source that have no identity anew.
func (c *call) loadUncorrelated() error {
	s, err := c.source()
	if err != nil {
		return err
	}
	if c.r.Header.Get("Content-Type") != "" {
		if _, _, err := c.uploadedParts("file"); err != nil {
			return err
		}
	}

	t, err := c.start(taskAggregation, "Correlate accounts of source "+s.Name, s, &work{Kind: workCorrelate})
	if err == nil {
		c.raw(http.StatusAccepted, loadAnswer(t))
	}
	return err
}

func loadAnswer(t task) []byte {
	n := jsondoc.NewObject(jsondoc.M("success", jsondoc.NewBool(true)), jsondoc.M("task", t.view()))
	return n.Append(nil)
}

func (c *call) removeAccounts() error {
	s, err := c.source()
	if err != nil {
		return err
	}
	t, err := c.start(taskRemoval, "Remove all accounts of source "+s.Name, s, &work{Kind: workForget})
	if err == nil {
		c.json(http.StatusAccepted, t.reference())
	}
	return err
}

// forget takes all accounts of a source out of the store.
func (h *Handler) forget(ctx context.Context, s *config.Source) (profile.Stats, error) {
	v, err := h.current(ctx)
	if err != nil {
		return profile.Stats{}, err
	}
	var gone []string
	for _, a := range v.accounts.Items() {
		if a.Source == s.Name {
			gone = append(gone, a.NativeIdentity)
		}
	}

	if len(gone) == 0 {
		return profile.Stats{}, nil
	}
	return h.tenant.AggregateWith(ctx, tenant.AggregateOptions{AnyRemoval: true}, feed.Changes(s.Name, nil, gone...))
}
