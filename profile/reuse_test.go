package profile_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"iter"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/internal/fixture"
	"github.com/idprofile/engine/transform"
)

// mutant is a tenant that changes at random, with mappings of every kind that
// decides what an incremental run may keep.
type mutant struct {
	*rand.Rand
	variant  [6]int // of mappings, profiles and a stored transform
	accounts map[string]map[int]identity.Account
	now      time.Time
	seed     uint64
	snapshot bool
	stable   bool   // accounts have stable ids, of which several may be the same
	mapped   uint64 // of the mappings that not everybody has
}

func newMutant(seed uint64) *mutant {
	m := &mutant{Rand: rand.New(rand.NewPCG(seed, 77)), now: fixture.Now, accounts: map[string]map[int]identity.Account{"HR": {}, "VMS": {}, "AD": {}}}
	m.snapshot, m.mapped = m.IntN(5) == 0, m.Uint64()|m.Uint64()
	if m.IntN(2) == 0 {
		m.mapped &= m.Uint64()
	}
	for range 25 {
		m.account()
	}
	return m
}

// account adds, changes or removes an account.
func (m *mutant) account() {
	source := []string{"HR", "HR", "VMS", "AD", "AD"}[m.IntN(5)]
	n := m.IntN(12)
	if _, ok := m.accounts[source][n]; ok && m.IntN(4) == 0 {
		delete(m.accounts[source], n)
		return
	}
	pick := func(list ...string) string { return list[m.IntN(len(list))] }
	number := fmt.Sprint(m.IntN(12))
	if source != "AD" {
		number = fmt.Sprint(n)
	}
	values := []string{"number=" + number, "login=" + pick("ann", "Bob", "bob", "cid", "dan", "eva", "fay", "gus", "hal", "ida"), "sn=" + pick("Lee", "Poe")}
	if m.IntN(4) > 0 {
		values = append(values, "boss="+pick("ann", "bob", "cid", "nobody", number), "state="+pick("active", "gone"))
	}
	if m.IntN(5) > 0 {
		values = append(values, "mail="+pick("a", "b", "c", "d", "e")+"@x", "start="+pick("2026-01-10", "2026-01-20", "x"))
	}
	if old, ok := m.accounts[source][n]; ok && m.IntN(5) == 0 {
		old.Modified = fixture.Now.Add(time.Duration(m.IntN(5)) * time.Hour)
		m.accounts[source][n] = old
		return
	}
	values = append(values, "field="+pick("cloudLifecycleState", "phone", "nothing"))
	a := fixture.Account(fmt.Sprint(n), values...)
	if m.IntN(2) == 0 {
		a = fixture.At(1+m.IntN(4), a)
	}
	if m.stable && m.IntN(2) == 0 {
		a.UUID = "u" + number
	}
	if m.IntN(6) == 0 {
		a.Modified = fixture.Now.Add(time.Duration(m.IntN(5)) * time.Hour)
	}
	a.Disabled = m.IntN(5) == 0
	a.ManuallyCorrelated = m.IntN(30) == 0
	if m.IntN(12) == 0 {
		a.IdentityID = config.IdentityID("s-"+[]string{"HR", "VMS"}[m.IntN(2)], fmt.Sprint(m.IntN(12)))
	}
	m.accounts[source][n] = a
}

// change changes something.
func (m *mutant) change() {
	for range m.IntN(4) {
		m.account()
	}
	switch m.IntN(6) {
	case 0:
		m.variant[m.IntN(len(m.variant))]++
	case 1:
		m.now = m.now.AddDate(0, 0, m.IntN(5))
	case 2:
		m.seed = uint64(m.IntN(3))
	}
}

const (
	hrBoss   = `"managerCorrelationMapping":{"accountAttributeName":"boss","identityAttributeName":"uid"},"connector"`
	attrOf   = `{"type":"accountAttribute","attributes":{"sourceName":"%s","attributeName":"%s"}}`
	readOf   = `{"type":"identityAttribute","attributes":{"name":"%s"}}`
	joined   = `{"type":"concat","attributes":{"values":[%s]}}`
	shared   = `{"id":"t1","name":"Shared","type":"%s","attributes":{"input":` + readLogin + `}}`
	readMail = `{"type":"firstValid","attributes":{"values":[{"type":"accountAttribute","attributes":{"sourceName":"AD","attributeName":"mail"}},{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"mail"}}]}}`

	readLogin = `{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"login"}}`
)

