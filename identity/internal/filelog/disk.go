package filelog

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Disk is what a log needs of the file system; tests make it fail.
type Disk interface {
	Open(path string, flag int) (File, error)
	Rename(from, to string) error
	Remove(path string) error
	SyncFolder(path string) error // the folder that the file is in
}

// File is what a log needs of [os.File].
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Truncate(size int64) error
	Sync() error
	Stat() (fs.FileInfo, error)
	Chmod(mode fs.FileMode) error
	Fd() uintptr
}

// OS is the file system of the machine.
var OS Disk = osDisk{}

type osDisk struct{}

// Open opens a file that its owner alone may read and write, if it makes one.
func (osDisk) Open(path string, flag int) (File, error) {
	f, err := os.OpenFile(path, flag, 0o600)
	if err != nil {
		return nil, err // not a File with nil in it
	}
	return f, nil
}

func (osDisk) Rename(from, to string) error { return os.Rename(from, to) }
func (osDisk) Remove(path string) error     { return os.Remove(path) }

// SyncFolder makes a new name durable, where folders can be synced.
func (osDisk) SyncFolder(path string) error {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	_ = dir.Sync() // not every system can; the content is safe either way
	return dir.Close()
}

// readAt fills a buffer; that the file ends exactly there is no error.
func readAt(file io.ReaderAt, buf []byte, at int64) error {
	n, err := file.ReadAt(buf, at)
	if n == len(buf) || err == nil {
		return nil
	}
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF // it was cut while we read
	}
	return err
}
