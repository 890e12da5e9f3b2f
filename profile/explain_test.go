package profile_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/internal/fixture"
)

func explained(t *testing.T) (*profile.Engine, []identity.Source) {
	t.Helper()
	c := &fixture.Tenant{
		Profiles: []string{fixture.Profile("Employees", 10, "HR", fixture.HR("number=HR.id", "phone=AD.phone",
			`title={"type":"firstValid","attributes":{"values":[{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"title"}},{"type":"reference","attributes":{"id":"Rank"}}]}}`,
			`greeting={"type":"concat","attributes":{"values":["Dear ",{"type":"identityAttribute","attributes":{"name":"title"}}]}}`,
			`broken={"type":"dateCompare","attributes":{"firstDate":"2026-01-01T00:00:00.000Z","operator":"gt","secondDate":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"sn"}},"positiveCondition":"a","negativeCondition":"b"}}`,
		)...), fixture.Profile("Contractors", 20, "VMS")},
		Sources: []string{fixture.Source("HR"), fixture.Source("VMS"), fixture.Source("AD", "number=emp")},
		More:    []string{`{"name":"Rank","type":"lookup","attributes":{"input":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"grade"}},"table":{"7":"Director","default":"Staff"}}}`},
	}
	e, _ := c.Engine(t, profile.Options{})
	return e, []identity.Source{
		feed.Slice("HR", fixture.Account("1", "id=1", "mail=a@x", "sn=A", "grade=7"), fixture.Account("2", "id=2", "mail=b@x", "sn=B", "title=Boss")),
		feed.Slice("AD", fixture.At(3, fixture.Account("x", "emp=1", "phone=new")), fixture.At(2, fixture.Account("y", "emp=1", "phone=old")), fixture.At(1, fixture.Account("z", "emp=1"))),
	}
}

func TestExplain(t *testing.T) {
	e, sources := explained(t)
	tr, err := e.Explain(t.Context(), profile.RunOptions{Now: fixture.Now}, func(r *profile.Result) bool { return r.Identity.Alias == "1" }, nil, sources...)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	var walk func(s *profile.Step, indent string)
	walk = func(s *profile.Step, indent string) {
		line := indent + s.Place + " " + s.Operation + " " + s.Name + " = " + s.Output.Text()
		for _, more := range []string{s.Chosen, s.Account, s.Reason, s.Error} {
			if more != "" {
				line += " | " + more
			}
		}
		got = append(got, strings.TrimRight(line, " "))
		for _, c := range s.Steps {
			if c.Operation != "literal" || strings.HasPrefix(c.Place, "table") {
				walk(c, indent+"  ")
			}
		}
	}
	for _, a := range tr.Attributes {
		if slices.Contains([]string{"phone", "title", "greeting", "broken"}, a.Name) {
			got = append(got, a.Name+": "+a.Value.Text()+" "+a.Error)
			walk(a.Step, "")
		}
	}
	want := []string{
		"phone: old ",
		" accountAttribute phone = old | AD/y | the oldest of 3 that has a value, created 2025-01-02",
		"title: Director ",
		" firstValid  = Director | values[1]",
		"  values[0] accountAttribute title =  | HR/1 | the only account on HR has no title",
		"  values[1] reference Rank = Director",
		"     lookup  = Director | table[\"7\"]",
		"      input accountAttribute grade = 7 | HR/1 | the only one on the source",
		"      table[\"7\"] literal  = Director",
		"greeting: Dear Director ",
		" concat  = Dear Director",
		"  values[1] identityAttribute title = Director",
		`broken:  profile "Employees" > attribute "broken": dateCompare: wrong format: cannot parse "A" as ISO 8601 date-time with offset: expected a digit of the year at offset 0`,
		` dateCompare  =  | wrong format: cannot parse "A" as ISO 8601 date-time with offset: expected a digit of the year at offset 0`,
		"  secondDate accountAttribute sn = A | HR/1 | the only one on the source",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-want +got)\n%s", diff)
	}
	wantProfiles := []profile.ProfileTrace{{Name: "Employees", Priority: 10, Source: "HR", Account: "1", Chosen: true}, {Name: "Contractors", Priority: 20, Source: "VMS"}}
	if diff := cmp.Diff(wantProfiles, tr.Profiles); diff != "" {
		t.Errorf("profiles: mismatch (-want +got)\n%s", diff)
	}
	if len(tr.Accounts) != 4 || tr.Accounts[1].Criterion == "" || tr.Accounts[0].Criterion != "" {
		t.Errorf("accounts: %+v", tr.Accounts)
	}
}

