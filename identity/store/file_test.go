package store_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/identity/store/storetest"
)

func openFile(t *testing.T, path string) *store.File {
	t.Helper()
	f, err := store.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestFile(t *testing.T) {
	storetest.Run(t, func(t *testing.T) identity.Store { return openFile(t, filepath.Join(t.TempDir(), "s")) })
}

func TestOverlayOnFile(t *testing.T) {
	storetest.Run(t, func(t *testing.T) identity.Store {
		return store.NewOverlay(openFile(t, filepath.Join(t.TempDir(), "s")))
	})
}

// A file store that is opened anew, or written anew, all the time is the same
// as one in memory.
func TestFileLikeMemory(t *testing.T) {
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 2))
		plain, path := store.NewMemory(), filepath.Join(t.TempDir(), "s")
		f := openFile(t, path)
		for step := range 40 {
			b := randomBatch(r)
			errA, errB := plain.Apply(t.Context(), b), f.Apply(t.Context(), b)
			if (errA == nil) != (errB == nil) {
				t.Fatalf("seed %d, step %d: memory %v, file %v", seed, step, errA, errB)
			}
			switch r.IntN(4) {
			case 0:
				if err := f.Close(); err != nil {
					t.Fatal(err)
				}
				f = openFile(t, path)
			case 1:
				if err := f.Compact(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(dump(t, plain), dump(t, f)); diff != "" {
				t.Fatalf("seed %d, step %d: mismatch (-memory +file):\n%s", seed, step, diff)
			}
		}
	}
}

func TestFileKeepsEverything(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	f := openFile(t, path)
	want := storetest.Full()
	if err := f.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{want}, Uncorrelated: []identity.Account{want.Clone().Accounts[0]}}); err == nil {
		t.Fatal("a conflict was applied")
	}
	if err := f.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{want}}); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := openFile(t, path).Get(t.Context(), "p")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(storetest.Text(want), storetest.Text(got)); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

// However much of the last batch has reached the disk, the store has the state
// before it or, once it is there as a whole, after it.
func TestFileTornBatch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	f := openFile(t, path)
	if err := f.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{storetest.Person("a", nil, "uid", "1")}}); err != nil {
		t.Fatal(err)
	}
	before, size := dump(t, f), fileSize(t, path)
	if err := f.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{storetest.Person("b", nil, "mail", "2")}}); err != nil {
		t.Fatal(err)
	}
	after := dump(t, f)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := size; cut <= len(whole); cut++ {
		for _, rest := range [][]byte{nil, make([]byte, len(whole)-cut), []byte("garbage garbage")} {
			if rest != nil && (cut == len(whole) || string(whole[cut:]) == string(rest)) { // nothing is missing
				continue
			}
			torn := filepath.Join(t.TempDir(), "s")
			if err := os.WriteFile(torn, append(append([]byte(nil), whole[:cut]...), rest...), 0o600); err != nil {
				t.Fatal(err)
			}
			g := openFile(t, torn)
			want := before
			if cut == len(whole) {
				want = after
			}
			if diff := cmp.Diff(want, dump(t, g)); diff != "" {
				t.Fatalf("cut at %d of %d and %d bytes more: mismatch (-want +got):\n%s", cut, len(whole), len(rest), diff)
			}
			if cut < len(whole) && fileSize(t, torn) != size {
				t.Fatalf("cut at %d: the file has %d bytes, want %d", cut, fileSize(t, torn), size)
			}
		}
	}
}

func fileSize(t *testing.T, path string) int {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return int(info.Size())
}

// Damage in the middle is no torn batch.
func TestFileDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	f := openFile(t, path)
	for n := range 3 {
		if err := f.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{storetest.Person(fmt.Sprint(n), nil, "uid", "1")}}); err != nil {
			t.Fatal(err)
		}
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	last := len(whole) - 40 // in the commit frame of the last batch, nothing follows that vouches for it
	for at := range last {
		bad := append([]byte(nil), whole...)
		bad[at] ^= 0x20
		damaged := filepath.Join(t.TempDir(), "s")
		if err := os.WriteFile(damaged, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if f, err := store.OpenFile(damaged); err == nil {
			f.Close()
			t.Fatalf("byte %d of %d: no error", at, len(whole))
		}
		if now, err := os.ReadFile(damaged); err != nil || string(now) != string(bad) {
			t.Fatalf("byte %d: the damaged file was changed (%v)", at, err)
		}
	}
}
