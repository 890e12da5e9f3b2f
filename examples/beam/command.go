package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/idprofile/engine/examples/beam/pipeline"
	"github.com/idprofile/engine/examples/beam/shards"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile/config"
)

// command is what the program is asked for.
type command struct {
	out, err io.Writer

	config, shards, to, now, runner, format string

	n, workers int
	recompute  bool
	bounds     pipeline.Bounds
}

// flags reads the flags, which stand among those of Beam, and returns the other
// arguments; the first of them says what to do.
func (c *command) flags(args []string) []string {
	flag.StringVar(&c.config, "config", ".", "folder with the configuration, as for a run on one machine")
	flag.StringVar(&c.shards, "shards", "",
		"folder with a folder of shards for each source; empty: the account files of the configuration")
	flag.StringVar(&c.to, "out", "", "new folder for the outcome")
	flag.StringVar(&c.now, "now", "", "what the word now means, as 2026-01-15T09:00:00Z; empty: that of the settings")
	flag.StringVar(&c.runner, "runner", "prism",
		"runner: prism, universal (Flink, Spark and others by --endpoint), dataflow where it is compiled in")
	flag.StringVar(&c.format, "format", "", "of split: jsonl or parquet; empty: as the files are")
	flag.IntVar(&c.n, "n", 4, "of split: shards of each source")
	flag.IntVar(&c.workers, "workers", 2, "of single: goroutines")
	flag.BoolVar(&c.recompute, "recompute", false, "correlate accounts anew that the data link")

	c.bounds = pipeline.Defaults()
	for _, b := range []struct {
		to         *int
		name, help string
	}{
		{to: &c.bounds.Component, name: "bound-component", help: "authoritative accounts that may share keys"},
		{to: &c.bounds.Candidates, name: "bound-candidates",
			help: "identities with one value that an account gets to see"},
		{to: &c.bounds.Merges, name: "bound-merges",
			help: "how often components may become one when identities have changed"},
		{to: &c.bounds.Rounds, name: "bound-rounds", help: "rounds of correlation, up to 8"},
		{to: &c.bounds.Labels, name: "bound-labels",
			help: "rounds in which the accounts of a component get to know each other"},
		{to: &c.bounds.Pruning, name: "bound-pruning", help: "rounds that take away who manages nobody"},
		{to: &c.bounds.Cycles, name: "bound-cycles", help: "managers that may be left then"},
		{to: &c.bounds.Outputs, name: "outputs", help: "files of each output"},
		{to: &c.bounds.Buckets, name: "buckets", help: "parts of each shuffle, one of which must fit a worker"},
	} {
		flag.IntVar(b.to, b.name, *b.to, b.help)
	}

	verb := ""
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		verb, args = args[0], args[1:]
	}
	_ = flag.CommandLine.Parse(args) // it ends the program when that fails
	return append([]string{verb}, flag.Args()...)
}

// run does what was asked for.
func (c *command) run(ctx context.Context, args []string) error {
	switch {
	case args[0] == "run" && c.to != "":
		return c.spread(ctx)
	case args[0] == "single" && c.to != "":
		return c.single(ctx)
	case args[0] == "split" && c.to != "":
		return c.split(ctx)
	case args[0] == "merge" && len(args) == 2:
		return c.merge(args[1])
	}

	return flag.ErrHelp
}

// job reads the configuration and makes a job of it.
func (c *command) job() (*pipeline.Job, error) {
	fsys := os.DirFS(c.config)
	b, found := config.Load(fsys)
	for _, d := range found {
		if d.Severity != diag.Info {
			fmt.Fprintln(c.err, d)
		}
	}

	if len(b.Profiles) == 0 {
		return nil, fmt.Errorf("%s: nothing to run: there is no identity profile", c.config)
	}
	packed, err := pipeline.Pack(fsys, b.Data)
	if err != nil {
		return nil, err
	}
	j := &pipeline.Job{Config: packed, Now: b.Settings.Now, Seed: b.Settings.Seed, Recompute: c.recompute,
		Bounds: c.bounds}
	if c.now != "" {
		if j.Now, err = time.Parse(time.RFC3339, c.now); err != nil {
			return nil, err
		}
	}

	if j.Now.IsZero() {
		return nil, fmt.Errorf("the settings have no instant; expected --now, which all workers share")
	}
	return j, c.findShards(j, b)
}

