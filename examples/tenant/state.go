package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/nonemployee"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant/rest"
)

// state keeps a tenant in a folder: the identities in a log, the configuration in one
// file, and while a change of both is made, what it is going to write. A process that
// dies in between finds that and finishes the change at the next start, so nothing is
// half done.
type state struct {
	folder  string
	store   *store.File
	objects *nonemployee.File
}

const (
	configFile  = "config.json"  // path to content of the configuration files
	pendingFile = "pending.json" // a change under way
)

// pending is a change of configuration and identities.
type pending struct {
	Config map[string]string
	Batch  identity.Batch
}

// openState opens the store, and what is kept of the configuration. Fresh: nothing was
// kept, so the accounts of the folder are still to be aggregated.
func (s *site) openState(ctx context.Context, o settings, b *config.Bundle, options *rest.Options) (st identity.Store, _ *config.Bundle, fresh bool, err error) {
	if o.state == "" {
		s.objects = nonemployee.NewMemory()
		return store.NewMemory(), b, true, nil
	}
	if err := os.MkdirAll(o.state, 0o700); err != nil {
		return nil, nil, false, err
	}
	log, err := store.OpenFile(filepath.Join(o.state, "identities.log"))
	if err != nil {
		return nil, nil, false, err
	}
	objects, err := nonemployee.OpenFile(filepath.Join(o.state, "nonemployees.log"))
	if err != nil {
		return nil, nil, false, errors.Join(err, log.Close())
	}
	s.state, s.objects = &state{folder: o.state, store: log, objects: objects}, objects
	defer func() {
		if err != nil {
			err = errors.Join(err, s.state.close())
		}
	}()
	if err := s.state.finish(ctx, log); err != nil {
		return nil, nil, false, fmt.Errorf("the change under way cannot be finished: %w", err)
	}
	kept, err := s.state.load(b)
	if err != nil {
		return nil, nil, false, err
	}
	options.Journal, options.OnChange = s.state.journal, s.state.save
	if kept == nil {
		return log, b, true, nil
	}
	return log, kept, false, nil
}

func (s *state) close() error { return errors.Join(s.store.Close(), s.objects.Close()) }

// load reads the configuration that was kept; nil when none was. Account files are
// those of the folder.
func (s *state) load(b *config.Bundle) (*config.Bundle, error) {
	src, err := os.ReadFile(filepath.Join(s.folder, configFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
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
	kept, found := config.LoadFiles(list...)
	kept.Data = b.Data
	kept.Refresh()
	return kept, found.Err()
}

func filesOf(b *config.Bundle) map[string]string {
	out := map[string]string{}
	for path, src := range b.Files() {
		out[path] = string(src)
	}
	return out
}

// journal notes a change before it is made.
func (s *state) journal(_ context.Context, after *config.Bundle, batch identity.Batch) error {
	return s.write(pendingFile, pending{Config: filesOf(after), Batch: batch})
}

// save keeps the configuration once a change is made.
func (s *state) save(_ context.Context, b *config.Bundle) error {
	if err := s.write(configFile, filesOf(b)); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(s.folder, pendingFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// finish makes a change that the process before did not end. Making it twice is making
// it once.
func (s *state) finish(ctx context.Context, st identity.Store) error {
	src, err := os.ReadFile(filepath.Join(s.folder, pendingFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var p pending
	if err := json.Unmarshal(src, &p); err != nil {
		return err
	}
	if err := st.Apply(ctx, p.Batch); err != nil {
		return err
	}
	if err := s.write(configFile, p.Config); err != nil {
		return err
	}
	return os.Remove(filepath.Join(s.folder, pendingFile))
}

// write replaces a file: all of it or nothing.
func (s *state) write(name string, v any) error {
	src, err := json.Marshal(v)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(s.folder, name+"-*")
	if err != nil {
		return err
	}
	_, err = f.Write(src)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(s.folder, name))
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	folder, err := os.Open(s.folder)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
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
