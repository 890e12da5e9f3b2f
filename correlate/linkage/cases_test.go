package linkage

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCases(t *testing.T) {
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	a, b := RecordKey{Source: "AD", NativeIdentity: "1"}, RecordKey{Source: "HR", NativeIdentity: "7"}
	c := NewCases()
	apply := func(e Event) {
		t.Helper()
		e.A, e.B, e.At = a, b, at
		if err := c.Apply(e); err != nil {
			t.Fatal(err)
		}
	}
	apply(Event{Action: Decide, Verdict: CannotLink, By: "ann", Reason: "two people", Inputs: "x"})
	before, _ := c.Find(a, b)
	apply(Event{
		Action: Decide, Verdict: MustLink, By: "bo", Inputs: "y", Probability: 0.4,
		Candidates:  []Candidate{{ID: "HR/7", Probability: 0.4, Bits: -0.58}},
		Explanation: &Explanation{A: "AD/1", B: "HR/7", Band: Review, Fields: []Evidence{{Field: "surname", Level: "exact", M: 0.9, U: 0.1}}},
	})
	if must, _ := c.Decisions(); len(must) != 1 || must[0] != (Decided{A: "AD/1", B: "HR/7"}) {
		t.Errorf("must-links %v", must)
	}

	// Undoing gives back what was, byte for byte.
	apply(Event{Action: Undo, By: "bo"})
	after, _ := c.Find(a, b)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("undone: mismatch (-want +got):\n%s", diff)
	}

	// A decision holds when an input changes, and is asked about again.
	reopened, err := c.Check(at, func(_, _ RecordKey) string { return "z" })
	if err != nil || len(reopened) != 1 {
		t.Fatalf("reopened %v, %v", reopened, err)
	}
	if _, cannot := c.Decisions(); len(cannot) != 1 {
		t.Errorf("the decision went with its input: %v", cannot)
	}
	if again, _ := c.Check(at, func(_, _ RecordKey) string { return "z" }); len(again) != 0 {
		t.Errorf("reopened twice: %v", again)
	}

	// Written and read it is the same.
	var file bytes.Buffer
	if err := c.Write(&file); err != nil {
		t.Fatal(err)
	}
	read, found := ReadCases("cases.jsonl", &file)
	if len(found) > 0 {
		t.Fatal(found.Err())
	}
	if diff := cmp.Diff(c.List(), read.List()); diff != "" {
		t.Errorf("read: mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(c.Log(), read.Log()); diff != "" {
		t.Errorf("log: mismatch (-want +got):\n%s", diff)
	}
}

func TestCasesRefuse(t *testing.T) {
	c := NewCases()
	key := RecordKey{NativeIdentity: "1"}
	if err := c.Apply(Event{Action: Undo, A: key, B: key}); !errors.Is(err, ErrNoCase) {
		t.Errorf("undoing nothing gives %v", err)
	}
	_, found := ReadCases("cases.jsonl", strings.NewReader("{\"action\":\"decide\"}\nnot json\n"+
		`{"action":"decide","verdict":"perhaps","a":{"nativeIdentity":"1"},"b":{"nativeIdentity":"2"}}`+"\n"))
	if len(found) != 3 || found[1].Pos.Line != 2 {
		t.Errorf("findings: %v", found)
	}
}

// TestDecisionsCount: people decide, nothing else changes it.
func TestDecisionsCount(t *testing.T) {
	a, b := madePeople(400)
	free, err := Between(t.Context(), a, b, Options{})
	if err != nil {
		t.Fatal(err)
	}
	denied := free.Pairs[0]
	x, y := free.A.ID[denied.A], free.B.ID[denied.B]
	other := free.B.ID[(denied.B+7)%400]
	held, err := Between(t.Context(), a, b, Options{CannotLink: []Decided{{A: x, B: y}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range held.Pairs {
		if held.A.ID[p.A] == x && held.B.ID[p.B] == y {
			t.Errorf("a denied pair is %v", p.Band)
		}
	}
	held, err = Between(t.Context(), a, b, Options{MustLink: []Decided{{A: x, B: other}}})
	if err != nil {
		t.Fatal(err)
	}
	list := held.pairsOf(held.A.find(x))
	if len(list) != 1 || held.B.ID[list[0].B] != other || list[0].Band != Linked {
		t.Errorf("a pair that people linked: %+v", list)
	}
	within, err := Within(t.Context(), b, Options{MustLink: []Decided{{A: "00000001", B: "00000002"}, {A: "00000002", B: "00000003"}}, CannotLink: []Decided{{A: "00000004", B: "00000005"}}})
	if err != nil {
		t.Fatal(err)
	}
	if c := within.Clusters; c[1] != c[3] || c[4] == c[5] {
		t.Errorf("clusters %v", c[:6])
	}
}

// FuzzReadCases: any text is read without a panic, and what counts is written and read
// back as it is.
func FuzzReadCases(f *testing.F) {
	f.Add(`{"at":"2026-03-01T00:00:00Z","action":"decide","a":{"nativeIdentity":"1"},"b":{"nativeIdentity":"2"},"verdict":"must-link"}` + "\n" + `{"at":"2026-`)
	f.Add(`{"action":"undo","a":{"nativeIdentity":"1"},"b":{"nativeIdentity":"2"}}`)
	f.Add("\n\n{}\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, _ := ReadCases("cases.jsonl", strings.NewReader(text))
		var file bytes.Buffer
		if err := c.Write(&file); err != nil {
			t.Skip() // a time that JSON has no form for
		}
		again, found := ReadCases("cases.jsonl", &file)
		if len(found) > 0 {
			t.Fatal(found)
		}
		if diff := cmp.Diff(c.List(), again.List()); diff != "" {
			t.Error(diff)
		}
	})
}
