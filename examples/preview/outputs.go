package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/idprofile/engine/identity/report"
)

// outputs are the files that a command writes. They are written beside their places and take
// them all together, so that a command that fails leaves every file as it was.
type outputs struct {
	files  []*output
	stdout io.Writer // of what is named -
}

// output is one of them.
type output struct {
	name   string // its place, behind links
	temp   string // where it is written; "" when that is the place itself
	backup string // the file that was there before, from commit to keep
	placed bool
}

// create makes a file for what belongs at a place. What is no regular file there, such as
// /dev/stdout or a pipe, is written to at once.
func (o *outputs) create(name string) (*os.File, error) {
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real
	}
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("%s is a folder, expected a file", name)
	case err == nil && !info.Mode().IsRegular():
		return os.OpenFile(name, os.O_WRONLY, 0)
	}

	// A run that fails must not leave half a file where a whole one was.
	f, err := os.CreateTemp(filepath.Dir(name), ".preview-*.tmp")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	o.files = append(o.files, &output{name: name, temp: f.Name()})
	mode := fs.FileMode(0o644)
	if info != nil {
		mode = info.Mode().Perm()
	}
	return f, f.Chmod(mode)
}

// write makes a file of what write gives.
func (o *outputs) write(name string, write func(io.Writer) error) error {
	if name == standardOutput {
		return write(o.stdout)
	}
	f, err := o.create(name)
	if err != nil {
		return err
	}

	// Who prints does not look at errors, and half a file must not take the place of a whole one.
	to := &watched{w: f}
	if err := errors.Join(cmp.Or(write(to), to.err), f.Close()); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// commit gives all files their places. After an error, each place is as it was.
func (o *outputs) commit() error {
	for _, f := range o.files {
		if err := f.place(); err != nil {
			return errors.Join(err, o.rollback())
		}
	}

	return nil
}

func (f *output) place() error {
	backup := f.temp + ".old"
	err := os.Link(f.name, backup)
	switch {
	case err == nil:
		f.backup = backup
	case !errors.Is(err, fs.ErrNotExist): // a file system without links
		if err := os.Rename(f.name, backup); err != nil {
			return err
		}
		f.backup = backup
	}

	if err := os.Rename(f.temp, f.name); err != nil {
		return err
	}
	f.placed = true
	return nil
}

// rollback makes each place as it was, and forgets the files.
func (o *outputs) rollback() error {
	var errs []error
	for _, f := range slices.Backward(o.files) { // a place may be taken twice
		switch {
		case f.backup != "":
			errs = append(errs, os.Rename(f.backup, f.name))
		case f.placed:
			errs = append(errs, os.Remove(f.name))
		}

		if !f.placed {
			errs = append(errs, ignoreMissing(os.Remove(f.temp)))
		}
	}

	o.files = nil
	return errors.Join(errs...)
}

// keep removes what is needed for a rollback only.
func (o *outputs) keep() error {
	var errs []error
	for _, f := range o.files {
		if f.backup != "" {
			errs = append(errs, ignoreMissing(os.Remove(f.backup)))
		}
	}

	o.files = nil
	return errors.Join(errs...)
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// standardOutput is the name of a file that is none.
const standardOutput = "-"

// besidesFlags are the flags for what is written besides the answer.
var besidesFlags = []string{"clusters", "cover-html", "cover-json", "exceptions", "junit", "manual-out",
	"mutate-json", "plan-out",
	"svg", "train", "uncorrelated"}

// giveOut gives standard output to the flag that asks for it with a -. The answer goes to
// standard error then: two things in one stream are of use to nobody.
func (a *app) giveOut(flags []*kong.Flag) error {
	a.stdout = a.out
	var names []string
	for _, f := range flags {
		if slices.Contains(besidesFlags, f.Name) && f.Target.String() == standardOutput {
			names = append(names, "--"+f.Name)
		}
	}

	switch len(names) {
	case 0:
	case 1:
		a.out, a.color, a.width = a.err, false, 0
	default:
		return fmt.Errorf("%s: only one of them can be written to standard output", strings.Join(names, ", "))
	}

	return nil
}

// apart refuses flags that name one file for two things: what is written last would be all that is left.
func apart(flags []*kong.Flag) error {
	places := map[string]string{}
	for _, f := range flags {
		name := f.Target.String()
		if f.Target.Kind() != reflect.String || name == "" || name == standardOutput ||
			!slices.Contains(besidesFlags, f.Name) && !slices.Contains(writtenFlags, f.Name) {
			continue
		}
		place := placeOf(name)
		if other := places[place]; other != "" {
			return fmt.Errorf("--%s and --%s name the same file, %s", other, f.Name, name)
		}
		places[place] = f.Name
	}
	return nil
}

// writtenFlags are those that name files besides [besidesFlags].
var writtenFlags = []string{"identities", "out", "state"}

// placeOf returns where a file is, whatever links lead to it, also when it is still to be made.
func placeOf(name string) string {
	if full, err := filepath.Abs(name); err == nil {
		name = full
	}
	if real, err := filepath.EvalSymlinks(name); err == nil {
		return real
	}
	if folder, err := filepath.EvalSymlinks(filepath.Dir(name)); err == nil {
		return filepath.Join(folder, filepath.Base(name))
	}
	return name
}

// writeFile is [writeFile], where - is standard output.
func (a *app) writeFile(name string, write func(io.Writer) error) error {
	if name == standardOutput {
		return write(a.stdout)
	}
	return writeFile(name, write)
}

// writeFile makes one file, which is there as a whole or not at all.
func writeFile(name string, write func(io.Writer) error) error {
	var o outputs
	err := o.write(name, write)
	if err == nil {
		err = o.commit()
	}
	if err != nil {
		return errors.Join(err, o.rollback())
	}
	return o.keep()
}

// maxFileName is how many bytes the name of a report's file has at most, without the
// extension: many file systems take 255.
const maxFileName = 150

// fileNames gives each table a file name of its own. Names that differ in nothing but case are
// one name to many file systems, and a long name is cut.
func fileNames(tables []*report.Table) []string {
	taken, names := map[string]bool{"index": true}, make([]string, len(tables))
	for i, t := range tables {
		base := report.FileName(t.Name, "")
		if len(base) > maxFileName {
			// The cut may go through a letter.
			base = strings.ToValidUTF8(base[:maxFileName], "")
		}
		name := base
		for n := 2; taken[strings.ToLower(name)]; n++ {
			name = fmt.Sprintf("%s (%d)", base, n)
		}
		taken[strings.ToLower(name)], names[i] = true, name
	}

	return names
}
