package pipeline_test

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/universal/extworker"
	"github.com/idprofile/engine/examples/beam/pipeline"
)

// A bundle that fails leaves nothing behind, not even a part, and the same run
// without the failure succeeds.
func TestFailingBundle(t *testing.T) {
	folder := t.TempDir()
	newTenant(3, 30).write(t, folder)
	j := jobOf(t, folder)
	want := single(t, j)
	for _, stage := range []string{"read", "components", "evaluate", "near managers", "write", "manifest"} {
		failing := *j
		failing.Test.Fail, failing.Test.Times = stage, 2
		parent := t.TempDir()
		_, _, err := pipeline.Run(context.WithoutCancel(t.Context()), "prism", &failing, filepath.Join(parent, "out"))
		left, _ := os.ReadDir(parent)
		if err == nil || len(left) > 0 || !strings.Contains(err.Error(), "fails on purpose") || errors.Is(err, pipeline.ErrRefused) {
			t.Errorf("%s: error %v, %d files are left; expected a planted failure and none", stage, err, len(left))
		}
	}
	if !slices.IsSorted(want[pipeline.OutLinks]) {
		t.Error("the lines of a run on one machine are not sorted")
	}
	compare(t, "after the failures", want, spread(t, j))
}

// asWorker is the variable of the environment that makes the tests a worker.
const asWorker = "IDPROFILE_TEST_WORKER"

// serve takes steps for another process until its standard input ends.
func serve() {
	ctx := context.Background()
	pool, err := extworker.StartLoopback(ctx, 0)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(pool.EnvironmentConfig(ctx))
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

// elsewhere lets a worker of its own process take the steps of runs, until wait is called.
func elsewhere(t *testing.T) (wait func() error) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), asWorker+"=1")
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	set(t, "external", strings.TrimSpace(address), os.Args[0])
	return func() error {
		set(t, "loopback", "", "")
		return errors.Join(in.Close(), c.Wait())
	}
}

// set sets where workers are; Beam has it in flags of the program.
func set(t *testing.T, kind, config, binary string) {
	t.Helper()
	for name, value := range map[string]string{"environment_type": kind, "environment_config": config,
		"worker_binary": binary} {
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
}

// A worker of another process has nothing but the bytes of the job and the shards.
func TestOtherProcess(t *testing.T) {
	folder := t.TempDir()
	newTenant(3, 30).write(t, folder)
	j := jobOf(t, folder)
	want := single(t, j)
	wait := elsewhere(t)
	compare(t, "another process", want, spread(t, j))
	if err := wait(); err != nil {
		t.Error(err)
	}
}

// A worker that is killed in the middle ends the run: no outcome, and no part of one.
func TestLostWorker(t *testing.T) {
	folder := t.TempDir()
	newTenant(3, 30).write(t, folder)
	j := jobOf(t, folder)
	for _, stage := range []string{"evaluate", "write"} {
		killed := *j
		killed.Test.Fail, killed.Test.Times, killed.Test.Kill = stage, 1, true
		parent := t.TempDir()
		wait := elsewhere(t)
		_, _, err := pipeline.Run(t.Context(), "prism", &killed, filepath.Join(parent, "out"))
		left, _ := os.ReadDir(parent)
		if err == nil || len(left) > 0 || !strings.Contains(err.Error(), "disconnected") {
			t.Errorf("%s: error %v, %d files are left; expected that the worker disconnected, and none", stage, err, len(left))
		}
		if err := wait(); err == nil || !strings.Contains(err.Error(), "killed") {
			t.Errorf("%s: the worker ended with %v; expected that it was killed", stage, err)
		}
	}

	compare(t, "after a lost worker", single(t, j), spread(t, j))
}
