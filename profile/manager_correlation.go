package profile

import (
	"slices"
	"strings"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform"
)

// resolveManagers finds the manager of everybody whose manager attribute has a
// value.
//
// Source: correlate/DECISIONS.md, DECISION 5.
func (rs *resolver) resolveManagers() {
	s := &rs.resolved
	rs.updateIndexes()
	rs.uidFirst = map[string]int32{}
	for n := len(s.manager); n < len(rs.people); n++ {
		s.manager, s.reports, rs.lookedUpBy = append(s.manager, -1), append(s.reports, 0), append(rs.lookedUpBy, 0)
	}
	if rs.searchesOpen && rs.searchesAffected() {
		rs.knowSearches()
	}
	due := rs.byRows()
	if !rs.fullRun {
		due = slices.DeleteFunc(due, func(n int32) bool {
			return !rs.changed.Has(n) && !rs.unresolved.Has(n) && !rs.affectedBy(rs.lookedUpBy[n]) && !rs.underContested(n)
		})
	}

	// What somebody's manager is looked for by takes reading rows, in which nobody disturbs another. Who is
	// found is settled one after the other: it is written to columns, and rules are asked.
	for block := range slices.Chunk(due, matchBlock) {
		for i, search := range rs.searchesOf(block) {
			rs.managerLink(block[i], search)
		}
	}

	rs.uidFirst = nil
	s.linked = true
	rs.managerCycles()
	rs.reportNearManagers()
}

// updateIndexes brings up to date what managers are found by and who claims
// which uid.
func (rs *resolver) updateIndexes() {
	s := &rs.resolved
	if rs.fullRun {
		people := len(rs.people)
		rs.indexes, s.outcome = rs.newIndexes(), map[int32]ManagerResult{}
		s.manager, s.reports, rs.lookedUpBy = make([]int32, 0, people), make([]int32, 0, people), make([]uint64, 0, people)
		return
	}

	for _, n := range rs.changed.List[rs.seenChanges:] {
		for _, x := range rs.indexes {
			before, after := x.Update(n)
			rs.affectedKeys[lookupKey(x, before)], rs.affectedKeys[lookupKey(x, after)] = true, true
		}
	}

	rs.seenChanges = len(rs.changed.List)
}

// managerLink finds the manager of an identity anew.
func (rs *resolver) managerLink(n int32, search managerSearch) {
	s := &rs.resolved
	before := s.manager[n]
	if before >= 0 {
		s.reports[before]--
	}
	s.manager[n], rs.lookedUpBy[n] = -1, 0
	delete(s.outcome, n)
	rs.findManager(n, search)
	if m := s.manager[n]; m >= 0 {
		s.reports[m]++
	}
	if s.manager[n] != before {
		rs.markResult(n)
	}
}

func (rs *resolver) findManager(n int32, search managerSearch) {
	if search.source == nil {
		return
	}
	rs.askRule(n, &search)
	m, r := search.choose(n, rs.peopleBy(n, search.attribute, search.value))
	if m < 0 {
		rs.resolved.outcome[n] = r
	}
	rs.resolved.manager[n] = m
}

// underContested reports whether the manager of somebody claims a uid that several claimed: the
// manager may have been found by it, and another one be found now.
func (rs *resolver) underContested(n int32) bool {
	if m := rs.resolved.manager[n]; len(rs.contested) > 0 && m >= 0 {
		uids := rs.indexes[config.AttrUID]
		return rs.contested[lookupKey(uids, uids.Tags[m])]
	}
	return false
}

// searchesAffected reports whether somebody has moved who may be looked for as a manager.
func (rs *resolver) searchesAffected() bool {
	var by uint64 // by number of an index
	for _, cs := range rs.engine.sources {
		if m := cs.source.Manager; m != nil {
			if x := rs.indexes[m.IdentityAttribute]; x != nil {
				by |= 1 << min(x.Number, 63)
			}
		}
	}

	for key := range rs.affectedKeys {
		if by&(1<<min(key>>32, 63)) != 0 {
			return true
		}
	}
	return false
}

// knowSearches finds out what managers are looked for by, where no look-up of this run or
// one before has noted it.
func (rs *resolver) knowSearches() {
	rs.searchesOpen = false
	for _, n := range rs.byRows() {
		search := rs.managerSearch(n)
		if search.source == nil {
			continue
		}
		rs.askRule(n, &search)
		if x := rs.indexOf(search.attribute); x != nil && search.value != "" {
			rs.lookedUpBy[n] = lookupKey(x, x.Tag(search.value))
		}
	}
}

// managerSearch is what the manager of an identity is looked for by.
type managerSearch struct {
	attribute, value string         // of the manager
	account          string         // the account attribute that names the manager
	source           *config.Source // whose accounts say so; nil: nobody is to be looked for
}

