package filelog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
)

// Rewrite puts a new file with one batch in the place of the old one, which stays as it
// is after an error.
func (l *Log) Rewrite(write func(*Batch) error) error {
	if err := l.writable(); err != nil {
		return err
	}
	if err := l.keepCut(); err != nil {
		return err
	}

	// The new file is for whoever could read the old one.
	own, err := l.file.Stat()
	if err != nil {
		return err
	}
	name := l.path + ".new"
	file, err := l.createNew(name, own.Mode().Perm())
	if err != nil {
		return err
	}

	// The new file is locked before it has the name: nobody comes in between.
	lock, err := l.lock.follow(file)
	src := &source{file: file}
	b := newBatch(src, magicSize, l.o.Pack)
	if err == nil {
		_, err = file.WriteAt([]byte(l.o.Magic), 0)
	}
	if err == nil {
		err = write(b)
	}

	// The commit syncs the file before it gets the name.
	if err == nil {
		err = b.commit()
	}
	if err == nil {
		if l.src != nil {
			l.src.readAll() // who iterates still reads what was before
		}
		file, err = l.replace(name, file)
	}
	if err != nil {
		return errors.Join(err, ignoreClosed(file.Close()), l.o.Disk.Remove(name))
	}

	// From here on the new file counts. That the name is not durable yet matters
	// when the next batch is written to it.
	old := l.file
	src.file, l.src = file, src
	l.file, l.lock, l.size, l.length, l.outdated, l.created = file, lock, b.at, b.at, false, false
	l.packed, l.outline = l.o.Pack, ""
	l.unsynced = l.o.Disk.SyncFolder(l.path) != nil
	_ = old.Close() // nothing of it is needed any more
	return nil
}

// replace gives the new file the name of the old one.
func (l *Log) replace(name string, file File) (File, error) {
	if runtime.GOOS != "windows" {
		return file, l.o.Disk.Rename(name, l.path)
	}

	// Windows renames no open file. The lock is on another one there.
	err := errors.Join(file.Close(), l.file.Close())
	if err == nil {
		err = l.o.Disk.Rename(name, l.path)
	}
	again, reopened := l.o.Disk.Open(l.path, os.O_RDWR)
	if reopened != nil {
		l.broken = fmt.Errorf("%s: %w", l.path, reopened)
		return file, errors.Join(err, reopened)
	}

	if err != nil {
		l.file = again
		return file, err
	}

	return again, nil
}

// createNew makes the file that is to replace the old one. What an earlier attempt
// has left there is overwritten, something else is not.
func (l *Log) createNew(name string, mode fs.FileMode) (File, error) {
	if old, err := os.ReadFile(name); err == nil && len(old) > 0 && !isLog(string(old), l.o) {
		return nil, fmt.Errorf("%s is in the way: %w", name, ErrForeign)
	}
	file, err := l.o.Disk.Open(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return nil, err
	}
	if err := file.Chmod(mode); err != nil {
		return nil, errors.Join(err, file.Close(), l.o.Disk.Remove(name))
	}
	return file, nil
}

// isLog reports whether a file begins like a log of this kind, in any version.
func isLog(content string, o Options) bool {
	n := min(len(content), magicSize-1)
	return content[:n] == o.Magic[:n]
}
