package store_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/identity/store/storetest"
)

var damages = flag.Int("damages", 400, "at how many places a file with an outline is cut, and in how many a bit is flipped")

// damaged opens a file of these bytes and returns what it holds; what is wrong with it otherwise.
func damaged(t *testing.T, path string, text []byte) (holds string, cut bool, err error) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := store.OpenFile(path)
	if err != nil {
		return "", false, err
	}
	defer f.Close()

	// What the outline says is asked first: it is not there any more when everything was read.
	var out strings.Builder
	o, err := f.Outline(t.Context())
	if err != nil {
		return "", false, err
	}
	if o != nil {
		people, _ := o.Len()
		for n := range people {
			if _, _, err := o.Identity(n); err != nil {
				return "", false, err
			}
		}
	}
	for i, err := range f.All(t.Context()) {
		if err != nil {
			return "", false, err
		}
		fmt.Fprintln(&out, storetest.Text(i))
	}
	return out.String(), f.Cut() != nil, nil
}

// A file that was cut, or of which a bit is another one, is refused or holds what one of its batches left; that
// it is not the last one is said. An outline that is damaged is one that is not there.
func TestFileDamage(t *testing.T) {
	dir := t.TempDir()
	path, at := filepath.Join(dir, "s"), filepath.Join(dir, "damaged")
	f := openFile(t, path)
	var states []string
	for n := range 6 {
		b := identity.Batch{Outline: func() []byte { return fmt.Append(nil, "note ", n) }}
		for k := range 5 {
			id := fmt.Sprint("p", (3*n+k)%11)
			accounts := []identity.Account{storetest.Account("HR", id, "mail", fmt.Sprint(id, n, "@x.example"))}
			b.Put = append(b.Put, storetest.Person(id, accounts, "uid", id, "n", fmt.Sprint(n)))
		}
		if n == 4 {
			b.Outline = nil
		}
		if err := f.Apply(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		holds, cut, err := damaged(t, at, text)
		if err != nil || cut {
			t.Fatalf("batch %d: cut %t, error %v", n, cut, err)
		}
		states = append(states, holds)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}

	// After a crash the file ends somewhere; the more of it is there, the more counts.
	last, silent, cuts := -1, 0, min(*damages, len(whole))
	for n := range cuts {
		size := len(whole) * n / cuts
		holds, cut, err := damaged(t, at, whole[:size])
		state := slices.Index(states, holds)
		switch {
		case err != nil && size >= len("idpstor4"):
			t.Errorf("cut at %d of %d: %v", size, len(whole), err)
		case err != nil || holds == "":
		case state < last:
			t.Errorf("cut at %d of %d: it holds %q", size, len(whole), holds)
		default:
			if last = state; state < len(states)-1 && !cut {
				silent++ // it ends where a batch does
			}
		}
	}
	if last != len(states)-1 || silent > len(states) {
		t.Errorf("the last cut leaves batch %d of %d; %d were not said", last, len(states), silent)
	}

	refused, unharmed := 0, 0
	for n := range *damages {
		bit := 8 * len(whole) * n / *damages
		bad := slices.Clone(whole)
		bad[bit/8] ^= 1 << (bit % 8)
		holds, cut, err := damaged(t, at, bad)
		switch state := slices.Index(states, holds); {
		case err != nil:
			refused++
		case state == len(states)-1:
			unharmed++
		case !cut || state < 0 && holds != "":
			t.Errorf("bit %d of %d: it holds %q, cut %t", bit, 8*len(whole), holds, cut)
		}
	}
	t.Logf("%d bits of a file of %d bytes: %d refused, %d in an outline", *damages, len(whole), refused, unharmed)
	if refused == 0 || unharmed == 0 {
		t.Error("no bit was in a batch, or none in the outline")
	}
}

// What stands behind an outline was written by nobody: it is said, and set aside by the next write.
func TestBytesBehindOutline(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	f := openFile(t, path)
	b := identity.Batch{Put: []*identity.Identity{storetest.Person("a", nil, "uid", "1")},
		Outline: func() []byte { return []byte("note") }}
	if err := errors.Join(f.Apply(t.Context(), b), f.Close()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, behind := range []string{"x", string(text), strings.Repeat("garbage ", 1000)} {
		if err := os.WriteFile(path, append(slices.Clone(text), behind...), 0o600); err != nil {
			t.Fatal(err)
		}
		g := openFile(t, path)
		if i, err := g.Get(t.Context(), "a"); err != nil || i.Attribute("uid").Text() != "1" {
			t.Errorf("%d bytes behind it: %v, %v", len(behind), i, err)
		}
		if g.Cut() == nil {
			t.Errorf("%d bytes behind it: not a word", len(behind))
		}
		if err := errors.Join(g.Apply(t.Context(), b), g.Close()); err != nil {
			t.Fatal(err)
		}
		kept, err := os.ReadFile(path + ".cut")
		if err != nil || !strings.HasSuffix(string(kept), behind) {
			t.Errorf("%d bytes behind it: %d are kept (%v)", len(behind), len(kept), err)
		}
		if err := os.Remove(path + ".cut"); err != nil {
			t.Fatal(err)
		}
	}
}
