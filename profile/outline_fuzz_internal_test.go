package profile

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// someNote is a note with something in every column.
func someNote() *outlineNote {
	return &outlineNote{
		frame: "frame", sources: []string{"AD", "HR"}, keys: []string{"@uid|fold", "@email|fold"},
		readings:   []reading{{validator: "v", again: []string{"twice"}}, {}},
		attributes: []string{"alias", "uid"}, kinds: []string{"", "some"}, withExceptions: 1,
		runs:   []notedRun{{profile: "Staff", mappings: "abc", at: time.Unix(1, 2).UTC(), stable: true}},
		source: []uint16{1, 0, 1}, marks: []uint8{noteStable, noteManual, noteNamed}, prints: []uint64{1, 0, 1 << 63},
		stable: []uint32{7, 0, 0}, accounts: []uint32{0, 2, 2}, profile: []int16{0, -1}, auth: []uint16{1, 0},
		flags: []uint8{noteHoldsUID, noteDoubtful}, run: []uint16{0, 0}, kind: []uint32{1, 0}, manager: []int32{-1, 0},
		texts: []textColumn{{text: "ab", ends: []uint32{1, 2}}, {text: "x", ends: []uint32{0, 1}}},
		tags:  []tagColumn{{tags: []uint32{5, 0}}, {others: map[int32]uint32{1: 9}}},
		order: []int32{1, 0}, lost: []notedManager{{n: 0, ManagerResult: ManagerResult{State: ManagerNotFound, Value: "v"}}},
		losers: [][2]int32{{1, 0}},
	}
}

func TestNote(t *testing.T) {
	want := someNote()
	got := readNote(string(want.append(nil)))
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(outlineNote{}, notedRun{}, textColumn{}, tagColumn{}, notedManager{}, reading{})); diff != "" {
		t.Errorf("mismatch (-written +read):\n%s", diff)
	}
}

// Whatever stands in a note, reading it ends, and what is read can be asked for everybody.
func FuzzNote(f *testing.F) {
	f.Add(string(someNote().append(nil)))
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		o := readNote(text)
		if o == nil {
			return
		}
		for n := range o.flags {
			for i := range o.texts {
				_ = o.texts[i].at(int32(n))
			}
			if o.profile[n] >= 0 && int(o.accounts[n])+int(o.auth[n]) >= len(o.source) {
				t.Errorf("identity %d has account %d of %d", n, int(o.accounts[n])+int(o.auth[n]), len(o.source))
			}
		}
		for _, c := range o.tags {
			if c.tags != nil && len(c.tags) != len(o.flags) {
				t.Errorf("%d tags of %d identities", len(c.tags), len(o.flags))
			}
		}
		for _, kind := range o.kinds {
			new(briefFacts).read(kind)
		}
	})
}