func (m *mutant) pick(n int, list ...string) string { return list[m.variant[n]%len(list)] }

func (m *mutant) tenant() *fixture.Tenant {
	more := []string{
		"manager=HR.boss",
		`cloudLifecycleState=` + fmt.Sprintf(attrOf, "HR", "state"),
		`phone={"type":"reference","attributes":{"id":"Shared"}}`,
		`shift={"type":"lookup","attributes":{"input":` + readLogin + `,"table":{"ann":"A","Bob":"B","default":"C"}}}`,
		`strict={"type":"lookup","attributes":{"input":` + readLogin + `,"table":{"ann":"A","bob":"B"}}}`,
		`usesStrict=` + fmt.Sprintf(joined, fmt.Sprintf(readOf, "strict")+`,"-",`+fmt.Sprintf(readOf, "phone")),
		`started={"type":"dateCompare","attributes":{"firstDate":{"type":"dateFormat","attributes":{"input":` + fmt.Sprintf(attrOf, "HR", "start") + `,"inputFormat":"yyyy-MM-dd","outputFormat":"ISO8601"}},"secondDate":"now","operator":"LT","positiveCondition":"yes","negativeCondition":"no"}}`,
		`afterStart=` + fmt.Sprintf(joined, `"s:",`+fmt.Sprintf(readOf, "started")),
		`today={"type":"dateMath","attributes":{"expression":"now/d"}}`,
		`code={"type":"randomNumeric","attributes":{"length":4}}`,
		`counter={"type":"firstValid","attributes":{"ignoreErrors":true,"values":[{"type":"static","attributes":{"value":"again $oldValue.length()"}},"first"]}}`,
		`again=` + fmt.Sprintf(joined, `"x",`+fmt.Sprintf(`{"type":"substring","attributes":{"begin":0,"end":3,"input":{"type":"firstValid","attributes":{"values":[%s,"abcdef"]}}}}`, fmt.Sprintf(readOf, "again"))),
		`wasState=` + fmt.Sprintf(readOf, "cloudLifecycleState"),
		`unmapped=` + fmt.Sprintf(readOf, m.pick(4, "nothing", "shift", "gone")),
		`ring1=` + fmt.Sprintf(`{"type":"firstValid","attributes":{"values":[%s,%s]}}`, fmt.Sprintf(attrOf, "AD", "boss"), fmt.Sprintf(readOf, "ring2")),
		`ring2=` + fmt.Sprintf(`{"type":"firstValid","attributes":{"values":[%s,%s]}}`, fmt.Sprintf(attrOf, "HR", "start"), fmt.Sprintf(readOf, "ring1")),
		`bossMail={"type":"rule","attributes":{"name":"Cloud Services Deployment Utility","operation":"getReferenceIdentityAttribute","uid":"manager","attributeName":"email"}}`,
		`annMail={"type":"rule","attributes":{"name":"Cloud Services Deployment Utility","operation":"getReferenceIdentityAttribute","uid":"ann","attributeName":"email"}}`,
		`afterBoss=` + fmt.Sprintf(joined, `"b:",`+fmt.Sprintf(readOf, "bossMail")),
		`anyOf={"type":"identityAttribute","attributes":{"name":` + fmt.Sprintf(attrOf, "HR", "field") + `}}`,
		`isBoss={"type":"static","attributes":{"value":"$identity.managerStatus"}}`,
		`whole={"type":"static","attributes":{"value":"#set($i=$identity)$!i.getAttribute('phone')"}}`,
		`byTemplate={"type":"static","attributes":{"value":"$!identity.getAttribute('started') $!identity.email"}}`,
		`custom={"type":"rule","attributes":{"name":"Custom"}}`,
		`modified=` + fmt.Sprintf(attrOf, "AD", "modified"),
		`displayName=` + fmt.Sprintf(attrOf, "HR", "sn"),
	}
	var some []string
	for n, mapping := range more {
		if m.mapped>>n&1 != 0 && (n+m.variant[0])%9 != 0 {
			some = append(some, mapping)
		}
	}
	hr := append([]string{"uid=HR.login", "email=" + readMail, "lastname=" + m.pick(1, fmt.Sprintf(attrOf, "HR", "sn"), `{"type":"upper","attributes":{"input":`+fmt.Sprintf(attrOf, "HR", "sn")+`}}`), "number=HR.number"}, some...)
	vms := []string{"uid=" + m.pick(2, fmt.Sprintf(attrOf, "VMS", "login"), fmt.Sprintf(attrOf, "VMS", "mail")), "email=VMS.mail", "lastname=VMS.sn", "number=VMS.number", "shift=VMS.state", "manager=HR.boss"}
	priorities := [][2]int{{10, 20}, {20, 10}}[m.variant[3]%2]
	return &fixture.Tenant{
		Profiles: []string{fixture.Profile("Employees", priorities[0], "HR", hr...), fixture.Profile("Contractors", priorities[1], "VMS", vms...)},
		Sources: []string{strings.Replace(fixture.Source("HR"), `"connector"`, hrBoss, 1), fixture.Source("VMS", "number=number"),
			fixture.Source("AD", m.pick(5, "number=number", "email=mail"), "uid=login")},
		More: []string{fmt.Sprintf(shared, m.pick(4, "upper", "lower", "trim"))},
	}
}

