package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/idprofile/engine/identity"
)

var errFull = errors.New("no space left on device")

// fullDisk takes so many bytes and then no more.
type fullDisk struct {
	logFile
	left     int
	syncs    bool // Sync fails
	truncate bool // so does Truncate
}

func (d *fullDisk) WriteAt(b []byte, at int64) (int, error) {
	n := min(len(b), d.left)
	d.left -= n
	written, err := d.logFile.WriteAt(b[:n], at)
	if err == nil && n < len(b) {
		err = errFull
	}
	return written, err
}

func (d *fullDisk) Sync() error {
	if d.syncs {
		return errFull
	}
	return d.logFile.Sync()
}

func (d *fullDisk) Truncate(size int64) error {
	if d.truncate {
		return errFull
	}
	return d.logFile.Truncate(size)
}

func person(id, attribute string) *identity.Identity {
	return &identity.Identity{ID: id, Attributes: identity.NewAttributes(map[string]identity.Value{attribute: identity.StringValue(id)}),
		Accounts: []identity.Account{{Source: "HR", NativeIdentity: id}}}
}

func (f *File) ids() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.s.sorted = nil
	f.s.all()
	return fmt.Sprint(f.s.sorted)
}

// A batch that the disk has no room for leaves the state as it was; when there
// is room again, the store goes on.
func TestFileDiskFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{person("a", "x")}}); err != nil {
		t.Fatal(err)
	}
	good := f.file
	for room := range 80 {
		d := &fullDisk{logFile: good, left: room, syncs: room == 79}
		if room == 79 {
			d.left = 1 << 20
		}
		f.file = d
		err := f.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{person("b", fmt.Sprint("new", room))}, Delete: []string{"a"}})
		if err == nil {
			t.Fatalf("room for %d bytes was enough", room)
		}
		if !errors.Is(err, errFull) || f.ids() != "[a]" {
			t.Fatalf("room for %d bytes: error %v, identities %s", room, err, f.ids())
		}
		if info, err := os.Stat(path); err != nil || info.Size() != f.size {
			t.Fatalf("room for %d bytes: the file has %d bytes, want %d (%v)", room, info.Size(), f.size, err)
		}
		if room == 50 {
			f.file = good
			if err := f.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{person("a", "after")}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	f.file = good
	g, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if got := g.s.ids["a"].Attributes.Get("after").Text(); g.ids() != "[a]" || got != "a" {
		t.Errorf("opened again: identities %s, attribute %q", g.ids(), got)
	}
}

// A batch that can neither be written nor undone ends the writing; what was
// there before is still found when the file is opened again.
func TestFileCannotUndo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{person("a", "x")}}); err != nil {
		t.Fatal(err)
	}
	f.file = &fullDisk{logFile: f.file, left: 30, truncate: true}
	for range 2 {
		if err := f.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{person("b", "x")}}); !errors.Is(err, errFull) || f.ids() != "[a]" {
			t.Fatalf("error %v, identities %s", err, f.ids())
		}
	}
	g, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if g.ids() != "[a]" {
		t.Errorf("identities %s", g.ids())
	}
}

func TestFileOtherWriter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	g, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if err := g.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{person("a", "x")}}); err != nil {
		t.Fatal(err)
	}
	if err := f.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{person("b", "x")}}); !errors.Is(err, ErrOtherWriter) {
		t.Errorf("error %v, want ErrOtherWriter", err)
	}
	if err := g.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := f.Compact(t.Context()); !errors.Is(err, ErrOtherWriter) {
		t.Errorf("error %v, want ErrOtherWriter", err)
	}
	if err := g.Apply(t.Context(), identity.Batch{Put: []*identity.Identity{person("c", "x")}}); err != nil || g.ids() != "[a c]" {
		t.Errorf("error %v, identities %s", err, g.ids())
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
		largest = max(largest, f.size)
	}
	if f.entries > 20 || f.size > largest/4 {
		t.Errorf("%d entries, %d bytes, at most %d", f.entries, f.size, largest)
	}
	if _, err := os.Stat(path + ".new"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the new file was left: %v", err)
	}
}

// Whatever a file holds, opening it gives a store or an error.
func FuzzReplay(f *testing.F) {
	l := newLists()
	p := person("a", "x")
	p.Evaluation = identity.Evaluation{Mappings: "m", Again: []string{"a"}, Given: p.Attributes}
	p.Attributes = identity.NewAttributes(map[string]identity.Value{"l": identity.StringsValue("a", "b"), "i": identity.IntValue(7)})
	body := l.appendPerson(nil, p)
	seed := append(appendText([]byte{entryList}, string(appendTexts(nil, []string{"i", "l"}))), entryIdentity)
	f.Add(appendText(seed, string(body)))
	f.Add(appendText([]byte{entryDelete}, string(appendText(nil, "a"))))
	f.Add(appendText([]byte{entryLoose}, string(l.appendAccount(nil, &p.Accounts[0]))))
	f.Fuzz(func(t *testing.T, payload []byte) {
		s := &File{Memory: NewMemory(), lists: newLists()}
		if s.replay(string(payload)) != nil {
			return
		}
		for _, i := range s.s.all() {
			for name := range i.Attributes.All() {
				s.s.find(name, "x", true)
			}
			i.Clone()
		}
	})
}
