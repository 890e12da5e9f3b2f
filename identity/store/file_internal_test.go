package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/codec"
	"github.com/idprofile/engine/identity/internal/filelog"
	"github.com/idprofile/engine/identity/internal/filelog/faultdisk"
)

func person(id, attribute string) *identity.Identity {
	return &identity.Identity{ID: id, Attributes: identity.NewAttributes(map[string]identity.Value{attribute: identity.StringValue(id)}),
		Accounts: []identity.Account{{Source: "HR", NativeIdentity: id}}}
}

func (f *File) ids() string {
	ids := []string{}
	list, _, _ := f.snapshot()
	for _, r := range list {
		ids = append(ids, r.id)
	}
	return fmt.Sprint(ids)
}

// onDisk opens a store on a disk that may fail, with one identity in it.
func onDisk(t *testing.T) (*File, *faultdisk.Disk) {
	t.Helper()
	d := &faultdisk.Disk{}
	f, err := openFile(filepath.Join(t.TempDir(), "s"), filelog.Options{Disk: d})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{person("a", "x")}}); err != nil {
		t.Fatal(err)
	}
	return f, d
}

// reopen closes a store, whatever that says, and opens its file.
func reopen(t *testing.T, f *File) *File {
	t.Helper()
	_ = f.Close() // its disk may be broken
	g, err := OpenFile(f.log.Path())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

// A batch that the disk has no room for leaves the state as it was; when there
// is room again, the store goes on.
func TestFileDiskFull(t *testing.T) {
	f, d := onDisk(t)
	for room := range 80 {
		*d = faultdisk.Disk{On: true, Steps: 1 << 30, Bytes: room}
		if room == 79 {
			d.Bytes, d.Syncs = -1, true
		}
		err := f.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{person("b", fmt.Sprint("new", room))}, Delete: []string{"a"}})
		if !errors.Is(err, faultdisk.ErrFailed) || f.ids() != "[a]" {
			t.Fatalf("room for %d bytes: error %v, identities %s", room, err, f.ids())
		}
		if info, err := os.Stat(f.log.Path()); err != nil || info.Size() != f.log.Size() {
			t.Fatalf("room for %d bytes: the file has %d bytes, want %d (%v)", room, info.Size(), f.log.Size(), err)
		}
		if room == 50 {
			d.On = false
			if err := f.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{person("a", "after")}}); err != nil {
				t.Fatal(err)
			}
		}
	}

	g := reopen(t, f)
	a, err := g.Get(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Attributes.Get("after").Text(); g.ids() != "[a]" || got != "a" || g.Cut() != nil {
		t.Errorf("opened again: identities %s, attribute %q, cut %v", g.ids(), got, g.Cut())
	}
}

// A batch that can neither be written nor undone ends the writing; what was
// there before is still found when the file is opened again.
func TestFileCannotUndo(t *testing.T) {
	f, d := onDisk(t)
	*d = faultdisk.Disk{On: true, Steps: 1 << 30, Bytes: 30, Truncate: true}
	for range 2 {
		err := f.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{person("b", "x")}})
		if !errors.Is(err, faultdisk.ErrFailed) || f.ids() != "[a]" {
			t.Fatalf("error %v, identities %s", err, f.ids())
		}
	}

	if g := reopen(t, f); g.ids() != "[a]" || g.Cut() == nil {
		t.Errorf("identities %s, cut %v", g.ids(), g.Cut())
	}
}

// Whichever operation of the disk fails while the file is written anew: nothing is
// lost, and the store goes on.
func TestFileCompactFails(t *testing.T) {
	for step := 0; ; step++ {
		f, d := onDisk(t)
		*d = *faultdisk.Stepwise(step, false)
		err := f.Compact(t.Context())
		if !d.Failed {
			if err != nil || step < 4 {
				t.Fatalf("%d steps, error %v", step, err)
			}
			break
		}
		if err := f.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{person("b", "y")}}); err != nil {
			t.Fatalf("step %d: %v", step, err)
		}
		if g := reopen(t, f); g.ids() != "[a b]" || g.Cut() != nil {
			t.Errorf("step %d: identities %s, cut %v", step, g.ids(), g.Cut())
		}
	}
}

