package tenant_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/isc"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/profile/tenant"
)

// stored writes down what a store says of people, without what notes how it was
// found.
func stored(t *testing.T, st identity.Store) map[string]string {
	t.Helper()
	out := map[string]string{}
	for i, err := range st.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		i.Evaluated, i.RunState = time.Time{}, identity.Attributes{}
		i.Attributes = identity.NewAttributes(i.Attributes.Map())
		text, err := json.MarshalIndent(i, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		out[i.ID] = string(text)
	}
	return out
}

// nth gives an identity of a store by its place.
func nth(t *testing.T, st identity.Store, n int) *identity.Identity {
	t.Helper()
	for i, err := range st.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if n--; n < 0 {
			return i
		}
	}
	return nil
}

// TestSteps: a tenant that keeps its tables processes as one that does not.
func TestSteps(t *testing.T) {
	files := os.DirFS("../../examples/acme")
	b, _ := config.Load(files)
	now := b.Settings.Now
	var tenants []*tenant.Tenant
	for _, resident := range []bool{false, true} {
		one := tenant.New(b.Clone(), store.NewMemory(), tenant.Options{
			Now: func() time.Time { return now }, Resident: resident,
			Run: profile.RunOptions{Seed: b.Settings.Seed, Incremental: true},
		})
		sources, _ := b.Accounts(files, nil)
		if _, err := one.Aggregate(t.Context(), nil, sources...); err != nil {
			t.Fatal(err)
		}
		tenants = append(tenants, one)
	}

	r := rand.New(rand.NewPCG(3, 3))
	names := []string{}
	for _, p := range b.Profiles {
		names = append(names, p.Name)
	}
	for n := range 14 {
		what, p, number := r.IntN(8), names[r.IntN(len(names))], r.IntN(5)
		attribute := []string{"city", "title", "uid", "email"}[r.IntN(4)]
		selection := tenant.Selection{}
		if r.IntN(3) > 0 {
			selection.Profiles = []string{p}
		}
		if what == 0 {
			now = now.Add(24 * time.Hour)
		}
		person := r.IntN(100)
		var stats []tenant.ProcessStats
		for _, one := range tenants {
			switch what {
			case 1, 2, 3, 4:
				value := fmt.Sprintf(`{"identityAttributeName":%q,"transformDefinition":{"type":"static","attributes":{"value":"v%d"}}}`, attribute, number)
				at := slices.IndexFunc(one.Bundle().Profile(p).Mappings, func(m *config.Mapping) bool { return m.Attribute == attribute })
				op := fmt.Sprintf(`[{"op":"replace","path":"/identityAttributeConfig/attributeTransforms/%d","value":%s}]`, at, value)
				if at < 0 {
					op = fmt.Sprintf(`[{"op":"add","path":"/identityAttributeConfig/attributeTransforms/-","value":%s}]`, value)
				}
				plan, err := one.PlanPatch(t.Context(), p, ops(t, op))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := one.Apply(t.Context(), plan); err != nil {
					t.Fatal(err)
				}
			case 5:
				i := nth(t, one.Store(), person)
				plan, err := one.PlanDeleteIdentity(t.Context(), i.ID)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := one.Apply(t.Context(), plan); err != nil && !errors.Is(err, isc.CodeConflict) {
					t.Fatal(err)
				}
			}
			s, err := one.Process(t.Context(), selection, nil)
			if err != nil {
				t.Fatal(err)
			}
			stats = append(stats, s)
		}
		where := fmt.Sprintf("step %d (%d, %v)", n, what, selection.Profiles)
		if d := cmp.Diff(stats[0], stats[1]); d != "" {
			t.Errorf("%s: stats mismatch (-plain +resident):\n%s", where, d)
		}
		if d := cmp.Diff(stored(t, tenants[0].Store()), stored(t, tenants[1].Store())); d != "" {
			t.Fatalf("%s: people mismatch (-plain +resident):\n%s", where, d)
		}
		if d := cmp.Diff(tenants[0].Bundle().Files(), tenants[1].Bundle().Files()); d != "" {
			t.Fatalf("%s: files mismatch (-plain +resident):\n%s", where, d)
		}
	}
}
