package profile

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/dn"
	"github.com/idprofile/engine/profile/config"
)

// maxNearManagers is for how many values that nobody has the nearest is looked for.
const maxNearManagers = 100

// reportNearManagers reports values that managers are looked for by, that nobody
// has, and that somebody nearly has: another spelling of one directory name, a
// leading zero, a blank. Each value is reported once.
func (rs *resolver) reportNearManagers() {
	if rs.resolved.swept || rs.opts.OnFinding == nil || !rs.fullRun {
		return
	}

	var lost []int32
	for n, r := range rs.resolved.outcome {
		if r.State == ManagerNotFound && r.Value != "" {
			lost = append(lost, n)
		}
	}
	slices.SortFunc(lost, rs.compare)

	asked := map[string][]nearQuestion{} // by attribute
	total := 0
	for _, n := range lost {
		attribute, value := rs.lookedUp(n), rs.resolved.outcome[n].Value
		same := func(q nearQuestion) bool { return q.value == value }
		if attribute == "" || slices.ContainsFunc(asked[attribute], same) {
			continue
		}
		if total++; total > maxNearManagers {
			break
		}
		asked[attribute] = append(asked[attribute], nearQuestion{value: value, asker: n, who: -1})
	}

	for _, attribute := range slices.Sorted(maps.Keys(asked)) {
		rs.nearest(attribute, asked[attribute])
		for _, q := range asked[attribute] {
			if q.who < 0 {
				continue
			}
			rs.report(diag.Diagnostic{Severity: diag.Warning, Code: "manager-near",
				Message: fmt.Sprintf("nobody has the %s %q that the manager of %q is looked for by; %q has %q, which differs in %s",
					attribute, q.value, rs.aliasOf(q.asker), rs.aliasOf(q.who), q.text, q.how)})
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

// nearQuestion is a value that nobody has, and in the end the value that is nearest
// to it.
type nearQuestion struct {
	value string
	asker int32

	who  int32 // -1: nobody is near
	text string
	how  string // what the two differ in
}

// maxEdits is how many pairs of values are compared character by character.
const maxEdits = 200_000

// nearest answers the questions about an attribute in one pass over everybody: the
// first in the order of the run whose value is the same directory name in another
// spelling, or has the same letters, or is one character off. The last is looked
// for only where it costs little.
func (rs *resolver) nearest(attribute string, questions []nearQuestion) {
	byName, byLetters := map[string][]int{}, map[uint64][]int{}
	for i, q := range questions {
		if strings.Contains(q.value, "=") {
			byName[dn.Fold(q.value)] = append(byName[dn.Fold(q.value)], i)
		}
		byLetters[letters(q.value)] = append(byLetters[letters(q.value)], i)
	}
	answer := func(i int, n int32, text, how string) {
		if q := &questions[i]; q.who < 0 && q.asker != n {
			q.who, q.text, q.how = n, text, how
		}
	}

	edits := len(rs.people)*len(questions) <= maxEdits
	for i := range rs.people {
		n := int32(i)
		text := rs.lookup(n, attribute)
		if text == "" {
			continue
		}
		if len(byName) > 0 && strings.Contains(text, "=") {
			for _, i := range byName[dn.Fold(text)] {
				answer(i, n, text, "the spelling of one directory name")
			}
		}
		for _, i := range byLetters[letters(text)] {
			if d, near := correlate.Differ(questions[i].value, text); near {
				answer(i, n, text, respects(d))
			}
		}
		for i := range questions {
			if edits && questions[i].who < 0 {
				if d, near := correlate.Differ(questions[i].value, text); near {
					answer(i, n, text, respects(d))
				}
			}
		}
	}
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

// explainManager says in the trace of the attribute manager what the correlation
// looked for, and who is near when it found nobody.
func (p *phases) explainManager(n int32, t *Trace) {
	r, ok := p.resolver.resolved.outcome[n]
	i := slices.IndexFunc(t.Attributes, func(a AttributeTrace) bool { return a.Name == config.AttrManager })
	if !ok || i < 0 || r.State != ManagerNotFound {
		return
	}

	attribute := p.resolver.lookedUp(n)
	note := &t.Attributes[i].Note
	switch {
	case r.Attribute != "":
		*note += fmt.Sprintf(": its account attribute %q, which the correlation reads, is empty", r.Attribute)
	case r.Value != "" && attribute != "":
		*note += fmt.Sprintf(": nobody has the %s %q", attribute, r.Value)
		q := []nearQuestion{{value: r.Value, asker: n, who: -1}}
		if p.resolver.nearest(attribute, q); q[0].who >= 0 {
			*note += fmt.Sprintf("; %q has %q, which differs in %s", p.aliasOf(q[0].who), q[0].text, q[0].how)
		}
	}
}
