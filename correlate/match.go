package correlate

import (
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform/rule"
)

// Method says by what an account found its identity.
type Method string

// The methods, see DECISION 2 and 4.
const (
	Manual       Method = "MANUAL"
	Rule         Method = "RULE"
	ByConfig     Method = "CONFIG"
	Default      Method = "DEFAULT"
	Sticky       Method = "STICKY"
	NewIdentity  Method = "NEW_IDENTITY"
	Uncorrelated Method = "UNCORRELATED"
)

// Match is the outcome of the rules for one account.
type Match struct {
	Method    Method
	Criterion int   // of [ByConfig], from 0: rules by priority, then the vendor's criteria
	Identity  int32 // -1 when there is none
	Ambiguous []Ambiguity

	Rule     string // id of the rule that found the identity
	Excluded bool   // the configuration leaves such accounts alone
	Stopped  bool   // a rule that is ambiguous ended the search
}

// Ambiguity is a rule that several identities met.
type Ambiguity struct {
	Criterion  int     // -1: the default match
	Identities []int32 // the first ten, ascending or as [Index.Order] says
	Rule       string
	Total      int  // how many there are
	Shared     bool // more than the rule allows to share a value
}

// maxNoted is how many identities an ambiguity lists (DECISION 30).
const maxNoted = 10

// Match finds the identity of an account: by the rules in order, then by name.
// Value gives an identity's attribute, for predicates and, where the index was
// not made for this correlator, comparison with case; it may be nil. The index
// must know the keys of c.
func (c *Correlator) Match(x *Index, a *identity.Account, value func(n int32, attribute string) identity.Value) Match {
	return c.Search(x, a, Search{Value: value})
}

// Configured reports whether there is any rule beside the match by name.
func (c *Correlator) Configured() bool {
	return slices.ContainsFunc(c.rules, func(r compiled) bool { return r.method != Default })
}

// progress is how far the search for the identity of one account has come.
type progress struct {
	notes     []Ambiguity
	remaining []int32 // candidates that are left; nil: all
	order     func(a, b int32) int
	found     Match
	done      bool

	without []int32 // identities that are not looked for
	beyond  int     // how many candidates the list at hand leaves out, see [Given]
}

func (p *progress) result() Match {
	if p.done {
		p.found.Ambiguous = p.notes
		return p.found
	}

	return Match{Method: Uncorrelated, Identity: -1, Ambiguous: p.notes}
}

func (c *Correlator) excluded(e *evaluator, a *identity.Account) bool {
	return c.exclude != nil && e.holds(c.exclude, a)
}

// holds evaluates a condition on an account; one that fails does not hold.
func (e *evaluator) holds(p *rule.Program, a *identity.Account) bool {
	e.account.a = a
	e.objects[0] = &e.account
	ok, err := p.Bool(e.objects[:1])
	return ok && err == nil
}

// try applies one rule and reports whether the search is over. A trace records
// what happens; it may be nil.
func (c *Correlator) try(x *Index, e *evaluator, a *identity.Account, i int, p *progress, t *Step) bool {
	r := &c.rules[i]
	if r.when != nil && !e.holds(r.when, a) {
		t.set(NotApplicable)
		return false
	}

	out, err := r.keys(e, a)
	if out != compared {
		t.blank(out, err)
		return false
	}

	found := c.look(x, e, r)

	// Marks say what a search without candidates rests on, which is over with the first one.
	if e.marks != nil && e.marks.Open {
		return true
	}
	found = e.others(found)
	p.beyond = x.leftOut(e, r, p)
	e.ranks.follow(x, x.epoch)
	return c.apply(e, a, r, found, x.RankLast, p, t)
}

// look returns the identities that have one of the keys of e, ascending.
func (c *Correlator) look(x *Index, e *evaluator, r *compiled) []int32 {
	e.ranks.steady = len(e.keys) == 1 && r.matchMode == "" && r.caseless == nil && e.before == 0
	if r.matchMode != "" {
		return c.scan(x, e, r)
	}
	if len(e.keys) == 1 {
		return c.lookKey(x, e, r, e.keys[0])
	}
	e.ids = e.ids[:0]
	for _, key := range e.keys {
		e.ids = append(e.ids, c.lookKey(x, e, r, key)...)
	}
	slices.Sort(e.ids)
	return slices.Compact(e.ids)
}

func (c *Correlator) lookKey(x *Index, e *evaluator, r *compiled, key []byte) []int32 {
	column, ok := x.bySignature[r.key.signature]
	if !ok && r.caseless != nil {
		return c.withCase(x, e, r, key)
	}
	var found []int32
	if ok {
		found = e.look(x, column, key)
	}
	if r.fallback != nil && (len(found) == 0 || e.marks != nil) { // marks tell of what may be looked up later, too
		if column, ok := x.bySignature[r.fallback.signature]; ok {
			if second := e.look(x, column, key); len(found) == 0 {
				found = second
			}
		}
	}

	return found
}

// withCase looks up without case, then drops what differs in case, for an index
// that only knows attributes without case.
func (c *Correlator) withCase(x *Index, e *evaluator, r *compiled, key []byte) []int32 {
	attribute := r.key.terms[0].attribute
	e.unmarked()
	found := x.find(attribute, string(key), e.before)
	if e.person.value == nil {
		return found
	}
	return slices.DeleteFunc(slices.Clone(found), func(n int32) bool {
		return e.person.value(n, attribute).Text() != string(key) &&
			(r.fallback == nil || e.person.value(n, UID).Text() != string(key))
	})
}

