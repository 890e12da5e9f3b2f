package correlate

import "github.com/idprofile/engine/identity"

// Outcome says what became of one rule for one account.
type Outcome uint8

// The outcomes of a rule.
const (
	NotReached    Outcome = iota // an earlier rule decided
	NotApplicable                // its condition "when" does not hold
	Blank                        // the account has no value to compare
	IsPlaceholder                // its value is one that means nothing
	Failed                       // an expression or transform failed
	NoMatch                      // nobody has the value
	Matched                      // one identity
	SeveralMatch                 // several identities
	TooShared                    // more identities have the value than the rule allows
	Rejected                     // the predicate holds for no candidate
)

var outcomeNames = [...]string{"NOT_REACHED", "NOT_APPLICABLE", "BLANK", "PLACEHOLDER", "FAILED", "NO_MATCH",
	"MATCHED", "AMBIGUOUS", "TOO_SHARED", "REJECTED"}

// String returns the outcome as reports write it.
func (o Outcome) String() string {
	if int(o) < len(outcomeNames) {
		return outcomeNames[o]
	}
	return "UNKNOWN"
}

// MarshalText writes the outcome as reports do.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// Step is what one rule did for one account.
type Step struct {
	Rule       string
	Method     Method
	Criterion  string // its conditions, "employeeNumber = employeeID"
	Outcome    Outcome
	Keys       []string // what was looked up, normalised; several for several values
	Candidates []int32  // identities, the first ten
	Total      int      // how many identities have the key
	Err        error    // of Failed
}

func (t *Step) set(o Outcome) {
	if t != nil {
		t.Outcome = o
	}
}

func (t *Step) blank(out outcome, err error) {
	if t == nil {
		return
	}
	t.Err = err
	switch out {
	case placeholder:
		t.Outcome = IsPlaceholder
	case failed:
		t.Outcome = Failed
	default:
		t.Outcome = Blank
	}
}

func (t *Step) candidates(o Outcome, found []int32, total int) {
	if t != nil {
		t.Outcome, t.Total = o, total
		t.Candidates = append(t.Candidates[:0], found[:min(maxNoted, len(found))]...)
	}
}

// Explanation is why an account has the identity that it has.
type Explanation struct {
	Match Match
	Steps []Step // one for each rule, in order
}

// Explain tells what each rule does for an account. See [Correlator.Match] for
// the arguments.
func (c *Correlator) Explain(x *Index, a *identity.Account,
	value func(n int32, attribute string) identity.Value) *Explanation {
	ex := &Explanation{}
	c.ExplainInto(ex, x, a, value)
	return ex
}

// ExplainInto is Explain that reuses the memory of an earlier explanation.
func (c *Correlator) ExplainInto(ex *Explanation, x *Index, a *identity.Account,
	value func(n int32, attribute string) identity.Value) {
	e := c.evaluator()
	defer c.release(e)
	e.person.value = value

	// The explanation is filled in place: thousands of accounts are explained one after the other, and
	// their steps have the same shape.
	if cap(ex.Steps) < len(c.rules) {
		ex.Steps = make([]Step, len(c.rules))
	}
	ex.Steps = ex.Steps[:len(c.rules)]
	excluded := c.excluded(e, a)
	p := progress{done: excluded}
	for i := range c.rules {
		r := &c.rules[i]
		s := &ex.Steps[i]
		*s = Step{Rule: r.id, Method: r.method, Criterion: r.label, Keys: s.Keys[:0], Candidates: s.Candidates[:0]}

		// Rules after the one that decided are listed and were not asked.
		if p.done {
			continue
		}
		c.try(x, e, a, i, &p, s)

		// Keys are copied. Those of the evaluator are written over by the next account.
		if s.Outcome >= NoMatch {
			for _, k := range e.keys {
				s.Keys = append(s.Keys, string(k))
			}
		}
	}

	if ex.Match = p.result(); excluded {
		ex.Match = Match{Method: Uncorrelated, Identity: -1, Excluded: true}
	}
}
