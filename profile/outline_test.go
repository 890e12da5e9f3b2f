package profile_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"iter"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/report"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/internal/fixture"
)

var outlineSeeds = flag.Uint64("outline-seeds", 24, "random tenants whose runs go on from an outline")

// forgetful is a source that tells something of one of its accounts, and has another one twice: both are read
// every time when anything has changed.
type forgetful struct {
	identity.Recognizer
	validator  []byte
	unchanging *int // counts how often nothing had changed
}

// Unrecognized implements [identity.Recognizer].
func (f *forgetful) Unrecognized(ctx context.Context, known func(string, uint64) bool) iter.Seq2[identity.Account, error] {
	f.validator = nil
	return func(yield func(identity.Account, error) bool) {
		read := func(native string) bool { return native == "3" || native == "5" }
		ask := func(native string, fingerprint uint64) bool { return !read(native) && known(native, fingerprint) }
		for a, err := range f.Recognizer.Unrecognized(ctx, ask) {
			if read(a.NativeIdentity) {
				a.Fingerprint = 0
			}
			if !yield(a, err) || a.NativeIdentity == "5" && !yield(a, nil) {
				return
			}
		}
		f.validator = f.now(ctx)
	}
}

func (f *forgetful) now(ctx context.Context) []byte {
	h := sha256.New()
	for a, err := range f.Accounts(ctx) {
		text, broken := json.Marshal(a)
		fmt.Fprintf(h, "%s %v\n", text, errors.Join(err, broken))
	}
	return h.Sum(nil)
}

// Validator implements [identity.Revalidator].
func (f *forgetful) Validator() []byte { return f.validator }

// Unchanged implements [identity.Revalidator].
func (f *forgetful) Unchanged(ctx context.Context, validator []byte) (tell func(), ok bool) {
	if !bytes.Equal(validator, f.now(ctx)) {
		return nil, false
	}
	*f.unchanging++
	return func() { f.validator = validator }, true
}

// brieflySaid is everything that a run says to who looks at briefs.
type brieflySaid struct {
	Briefs, Results, Findings, Uncorrelated, Ambiguous []string
	Stats                                              profile.Stats
	kinds, unchanging                                  int
}

// briefly runs some sources into a store; whole: results are asked for too.
func (m *mutant) briefly(t *testing.T, e *profile.Engine, st identity.Store, sources []string, workers int,
	whole bool) (said brieflySaid) {
	t.Helper()
	o := profile.RunOptions{Now: m.now, Seed: m.seed, Workers: workers, Incremental: true, Rules: customRules,
		Hooks: profile.Hooks{
			OnFinding: func(d diag.Diagnostic) { said.Findings = append(said.Findings, string(d.Code)+": "+d.Message) },
			OnUncorrelated: func(a identity.Account, u profile.Unlinked) {
				said.Uncorrelated = append(said.Uncorrelated, jsonOf(t, a)+fmt.Sprint(u))
			},
			OnAmbiguous: func(row report.AmbiguousRow) { said.Ambiguous = append(said.Ambiguous, jsonOf(t, row)) },
		}}
	var feeds []identity.Source
	for _, name := range sources {
		feeds = append(feeds, &forgetful{Recognizer: m.source(name).(identity.Recognizer), unchanging: &said.unchanging})
	}

	kinds := map[uint32]string{}
	stats, err := e.AggregateBriefs(t.Context(), st, o, func(b *profile.Brief) {
		kind := b.Kind()
		exceptions, warnings, ok := b.Said()
		var links []string
		for source, l := range b.Links() {
			links = append(links, fmt.Sprint(source, l))
		}
		text := fmt.Sprint(b.Profile(), links, b.Manager(), b.Lifecycle(), b.Notable())
		said.Briefs = append(said.Briefs, fmt.Sprint(b.Account(), text))
		if ok != (kind > 0) {
			t.Errorf("%v is of kind %d, and says %t", b.Account(), kind, ok)
		}
		if kind > 0 {
			said.kinds++
			alike := fmt.Sprint(text, exceptions, warnings)
			if before, ok := kinds[kind]; ok && before != alike {
				t.Errorf("of kind %d are %s and %s", kind, before, alike)
			}
			kinds[kind] = alike
		}
		if !whole {
			return
		}
		r := b.Result()
		text += jsonOf(t, clean(r.Identity)) + jsonOf(t, r.Manager) + jsonOf(t, r.Exceptions) + fmt.Sprint(r.Warnings)
		for _, err := range r.Errors {
			text += err.Error()
		}
		said.Results = append(said.Results, text)
		if kind > 0 {
			var codes, kinds []string
			for _, e := range r.Exceptions {
				codes = append(codes, e.Code)
			}
			for _, w := range r.Warnings {
				kind, _, _ := strings.Cut(w, ": ")
				kinds = append(kinds, kind)
			}
			if diff := cmp.Diff([]any{codes, kinds, 0}, []any{exceptions, warnings, len(r.Errors)}); diff != "" {
				t.Errorf("%v: mismatch (-result +brief):\n%s", b.Account(), diff)
			}
		}
	}, feeds...)
	if err != nil {
		t.Fatal(err)
	}
	said.Stats = stats
	return said
}

