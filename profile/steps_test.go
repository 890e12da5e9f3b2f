package profile_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/internal/fixture"
)

// spread takes a population through the steps as an engine on many machines does:
// whatever a step is not handed, it does not know. Everything is handed over in an
// order of chance.
type spread struct {
	*rand.Rand
	engine *profile.Engine
	steps  *profile.Steps
	out    spreadOutcome
	formed int // components, counted each time that they are formed
}

// spreadOutcome is all that a run says, sorted where a run has an order of its own.
type spreadOutcome struct{ Results, Left, Findings []string }

func (o *spreadOutcome) sort() {
	slices.Sort(o.Results)
	slices.Sort(o.Left)
	slices.Sort(o.Findings)
}

func resultText(r *profile.Result) string {
	text := string(r.AppendJSON(nil)) + " " + r.Identity.ManagerID + fmt.Sprint(r.Links, r.Created, r.Lifecycle, r.Manager, r.Identity.ExceptionCodes)
	for _, e := range r.Exceptions {
		text += fmt.Sprint(e)
	}
	return text
}

func leftText(a *identity.Account, u profile.Unlinked) string { return fmt.Sprint(a.Key(), u) }

// single is the run on one machine.
func single(t *testing.T, e *profile.Engine, o profile.RunOptions, sources ...identity.Source) spreadOutcome {
	t.Helper()
	var out spreadOutcome
	o.OnFinding = func(d diag.Diagnostic) { out.Findings = append(out.Findings, d.String()) }
	o.OnUncorrelated = func(a identity.Account, u profile.Unlinked) { out.Left = append(out.Left, leftText(&a, u)) }
	for r, err := range e.Run(t.Context(), o, sources...) {
		if err != nil {
			t.Fatal(err)
		}
		out.Results = append(out.Results, resultText(r))
	}
	out.sort()
	return out
}

func (s *spread) run(t *testing.T, sources ...identity.Source) spreadOutcome {
	t.Helper()
	var accounts []profile.PlacedAccount
	for _, group := range s.rows(t, sources) {
		a, found := s.steps.Duplicates(group)
		s.find(found...)
		accounts = append(accounts, a)
	}
	s.Shuffle(len(accounts), func(i, j int) { accounts[i], accounts[j] = accounts[j], accounts[i] })

	var authoritative, others []profile.PlacedAccount
	for _, a := range accounts {
		if s.engine.ProfileOf([]identity.Account{a.Account}) != nil {
			authoritative = append(authoritative, a)
		} else {
			others = append(others, a)
		}
	}
	people := s.form(t, authoritative)
	s.link(t, people, others)
	s.settle(t, people)
	s.out.sort()
	return s.out
}

func (s *spread) find(list ...diag.Diagnostic) {
	for _, d := range list {
		s.out.Findings = append(s.out.Findings, d.String())
	}
}

// rows reads the sources and groups what they give by account.
func (s *spread) rows(t *testing.T, sources []identity.Source) map[identity.AccountKey][]profile.PlacedAccount {
	t.Helper()
	groups, stable := map[identity.AccountKey][]profile.PlacedAccount{}, map[[2]string][]profile.PlacedAccount{}
	for _, src := range sources {
		place := profile.Place(0)
		for a, err := range src.Accounts(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			a.Source = src.Name()
			row := profile.PlacedAccount{Account: a, Place: place}
			place++
			groups[a.Key()] = slices.Insert(groups[a.Key()], s.IntN(len(groups[a.Key()])+1), row)
			if a.UUID != "" {
				stable[[2]string{a.Source, a.UUID}] = append(stable[[2]string{a.Source, a.UUID}], row)
			}
		}
	}
	for _, group := range stable {
		s.find(s.steps.StableIDs(group)...)
	}
	return groups
}

