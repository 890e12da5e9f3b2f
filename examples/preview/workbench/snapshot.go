package workbench

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/preview"
)

// snapshot is the folder as it was read, with everybody in it. It is immutable.
type snapshot struct {
	version     string            // of the configuration files
	files       map[string][]byte // configuration and test files as they were
	bundle      *config.Bundle
	engine      *profile.Engine
	population  *preview.Population
	found       diag.List // of loading, compiling and reading
	assumptions []diag.Assumption
	now         time.Time
	objects     []*object
	byKey       map[string]*object
	summary     *overview
	lazy        *lazy
}

// loading is a folder being read.
type loading struct {
	stage       string
	done, total int
	err         error
	ended       bool
	again       bool          // the folder has changed since it began
	over        chan struct{} // closed at the end
}

// errNoProfile says that there is nothing to run.
var errNoProfile = errors.New("there is no identity profile in this folder")

// reload reads the folder in the background. What was read before is served meanwhile.
func (s *Server) reload() {
	s.mu.Lock()
	defer s.mu.Unlock()

	// Who asks while a folder is being read may mean a file that was read already, so it is read once
	// more afterwards.
	if s.loading != nil && !s.loading.ended {
		s.loading.again = true
		return
	}

	l := &loading{stage: "reading the configuration", over: make(chan struct{})}
	s.loading = l
	go func() {
		snap, err := s.read(func(stage string, done, total int) {
			s.mu.Lock()
			defer s.mu.Unlock()
			l.stage, l.done, l.total = stage, done, total
		})
		s.mu.Lock()
		defer s.mu.Unlock()
		defer close(l.over)
		l.ended, l.err = true, err
		if err == nil {
			s.snap = snap

			// What was worked out about the old files is wrong about the new ones.
			s.effects.clear()
			s.drafts.clear()
		}

		if l.again && s.ctx.Err() == nil {
			go s.reload()
		}
	}()
}

// current returns what is served now.
func (s *Server) current() (*snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.snap != nil {
		return s.snap, nil
	}
	if s.loading.ended && s.loading.err != nil {
		return nil, &httpError{status: http.StatusConflict, code: "unreadable", text: s.loading.err.Error()}
	}
	return nil, &httpError{status: http.StatusServiceUnavailable, code: "loading",
		text: "the folder is still being read"}
}

// read reads the folder and runs everybody.
func (s *Server) read(progress func(string, int, int)) (*snapshot, error) {
	files, err := readFiles(s.opts.FS)
	if err != nil {
		return nil, err
	}
	snap := &snapshot{files: files, version: versionOf(files), lazy: &lazy{}}
	var found diag.List
	snap.bundle, found = config.Load(s.opts.FS)
	sources, missing := snap.bundle.OpenAccounts(s.opts.FS, config.Listener{
		OnFinding:    func(d diag.Diagnostic) { snap.keepFinding(d) },
		OnAssumption: func(a diag.Assumption) { snap.assumptions = append(snap.assumptions, a) },
	})
	var wrong diag.List
	snap.engine, wrong = profile.Compile(snap.bundle, profile.Options{})
	snap.found = slices.Concat(found, missing, wrong)
	snap.assumptions = append(slices.Clone(snap.bundle.Assumptions), snap.assumptions...)
	if len(snap.bundle.Profiles) == 0 {
		return nil, errors.Join(errNoProfile, found.Err())
	}

	o := s.runOptions(snap.bundle)
	snap.now = o.Now
	o.OnProgress, o.OnFinding = progress, func(d diag.Diagnostic) {
		if !profile.SaidByFile(d) {
			snap.keepFinding(d)
		}
	}
	snap.population, err = preview.NewPopulation(s.ctx, snap.engine, o, sources...)
	if err != nil {
		return nil, err
	}
	progress("looking at everybody", 0, 0)
	snap.listObjects()
	snap.summarise()
	runtime.GC() // the run needs more than what is kept of it
	return snap, nil
}

// maxFindings is how many findings of one code are kept: there may be one for every account.
const maxFindings = 200

