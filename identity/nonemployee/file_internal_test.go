package nonemployee

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/idprofile/engine/identity/internal/filelog"
	"github.com/idprofile/engine/identity/internal/filelog/faultdisk"
	"github.com/idprofile/engine/identity/isc"
)

var (
	testAdmin  = Actor{ID: "admin", Rights: Admin}
	testPeople = NewPeople([]Person{{ID: "admin", Alias: "admin"}}, nil)
)

func importRows(n int) string {
	var b strings.Builder
	b.WriteString("accountName,firstName,lastName,phone,email,manager,startDate,endDate\n")
	for i := range n {
		fmt.Fprintf(&b, "user%d,F,L,1,e,admin,2026-01-01,2026-12-31\n", i)
	}
	return b.String()
}

// workload makes a source, a record and an import; it gives the last error.
func workload(ctx context.Context, store Store, rows int) error {
	s, err := New(ctx, store, testPeople)
	if err != nil {
		return err
	}
	src, err := s.Sources.Create(ctx, testAdmin, SourceBody{Name: "Retail", Description: "d", Owner: Ref{ID: "admin"}})
	if err != nil {
		return err
	}
	if _, _, err := s.Sources.Import(ctx, testAdmin, src.SourceID, strings.NewReader(importRows(rows))); err != nil {
		return err
	}
	_, err = s.Tick(ctx, time.Unix(1_700_000_000, 0))
	return err
}

// whole checks that a store holds commits whole: the import is there completely and
// COMPLETED, or not at all.
func whole(t *testing.T, store Store, rows int) (records int) {
	t.Helper()
	s, err := New(t.Context(), store, testPeople) // ends what was under way
	if err != nil {
		t.Fatal(err)
	}
	sources, err := s.Sources.List(t.Context(), testAdmin, SourceQuery{WithCount: true})
	if err != nil {
		t.Fatal(err)
	}
	if sources.Total == 0 {
		return 0
	}
	src := sources.Items[0]
	p, err := s.Records.List(t.Context(), testAdmin, isc.Query{})
	if err != nil {
		t.Fatal(err)
	}
	job, err := s.Sources.ImportStatus(t.Context(), testAdmin, src.SourceID)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case p.Total != *src.Count:
		t.Errorf("%d records, counted %d", p.Total, *src.Count)
	case p.Total != 0 && p.Total != rows:
		t.Errorf("%d records of %d are there", p.Total, rows)
	case p.Total == rows && (job == nil || job.Status != JobCompleted):
		t.Errorf("all records are there, the job is %+v", job)
	case p.Total == 0 && job != nil && job.Status != JobError:
		t.Errorf("no records are there, the job is %s", job.Status)
	}
	if attributes, err := s.Schema.List(t.Context(), testAdmin, src.SourceID); err != nil || len(attributes) != 8 {
		t.Errorf("%d attributes, %v", len(attributes), err)
	}
	return p.Total
}

// TestFileFailingDisk fails one disk operation after the other.
func TestFileFailingDisk(t *testing.T) {
	const rows = 50
	for _, dead := range []bool{true, false} {
		outcomes := map[int]int{}
		for step := 0; ; step++ {
			path := filepath.Join(t.TempDir(), "store")
			d := faultdisk.Stepwise(step, dead)
			f, err := openFile(path, filelog.Options{Disk: d})
			if err == nil {
				f.compactFrom = 1 // compaction fails as well
				err = workload(t.Context(), f, rows)
				_ = f.Close() // the disk may be dead
			}
			if !d.Failed {
				if err != nil {
					t.Fatalf("without a failure: %v", err)
				}
				break
			}
			again, err := OpenFile(path)
			if err != nil {
				t.Fatalf("dead %v, step %d: open again: %v", dead, step, err)
			}
			outcomes[whole(t, again, rows)]++
			if err := again.Close(); err != nil {
				t.Fatal(err)
			}
			if step > 200 {
				t.Fatal("no end")
			}
		}
		if dead && (outcomes[0] == 0 || outcomes[rows] == 0) {
			t.Errorf("dead %v: outcomes %v, want some with and some without the import", dead, outcomes)
		}
		t.Logf("dead %v: outcomes (records: times) %v", dead, outcomes)
	}
}

