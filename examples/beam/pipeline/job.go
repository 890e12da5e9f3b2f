package pipeline

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/idprofile/engine/examples/beam/shards"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// Job is what workers have to know: they get it as bytes and compile it once for
// each process. It names no function and no file of the machine that submits it but
// Root and Out, which all workers must reach.
type Job struct {
	Config []byte // zip of the configuration; of account files only the beginning
	Root   string // folder of the shards
	Shards []shards.Shard
	Out    string // folder that a run fills

	Now       time.Time
	Seed      uint64
	Recompute bool

	Bounds Bounds
	Test   Test
}

// Bounds keep one key, one component or one worker from becoming the whole
// population. Where one is exceeded the run is refused; it never gives another
// answer.
type Bounds struct {
	Component  int // authoritative accounts that share keys; also accounts of one key
	Candidates int // identities of one key that are handed to an account
	Merges     int // how often components may meet when identities have changed
	Rounds     int // of correlation
	Labels     int // rounds until the accounts of a component know each other
	Pruning    int // rounds that take those without reports from the managers
	Cycles     int // managers that are left then
	Outputs    int // files of each output
	Buckets    int // into which each shuffle is cut; one must fit a worker
}

// Defaults are the bounds where none are given.
func Defaults() Bounds {
	return Bounds{Component: 2000, Candidates: 32, Merges: 1, Rounds: 3, Labels: 5, Pruning: 6, Cycles: 1_000_000,
		Outputs: 4, Buckets: 64}
}

// Test makes a run worse than it is, to show that the outcome stays the same.
type Test struct {
	Shuffle uint64 // seed of the order in which rows leave their shard; 0: as they are
	Twice   bool   // every step does its work twice, and what it did first is lost
	Fail    string // the stage whose first bundles fail, so many Times
	Times   int
	Kill    bool // they do not fail, their process is killed
}

// Bytes encodes the job.
func (j *Job) Bytes() ([]byte, error) { return json.Marshal(j) }

// work is a job that is compiled: one for each process.
type work struct {
	*Job
	bundle *config.Bundle
	engine *profile.Engine
	passes []profile.Pass
	failed atomic.Int64 // bundles that were made to fail
}

// works are the jobs of this process. A worker process serves one job; the tests run
// many, so only the last few are kept.
var works struct {
	sync.Mutex
	byHash map[[32]byte]*work
}

const maxWorks = 8

// compiled returns the compiled job.
func compiled(job []byte) (*work, error) {
	// Workers get the job in each function as bytes. Compiling takes seconds, so it is done once in a process.
	hash := sha256.Sum256(job)
	works.Lock()
	defer works.Unlock()
	if w := works.byHash[hash]; w != nil {
		return w, nil
	}
	j := &Job{}
	if err := json.Unmarshal(job, j); err != nil {
		return nil, fmt.Errorf("job: %w", err)
	}
	w, err := j.compile()
	if err != nil {
		return nil, err
	}

	// A worker process may serve several jobs one after the other; old ones are forgotten together.
	if works.byHash == nil || len(works.byHash) >= maxWorks {
		works.byHash = map[[32]byte]*work{}
	}
	works.byHash[hash] = w
	return w, nil
}

func (j *Job) compile() (*work, error) {
	z, err := zip.NewReader(bytes.NewReader(j.Config), int64(len(j.Config)))
	if err != nil {
		return nil, fmt.Errorf("configuration of the job: %w", err)
	}
	b, _ := config.Load(z) // its findings are those of whoever submits the job
	engine, _ := profile.Compile(b, profile.Options{})
	return &work{Job: j, bundle: b, engine: engine, passes: engine.Passes()}, nil
}

// options are those of a run; functions cannot travel.
func (j *Job) options() profile.RunOptions {
	return profile.RunOptions{Now: j.Now, Seed: j.Seed, Linking: profile.Linking{Recompute: j.Recompute}}
}

// headSize is how much of an account file the loader looks at.
const headSize = 64 << 10

// Pack makes a zip of a configuration. Files longer than the loader looks at that
// hold accounts are cut.
func Pack(fsys fs.FS, accounts map[string][]string) ([]byte, error) {
	// Account files are read by shards; of their contents the configuration needs only the head, which tells what
	// they hold.
	data := map[string]bool{}
	for _, files := range accounts {
		for _, file := range files {
			data[file] = true
		}
	}

	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	err := fs.WalkDir(fsys, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := fsys.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		var src io.Reader = f
		if data[path] {
			src = io.LimitReader(f, headSize)
		}
		to, err := z.CreateHeader(&zip.FileHeader{Name: path, Method: zip.Deflate})
		if err != nil {
			return err
		}
		_, err = io.Copy(to, src)
		return err
	})

	err = errors.Join(err, z.Close())
	return buf.Bytes(), err
}

// source opens one shard. A run compares the columns of a source with what reads them
// when it has one file, so those of one of several shards are not compared.
func (w *work) source(s shards.Shard, onFinding func(diag.Diagnostic)) (identity.Source, error) {
	b := *w.bundle
	b.Data = map[string][]string{s.Source: {s.File}}
	only := len(shards.Files(w.Shards)[s.Source]) == 1
	list, found := b.Accounts(shards.FS(w.Root), func(d diag.Diagnostic) {
		if only || d.Code != "column-missing" {
			onFinding(d)
		}
	})
	if len(list) != 1 {
		return nil, fmt.Errorf("shard %s of source %q cannot be opened: %w", s.File, s.Source, found.Err())
	}
	return list[0], nil
}

// Worker is what every step has: the job, and the library's steps for it.
type Worker struct {
	Job   []byte
	Stage string

	work  *work
	steps *profile.Steps
}

// Setup compiles the job unless this process has done so.
func (w *Worker) Setup(ctx context.Context) error {
	var err error
	if w.work, err = compiled(w.Job); err != nil {
		return err
	}
	w.steps = w.work.engine.NewRun(w.work.options()).Steps(context.WithoutCancel(ctx))
	return nil
}

// errPlanted is the error of a bundle that a test makes fail.
var errPlanted = errors.New("this bundle fails on purpose")

// do does the work of a step. What it gives is complete before any of it is handed
// on, so that a step that fails hands on nothing.
func (w *Worker) do(step func() (handOn func(), err error)) error {
	// Runners may repeat a step, so a test does each twice: the second has to give the same.
	if w.work.Test.Twice {
		if _, err := step(); err != nil {
			return fmt.Errorf("%s: %w", w.Stage, err)
		}
	}

	handOn, err := step()
	if err != nil {
		return fmt.Errorf("%s: %w", w.Stage, err)
	}

	// The planted fault comes before anything is handed on, as a real one would have to.
	if w.work.Test.Fail == w.Stage && w.work.failed.Add(1) <= int64(w.work.Test.Times) {
		if p, err := os.FindProcess(os.Getpid()); err == nil && w.work.Test.Kill {
			_ = p.Kill()
		}
		return fmt.Errorf("%s: %w", w.Stage, errPlanted)
	}
	handOn()
	return nil
}
