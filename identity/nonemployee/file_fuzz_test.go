package nonemployee

import (
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity/internal/filelog"
)

// FuzzOpenFile: whatever a file holds, opening it gives a store or an error, and changes nothing.
func FuzzOpenFile(f *testing.F) {
	content, err := os.ReadFile("testdata/version0.store")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(content)
	f.Add([]byte(fileMagic))
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "s")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if s, err := OpenFile(path); err == nil {
			allObjects(t, s)
			_ = s.Close() // nothing was written
		}
		if now, err := os.ReadFile(path); err != nil || string(now) != string(content) {
			t.Errorf("the file was changed (%v)", err)
		}
	})
}

// FuzzFileChanges gives a store changes whose checksum fits, as an entry of the log and as a line of
// an earlier file: they are refused or taken in alike, and what was taken in is there after the
// file was written anew.
func FuzzFileChanges(f *testing.F) {
	for _, body := range []string{
		`{"k":"guard","i":"a","v":1,"o":{"count":1}}`, `{"k":"source","i":"s","u":"retail","o":{"name":"Retail"}}`,
		`{"k":"record","i":"r","p":"s","u":"s/x","v":3,"o":{"accountName":"x","data":{"a":"b"}}}`,
		`{"k":"guard","i":"a","d":true}`, `{"k":"job","i":"j","o":null}`, `{"k":"nothing"}`, `{}`, `null`,
	} {
		f.Add(body, body)
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		s := &File{t: newTable(), compactFrom: 1}
		var replayed error
		for _, body := range []string{first, second} {
			replayed = errors.Join(replayed, s.replay(entryChange, body, filelog.Place{}))
		}

		lines := ""
		for _, body := range []string{first, second} {
			lines += fmt.Sprintf("%08x [%s]\n", crc32.ChecksumIEEE([]byte("["+body+"]")), body)
		}
		path := filepath.Join(t.TempDir(), "s")
		if err := os.WriteFile(path, []byte(lines), 0o600); err != nil {
			t.Fatal(err)
		}
		read, err := OpenFile(path)
		if err != nil {
			if replayed == nil {
				t.Errorf("the entries are taken in, the lines are not: %v", err)
			}
			return
		}
		want := allObjects(t, read)
		if replayed == nil {
			if diff := cmp.Diff(allObjects(t, s), want); diff != "" {
				t.Errorf("mismatch (-entries +lines):\n%s", diff)
			}
		}

		// A commit writes such a file anew.
		guard := Object{Kind: KindGuard, ID: "of the test", Value: &Guard{Count: 1}}
		if err := read.Commit(t.Context(), []Change{{Object: guard}}); err != nil {
			t.Fatal(err)
		}
		if err := read.Close(); err != nil {
			t.Fatal(err)
		}
		again, err := OpenFile(path)
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		if got := len(allObjects(t, again)); got != len(want)+1 {
			t.Errorf("%d objects are there after a commit, want %d", got, len(want)+1)
		}
	})
}
