//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package filelog

import (
	"errors"
	"syscall"
)

// lock is what keeps others from a file. Beside a file that is locked for writing
// lies a note that names the process, so that who is refused can be told; the note
// itself locks nothing.
type lock struct {
	note string // its name; "" when we did not write one
}

// lockFile locks the file itself, for the open handle: two handles of one process are
// strangers to each other, and whatever ends the process gives the lock back.
//
// Error: [ErrInUse], at once.
func lockFile(file File, path string, exclusive bool) (*lock, error) {
	if err := flock(file, exclusive); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, inUse(path)
		}
		return nil, err
	}

	l := &lock{}
	if exclusive {
		l.writeNote(path)
	}
	return l, nil
}

func flock(file File, exclusive bool) error {
	how := syscall.LOCK_SH
	if exclusive {
		how = syscall.LOCK_EX
	}
	for {
		err := syscall.Flock(int(file.Fd()), how|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// follow locks the file that is to take the place of the locked one.
func (l *lock) follow(file File) (*lock, error) {
	return &lock{note: l.note}, flock(file, true)
}

// free has nothing to do: closing the file gives the lock back.
func (l *lock) free() error { return nil }
