package main

import (
	"fmt"
	"io"
	"runtime"
	"time"
)

// stats gathers how long the stages of a run took.
type stats struct{ stages []stageTime }

type stageTime struct {
	Stage         string  `json:"stage"`
	Seconds       float64 `json:"seconds"`
	NSPerIdentity int64   `json:"nsPerIdentity"`
	took          time.Duration
}

// statsResult is the stages and the memory that the process got from the system,
// in bytes.
type statsResult struct {
	Stages []stageTime `json:"stages"`
	Total  float64     `json:"totalSeconds"`
	Memory uint64      `json:"peakMemoryBytes"`
}

func (s *stats) stage(name string, took time.Duration) {
	s.stages = append(s.stages, stageTime{Stage: name, Seconds: took.Seconds(), took: took})
}

func (s *stats) result(identities int) *statsResult {
	r := &statsResult{Stages: s.stages}
	for i := range r.Stages {
		st := &r.Stages[i]
		r.Total += st.Seconds
		if identities > 0 {
			st.NSPerIdentity = st.took.Nanoseconds() / int64(identities)
		}
	}

	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	r.Memory = m.Sys
	return r
}

func (r *statsResult) print(a *app, w io.Writer) {
	heading(a, w, "Stages")
	g := newGrid("Stage", ">Seconds", ">ns/identity")
	for _, s := range r.Stages {
		g.row(s.Stage, fmt.Sprintf("%.3f", s.Seconds), s.NSPerIdentity)
	}
	g.row("all", fmt.Sprintf("%.3f", r.Total), "")
	g.print(a, w)
	fmt.Fprintf(w, "  peak memory %.0f MiB\n", float64(r.Memory)/(1<<20))
}
