package correlate

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
)

// Change is what becomes different for a source when its rules change. The lists
// are of accounts, ascending.
type Change struct {
	Gained    []int32 // had no identity, have one
	Lost      []int32 // had one, have none
	Moved     []int32 // have another
	Ambiguous []int32 // of Lost: because several match now
}

// Compare tells what differs between two runs over the same accounts and
// population.
func Compare(before, after *Bulk) Change {
	var c Change
	for i := range before.Identity {
		old, now := before.Identity[i], after.Identity[i]
		switch {
		case old == now:
		case old < 0:
			c.Gained = append(c.Gained, int32(i))
		case now < 0:
			c.Lost = append(c.Lost, int32(i))

			// A link that was lost because a second person now fits as well is worse than one that merely went.
			if len(after.Match(i).Ambiguous) > len(before.Match(i).Ambiguous) {
				c.Ambiguous = append(c.Ambiguous, int32(i))
			}
		default:
			c.Moved = append(c.Moved, int32(i))
		}
	}

	return c
}

// With returns a correlator whose rule has more normalisers on both sides of all
// conditions, in the order that makes sense; false when there is no such rule or
// normaliser.
func (c *Correlator) With(rule string, normalisers ...string) (*Correlator, bool) {
	i := slices.IndexFunc(c.rules, func(r compiled) bool { return r.id == rule })
	if i < 0 {
		return nil, false
	}

	// The rules of the receiver are shared with it: what is changed is copied first.
	d := *c
	d.rules = slices.Clone(c.rules)
	r := &d.rules[i]
	r.terms, r.caseless = slices.Clone(r.terms), nil
	people := slices.Clone(r.key.terms)
	for j := range r.terms {
		if !r.terms[j].add(normalisers) || !people[j].add(normalisers) {
			return nil, false
		}
	}

	r.key = r.key.with(people)

	// The fallback compares the uid with the account's same value, so it has the same normalisers.
	if r.fallback != nil {
		uid := slices.Clone(r.fallback.terms)
		uid[0].add(normalisers)
		fallback := r.fallback.with(uid)
		r.fallback = &fallback
	}

	// Keys and signatures are different now.
	d.specs, d.keys, d.reads = nil, nil, nil
	d.collect()
	return &d, true
}

// with returns the key with other terms and the same placeholders.
func (s spec) with(terms []term) spec {
	out := newSpec(terms, nil)
	out.placeholders = s.placeholders
	if i := strings.Index(s.signature, "\x01-"); i >= 0 {
		out.signature += s.signature[i:]
	}
	return out
}

// precedence is the place of normalisers that [Correlator.With] adds: before those
// that a rule has, or after them.
var precedence = map[string]int{"nfkc": 1, "trim": 2, "spaces": 2, "diacritics": 3}

// add puts normalisers into a term that does not have them.
func (t *term) add(names []string) bool {
	// What the text consists of comes first, so that the steps a rule has meet the same text on both
	// sides; the rest works on what they leave.
	var first, last []step
	for _, name := range names {
		s, err := parseStep(name)
		if err != nil {
			return false
		}
		if slices.ContainsFunc(t.steps, func(have step) bool { return have.name == name }) {
			continue
		}
		if precedence[name] > 0 {
			first = append(first, s)
		} else {
			last = append(last, s)
		}
	}

	slices.SortStableFunc(first, func(a, b step) int { return cmp.Compare(precedence[a.name], precedence[b.name]) })
	slices.SortStableFunc(last, func(a, b step) int { return strings.Compare(a.name, b.name) })
	t.steps = slices.Concat(first, t.steps, last)
	var names2 []string
	for _, s := range t.steps {
		names2 = append(names2, s.name)
	}
	t.signature += "+" + strings.Join(names2, "|")
	return true
}

// Effect is what one more normaliser in one rule would do to a whole source.
type Effect struct {
	Rule      string
	Criterion string
	Fix       string // normaliser
	Change    Change
}

// String says it in a sentence: "314 accounts would match if config 0
// (employeeNumber = employeeID) compared without blanks".
func (f Effect) String() string {
	s := fmt.Sprintf("%s would match if %s (%s) compared %s", count(len(f.Change.Gained)), f.Rule, f.Criterion,
		fixWords[f.Fix])
	if n := len(f.Change.Lost); n > 0 {
		s += fmt.Sprintf("; %s would lose their identity", count(n))
	}
	if n := len(f.Change.Moved); n > 0 {
		s += fmt.Sprintf("; %s would move to another", count(n))
	}
	return s
}

func count(n int) string {
	if n == 1 {
		return "1 account"
	}
	return fmt.Sprintf("%d accounts", n)
}

var fixWords = map[string]string{
	"fold": "without case", "spaces": "without extra blanks", "leadingZeros": "without leading zeros", "diacritics": "without accents",
	"nfkc": "without differences of width", "alnum": "letters and digits only", "words": "words in any order",
}

// Effects tries every normaliser that could help on every rule, and returns
// those that change anything, the one that gains most first. Base is a run of c
// over the same data.
func (c *Correlator) Effects(ctx context.Context, p Population, accounts []identity.Account, base *Bulk,
	o BulkOptions) ([]Effect, error) {
	ev, err := c.Evidence(ctx, p, accounts, o)
	if err != nil {
		return nil, err
	}
	return ev.Effects(ctx, p, base)
}
