package rest

import (
	"bytes"
	"context"
	"errors"
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

// startAggregation takes accounts of a source in, after what was asked for before.
func (c *call) startAggregation(description string, s *config.Source, o tenant.AggregateOptions, accounts identity.Source) task {
	h, id := c.Handler, ""
	if s != nil {
		id = sourceID(s)
	}
	return c.tasks.start(h, "Cloud Account Aggregation", description, id, c.actor, func(ctx context.Context, t *task) error {
		stats, err := h.tenant.AggregateWith(ctx, o, accounts)
		if err != nil {
			return err
		}
		t.returns = statsOf(stats)
		return h.changed(ctx)
	})
}

func statsOf(s profile.Stats) [][2]string {
	return [][2]string{
		{"scanned", fmt.Sprint(s.Scanned)}, {"added", fmt.Sprint(s.Added)}, {"changed", fmt.Sprint(s.Changed)}, {"removed", fmt.Sprint(s.Removed)},
		{"uncorrelated", fmt.Sprint(s.Uncorrelated)}, {"identitiesCreated", fmt.Sprint(s.Created)}, {"exceptions", fmt.Sprint(s.Exceptions)},
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
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, c.o.MaxUpload)
	parts, err := c.r.MultipartReader()
	if err != nil {
		return nil, nil, isc.Refuse(isc.CodeMediaType, "expected multipart/form-data")
	}
	var data []byte
	fields := map[string]string{}
	for {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return data, fields, nil
		}
		if err != nil {
			return nil, nil, isc.BodyError(err)
		}
		src, err := io.ReadAll(isc.BodyReader(p))
		if err != nil {
			return nil, nil, err
		}
		if p.FormName() == file {
			data = append([]byte{}, src...)
		} else {
			fields[p.FormName()] = string(src)
		}
	}
}

// accountFile gives the accounts that a request brings, or those of the source's own
// file when it brings none; whole says that the aggregation shall not be optimised.
func (c *call) accountFile(s *config.Source) (accounts identity.Source, whole bool, err error) {
	var file []byte
	var fields map[string]string
	if c.r.Header.Get("Content-Type") != "" {
		if file, fields, err = c.uploadedParts("file"); err != nil {
			return nil, false, err
		}
	}
	whole = strings.EqualFold(fields["disableOptimization"], "true")
	if file == nil {
		accounts, err = c.ownFile(s)
		return accounts, whole, err
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(file)), nil }
	f, err := feed.Delimited(s.Name+".csv", open, c.tenant.Bundle().FeedOptions(s, nil))
	if err != nil {
		return nil, false, isc.Refuse(isc.CodeBadRequest, "the file cannot be read: %v", err)
	}
	return f, whole, nil
}

// ownFile opens the account files of a source in the folder, or the records of one of
// non-employees.
func (c *call) ownFile(s *config.Source) (identity.Source, error) {
	if c.nonEmployees != nil && nonEmployeeMark(s) != "" {
		records, err := c.nonEmployees.service.Sources.Accounts(c.ctx, s.ID)
		return renamed{Source: records, name: s.Name}, err
	}
	b := c.tenant.Bundle()
	if len(b.Data[s.Name]) == 0 || c.o.Files == nil {
		return nil, isc.Refuse(isc.CodeRequired, "source %q has no account file, so the request has to bring one", s.Name)
	}
	opened, _ := b.Accounts(c.o.Files, nil)
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
	accounts, whole, err := c.accountFile(s)
	if err != nil {
		return err
	}
	t := c.startAggregation("Aggregate accounts of source "+s.Name, s, tenant.AggregateOptions{Recorrelate: whole}, accounts)
	c.raw(http.StatusAccepted, loadAnswer(t))
	return nil
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
	v, err := c.view()
	if err != nil {
		return err
	}
	var loose []identity.Account
	for _, a := range v.accounts.Items() {
		if a.Source == s.Name && a.owner == nil {
			loose = append(loose, a.Account.Clone())
		}
	}
	t := c.startAggregation("Correlate accounts of source "+s.Name, s, tenant.AggregateOptions{Recorrelate: true}, feed.Changes(s.Name, loose))
	c.raw(http.StatusAccepted, loadAnswer(t))
	return nil
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
	h := c.Handler
	t := c.tasks.start(h, "Remove Accounts", "Remove all accounts of source "+s.Name, sourceID(s), c.actor, func(ctx context.Context, t *task) error {
		stats, err := h.forget(ctx, s)
		t.returns = statsOf(stats)
		if err != nil {
			return err
		}
		return h.changed(ctx)
	})
	c.json(http.StatusAccepted, t.reference())
	return nil
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
