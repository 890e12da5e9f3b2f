package profile_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/transform"
)

// narrow is a file with room for some identities only.
type narrow struct {
	*store.File
	room int
}

var errNoRoom = errors.New("no room")

func (n *narrow) Begin(ctx context.Context) (identity.Transaction, error) {
	t, err := n.File.Begin(ctx)
	return &narrowTransaction{t, n}, err
}

type narrowTransaction struct {
	identity.Transaction
	store *narrow
}

func (t *narrowTransaction) Put(i *identity.Identity, soon bool) error {
	if t.store.room == 0 {
		return errNoRoom
	}
	t.store.room--
	return t.Transaction.Put(i, soon)
}

// A store that takes identities one by one ends up like one that takes them as a batch. A run
// that cannot write one of them, or is cancelled in the middle, leaves the file as it was.
func TestAggregateOneByOne(t *testing.T) {
	m := newMutant(3)
	e, _ := m.tenant().Engine(t, profile.Options{})
	path := filepath.Join(t.TempDir(), "s")
	f, err := store.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()

	memory, file := store.NewMemory(), &narrow{File: f, room: -1}
	aggregate := func(ctx context.Context, st identity.Store, onResult func(*profile.Result)) (profile.Stats, error) {
		o := profile.RunOptions{Now: m.now, Rules: map[string]transform.Rule{"Custom": custom}}
		return e.Aggregate(ctx, st, o, onResult, m.source("HR"), m.source("VMS"), m.source("AD"))
	}
	for step := range 3 {
		if step > 0 {
			m.change()
		}
		before, size := stateOf(t, file), sizeOf(t, path)
		cancelled, cancel := context.WithCancel(t.Context())
		for _, tc := range []struct {
			ctx      context.Context
			room     int
			onResult func(*profile.Result)
			want     error
		}{
			{t.Context(), 0, nil, errNoRoom},
			{t.Context(), 2, nil, errNoRoom},
			{cancelled, -1, func(*profile.Result) { cancel() }, context.Canceled},
		} {
			file.room = tc.room
			if _, err := aggregate(tc.ctx, file, tc.onResult); !errors.Is(err, tc.want) {
				t.Errorf("step %d: error %v, want %v", step, err, tc.want)
			}
			if diff := cmp.Diff(before, stateOf(t, file)); diff != "" || max(sizeOf(t, path), 8) != max(size, 8) {
				t.Errorf("step %d, after %v: %d bytes, had %d; mismatch (-before +after):\n%s", step, tc.want,
					sizeOf(t, path), size, diff)
			}
		}

		file.room = -1
		want, err := aggregate(t.Context(), memory, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := aggregate(t.Context(), file, nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("step %d: mismatch (-batch +one by one):\n%s", step, diff)
		}
		if diff := cmp.Diff(stateOf(t, memory), stateOf(t, file)); diff != "" {
			t.Errorf("step %d: mismatch (-batch +one by one):\n%s", step, diff)
		}
	}
}

func sizeOf(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
