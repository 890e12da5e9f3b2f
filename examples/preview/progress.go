package main

import (
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
)

// patience is how long a run is quiet before it shows progress.
const patience = time.Second

// bar shows the stages of a long run on a terminal.
type bar struct {
	app     *app
	start   time.Time
	w       progress.Writer
	stage   string
	tracker *progress.Tracker
}

// newProgress returns a bar, nil when none is to be shown.
func newProgress(a *app, wanted bool) *bar {
	if !wanted || !a.terminal {
		return nil
	}
	return &bar{app: a, start: a.clock()}
}

// show is told how far a stage is; total 0 is not known.
func (b *bar) show(stage string, done, total int) {
	if b == nil || b.w == nil && b.app.clock().Sub(b.start) < patience {
		return
	}
	if b.w == nil {
		b.w = progress.NewWriter()
		b.w.SetOutputWriter(b.app.err)
		b.w.SetTrackerPosition(progress.PositionRight)
		b.w.SetStyle(progress.StyleBlocks)
		b.w.Style().Visibility.TrackerOverall = false
		go b.w.Render()
	}
	if stage != b.stage {
		b.finish()
		b.stage, b.tracker = stage, &progress.Tracker{Message: stage, Total: int64(total)}
		b.w.AppendTracker(b.tracker)
	}
	b.tracker.SetValue(int64(done))
}

func (b *bar) finish() {
	if b.tracker != nil {
		b.tracker.MarkAsDone()
	}
}

// stop ends the display and waits until it is drawn.
func (b *bar) stop() {
	if b == nil || b.w == nil {
		return
	}
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