// form makes identities, component by component, until no component meets another.
func (s *spread) form(t *testing.T, accounts []profile.PlacedAccount) []profile.Person {
	t.Helper()
	component := make([]int, len(accounts))
	for i := range component {
		component[i] = i
	}
	for {
		found := map[correlate.Key]int{} // by key by which somebody is found: a component
		members := map[int][]profile.PlacedAccount{}
		for i, c := range component {
			members[c] = append(members[c], accounts[i])
		}
		formed := map[int]*profile.Formed{}
		merge := map[int]int{}
		root := func(c int) int {
			for merge[c] != c {
				c = merge[c]
			}
			return c
		}
		byKey := map[correlate.Key][]int{}
		for c, list := range members {
			merge[c] = c
			s.formed++
			f, err := s.steps.Form(list)
			if err != nil {
				t.Fatal(err)
			}
			formed[c] = f
			for _, k := range f.Keys {
				byKey[k] = append(byKey[k], c)
				found[k] = c
			}
		}
		again := false
		for i, c := range component {
			for _, k := range s.steps.AccountKeys(&accounts[i].Account) {
				for _, other := range byKey[k] {
					if root(other) != root(c) {
						merge[root(other)] = root(c)
						again = true
					}
				}
			}
		}
		if !again {
			var people []profile.Person
			for _, f := range formed {
				people = append(people, f.People...)
				s.find(f.Findings...)
				for _, l := range f.Left {
					s.out.Left = append(s.out.Left, leftText(&l.Account, l.Unlinked))
				}
			}
			return people
		}
		for i := range component {
			component[i] = root(component[i])
		}
	}
}

// link takes the accounts of the other sources through the passes.
func (s *spread) link(t *testing.T, people []profile.Person, accounts []profile.PlacedAccount) {
	t.Helper()
	const limit = 10
	byID := map[string]int{}
	for i, q := range people {
		byID[q.ID] = i
	}
	choices := make([]profile.Choice, len(accounts))
	for _, pass := range s.engine.Passes() {
		population := map[correlate.Key]profile.Candidates{}
		for i := range people {
			keys, candidate, err := s.steps.PersonKeys(&people[i])
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range keys {
				c := population[k]
				c.Add(limit, candidate)
				if s.steps.OfUID(k) {
					c.Best()
				}
				population[k] = c
			}
		}
		var linked []int
		for i := range accounts {
			if choices[i].Identity != "" || !slices.Contains(pass.Sources, accounts[i].Account.Source) {
				continue
			}
			c, err := s.steps.Choose(&accounts[i].Account, func(k correlate.Key) profile.Candidates { return population[k] })
			if err != nil {
				t.Fatal(err)
			}
			if choices[i] = c; c.Identity != "" {
				linked = append(linked, i)
			}
		}
		slices.SortFunc(linked, func(i, j int) int { return profile.CompareLinked(&accounts[i], &accounts[j]) })
		for _, i := range linked {
			q := &people[byID[choices[i].Identity]]
			q.Accounts = append(q.Accounts, profile.LinkedAccount{Account: accounts[i].Account, Method: choices[i].Method, Criterion: choices[i].Criterion})
		}
		if pass.Last && len(linked) > 0 {
			s.find(profile.UnsettledCorrelation())
		}
	}
	for i := range accounts {
		s.find(choices[i].Findings...)
		if choices[i].Identity == "" {
			s.out.Left = append(s.out.Left, leftText(&accounts[i].Account, choices[i].Unlinked))
		}
	}
}