// customRules are the rules of the tenants that change.
var customRules = map[string]transform.Rule{"Custom": custom}

func custom(_ context.Context, c transform.RuleCall) (identity.Value, error) {
	if c.OldValue.Text() == "" {
		return identity.StringValue("first"), nil
	}
	return identity.StringValue("again"), nil
}

// outcomeOf is everything a run says and leaves behind, apart from what it knows
// about evaluations.
type outcomeOf struct {
	Results, Findings, Uncorrelated, State []string
	Stats                                  profile.Stats
	evaluated                              int
}

// run aggregates some sources into a store.
func (m *mutant) run(t *testing.T, e *profile.Engine, st identity.Store, sources []string, incremental, recorrelate bool) outcomeOf {
	t.Helper()
	var out outcomeOf
	o := profile.RunOptions{
		Now:         m.now,
		Seed:        m.seed,
		Workers:     2,
		Incremental: incremental,
		Rules:       customRules,
		Linking:     profile.Linking{Recorrelate: recorrelate},
		Hooks: profile.Hooks{
			OnFinding: func(d diag.Diagnostic) { out.Findings = append(out.Findings, string(d.Code)+": "+d.Message) },
			OnUncorrelated: func(a identity.Account, u profile.Unlinked) {
				out.Uncorrelated = append(out.Uncorrelated, fmt.Sprint(a.Key(), u))
			},
		},
	}
	var feeds []identity.Source
	for _, name := range sources {
		feeds = append(feeds, m.source(name))
	}
	stats, err := e.Aggregate(t.Context(), st, o, func(r *profile.Result) { out.add(t, r) }, feeds...)
	if err != nil {
		t.Fatal(err)
	}
	out.evaluated = stats.Evaluated
	stats.Evaluated, stats.Saved = 0, 0
	out.Stats, out.State = stats, stateOf(t, st)
	return out
}

func (out *outcomeOf) add(t *testing.T, r *profile.Result) {
	t.Helper()
	var text []string
	for _, err := range r.Errors {
		text = append(text, err.Error())
	}
	c := *r
	c.Errors, c.Identity = nil, clean(r.Identity)
	out.Results = append(out.Results, jsonOf(t, c)+strings.Join(text, ";"))
}

func clean(i *identity.Identity) *identity.Identity {
	c := i.Clone()
	c.Evaluated, c.RunState = time.Time{}, identity.Attributes{}
	return c
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func stateOf(t *testing.T, st identity.Store) []string {
	t.Helper()
	var list []string
	for i, err := range st.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, jsonOf(t, clean(i)))
	}
	for a, err := range st.Uncorrelated(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, jsonOf(t, a))
	}
	return list
}

