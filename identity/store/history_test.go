package store_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/store"
)

// TestHistory: each batch with what it changes; a file that was written anew has one.
func TestHistory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	f, err := store.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	person := func(id, alias string, day int) *identity.Identity {
		return &identity.Identity{ID: id, Alias: alias, Evaluated: time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC)}
	}
	for _, b := range []identity.Batch{
		{Put: []*identity.Identity{person("a", "one", 1), person("b", "two", 1)}, Uncorrelated: []identity.Account{{Source: "AD", NativeIdentity: "x"}}},
		{Put: []*identity.Identity{person("a", "other", 2)}, Delete: []string{"b"}},
		{Put: []*identity.Identity{person("c", "three", 3)}, Forget: []identity.AccountKey{{Source: "AD", NativeIdentity: "x"}}},
	} {
		if err := f.Apply(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}

	want := []string{
		"1 2026-01-01 true [+a one +b two] 1 0",
		"2 2026-01-02 false [a one other -b two] 0 0",
		"3 2026-01-03 false [+c three] 0 1",
	}
	if diff := cmp.Diff(want, historyOf(t, path)); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}

	f, err = store.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Compact(t.Context()), f.Close()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1 2026-01-03 true [+a other +c three] 0 0"}, historyOf(t, path)); diff != "" {
		t.Errorf("written anew (-want +got):\n%s", diff)
	}
}

func historyOf(t *testing.T, path string) (list []string) {
	t.Helper()
	f, err := store.History(path, func(s *store.Step) error {
		var changes []string
		for i := range s.Changes {
			switch c := &s.Changes[i]; {
			case c.Before == nil:
				changes = append(changes, "+"+c.ID()+" "+c.After.Alias)
			case c.After == nil:
				changes = append(changes, "-"+c.ID()+" "+c.Before.Alias)
			default:
				changes = append(changes, c.ID()+" "+c.Before.Alias+" "+c.After.Alias)
			}
		}
		list = append(list, fmt.Sprint(s.Number, " ", s.Now.Format(time.DateOnly), " ", s.Whole, " ", changes, " ", s.Left, " ", s.Forgotten))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestHistoryStops(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	if _, err := store.History(path, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	f, err := store.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{{ID: "a"}}}), f.Close()); err != nil {
		t.Fatal(err)
	}
	stop := errors.New("enough")
	if _, err := store.History(path, func(*store.Step) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("error of visit: %v", err)
	}
	again, err := store.OpenFile(path) // the file is free
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}
