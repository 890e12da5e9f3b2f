package profiletest_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/idprofile/engine/profile/profiletest"
	"github.com/idprofile/engine/transform/builtin"
)

// allVectors reads the vectors of this package: those that came with the
// specification and our own.
func allVectors(t testing.TB) []profiletest.Vector {
	t.Helper()
	var all []profiletest.Vector
	for _, folder := range []string{"vectors", "extra"} {
		files, err := filepath.Glob(filepath.Join("testdata", folder, "*.json"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no vector files in %s: %v", folder, err)
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			vectors, found := profiletest.ParseVectors(filepath.Base(file), src)
			if len(found) > 0 {
				t.Fatal(found)
			}
			all = append(all, vectors...)
		}
	}
	return all
}

func TestVectors(t *testing.T) {
	lib := builtin.Library()
	for _, v := range allVectors(t) {
		t.Run(v.ID, func(t *testing.T) {
			if r := v.Run(t.Context(), lib); !r.Pass {
				t.Errorf("%s (%s)\n got %s, %v\nwant %s", v.Description, v.Group, r.Got, r.Err, r.Want)
			}
		})
	}
}
