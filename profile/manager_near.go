package profile

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"unicode"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/dn"
)

// maxNearManagers is for how many values that nobody has the nearest is looked for.
const maxNearManagers = 100

// LostManager is a look-up of a manager that has found nobody.
type LostManager struct {
	Attribute, Text string // what the manager is looked for by, as it is
	Order           string // of whoever looks, as of [Person]
	Alias           string // of whoever looks

	asker int32 // in a run on one machine, who looks
}

// FirstLost chooses the look-ups for which a run asks who is near: of those for one
// text of an attribute the first by order, and of these the first 100. They come in
// that order. A part may be chosen from first: the choice from the choices is that
// from all. The list is left as it is.
func FirstLost(list []LostManager) []LostManager {
	sorted := slices.SortedFunc(slices.Values(list),
		func(a, b LostManager) int { return strings.Compare(a.Order, b.Order) })
	return firstLost(slices.Values(sorted))
}

// firstLost chooses from look-ups that come in the order of a run. Blank texts are
// near nothing.
func firstLost(lost iter.Seq[LostManager]) []LostManager {
	var first []LostManager
	for l := range lost {
		same := func(x LostManager) bool { return x.Attribute == l.Attribute && x.Text == l.Text }
		if l.Attribute == "" || strings.TrimSpace(l.Text) == "" || slices.ContainsFunc(first, same) {
			continue
		}
		if first = append(first, l); len(first) == maxNearManagers {
			break
		}
	}

	return first
}

// maxEdits is how many pairs of values are compared character by character.
const maxEdits = 200_000

// NearManagers compares what identities have with what managers were looked for by.
// It is immutable and safe for concurrent use.
type NearManagers struct{ byAttribute map[string]*nearTexts }

// nearTexts are the texts of one attribute, by their numbers among all look-ups.
type nearTexts struct {
	lost      []LostManager
	all       []int
	byName    map[string][]int
	byLetters map[uint64][]int
	edits     bool
}

// NewNearManagers gets ready for look-ups, see [FirstLost], in a population of so
// many people. Texts are compared character by character only where that costs
// little: people times texts of an attribute are at most 200,000.
func NewNearManagers(lost []LostManager, people int) *NearManagers {
	m := &NearManagers{byAttribute: map[string]*nearTexts{}}
	for i, l := range lost {
		t := m.byAttribute[l.Attribute]
		if t == nil {
			t = &nearTexts{lost: lost, byName: map[string][]int{}, byLetters: map[uint64][]int{}}
			m.byAttribute[l.Attribute] = t
		}

		t.all = append(t.all, i)

		// Names of directories are compared by their parts, which texts of other kinds do not have.
		if strings.Contains(l.Text, "=") {
			name := dn.Fold(l.Text)
			t.byName[name] = append(t.byName[name], i)
		}

		sum := letters(l.Text)
		t.byLetters[sum] = append(t.byLetters[sum], i)
	}

	// Every text of everybody with every look-up is a product that is bounded first.
	for _, t := range m.byAttribute {
		t.edits = people*len(t.all) <= maxEdits
	}
	return m
}

// NearManager says that a text is near the one of a look-up, given by its number.
type NearManager struct {
	Lost int
	How  string // what the two differ in
}

// Compare returns the look-ups that a text of an identity is near to: the same
// directory name in another spelling, the same letters, or one character off. That
// of whoever looks is compared too and does not count. The answer to a look-up is
// the identity that comes first by order.
func (m *NearManagers) Compare(attribute, text string) []NearManager {
	t := m.byAttribute[attribute]
	if t == nil || text == "" {
		return nil
	}
	var near []NearManager
	add := func(i int, how string) {
		if !slices.ContainsFunc(near, func(x NearManager) bool { return x.Lost == i }) {
			near = append(near, NearManager{Lost: i, How: how})
		}
	}

	if len(t.byName) > 0 && strings.Contains(text, "=") {
		for _, i := range t.byName[dn.Fold(text)] {
			add(i, "the spelling of one directory name")
		}
	}

	compared := t.all // those with the same letters are among them
	if !t.edits {
		compared = t.byLetters[letters(text)]
	}
	for _, i := range compared {
		if d, ok := correlate.Differ(t.lost[i].Text, text); ok {
			add(i, respects(d))
		}
	}

	return near
}

