//go:build unix

package profile_test

import (
	"syscall"
	"time"
)

// cpuTime is the processor time that f takes, which other work on the machine
// disturbs less than time does.
func cpuTime(f func()) time.Duration {
	before := processorTime()
	f()
	return processorTime() - before
}

func processorTime() time.Duration {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
