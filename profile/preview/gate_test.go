package preview_test

import (
	"strings"
	"testing"

	"github.com/idprofile/engine/profile/preview"
)

func TestGate(t *testing.T) {
	report := &preview.Report{
		Totals: preview.Totals{Before: 200, After: 200, People: 11, ExceptionsAfter: 3, Changes: map[preview.Kind]int{
			preview.Moved: 2, preview.ExceptionNew: 3, preview.ErrorAppeared: 1, preview.Created: 1, preview.Merged: 2, preview.AccountUnlinked: 1, preview.AccountMovedOut: 1,
		}},
		Attributes: []*preview.AttributeTotals{{Name: "email", Changed: 5}, {Name: "title", Cleared: 1, Errors: 1, Lost: 1}, {Name: "uid", Resolved: 1}},
	}
	for _, tc := range []struct{ name, gate, want string }{
		{"nothing", `{}`, ""},
		{"frozen", `{"frozen":["uid","phone","email"]}`, "frozen email: 5 of 200, allowed are 0; frozen uid: 1 of 200, allowed are 0"},
		{"clears", `{"noClear":["email","title"]}`, "noClear title: 2 of 200, allowed are 0"},
		{"exact number", `{"maxChanges":11,"maxMoves":2}`, ""},
		{"number", `{"maxChanges":10,"maxMoves":1}`, "maxChanges: 11 of 200, allowed are 10; maxMoves: 2 of 200, allowed are 1"},
		{"exact percentage", `{"maxChanges":"5.5%"}`, ""},
		{"percentage", `{"maxChanges":"5%","maxExceptions":"1%"}`, "maxChanges: 11 of 200, allowed are 5%; maxExceptions: 3 of 200, allowed are 1%"},
		{"zero", `{"maxNewExceptions":0,"maxNewErrors":0,"maxCreated":0,"maxRemoved":0,"maxUnlinked":0}`,
			"maxNewExceptions: 3 of 200, allowed are 0; maxNewErrors: 1 of 200, allowed are 0; maxCreated: 1 of 200, allowed are 0; maxRemoved: 2 of 200, allowed are 0; maxUnlinked: 2 of 200, allowed are 0"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			g, err := preview.ReadGate(strings.NewReader(tc.gate))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, b := range g.Check(report) {
				got = append(got, b.String())
			}
			if s := strings.Join(got, "; "); s != tc.want {
				t.Errorf("got  %s\nwant %s", s, tc.want)
			}
		})
	}
	if (*preview.Gate)(nil).Check(report) != nil {
		t.Error("no gate broke something")
	}
}

func TestGateErrors(t *testing.T) {
	for name, gate := range map[string]string{
		"unknown member": `{"maxChange":1}`, "negative": `{"maxMoves":-1}`, "text": `{"maxMoves":"many"}`, "no object": `[]`, "not a number": `{"maxMoves":"NaN"}`, "boolean": `{"maxMoves":true}`,
	} {
		if _, err := preview.ReadGate(strings.NewReader(gate)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzReadGate(f *testing.F) {
	f.Add(`{"frozen":["uid"],"maxChanges":"5%"}`)
	f.Add(`{"maxMoves":1e3}`)
	f.Fuzz(func(t *testing.T, src string) {
		g, err := preview.ReadGate(strings.NewReader(src))
		if err == nil && len(g.Check(&preview.Report{})) > 0 {
			t.Errorf("%s: nothing changes, and the gate is broken", src)
		}
	})
}