// A run that goes on from the outline of a file says and leaves behind what one does that has read
// everything: whatever changes, whoever else has written to the file, and with the file opened anew or not.
func TestOutlineIsWhole(t *testing.T) {
	outlined, unchanging := 0, 0
	for seed := range *outlineSeeds {
		m := newMutant(seed)
		m.stable = seed%3 == 0
		if seed%8 != 0 {
			m.mapped &^= 0b11111 << 16 // those that read other identities
			m.mapped &^= 1 << 21
			m.mapped &^= 1 << 23
		}
		mirror := store.NewMemory()
		path := filepath.Join(t.TempDir(), "state")
		f := openState(t, path)
		for step := range 16 {
			e, _ := m.tenant().Engine(t, profile.Options{SnapshotOrder: m.snapshot})
			sources := []string{"HR", "VMS", "AD"}
			if m.IntN(4) == 0 {
				sources = sources[m.IntN(3):]
			}
			workers, whole := 1+m.IntN(2), m.IntN(2) == 0
			want := m.briefly(t, e, mirror, sources, workers, whole)
			got := m.briefly(t, e, f, sources, workers, whole)
			if got.kinds > 0 {
				outlined++
			}
			unchanging += got.unchanging
			want.kinds, got.kinds, want.unchanging, got.unchanging = 0, 0, 0, 0

			// Who has lost a uid is looked at without an outline, so that notes are written that say no more.
			if got.Stats.Saved > want.Stats.Saved {
				t.Errorf("seed %d, step %d: %d identities written, want %d", seed, step, got.Stats.Saved, want.Stats.Saved)
			}
			want.Stats.Saved, got.Stats.Saved = 0, 0
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(brieflySaid{})); diff != "" {
				t.Fatalf("seed %d, step %d: mismatch (-read +outlined):\n%s", seed, step, diff)
			}

			// Who looks at what is stored does so in another place, so that the outline stays.
			if m.IntN(3) > 0 {
				if err := f.Close(); err != nil {
					t.Fatal(err)
				}
				g := openState(t, path)
				if diff := cmp.Diff(stateOf(t, mirror), stateOf(t, g)); diff != "" {
					t.Fatalf("seed %d, step %d: state: mismatch (-read +outlined):\n%s", seed, step, diff)
				}
				if err := g.Close(); err != nil {
					t.Fatal(err)
				}
				f = openState(t, path)
			}
			switch m.IntN(8) {
			case 0, 1:
				m.change()
			case 2: // somebody else writes
				b := identity.Batch{Uncorrelated: []identity.Account{{Source: "AD", NativeIdentity: "other"}}}
				if err := errors.Join(mirror.Apply(t.Context(), b), f.Apply(t.Context(), b)); err != nil {
					t.Fatal(err)
				}
			default:
				for range m.IntN(4) {
					m.account()
				}
			}
		}
		if diff := cmp.Diff(stateOf(t, mirror), stateOf(t, f)); diff != "" {
			t.Fatalf("seed %d: state: mismatch (-read +outlined):\n%s", seed, diff)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if outlined < int(*outlineSeeds) || unchanging < int(*outlineSeeds) {
		t.Errorf("%d runs went on from an outline, %d sources had not changed", outlined, unchanging)
	}
}

func openState(t *testing.T, path string) *store.File {
	t.Helper()
	f, err := store.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// A run of which nobody hears, and that has read everything, leaves an outline as well.
func TestOutlineUnheard(t *testing.T) {
	m := newMutant(1)
	m.mapped = 0
	e, _ := m.tenant().Engine(t, profile.Options{})
	path := filepath.Join(t.TempDir(), "state")
	f := openState(t, path)
	o := profile.RunOptions{Now: m.now, Incremental: true, Rules: customRules}
	for range 2 {
		if _, err := e.Aggregate(t.Context(), f, o, nil, m.source("HR"), m.source("AD")); err != nil {
			t.Fatal(err)
		}
		_ = stateOf(t, f) // nothing is known by the outline alone any more
		for n, a := range m.accounts["HR"] {
			m.accounts["HR"][n] = fixture.Account(a.NativeIdentity, "login=other", "sn=Other")
			break
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	f = openState(t, path)
	defer f.Close()
	if o, err := f.Outline(t.Context()); o == nil || err != nil {
		t.Errorf("outline %v, error %v", o, err)
	}
}