// settle evaluates everybody and finds managers and holders of uids.
func (s *spread) settle(t *testing.T, people []profile.Person) {
	t.Helper()
	var all []*profile.Evaluated
	unsettled, first := 0, ""
	winners, managers := map[string]*profile.Evaluated{}, map[profile.Lookup][]*profile.Evaluated{}
	s.Shuffle(len(people), func(i, j int) { people[i], people[j] = people[j], people[i] })
	for i := range people {
		e, err := s.steps.Evaluate(&people[i])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
		if w := winners[e.UID]; e.UID != "" && (w == nil || e.Claim.Compare(&w.Claim) < 0) {
			winners[e.UID] = e
		}
		for _, by := range e.FoundBy {
			managers[by.Lookup] = append(managers[by.Lookup], e)
		}
		if e.Unsettled {
			if unsettled++; first == "" || e.Person.Order < first {
				first = e.Person.Order
			}
		}
	}
	for _, e := range all {
		if e.Unsettled && e.Person.Order == first {
			s.find(profile.UnsettledAttributes(unsettled, e.Alias))
		}
	}

	managerOf, byID := map[string]string{}, map[string]*profile.Evaluated{}
	var lost []profile.LostManager
	for _, e := range all {
		var o profile.Settled
		byID[e.Person.ID] = e
		if w := winners[e.UID]; e.UID != "" && w != e {
			o.Holder, o.HolderName = w.Person.ID, w.Alias
		}
		if e.Search != nil {
			found := managers[e.Search.Lookup]
			if e.Search.Lookup.Attribute == "uid" && len(found) > 1 {
				found = []*profile.Evaluated{slices.MinFunc(found, func(a, b *profile.Evaluated) int { return a.Claim.Compare(&b.Claim) })}
			}
			if o.Managers.Count = len(found); len(found) > 0 {
				o.Managers.ID, o.Managers.Alias, o.Managers.Name = found[0].Person.ID, found[0].Alias, found[0].Name
			}
		}
		r, err := s.steps.Finish(e, o)
		if err != nil {
			t.Fatal(err)
		}
		s.out.Results = append(s.out.Results, resultText(r))
		if r.Manager.State == profile.ManagerResolved {
			managerOf[e.Person.ID] = r.Manager.ID
		}
		if l, ok := e.Lost(r); ok {
			if lost = append(lost, l); s.IntN(3) == 0 { // as a worker does with those it has
				lost = profile.FirstLost(lost)
			}
		}
	}
	s.cycles(managerOf, byID)
	s.near(profile.FirstLost(lost), all)
}

// near finds who is near to managers that nobody is.
func (s *spread) near(lost []profile.LostManager, all []*profile.Evaluated) {
	type answer struct{ order, alias, text, how string }
	answers := make([]answer, len(lost))
	compared := profile.NewNearManagers(lost, len(all))
	for _, e := range all {
		for _, by := range e.FoundBy {
			for _, near := range compared.Compare(by.Lookup.Attribute, by.Text) {
				a := &answers[near.Lost]
				if order := e.Person.Order; order != lost[near.Lost].Order && (a.order == "" || order < a.order) {
					*a = answer{order, e.Alias, by.Text, near.How}
				}
			}
		}
	}
	for i, a := range answers {
		if a.order != "" {
			s.find(profile.NearManagerFinding(lost[i], a.alias, a.text, a.how))
		}
	}
}

func (s *spread) cycles(managerOf map[string]string, byID map[string]*profile.Evaluated) {
	for id := range managerOf {
		var names []string
		first := true
		next := id
		for range len(managerOf) {
			names = append(names, byID[next].Alias)
			if next = managerOf[next]; next == "" || next == id {
				break
			}
			first = first && byID[id].Person.Order < byID[next].Person.Order
		}
		if next == id && first {
			s.find(profile.CycleFinding(names))
		}
	}
}

// noisy returns accounts of a source of which some come twice, share a stable id or
// a number, or nearly name a manager.
func (m *mutant) noisy(t *testing.T, name string) identity.Source {
	t.Helper()
	var list []identity.Account
	for a, err := range m.source(name).Accounts(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if m.IntN(3) == 0 {
			values := map[string]identity.Value{}
			for name, v := range a.Attributes.All() {
				values[name] = v
			}
			values["number"] = identity.StringValue(fmt.Sprint(m.IntN(9)))
			values["boss"] = identity.StringValue([]string{"a nn", "bób", "0cid", "d.an", "é v a", "gus "}[m.IntN(6)])
			a.Attributes = identity.NewAttributes(values)
		}
		if m.IntN(6) == 0 {
			a.UUID = fmt.Sprint("stable", m.IntN(3))
		}
		if m.IntN(8) == 0 {
			list = append(list, fixture.Account(a.NativeIdentity, "login=twice", "number=3"))
		}
		list = append(list, a)
	}
	return feed.Slice(name, list...)
}

