package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestInit: what is missing is said with the ways to get it, what is not there is written,
// what it writes works, and what is there stays as it is.
func TestInit(t *testing.T) {
	folder := acmeCopy(t)
	for _, name := range []string{"idprofile.json", "accounts/Badge System.jsonl"} {
		if err := os.Remove(filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	code, out, errs := invoke(t, "init", folder, "--ci", "github")
	if code != exitDone || errs != "" {
		t.Fatalf("exit %d: %s", code, errs)
	}
	golden(t, filepath.Join(testdata(t), "init.golden"), strings.ReplaceAll(out, filepath.ToSlash(folder), "FOLDER"))

	before := filesBelow(t, folder)
	code, out, errs = invoke(t, "init", folder, "--ci", "github", "--json")
	if code != exitDone {
		t.Fatalf("exit %d: %s", code, errs)
	}
	kinds := map[string]int{}
	for line := range strings.Lines(out) {
		var l initLine
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		if kinds[l.Kind]++; l.Kind == "missing" && (len(l.Get) != 3 || !strings.Contains(l.Get[0].Command, "accounts")) {
			t.Errorf("%s", line)
		}
	}
	if kinds["wrote"] != 0 || kinds["kept"] != 4 || kinds["missing"] != 1 {
		t.Errorf("the second time: %v", kinds)
	}
	for name, src := range filesBelow(t, folder) {
		if before[name] != src {
			t.Errorf("%s was changed", name)
		}
	}
	for _, args := range [][]string{{"test", folder}, {"run", folder, "--json"}} {
		if code, out, errs := invoke(t, args...); code != exitDone {
			t.Errorf("%v: exit %d: %s%s", args, code, out, errs)
		}
	}
}

func filesBelow(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(folder, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		src, err := os.ReadFile(p)
		files[p] = string(src)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestInitOf(t *testing.T) {
	empty := t.TempDir()
	for args, want := range map[string]string{
		empty:                              "sail spconfig export --include IDENTITY_PROFILE",
		"../..":                            "run init in each",
		acmeCopy(t) + "|--dry-run":         "idprofile.json: it is there already",
		filepath.Join(empty, "none"):       "no such file",
		acmeCopy(t) + "|--people|0|--json": `"kind":"kept"`,
	} {
		_, out, errs := invoke(t, append([]string{"init"}, strings.Split(args, "|")...)...)
		if !strings.Contains(out+errs, want) {
			t.Errorf("%s: printed %s, said %s", args, out, errs)
		}
	}
	if len(filesBelow(t, empty)) > 0 {
		t.Error("an empty folder got files")
	}
}

// A pipeline installs the build that wrote it, as far as that can be had again.
func TestPipelineIsPinned(t *testing.T) {
	for build, want := range map[string]string{
		"v1.2.0": "preview@v1.2.0\n", "0d57329": "preview@0d57329\n",
		"(devel)": "preview@latest\n", "v0.0.0-20260101000000-0d5732900000+dirty": "preview@latest\n",
	} {
		for _, pipeline := range []string{githubPipeline, gitlabPipeline} {
			if got := pinned(pipeline, build); !strings.Contains(got, want) {
				t.Errorf("%s: no %q in\n%s", build, want, got)
			}
		}
	}
}
