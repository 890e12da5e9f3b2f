package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTranscripts runs the commands of testdata/cases/NAME/transcript.txt in a
// copy of the folder and compares what they print. A line that begins with "$ "
// is a command: preview with its arguments, or one of the few shell commands of
// shellCommand; lines with # say what the case shows. A last line "exit N" stands
// where a command ends with another code than 0. -update writes what is printed.
func TestTranscripts(t *testing.T) {
	root := testdata(t)
	files, err := filepath.Glob(filepath.Join(root, "cases", "*", "transcript.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d transcripts, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(filepath.Dir(file))); err != nil {
				t.Fatal(err)
			}
			t.Chdir(dir)
			if err := os.Remove("transcript.txt"); err != nil {
				t.Fatal(err)
			}

			got := transcript(t, string(src))
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(src), got); diff != "" && !*update {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// transcript runs the commands of a text and returns it with what they print.
func transcript(t *testing.T, src string) string {
	t.Helper()
	var b strings.Builder
	for _, line := range strings.Split(src, "\n") {
		if strings.HasPrefix(line, "#") {
			b.WriteString(line + "\n")
		}
		command, ok := strings.CutPrefix(line, "$ ")
		if !ok {
			continue
		}
		b.WriteString(line + "\n")

		args := strings.Fields(command)
		if args[0] != "preview" {
			shellCommand(t, args)
			continue
		}
		code, out, errs := invoke(t, args[1:]...)
		b.WriteString(ended(out) + ended(errs))
		if code != 0 {
			fmt.Fprintf(&b, "exit %d\n", code)
		}
	}
	return b.String()
}

// ended is a text that ends with its last line.
func ended(s string) string {
	if s != "" && !strings.HasSuffix(s, "\n") {
		s += "\n"
	}
	return s
}

// shellCommand changes files: cp FROM TO, rm FILE, and replace FILE OLD NEW.
func shellCommand(t *testing.T, args []string) {
	t.Helper()
	var err error
	switch args[0] {
	case "cp":
		var src []byte
		if src, err = os.ReadFile(args[1]); err == nil {
			err = os.WriteFile(args[2], src, 0o644)
		}
	case "rm":
		err = os.RemoveAll(args[1])
	case "replace":
		var src []byte
		if src, err = os.ReadFile(args[1]); err == nil {
			err = os.WriteFile(args[1], []byte(strings.ReplaceAll(string(src), args[2], args[3])), 0o644)
		}
	default:
		err = fmt.Errorf("%s: %w", args[0], fs.ErrInvalid)
	}
	if err != nil {
		t.Fatal(err)
	}
}
