//go:build unix

package config_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/idprofile/engine/profile/config"
)

// Nothing outside of the folder is read, and neither pipes nor devices nor what is too large;
// each is a finding, and the rest of the folder is read.
func TestFolder(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(outside, "secret.json"), `{"secret":"value"}`)
	write(filepath.Join(dir, "source.json"), `{"id":"s","name":"HR","connector":"x"}`)
	write(filepath.Join(dir, "large.json"), `{"id":"s2","name":"`+strings.Repeat("x", 300)+`"}`)
	for link, to := range map[string]string{
		"absolute.json": filepath.Join(outside, "secret.json"), "relative.json": filepath.Join("..", filepath.Base(outside), "secret.json"),
		"device.json": "/dev/zero", "inside.json": "source.json",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.json"), 0o600); err != nil {
		t.Fatal(err)
	}

	f, err := config.OpenFolder(dir, config.FolderOptions{MaxFile: 200})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, name := range []string{"absolute.json", "relative.json", "device.json", "pipe.json", "large.json"} {
		if _, err := fs.ReadFile(f, name); !errors.Is(err, config.ErrUnsafeFile) {
			t.Errorf("%s: error %v, want ErrUnsafeFile", name, err)
		}
	}
	if src, err := fs.ReadFile(f, "inside.json"); err != nil || !strings.Contains(string(src), "HR") {
		t.Errorf("a link within the folder: %q, error %v", src, err)
	}

	b, found := config.Load(f)
	unreadable := map[string]bool{}
	for _, d := range found {
		if d.Code == "file-unreadable" {
			unreadable[d.Pos.File] = true
		}
		if strings.Contains(d.String(), "secret\"") || strings.Contains(d.String(), "value") {
			t.Errorf("a finding holds what a link leads to: %v", d)
		}
	}
	if len(unreadable) != 5 || len(b.Sources) != 1 {
		t.Errorf("unreadable: %v; %d sources", unreadable, len(b.Sources))
	}
}
