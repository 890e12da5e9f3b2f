package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant"
)

// work is what a task does, as plain data: a host keeps it until it is done, so that a
// process that dies in between does it at its next start. Doing it twice is doing it
// once.
type work struct {
	Kind workKind

	Source  string            `json:",omitempty"` // name
	Native  string            `json:",omitempty"` // native identity of an account of the source
	File    []byte            `json:",omitempty"` // account file, with Uploaded
	Account *identity.Account `json:",omitempty"`

	Uploaded bool `json:",omitempty"` // the request brought a file, maybe an empty one
	Whole    bool `json:",omitempty"` // not optimised

	Profiles   []string `json:",omitempty"` // names
	Identities []string `json:",omitempty"` // ids
}

type workKind string

const (
	workLoad      workKind = "load"      // a file of a source
	workCorrelate workKind = "correlate" // accounts of a source without identity
	workForget    workKind = "forget"    // all accounts of a source
	workPut       workKind = "put"       // one account
	workDelete    workKind = "delete"    // one account
	workReload    workKind = "reload"    // one account as it is
	workEnable    workKind = "enable"
	workDisable   workKind = "disable"
	workUnlock    workKind = "unlock"
	workProcess   workKind = "process"
	workFollow    workKind = "follow" // non-employees; not kept, it is done at each start
)

// perform does the work of a task; the lock of writers is held.
func (h *Handler) perform(ctx context.Context, t *task) error {
	err := h.performKind(ctx, t, t.work)
	if err != nil {
		return err
	}
	return h.changed(ctx)
}

func (h *Handler) performKind(ctx context.Context, t *task, w *work) error {
	switch w.Kind {
	case workProcess:
		return h.process(ctx, t, w)
	case workFollow:
		return h.takeNonEmployees(ctx, t)
	}

	s := h.tenant.Bundle().Source(w.Source)
	if s == nil && w.Kind != workDelete && w.Kind != workReload {
		return isc.Refuse(isc.CodeReferenceNotFound, "the source %q is gone", w.Source)
	}
	stats, err := h.aggregate(ctx, s, w)
	t.returns = statsOf(stats)
	return err
}

func (h *Handler) aggregate(ctx context.Context, s *config.Source, w *work) (profile.Stats, error) {
	var o tenant.AggregateOptions
	var accounts identity.Source

	// Every kind of work ends in an aggregation of some accounts, so that links and events come about
	// in one way.
	var err error
	switch w.Kind {
	case workLoad:
		o.Recorrelate = w.Whole
		accounts, err = h.accountFile(ctx, s, w)
	case workCorrelate:
		o.Recorrelate = true
		accounts, err = h.uncorrelatedOf(ctx, s)
	case workForget:
		return h.forget(ctx, s)
	case workPut:
		accounts = feed.Changes(w.Source, []identity.Account{*w.Account})
	case workDelete:
		o.AnyRemoval = true
		accounts = feed.Changes(w.Source, nil, w.Native)
	case workReload, workEnable, workDisable, workUnlock:
		accounts, err = h.changedAccount(ctx, w)
	default:
		err = fmt.Errorf("work of the unknown kind %q", w.Kind)
	}

	if err != nil {
		return profile.Stats{}, err
	}
	return h.tenant.AggregateWith(ctx, o, accounts)
}

// accountFile opens the file that a request brought, or that of the source.
func (h *Handler) accountFile(ctx context.Context, s *config.Source, w *work) (identity.Source, error) {
	if !w.Uploaded {
		return h.ownFile(ctx, s)
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(w.File)), nil }
	f, err := feed.Delimited(s.Name+".csv", open, h.tenant.Bundle().FeedOptions(s, nil))
	if err != nil {
		return nil, isc.Refuse(isc.CodeBadRequest, "the file cannot be read: %v", err)
	}
	return f, nil
}

// uncorrelatedOf gives the accounts of a source that have no identity.
func (h *Handler) uncorrelatedOf(ctx context.Context, s *config.Source) (identity.Source, error) {
	v, err := h.current(ctx)
	if err != nil {
		return nil, err
	}
	var loose []identity.Account
	for _, a := range v.accounts.Items() {
		if a.Source == s.Name && a.owner == nil {
			loose = append(loose, a.Account.Clone())
		}
	}

	return feed.Changes(s.Name, loose), nil
}

