package profiletest_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/idprofile/engine/profile/profiletest"
	"github.com/idprofile/engine/transform/builtin"
)

// FuzzVectors reads any vector file and runs what is in it: it ends, and twice the same way.
func FuzzVectors(f *testing.F) {
	files, err := filepath.Glob("testdata/vectors/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	f.Add([]byte(`{"vectors": [{"id": "a", "transform": {"type": "static", "attributes": {"value": "$x", "x": {"type": "lower"}}},
		"context": {"accounts": [{}], "identity": {"attributes": {"uid": [1]}}, "now": "x"}, "expected": {"error": true}}]}`))
	lib := builtin.Library()
	f.Fuzz(func(t *testing.T, src []byte) {
		vectors, _ := profiletest.ParseVectors("v.json", src)
		for i := range vectors {
			v := &vectors[i]
			a, b := v.Run(t.Context(), lib), v.Run(t.Context(), lib)
			if a.Pass != b.Pass || a.Want != b.Want || (a.Err == nil) != (b.Err == nil) {
				t.Errorf("%s: %+v and %+v", v.ID, a, b)
			}
		}
	})
}
