package profile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/idprofile/engine/correlate/linkage"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/internal/fixture"
)

func recordOf(source, id string) linkage.RecordKey {
	return linkage.RecordKey{Source: source, NativeIdentity: id}
}

// decide appends events to the log of a store.
func decide(t *testing.T, st identity.Store, events ...linkage.Event) {
	t.Helper()
	cases := linkage.NewCases()
	if err := cases.Load(t.Context(), st); err != nil {
		t.Fatal(err)
	}
	for n, e := range events {
		e.At = fixture.Now.Add(time.Duration(n) * time.Second)
		if err := cases.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := cases.Save(t.Context(), st); err != nil {
		t.Fatal(err)
	}
}

// owners tells whose each account is.
func owners(t *testing.T, st identity.Store) map[string]string {
	t.Helper()
	out := map[string]string{}
	for i, err := range st.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range i.Accounts {
			out[a.Key().String()] = i.Alias
		}
	}
	for a, err := range st.Uncorrelated(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		out[a.Key().String()] = ""
	}
	return out
}

// What people decided holds in every run, whatever the criteria say, and taking it back
// gives back what was before.
func TestDecisions(t *testing.T) {
	c := fixture.People(10, 20)
	data := map[string][]identity.Account{
		"HR":  {fixture.Account("1", "id=1", "mail=a@x", "sn=Lee"), fixture.Account("2", "id=2", "mail=b@x", "sn=Poe")},
		"VMS": {fixture.Account("v", "id=v", "mail=v@x", "sn=Lee", "emp=1"), fixture.Account("w", "id=w", "mail=w@x", "sn=Kay")},
		"AD":  {fixture.Account("x", "emp=1"), fixture.Account("y", "emp=nobody"), fixture.Account("z", "emp=2")},
	}
	locked := fixture.Account("l", "emp=1")
	locked.ManuallyCorrelated = true
	data["AD"] = append(data["AD"], locked)

	must := func(a, b linkage.RecordKey) linkage.Event {
		return linkage.Event{Action: linkage.Decide, Verdict: linkage.MustLink, A: a, B: b, By: "ann", Reason: "asked him"}
	}
	cannot := func(a, b linkage.RecordKey) linkage.Event {
		e := must(a, b)
		e.Verdict = linkage.CannotLink
		return e
	}
	undo := func(a, b linkage.RecordKey) linkage.Event {
		return linkage.Event{Action: linkage.Undo, A: a, B: b, By: "ann"}
	}
	hr1, hr2, x, y, z, w, l := recordOf("HR", "1"), recordOf("HR", "2"), recordOf("AD", "x"), recordOf("AD", "y"), recordOf("AD", "z"), recordOf("VMS", "w"), recordOf("AD", "l")

	before := map[string]string{
		"HR/1": "1", "HR/2": "2", "VMS/v": "1", "VMS/w": "w", "AD/x": "1", "AD/y": "", "AD/z": "2", "AD/l": "",
	}
	for _, tc := range []struct {
		name     string
		late     bool // decided after a first run
		decided  []linkage.Event
		want     map[string]string // what is other than before
		findings string
		undone   []linkage.Event
	}{
		{"nobody found it", true, []linkage.Event{must(y, hr2)}, map[string]string{"AD/y": "2"}, "", []linkage.Event{undo(y, hr2)}},
		{"a criterion found somebody else", true, []linkage.Event{must(x, hr2)}, map[string]string{"AD/x": "2"}, "", []linkage.Event{undo(x, hr2)}},
		{"a criterion found the wrong one", true, []linkage.Event{cannot(x, hr1)}, map[string]string{"AD/x": ""}, "", []linkage.Event{undo(x, hr1)}},
		{"a decision replaces another one", true, []linkage.Event{must(x, hr2), cannot(x, hr2)}, nil, "", []linkage.Event{undo(x, hr2), undo(x, hr2)}},
		{"no effect", true, []linkage.Event{must(z, hr2), cannot(z, hr1)}, nil, "", []linkage.Event{undo(z, hr2), undo(z, hr1)}},
		{"the last counts", true, []linkage.Event{must(y, hr1), must(y, hr2)}, map[string]string{"AD/y": "2"}, "", []linkage.Event{undo(y, hr2), undo(y, hr1)}},
		{"locked by hand", true, []linkage.Event{must(l, hr1)}, nil, "", []linkage.Event{undo(l, hr1)}},
		{"nobody there", true, []linkage.Event{must(recordOf("AD", "?"), hr1)}, nil, "decision-unknown", []linkage.Event{undo(recordOf("AD", "?"), hr1)}},
		{"identities stay", true, []linkage.Event{must(w, hr1)}, nil, "decision-late", []linkage.Event{undo(w, hr1)}},
		{"before there are identities", false, []linkage.Event{must(w, hr2)}, map[string]string{"VMS/w": "2"}, "", nil},
		{"two people", false, []linkage.Event{cannot(recordOf("VMS", "v"), hr1)}, map[string]string{"VMS/v": "v", "AD/x": ""}, "", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e, _ := c.Engine(t, profile.Options{})
			st := store.NewMemory()
			run := func() string {
				out := fixture.Aggregate(t, e, st, profile.RunOptions{}, data)
				var codes []string
				for _, d := range out.Findings {
					if strings.HasPrefix(string(d.Code), "decision") {
						codes = append(codes, string(d.Code))
					}
				}
				return strings.Join(codes, " ")
			}
			if tc.late {
				run()
			}
			decide(t, st, tc.decided...)
			want := map[string]string{}
			for k, v := range before {
				want[k] = v
			}
			for k, v := range tc.want {
				want[k] = v
			}

			for n := range 2 { // a second run finds nothing to do
				if codes := run(); codes != tc.findings {
					t.Errorf("run %d: findings %q, want %q", n, codes, tc.findings)
				}
				if diff := cmp.Diff(want, owners(t, st)); diff != "" {
					t.Errorf("run %d: mismatch (-want +got):\n%s", n, diff)
				}
			}
			if len(tc.undone) == 0 {
				return
			}
			decide(t, st, tc.undone...)
			for n := range 2 {
				run()
				if diff := cmp.Diff(before, owners(t, st)); diff != "" {
					t.Errorf("taken back, run %d: mismatch (-before +after):\n%s", n, diff)
				}
			}
		})
	}
}

