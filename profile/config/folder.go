package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// ErrUnsafeFile is what a [Folder] gives for what is not read: a file outside of the folder
// that a link leads to, what is no regular file, and files that are too large.
var ErrUnsafeFile = errors.New("the file is not read")

// FolderOptions say what of a folder is read.
type FolderOptions struct {
	// MaxFile is how many bytes a file may have; 0: 4 GiB.
	MaxFile int64
	// MaxConfig is how many bytes the files of the configuration may have together, and
	// MaxValues how many JSON values may stand in them; 0: 256 MiB and 4,000,000. What is more
	// is an error, not a process without memory.
	MaxConfig int64
	MaxValues int
	// MaxFindings is how many findings of one code [Load] returns, and the count of the others;
	// 0: [diag.DefaultMost].
	MaxFindings int
	// MaxParts is how many parts of transforms are compiled, see [transform.Allowance]; 0:
	// [transform.DefaultParts].
	MaxParts int
}

// Limits are bounds of what comes after loading a folder; 0: the defaults.
type Limits struct{ Findings, Parts int }

const (
	defaultMaxFile   = 4 << 30
	defaultMaxConfig = 256 << 20
	defaultMaxValues = 4_000_000
)

// Folder is a folder of the file system for [Load] and [Bundle.Accounts]. A configuration may
// come from anybody, as with a pull request, so nothing outside of the folder is read, whatever
// links lie in it; and neither pipes, which may never give anything, nor devices, which have
// no end.
type Folder struct {
	root    *os.Root
	options FolderOptions
}

var (
	_ fs.ReadDirFS = (*Folder)(nil)
	_ fs.StatFS    = (*Folder)(nil)
)

// OpenFolder opens a folder.
func OpenFolder(name string, o FolderOptions) (*Folder, error) {
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	if o.MaxFile <= 0 {
		o.MaxFile = defaultMaxFile
	}
	if o.MaxConfig <= 0 {
		o.MaxConfig = defaultMaxConfig
	}
	if o.MaxValues <= 0 {
		o.MaxValues = defaultMaxValues
	}
	return &Folder{root: root, options: o}, nil
}

// Open opens a regular file or a folder. Error: [ErrUnsafeFile], those of [os.Root].
func (f *Folder) Open(name string) (fs.File, error) {
	// Opening a pipe waits for somebody who writes to it, so it is asked before what it is,
	// and once more what was opened, in case it was exchanged.
	info, err := f.root.FS().(fs.StatFS).Stat(name)
	if err != nil {
		return nil, unsafePath(name, err)
	}
	if err := f.allowed(name, info); err != nil {
		return nil, err
	}
	file, err := f.root.FS().Open(name)
	if err != nil {
		return nil, unsafePath(name, err)
	}
	if info, err = file.Stat(); err == nil {
		err = f.allowed(name, info)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// unsafePath makes an error say the file and why it is not read. The one of a link that leads
// out of the folder becomes ours: package os has no name for it, and says nothing of what is there.
func unsafePath(name string, err error) error {
	if err == nil {
		return nil
	}
	var path *fs.PathError
	if !errors.As(err, &path) {
		return err
	}
	if path.Err.Error() == "path escapes from parent" {
		return fmt.Errorf("%s: %w: a link leads out of the folder", name, ErrUnsafeFile)
	}

	// What fails is called by the system call, as statat; only the reason helps.
	return fmt.Errorf("%s: %w", name, path.Err)
}

// allowed reports why something is not read.
func (f *Folder) allowed(name string, info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return nil
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s: %w: it is no regular file", name, ErrUnsafeFile)
	case info.Size() > f.options.MaxFile:
		return fmt.Errorf("%s: %w: it has %d bytes, the limit is %d", name, ErrUnsafeFile, info.Size(),
			f.options.MaxFile)
	}

	return nil
}

// ReadDir lists a folder.
func (f *Folder) ReadDir(name string) ([]fs.DirEntry, error) {
	list, err := fs.ReadDir(f.root.FS(), name)
	return list, unsafePath(name, err)
}

// Stat describes a file, behind links.
func (f *Folder) Stat(name string) (fs.FileInfo, error) {
	info, err := fs.Stat(f.root.FS(), name)
	return info, unsafePath(name, err)
}

// Close releases the folder; files that were opened stay open.
func (f *Folder) Close() error { return f.root.Close() }
