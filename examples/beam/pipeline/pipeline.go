// Package pipeline runs an engine on Apache Beam: the steps of the library, each by
// the key by which it may be distributed, with the answers of a run on one machine.
//
// The steps that workers take are registered functions; what they have to know
// travels as bytes, see [Job].
package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/graph"
	"github.com/idprofile/engine/examples/beam/shards"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile"
)

// plan is a pipeline in the making.
type plan struct {
	job    *Job
	bytes  []byte
	work   *work
	lines  []beam.PCollection // of outputs
	counts []beam.PCollection
}

func (p *plan) worker(stage string) Worker { return Worker{Job: p.bytes, Stage: stage} }

// say adds lines to the outputs.
func (p *plan) say(lines ...beam.PCollection) { p.lines = append(p.lines, lines...) }

// count adds counts to those of the manifest.
func (p *plan) count(counts ...beam.PCollection) { p.counts = append(p.counts, counts...) }

// Build adds the pipeline of a job. What cannot be distributed is in the error
// before anything runs.
//
// Error: [ErrRefused].
func Build(pipe *beam.Pipeline, j *Job) error {
	text, err := j.Bytes()
	if err != nil {
		return err
	}
	w, err := compiled(text)
	if err != nil {
		return err
	}

	// What needs a look at everybody at once is refused now and not after hours.
	if err := w.engine.Undistributable(j.options()).Err(); err != nil {
		return fmt.Errorf("%w:\n%w", ErrRefused, err)
	}
	p := &plan{job: j, bytes: text, work: w}
	s := pipe.Root()
	accounts := p.readAccounts(s, j.Shards)

	// Rules that may return nonsense are asked about a few accounts, as a run on one machine does.
	if len(w.engine.ProbedSources()) > 0 {
		p.say(p.probe(s, accounts.authoritative, accounts.others))
	}
	people := p.formPeople(s, accounts.authoritative)
	p.settle(s, p.link(s, people, accounts.others))
	p.write(s)
	return nil
}

// Run runs a job with a runner and puts the outcome into the folder out, which must
// not be there. It appears at once and complete, or not at all.
func Run(ctx context.Context, runner string, j *Job, out string) (*Manifest, beam.PipelineResult, error) {
	if _, err := os.Stat(out); err == nil {
		return nil, nil, fmt.Errorf("%s is there already; expected a new folder", out)
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return nil, nil, err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(out), "."+filepath.Base(out)+".*")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(tmp)

	job := *j

	// Parts are written beside the goal and moved at the end, so that a reader never sees half an outcome.
	job.Out = tmp
	pipe := beam.NewPipeline()
	if err := Build(pipe, &job); err != nil {
		return nil, nil, err
	}
	result, err := beam.Run(ctx, runner, pipe)
	if err != nil {
		return nil, nil, err
	}
	m, err := ReadManifest(tmp)
	if err != nil {
		return nil, nil, err
	}
	if m.Shuffles, err = shuffles(pipe); err != nil {
		return nil, nil, err
	}
	if err := removeParts(tmp); err != nil {
		return nil, nil, err
	}
	return m, result, os.Rename(tmp, out)
}

// shuffles counts where a plan brings together what belongs together.
func shuffles(pipe *beam.Pipeline) (int, error) {
	edges, _, err := pipe.Build()
	count := 0
	for _, e := range edges {
		if e.Op == graph.CoGBK {
			count++
		}
	}
	return count, err
}

// removeParts removes what bundles that were repeated have left.
func removeParts(folder string) error {
	parts, err := filepath.Glob(filepath.Join(folder, "*.part"))
	for _, name := range parts {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}

// ReadManifest reads the manifest of a folder.
func ReadManifest(folder string) (*Manifest, error) {
	b, err := os.ReadFile(filepath.Join(folder, ManifestName))
	if err != nil {
		return nil, fmt.Errorf("the run has no complete outcome: %w", err)
	}
	m := &Manifest{}
	return m, json.Unmarshal(b, m)
}

// Single runs the job on this machine, without Beam, and returns the lines of all
// outputs, each output in the order of its files.
func Single(ctx context.Context, j *Job, workers int) (map[string][]string, error) {
	w, err := j.compile()
	if err != nil {
		return nil, err
	}
	lines := map[string][]string{}
	take := func(l Line) { lines[l.Output] = append(lines[l.Output], l.Text) }
	o := j.options()
	o.Workers = workers
	o.OnFinding = func(d diag.Diagnostic) { take(FindingLine(d)) }
	o.OnUncorrelated = func(a identity.Account, u profile.Unlinked) { take(UncorrelatedLine(&a, u)) }

	sources, err := w.sources(func(d diag.Diagnostic) { take(readingLine(d)) })
	if err != nil {
		return nil, err
	}
	for r, err := range w.engine.Run(ctx, o, sources...) {
		if err != nil {
			return nil, err
		}
		ResultLines(r, take)
	}

	// A run on one machine writes in its own order; what is compared are sets of lines.
	for _, list := range lines {
		slices.Sort(list)
	}
	return lines, nil
}

// sources opens all shards, those of a source one after another.
func (w *work) sources(onFinding func(diag.Diagnostic)) ([]identity.Source, error) {
	b := *w.bundle
	b.Data = map[string][]string{}
	for _, s := range w.Shards {
		b.Data[s.Source] = append(b.Data[s.Source], s.File)
	}
	list, found := b.Accounts(shards.FS(w.Root), onFinding)
	return list, found.Err()
}

// Text returns lines as a file has them.
func Text(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return strings.Join(lines, "\n") + "\n"
}
