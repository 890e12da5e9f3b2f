package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/nonemployee"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant/rest"
)

// state keeps a tenant across starts: identities and non-employees in their stores, the
// configuration in one document, each task in one, and while a change of configuration
// and identities is made, what it is going to write. A process that dies in between
// finds that and finishes the change at the next start, and does the tasks that are not
// done: nothing is lost, and nothing is half done.
type state struct{ *kept }

// Names of documents.
const (
	configFile  = "config.json"  // path to content of the configuration files
	pendingFile = "pending.json" // a change under way
	taskFiles   = "tasks/"
)

// pending is a change of configuration and identities.
type pending struct {
	Config map[string]string
	Batch  identity.Batch
}

// openState opens the store, and what is kept of the configuration. Fresh: nothing was
// kept, so the accounts of the folder are still to be aggregated.
func (s *site) openState(ctx context.Context, o settings, b *config.Bundle,
	options *rest.Options) (_ *config.Bundle, fresh bool, err error) {
	// In memory nothing outlives the process, so everything is new.
	if o.store == memory {
		s.state = &state{&kept{identities: store.NewMemory(), objects: nonemployee.NewMemory(),
			close: func() error { return nil }}}
		return b, true, nil
	}

	opened, err := openKept(ctx, o.store)
	if err != nil {
		return nil, false, err
	}
	s.state = &state{opened}
	if err := s.state.finish(ctx); err != nil {
		return nil, false, fmt.Errorf("the change under way cannot be finished: %w", err)
	}
	found, err := s.state.load(ctx, b)
	if err != nil {
		return nil, false, err
	}
	options.Journal, options.OnChange, options.KeepTask = s.state.journal, s.state.save, s.state.keepTask
	if found == nil {
		return b, true, nil
	}
	return found, false, nil
}

// load reads the configuration that was kept; nil when none was. Account files are
// those of the folder.
func (s *state) load(ctx context.Context, b *config.Bundle) (*config.Bundle, error) {
	src, err := s.shelf.read(ctx, configFile)
	if src == nil || err != nil {
		return nil, err
	}
	var files map[string]string
	if err := json.Unmarshal(src, &files); err != nil {
		return nil, fmt.Errorf("%s: %w", configFile, err)
	}
	var list []config.File
	for _, path := range slices.Sorted(maps.Keys(files)) {
		list = append(list, config.File{Name: path, Data: []byte(files[path])})
	}
	// Findings of a configuration stay findings: a tenant that took it goes on with it.
	found, _ := config.LoadFiles(list...)
	found.Data = b.Data
	found.Refresh()
	return found, nil
}

func filesOf(b *config.Bundle) map[string]string {
	out := map[string]string{}
	for path, src := range b.Files() {
		out[path] = string(src)
	}
	return out
}

// journal notes a change before it is made.
func (s *state) journal(ctx context.Context, after *config.Bundle, batch identity.Batch) error {
	return s.put(ctx, pendingFile, pending{Config: filesOf(after), Batch: batch})
}

// save keeps the configuration once a change is made.
func (s *state) save(ctx context.Context, b *config.Bundle) error {
	// The change is made: a client that has gone away does not end keeping it.
	ctx = context.WithoutCancel(ctx)
	if err := s.put(ctx, configFile, filesOf(b)); err != nil {
		return err
	}
	return s.shelf.remove(ctx, pendingFile)
}

// keepTask keeps a task until it is forgotten.
func (s *state) keepTask(ctx context.Context, id string, task []byte) error {
	if task == nil {
		return s.shelf.remove(ctx, taskFiles+id+".json")
	}
	return s.shelf.write(ctx, taskFiles+id+".json", task)
}

// finish makes a change that the process before did not end. Making it twice is making
// it once.
func (s *state) finish(ctx context.Context) error {
	src, err := s.shelf.read(ctx, pendingFile)
	if src == nil || err != nil {
		return err
	}
	var p pending
	if err := json.Unmarshal(src, &p); err != nil {
		return err
	}

	// In the order in which the change was made; each step may be made again when it was made already.
	if err := s.identities.Apply(ctx, p.Batch); err != nil {
		return err
	}
	if err := s.put(ctx, configFile, p.Config); err != nil {
		return err
	}
	return s.shelf.remove(ctx, pendingFile)
}

func (s *state) put(ctx context.Context, name string, v any) error {
	src, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.shelf.write(ctx, name, src)
}

// computed are the members of a profile that follow from its identities. They are no
// difference to the folder.
var computed = []string{"identityCount", "identityExceptionReportReference"}

// differences lists the files of the folder that are not as the tenant has them.
func (s *site) differences() []string {
	now := s.handler.Tenant().Bundle()
	before := s.folder.Clone()
	for _, p := range before.Profiles {
		q := now.ProfileByRef(p.AsRef())
		for _, key := range computed {
			if q != nil && q.Node.Get(key) != nil {
				p.Node.Set(key, q.Node.Get(key).Clone())
			}
		}
	}

	before.Refresh()
	return differences(before.Files(), now.Files())
}

// shownDifferences are the differences for people: files are named after objects, whose
// names are anything.
func (s *site) shownDifferences() []string {
	list := s.differences()
	for i, line := range list {
		list[i] = report.OneLine(line)
	}
	return list
}

// differences lists the files that are new, changed or gone.
func differences(before, after map[string][]byte) []string {
	var out []string
	for _, path := range slices.Sorted(maps.Keys(after)) {
		switch old, ok := before[path]; {
		case !ok:
			out = append(out, "new     "+path)
		case !bytes.Equal(old, after[path]):
			out = append(out, "changed "+path)
		}
	}

	for _, path := range slices.Sorted(maps.Keys(before)) {
		if _, ok := after[path]; !ok {
			out = append(out, "gone    "+path)
		}
	}

	return out
}
