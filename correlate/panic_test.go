package correlate_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/idprofile/engine/correlate"
)

// TestHostPanics: code of the host that panics on a goroutine of a run ends the call
// with an error, on any number of workers.
func TestHostPanics(t *testing.T) {
	people, accounts := benchData(40_000) // several blocks
	c := correlate.New(parse(t, benchRules), correlate.Options{})
	p := correlate.PopulationOf(people)
	cause := errors.New("no such rank")
	for _, workers := range []int{1, 3} {
		o := correlate.BulkOptions{Workers: workers, RankLast: func(n int32) bool {
			if n > 30_000 {
				panic(cause)
			}
			return false
		}}
		bulk, err := c.Run(context.Background(), p, accounts, o)
		checkPanic(t, "run", err, cause)
		if bulk != nil {
			t.Error("a run that panicked has a result")
		}
		evidence, err := c.Evidence(context.Background(), p, accounts, o)
		checkPanic(t, "evidence", err, cause)
		if evidence != nil {
			t.Error("evidence that panicked is there")
		}
	}
}

func checkPanic(t *testing.T, what string, err, cause error) {
	t.Helper()
	var panicked *correlate.PanicError
	if !errors.As(err, &panicked) || !errors.Is(err, cause) || !strings.Contains(string(panicked.Stack), "TestHostPanics") {
		t.Errorf("%s: got %v, want a panic of the host with its stack", what, err)
	}
}
