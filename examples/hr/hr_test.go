package hr_test

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/examples/hr"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
)

// run evaluates a folder, with its own files or with sources.
func run(t *testing.T, folder string, sources ...identity.Source) (lines []string) {
	t.Helper()
	bundle, found := config.Load(os.DirFS(folder))
	if found.HasErrors() {
		t.Fatal(found)
	}
	if sources == nil {
		sources, found = bundle.Accounts(os.DirFS(folder), nil)
		if found.HasErrors() {
			t.Fatal(found)
		}
	}
	engine, problems := profile.Compile(bundle, profile.Options{})
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	uids := map[string]string{}
	var results []*profile.Result
	for r, err := range engine.Run(t.Context(), profile.RunOptions{Now: time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC)}, sources...) {
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, r)
		uids[r.Identity.ID] = r.Identity.Attribute("uid").Text()
	}
	for _, r := range results {
		i := r.Identity
		lines = append(lines, fmt.Sprintf("%s %s, since %s, %s, manager %q", i.Attribute("uid").Text(), i.Attribute("email").Text(),
			i.Attribute("startDate").Text(), i.Attribute("cloudLifecycleState").Text(), uids[i.ManagerID]))
	}
	return lines
}

func TestWorkday(t *testing.T) {
	want := []string{
		`000007 zoe.oneil@acme.example, since 2015-02-02T00:00:00.000Z, inactive, manager "000123"`,
		`000123 ana.silva@acme.example, since 2019-04-01T00:00:00.000Z, active, manager ""`,
		`000124 bo.berg@acme.example, since 2021-11-15T00:00:00.000Z, onLeave, manager "000123"`,
	}
	if diff := cmp.Diff(want, run(t, "workday")); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

func TestSuccessFactors(t *testing.T) {
	open := func() (io.ReadCloser, error) { return os.Open("successfactors/employees.json") }
	want := []string{
		`80001 ana.silva@acme.example, since 2019-04-01, active, manager ""`,
		`80002 bo.berg@acme.example, since 2021-11-15, onLeave, manager "80001"`,
	}
	if diff := cmp.Diff(want, run(t, "successfactors", hr.SuccessFactors("SuccessFactors", "userId", open))); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	for text, want := range map[string]string{
		`{"d":{"results":[],"__next":"x"}}`: "the answer is a page of several: the rest is at x", `{}`: "the answer has no d.results",
		`{"d":{"results":[{}]}}`: "entry 1 has no userId", `{"d":`: "unexpected EOF",
	} {
		src := hr.SuccessFactors("S", "userId", func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil })
		for _, err := range src.Accounts(t.Context()) {
			if err == nil || err.Error() != "S: "+want {
				t.Errorf("%s: error %v, want %s", text, err, want)
			}
		}
	}
}