// A run without a store takes its decisions from the options, and a run into a store
// keeps them there.
func TestDecisionsOfOptions(t *testing.T) {
	e, _ := fixture.People(10, 20).Engine(t, profile.Options{})
	data := map[string][]identity.Account{
		"HR": {fixture.Account("1", "id=1", "mail=a@x", "sn=Lee")},
		"AD": {fixture.Account("y", "emp=nobody")},
	}
	cases := linkage.NewCases()
	err := cases.Apply(linkage.Event{Action: linkage.Decide, Verdict: linkage.MustLink, A: recordOf("AD", "y"), B: recordOf("HR", "1"), At: fixture.Now})
	if err != nil {
		t.Fatal(err)
	}
	st := store.NewMemory()
	for range 2 {
		fixture.Aggregate(t, e, st, profile.RunOptions{Cases: cases}, data)
		kept := linkage.NewCases()
		if err := kept.Load(t.Context(), st); err != nil {
			t.Fatal(err)
		}
		if len(kept.Log()) != 2 || kept.Log()[1].Action != linkage.Applied {
			t.Errorf("the log is %+v", kept.Log())
		}
	}
	if got := owners(t, st)["AD/y"]; got != "1" {
		t.Errorf("the account belongs to %q", got)
	}
}

// randomDecision is an event about any accounts.
func (m *mutant) randomDecision(cases *linkage.Cases) linkage.Event {
	a := recordOf([]string{"AD", "AD", "AD", "VMS"}[m.IntN(4)], fmt.Sprint(m.IntN(12)))
	b := recordOf([]string{"HR", "HR", "VMS"}[m.IntN(3)], fmt.Sprint(m.IntN(12)))
	e := linkage.Event{Action: linkage.Decide, Verdict: linkage.MustLink, A: a, B: b, By: "ann", At: m.now.Add(time.Duration(m.IntN(1e6)))}
	if m.IntN(2) == 0 {
		e.Verdict = linkage.CannotLink
	}
	if list := cases.List(); len(list) > 0 && m.IntN(3) == 0 {
		one := list[m.IntN(len(list))]
		e.Action, e.Verdict, e.A, e.B = linkage.Undo, "", one.A, one.B
	}
	return e
}

func logOf(t *testing.T, st identity.Store) (log []string) {
	t.Helper()
	for d, err := range st.Decisions(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		log = append(log, d.Event)
	}
	return log
}

