package main

import (
	"io"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
)

// patience is how long a command is quiet before it shows progress.
const patience = time.Second

// bar shows the stages of a long command on a terminal. A nil bar shows nothing. It is
// safe for concurrent use.
type bar struct {
	app   *app
	start time.Time

	mu          sync.Mutex
	timer       *time.Timer // opens the display while a stage tells nothing
	w           progress.Writer
	stage       string
	done, total int
	tracker     *progress.Tracker
	stopped     bool
}

// newProgress returns a bar, nil when none is to be shown. The caller stops it.
func newProgress(a *app) *bar {
	if a.quiet || !a.terminal {
		return nil
	}
	b := &bar{app: a, start: a.clock()}
	b.timer = time.AfterFunc(patience, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.open()
	})
	return b
}

// show is told how far a stage is; total 0 is not known.
func (b *bar) show(stage string, done, total int) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stopped {
		return
	}
	if stage != b.stage {
		b.finish()
		b.stage, b.total, b.tracker = stage, 0, nil
	}

	b.done, b.total = done, max(total, b.total)
	if b.w == nil && b.app.clock().Sub(b.start) >= patience {
		b.open()
	}
	b.draw()
}

// reader shows how much of a file is read, in units of 1,024 bytes. Without a bar it is the file.
func (b *bar) reader(f *os.File, stage string) io.Reader {
	if b == nil {
		return f
	}
	r := &shownReader{file: f, bar: b, stage: stage}
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		r.size = info.Size()
	}

	return r
}

// shownReader tells a bar what is read of a file.
type shownReader struct {
	file       *os.File
	bar        *bar
	stage      string
	done, size int64 // bytes; size 0 is not known
}

func (r *shownReader) Read(p []byte) (int, error) {
	n, err := r.file.Read(p)
	r.done += int64(n)
	r.bar.show(r.stage, int(r.done>>10), int(r.size>>10))
	return n, err
}

// open begins the display.
func (b *bar) open() {
	if b.w != nil || b.stopped {
		return
	}
	b.w = progress.NewWriter()
	b.w.SetOutputWriter(b.app.err)
	b.w.SetTrackerPosition(progress.PositionRight)
	b.w.SetStyle(progress.StyleBlocks)
	b.w.Style().Visibility.TrackerOverall = false
	if !b.app.color {
		b.w.Style().Colors = progress.StyleColors{}
	}
	go b.w.Render()
	b.draw()
}

// draw shows how far the stage is.
func (b *bar) draw() {
	if b.w == nil || b.stage == "" {
		return
	}
	if b.tracker == nil {
		units := progress.Units{Formatter: func(n int64) string { return strconv.FormatInt(n, 10) }}
		b.tracker = &progress.Tracker{Message: b.stage, Total: int64(b.total), Units: units}
		b.w.AppendTracker(b.tracker)
	}

	b.tracker.UpdateTotal(int64(b.total))
	if b.total == 0 || b.done < b.total { // at its total, a tracker would end too soon
		b.tracker.SetValue(int64(b.done))
	}
}

// finish ends a stage at its total.
func (b *bar) finish() {
	if b.tracker != nil {
		b.tracker.SetValue(int64(max(b.done, b.total)))
		b.tracker.MarkAsDone()
	}
}

// stop ends the display and waits until it is drawn. More than once is as once.
func (b *bar) stop() {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.timer.Stop()
	if b.stopped || b.w == nil {
		b.stopped = true
		return
	}

	b.stopped = true
	b.finish()

	// A stop that comes before the display has begun would be lost.
	for !b.w.IsRenderInProgress() {
		time.Sleep(time.Millisecond)
	}
	b.w.Stop()
	for b.w.IsRenderInProgress() {
		time.Sleep(time.Millisecond)
	}
}
