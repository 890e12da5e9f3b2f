//go:build !race

package builtin_test

import (
	"testing"

	"github.com/idprofile/engine/transform"
)

// TestM34Allocates: what people differ in needs no memory of its own. The race
// detector lets pools drop what they hold, so the count means nothing under it.
func TestM34Allocates(t *testing.T) {
	const most = 3
	accounts := m34Accounts(m34People(1000))
	run := newM34Run(t, transform.Options{})
	all := func() {
		for _, a := range accounts {
			run.evaluate(a)
		}
	}
	all()
	if n := testing.AllocsPerRun(5, all) / float64(len(accounts)); n > most {
		t.Errorf("%.2f allocations for each person, want at most %d", n, most)
	}
}
