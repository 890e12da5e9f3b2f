// Package limit counts the work of one evaluation, so that hostile
// configuration ends after a fixed number of steps: the same number on every
// machine and in every run, because nothing here is timed.
package limit

import "errors"

// Err is returned when a [Budget] is used up.
var Err = errors.New("evaluation limit exceeded")

// Budget is what an evaluation may still spend. It belongs to one goroutine.
// A nil *Budget is without limit.
type Budget struct {
	// Steps counts units of work: a matching step of a regular expression, a
	// node of a template, a round of a loop.
	Steps int64
	// Output counts bytes of text produced.
	Output int64
	// OnBranch, when there is one, is told which branch of each #if of a template
	// is taken: where the #if stands in the template, in bytes, and the number of
	// the branch; the #else, written or not, comes after all others. Whoever
	// measures coverage sets it; nobody else looks at it.
	OnBranch func(offset, branch int)
}

// Branch tells the observer, if there is one.
func (b *Budget) Branch(offset, branch int) {
	if b != nil && b.OnBranch != nil {
		b.OnBranch(offset, branch)
	}
}

// Spend takes n steps, or returns [Err] when fewer are left.
func (b *Budget) Spend(n int64) error {
	if b == nil {
		return nil
	}
	if b.Steps -= n; b.Steps < 0 {
		return Err
	}
	return nil
}

// Room returns [Err] when fewer than n bytes of output are left, and takes none.
func (b *Budget) Room(n int64) error {
	if b != nil && b.Output < n {
		return Err
	}
	return nil
}

// Produce takes n bytes of output, or returns [Err] when fewer are left.
func (b *Budget) Produce(n int) error {
	if b == nil {
		return nil
	}
	if b.Output -= int64(n); b.Output < 0 {
		return Err
	}
	return nil
}
