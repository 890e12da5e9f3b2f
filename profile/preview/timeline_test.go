package preview_test

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/preview"
)

// TestTimeline: what the days change is what whole runs on these days differ in.
func TestTimeline(t *testing.T) {
	fsys := os.DirFS("../../examples/acme")
	b, _ := config.Load(fsys)
	e, _ := profile.Compile(b, profile.Options{})
	o := preview.TimelineOptions{
		Run:   profile.RunOptions{Workers: 2, Seed: b.Settings.Seed},
		Store: store.NewMemory(),
		From:  time.Date(2026, 1, 10, 0, 0, 0, 0, time.UTC),
		To:    time.Date(2026, 3, 31, 0, 0, 0, 0, time.UTC),
	}
	sources, _ := b.Accounts(fsys, nil)
	var got []string
	people, err := preview.Timeline(t.Context(), e, o, func(e preview.TimelineEvent) {
		got = append(got, fmt.Sprintf("%s %s %s: %v to %v", e.Day, e.Name, e.Attribute, e.From, e.To))
	}, sources...)
	if err != nil || people != 284 {
		t.Fatalf("%d people, %v", people, err)
	}

	var want []string
	var before map[string]*profile.Result
	for day := o.From; !day.After(o.To); day = day.AddDate(0, 0, 1) {
		after := map[string]*profile.Result{}
		run := o.Run
		run.Now = day
		for r, err := range e.Run(t.Context(), run, sources...) {
			if err != nil {
				t.Fatal(err)
			}
			after[r.Identity.Alias] = r
		}
		for name, r := range after {
			if before == nil {
				break
			}
			for _, attribute := range r.Identity.Attributes.Schema().Names() {
				if x, y := before[name].Identity.Attribute(attribute), r.Identity.Attribute(attribute); !x.Equal(y) {
					want = append(want, fmt.Sprintf("%s %s %s: %v to %v", day.Format(time.DateOnly), name, attribute, x, y))
				}
			}
		}
		before = after
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" || len(want) == 0 {
		t.Errorf("%d changes (-want +got):\n%s", len(want), diff)
	}
}

// TestTimelineDays: a timeline that cannot be is refused.
func TestTimelineDays(t *testing.T) {
	e, _ := profile.Compile(&config.Bundle{}, profile.Options{})
	day := time.Date(2026, 1, 10, 0, 0, 0, 0, time.UTC)
	for _, to := range []time.Time{day.AddDate(0, 0, -1), day.AddDate(11, 0, 0)} {
		_, err := preview.Timeline(t.Context(), e, preview.TimelineOptions{Store: store.NewMemory(), From: day, To: to}, nil)
		if err == nil {
			t.Errorf("to %v: no error", to)
		}
	}
}
