package main

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// folder is a configuration that was read, and where its accounts are.
type folder struct {
	name   string
	fsys   fs.FS
	bundle *config.Bundle
	found  diag.List
}

// openFolder reads a folder of the file system.
func openFolder(a *app, name string) (*folder, error) {
	fsys, err := a.folder(name)
	if err != nil {
		return nil, err
	}
	return readFolder(filepath.ToSlash(name), fsys)
}

// folder opens a folder from which nothing outside of it is read.
func (a *app) folder(name string) (fs.FS, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is a file, expected a folder", name)
	}
	return config.OpenFolder(name, config.FolderOptions{MaxFile: a.maxFile << 20, MaxValues: a.maxValues,
		MaxFindings: a.maxFindings, MaxParts: a.maxParts})
}

// configuration reads what a folder configures and warns of its errors.
func (a *app) configuration(name string) (*config.Bundle, error) {
	fsys, err := a.folder(name)
	if err != nil {
		return nil, err
	}
	b, found := config.Load(fsys)
	said := newFindings(name, fewSamples)
	for _, d := range found {
		said.addError(d)
	}
	said.warn(a)
	return b, nil
}

func readFolder(name string, fsys fs.FS) (*folder, error) {
	b, found := config.Load(fsys)
	if err := several(name, fsys, found); err != nil {
		return nil, err
	}
	if len(b.Profiles) == 0 {
		for i, d := range found {
			found[i] = below(name, d)
		}
		if n := len(b.Unread); n > 0 { // which is the cause
			return nil, errors.Join(fmt.Errorf("%s: %s cannot be read, and nothing else has an identity profile", name,
				plural(n, "file")), found.Err())
		}
		return nil, errors.Join(fmt.Errorf("%s: there is no identity profile", name), found.Err())
	}

	if err := b.Settings.Unusable; err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &folder{name: name, fsys: fsys, bundle: b, found: found}, nil
}

// several is the error of a folder that holds several tenants in folders of their own, and
// does not make sense as one: the question which of them is meant.
func several(name string, fsys fs.FS, found diag.List) error {
	// A folder that is valid is a tenant, whatever else is below it.
	if !found.HasErrors() {
		return nil
	}
	var tenants []string

	// A tenant is known by its settings or by its accounts. The search ends some levels down: who
	// starts the command in a home directory should not wait for what only serves an error message.
	_ = fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || d == nil || !d.IsDir() && d.Name() != "idprofile.json":
			return nil // what cannot be read is among the findings
		case d.IsDir() && p != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" ||
			strings.Count(p, "/") > 5):
			return fs.SkipDir
		}

		if dir := path.Dir(p); (d.Name() == "idprofile.json" || d.Name() == "accounts") &&
			!slices.Contains(tenants, dir) {
			tenants = append(tenants, dir)
		}
		return nil
	})

	// The folder itself is one of them, so what is below belongs to it.
	if len(tenants) < 2 || slices.Contains(tenants, ".") {
		return nil
	}
	for i, t := range tenants {
		tenants[i] = path.Join(name, t)
	}
	return fmt.Errorf("%s: there are %d configurations below this folder; which one? %s", name, len(tenants),
		strings.Join(shortened(tenants), ", "))
}

// shortened is the beginning of a long list.
func shortened(list []string) []string {
	if len(list) <= examples {
		return list
	}
	return append(slices.Clone(list[:examples]), fmt.Sprintf("and %d more", len(list)-examples))
}

// openRevision reads a folder as it was in a git revision. Its files go to a
// temporary folder, which the caller removes.
func openRevision(a *app, revision, folder, into string) (*folder, error) {
	if strings.HasPrefix(revision, "-") {
		return nil, fmt.Errorf("%s is neither a folder nor a git revision", revision)
	}
	var out, stderr bytes.Buffer
	cmd := exec.CommandContext(a.ctx, "git", "-C", folder, "archive", "--format=tar", revision, "--", ".")
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s is no folder, and git cannot read it as a revision of %s: %w: %s", revision, folder,
			err,
			strings.TrimSpace(stderr.String()))
	}
	if err := untar(&out, into); err != nil {
		return nil, fmt.Errorf("%s: %w", revision, err)
	}
	fsys, err := a.folder(into)
	if err != nil {
		return nil, err
	}
	return readFolder(revision, fsys)
}

// untar writes the regular files of an archive below a folder.
func untar(r io.Reader, into string) error {
	// A root keeps names with .. in them, and links, from leading out of the folder.
	root, err := os.OpenRoot(into)
	if err != nil {
		return err
	}
	defer root.Close()
	for t := tar.NewReader(r); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		name := path.Clean(h.Name)

		// Links and devices are left out: a configuration needs none.
		if h.Typeflag != tar.TypeReg {
			continue
		}
		src, err := io.ReadAll(t)
		if err != nil {
			return err
		}
		if err := errors.Join(root.MkdirAll(path.Dir(name), 0o755), root.WriteFile(name, src, 0o644)); err != nil {
			return err
		}
	}
}

// union is a file system on top of another one: its files hide those below.
type union struct{ below, top fs.FS }

// Open opens a file. Folders are listed by ReadDir.
func (u union) Open(name string) (fs.File, error) {
	f, err := u.top.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return u.below.Open(name)
	}
	return f, err
}

// ReadDir lists both folders as one.
func (u union) ReadDir(name string) ([]fs.DirEntry, error) {
	below, err := fs.ReadDir(u.below, name)
	top, topErr := fs.ReadDir(u.top, name)
	if err != nil && topErr != nil {
		return nil, err
	}
	for _, e := range below {
		if !slices.ContainsFunc(top, func(t fs.DirEntry) bool { return t.Name() == e.Name() }) {
			top = append(top, e)
		}
	}

	slices.SortFunc(top, func(x, y fs.DirEntry) int { return strings.Compare(x.Name(), y.Name()) })
	return top, nil
}

// compile makes the engine of the configuration. Errors of loading and compiling go to found.
func (f *folder) compile(found *findings, o profile.Options) *profile.Engine {
	found.honour(f.bundle)
	engine, wrong := profile.Compile(f.bundle, o)
	for _, d := range slices.Concat(f.found, wrong) {
		found.addError(d)
	}
	return engine
}

// accounts opens the account files of a folder as its own sources say.
func (f *folder) accounts(onFinding func(diag.Diagnostic)) []identity.Source {
	sources, found := f.bundle.Accounts(f.fsys, onFinding)
	for _, d := range found {
		onFinding(d)
	}
	return sources
}

// withData makes f read its accounts from another folder.
func (f *folder) withData(a *app, name string) error {
	fsys, err := a.folder(name)
	if err != nil {
		return err
	}
	f.fsys = fsys
	f.bundle.UseData(f.fsys)
	return nil
}

// clock says what now means: what was asked for, else what the folder says, else
// the time of the clock.
func (f *folder) clock(a *app, asked instant) time.Time {
	for _, t := range []time.Time{asked.Time, f.bundle.Settings.Now} {
		if !t.IsZero() {
			return t.UTC()
		}
	}

	return a.clock().UTC()
}

func (f *folder) seed(asked *uint64) uint64 {
	if asked != nil {
		return *asked
	}
	return f.bundle.Settings.Seed
}
