package profiletest

import (
	"io/fs"
	"testing"

	"github.com/idprofile/engine/profile"
)

// Test runs the test files of a folder as subtests: one for every file, in it one
// for every case, in it one for every row. The pattern is that of [Load]. A broken
// test file fails the test with all findings.
//
//	func TestMappings(t *testing.T) {
//		fsys := os.DirFS("tenant")
//		bundle, found := config.Load(fsys)
//		engine, more := profile.Compile(bundle, profile.Options{})
//		...
//		profiletest.Test(t, engine, fsys, "")
//	}
func Test(t *testing.T, e *profile.Engine, fsys fs.FS, pattern string) {
	t.Helper()
	TestWith(t, e, fsys, pattern, Options{})
}

// TestWith is [Test] with options.
func TestWith(t *testing.T, e *profile.Engine, fsys fs.FS, pattern string, o Options) {
	t.Helper()
	s, found := Load(fsys, pattern)

	// A pattern that fits nothing would pass, and nobody would notice.
	if s.Len() == 0 && !found.HasErrors() {
		t.Fatal(errNoCases)
	}
	cases, more := s.bind(t.Context(), e.Bundle(), e)
	if found = append(found, more...); found.HasErrors() {
		t.Fatal(found.Err())
	}
	r := &runner{ctx: t.Context(), engine: e, options: o}

	// One test of Go for each file and in it one for each case, so that -run can choose them.
	for at := 0; at < len(cases); {
		file := cases[at].file
		end := at
		for end < len(cases) && cases[end].file == file {
			end++
		}
		part := cases[at:end]
		at = end
		t.Run(file.Path, func(t *testing.T) {
			for _, c := range part {
				t.Run(c.Name, func(t *testing.T) {
					res := r.timed(c)
					for i := range res.Failures {
						t.Error(res.Failures[i].String())
					}
				})
			}
		})
	}
}
