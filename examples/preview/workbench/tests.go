package workbench

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"net/http"

	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/profiletest"
)

// testsRequest asks to run the tests of the folder with drafts in it.
type testsRequest struct {
	Drafts []draft `json:"drafts"`
}

// testsAnswer is the answer of /api/tests. Report and coverage have the forms that the
// command line writes.
type testsAnswer struct {
	Cases    int                 `json:"cases"`
	Report   json.RawMessage     `json:"report"` // null when a test file is broken
	Coverage json.RawMessage     `json:"coverage"`
	Findings diag.List           `json:"findings"`
	Problems []draftProblem      `json:"problems"`
	Lines    map[string][]string `json:"files"` // text of the files that have something to cover
}

// tests runs the test files of the folder, and measures what they reach.
func (s *Server) tests(r *http.Request) (any, error) {
	snap, err := s.current()
	if err != nil {
		return nil, err
	}
	var q testsRequest
	if err := readJSON(r, &q); err != nil {
		return nil, err
	}
	c := s.compile(snap, q.Drafts)
	if len(c.syntax) > 0 {
		return nil, badRequest("a draft is no JSON yet")
	}
	a := &testsAnswer{Report: json.RawMessage("null"), Coverage: json.RawMessage("null"), Findings: diag.List{},
		Problems: append([]draftProblem{}, c.problems...), Lines: map[string][]string{}}

	// Tests are run against the drafts and not against the files, or nobody would know what a change
	// breaks before it is saved.
	fsys := s.edited(snap, c)
	suite, found := profiletest.Load(fsys, "")
	a.Findings = append(a.Findings, found...)
	a.Cases = suite.Len()
	if found.HasErrors() {
		return a, nil
	}

	o := profiletest.Options{Compile: profile.Options{Rules: suite.Rules()}, Seed: snap.population.Options.Seed,
		Clock: s.opts.Clock}
	engine, _ := profile.Compile(c.bundle, o.Compile)
	report, found, err := suite.Run(r.Context(), engine, o)
	if err != nil {
		return nil, err
	}
	a.Findings = append(a.Findings, found...)
	if report == nil {
		return a, nil
	}

	// What is reached is measured in a second run: explaining every value would make the first one
	// slow.
	coverage := profiletest.NewCoverage(c.bundle, o)
	if _, _, err := coverage.Suite(r.Context(), suite); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := report.WriteJSON(&b); err != nil {
		return nil, err
	}
	a.Report = bytes.Clone(b.Bytes())
	b.Reset()
	if err := coverage.WriteJSON(&b); err != nil {
		return nil, err
	}
	a.Coverage = bytes.Clone(b.Bytes())
	for _, item := range coverage.Items() {
		if p := item.Pos.File; a.Lines[p] == nil {
			if src, err := fs.ReadFile(fsys, p); err == nil {
				a.Lines[p] = lines(src)
			}
		}
	}

	return a, nil
}

// edited is the folder as drafts would have it.
func (s *Server) edited(snap *snapshot, c *compiled) fs.FS {
	files := map[string][]byte{}
	for p, src := range snap.files {
		files[p] = src
	}
	for p, src := range c.files {
		files[p] = src
	}
	return memory{below: s.opts.FS, files: files}
}

// caseRequest asks for test cases of people.
type caseRequest struct {
	People []string `json:"people"`
	Mask   bool     `json:"mask"`
}

// testCase answers with a test file of people as they are now, as a draft of a new file.
func (s *Server) testCase(r *http.Request) (any, error) {
	snap, err := s.current()
	if err != nil {
		return nil, err
	}
	var q caseRequest
	if err := readJSON(r, &q); err != nil {
		return nil, err
	}
	if len(q.People) == 0 {
		return nil, badRequest("there is nobody to make a case of")
	}
	o := profiletest.Options{Seed: snap.population.Options.Seed, Now: snap.now, Clock: s.opts.Clock}
	src, err := profiletest.FromData(r.Context(), snap.engine, s.opts.FS, o,
		profiletest.DataOptions{Identities: q.People, Mask: q.Mask, Key: s.opts.Token})
	if err != nil {
		return nil, err
	}
	return map[string]string{"text": string(src)}, nil
}
