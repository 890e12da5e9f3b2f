package preview_test

import (
	"flag"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/preview"
)

var every = flag.Int("every", 10, "of the attributes and transforms, every how manieth is removed or renamed")

// variant is the example tenant with one object removed or renamed.
type variant struct {
	name string
	make func() *config.Bundle
}

// variants are all of them: each source, profile, identity attribute and transform.
func variants(t *testing.T) []variant {
	var list []variant
	add := func(name string, change func(b *config.Bundle)) {
		list = append(list, variant{name: name, make: func() *config.Bundle {
			b := acme(t, "")
			change(b)
			return b
		}})
	}

	whole := acme(t, "")
	for n, s := range whole.Sources {
		add("without source "+s.Name, func(b *config.Bundle) { b.Sources = slices.Delete(b.Sources, n, n+1) })
		add("renamed source "+s.Name, func(b *config.Bundle) { b.Sources[n].Name += " 2" })
	}
	for n, p := range whole.Profiles {
		add("without profile "+p.Name, func(b *config.Bundle) { b.Profiles = slices.Delete(b.Profiles, n, n+1) })
		add("renamed profile "+p.Name, func(b *config.Bundle) { b.Profiles[n].Name += " 2" })
	}
	for n, a := range whole.Attributes {
		add("without attribute "+a.Name, func(b *config.Bundle) { b.Attributes = slices.Delete(b.Attributes, n, n+1) })
		add("renamed attribute "+a.Name, func(b *config.Bundle) { b.Attributes[n].Name += "2" })
	}
	for _, name := range slices.Sorted(maps.Keys(whole.Transforms)) {
		add("without transform "+name, func(b *config.Bundle) { delete(b.Transforms, name) })
	}
	return list
}

// stateOf is what a configuration leaves of the example tenant's accounts.
func stateOf(t *testing.T, b *config.Bundle, sources []identity.Source) identity.Store {
	t.Helper()
	st := store.NewMemory()
	e, _ := profile.Compile(b, profile.Options{})
	if _, err := e.Aggregate(t.Context(), st, goneOptions(nil), nil, sources...); err != nil {
		t.Fatal(err)
	}
	return st
}

func goneOptions(found *diag.List) profile.RunOptions {
	o := profile.RunOptions{Now: time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC), Workers: 2, Incremental: true}
	if found != nil {
		o.OnFinding = func(d diag.Diagnostic) { found.Add(d) }
	}
	return o
}

// Whatever object of the configuration the stored state knows and the configuration does not,
// or the other way round: runs, sessions and comparisons come to their end, and stored
// accounts of a source that is gone stay where they are, which is reported.
func TestObjectsGone(t *testing.T) {
	whole := acme(t, "")
	sources, _ := whole.Accounts(os.DirFS(acmeFolder), nil)
	full := stateOf(t, whole, sources)
	engine, _ := profile.Compile(whole, profile.Options{})

	for n, v := range variants(t) {
		// Nothing that is stored points at a transform or an attribute.
		light := strings.Contains(v.name, " transform ") || strings.Contains(v.name, " attribute ")
		if light && n%*every != 0 {
			continue
		}
		b := v.make()
		e, _ := profile.Compile(b, profile.Options{})
		var found diag.List
		after := store.NewOverlay(full)
		if _, err := e.Aggregate(t.Context(), after, goneOptions(&found), nil, sources...); err != nil {
			t.Errorf("%s: %v", v.name, err)
		}
		checkGone(t, v.name, b, full, after, found)

		// Back again, in a session that exchanges the engine.
		s := e.NewSession(store.NewOverlay(full), goneOptions(nil))
		for _, now := range []*profile.Engine{e, engine, e} {
			s.Use(now)
			if _, err := s.Aggregate(t.Context(), goneOptions(nil).Now, nil, sources...); err != nil {
				t.Errorf("%s, session: %v", v.name, err)
			}
		}
		if light {
			continue
		}
		for _, recompute := range []bool{false, true} {
			o := preview.Options{Run: goneOptions(nil)}
			o.Run.Recompute, o.Run.Incremental = recompute, false
			o.Run.Stored = full
			if _, err := preview.Compare(t.Context(), whole, b, o, sources...); err != nil {
				t.Errorf("%s, compared, recompute %v: %v", v.name, recompute, err)
			}
		}
	}
}

// checkGone compares the accounts of sources that are not configured with those before.
func checkGone(t *testing.T, name string, b *config.Bundle, before, after identity.Store, found diag.List) {
	t.Helper()
	for _, source := range []string{"HR", "Contractors", "Active Directory", "Badge System"} {
		if slices.ContainsFunc(b.Sources, func(s *config.Source) bool { return s.Name == source }) {
			continue
		}
		was, is := linksOf(t, before, source), linksOf(t, after, source)
		if !maps.Equal(was, is) {
			t.Errorf("%s: %d accounts of %s had other links or were lost", name, len(was), source)
		}
		said := slices.ContainsFunc(found, func(d diag.Diagnostic) bool {
			return d.Code == "source-unknown" && strings.Contains(d.Message, "stay as they are")
		})
		if !said {
			t.Errorf("%s: not a word about the stored accounts of %s", name, source)
		}
	}
}

// linksOf returns the identities of the accounts of a source; "" for none.
func linksOf(t *testing.T, s identity.Store, source string) map[string]string {
	t.Helper()
	links := map[string]string{}
	for i, err := range s.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range i.Accounts {
			if a.Source == source {
				links[a.NativeIdentity] = i.ID
			}
		}
	}
	for a, err := range s.Uncorrelated(t.Context(), source) {
		if err != nil {
			t.Fatal(err)
		}
		links[a.NativeIdentity] = ""
	}
	return links
}