// searchesOf returns what the managers of identities are looked for by, as the accounts say.
func (rs *resolver) searchesOf(people []int32) []managerSearch {
	searches := make([]managerSearch, len(people))
	rs.each(people, func(i int, n int32) { searches[i] = rs.managerSearch(n) })
	return searches
}

// managerSearch says what the manager of an identity is looked for by, as its accounts say. It
// changes nothing.
func (rs *resolver) managerSearch(n int32) managerSearch {
	q := &rs.people[n]
	if q.profile < 0 || rs.attribute(n, config.AttrManager).IsNull() {
		return managerSearch{}
	}
	source := rs.engine.managerSource(rs.engine.profiles[q.profile])
	if source == nil {
		return managerSearch{}
	}
	m := source.Manager
	return managerSearch{attribute: m.IdentityAttribute, value: rs.managerValue(n, source), account: m.AccountAttribute,
		source: source}
}

// askRule lets the manager correlation rule of a source say something else.
func (rs *resolver) askRule(n int32, s *managerSearch) {
	attribute, answer := rs.managerByRule(n, s.source, s.value)
	if attribute == "" {
		return
	}

	// A rule whose answer finds nobody leaves it to the mapping.
	if len(rs.peopleBy(n, attribute, answer)) > 0 || s.attribute == "" {
		s.attribute, s.value = attribute, answer
	}
}

// choose says who of those found manages n: -1 and what there is to say when it is
// nobody.
func (s *managerSearch) choose(n int32, found []int32) (int32, ManagerResult) {
	m := correlate.ChooseManager(n, s.value, found)
	r := ManagerResult{State: ManagerNotFound, Value: s.value}
	switch m.State {
	case correlate.ManagerResolved:
		return m.Identity, ManagerResult{}
	case correlate.ManagerAmbiguous:
		r.State = ManagerAmbiguous
	case correlate.ManagerSelf:
		r.State = ManagerSelf
	case correlate.ManagerMissing:
		r.Attribute = s.account
	}

	return -1, r
}

// peopleBy returns identities whose attribute has the value, without regard to
// case, and notes that n was looked for by it: of several two, as nobody is chosen among them.
// Of several that claim a uid, the one with priority counts.
func (rs *resolver) peopleBy(n int32, attribute, value string) []int32 {
	index := rs.indexOf(attribute)
	if index == nil || value == "" {
		return nil
	}
	rs.lookedUpBy[n] = lookupKey(index, index.Tag(value))
	folded := identity.Fold(value)
	if attribute != config.AttrUID {
		return index.Find(folded, 2)
	}

	// Who was asked for once may be asked for by everybody.
	if first, ok := rs.uidFirst[folded]; ok {
		return []int32{first}
	}
	found := index.Find(folded, 0)
	if len(found) < 2 {
		return found
	}
	rs.uidFirst[folded] = slices.MinFunc(found, func(a, b int32) int {
		if rs.hasPriority(a, b) {
			return -1
		}
		return 1
	})
	return []int32{rs.uidFirst[folded]}
}

// affectedBy reports whether somebody who is found by that has moved.
func (rs *resolver) affectedBy(key uint64) bool { return key != 0 && rs.affectedKeys[key] }

// managerValue reads the account attribute of the manager correlation, from the
// oldest account that has it.
func (rs *resolver) managerValue(n int32, source *config.Source) string {
	var best identity.Account
	value, number := "", slices.Index(rs.accounts.Names, source.Name)
	for a := rs.people[n].first; a >= 0; a = rs.state[a].next {
		if int(rs.accounts.Sources[a]) != number {
			continue
		}
		acct := rs.accounts.At(a)
		v := acct.Property(source.Manager.AccountAttribute)
		if !v.IsNull() && (value == "" || transform.ByCreated(&acct, &best) < 0) {
			best, value = acct, AttributeValue(v, false).Text()
		}
	}

	return value
}

// managerCycles reports people who manage each other, from the first of them.
func (rs *resolver) managerCycles() {
	if rs.resolved.swept || rs.opts.OnFinding == nil {
		return
	}
	cycles := correlate.Cycles(rs.resolved.manager)
	for i, c := range cycles {
		at := slices.Index(c, slices.MinFunc(c, rs.compare))
		cycles[i] = append(c[at:len(c):len(c)], c[:at]...)
	}

	slices.SortFunc(cycles, func(a, b []int32) int { return rs.compare(a[0], b[0]) })
	for _, c := range cycles {
		names := make([]string, len(c))
		for i, n := range c {
			names[i], rs.told[n] = rs.aliasOf(n), true
		}
		rs.report(cycleFinding(names))
	}
}

// cycleFinding reports people who manage each other, each before the manager.
func cycleFinding(names []string) diag.Diagnostic {
	return diag.Diagnostic{Severity: diag.Warning, Code: codeManagerCycle,
		Message: "people manage each other: " + strings.Join(names, ", ")}
}
