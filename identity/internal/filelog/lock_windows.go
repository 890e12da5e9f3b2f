package filelog

import (
	"errors"
	"os"
	"syscall"
	"unsafe"
)

var lockFileEx = syscall.NewLazyDLL("kernel32.dll").NewProc("LockFileEx")

const (
	failImmediately = 1
	exclusiveLock   = 2
	lockViolation   = syscall.Errno(33)
	lockedHigh      = 1 << 30 // far behind the end: locked bytes cannot be read
)

// lock is what keeps others from a file. Beside a file that is locked for writing
// lies a note that names the process, so that who is refused can be told; the note
// itself locks nothing.
type lock struct {
	note   string   // its name; "" when we did not write one
	handle *os.File // the file beside the store, which is what is locked
}

// lockFile locks a file beside the store, since a store that is open cannot be
// replaced on Windows. It holds the note too.
//
// Error: [ErrInUse], at once.
func lockFile(_ File, path string, exclusive bool) (*lock, error) {
	handle, err := os.OpenFile(noteName(path), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	flags := uintptr(failImmediately)
	if exclusive {
		flags |= exclusiveLock
	}

	place := &syscall.Overlapped{OffsetHigh: lockedHigh}
	ok, _, err := lockFileEx.Call(handle.Fd(), flags, 0, 1, 0, uintptr(unsafe.Pointer(place)))
	if ok == 0 {
		if errors.Is(err, lockViolation) {
			err = inUse(path)
		}
		return nil, errors.Join(err, handle.Close())
	}

	l := &lock{handle: handle}
	if exclusive {
		l.writeNote(path)
	}
	return l, nil
}

// follow has nothing to do: the lock is not on the file that is replaced.
func (l *lock) follow(File) (*lock, error) { return l, nil }

// free gives the lock back.
func (l *lock) free() error {
	err := l.handle.Close()
	_ = os.Remove(l.handle.Name()) // somebody else may have it by now
	return err
}
