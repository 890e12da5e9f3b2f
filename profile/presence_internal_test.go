package profile

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/feed"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile/config"
)

const presenceTenant = `[{"id":"p","name":"People","priority":10,"authoritativeSource":{"type":"SOURCE","name":"HR"},
	"identityAttributeConfig":{"enabled":true,"attributeTransforms":[
		{"identityAttributeName":"uid","transformDefinition":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"id"}}}]}},
	{"id":"h","name":"HR","connector":"x","deleteThreshold":0},
	{"id":"a","name":"AD","connector":"x","deleteThreshold":0,
		"correlationConfigDetails":{"attributeAssignments":[{"property":"uid","value":"owner","operation":"EQ"}]}}]`

// legal says which combinations of what is known of an account may be met.
func legal(st accountState) bool {
	switch st.presence {
	case isNew:
		return st.difference == noDifference && !st.wasLinked && !st.pending
	case unread:
		return st.difference == noDifference && !st.pending
	case kept:
		return !st.pending || st.difference == dataDiffer
	case removed:
		return st.difference == noDifference && !st.pending && st.owner < 0
	case absent:
		return st == accountState{owner: -1, next: -1, presence: absent}
	}
	return false
}

// nextPresence are the transitions within a run, from its begin to its end.
var nextPresence = map[presence][]presence{unread: {unread, kept, removed}, absent: {absent}}

// Random runs over kept tables meet legal states and transitions only: what an
// account was stays what it was, and each run begins with the outcome of the last.
func TestPresence(t *testing.T) {
	b, _ := config.Load(fstest.MapFS{"tenant.json": {Data: []byte(presenceTenant)}})
	e, _ := Compile(b, Options{})
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		st := store.NewMemory()
		s := e.NewSession(st, RunOptions{Workers: 1 + int(seed%2)})
		met := map[presence]int{}
		for run := range 12 {
			var before []accountState
			if s.tables != nil {
				before = append(before, s.tables.state...)
			}
			tables := s.tables
			sources := randomSources(r)
			check := func() {
				if tables == nil {
					return
				}
				for n, now := range tables.state {
					met[now.presence]++
					if !legal(now) {
						t.Fatalf("seed %d, run %d: account %d is %+v", seed, run, n, now)
					}
					if n < len(before) && !slices.Contains(nextPresence[before[n].presence], now.presence) {
						t.Fatalf("seed %d, run %d: account %d went from %d to %d", seed, run, n, before[n].presence, now.presence)
					}
				}
			}
			s.opts.OnStage = func(string, time.Duration) { check() }
			if _, err := s.Aggregate(t.Context(), time.Unix(int64(run), 0), nil, sources...); err != nil {
				t.Fatal(err)
			}
			for n, now := range s.tables.state {
				if !legal(now) || now.presence != unread && now.presence != absent {
					t.Fatalf("seed %d, after run %d: account %d is %+v", seed, run, n, now)
				}
			}
		}
		for _, want := range []presence{isNew, unread, kept, removed, absent} {
			if met[want] == 0 {
				t.Errorf("seed %d: presence %d was never met", seed, want)
			}
		}
	}
}

// randomSources gives some accounts of one or both sources, now and then twice,
// all of them or as changes.
func randomSources(r *rand.Rand) []identity.Source {
	var sources []identity.Source
	for _, name := range []string{"HR", "AD"} {
		var list []identity.Account
		for id := range 8 {
			for range r.IntN(3) {
				list = append(list, identity.Account{NativeIdentity: fmt.Sprint(name, id), Attributes: identity.NewAttributes(map[string]identity.Value{
					"id": identity.StringValue(fmt.Sprint(id)), "owner": identity.StringValue(fmt.Sprint(r.IntN(8))),
				})})
			}
		}
		switch r.IntN(3) {
		case 0:
			sources = append(sources, feed.Slice(name, list...))
		case 1:
			sources = append(sources, feed.Changes(name, list[:len(list)/2], fmt.Sprint(name, r.IntN(8))))
		}
	}
	return sources
}
