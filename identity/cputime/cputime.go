// Package cputime measures processor time for tests, which other work on the machine
// disturbs less than time on the clock.
package cputime

import "time"

// Of is the processor time that f takes.
func Of(f func()) time.Duration {
	before := Used()
	f()
	return Used() - before
}
