package filelog

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/s2"
)

// What is packed is unpacked to what it was; what would grow too much is not packed.
func TestBlockForms(t *testing.T) {
	random := make([]byte, 5000)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(random)
	for _, test := range []struct {
		name    string
		entries []byte
		form    byte
	}{
		{"texts", []byte(strings.Repeat("Engineering, Zürich; ", 40)), formS2},
		{"one byte", []byte("x"), formPlain},
		{"random", random, formPlain},
		{"zeros", make([]byte, 1<<20), formPlain},
	} {
		t.Run(test.name, func(t *testing.T) {
			var back Block
			payload := string(pack(nil, test.entries))
			body, rest, ok := cutBody(payload[1:])
			if !ok || rest != "" || payload[0] != test.form {
				t.Fatalf("form %q, want %q; %d bytes are left (%v)", payload[0], test.form, len(rest), ok)
			}
			if err := back.unpack(payload[0], body); err != nil || back.text != string(test.entries) {
				t.Errorf("unpacked to %d bytes (%v)", len(back.text), err)
			}
		})
	}
}

// A block that would use far more memory than it has bytes is refused before it does.
func TestBlockBounds(t *testing.T) {
	bomb := s2.Encode(nil, make([]byte, 1<<26))
	for name, packed := range map[string][]byte{
		"bomb": bomb, "length alone": {0xff, 0xff, 0xff, 0xff, 0x0f}, "empty": nil, "nothing": s2.Encode(nil, nil),
		"cut": s2.Encode(nil, bytes.Repeat([]byte("abcdefgh 12345 "), 4))[:12],
	} {
		var b Block
		allocated := testing.AllocsPerRun(1, func() {
			if err := b.unpack(formS2, string(packed)); !errors.Is(err, errMalformed) {
				t.Errorf("%s: error %v, want errMalformed", name, err)
			}
		})
		if allocated > 4 {
			t.Errorf("%s: %v allocations", name, allocated)
		}
	}
	if err := new(Block).unpack('?', "x"); !errors.Is(err, errMalformed) {
		t.Errorf("unknown form: error %v", err)
	}
}

// Entries are found again at their places: those that were written, and those that were read.
func TestPlaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	options := func(seen *[]Place) Options {
		return Options{Magic: "testlog3", Pack: true, Replay: func(_ byte, _ string, at Place) error {
			*seen = append(*seen, at)
			return nil
		}}
	}
	var written, read []Place
	l, err := Open(path, options(&read))
	if err != nil {
		t.Fatal(err)
	}
	body := func(n int) string { return strings.Repeat(string(rune('a'+n%26)), 1000+n) }
	err = l.Append(func(b *Batch) error {
		for n := range 3000 { // more than one frame
			at, err := b.Entry('x', []byte(body(n)))
			if err != nil {
				return err
			}
			written = append(written, at)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	found := func(list []Place) {
		t.Helper()
		if len(list) != 3000 {
			t.Fatalf("%d entries", len(list))
		}
		for n, at := range list {
			if kind, got, err := at.Entry(); kind != 'x' || got != body(n) || err != nil {
				t.Fatalf("entry %d: %q, %d bytes (%v)", n, kind, len(got), err)
			}
		}
	}
	found(written[:3000])

	// Also when the file was written anew since, and somebody has not asked yet.
	var late []Place
	err = errors.Join(l.Append(func(b *Batch) error {
		for n := range 3000 {
			at, err := b.Entry('x', []byte(body(n)))
			if err != nil {
				return err
			}
			late = append(late, at)
		}
		return nil
	}), l.Rewrite(func(b *Batch) error {
		for n := range 3000 {
			if _, err := b.Entry('x', []byte(body(n))); err != nil {
				return err
			}
		}
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	found(late)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}

	l, err = Open(path, options(&read))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	found(read)
	if _, _, err := (Place{}).Entry(); !errors.Is(err, ErrDamaged) {
		t.Errorf("nowhere: error %v, want ErrDamaged", err)
	}
}

// What was written and is not there any more when somebody asks is damage, not an answer.
func TestPlaceDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := Open(path, Options{Magic: "testlog3", Pack: true})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var at Place
	err = l.Append(func(b *Batch) (err error) {
		at, err = b.Entry('x', []byte(strings.Repeat("body ", 100)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)/2] ^= 1
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := at.Entry(); !errors.Is(err, ErrDamaged) {
		t.Errorf("error %v, want ErrDamaged", err)
	}
}
