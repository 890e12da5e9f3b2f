package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/fixture"
)

// Whatever loads can be saved and loads as the same again.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{"testdata/v1/*.json", "../testdata/m20/*.json"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src)
		}
	}
	f.Add([]byte(`{"version":1,"objects":[{"self":{"type":"LIFECYCLE_STATE"},"object":{"name":"A","identityProfile":{"id":"1"}}}]}`))
	f.Add([]byte(`[{"name":"A","identityAttributeConfig":{"attributeTransforms":[null,1,{"transformDefinition":{}}]}},{"name":"S","schemas":[{"name":"account","attributes":[{}]}]}]`))
	f.Fuzz(func(t *testing.T, src []byte) {
		b, _ := config.LoadFile("a.json", src)
		_, _ = profile.Compile(b, profile.Options{})
		if len(b.Documents) == 0 {
			return
		}
		again, _ := config.LoadFile("a.json", b.Files()["a.json"])
		if diff := cmp.Diff(fixture.ViewOf(b), fixture.ViewOf(again)); diff != "" {
			t.Errorf("mismatch (-want +got)\n%s", diff)
		}
		if diff := cmp.Diff(fixture.ViewOf(b), fixture.ViewOf(b.Clone())); diff != "" {
			t.Errorf("clone: mismatch (-want +got)\n%s", diff)
		}
	})
}

// A filter of a list is taken or refused, and never fails otherwise.
func FuzzListFilter(f *testing.F) {
	for _, s := range []string{`name eq "a" and priority ne 10`, `id in ("a","b")`, `name sw "`, `in ( and )`, `name in ("a" "b")`} {
		f.Add(s)
	}
	b, _ := config.LoadFile("p.json", []byte(`{"id":"1","name":"Alpha","priority":30,"identityAttributeConfig":{}}`))
	f.Fuzz(func(t *testing.T, filter string) {
		page, total, err := b.List(config.ListOptions{Filters: filter})
		if err == nil && len(page) != total {
			t.Errorf("%d of %d", len(page), total)
		}
	})
}