// TestFileGoesOnAfterAnError: a failed write changes nothing and the next one works.
func TestFileGoesOnAfterAnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	d := &faultdisk.Disk{}
	f, err := openFile(path, filelog.Options{Disk: d})
	if err != nil {
		t.Fatal(err)
	}
	commit := func(id string) error {
		return f.Commit(t.Context(), []Change{{Object: Object{Kind: KindGuard, ID: id, Value: &Guard{}}}})
	}
	if err := commit("a"); err != nil {
		t.Fatal(err)
	}
	*d = *faultdisk.Stepwise(0, false)
	if err := commit("b"); !errors.Is(err, faultdisk.ErrFailed) {
		t.Fatalf("commit gave %v", err)
	}
	if _, err := f.Get(t.Context(), KindGuard, "b"); !errors.Is(err, ErrNotFound) {
		t.Errorf("the failed commit is there: %v", err)
	}
	if err := commit("c"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	for id, want := range map[string]bool{"a": true, "b": false, "c": true} {
		if _, err := again.Get(t.Context(), KindGuard, id); (err == nil) != want {
			t.Errorf("%s after open: %v, want it there: %v", id, err, want)
		}
	}
}

// TestTwoWriters: one of two handles of a file gets it, and loses nothing.
func TestTwoWriters(t *testing.T) {
	for trial := range 20 {
		path := filepath.Join(t.TempDir(), fmt.Sprint(trial))
		a, err := OpenFile(path)
		if err != nil {
			t.Fatal(err)
		}
		b, err := OpenFile(path)
		if !errors.Is(err, ErrInUse) {
			t.Fatalf("the second handle: error %v, want ErrInUse", err)
		}

		var stored [2]int
		var wait sync.WaitGroup
		for w, s := range []*File{a, b} {
			wait.Go(func() {
				for i := range 5 {
					o := Object{Kind: KindGuard, ID: fmt.Sprint(w, "-", i), Value: &Guard{Count: i}}
					if s.Commit(t.Context(), []Change{{Object: o}}) == nil {
						stored[w]++
					}
				}
			})
		}
		wait.Wait()
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}

		again, err := OpenFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(allObjects(t, again)); n != stored[0]+stored[1] || n != 5 {
			t.Errorf("%d objects are there, %v were stored", n, stored)
		}
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFileCompaction: many updates do not make the file grow without bound, and nothing
// is lost.
func TestFileCompaction(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	f, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f.compactFrom = 1000
	for i := range 500 {
		o := Object{Kind: KindGuard, ID: "g", Version: int64(i), Value: &Guard{Count: i}}
		if err := f.Commit(t.Context(), []Change{{Object: o}}); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Size() > 5000 {
		t.Errorf("size %d, %v", info.Size(), err)
	}
	f.Close()
	again, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if o, err := again.Get(t.Context(), KindGuard, "g"); err != nil || o.Version != 500 {
		t.Errorf("version %d, %v", o.Version, err)
	}
}

const killedProcess = "NONEMPLOYEE_TEST_STORE"

// TestFileKilledProcess kills a process while it imports.
func TestFileKilledProcess(t *testing.T) {
	const rows = 3000
	if path := os.Getenv(killedProcess); path != "" {
		f, err := OpenFile(path)
		if err == nil {
			fmt.Println("begin")
			err = workload(context.Background(), f, rows)
		}
		fmt.Println("end", err)
		return
	}
	if testing.Short() {
		t.Skip("starts processes")
	}
	for i := range 4 {
		path := filepath.Join(t.TempDir(), "store")
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFileKilledProcess$")
		cmd.Env = append(os.Environ(), killedProcess+"="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for lines.Scan() && lines.Text() != "begin" {
		}
		waitForSize(t, path, int64(i)*200_000) // somewhere between the first and the last commit
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed
		f, err := OpenFile(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("killed beyond %d bytes: %d records", i*200_000, whole(t, f, rows))
		f.Close()
	}
}

// waitForSize returns when the file has a size, or does not grow for many looks.
func waitForSize(t *testing.T, path string, size int64) {
	t.Helper()
	for range 1_000_000 {
		if info, err := os.Stat(path); err == nil && info.Size() >= size {
			return
		}
	}
}
