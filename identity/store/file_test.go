package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/internal/filelog/logtest"
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
			if said := g.Cut() != nil; said != (cut+len(rest) > size && cut < len(whole)) {
				t.Fatalf("cut at %d and %d bytes more: said %v", cut, len(rest), g.Cut())
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

// counter is a file store that holds numbers by name, for the tests of logs.
type counter struct{ *store.File }

func openCounter(path string, readOnly bool) (logtest.Store, error) {
	open := store.OpenFile
	if readOnly {
		open = store.ReadFile
	}
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	return counter{f}, nil
}

func (c counter) Put(name string, n int) error {
	p := storetest.Person(name, []identity.Account{storetest.Account("S", name)}, "n", strconv.Itoa(n))
	return c.Apply(context.Background(), identity.Batch{Put: []*identity.Identity{p}})
}

func (c counter) All() (map[string]int, error) {
	all := map[string]int{}
	for i, err := range c.File.All(context.Background()) {
		if err != nil {
			return nil, err
		}
		n, err := strconv.Atoi(i.Attribute("n").Text())
		if err != nil {
			return nil, err
		}
		all[i.ID] = n
	}
	return all, nil
}

func TestFileLog(t *testing.T) { logtest.Run(t, openCounter) }

// A file of the first version is read; opening it changes nothing, and the first
// batch makes it one of this version.
func TestFileVersion1(t *testing.T) {
	old, err := os.ReadFile("testdata/version1.state")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/version1.txt")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "s")
	if err := os.WriteFile(path, old, 0o640); err != nil {
		t.Fatal(err)
	}

	f := openFile(t, path)
	if diff := cmp.Diff(string(want), strings.Join(dump(t, f), "\n")+"\n"); diff != "" || f.Cut() != nil {
		t.Errorf("cut %v, mismatch (-want +got):\n%s", f.Cut(), diff)
	}
	if now, err := os.ReadFile(path); err != nil || string(now) != string(old) {
		t.Errorf("opening it has changed the file (%v)", err)
	}

	if err := f.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{storetest.Person("c", nil, "uid", "c")}}); err != nil {
		t.Fatal(err)
	}
	after := dump(t, f)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(after, dump(t, openFile(t, path))); diff != "" {
		t.Errorf("written anew: mismatch (-want +got):\n%s", diff)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, error %v", info.Mode(), err)
	}
	if now, err := os.ReadFile(path); err != nil || string(now[:8]) != "idpstor4" {
		t.Errorf("the file begins with %q (%v)", now[:8], err)
	}
}

// everything is all that a store holds, as text.
func everything(t *testing.T, s identity.Store) string {
	t.Helper()
	var identities []*identity.Identity
	for i, err := range s.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		identities = append(identities, i)
	}
	var loose []identity.Account
	for a, err := range s.Uncorrelated(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		loose = append(loose, a)
	}
	var decisions []identity.Decision
	for d, err := range s.Decisions(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		decisions = append(decisions, d)
	}
	return storetest.Text(identities) + "\n" + storetest.Text(loose) + "\n" + storetest.Text(decisions) + "\n"
}

// Files that the versions since the second have written hold the same: rows of any kind of value, an account
// that nobody has, decisions, an identity that was replaced and one that was deleted. That of the fourth has an
// outline.
func TestFileVersions(t *testing.T) {
	want, err := os.ReadFile("testdata/rows.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"version2rows", "version3", "version4"} {
		t.Run(name, func(t *testing.T) {
			old, err := os.ReadFile("testdata/" + name + ".state")
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "s")
			if err := os.WriteFile(path, old, 0o600); err != nil {
				t.Fatal(err)
			}
			f := openFile(t, path)
			if o, err := f.Outline(t.Context()); err != nil || (o != nil) != (name == "version4") {
				t.Errorf("outline %v, error %v", o, err)
			} else if o != nil {
				if diff := cmp.Diff(outlinedBy(t, f), outlineText(t, o)); diff != "" || o.Note() != "a note" {
					t.Errorf("note %q, mismatch (-file +outline):\n%s", o.Note(), diff)
				}
			}
			if diff := cmp.Diff(string(want), everything(t, f)); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}

			// A batch that changes nothing writes an earlier version anew.
			if err := errors.Join(f.Apply(t.Context(), identity.Batch{Delete: []string{"nobody"}}), f.Close()); err != nil {
				t.Fatal(err)
			}
			f = openFile(t, path)
			if diff := cmp.Diff(string(want), everything(t, f)); diff != "" {
				t.Errorf("after a batch: mismatch (-want +got):\n%s", diff)
			}
			if now, err := os.ReadFile(path); err != nil || string(now[:8]) != "idpstor4" {
				t.Errorf("the file begins with %q (%v)", now[:8], err)
			}
		})
	}
}

