package profile_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/internal/fixture"
	"github.com/idprofile/engine/transform"
)

// padded are people whose nick names are padded to a length that their account gives.
func padded(t *testing.T, lengths ...int) (*profile.Engine, []identity.Account) {
	t.Helper()
	nick := `={"type":"leftPad","attributes":{"length":"%d","padding":"ab","input":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"login"}}}}`
	mappings := []string{"uid=HR.login"}
	for i, length := range lengths {
		mappings = append(mappings, fmt.Sprint("nick", i)+fmt.Sprintf(nick, length))
	}

	c := fixture.Tenant{Profiles: []string{fixture.Profile("P", 1, "HR", mappings...)}, Sources: []string{fixture.Source("HR")}}
	e, _ := c.Engine(t, profile.Options{})

	var accounts []identity.Account
	for i := range 3000 {
		id := fmt.Sprintf("u%04d", i)
		accounts = append(accounts, fixture.Account(id, "login="+id))
	}
	return e, accounts
}

// TestTextLimits: what is kept of a value, an identity and a run is bounded, and what comes of
// it does not depend on the number of workers.
func TestTextLimits(t *testing.T) {
	tests := []struct {
		name    string
		lengths []int
		limits  transform.Limits
		codes   []string // of findings
		errors  []string // attributes with errors, of each identity
		fails   bool
	}{
		{"nothing is hit", []int{2000, 2000}, transform.Limits{}, nil, nil, false},
		{"a value", []int{1000, 1001}, transform.Limits{Value: 1000}, []string{"text-limit"}, []string{"nick1"}, false},
		{"an identity", []int{500, 600, 400}, transform.Limits{Identity: 1005}, []string{"text-limit"}, []string{"nick1"}, false},
		{"the run, just not", []int{transform.FreeText}, transform.Limits{Run: 100_000}, nil, nil, false},
		{"the run", []int{transform.FreeText + 100}, transform.Limits{Run: 100_000}, []string{"text-limit-run"}, nil, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e, accounts := padded(t, test.lengths...)
			var first string
			for _, workers := range []int{1, 4} {
				var found diag.List
				out, failed := "", error(nil)
				o := profile.RunOptions{
					Now:     fixture.Now,
					Limits:  test.limits,
					Workers: workers,
					Hooks:   profile.Hooks{OnFinding: func(d diag.Diagnostic) { found.Add(d) }},
				}
				for r, err := range e.Run(t.Context(), o, feed.Slice("HR", accounts...)) {
					if err != nil {
						failed = err
						break
					}
					var names []string
					for _, at := range r.Errors {
						names = append(names, at.Attribute)
						if !errors.Is(at.Err, transform.ErrLimit) {
							t.Errorf("error %v, want %v", at.Err, transform.ErrLimit)
						}
					}
					if diff := cmp.Diff(test.errors, names); diff != "" {
						t.Fatalf("%s: attributes with errors mismatch (-want +got):\n%s", r.Identity.Alias, diff)
					}
					out += r.Identity.Attributes.Row()
				}

				if test.fails != (failed != nil) || test.fails && !errors.Is(failed, transform.ErrLimit) {
					t.Fatalf("%d workers: error %v, want one: %t", workers, failed, test.fails)
				}
				var codes []string
				for _, d := range found {
					codes = append(codes, string(d.Code))
				}
				if diff := cmp.Diff(test.codes, codes); diff != "" {
					t.Errorf("findings mismatch (-want +got):\n%s", diff)
				}

				out += strings.ReplaceAll(fmt.Sprint(found, failed), "\n", " ")
				if first == "" {
					first = out
				} else if first != out {
					t.Errorf("another outcome with %d workers", workers)
				}
			}
		})
	}
}

// The limits of an identity and of a run hold step by step, too.
func TestTextLimitSteps(t *testing.T) {
	e, accounts := padded(t, transform.FreeText+100, 9000)
	steps := e.NewRun(profile.RunOptions{Now: fixture.Now, Limits: transform.Limits{Value: 8000, Run: 1000}}).Steps(t.Context())
	var excess int64
	for i := range 20 {
		accounts[i].Source = "HR"
		person := steps.Alone(profile.PlacedAccount{Account: accounts[i]})
		got, err := steps.Evaluate(&person)
		if err != nil {
			t.Fatal(err)
		}
		if !got.Full || len(got.Errors) != 1 || got.Excess < 100 || got.Excess > 200 {
			t.Fatalf("full %v, errors %v, excess %d; want one value that is too long, and somewhat over 100 bytes", got.Full, got.Errors, got.Excess)
		}
		excess += got.Excess
	}
	if err := steps.WithinTextLimit(1000); err != nil {
		t.Error(err)
	}
	if err := steps.WithinTextLimit(excess); !errors.Is(err, transform.ErrLimit) {
		t.Errorf("error %v, want %v", err, transform.ErrLimit)
	}
	if d := steps.TextLimit(20, "u0000"); d.Code != "text-limit" || !strings.Contains(d.Message, "for 20 identities (u0000)") {
		t.Errorf("unexpected finding %v", d)
	}
}
