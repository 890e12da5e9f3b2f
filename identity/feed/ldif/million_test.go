//go:build unix

package ldif

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/feed"
)

var million = flag.Bool("million", false, "read 1,000,000 entries and print time and memory")

// cpu is the time that the process has worked.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// A million entries against a scan of the lines of the same file. Memory may not
// grow with the file but for a note of each DN.
func TestMillion(t *testing.T) {
	if !*million {
		t.Skip("without -million")
	}
	file := filepath.Join(t.TempDir(), "x.ldif")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	generate(w, 1_000_000)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	info, _ := os.Stat(file)

	begin := cpu()
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for s := bufio.NewScanner(in); s.Scan(); {
		lines++
	}
	in.Close()
	scan := cpu() - begin

	for _, findings := range []func(diag.Diagnostic){nil, func(diag.Diagnostic) {}} {
		src, err := New(file, func() (io.ReadCloser, error) { return os.Open(file) }, feed.Options{OnFinding: findings})
		if err != nil {
			t.Fatal(err)
		}
		begin, n, peak := cpu(), 0, uint64(0)
		var m runtime.MemStats
		for _, err := range src.Accounts(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n%100_000 == 0 {
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapAlloc)
			}
		}
		took := cpu() - begin
		fmt.Printf("%d entries, %d lines, %d MB: scan of lines %v, accounts %v (%.0f MB/s), heap at most %d MB\n",
			n, lines, info.Size()>>20, scan, took, float64(info.Size())/1e6/took.Seconds(), peak>>20)
	}
}