// With decisions that come and go at random, sessions and incremental runs leave what
// full runs leave: the same links, attributes and log.
func TestSessionDecides(t *testing.T) {
	applied := 0
	for seed := range uint64(12) {
		m := newMutant(seed + 1000)
		base := store.NewMemory()
		given := map[string]map[int]identity.Account{"HR": {}, "VMS": {}, "AD": {}}
		e, _ := m.tenant().Engine(t, profile.Options{SnapshotOrder: m.snapshot})
		s := m.session(t, e, base, given)
		sources := []string{"HR", "VMS", "AD"}
		for step := range 20 {
			cases := linkage.NewCases()
			if err := cases.Load(t.Context(), base); err != nil {
				t.Fatal(err)
			}
			for range m.IntN(4) {
				if err := cases.Apply(m.randomDecision(cases)); err != nil {
					t.Fatal(err)
				}
			}
			if err := cases.Save(t.Context(), base); err != nil {
				t.Fatal(err)
			}

			fullStore, nextStore := store.NewOverlay(base), store.NewOverlay(base)
			full := m.changedOnly(t, e, fullStore, sources)
			next := m.run(t, e, nextStore, sources, true, false)
			if diff := cmp.Diff(full.State, withoutDetails(next.State)); diff != "" {
				t.Fatalf("seed %d, step %d: mismatch (-full +incremental):\n%s", seed, step, diff)
			}
			wantLog, nextLog := logOf(t, fullStore), logOf(t, nextStore) // before the store below changes
			got := s.run(t, m, sources)
			ignored := cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "evaluated" }, cmp.Ignore())
			if diff := cmp.Diff(full, got, cmp.AllowUnexported(outcomeOf{}), cmpopts.EquateEmpty(), ignored); diff != "" {
				t.Fatalf("seed %d, step %d: mismatch (-full +session):\n%s", seed, step, diff)
			}
			log := logOf(t, base)
			if diff := cmp.Diff(wantLog, log); diff != "" {
				t.Fatalf("seed %d, step %d: log: mismatch (-full +session):\n%s", seed, step, diff)
			}
			if !slices.Equal(nextLog, log) {
				t.Fatalf("seed %d, step %d: the incremental run has another log", seed, step)
			}
			applied = max(applied, len(cases.Effects()))
			for range m.IntN(4) {
				m.account()
			}
		}
	}
	if applied < 3 {
		t.Errorf("%d decisions had an effect at once", applied)
	}
}

// Whatever was decided about accounts of sources that make no identities: when all of it is
// taken back, everybody has what they had.
func TestDecisionsTakenBack(t *testing.T) {
	changed := 0
	for seed := range uint64(40) {
		m := newMutant(seed + 2000)
		e, _ := m.tenant().Engine(t, profile.Options{SnapshotOrder: m.snapshot})
		st := store.NewMemory()
		sources := []string{"HR", "VMS", "AD"}
		run := func() map[string]string {
			m.run(t, e, st, sources, m.IntN(2) == 0, false)
			return owners(t, st)
		}
		run()
		run() // what was late in the first run
		before := run()

		for range 3 {
			cases := linkage.NewCases()
			if err := cases.Load(t.Context(), st); err != nil {
				t.Fatal(err)
			}
			for range 4 {
				if d := m.randomDecision(cases); d.A.Source == "AD" {
					if err := cases.Apply(d); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := cases.Save(t.Context(), st); err != nil {
				t.Fatal(err)
			}
			if !cmp.Equal(before, run()) {
				changed++
			}
		}

		cases := linkage.NewCases()
		if err := cases.Load(t.Context(), st); err != nil {
			t.Fatal(err)
		}
		for left := cases.List(); len(left) > 0; left = cases.List() {
			if err := cases.Apply(linkage.Event{Action: linkage.Undo, A: left[0].A, B: left[0].B, At: m.now}); err != nil {
				t.Fatal(err)
			}
		}
		if err := cases.Save(t.Context(), st); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, run()); diff != "" {
			t.Fatalf("seed %d: mismatch (-before +taken back):\n%s\n%s", seed, diff, strings.Join(logOf(t, st), "\n"))
		}
	}
	if changed < 10 {
		t.Errorf("decisions have changed something %d times", changed)
	}
}