// changedAccount gives an account as its source would send it after a change there. It
// is looked up now, because tasks before this one may have changed it.
func (h *Handler) changedAccount(ctx context.Context, w *work) (identity.Source, error) {
	v, err := h.current(ctx)
	if err != nil {
		return nil, err
	}
	a, ok := v.findAccount(identity.AccountKey{Source: w.Source, NativeIdentity: w.Native})
	if !ok {
		return nil, isc.Refuse(isc.CodeNotFound, "there is no account %q of source %q", w.Native, w.Source)
	}

	// The account belongs to the view, which others read.
	after := a.Account.Clone()
	after.Fingerprint = 0 // it is no longer what the source has in its file
	switch w.Kind {
	case workEnable:
		after.Disabled = false
	case workDisable:
		after.Disabled = true
	case workUnlock:
		after.Locked = false
	}

	return feed.Changes(w.Source, []identity.Account{after}), nil
}

func (h *Handler) process(ctx context.Context, t *task, w *work) error {
	stats, err := h.tenant.Process(ctx, tenant.Selection{Profiles: w.Profiles, Identities: w.Identities}, nil)
	if err != nil {
		return err
	}
	t.returns = [][2]string{
		{"processed", fmt.Sprint(stats.Processed)}, {"changed", fmt.Sprint(stats.Changed)},
		{"moved", fmt.Sprint(stats.Moved)},
		{"exceptions", fmt.Sprint(stats.Exceptions)}, {"errors", fmt.Sprint(stats.Errors)},
	}
	return nil
}

// keptTask is a task as [Options.KeepTask] gets it.
type keptTask struct {
	Serial                int
	ID, Name, Description string
	Launcher              string          `json:",omitempty"`
	Source                string          `json:",omitempty"`
	Created               time.Time       `json:",omitzero"`
	Completed             time.Time       `json:",omitzero"`
	Status                string          `json:",omitempty"` // empty: it is not done
	Messages              []string        `json:",omitempty"`
	Returns               [][2]string     `json:",omitempty"`
	Attributes            json.RawMessage `json:",omitempty"`
	Work                  *work           `json:",omitempty"` // nil once it is done
}

// keep tells the host a task.
func (h *Handler) keep(ctx context.Context, t task) error {
	// A task that only follows a change has nothing to be told after a restart: the change itself is stored.
	if h.o.KeepTask == nil || t.work != nil && t.work.Kind == workFollow {
		return nil
	}
	k := keptTask{
		Serial: t.serial, ID: t.id, Name: t.name, Description: t.description, Launcher: t.launcher, Source: t.source,
		Created: t.created, Completed: t.completed, Status: t.status, Messages: t.messages, Returns: t.returns,
		Attributes: t.attributes.Append(nil),
	}

	// What a task does is kept as long as it has to be done; afterwards only its outcome is asked for.
	if t.status == "" {
		k.Work = t.work
	}
	src, err := json.Marshal(k)
	if err == nil {
		err = h.o.KeepTask(ctx, t.id, src)
	}
	if err != nil {
		return fmt.Errorf("the task cannot be kept: %w", err)
	}
	return nil
}

// Resume takes over the tasks that the host has kept, in any order: those that are done
// can be asked for again, and the others are done now, as they were asked for. It has to
// be called before the first request.
//
// Error: a task is not as it was kept. Nothing is taken over then.
func (h *Handler) Resume(kept [][]byte) error {
	list := make([]keptTask, len(kept))
	for i, src := range kept {
		if err := json.Unmarshal(src, &list[i]); err != nil {
			return fmt.Errorf("a kept task cannot be read: %w", err)
		}
	}

	// Serial numbers give the order in which they were asked for.
	slices.SortFunc(list, func(a, b keptTask) int { return a.Serial - b.Serial })

	var found []*task
	var wrong error
	for _, k := range list {
		attributes, _ := jsondoc.Parse("attributes", k.Attributes)
		if k.Status == "" && k.Work == nil {
			wrong = errors.Join(wrong, fmt.Errorf("the kept task %s says nothing of its work", k.ID))
		}
		found = append(found, &task{
			serial: k.Serial, id: k.ID, name: k.Name, description: k.Description, launcher: k.Launcher,
			source:  k.Source,
			created: k.Created, completed: k.Completed, status: k.Status, messages: k.Messages, returns: k.Returns,
			attributes: orNull(attributes), work: k.Work,
		})
	}

	// Nothing is taken over by halves: the host has to know first.
	if wrong != nil {
		return wrong
	}
	h.tasks.resume(h, found)
	return nil
}