// Whoever spreads a population over machines by the keys that the steps name gets
// what a run on one machine says, to the byte.
func TestStepsAreTheRun(t *testing.T) {
	refused, links, findings, near := 0, 0, 0, 0
	for seed := range uint64(150) {
		m := newMutant(seed)
		m.mapped &^= 1<<16 | 1<<17 | 1<<18 | 1<<20 | 1<<23 // read other identities, or a rule of the host
		for range m.IntN(8) {
			m.change()
		}
		e, _ := m.tenant().Engine(t, profile.Options{SnapshotOrder: m.snapshot})
		o := profile.RunOptions{Now: m.now, Seed: m.seed, Linking: profile.Linking{Recompute: m.IntN(4) == 0}}
		if list := e.Undistributable(o); list != nil {
			refused++
			continue
		}
		sources := []identity.Source{m.noisy(t, "HR"), m.noisy(t, "VMS"), m.noisy(t, "AD")}
		want := single(t, e, o, sources...)
		s := &spread{Rand: rand.New(rand.NewPCG(seed, 5)), engine: e, steps: e.NewRun(o).Steps(t.Context())}
		got := s.run(t, sources...)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("seed %d: mismatch (-run +steps):\n%s", seed, diff)
		}
		links += strings.Count(strings.Join(want.Results, ""), "CONFIG")
		findings += len(want.Findings)
		near += strings.Count(strings.Join(want.Findings, ""), " manager-near: ")
	}
	t.Logf("%d of 150 tenants refused; %d links by criteria, %d findings, %d managers nearly found", refused, links, findings, near)
	if refused > 30 || links < 100 || findings < 100 || near < 10 {
		t.Errorf("the tenants show too little")
	}
}

// What has no step by itself is refused before anything runs.
func TestUndistributable(t *testing.T) {
	tenant := &fixture.Tenant{
		Profiles: []string{fixture.Profile("Employees", 10, "HR", fixture.HR(
			`bossMail={"type":"rule","attributes":{"name":"Cloud Services Deployment Utility","operation":"getReferenceIdentityAttribute","uid":"manager","attributeName":"email"}}`,
			`login={"type":"usernameGenerator","attributes":{"patterns":["$uid","$uid${uniqueCounter}"],"sourceCheck":true}}`)...)},
		Sources: []string{fixture.Source("HR"), fixture.Source("AD", "uid=login")},
	}
	e, _ := tenant.Engine(t, profile.Options{Correlation: correlate.Options{Rule: func(*identity.Account) (string, identity.Value, error) {
		return "", identity.Value{}, nil
	}}})
	var got []string
	for _, d := range e.Undistributable(profile.RunOptions{Incremental: true}) {
		got = append(got, string(d.Code))
	}
	want := []string{"undistributable-stored", "undistributable-host", "undistributable-others", "undistributable-unique"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

// The work of one machine per identity, step by step.
func BenchmarkSteps(b *testing.B) {
	engine := m20Engine(b)
	people := m20People(b, engine, 1000)
	steps := engine.NewRun(profile.RunOptions{Now: m20Now}).Steps(b.Context())
	var persons []profile.Person
	for _, i := range people {
		persons = append(persons, profile.Person{ID: i.ID, Accounts: []profile.LinkedAccount{{Account: i.Accounts[0], Method: correlate.NewIdentity}}})
	}
	at := 0
	for _, c := range []struct {
		name string
		do   func(q *profile.Person)
	}{
		{"Form", func(q *profile.Person) { _, _ = steps.Form([]profile.PlacedAccount{{Account: q.Accounts[0].Account}}) }},
		{"PersonKeys", func(q *profile.Person) { _, _, _ = steps.PersonKeys(q) }},
		{"Evaluate", func(q *profile.Person) { _, _ = steps.Evaluate(q) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				at++
				c.do(&persons[at%len(persons)])
			}
		})
	}
}
