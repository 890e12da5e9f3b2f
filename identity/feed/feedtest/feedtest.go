// Package feedtest is the suite that every feed has to pass: what a run relies on
// when it reads accounts, whatever they are read from.
package feedtest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"runtime"
	"slices"
	"testing"

	"github.com/idprofile/engine/identity"
)

// Feed is a feed to be tested. Functions that are nil leave their part out.
type Feed struct {
	// Source returns a source with that many accounts, all different, the same
	// ones each time that it is called.
	Source func(t testing.TB, accounts int) identity.Source

	// Broken returns a source that fails after some of its accounts.
	Broken func(t testing.TB) identity.Source

	// Refusing returns a source some of whose accounts cannot be read, and how
	// many these are.
	Refusing func(t testing.TB) (source identity.Source, refused int)

	// Before and After return a source before and after some changes. Changes is
	// the source of these changes; known are the accounts of Before.
	Before, After func(t testing.TB) identity.Source
	Changes       func(t testing.TB, known func() iter.Seq[identity.Account]) identity.Changes
}

// Run tests the feed.
func Run(t *testing.T, f Feed) {
	t.Run("all accounts each time", func(t *testing.T) { again(t, f) })
	t.Run("left early and read again", func(t *testing.T) { leave(t, f) })
	t.Run("cancelled", func(t *testing.T) { cancelled(t, f) })
	t.Run("memory", func(t *testing.T) { memory(t, f) })
	if f.Broken != nil {
		t.Run("broken", func(t *testing.T) { broken(t, f.Broken(t)) })
	}
	if f.Refusing != nil {
		t.Run("refused", func(t *testing.T) { refused(t, f) })
	}
	if f.Changes != nil {
		t.Run("changes", func(t *testing.T) { changes(t, f) })
	}
}

const few = 700 // more than a page or a block of checks for cancellation

// read returns the accounts of a source by native identity, as text.
func read(t testing.TB, src identity.Source) map[string]string {
	t.Helper()
	accounts := map[string]string{}
	for a, err := range src.Accounts(t.Context()) {
		if err != nil {
			t.Fatalf("after %d accounts: %v", len(accounts), err)
		}
		if a.Source != src.Name() {
			t.Fatalf("account %q is of source %q, expected %q", a.NativeIdentity, a.Source, src.Name())
		}
		accounts[a.NativeIdentity] = text(&a)
	}

	return accounts
}

// text is all that an account has.
func text(a *identity.Account) string {
	attributes := a.Attributes.Map()
	s := fmt.Sprintf("%s %s %s %s %v %v %q", a.NativeIdentity, a.Name, a.UUID, a.ID, a.Disabled,
		a.Locked, a.Entitlements)
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		s += fmt.Sprintf(" %s=%v", name, attributes[name])
	}
	return s
}

func same(t testing.TB, want, got map[string]string) {
	t.Helper()
	for id, text := range want {
		if got[id] != text {
			t.Errorf("account %q:\nwant %s\ngot  %s", id, text, got[id])
			return
		}
	}

	if len(want) != len(got) {
		t.Errorf("%d accounts, want %d", len(got), len(want))
	}
}

// again reads a source twice: the accounts must be all there, and the same.
func again(t *testing.T, f Feed) {
	src := f.Source(t, few)
	first := read(t, src)
	if len(first) != few {
		t.Errorf("%d accounts, want %d", len(first), few)
	}
	same(t, first, read(t, src))
}

// leave breaks out of the loop. Nothing may be left behind: the next reading
// begins at the start.
func leave(t *testing.T, f Feed) {
	src, want := f.Source(t, few), read(t, f.Source(t, few))
	for _, stop := range []int{1, 300} {
		n := 0
		for _, err := range src.Accounts(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n == stop {
				break
			}
		}

		if n != stop {
			t.Errorf("left after %d accounts, want %d", n, stop)
		}
		same(t, want, read(t, src))
	}
}

// cancelled ends the context in the middle. The stream has to end soon, with the
// error of the context.
func cancelled(t *testing.T, f Feed) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n, after, failure := 0, 0, error(nil)
	for _, err := range f.Source(t, 20*few).Accounts(ctx) {
		if failure != nil {
			t.Fatal("the stream goes on after an error")
		}
		if failure = err; err != nil {
			continue
		}
		if n++; n == 10 {
			cancel()
		}
		if n > 10 {
			after++
		}
	}

	if !errors.Is(failure, context.Canceled) || after > 5000 {
		t.Errorf("error %v, %d accounts after the end of the context", failure, after)
	}
}

// memory reads accounts without keeping them. What a source holds may not grow
// with them but for a note of each id.
func memory(t *testing.T, f Feed) {
	peak := func(accounts int) int64 {
		src := f.Source(t, accounts)
		before, highest, n := heap(), int64(0), 0
		for _, err := range src.Accounts(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n%(accounts/8) == 0 {
				highest = max(highest, heap())
			}
		}

		runtime.KeepAlive(src)
		return highest - before
	}

	small, large := max(peak(2000), 0), peak(20000) // the collector may have caught up meanwhile
	const perAccount = 100                          // a note of the id
	if large-small > 18000*perAccount {
		t.Errorf("%d kB held for 2,000 accounts, %d kB for 20,000", small>>10, large>>10)
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// broken reads a source that fails. The error must come, once and last.
func broken(t *testing.T, src identity.Source) {
	failures := 0
	for _, err := range src.Accounts(t.Context()) {
		if failures > 0 {
			t.Fatal("the stream goes on after an error")
		}
		if err != nil {
			failures++
		}
	}

	if failures == 0 {
		t.Error("a broken source looks as if it were read to its end")
	}
}

// refused reads a source with accounts that cannot be read: the others are there,
// and the number is right, also the second time.
func refused(t *testing.T, f Feed) {
	src, want := f.Refusing(t)
	counter, ok := src.(identity.Refuser)
	if !ok {
		t.Fatal("the source does not count what it refuses")
	}
	for range 2 {
		if n := len(read(t, src)); n == 0 {
			t.Error("no account is left")
		}
		if got := counter.Refused(); got != want {
			t.Errorf("%d refused, want %d", got, want)
		}
	}
}

// changes puts the changes on what was before: that has to be what is after them.
func changes(t *testing.T, f Feed) {
	var known []identity.Account
	for a, err := range f.Before(t).Accounts(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		known = append(known, a)
	}

	delta := f.Changes(t, func() iter.Seq[identity.Account] { return slices.Values(known) })
	changed := read(t, delta)

	now := map[string]string{}
	for i := range known {
		now[known[i].NativeIdentity] = text(&known[i])
	}
	for _, native := range delta.Removed() {
		delete(now, native)
	}
	maps.Copy(now, changed)
	same(t, read(t, f.After(t)), now)
	if len(changed) >= len(now) && len(now) > 10 {
		t.Errorf("%d of %d accounts are told as changed", len(changed), len(now))
	}
}
