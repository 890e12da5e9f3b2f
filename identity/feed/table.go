package feed

import (
	"fmt"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// column is what a column of a delimited file is for.
type column struct {
	Attribute
	keep  bool   // it is an attribute
	field string // the account field it sets, or ""
}

// table is data with one set of columns for all accounts.
type table struct {
	*pass
	schema  *identity.Schema
	columns []column
	id      int // column of the account id
	name    int // column of the account name, or -1
	idSlot  int
	nmSlot  int // slot of the account name, or -1
}

// find returns the first column that has the first of the given names that
// occurs, or -1.
func find(names []string, wanted ...string) int {
	for i, name := range wanted {
		if name == "" {
			continue
		}
		if at := slices.Index(names, name); at >= 0 || i == 0 {
			return at
		}
	}
	return -1
}

// layout finds the columns of id and name and decides for each column whether it
// is an attribute or sets a field.
func (t *table) layout(names []string, pos diag.Pos) error {
	t.id, t.name = find(names, t.NativeIdentity, "nativeIdentity", "id"), find(names, t.DisplayName)
	if t.id < 0 && t.FirstColumn && t.NativeIdentity == "" && len(names) > 0 {
		t.id = 0
		t.report(diag.Info, "id-column", pos, "no column nativeIdentity or id; the first column, %s, is taken for the account id", names[0])
	}
	if t.id < 0 {
		want := t.NativeIdentity
		if want == "" {
			want = "nativeIdentity or id"
		}
		return fmt.Errorf("no column %s for the account id; there are %s", want, strings.Join(names, ", "))
	}
	if t.name < 0 && t.DisplayName != "" {
		t.report(diag.Warning, "csv-header", pos, "no column %q for the account name; the account id is used", t.DisplayName)
	}
	t.split(names, pos)
	return nil
}

// split makes the columns and the schema of those that are attributes.
func (t *table) split(names []string, pos diag.Pos) {
	var kept []string
	t.idSlot, t.nmSlot = -1, -1
	for i, name := range names {
		name = strings.Clone(name)
		a, keep := t.attribute(name)
		c := column{Attribute: a, keep: keep || i == t.id || i == t.name}
		if first := slices.Index(names, name); first < i {
			t.report(diag.Warning, "csv-duplicate-column", pos, "column %q occurs twice; the first one counts", name)
			c = column{}
		} else if slices.Contains(reserved[:], name) {
			c.field = name
		} else if !c.keep {
			t.report(diag.Info, "column-unknown", pos, "column %q is not in the account schema; it is left out", name)
		}
		if i == t.id {
			t.idSlot = len(kept)
		}
		if i == t.name {
			t.nmSlot = len(kept)
		}
		if c.keep {
			kept = append(kept, name)
		}
		t.columns = append(t.columns, c)
	}
	t.schema = identity.NewSchema(kept...)
}
