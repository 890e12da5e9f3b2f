#!/usr/bin/env bash
# What: Linux (6.18 seen), Go 1.26, os/exec. ProcessState.SysUsage().Maxrss of a child, the peak that Linux reports to
# its parent, is never below the memory that the parent had when it started the child: the child begins in the parent's
# memory, and exec keeps the mark of it. A test that has 300 MiB itself and measures a small program sees 300 MiB.
# Guess before: the peak of the program that was run, as it stands in its own VmHWM.
# Who watches the memory of commands from a test writes their inputs piece by piece, or starts them through a small process.
# Source: getrusage(2), "the resident set size of the largest child"; fs/exec.c takes the mark of the old memory over.
set -euo pipefail
version=1.26 # of Go
go version | grep -q "go$version" || { echo "this is about Go $version"; exit 1; }
[ "$(uname -s)" = Linux ] || { echo "this is about Linux"; exit 1; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

cat > go.mod <<'MOD'
module probe

go 1.26.0
MOD
cat > main.go <<'GO'
package main

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

func peak() int64 {
	c := exec.Command("grep", "VmHWM", "/proc/self/status")
	out, err := c.Output()
	if err != nil {
		panic(err)
	}
	fmt.Printf("by itself: %s", out)
	return c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss >> 10
}

func main() {
	small := peak()
	held := make([]byte, 300<<20)
	for i := 0; i < len(held); i += 4096 {
		held[i] = 1
	}
	large := peak()
	fmt.Printf("by its parent: %d MiB, then %d MiB\n", small, large)
	if small > 100 || large < 300 || len(held) == 0 {
		os.Exit(1)
	}
}
GO
go version
go run . || { echo "this has changed"; exit 1; }
