//go:build unix

package e2e

import (
	"os/exec"
	"syscall"
)

// maxRSS is the most memory that a program has had that ended, in MiB.
func maxRSS(cmd *exec.Cmd) int {
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		return int(u.Maxrss >> 10)
	}
	return 0
}