// The parts of what a run notes were fields of the record once. A store from then is
// read as one of today, and so is what it becomes when it is written anew.
func TestFileEarlierNotes(t *testing.T) {
	old, err := os.ReadFile("testdata/version2.state")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "s")
	if err := os.WriteFile(path, old, 0o600); err != nil {
		t.Fatal(err)
	}

	note := func(mappings string, cells []identity.Value, more ...string) identity.Attributes {
		return identity.Pack(identity.NewSchema(append([]string{mappings, "errors"}, more...)...), cells)
	}
	full := storetest.Full()
	full.RunState = note("uid=1 z=2", []identity.Value{identity.BoolValue(true), identity.StringsValue("z"),
		identity.StringValue("anna")}, "uid")
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	bea := storetest.Person("b", []identity.Account{storetest.Account("HR", "2")}, "uid", "bea", "city", "Bern")
	bea.Evaluated, bea.RunState = at, note("uid=1 z=2", []identity.Value{identity.BoolValue(false)})
	dan := storetest.Person("d", nil, "uid", "dan")
	dan.Evaluated, dan.RunState = at, note("uid=3", []identity.Value{identity.BoolValue(false), identity.StringsValue("z", "uid")})
	want := []*identity.Identity{bea, storetest.Person("c", nil, "uid", "cid"), dan, full}

	f := openFile(t, path)
	for _, form := range []string{"as it was", "written anew"} {
		var got []*identity.Identity
		for i, err := range f.All(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, i)
		}
		if diff := cmp.Diff(storetest.Text(want), storetest.Text(got)); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", form, diff)
		}
		for _, i := range got {
			for _, w := range want {
				if w.ID == i.ID && !slices.Equal(w.RunState.Schema().Names(), i.RunState.Schema().Names()) {
					t.Errorf("%s: cells of %s: %q, want %q", form, i.ID, i.RunState.Schema().Names(), w.RunState.Schema().Names())
				}
			}
		}

		if err := errors.Join(f.Compact(t.Context()), f.Close()); err != nil {
			t.Fatal(err)
		}
		f = openFile(t, path)
	}
}

// A file of the first version that was cut says so; its last commit frame that is
// not right is damage.
func TestFileVersion1Damage(t *testing.T) {
	old, err := os.ReadFile("testdata/version1.state")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "s")
	for bit := range 8 * len(old) {
		if last := 8 * (len(old) - 33); bit%29 != 0 && (bit < last || bit%2 != 0) {
			continue // all would take long
		}
		bad := append([]byte(nil), old...)
		bad[bit/8] ^= 1 << (bit % 8)
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := store.OpenFile(path)
		if err != nil {
			continue
		}
		if f.Cut() == nil {
			t.Errorf("bit %d: not a word", bit)
		}
		f.Close()
	}

	if err := os.WriteFile(path, old[:len(old)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	if c := openFile(t, path).Cut(); c == nil || !c.Whole {
		t.Errorf("cut by a byte: %v, want a batch that is complete but for its commit", c)
	}
}

// What one handle applies is not lost because another one wants to open the file.
func TestOpenDuringApply(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	var many []*identity.Identity
	for n := range 3000 {
		many = append(many, storetest.Person(fmt.Sprint(n), nil, "note", strings.Repeat("x", 1000)))
	}
	f := openFile(t, path)
	if err := f.Apply(t.Context(), identity.Batch{Put: many[:10]}); err != nil {
		t.Fatal(err)
	}

	done := make(chan error)
	go func() { done <- f.Apply(t.Context(), identity.Batch{Put: many}) }()
	for tries := 0; ; tries++ {
		if g, err := store.OpenFile(path); err == nil {
			g.Close()
			t.Error("the file could be opened by another handle")
		}
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			n := 0
			for range openFile(t, path).All(t.Context()) {
				n++
			}
			if n != len(many) {
				t.Errorf("%d identities of %d after %d tries to open the file", n, len(many), tries)
			}
			return
		default:
		}
	}
}