func (c *command) findShards(j *pipeline.Job, b *config.Bundle) (err error) {
	if c.shards == "" {
		if j.Root, err = filepath.Abs(c.config); err != nil {
			return err
		}
		for _, s := range b.Sources {
			for n, file := range b.Data[s.Name] {
				j.Shards = append(j.Shards, shards.Shard{Source: s.Name, File: file, Number: n})
			}
		}

		return nil
	}

	var names []string
	for _, s := range b.Sources {
		names = append(names, s.Name)
	}
	if j.Root, err = filepath.Abs(c.shards); err != nil {
		return err
	}
	j.Shards, err = shards.Find(j.Root, names)
	return err
}

// spread runs the job on Beam.
func (c *command) spread(ctx context.Context) error {
	j, err := c.job()
	if err != nil {
		return err
	}
	start := time.Now()
	m, result, err := pipeline.Run(ctx, c.runner, j, c.to)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s: %d shards in, %d files out, %s\n", c.to, len(j.Shards), len(m.Files),
		time.Since(start).Round(time.Millisecond))
	for _, name := range slices.Sorted(maps.Keys(m.Counts)) {
		fmt.Fprintf(c.out, "%12d %s\n", m.Counts[name], name)
	}
	c.stages(m, result)
	return nil
}

// stages prints what each stage has handed to a shuffle.
func (c *command) stages(m *pipeline.Manifest, result beam.PipelineResult) {
	people := max(1, m.Counts[pipeline.OutIdentities])
	var sum int64
	fmt.Fprintln(c.out, "\n     records        bytes  bytes each  shuffled by")
	for _, r := range pipeline.Shuffled(result) {
		fmt.Fprintf(c.out, "%12d %12d %11.1f  %s\n", r.Records, r.Bytes, float64(r.Bytes)/float64(people), r.Stage)
		if !r.Kept() {
			sum += r.Bytes
		}
	}
	fmt.Fprintf(c.out, "%d shuffles, %d bytes of each identity\n", m.Shuffles, sum/people)
}

// single runs the job without Beam.
func (c *command) single(ctx context.Context) error {
	j, err := c.job()
	if err != nil {
		return err
	}
	start := time.Now()
	lines, err := pipeline.Single(ctx, j, c.workers)
	if err != nil {
		return err
	}
	took := time.Since(start)
	if err := os.Mkdir(c.to, 0o755); err != nil {
		return err
	}
	for _, output := range pipeline.Outputs {
		if err := os.WriteFile(filepath.Join(c.to, output+".jsonl"), []byte(pipeline.Text(lines[output])),
			0o644); err != nil {
			return err
		}
	}

	fmt.Fprintf(c.out, "%s: %d identities, %s\n", c.to, len(lines[pipeline.OutIdentities]),
		took.Round(time.Millisecond))
	return nil
}

// merge prints the lines of all files of a folder, each output in the order of its
// lines.
func (c *command) merge(folder string) error {
	for _, output := range pipeline.Outputs {
		files, err := filepath.Glob(filepath.Join(folder, output+"*.jsonl"))
		if err != nil {
			return err
		}
		if err := shards.Merge(c.out, output+" ", files...); err != nil {
			return err
		}
	}

	return nil
}

// split cuts the account files of a configuration into shards.
func (c *command) split(ctx context.Context) error {
	j, err := c.job()
	if err != nil {
		return err
	}
	for _, s := range j.Shards {
		if err := shards.Split(ctx, j.Root, s, c.to, c.n, c.format); err != nil {
			return err
		}
	}

	return nil
}
