package linkage

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/idprofile/engine/identity/diag"
)

// RecordKey names a record: an account or an identity's authoritative account by
// source and native identity, or a record of a file by its id alone.
type RecordKey struct {
	Source         string `json:"source,omitempty"`
	NativeIdentity string `json:"nativeIdentity"`
}

func (k RecordKey) compare(o RecordKey) int {
	return cmp.Or(cmp.Compare(k.Source, o.Source), cmp.Compare(k.NativeIdentity, o.NativeIdentity))
}

// String returns the key as people write it.
func (k RecordKey) String() string {
	if k.Source == "" {
		return k.NativeIdentity
	}
	return k.Source + "/" + k.NativeIdentity
}

// Verdict is what people decided about a pair.
type Verdict string

// The verdicts.
const (
	Open       Verdict = "open"
	MustLink   Verdict = "must-link"
	CannotLink Verdict = "cannot-link"
)

// Action is what an event does to a case.
type Action string

// The actions.
const (
	Decide Action = "decide"
	Undo   Action = "undo"   // back to what was before the last decision that stands
	Reopen Action = "reopen" // an input that the decision rested on has changed

	// Applied and Reverted are of runs: the verdict has given the account another identity,
	// or is no longer there and the account has what it had before.
	Applied  Action = "applied"
	Reverted Action = "reverted"
)

// Event is one entry of the log of cases. It never changes.
type Event struct {
	At      time.Time `json:"at"`
	Action  Action    `json:"action"`
	A       RecordKey `json:"a"`
	B       RecordKey `json:"b"`
	Verdict Verdict   `json:"verdict,omitempty"` // of a decision, or the one that was applied
	By      string    `json:"by,omitempty"`
	Reason  string    `json:"reason,omitempty"`
	// Inputs is the fingerprint of the values that the decision rests on.
	Inputs string `json:"inputs,omitempty"`
	// From is the id of the identity that an account had when a decision was applied to
	// it; empty: it had none.
	From string `json:"from,omitempty"`
	// Probability and Candidates are what was shown when it was decided.
	Probability float64      `json:"probability,omitempty"`
	Candidates  []Candidate  `json:"candidates,omitempty"`
	Explanation *Explanation `json:"explanation,omitempty"`
}

// Case is where a pair stands.
type Case struct {
	A, B    RecordKey
	Verdict Verdict
	Last    Event // that made it so
	// Reopened says that an input has changed since; the verdict counts on until people
	// decide again, for a decision changes by an event only.
	Reopened bool
}

type caseKey struct{ a, b RecordKey }

// Cases are decisions of people about pairs: a log that only grows, and what it adds
// up to. It must not be used by two goroutines at once while one changes it.
type Cases struct {
	log     []Event
	saved   int                // events that a store has
	stands  map[caseKey][]Case // the last is what counts, those before it what undoing gives back
	effects map[caseKey]Event  // see Effects
}

// NewCases returns no cases.
func NewCases() *Cases {
	return &Cases{stands: map[caseKey][]Case{}, effects: map[caseKey]Event{}}
}

// ErrNoCase is a pair that nobody has decided about.
var ErrNoCase = errors.New("there is no decision to undo")

// Apply adds an event to the log. A decision says must-link or cannot-link; undoing
// gives back exactly what was before the last decision that is not undone.
func (c *Cases) Apply(e Event) error {
	k := caseKey{e.A, e.B}
	list := c.stands[k]

	// A copy of the list is changed, never the list: whoever reads the cases holds the one before.
	switch {
	case e.A.NativeIdentity == "" || e.B.NativeIdentity == "":
		return errors.New("a case needs two records, found a blank one")
	case e.Action == Decide && (e.Verdict == MustLink || e.Verdict == CannotLink || e.Verdict == Open):
		list = append(slices.Clone(list), Case{A: e.A, B: e.B, Verdict: e.Verdict, Last: e})
	case e.Action == Decide:
		return fmt.Errorf("unknown verdict %q, expected must-link, cannot-link or open", e.Verdict)
	case e.Action == Undo && len(list) == 0, e.Action == Reopen && len(list) == 0:
		return fmt.Errorf("%v and %v: %w", e.A, e.B, ErrNoCase)
	// What was undone is gone for the verdict and stays in the log, which says who decided what and
	// when.
	case e.Action == Undo:
		list = list[: len(list)-1 : len(list)-1]
	case e.Action == Reopen:
		list = slices.Clone(list)
		list[len(list)-1].Reopened = true
	// Effects are not verdicts: they say what a run has done because of one.
	case e.Action == Applied:
		c.effects[k] = e
	case e.Action == Reverted:
		delete(c.effects, k)
	default:
		return fmt.Errorf("unknown action %q, expected decide, undo, reopen, applied or reverted", e.Action)
	}

	c.stands[k] = list
	c.log = append(c.log, e)
	return nil
}