func (n *snapshot) keepFinding(d diag.Diagnostic) {
	count := 0
	for i := range n.found {
		if n.found[i].Code == d.Code {
			count++
		}
	}

	if count < maxFindings {
		n.found = append(n.found, d)
	}
}

// runOptions are what a run takes from outside.
func (s *Server) runOptions(b *config.Bundle) profile.RunOptions {
	o := profile.RunOptions{Now: s.opts.Now, Seed: b.Settings.Seed, Workers: s.opts.Workers,
		Linking: profile.Linking{Recompute: s.opts.Recompute}}
	if o.Now.IsZero() {
		o.Now = b.Settings.Now
	}
	if o.Now.IsZero() {
		o.Now = s.opts.Clock()
	}
	o.Now = o.Now.UTC()
	if s.opts.Seed != nil {
		o.Seed = *s.opts.Seed
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	return o
}

// maxConfig is the largest configuration file that is kept as text.
const maxConfig = 64 << 20

// readFiles reads every JSON file that may be configuration or a test. A file that
// cannot be read is left to [config.Load], which says so.
func readFiles(fsys fs.FS) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			if p == "." {
				return err
			}
			return nil
		}

		name := d.Name()

		// Accounts may be large and are no configuration; hidden folders belong to other programs.
		if d.IsDir() {
			if p != "." && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "accounts") {
				return fs.SkipDir
			}
			return nil
		}

		if path.Ext(name) != ".json" || strings.HasPrefix(name, ".") {
			return nil
		}
		if info, err := d.Info(); err != nil || info.Size() > maxConfig {
			return nil
		}
		if src, err := fs.ReadFile(fsys, p); err == nil {
			files[p] = src
		}
		return nil
	})

	return files, err
}

func versionOf(files map[string][]byte) string {
	h := sha256.New()
	for _, p := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(h, "%q %s\n", p, hashOf(files[p]))
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

func hashOf(src []byte) string {
	sum := sha256.Sum256(src)
	return hex.EncodeToString(sum[:12])
}

// stateAnswer is the answer of /api/state.
type stateAnswer struct {
	Ready   bool      `json:"ready"`
	Loading bool      `json:"loading"`
	Stage   string    `json:"stage,omitempty"`
	Done    int       `json:"done"`
	Total   int       `json:"total"`
	Error   string    `json:"error,omitempty"`
	Folder  string    `json:"folder"`
	Version string    `json:"version,omitempty"`
	Write   bool      `json:"write"`
	Now     time.Time `json:"now,omitzero"`
	People  int       `json:"people"`
	// Changed are the configuration files that are not on the disk as they were read.
	Changed []string `json:"changedOnDisk"`
}

// state tells how far the folder is read, and whether it has changed since.
func (s *Server) state(r *http.Request) (any, error) {
	s.mu.Lock()
	l, snap := *s.loading, s.snap
	s.mu.Unlock()
	a := stateAnswer{Ready: snap != nil, Loading: !l.ended, Folder: report.OneLine(s.opts.Name), Write: s.opts.Write &&
		s.opts.Dir != "", Changed: []string{}}
	if !l.ended {
		a.Stage, a.Done, a.Total = l.stage, l.done, l.total
	}
	if l.err != nil && !errors.Is(l.err, context.Canceled) {
		a.Error = l.err.Error()
	}
	if snap != nil {
		a.Version, a.Now, a.People = snap.version, snap.now, snap.population.Len()
		a.Changed = s.changedOnDisk(snap)
	}

	return a, nil
}

// changedOnDisk names the configuration files that are no longer what was read.
func (s *Server) changedOnDisk(snap *snapshot) []string {
	list := []string{}
	files, err := readFiles(s.opts.FS)
	if err != nil {
		return list
	}
	for _, p := range slices.Sorted(maps.Keys(files)) {
		if was, ok := snap.files[p]; !ok || string(was) != string(files[p]) {
			list = append(list, p)
		}
	}

	for _, p := range slices.Sorted(maps.Keys(snap.files)) {
		if _, ok := files[p]; !ok {
			list = append(list, p)
		}
	}

	return list
}

// displayName is the name that people know somebody by.
func displayName(i *identity.Identity) string {
	if name := profile.DisplayName(i); name != "" {
		return name
	}
	return i.Alias
}
