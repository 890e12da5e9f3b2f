package preview

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Gate is what a change may do at most. Limits that are not given do not limit.
// Percentages are of the identities before or after, whichever are more.
//
//	{"frozen": ["uid"], "noClear": ["email"], "maxChanges": "5%", "maxMoves": 0, "maxExceptions": "1%"}
type Gate struct {
	Frozen  []string `json:"frozen,omitempty"`  // attributes that nobody's change may touch
	NoClear []string `json:"noClear,omitempty"` // attributes whose value nobody may lose

	MaxChanges       *Limit `json:"maxChanges,omitempty"`       // people that change
	MaxExceptions    *Limit `json:"maxExceptions,omitempty"`    // identities with exceptions afterwards
	MaxNewExceptions *Limit `json:"maxNewExceptions,omitempty"` // exceptions that are new
	MaxNewErrors     *Limit `json:"maxNewErrors,omitempty"`     // evaluation errors that are new
	MaxMoves         *Limit `json:"maxMoves,omitempty"`         // to another profile
	MaxCreated       *Limit `json:"maxCreated,omitempty"`       // identities created or split off
	// identities gone, merged or without authoritative account
	MaxRemoved  *Limit `json:"maxRemoved,omitempty"`
	MaxUnlinked *Limit `json:"maxUnlinked,omitempty"` // accounts unlinked or moved
}

// Limit is a number or a share of all identities.
type Limit struct {
	Value   float64
	Percent bool
}

// ParseLimit reads a number such as 10, or a percentage such as 1.5%.
func ParseLimit(s string) (Limit, error) {
	text, percent := strings.CutSuffix(strings.TrimSpace(s), "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || v < 0 || v != v {
		return Limit{}, fmt.Errorf("found %q, expected a number such as 10 or a percentage such as 1.5%%", s)
	}
	return Limit{v, percent}, nil
}

// UnmarshalText reads what [ParseLimit] reads.
func (l *Limit) UnmarshalText(text []byte) (err error) {
	*l, err = ParseLimit(string(text))
	return err
}

// UnmarshalJSON reads a number, or a text as [ParseLimit] does.
func (l *Limit) UnmarshalJSON(src []byte) error {
	return l.UnmarshalText([]byte(strings.Trim(string(src), `"`)))
}

// MarshalJSON writes a number, or a text with a percent sign.
func (l Limit) MarshalJSON() ([]byte, error) {
	if l.Percent {
		return json.Marshal(l.String())
	}
	return json.Marshal(l.Value)
}

// String returns the limit as people write it.
func (l Limit) String() string {
	s := strconv.FormatFloat(l.Value, 'f', -1, 64)
	if l.Percent {
		s += "%"
	}
	return s
}

// exceeded reports whether n of all is more than the limit.
func (l Limit) exceeded(n, all int) bool {
	if l.Percent {
		return float64(n)*100 > l.Value*float64(all)
	}
	return float64(n) > l.Value
}

// ReadGate reads a gate from JSON; unknown members are an error.
func ReadGate(r io.Reader) (*Gate, error) {
	g := &Gate{}
	file := struct {
		Schema string `json:"$schema"` // for editors
		*Gate
	}{Gate: g}
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&file); err != nil {
		return nil, fmt.Errorf("gate: %w", err)
	}
	return g, nil
}

// Limits is how many rules the gate has: each attribute of Frozen and NoClear is one.
func (g *Gate) Limits() int {
	if g == nil {
		return 0
	}
	n := len(g.Frozen) + len(g.NoClear)
	for _, l := range []*Limit{
		g.MaxChanges, g.MaxExceptions, g.MaxNewExceptions, g.MaxNewErrors,
		g.MaxMoves, g.MaxCreated, g.MaxRemoved, g.MaxUnlinked,
	} {
		if l != nil {
			n++
		}
	}

	return n
}

// Breach is a rule of a gate that a change breaks.
type Breach struct {
	Rule      string `json:"rule"`                // name of the gate's member
	Attribute string `json:"attribute,omitempty"` // of frozen and noClear
	Limit     string `json:"limit"`
	Found     int    `json:"found"`
	Of        int    `json:"of"`
}

// String returns the breach in one line.
func (b Breach) String() string {
	name := b.Rule
	if b.Attribute != "" {
		name += " " + b.Attribute
	}
	return fmt.Sprintf("%s: %d of %d, allowed are %s", name, b.Found, b.Of, b.Limit)
}

// Check returns the rules that the report breaks, and notes them in the report.
// Nil breaks nothing.
func (g *Gate) Check(r *Report) []Breach {
	// Breaches of a check before, with another gate, would stay in the report.
	r.Breaches = nil
	if g == nil {
		return nil
	}

	// Percentages are of whichever run had more people, so that a run that lost half of them cannot
	// pass.
	all := max(r.Totals.Before, r.Totals.After)

	// Frozen attributes may not move at all, so one person is enough.
	for _, a := range r.Attributes {
		if n := a.Set + a.Changed + a.Cleared + a.Errors + a.Resolved; n > 0 && contains(g.Frozen, a.Name) {
			r.Breaches = append(r.Breaches, Breach{Rule: "frozen", Attribute: a.Name, Limit: "0", Found: n, Of: all})
		}
		if n := a.Cleared + a.Lost; n > 0 && contains(g.NoClear, a.Name) {
			r.Breaches = append(r.Breaches, Breach{Rule: "noClear", Attribute: a.Name, Limit: "0", Found: n, Of: all})
		}
	}

	// Kinds of change that look alike to whoever sets the rule are counted together.
	n := r.Totals.Changes
	for _, rule := range []struct {
		name  string
		limit *Limit
		found int
	}{
		{name: "maxChanges", limit: g.MaxChanges, found: r.Totals.People},
		{name: "maxExceptions", limit: g.MaxExceptions, found: r.Totals.ExceptionsAfter},
		{name: "maxNewExceptions", limit: g.MaxNewExceptions, found: n[ExceptionNew]},
		{name: "maxNewErrors", limit: g.MaxNewErrors, found: n[ErrorAppeared]},
		{name: "maxMoves", limit: g.MaxMoves, found: n[Moved]},
		{name: "maxCreated", limit: g.MaxCreated, found: n[Created] + n[Split]},
		{name: "maxRemoved", limit: g.MaxRemoved, found: n[Removed] + n[Merged] + n[Orphaned]},
		{name: "maxUnlinked", limit: g.MaxUnlinked, found: n[AccountUnlinked] + n[AccountMovedOut]},
	} {
		if rule.limit != nil && rule.limit.exceeded(rule.found, all) {
			r.Breaches = append(r.Breaches, Breach{Rule: rule.name, Limit: rule.limit.String(), Found: rule.found,
				Of: all})
		}
	}

	return r.Breaches
}

func contains(list []string, name string) bool {
	for _, s := range list {
		if s == name {
			return true
		}
	}

	return false
}
