//go:build !unix

package profile_test

import "time"

// cpuTime is the time that f takes, where the processor's own is not to be had.
func cpuTime(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}
