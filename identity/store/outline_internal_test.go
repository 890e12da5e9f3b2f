package store

import (
	"path/filepath"
	"testing"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/internal/filelog"
)

// Whatever stands in an outline, opening it ends, and what it names is there or is damage.
func FuzzOutline(f *testing.F) {
	path := filepath.Join(f.TempDir(), "s")
	s, err := OpenFile(path)
	if err != nil {
		f.Fatal(err)
	}
	b := identity.Batch{Outline: func() []byte { return []byte("note") },
		Uncorrelated: []identity.Account{{Source: "AD", NativeIdentity: "left"}}}
	for _, id := range []string{"a", "b", "c"} {
		b.Put = append(b.Put, person(id, "x"))
	}
	if err := s.Apply(f.Context(), b); err != nil {
		f.Fatal(err)
	}
	if err := s.Close(); err != nil {
		f.Fatal(err)
	}
	if s, err = ReadFile(path); err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { s.Close() })
	f.Add(string(s.outline.encode(s.lists, nil, s.entries)))
	f.Fuzz(func(t *testing.T, body string) {
		o := &outline{file: &File{log: s.log, lists: newLists()}}
		block := func(int64, int64) *filelog.Block { return s.outline.blocks[0] }
		if _, _, ok := o.decode(body, o.file.lists, block); !ok {
			return
		}
		people, left := o.Len()
		for n := range people {
			_, _, _ = o.Identity(n)
			_ = o.Accounts(n)
		}
		for n := range left {
			_ = o.Uncorrelated(n, new(identity.Account))
		}
		_, _, _ = o.Number("b")
		o.Candidates(identity.AccountKey{Source: "HR", NativeIdentity: "b"}, func(int, int) {})
	})
}
