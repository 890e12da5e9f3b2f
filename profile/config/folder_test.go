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

	"github.com/idprofile/engine/identity/diag"
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

// TestMaxConfig: a configuration that is larger than may be read is an error that says so, and
// the files that are within the limits are read.
func TestMaxConfig(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.json": `{"id":"s","name":"HR","connector":"x"}`, // four values
		"b.json": `{"name":"T","type":"static","attributes":{"value":"` + strings.Repeat("x", 300) + `"}}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	for _, tc := range []struct {
		name    string
		options config.FolderOptions
		want    string
	}{
		{name: "enough", options: config.FolderOptions{MaxConfig: 500, MaxValues: 9}},
		{name: "values", options: config.FolderOptions{MaxValues: 8},
			want: "b.json:1:51: error json-values: the file has more than 4 JSON values, which is as many as may be read"},
		{name: "bytes", options: config.FolderOptions{MaxConfig: 100},
			want: "b.json: error file-unreadable: the file is not read: it has 354 bytes, and the configuration may have 62 more"},
	} {
		f, err := config.OpenFolder(dir, tc.options)
		if err != nil {
			t.Fatal(err)
		}
		b, found := config.Load(f)
		f.Close()

		var errs []string
		for _, d := range found {
			if d.Severity == diag.Error {
				d.Hint = ""
				errs = append(errs, d.String())
			}
		}
		if got := strings.Join(errs, "\n"); got != tc.want || len(b.Sources) != 1 || (len(b.Transforms) == 1) != (tc.want == "") {
			t.Errorf("%s: found %q, want %q; %d sources, %d transforms", tc.name, got, tc.want, len(b.Sources), len(b.Transforms))
		}
		if tc.want != "" && len(b.Unread) != 1 {
			t.Errorf("%s: unread are %v", tc.name, b.Unread)
		}
	}
}