// Only what was asked for is explained; a read inside is then explained in place.
func TestExplainSome(t *testing.T) {
	e, sources := explained(t)
	find := func(r *profile.Result) bool { return r.Identity.Alias == "2" }
	tr, err := e.Explain(t.Context(), profile.RunOptions{Now: fixture.Now}, find, []string{"greeting", "shoe"}, sources...)
	if err != nil {
		t.Fatal(err)
	}
	if len(tr.Attributes) != 2 || tr.Attributes[1].Note == "" || tr.Attributes[1].Step != nil {
		t.Fatalf("got %+v", tr.Attributes)
	}
	read := tr.Attributes[0].Step.Steps[1]
	if read.Operation != "identityAttribute" || len(read.Steps) != 1 || read.Steps[0].Operation != "firstValid" || read.Steps[0].Chosen != "values[0]" {
		t.Errorf("the read of another attribute: %+v", read)
	}
	if _, err := e.Explain(t.Context(), profile.RunOptions{}, func(*profile.Result) bool { return false }, nil, sources...); !errors.Is(err, identity.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
}

// What a trace says is what an evaluation gives.
func TestExplainAgrees(t *testing.T) {
	e, sources := explained(t)
	run := e.NewRun(profile.RunOptions{Now: fixture.Now})
	for r, err := range e.Run(t.Context(), profile.RunOptions{Now: fixture.Now}, sources...) {
		if err != nil {
			t.Fatal(err)
		}
		i := r.Identity.Clone()
		i.Attributes = identity.Attributes{}
		tr, err := run.Evaluator(t.Context()).Explain(i)
		if err != nil {
			t.Fatal(err)
		}
		if len(tr.Attributes) != r.Identity.Attributes.Schema().Len() {
			t.Errorf("%s: %d attributes are explained", i.Alias, len(tr.Attributes))
		}
		for _, a := range tr.Attributes {
			if want := r.Identity.Attribute(a.Name); !a.Result.Equal(want) || a.Error == "" && !a.Step.Output.Equal(want) {
				t.Errorf("%s %s: trace %s, step %s, result %s", i.Alias, a.Name, a.Result, a.Step.Output, want)
			}
		}
	}
}

// What is said of one person is what a run over everybody says, whoever it is and whatever the
// tenant looks like.
func TestExplainIsTheRun(t *testing.T) {
	narrow := 0
	for seed := range uint64(120) {
		m := newMutant(seed)
		m.variant[0] = int(seed % 5)
		if seed%3 > 0 { // without mappings that read others
			m.mapped &^= 1<<16 | 1<<17 | 1<<18 | 1<<20
		}
		e, _ := m.tenant().Engine(t, profile.Options{SnapshotOrder: m.snapshot})
		sources := []identity.Source{m.source("HR"), m.source("VMS"), m.source("AD")}
		var none heard
		o := m.options(&none)
		if seed%2 == 0 {
			st := store.NewMemory()
			m.run(t, e, st, []string{"HR", "VMS", "AD"}, false, false)
			m.change()
			o.Stored = st
		}
		if !e.ReadsOthers() {
			narrow++
		}
		for r, err := range e.Run(t.Context(), o, sources...) {
			if err != nil {
				t.Fatal(err)
			}
			var traces, results [2]string
			for i, find := range []func(*profile.Result) bool{
				func(x *profile.Result) bool { return x.Identity.ID == r.Identity.ID },
				func(x *profile.Result) bool { return len(x.Links) > 0 && x.Identity.ID == r.Identity.ID }, // only in the run
			} {
				trace, err := e.Explain(t.Context(), o, find, nil, sources...)
				if errors.Is(err, identity.ErrNotFound) && len(r.Links) == 0 {
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				var out heard
				out.add(t, trace.Result)
				traces[i], results[i] = jsonOf(t, trace), out.Results[0]
			}
			if len(r.Links) == 0 {
				continue
			}
			if diff := cmp.Diff(traces[1], traces[0]); diff != "" {
				t.Fatalf("seed %d, %s: mismatch (-run +one):\n%s", seed, r.Identity.Alias, diff)
			}
			var out heard
			out.add(t, r)
			if diff := cmp.Diff([]string{out.Results[0], out.Results[0]}, results[:]); diff != "" {
				t.Fatalf("seed %d, %s: the result (-run +explained):\n%s", seed, r.Identity.Alias, diff)
			}
		}
	}
	if narrow < 20 {
		t.Errorf("only %d tenants read nobody else", narrow)
	}
}
