// Package faultdisk is a disk that fails when a test says so.
package faultdisk

import (
	"errors"

	"github.com/idprofile/engine/identity/internal/filelog"
)

// ErrFailed is what a disk that fails returns.
var ErrFailed = errors.New("no space left on device")

// Disk passes everything on to the file system until it fails. The zero Disk
// never does; a test may change the fields between two calls.
type Disk struct {
	On       bool // the limits below hold
	Steps    int  // so many operations that change something are done, the next one fails
	Bytes    int  // so many bytes are written before a write fails; negative: no limit
	Syncs    bool // Sync fails
	Truncate bool // Truncate fails
	Dead     bool // after the first failure everything fails, as after a kill
	Failed   bool // something has failed
}

var _ filelog.Disk = (*Disk)(nil)

// Stepwise returns a disk that fails at the operation after so many.
func Stepwise(steps int, dead bool) *Disk {
	return &Disk{On: true, Steps: steps, Bytes: -1, Dead: dead}
}

// step reports whether an operation fails.
func (d *Disk) step() bool {
	if !d.On {
		return false
	}
	if d.Failed {
		return d.Dead
	}
	d.Steps--
	d.Failed = d.Steps < 0
	return d.Failed
}

// Open implements [filelog.Disk].
func (d *Disk) Open(path string, flag int) (filelog.File, error) {
	f, err := filelog.OS.Open(path, flag)
	if err != nil {
		return nil, err
	}
	return &file{File: f, d: d}, nil
}

// Rename implements [filelog.Disk].
func (d *Disk) Rename(from, to string) error {
	if d.step() {
		return ErrFailed
	}
	return filelog.OS.Rename(from, to)
}

// Remove implements [filelog.Disk].
func (d *Disk) Remove(path string) error {
	if d.step() {
		return ErrFailed
	}
	return filelog.OS.Remove(path)
}

// SyncFolder implements [filelog.Disk].
func (d *Disk) SyncFolder(path string) error {
	if d.step() {
		return ErrFailed
	}
	return filelog.OS.SyncFolder(path)
}

type file struct {
	filelog.File
	d *Disk
}

// WriteAt writes half when it fails at a step, and what there is room for when the disk
// is full.
func (f *file) WriteAt(p []byte, at int64) (int, error) {
	room := len(p)
	if f.d.step() {
		room = len(p) / 2
	}
	if f.d.On && f.d.Bytes >= 0 {
		room = min(room, f.d.Bytes)
		f.d.Bytes -= room
	}

	n, err := f.File.WriteAt(p[:room], at)
	if err == nil && n < len(p) {
		f.d.Failed, err = true, ErrFailed
	}
	return n, err
}

func (f *file) Sync() error {
	if f.d.step() || f.d.On && f.d.Syncs {
		f.d.Failed = true
		return ErrFailed
	}

	return f.File.Sync()
}

func (f *file) Truncate(size int64) error {
	if f.d.step() || f.d.On && f.d.Truncate {
		f.d.Failed = true
		return ErrFailed
	}

	return f.File.Truncate(size)
}
