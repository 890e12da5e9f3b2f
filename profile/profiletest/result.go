package profiletest

import (
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/profile"
)

// Report is the outcome of a suite.
type Report struct {
	Cases          []CaseResult
	Passed, Failed int
}

// OK reports whether every case passed.
func (r *Report) OK() bool { return r.Failed == 0 }

func (r *Report) add(c CaseResult) {
	if len(c.Failures) == 0 {
		r.Passed++
	} else {
		r.Failed++
	}

	r.Cases = append(r.Cases, c)
}

// CaseResult is the outcome of a case. It passes when it has no failures.
type CaseResult struct {
	Name     string
	File     string
	Pos      diag.Pos
	Failures []Failure
	Notes    []string      // what is odd about the case itself, whether it passes or not
	Time     time.Duration // zero without a clock

	Result *profile.Result           // of a case of an identity; nil: it has none
	Value  identity.Value            // of a case of a transform
	Fields map[string]identity.Value // of a case of an account create profile
	Err    error                     // of the evaluation
}

func (r *CaseResult) fail(f Failure) { r.Failures = append(r.Failures, f) }

// Failure is an expectation that was not met.
type Failure struct {
	Pos       diag.Pos // of the expectation
	What      string   // such as: attribute "email"
	Want, Got string
	Hint      string
	// Config is the place in the configuration that gave the value, Path the way
	// there; both are empty when the value comes from no single place.
	Config diag.Pos
	Path   string
	// Trace is the steps of the evaluation, outermost first, indented by their
	// depth.
	Trace []Step
	Err   error // of the evaluation

	attribute string        // whose evaluation explains it
	account   string        // whose link it is
	actual    *jsondoc.Node // what the expectation would have to be
}

// Step is a step of an evaluation.
type Step struct {
	Depth int
	Pos   diag.Pos
	Text  string // what was evaluated
	Value string // what it gave
}
