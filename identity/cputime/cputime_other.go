//go:build !unix

package cputime

import "time"

var start = time.Now()

// Used is the time since the process began, where that of processors is not to be had.
func Used() time.Duration { return time.Since(start) }
