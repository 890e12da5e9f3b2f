package nonemployee

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity/internal/filelog/logtest"
)

// allObjects is what a store holds, one line for each object, in order.
func allObjects(t *testing.T, s Store) []string {
	t.Helper()
	var lines []string

	for _, kind := range []Kind{KindSource, KindAttribute, KindRecord, KindRequest, KindApproval, KindJob, KindReminder, KindGuard} {
		for o, err := range s.List(t.Context(), kind, "") {
			if err != nil {
				t.Fatal(err)
			}
			value, err := EncodeValue(o.Value)
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, fmt.Sprintf("%s %s %q %q %d %s", o.Kind, o.ID, o.Parent, o.Unique, o.Version, value))
		}
	}

	slices.Sort(lines)
	return lines
}

// A file from before files had a mark is read; opening it changes nothing, and the
// first commit makes it one of this version.
func TestFileLines(t *testing.T) {
	old, err := os.ReadFile("testdata/version0.store")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/version0.txt")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "s")
	if err := os.WriteFile(path, old, 0o600); err != nil {
		t.Fatal(err)
	}

	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), strings.Join(allObjects(t, f), "\n")+"\n"); diff != "" || f.Cut() != nil {
		t.Errorf("cut %v, mismatch (-want +got):\n%s", f.Cut(), diff)
	}
	if now, err := os.ReadFile(path); err != nil || string(now) != string(old) {
		t.Errorf("opening it has changed the file (%v)", err)
	}

	change := Change{Object: Object{Kind: KindGuard, ID: "new", Value: &Guard{Count: 7}}}
	if err := f.Commit(t.Context(), []Change{change}); err != nil {
		t.Fatal(err)
	}
	after := allObjects(t, f)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if f, err = OpenFile(path); err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if diff := cmp.Diff(after, allObjects(t, f)); diff != "" || f.log.Outdated() {
		t.Errorf("outdated %v, mismatch (-want +got):\n%s", f.log.Outdated(), diff)
	}
}

// A file of lines that was cut has the last whole line and says so; a wrong bit is
// refused.
func TestFileLinesDamage(t *testing.T) {
	old, err := os.ReadFile("testdata/version0.store")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "s")
	try := func(content []byte) (*File, error) {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return OpenFile(path)
	}

	first := strings.Index(string(old), "\n") + 1
	for size := 1; size < len(old); size += 97 {
		f, err := try(old[:size])
		if size < first {
			if !errors.Is(err, ErrForeign) {
				t.Errorf("cut at %d: error %v, want ErrForeign", size, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("cut at %d: %v", size, err)
		}
		if end := strings.LastIndex(string(old[:size]), "\n") + 1; (f.Cut() != nil) != (end != size) {
			t.Errorf("cut at %d, the last line ends at %d, said %v", size, end, f.Cut())
		}
		f.Close()
	}

	for bit := 0; bit < 8*len(old); bit += 149 {
		bad := append([]byte(nil), old...)
		bad[bit/8] ^= 1 << (bit % 8)
		f, err := try(bad)
		if err == nil {
			if f.Cut() == nil {
				t.Errorf("bit %d: not a word", bit)
			}
			f.Close()
		} else if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrForeign) {
			t.Errorf("bit %d: error %v", bit, err)
		}
	}
}

// Keys that move between objects in one commit are right when the file is read again.
func TestFileKeysMove(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	record := func(id, key string, version int64) Change {
		return Change{Object: Object{Kind: KindRecord, ID: id, Parent: "p", Unique: key, Version: version, Value: &Record{ID: id}}}
	}
	for _, changes := range [][]Change{
		{record("1", "a", 0), record("2", "b", 0), record("3", "c", 0)},
		{record("1", "b", 1), {Object: Object{Kind: KindRecord, ID: "3", Version: 1}, Delete: true}, record("2", "c", 1), record("4", "a", 0)},
	} {
		if err := f.Commit(t.Context(), changes); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}

	if f, err = OpenFile(path); err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for key, id := range map[string]string{"a": "4", "b": "1", "c": "2"} {
		if o, err := f.Find(t.Context(), KindRecord, "p", key); err != nil || o.ID != id {
			t.Errorf("key %s: object %q, error %v, want %q", key, o.ID, err, id)
		}
	}
}

// counter is a file store that holds numbers by name, for the tests of logs.
type counter struct{ *File }

func openCounter(path string, readOnly bool) (logtest.Store, error) {
	open := OpenFile
	if readOnly {
		open = ReadFile
	}
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	f.compactFrom = 20_000 // some tests write enough for that
	return counter{f}, nil
}

func (c counter) Put(name string, n int) error {
	o, err := c.Get(context.Background(), KindGuard, name)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	o.Kind, o.ID, o.Value = KindGuard, name, &Guard{Count: n}
	return c.Commit(context.Background(), []Change{{Object: o}})
}

func (c counter) All() (map[string]int, error) {
	all := map[string]int{}
	for o, err := range c.List(context.Background(), KindGuard, "") {
		if err != nil {
			return nil, err
		}
		all[o.ID] = o.Value.(*Guard).Count
	}
	return all, nil
}

func TestFileLog(t *testing.T) { logtest.Run(t, openCounter) }