// An incremental run says and leaves behind what a full run from the same state
// does, whatever changes: accounts come, change and go, uids are freed and
// swapped, ambiguities resolve, mappings and priorities change, the clock moves.
func TestIncrementalIsFull(t *testing.T) {
	saved := 0
	for seed := range uint64(16) {
		m := newMutant(seed)
		m.stable = seed%4 == 3
		base := store.NewMemory()
		for step := range 20 {
			e, _ := m.tenant().Engine(t, profile.Options{SnapshotOrder: m.snapshot})
			sources := []string{"HR", "VMS", "AD"}
			if m.IntN(3) == 0 {
				sources = sources[m.IntN(3):]
			}
			recorrelate := m.IntN(8) == 0
			before := store.NewOverlay(base)
			full := m.run(t, e, before, sources, false, recorrelate)
			next := base
			if m.IntN(4) == 0 { // go on with the state of a full run
				next = store.NewMemory()
				copyStore(t, base, next)
			}
			into := identity.Store(next)
			if seed%3 == 1 { // a store that leaves accounts unread
				into = fileOf(t, next)
			}
			incremental := m.run(t, e, into, sources, true, recorrelate)
			if into != identity.Store(next) && next == base {
				base = store.NewMemory()
				copyStore(t, into, base)
				next = base
			}

			// An incremental run also writes an account for its fingerprint, and the details with it.
			full.State, incremental.State = withoutDetails(full.State), withoutDetails(incremental.State)
			if diff := cmp.Diff(full, incremental, cmp.AllowUnexported(outcomeOf{}), cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "evaluated" }, cmp.Ignore())); diff != "" {
				t.Fatalf("seed %d, step %d: mismatch (-full +incremental):\n%s", seed, step, diff)
			}
			saved += full.evaluated - incremental.evaluated
			if next != base {
				base = store.NewMemory()
				copyStore(t, before, base)
			}
			m.change()
		}
	}
	if saved <= 0 {
		t.Errorf("incremental runs evaluated %d identities less", saved)
	}
}

