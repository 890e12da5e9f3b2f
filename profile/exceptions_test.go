package profile_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/internal/fixture"
)

// Rows for the reports of moves and of changes since the last run.
func TestChangeRows(t *testing.T) {
	st := store.NewMemory()
	e, _ := fixture.People(10, 20).Engine(t, profile.Options{})
	rows := func(data map[string][]identity.Account) (list []string) {
		r := fixture.Aggregate(t, e, st, profile.RunOptions{}, data).Get(t, "1001")
		if m, ok := profile.MoveRow(r); ok {
			list = append(list, strings.Join([]string{"moved", m.Name, m.DisplayName, m.From, m.To, m.Reason}, " "))
		}
		for _, c := range profile.ChangeRows(r) {
			list = append(list, strings.TrimSpace(strings.Join([]string{c.IdentityProfile, c.DisplayName, c.Change, c.Attribute, c.Before.Display(), c.After.Display()}, "|")))
		}
		return list
	}
	for _, tc := range []struct {
		name string
		data map[string][]identity.Account
		want []string
	}{
		{"new", map[string][]identity.Account{"HR": {fixture.AnnHR}, "VMS": {fixture.AnnVMS}}, []string{"Employees|1001|IDENTITY_CREATED|||HR/1001"}},
		{"the same", map[string][]identity.Account{"HR": {fixture.AnnHR}, "VMS": {fixture.AnnVMS}}, nil},
		{"moved", map[string][]identity.Account{"HR": {}}, []string{
			"moved c1 1001 Employees Contractors ACCOUNT_REMOVED",
			"Contractors|1001|PROFILE_MOVED||Employees|Contractors",
			"Contractors|1001|ATTRIBUTE_CHANGED|uid|1001|c1",
			"Contractors|1001|ATTRIBUTE_CHANGED|email|ann@x|ann@vms",
			"Contractors|1001|ATTRIBUTE_CHANGED|lastname|Lee|Leigh",
		}},
		{"orphaned", map[string][]identity.Account{"VMS": {}}, []string{"Contractors|1001|IDENTITY_ORPHANED|||"}},
		{"still an orphan", map[string][]identity.Account{"VMS": {}}, nil},
	} {
		if diff := cmp.Diff(tc.want, rows(tc.data)); diff != "" {
			t.Errorf("%s: mismatch (-want +got)\n%s", tc.name, diff)
		}
	}
}
