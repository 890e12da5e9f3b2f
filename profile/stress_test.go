package profile_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/internal/fixture"
)

var campaign = flag.Duration("campaign", 200*time.Millisecond, "how long each stress test lasts")

// crowd is a tenant of some people with a directory account each; the mail domain tells runs apart.
func crowd(t *testing.T, people int, domain string) (*profile.Engine, []identity.Source) {
	t.Helper()
	c := fixture.Tenant{
		Profiles: []string{fixture.Profile("P", 1, "HR", "uid=HR.login", "email=HR.mail", "lastname=HR.login",
			`nick={"type":"upper","attributes":{"input":{"type":"accountAttribute","attributes":{"sourceName":"AD","attributeName":"owner"}}}}`)},
		Sources: []string{fixture.Source("HR"), fixture.Source("AD", "uid=owner")},
	}
	e, _ := c.Engine(t, profile.Options{})
	var hr, ad []identity.Account
	for i := range people {
		login := fmt.Sprintf("u%05d", i)
		hr = append(hr, fixture.Account(login, "login="+login, "mail="+login+"@"+domain))
		ad = append(ad, fixture.Account("cn"+login, "owner="+login))
	}
	return e, []identity.Source{feed.Slice("HR", hr...), feed.Slice("AD", ad...)}
}

// until calls f on several goroutines, again and again until the campaign is over.
func until(goroutines int, f func(worker, round int)) {
	var wg sync.WaitGroup
	deadline := time.Now().Add(*campaign)
	for w := range goroutines {
		wg.Go(func() {
			for round := 0; round == 0 || time.Now().Before(deadline); round++ {
				f(w, round)
			}
		})
	}
	wg.Wait()
}

// TestStressEngine: one engine serves many runs at once, some of which are left or cancelled,
// and each that comes to its end gives the same.
func TestStressEngine(t *testing.T) {
	e, sources := crowd(t, 3000, "x.example")
	run := func(ctx context.Context, workers, most int) (out string, err error) {
		n := 0
		for r, err := range e.Run(ctx, profile.RunOptions{Now: fixture.Now, Workers: workers}, sources...) {
			if err != nil {
				return "", err
			}
			out += r.Identity.Attributes.Row()
			if n++; n == most {
				return "", nil
			}
		}
		return out, nil
	}
	want, err := run(t.Context(), 1, -1)
	if err != nil {
		t.Fatal(err)
	}

	until(6, func(worker, round int) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		most := -1
		switch worker {
		case 0: // left in the middle
			most = round%2000 + 1
		case 1: // cancelled
			time.AfterFunc(time.Duration(round%50)*time.Millisecond, cancel)
		}
		got, err := run(ctx, worker%3+1, most)
		switch {
		case err != nil && !errors.Is(err, context.Canceled):
			t.Errorf("worker %d: %v", worker, err)
		case err == nil && most < 0 && got != want:
			t.Errorf("worker %d: another outcome", worker)
		}
	})
}

// TestStressSession: a session that several goroutines use, with runs that are cancelled, beside
// readers of its store: a reader sees everybody as one run has left them.
func TestStressSession(t *testing.T) {
	const people = 400
	e, before := crowd(t, people, "before.example")
	_, after := crowd(t, people, "after.example")
	file, err := store.OpenFile(filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()

	for name, st := range map[string]identity.Store{"memory": store.NewMemory(), "file": file} {
		t.Run(name, func(t *testing.T) {
			s := e.NewSession(st, profile.RunOptions{Workers: 2})
			if _, err := s.Aggregate(t.Context(), fixture.Now, nil, before...); err != nil {
				t.Fatal(err)
			}
			var runs, cancelled, reads atomic.Int64
			until(5, func(worker, round int) {
				if worker < 2 {
					readWhole(t, st, people)
					reads.Add(1)
					return
				}

				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if worker == 2 {
					time.AfterFunc(time.Duration(round%10)*time.Millisecond, cancel)
				}
				sources := before
				if (worker+round)%2 == 0 {
					sources = after
				}
				switch _, err := s.Aggregate(ctx, fixture.Now, nil, sources...); {
				case err == nil:
					runs.Add(1)
				case errors.Is(err, context.Canceled):
					cancelled.Add(1)
				default:
					t.Error(err)
				}
			})
			readWhole(t, st, people)
			t.Logf("%d runs, %d cancelled, %d reads", runs.Load(), cancelled.Load(), reads.Load())
		})
	}
}

// readWhole reads a store: everybody is there, and has the mail domain of one run.
func readWhole(t *testing.T, st identity.Store, people int) {
	n, domains := 0, map[string]int{}
	for i, err := range st.All(t.Context()) {
		if err != nil {
			t.Error(err)
			return
		}
		mail := i.Attributes.Get("email").Text()
		if len(mail) > 7 {
			domains[mail[7:]]++
		}
		n++
	}
	if n != people || len(domains) != 1 {
		t.Errorf("%d identities with the domains %v, want %d with one", n, domains, people)
	}
}
