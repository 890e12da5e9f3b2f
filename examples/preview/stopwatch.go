package main

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
)

// stopwatch takes the time of every step of observed programs, without that of
// the steps in it and without what taking the time costs.
type stopwatch struct {
	clock func() time.Time
	spent map[string]*spent // by operation
	stack []frame

	within time.Duration // cost of the clock that a step sees in its own time
	around time.Duration // cost that only the step around it sees
}

// spent is what an operation took.
type spent struct {
	steps int
	took  time.Duration
}

// frame is a step under way.
type frame struct {
	operation string
	began     time.Time
	inner     time.Duration // of the steps in it, their whole cost included
}

func newStopwatch(clock func() time.Time) *stopwatch {
	return &stopwatch{clock: clock, spent: map[string]*spent{}}
}

func (w *stopwatch) tracer() *transform.Tracer {
	return &transform.Tracer{Begin: w.begin, End: w.end}
}

func (w *stopwatch) begin(site *transform.Site, _ identity.Value) {
	operation := site.Type
	if operation == "" && len(w.stack) > 0 { // a template, literal or list is part of the operation around it
		operation = w.stack[len(w.stack)-1].operation
	}
	w.stack = append(w.stack, frame{operation: operation})
	w.stack[len(w.stack)-1].began = w.clock()
}

func (w *stopwatch) end(site *transform.Site, _ identity.Value, _ error) {
	now := w.clock()
	f := &w.stack[len(w.stack)-1]
	w.stack = w.stack[:len(w.stack)-1]
	whole := now.Sub(f.began)
	s := w.spent[f.operation]
	if s == nil {
		s = &spent{}
		w.spent[f.operation] = s
	}

	s.took += whole - f.inner - w.within
	if site.Type != "" {
		s.steps++
	}
	if n := len(w.stack); n > 0 {
		w.stack[n-1].inner += whole + w.around
	}
}

// calibrate measures what taking the time costs: steps that do nothing, in one
// that has nothing else.
func (w *stopwatch) calibrate() {
	const steps = 20_000
	w.within, w.around = 0, 0
	inner := &transform.Site{Type: "inner"}
	outer := &transform.Site{Type: "outer"}
	start := w.clock()
	w.begin(outer, identity.Value{})
	for range steps {
		w.begin(inner, identity.Value{})
		w.end(inner, identity.Value{}, nil)
	}

	pair := w.clock().Sub(start) / steps
	w.end(outer, identity.Value{}, nil)
	w.within = w.spent[inner.Type].took / steps
	w.around = max(0, pair-w.within)
	clear(w.spent)
}

// add adds what another stopwatch has seen.
func (w *stopwatch) add(o *stopwatch) {
	for operation, s := range o.spent {
		sum := w.spent[operation]
		if sum == nil {
			sum = &spent{}
			w.spent[operation] = sum
		}

		sum.steps += s.steps
		sum.took += max(0, s.took)
	}
}

// shares returns what each operation took for one of the identities.
func (w *stopwatch) shares(identities int) []operationShare {
	list := []operationShare{}
	for _, operation := range slices.Sorted(maps.Keys(w.spent)) {
		s := w.spent[operation]
		list = append(list, operationShare{Operation: operation, Steps: float64(s.steps) / float64(identities),
			NS: float64(s.took) / float64(identities)})
	}

	return list
}

// most returns the operation that took most, and its share.
func (w *stopwatch) most() (operation string, part float64) {
	total := 0.0
	for _, s := range w.spent {
		total += float64(max(0, s.took))
	}
	if total == 0 {
		return "", 0
	}
	operation = slices.MaxFunc(slices.Sorted(maps.Keys(w.spent)), func(x, y string) int {
		return cmp.Compare(w.spent[x].took, w.spent[y].took)
	})
	return operation, share(float64(w.spent[operation].took), total)
}
