package profiletest_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/profiletest"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/builtin"
)

// fragile is an operation of a host that panics at small letters.
type fragile struct{ Input transform.Input }

func (*fragile) Apply(_ *transform.Scope, in identity.Value) (identity.Value, error) {
	if text := in.Text(); text != strings.ToUpper(text) {
		panic("small letters")
	}
	return in, nil
}

// TestMutatePanic: an operation of the host that panics for a mutant does so on a goroutine where
// the host could not recover; it is an error that names the mutant.
func TestMutatePanic(t *testing.T) {
	lib := builtin.Library().With(transform.Define("fragile", "Takes capitals.",
		func(_ *transform.Compiler, n *fragile) transform.Node { return transform.OnInput(n) }))
	b, _ := config.Load(fstest.MapFS{"t.json": {Data: []byte(
		`{"id":"t","name":"T","type":"fragile","attributes":{"input":{"type":"upper","attributes":{}}}}`)}})
	s, found := profiletest.Load(fstest.MapFS{"a_test.json": {Data: []byte(
		`{"cases":[{"name":"one","transform":"T","rows":[{"input":"ab","expect":"AB"}]}]}`)}}, "")
	if found.HasErrors() {
		t.Fatal(found)
	}

	var first string
	for _, workers := range []int{1, 3} {
		_, list, err := profiletest.Mutate(t.Context(), b, s, profiletest.Options{Compile: profile.Options{Library: lib}}, workers)
		var panicked *profile.PanicError
		if !errors.As(err, &panicked) || panicked.Value != "small letters" || !strings.Contains(panicked.Place, `transform "T"`) {
			t.Fatalf("error %v, findings %v, want that of the panic", err, list)
		}
		if first == "" {
			first = err.Error()
		} else if err.Error() != first {
			t.Errorf("error %q, with one worker %q", err, first)
		}
	}
}
