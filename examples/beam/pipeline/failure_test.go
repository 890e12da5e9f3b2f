package pipeline_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

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