// NearManagerFinding reports that nobody has what a manager is looked for by, and
// that an identity, given by its alias, nearly has it.
func NearManagerFinding(l LostManager, alias, text, how string) diag.Diagnostic {
	return diag.Diagnostic{Severity: diag.Warning, Code: codeManagerNear,
		Message: fmt.Sprintf("nobody has the %s %q that the manager of %q is looked for by; %q has %q, which differs in %s",
			l.Attribute, l.Text, l.Alias, alias, text, how)}
}

// letters sums up the letters and digits of a text, whatever their order and case,
// without zeros.
func letters(s string) (sum uint64) {
	for _, r := range s {
		if r != '0' && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			x := uint64(unicode.ToLower(r)) * 0x9E3779B97F4A7C15
			sum += x ^ x>>29
		}
	}

	return sum
}

func respects(list []correlate.Difference) string {
	names := make([]string, len(list))
	for i, d := range list {
		names[i] = d.String()
	}
	return strings.Join(names, ", ")
}

// reportNearManagers reports values that managers are looked for by, that nobody
// has, and that somebody nearly has: another spelling of one directory name, a
// leading zero, a blank. Each value is reported once.
func (rs *resolver) reportNearManagers() {
	if rs.resolved.swept || rs.opts.OnFinding == nil || !rs.whole {
		return
	}

	var people []int32
	for n, r := range rs.resolved.outcome {
		if r.State == ManagerNotFound && r.Value != "" {
			people = append(people, n)
		}
	}

	// In the order of the run, so that the first hundred are the same ones every time.
	slices.SortFunc(people, rs.compare)
	lost := firstLost(func(yield func(LostManager) bool) {
		for _, n := range people {
			if !yield(LostManager{Attribute: rs.lookedUp(n), Text: rs.resolved.outcome[n].Value, asker: n}) {
				return
			}
		}
	})

	for i, a := range rs.nearest(lost) {
		if a.who >= 0 {
			lost[i].Alias = rs.aliasOf(lost[i].asker)
			rs.told[lost[i].asker], rs.told[a.who] = true, true
			rs.report(NearManagerFinding(lost[i], rs.aliasOf(a.who), a.text, a.how))
		}
	}
}

// lookedUp returns the identity attribute by which the mapping of an identity's
// manager correlation looks.
func (rs *resolver) lookedUp(n int32) string {
	q := &rs.people[n]
	if q.profile < 0 {
		return ""
	}
	source := rs.engine.managerSource(rs.engine.profiles[q.profile])
	if source == nil {
		return ""
	}
	return source.Manager.IdentityAttribute
}

// nearAnswer is who is near to a look-up.
type nearAnswer struct {
	who       int32 // -1: nobody is near
	text, how string
}

// nearest answers look-ups in one pass over everybody: each by the first in the
// order of the run who is near.
func (rs *resolver) nearest(lost []LostManager) []nearAnswer {
	var attributes []string
	answers := make([]nearAnswer, len(lost))
	for i, l := range lost {
		answers[i].who = -1
		if !slices.Contains(attributes, l.Attribute) {
			attributes = append(attributes, l.Attribute)
		}
	}

	if len(lost) == 0 {
		return nil
	}

	// Those who were taken back are no people any more.
	unmade := 0
	for i := range rs.people {
		unmade += btoi(rs.people[i].unmade)
	}
	compared := NewNearManagers(lost, len(rs.people)-unmade)
	for i := range rs.people {
		n := int32(i)
		for _, attribute := range attributes {
			text := rs.lookup(n, attribute)
			for _, near := range compared.Compare(attribute, text) {
				if a := &answers[near.Lost]; a.who < 0 && lost[near.Lost].asker != n {
					a.who, a.text, a.how = n, text, near.How
				}
			}
		}
	}

	return answers
}
