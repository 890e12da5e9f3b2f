// Package storetest holds the conformance suite of [nonemployee.Store]. Every
// implementation runs it from a test of its own:
//
//	storetest.Run(t, func(t *testing.T) nonemployee.Store { return nonemployee.NewMemory() })
package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/idprofile/engine/identity/nonemployee"
)

// Run runs the suite; open gives an empty store each time.
func Run(t *testing.T, open func(*testing.T) nonemployee.Store) {
	for _, c := range []struct {
		name string
		test func(*testing.T, nonemployee.Store)
	}{
		{"values of all kinds come back as they were", roundTrip},
		{"missing objects", absent},
		{"versions count up", versions},
		{"stale versions are refused", stale},
		{"unique keys are enforced", unique},
		{"unique keys may move in one commit", move},
		{"lists go by kind and parent", lists},
		{"a refused commit changes nothing", allOrNothing},
		{"of parallel commits one wins", parallel},
		{"a cancelled context changes nothing", cancelled},
		{"a large commit", large},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

func record(id, parent, unique string, version int64) nonemployee.Object {
	r := &nonemployee.Record{ID: id, SourceID: parent}
	r.AccountName, r.Data = unique, map[string]string{"team": "blue"}
	return nonemployee.Object{Kind: nonemployee.KindRecord, ID: id, Parent: parent, Unique: unique, Version: version,
		Value: r}
}

func put(o nonemployee.Object) nonemployee.Change { return nonemployee.Change{Object: o} }

func remove(o nonemployee.Object) nonemployee.Change {
	return nonemployee.Change{Object: o, Delete: true}
}

func commit(t *testing.T, s nonemployee.Store, changes ...nonemployee.Change) {
	t.Helper()
	if err := s.Commit(t.Context(), changes); err != nil {
		t.Fatalf("Commit: %v", err)
	}
}

func conflict(t *testing.T, s nonemployee.Store, changes ...nonemployee.Change) {
	t.Helper()
	if err := s.Commit(t.Context(), changes); !errors.Is(err, nonemployee.ErrConflict) {
		t.Fatalf("Commit gave %v, want ErrConflict", err)
	}
}

// ids gives the sorted ids of a list.
func ids(t *testing.T, s nonemployee.Store, kind nonemployee.Kind, parent string) []string {
	t.Helper()
	out := []string{}
	for o, err := range s.List(t.Context(), kind, parent) {
		if err != nil {
			t.Fatalf("List: %v", err)
		}
		out = append(out, o.ID)
	}

	slices.Sort(out)
	return out
}

func want(t *testing.T, what string, want, got any) {
	t.Helper()
	if !reflect.DeepEqual(want, got) {
		t.Errorf("%s mismatch:\nwant %+v\ngot  %+v", what, want, got)
	}
}

func roundTrip(t *testing.T, s nonemployee.Store) {
	at := nonemployee.At(time.Date(2026, 3, 10, 23, 30, 0, 123_000_000, time.FixedZone("", -5*3600)))

	// The text has what stores and codecs stumble over: quotes, line ends of two kinds, and a letter
	// of two UTF-16 units. The time has another zone and a fraction.
	text := "ÄÖ \"quoted\"\n\t, ' \\ \u2028 漢字 🙂"
	values := nonemployee.Values{AccountName: text, FirstName: text, StartDate: at,
		Data: map[string]string{"a.b": text}}
	ref := nonemployee.Ref{Type: nonemployee.TypeIdentity, ID: "p1", Name: text}
	for _, o := range []nonemployee.Object{
		{Kind: nonemployee.KindSource, ID: "1", Unique: "isc",
			Value: &nonemployee.Source{ID: "1", Name: text, Owner: ref, Approvers: []nonemployee.Ref{ref},
				AccountManagers: []nonemployee.Ref{}, Created: at}},
		{Kind: nonemployee.KindAttribute, ID: "1", Parent: "s", Unique: "x",
			Value: &nonemployee.Attribute{ID: "1", Label: text, Required: true, Order: 9}},
		{Kind: nonemployee.KindRecord, ID: "1", Parent: "s", Unique: text,
			Value: &nonemployee.Record{ID: "1", Values: values, Created: at}},
		{Kind: nonemployee.KindRequest, ID: "1", Parent: "s",
			Value: &nonemployee.Request{ID: "1", Values: values, Requester: ref, Status: nonemployee.Rejected,
				Comment: text}},
		{Kind: nonemployee.KindApproval, ID: "1", Parent: "r",
			Value: &nonemployee.Approval{ID: "1", Approver: ref, Order: 2, Status: nonemployee.NotReady}},
		{Kind: nonemployee.KindJob, ID: "1", Parent: "s",
			Value: &nonemployee.Job{ID: "1", Status: nonemployee.JobError, Problem: text}},
		{Kind: nonemployee.KindReminder, ID: "1", Parent: "s", Value: &nonemployee.Reminder{EndDate: at}},
		{Kind: nonemployee.KindGuard, ID: "1", Value: &nonemployee.Guard{Count: 7, Serial: 8}},
	} {
		commit(t, s, put(o))
		got, err := s.Get(t.Context(), o.Kind, o.ID)
		if err != nil {
			t.Fatalf("Get %s: %v", o.Kind, err)
		}

		// The store counts versions itself: the first commit makes the first.
		o.Version = 1
		want(t, string(o.Kind), o, got)
		if o.Unique != "" {
			got, err = s.Find(t.Context(), o.Kind, o.Parent, o.Unique)
			if err != nil {
				t.Fatalf("Find %s: %v", o.Kind, err)
			}
			want(t, "found "+string(o.Kind), o, got)
		}
	}
}

func absent(t *testing.T, s nonemployee.Store) {
	commit(t, s, put(record("a", "s", "", 0)))
	for what, err := range map[string]error{
		"Get":               second(s.Get(t.Context(), nonemployee.KindRecord, "b")),
		"Get other kind":    second(s.Get(t.Context(), nonemployee.KindSource, "a")),
		"Find":              second(s.Find(t.Context(), nonemployee.KindRecord, "s", "x")),
		"Find without key":  second(s.Find(t.Context(), nonemployee.KindRecord, "s", "")),
		"Find other parent": second(s.Find(t.Context(), nonemployee.KindRecord, "q", "a")),
	} {
		if !errors.Is(err, nonemployee.ErrNotFound) {
			t.Errorf("%s gave %v, want ErrNotFound", what, err)
		}
	}

	want(t, "empty list", []string{}, ids(t, s, nonemployee.KindJob, ""))
}

func second(_ nonemployee.Object, err error) error { return err }

func versions(t *testing.T, s nonemployee.Store) {
	for v := range int64(3) {
		commit(t, s, put(record("a", "s", "k", v)))
		o, err := s.Get(t.Context(), nonemployee.KindRecord, "a")
		if err != nil || o.Version != v+1 {
			t.Fatalf("version %d, %v, want %d", o.Version, err, v+1)
		}
	}

	commit(t, s, remove(record("a", "s", "", 3)))
	commit(t, s, put(record("a", "s", "k", 0))) // may come again
}

func stale(t *testing.T, s nonemployee.Store) {
	commit(t, s, put(record("a", "s", "k", 0)))
	commit(t, s, put(record("a", "s", "k", 1)))
	conflict(t, s, put(record("a", "s", "k", 0)))
	conflict(t, s, put(record("a", "s", "k", 1)))
	conflict(t, s, put(record("a", "s", "k", 3)))
	conflict(t, s, put(record("b", "s", "m", 1)))
	conflict(t, s, remove(record("a", "s", "", 1)))
	conflict(t, s, remove(record("b", "s", "", 0)))
	want(t, "list", []string{"a"}, ids(t, s, nonemployee.KindRecord, ""))
}

func unique(t *testing.T, s nonemployee.Store) {
	commit(t, s, put(record("a", "s", "k", 0)), put(record("b", "q", "k", 0)), put(record("c", "s", "", 0)),
		put(record("d", "s", "", 0)))
	conflict(t, s, put(record("e", "s", "k", 0)))
	conflict(t, s, put(record("c", "s", "k", 1)))
	conflict(t, s, put(record("e", "s", "m", 0)), put(record("f", "s", "m", 0)))
	commit(t, s, put(record("a", "s", "", 1))) // gives the key up
	commit(t, s, put(record("c", "s", "k", 1)))
	o, err := s.Find(t.Context(), nonemployee.KindRecord, "s", "k")
	if err != nil || o.ID != "c" {
		t.Errorf("Find gave %q, %v", o.ID, err)
	}
}

func move(t *testing.T, s nonemployee.Store) {
	commit(t, s, put(record("a", "s", "k", 0)), put(record("b", "s", "m", 0)))
	commit(t, s, put(record("a", "s", "m", 1)), put(record("b", "s", "k", 1)))   // swap
	commit(t, s, put(record("c", "s", "k", 0)), remove(record("b", "s", "", 2))) // deletion first
	o, err := s.Find(t.Context(), nonemployee.KindRecord, "s", "k")
	if err != nil || o.ID != "c" {
		t.Errorf("Find gave %q, %v", o.ID, err)
	}
}

func lists(t *testing.T, s nonemployee.Store) {
	commit(t, s, put(record("a", "s", "", 0)), put(record("b", "s", "", 0)), put(record("c", "q", "", 0)))
	commit(t, s, put(nonemployee.Object{Kind: nonemployee.KindGuard, ID: "a", Value: &nonemployee.Guard{}}))
	want(t, "all", []string{"a", "b", "c"}, ids(t, s, nonemployee.KindRecord, ""))
	want(t, "of s", []string{"a", "b"}, ids(t, s, nonemployee.KindRecord, "s"))
	want(t, "of nobody", []string{}, ids(t, s, nonemployee.KindRecord, "x"))
	commit(t, s, remove(record("a", "s", "", 1)), put(record("b", "q", "", 1)))
	want(t, "of s later", []string{}, ids(t, s, nonemployee.KindRecord, "s"))
	want(t, "of q later", []string{"b", "c"}, ids(t, s, nonemployee.KindRecord, "q"))
	for range s.List(t.Context(), nonemployee.KindRecord, "") {
		break // releases everything
	}
	commit(t, s, put(record("d", "s", "", 0)))
}

func allOrNothing(t *testing.T, s nonemployee.Store) {
	commit(t, s, put(record("a", "s", "k", 0)), put(record("z", "s", "y", 0)))
	conflict(t, s, put(record("b", "s", "m", 0)), remove(record("z", "s", "", 1)), put(record("a", "s", "n", 9)))
	conflict(t, s, put(record("a", "s", "n", 1)), put(record("b", "s", "y", 0)))
	want(t, "list", []string{"a", "z"}, ids(t, s, nonemployee.KindRecord, ""))
	o, err := s.Find(t.Context(), nonemployee.KindRecord, "s", "k")
	if err != nil || o.ID != "a" || o.Version != 1 {
		t.Errorf("Find gave %q version %d, %v", o.ID, o.Version, err)
	}
}

func parallel(t *testing.T, s nonemployee.Store) {
	commit(t, s, put(nonemployee.Object{Kind: nonemployee.KindGuard, ID: "g", Value: &nonemployee.Guard{}}))
	const workers, each = 4, 5
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for done := 0; done < each; {
				o, err := s.Get(t.Context(), nonemployee.KindGuard, "g")
				if err != nil {
					t.Error(err)
					return
				}

				g, _ := o.Value.(*nonemployee.Guard)
				o.Value = &nonemployee.Guard{Count: g.Count + 1}
				err = s.Commit(t.Context(), []nonemployee.Change{put(o)})
				if err == nil {
					done++
				} else if !errors.Is(err, nonemployee.ErrConflict) {
					t.Error(err)
					return
				}
			}
		})
	}

	wg.Wait()
	o, err := s.Get(t.Context(), nonemployee.KindGuard, "g")
	if err != nil {
		t.Fatal(err)
	}
	want(t, "counter", &nonemployee.Guard{Count: workers * each}, o.Value)
	want(t, "version", int64(workers*each+1), o.Version)
}

func cancelled(t *testing.T, s nonemployee.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Commit(ctx, []nonemployee.Change{put(record("a", "s", "", 0))}); !errors.Is(err, context.Canceled) {
		t.Errorf("Commit gave %v, want context.Canceled", err)
	}
	commit(t, s, put(record("b", "s", "", 0)))
	var last error
	for _, err := range s.List(ctx, nonemployee.KindRecord, "") {
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("List ended with %v, want context.Canceled", last)
	}
	want(t, "list", []string{"b"}, ids(t, s, nonemployee.KindRecord, ""))
}

func large(t *testing.T, s nonemployee.Store) {
	const n = 2000
	changes := make([]nonemployee.Change, n)
	for i := range changes {
		changes[i] = put(record(fmt.Sprint("id", i), "s", fmt.Sprint("name", i), 0))
	}
	commit(t, s, changes...)
	want(t, "number", n, len(ids(t, s, nonemployee.KindRecord, "s")))
	changes[n-1] = put(record("last", "s", "name0", 0))
	conflict(t, s, changes[n-1])
}
