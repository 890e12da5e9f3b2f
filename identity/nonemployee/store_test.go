package nonemployee_test

import (
	"path/filepath"
	"testing"

	"github.com/idprofile/engine/identity/nonemployee"
	"github.com/idprofile/engine/identity/nonemployee/storetest"
)

func TestMemory(t *testing.T) {
	storetest.Run(t, func(*testing.T) nonemployee.Store { return nonemployee.NewMemory() })
}

func TestFile(t *testing.T) {
	storetest.Run(t, func(t *testing.T) nonemployee.Store {
		s, err := nonemployee.OpenFile(filepath.Join(t.TempDir(), "store"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	})
}

func TestSQL(t *testing.T) {
	storetest.Run(t, func(t *testing.T) nonemployee.Store {
		s, closeDB, err := nonemployee.OpenFakeSQL(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { closeDB() })
		return s
	})
}