// scan looks at every identity for a criterion with a match mode.
func (c *Correlator) scan(x *Index, e *evaluator, r *compiled) []int32 {
	column, ok := x.bySignature[r.key.signature]
	if !ok {
		return nil
	}
	e.unmarked()
	e.ids = e.ids[:0]
	x.columns[column].scan(func(key []byte, ids []int32) {
		for _, k := range e.keys {
			if meets(r.matchMode, string(key), string(k)) {
				e.ids = append(e.ids, ids...)
				return
			}
		}
	})

	slices.Sort(e.ids)
	return until(e.ids, e.before)
}

func meets(mode, identityText, accountText string) bool {
	switch mode {
	case matchStart:
		return strings.HasPrefix(identityText, accountText)
	case matchEnd:
		return strings.HasSuffix(identityText, accountText)
	}

	return strings.Contains(identityText, accountText)
}

// apply decides by the candidates of a rule, which it does not change, and
// reports whether the search is over.
func (c *Correlator) apply(e *evaluator, a *identity.Account, r *compiled, found []int32, second func(int32) bool,
	p *progress, t *Step) bool {
	// The limit counts everybody who has the key, before anything is filtered: a key that many share
	// says nothing, whoever of them is left.
	total := len(found) + p.beyond
	if r.maxShared > 0 && total > r.maxShared {
		p.note(e, r, found, true)
		t.candidates(TooShared, found, total)
		return false
	}

	// Those that count last only matter when nobody else is left.
	found = c.ranked(e, found, second)

	// An earlier rule that narrows leaves its candidates; a later one chooses among them.
	if p.remaining != nil {
		found = slices.DeleteFunc(slices.Clone(found), func(n int32) bool { return !slices.Contains(p.remaining, n) })
		e.ranks.steady = false
	}

	if r.predicate != nil && len(found) > 0 {
		// The predicate comes after the key, since it is evaluated for each candidate.
		before := len(found)
		e.ranks.steady = false
		if found = c.filter(e, a, r, found); len(found) == 0 {
			t.candidates(Rejected, found, before)
			return false
		}
	}

	switch {
	case len(found) == 0:
		t.candidates(NoMatch, nil, total)
	case len(found) == 1:
		p.found = Match{Method: r.method, Criterion: max(0, r.criterion), Identity: found[0], Rule: r.id}
		p.done = true
		t.candidates(Matched, found, total)
	default:
		p.note(e, r, found, false)
		t.candidates(SeveralMatch, found, total)
		switch r.onAmbiguous {
		case Stop:
			p.found, p.done = Match{Method: Uncorrelated, Identity: -1, Stopped: true}, true
		case Narrow:
			p.remaining = slices.Clone(found)
		}
	}

	return p.done
}

func (p *progress) note(e *evaluator, r *compiled, found []int32, shared bool) {
	listed := found
	if p.order != nil {
		listed = e.ranks.once(&e.ranks.listed, found, func() []int32 {
			return slices.Clip(slices.SortedFunc(slices.Values(found), p.order)[:min(maxNoted, len(found))])
		})
	}

	p.notes = append(p.notes, Ambiguity{
		Criterion: r.criterion, Identities: slices.Clone(listed[:min(maxNoted, len(listed))]),
		Rule: r.id, Total: len(found) + p.beyond, Shared: shared,
	})
}

// ranked leaves out candidates that only count when there is no other.
func (c *Correlator) ranked(e *evaluator, found []int32, second func(int32) bool) []int32 {
	if second == nil || len(found) == 0 {
		return found
	}
	return e.ranks.once(&e.ranks.first, found, func() []int32 {
		if !slices.ContainsFunc(found, second) {
			return found
		}
		first := slices.DeleteFunc(slices.Clone(found), second)
		if len(first) > 0 || c.options.CorrelatedOnly {
			return first
		}
		return found
	})
}

// ranks remembers what is made of long lists of candidates. A list is known by its
// place in memory, which holds as long as what it belongs to does not change.
type ranks struct {
	of            any // the index or run that the lists belong to
	epoch         uint64
	steady        bool // the list at hand belongs to it, and is no scratch memory
	first, listed map[*int32][]int32
}

// manyCandidates is from when on a list is remembered.
const manyCandidates = 16

// follow drops what is remembered of something else, or of an earlier state.
func (k *ranks) follow(of any, epoch uint64) {
	if epoch != k.epoch || of != k.of {
		*k = ranks{of: of, epoch: epoch, steady: k.steady}
	}
}

// once returns what f gives for a list, from memory when that is known.
func (k *ranks) once(memory *map[*int32][]int32, list []int32, f func() []int32) []int32 {
	if k.epoch == 0 || !k.steady || len(list) < manyCandidates {
		return f()
	}
	key := &list[0]
	if known, ok := (*memory)[key]; ok {
		return known
	}
	if *memory == nil {
		*memory = map[*int32][]int32{}
	}
	known := f()
	(*memory)[key] = known
	return known
}

// filter runs the predicate on each candidate; one on which it fails is dropped.
func (c *Correlator) filter(e *evaluator, a *identity.Account, r *compiled, found []int32) []int32 {
	e.account.a = a
	e.objects[0], e.objects[1] = &e.account, &e.person
	var kept []int32
	for _, n := range found {
		e.person.n = n
		if ok, err := r.predicate.Bool(e.objects[:2]); ok && err == nil {
			kept = append(kept, n)
		}
	}

	return kept
}