func copyStore(t *testing.T, from, to identity.Store) {
	t.Helper()
	var b identity.Batch
	for i, err := range from.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		b.Put = append(b.Put, i)
	}
	for a, err := range from.Uncorrelated(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		b.Uncorrelated = append(b.Uncorrelated, a)
	}
	if err := to.Apply(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

// What cannot have changed is not evaluated.
func TestIncrementalKeeps(t *testing.T) {
	now := fixture.Now
	mappings := func(title string) *fixture.Tenant {
		return &fixture.Tenant{Profiles: []string{fixture.Profile("Employees", 10, "HR", "uid=HR.id", "email=HR.mail", "lastname=HR.sn", title,
			`until={"type":"dateMath","attributes":{"expression":"now"}}`)}, Sources: []string{fixture.Source("HR")}}
	}
	people := func(change string) map[string][]identity.Account {
		var list []identity.Account
		for n := range 10 {
			mail := "m"
			if fmt.Sprint(n) == change {
				mail = "other"
			}
			list = append(list, fixture.Account(fmt.Sprint(n), fmt.Sprint("id=", n), "mail="+mail, "sn=s", "title=t"))
		}
		return map[string][]identity.Account{"HR": list}
	}
	plain, upper := "title=HR.title", `title={"type":"upper","attributes":{"input":`+fmt.Sprintf(attrOf, "HR", "title")+`}}`
	st := store.NewMemory()
	for _, tc := range []struct {
		name      string
		title     string
		change    string
		evaluated int
		saved     int
		full      bool
		later     bool
	}{
		{name: "first", title: plain, evaluated: 10, saved: 10},
		{name: "nothing new", title: plain},
		{name: "one account", title: plain, change: "3", evaluated: 1, saved: 1},
		{name: "another account", title: plain, change: "4", evaluated: 2, saved: 2},
		{name: "a mapping", title: upper, change: "4", evaluated: 10, saved: 10},
		{name: "the mapping as it is now", title: upper, change: "4"},
		{name: "a full run", title: upper, change: "4", full: true, evaluated: 10},
		{name: "after a full run", title: upper, change: "4"},
		{name: "the clock", title: upper, change: "4", later: true, evaluated: 10, saved: 10},
	} {
		e, _ := mappings(tc.title).Engine(t, profile.Options{})
		if tc.later {
			now = now.Add(time.Hour)
		}
		o := profile.RunOptions{Now: now, Incremental: !tc.full}
		stats, err := e.Aggregate(t.Context(), st, o, nil, feed.Slice("HR", people(tc.change)["HR"]...))
		if err != nil {
			t.Fatal(err)
		}
		if stats.Evaluated != tc.evaluated || stats.Saved != tc.saved {
			t.Errorf("%s: evaluated %d, saved %d; want %d, %d", tc.name, stats.Evaluated, stats.Saved, tc.evaluated, tc.saved)
		}
	}
}

// Of an account that the data have twice, with the last one as it was stored,
// nothing is new.
func TestDuplicateAccountUnchanged(t *testing.T) {
	c := &fixture.Tenant{Profiles: []string{fixture.Profile("Employees", 10, "HR", fixture.HR()...)}, Sources: []string{fixture.Source("HR")}}
	e, _ := c.Engine(t, profile.Options{})
	st := store.NewMemory()
	data := map[string][]identity.Account{"HR": {fixture.Account("1", "id=1", "mail=old", "sn=s"), fixture.At(3, fixture.Account("1", "id=1", "mail=m", "sn=s"))}}
	fixture.Aggregate(t, e, st, profile.RunOptions{}, data)
	for range 2 {
		out := fixture.Aggregate(t, e, st, profile.RunOptions{Incremental: true}, data)
		if out.Stats.Changed+out.Stats.Saved+out.Stats.Evaluated > 0 || text(out.Get(t, "1"), "email") != "m" {
			t.Errorf("run again: %+v", out.Stats)
		}
	}
}

// failing is a source that stops the run in one way or another.
type failing struct {
	identity.Source
	refused int
}

func (f failing) Refused() int { return f.refused }

// A source that refused rows loses no accounts: those rows may be the missing
// ones.
func TestRefusedRowsRemoveNothing(t *testing.T) {
	c := &fixture.Tenant{Profiles: []string{fixture.Profile("Employees", 10, "HR", fixture.HR()...)}, Sources: []string{fixture.Source("HR")}}
	e, _ := c.Engine(t, profile.Options{})
	st := store.NewMemory()
	all := []identity.Account{fixture.Account("1", "id=1", "mail=m", "sn=s"), fixture.Account("2", "id=2", "mail=m", "sn=s")}
	fixture.Aggregate(t, e, st, profile.RunOptions{}, map[string][]identity.Account{"HR": all})
	for _, tc := range []struct {
		refused, removed int
		finding          string
	}{{1, 0, "removal-skipped"}, {0, 1, ""}} {
		var codes []string
		o := profile.RunOptions{Now: fixture.Now, Hooks: profile.Hooks{OnFinding: func(d diag.Diagnostic) { codes = append(codes, string(d.Code)) }}}
		stats, err := e.Aggregate(t.Context(), st, o, nil, failing{feed.Slice("HR", all[:1]...), tc.refused})
		if err != nil || stats.Removed != tc.removed || strings.Join(codes, " ") != tc.finding {
			t.Errorf("refused %d: removed %d, findings %v, error %v; want %d, %q", tc.refused, stats.Removed, codes, err, tc.removed, tc.finding)
		}
	}
}

// The same through a file with a bad row.
func TestRefusedRowsOfFile(t *testing.T) {
	var _ identity.Refuser = (*feed.File)(nil)
	var _ identity.Refuser = (*feed.Query)(nil)
	c := &fixture.Tenant{Profiles: []string{fixture.Profile("Employees", 10, "HR", fixture.HR()...)}, Sources: []string{fixture.Source("HR")}}
	e, _ := c.Engine(t, profile.Options{})
	st := store.NewMemory()
	for _, tc := range []struct {
		rows            string
		removed, people int
	}{
		{"1,m,s\n2,m,s\n", 0, 2},
		{"1,m,s\n,m,s\n", 0, 2}, // a row without id
		{"1,m,s\n", 1, 2},       // the identity stays, without account
	} {
		src, err := feed.Delimited("HR.csv", reader("id,mail,sn\n"+tc.rows), feed.Options{})
		if err != nil {
			t.Fatal(err)
		}
		stats, err := e.Aggregate(t.Context(), st, profile.RunOptions{Now: fixture.Now}, nil, src)
		if err != nil || stats.Removed != tc.removed || stats.Identities != tc.people {
			t.Errorf("%q: %+v, error %v", tc.rows, stats, err)
		}
	}
}

func TestDeleteThreshold(t *testing.T) {
	for _, tc := range []struct{ threshold, gone, removed int }{
		{0, 20, 20}, {10, 2, 2}, {10, 3, 0}, {100, 20, 20}, {50, 10, 10}, {50, 11, 0}, {-1, 2, 2}, {-1, 3, 0},
	} {
		source := fixture.Source("HR")
		if tc.threshold < 0 { // the default, 10
			source = strings.Replace(source, `"deleteThreshold":0,`, "", 1)
		} else {
			source = strings.Replace(source, `"deleteThreshold":0,`, fmt.Sprintf(`"deleteThreshold":%d,`, tc.threshold), 1)
		}
		c := &fixture.Tenant{Profiles: []string{fixture.Profile("Employees", 10, "HR", fixture.HR()...)}, Sources: []string{source}}
		e, _ := c.Engine(t, profile.Options{})
		st := store.NewMemory()
		var all []identity.Account
		for n := range 20 {
			all = append(all, fixture.Account(fmt.Sprint(n), fmt.Sprint("id=", n), "mail=m", "sn=s"))
		}
		fixture.Aggregate(t, e, st, profile.RunOptions{}, map[string][]identity.Account{"HR": all})
		out := fixture.Aggregate(t, e, st, profile.RunOptions{}, map[string][]identity.Account{"HR": all[tc.gone:]})
		if out.Stats.Removed != tc.removed || (tc.removed == 0) != (len(out.Findings) == 1 && out.Findings[0].Code == "delete-threshold") {
			t.Errorf("threshold %d, %d of 20 gone: removed %d, want %d; %v", tc.threshold, tc.gone, out.Stats.Removed, tc.removed, out.Findings)
		}
	}
}

// A run that is cancelled or fails, wherever it is, leaves the store as it was.
func TestCancelledRunChangesNothing(t *testing.T) {
	m := newMutant(1)
	e, _ := m.tenant().Engine(t, profile.Options{})
	st := store.NewMemory()
	m.run(t, e, st, []string{"HR", "AD"}, false, false)
	before := stateOf(t, st)
	m.account()
	stages := 0
	for calls := 1; ; calls++ {
		ctx, cancel := context.WithCancel(t.Context())
		left := calls
		o := profile.RunOptions{Now: fixture.Now.AddDate(0, 0, 9), Incremental: calls%2 == 0}
		o.OnProgress = func(string, int, int) {
			if left--; left == 0 {
				cancel()
			}
		}
		var results int
		_, err := e.Aggregate(ctx, st, o, func(*profile.Result) { results++ }, m.source("HR"), m.source("VMS"), m.source("AD"))
		cancel()
		if left > 0 {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("cancelled at progress call %d: error %v", calls, err)
		}
		if diff := cmp.Diff(before, stateOf(t, st)); diff != "" {
			t.Fatalf("cancelled at progress call %d: the store changed:\n%s", calls, diff)
		}
		stages++
	}
	if stages < 3 {
		t.Errorf("%d progress calls", stages)
	}
}

func (m *mutant) source(name string) identity.Source {
	var list []identity.Account
	for n := range 12 {
		if a, ok := m.accounts[name][n]; ok {
			list = append(list, a)
		}
	}
	return known{feed.Slice(name, list...)}
}

// known is a source that recognises its accounts, as one that reads files does.
type known struct{ identity.Source }

func (k known) Unrecognized(ctx context.Context, known func(string, uint64) bool) iter.Seq2[identity.Account, error] {
	return func(yield func(identity.Account, error) bool) {
		for a, err := range k.Accounts(ctx) {
			text, broken := json.Marshal(a)
			if broken != nil {
				err = broken
			}
			h := fnv.New64a()
			h.Write(text)
			a.Fingerprint = h.Sum64()
			if err == nil && known(a.NativeIdentity, a.Fingerprint) {
				continue
			}
			if !yield(a, err) {
				return
			}
		}
	}
}

// fileOf copies a store into a file.
func fileOf(t *testing.T, st identity.Store) identity.Store {
	t.Helper()
	f, err := store.OpenFile(filepath.Join(t.TempDir(), "state"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	copyStore(t, st, f)
	return f
}

func reader(text string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
}
