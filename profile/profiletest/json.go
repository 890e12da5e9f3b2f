package profiletest

import (
	"encoding/json"
	"io"

	"github.com/idprofile/engine/identity/diag"
)

type jsonReport struct {
	Cases  int        `json:"cases"`
	Passed int        `json:"passed"`
	Failed int        `json:"failed"`
	Tests  []jsonCase `json:"tests"`
}

type jsonCase struct {
	Name     string        `json:"name"`
	File     string        `json:"file"`
	Line     int           `json:"line"`
	Passed   bool          `json:"passed"`
	Seconds  float64       `json:"seconds"`
	Failures []jsonFailure `json:"failures"`
	Notes    []string      `json:"notes,omitempty"`
}

type jsonFailure struct {
	What   string     `json:"what"`
	Pos    diag.Pos   `json:"pos"`
	Want   string     `json:"want"`
	Got    string     `json:"got"`
	Note   string     `json:"note,omitempty"`
	Config *diag.Pos  `json:"config,omitempty"`
	Path   string     `json:"path,omitempty"`
	Trace  []jsonStep `json:"trace,omitempty"`
}

type jsonStep struct {
	Depth int      `json:"depth"`
	Pos   diag.Pos `json:"pos,omitzero"`
	Text  string   `json:"text"`
	Value string   `json:"value"`
}

// WriteJSON writes the report as one JSON object. The form is stable: members may
// be added, never renamed or removed.
//
//	{"cases":2,"passed":1,"failed":1,"tests":[
//	 {"name":"...","file":"...","line":3,"passed":false,"seconds":0,"failures":[
//	  {"what":"attribute \"email\"","pos":{"file":"...","line":5,"column":9},"want":"...","got":"...","note":"...",
//	   "config":{"file":"...","line":7,"column":1},"path":"...","trace":[{"depth":0,"pos":{},"text":"...","value":"..."}]}]}]}
func (r *Report) WriteJSON(w io.Writer) error {
	out := jsonReport{Cases: len(r.Cases), Passed: r.Passed, Failed: r.Failed, Tests: make([]jsonCase, len(r.Cases))}
	for i := range r.Cases {
		c := &r.Cases[i]
		t := jsonCase{Name: c.Name, File: c.File, Line: c.Pos.Line, Passed: len(c.Failures) == 0,
			Seconds:  c.Time.Seconds(),
			Failures: []jsonFailure{}, Notes: c.Notes}
		for k := range c.Failures {
			t.Failures = append(t.Failures, c.Failures[k].json())
		}
		out.Tests[i] = t
	}

	return writeJSON(w, out)
}

func (f *Failure) json() jsonFailure {
	j := jsonFailure{What: f.What, Pos: f.Pos, Want: f.Want, Got: f.Got, Note: f.Hint, Path: f.Path}
	if f.Config != (diag.Pos{}) {
		j.Config = &f.Config
	}
	for _, s := range f.Trace {
		j.Trace = append(j.Trace, jsonStep(s))
	}
	return j
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