// Somebody who does not mind locks changes the file, or puts another one in its place.
func TestFileOtherWriter(t *testing.T) {
	batch := identity.Batch{Put: []*identity.Identity{person("b", "x")}}
	f, _ := onDisk(t)
	content, err := os.ReadFile(f.log.Path())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f.log.Path(), append(content, 'x'), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Apply(t.Context(), batch); !errors.Is(err, ErrOtherWriter) {
		t.Errorf("longer: error %v, want ErrOtherWriter", err)
	}

	f, _ = onDisk(t)
	if err := errors.Join(os.Remove(f.log.Path()), os.WriteFile(f.log.Path(), content, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := f.Compact(t.Context()); !errors.Is(err, ErrOtherWriter) {
		t.Errorf("replaced: error %v, want ErrOtherWriter", err)
	}
}

// The file does not grow without end.
func TestFileCompacts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.limit = 100
	var largest int64
	for n := range 110 {
		if err := f.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{person("a", fmt.Sprint("x", n%3))}}); err != nil {
			t.Fatal(err)
		}
		largest = max(largest, f.log.Size())
	}
	if f.entries > 20 || f.log.Size() > largest/4 {
		t.Errorf("%d entries, %d bytes, at most %d", f.entries, f.log.Size(), largest)
	}
	if _, err := os.Stat(path + ".new"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the new file was left: %v", err)
	}
}

// The first batch of a store is written once, however large it is.
func TestFileKeepsItsFirstBatch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b identity.Batch
	for n := range 3000 {
		b.Put = append(b.Put, person(fmt.Sprint(n), "x"))
	}
	info := func() os.FileInfo {
		i, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return i
	}

	if err := f.Apply(t.Context(), identity.Batch{Put: b.Put[:1]}); err != nil {
		t.Fatal(err)
	}
	first := info()
	if err := f.Apply(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if !os.SameFile(first, info()) {
		t.Error("the file was written anew")
	}
}

// Whatever an entry holds, taking it in gives a store or an error, and so does reading it.
func FuzzReplay(f *testing.F) {
	l := newLists()
	p := person("a", "x")
	p.RunState = p.Attributes
	p.Attributes = identity.NewAttributes(map[string]identity.Value{"l": identity.StringsValue("a", "b"), "i": identity.IntValue(7)})
	old := codec.AppendSized(nil, func(b []byte) []byte { return l.appendIdentity(b, p) })
	old = codec.AppendSized(append(old, 1), func(b []byte) []byte { return codec.AppendAccount(b, l, &p.Accounts[0]) })
	f.Add(byte(entryIdentity), old)
	f.Add(byte(entryPerson), l.appendPerson(nil, p))
	f.Add(byte(entryAccount), l.appendAccount(nil, &p.Accounts[0]))
	f.Add(byte(entryTexts), codec.AppendTexts(nil, []string{"one", "two"}))
	f.Add(byte(entryList), codec.AppendTexts(nil, []string{"i", "l"}))
	f.Add(byte(entryDelete), codec.AppendText(nil, "a"))
	f.Add(byte(entryLoose), codec.AppendAccount(nil, l, &p.Accounts[0]))
	f.Fuzz(func(t *testing.T, kind byte, body []byte) {
		s := newFile()
		s.lists.number([]string{"i", "l"})
		s.lists.number([]string{"x"})
		s.lists.shared.add([]string{"shared"})
		replayed := s.replay(kind, string(body), filelog.Place{})

		// Nobody asks for an entry that could not be taken in, but it would do no harm.
		var i identity.Identity
		d := decoder{lists: s.lists}
		if d.person(string(body), &i) != nil && (replayed != nil || s.lists.read(kind, string(body), &i) != nil) {
			return
		}
		_ = d.keys(string(body), func(identity.AccountKey) {})
		for name := range i.Attributes.All() {
			indexed{attribute: name, fold: true}.texts(&i)
		}
		i.Clone()
	})
}

// Whatever a file holds, opening it gives a store or an error, and changes nothing.
func FuzzOpenFile(f *testing.F) {
	for _, name := range []string{"testdata/version1.state", "testdata/version2.state", "testdata/version3.state"} {
		content, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	f.Add([]byte(fileMagic))
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "s")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := OpenFile(path); err == nil {
			s.Close()
		}
		if now, err := os.ReadFile(path); err != nil || string(now) != string(content) {
			t.Errorf("the file was changed (%v)", err)
		}
	})
}

// A file that was made for a batch which the disk has no room for is removed again: what
// holds nothing would look like a store.
func TestFileFirstDiskFull(t *testing.T) {
	for room := range 40 {
		path := filepath.Join(t.TempDir(), "s")
		f, err := openFile(path, filelog.Options{Disk: &faultdisk.Disk{On: true, Steps: 1 << 30, Bytes: room}})
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{person("a", "x")}}); !errors.Is(err, faultdisk.ErrFailed) {
			t.Fatalf("room for %d bytes: error %v", room, err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("room for %d bytes: a file of %d bytes is left, error %v", room, info.Size(), err)
		}
	}
}