// Log returns the events in the order in which they were applied.
func (c *Cases) Log() []Event { return slices.Clone(c.log) }

// Find returns where a pair stands.
func (c *Cases) Find(a, b RecordKey) (Case, bool) {
	list := c.stands[caseKey{a, b}]
	if len(list) == 0 {
		return Case{}, false
	}
	return list[len(list)-1], true
}

// List returns the cases in the order of their records.
func (c *Cases) List() []Case {
	var out []Case
	for _, list := range c.stands {
		if len(list) > 0 {
			out = append(out, list[len(list)-1])
		}
	}

	slices.SortFunc(out, func(x, y Case) int { return cmp.Or(x.A.compare(y.A), x.B.compare(y.B)) })
	return out
}

func sortEvents(list []Event) {
	slices.SortFunc(list, func(x, y Event) int { return cmp.Or(x.A.compare(y.A), x.B.compare(y.B)) })
}

// Decisions returns the verdicts as options of a run take them, by the ids of the
// records as [RecordKey.String] writes them.
func (c *Cases) Decisions() (must, cannot []Decided) {
	for _, one := range c.List() {
		d := Decided{A: one.A.String(), B: one.B.String()}
		switch one.Verdict {
		case MustLink:
			must = append(must, d)
		case CannotLink:
			cannot = append(cannot, d)
		}
	}

	return must, cannot
}

// Check reopens the cases whose inputs are others than those that were decided
// about, and returns them. Inputs gives the fingerprint of a pair now, "" when a
// record is gone.
func (c *Cases) Check(at time.Time, inputs func(a, b RecordKey) string) ([]Case, error) {
	var out []Case
	for _, one := range c.List() {
		now := inputs(one.A, one.B)
		if one.Reopened || one.Last.Inputs == "" || now == one.Last.Inputs {
			continue
		}
		e := Event{At: at, Action: Reopen, A: one.A, B: one.B, Inputs: now, Reason: "an input has changed"}
		if err := c.Apply(e); err != nil {
			return nil, err
		}
		one.Reopened = true
		out = append(out, one)
	}

	return out, nil
}

// Write writes the log as JSON Lines, so that a file of it only grows.
func (c *Cases) Write(w io.Writer) error {
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	for i := range c.log {
		if err := enc.Encode(&c.log[i]); err != nil {
			return err
		}
	}

	return out.Flush()
}

// ReadCases reads a log of cases. The file name serves messages. Findings are
// case-event (error) for lines that are no event, or none that can be applied, and
// case-cut (warning) for a last line without end that is none: the program that wrote it
// was stopped, and it does not count. Both are left out.
func ReadCases(file string, r io.Reader) (*Cases, diag.List) {
	var found diag.Collector
	c := NewCases()
	in := bufio.NewReaderSize(r, 1<<16)
	for line := 1; ; line++ {
		src, end := in.ReadBytes('\n')
		pos := diag.Pos{File: file, Line: line, Column: 1}
		if end != nil && end != io.EOF {
			found.Addf(diag.Error, codeCaseEvent, pos, "%v", end)
			return c, found.List()
		}

		var e Event
		text := bytes.TrimSpace(src)
		err := json.Unmarshal(text, &e)

		// A program that is stopped while it writes leaves half a line at the end. Half a line
		// anywhere else is damage.
		cut := err != nil && end == io.EOF
		if err == nil {
			err = c.Apply(e)
		}
		switch {
		case len(text) == 0:
		case cut:
			found.Addf(diag.Warning, codeCaseCut, pos, "the last line is cut off and does not count (%v)", err)
		case err != nil:
			found.Addf(diag.Error, codeCaseEvent, pos, "%v", err)
		}

		if end == io.EOF {
			return c, found.List()
		}
	}
}

// WriteManual writes links as the vendor's manual correlation file:
// account,displayName,userName,type. Names gives the display name of an account and
// the alias of an identity; pairs whose identity has none are left out, and counted.
func WriteManual(w io.Writer, links []Decided,
	names func(d Decided) (account, displayName, userName string)) (left int, err error) {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"account", "displayName", "userName", "type"}); err != nil {
		return 0, err
	}
	for _, d := range links {
		account, displayName, userName := names(d)
		if account == "" || userName == "" {
			left++
			continue
		}

		if err := out.Write([]string{account, displayName, userName, ""}); err != nil {
			return left, err
		}
	}

	out.Flush()
	return left, out.Error()
}

// Inputs returns the fingerprint of the values of a pair, for [Event].Inputs: it
// changes when a compared value does. It is "" when a record is not there.
func (r *Result) Inputs(a, b string) string {
	x, y := r.A.find(a), r.B.find(b)
	if x < 0 || y < 0 {
		return ""
	}
	h := hashStart
	for f := range r.s.fields {
		h = h.text(r.s.raw(0, f, x)).text(r.s.raw(1, f, y))
	}
	return fmt.Sprintf("%016x", uint64(h))
}
