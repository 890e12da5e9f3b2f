package sqlstate_test

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/store"
)

// TestAttributeRows: with Rows, SQL finds each value in a row of its own: of who was there
// before, and after each batch; another store that does not ask for it keeps them too.
func TestAttributeRows(t *testing.T) {
	for name, db := range databases(t) {
		t.Run(name, func(t *testing.T) {
			plain, err := store.OpenSQL(t.Context(), db, store.SQLOptions{})
			if err != nil {
				t.Fatal(err)
			}
			person := func(id, mail string, groups ...string) *identity.Identity {
				values := map[string]identity.Value{"email": identity.StringValue(mail), "phone": {}}
				if len(groups) > 0 {
					var list []identity.Value
					for _, g := range groups {
						list = append(list, identity.StringValue(g))
					}
					values["groups"] = identity.ListValue(list...)
				}
				return &identity.Identity{ID: id, Alias: "n" + id, Profile: "Staff", Attributes: identity.NewAttributes(values)}
			}
			apply := func(s *store.SQL, b identity.Batch) {
				t.Helper()
				if err := s.Apply(t.Context(), b); err != nil {
					t.Fatal(err)
				}
			}
			apply(plain, identity.Batch{Put: []*identity.Identity{person("1", "a@x"), person("2", "b@x", "g", "h")}})
			if got := attributeRows(t, db); got != nil {
				t.Errorf("rows that nobody has asked for: %v", got)
			}

			for range 2 { // asked for again, nothing changes
				if _, err := store.OpenSQL(t.Context(), db, store.SQLOptions{Rows: true}); err != nil {
					t.Fatal(err)
				}
			}
			want := []string{
				"1 (name) 0 n1", "1 (profile) 0 Staff", "1 email 0 a@x",
				"2 (name) 0 n2", "2 (profile) 0 Staff", "2 email 0 b@x", "2 groups 0 g", "2 groups 1 h",
			}
			if diff := cmp.Diff(want, attributeRows(t, db)); diff != "" {
				t.Errorf("who was there (-want +got):\n%s", diff)
			}

			apply(plain, identity.Batch{Put: []*identity.Identity{person("2", "c\x00@x", "h")}, Delete: []string{"1"}})
			want = []string{"2 (name) 0 n2", "2 (profile) 0 Staff", "2 email 0 c\ufffd@x", "2 groups 0 h"}
			if diff := cmp.Diff(want, attributeRows(t, db)); diff != "" {
				t.Errorf("after a batch (-want +got):\n%s", diff)
			}
		})
	}
}

func attributeRows(t *testing.T, db *sql.DB) (list []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `SELECT identity, attribute, position, value FROM idprofile_attribute ORDER BY identity, attribute, position`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, attribute, value string
		var position int
		if err := rows.Scan(&id, &attribute, &position, &value); err != nil {
			t.Fatal(err)
		}
		list = append(list, fmt.Sprint(id, " ", attribute, " ", position, " ", value))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}
