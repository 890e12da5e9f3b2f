package feed

import (
	"fmt"
	"maps"
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
	date  bool   // of a database: it has dates without a time
}

// table is data with one set of columns for all accounts.
type table struct {
	*Reading
	schema  *identity.Schema
	columns []column
	id      int // column of the account id
	name    int // column of the account name, or -1
	idSlot  int
	nmSlot  int          // slot of the account name, or -1
	stable  []int        // columns that may hold the stable id, in their order
	list    *accountList // when the file lists accounts of many sources
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

// columnsOf finds the columns of id and name and decides for each column whether
// it is an attribute or sets a field.
func (t *table) columnsOf(names []string, pos diag.Pos) error {
	if t.list = t.accountList(names); t.list != nil {
		names, t.shared = t.list.names, true
	}
	t.id, t.name = find(names, t.NativeIdentity, "nativeIdentity", "id"), find(names, t.DisplayName)
	if t.list != nil {
		t.id = t.list.id
	}

	// The first column is only a guess, and only made for those who allow it.
	if t.id < 0 && t.FirstColumn && t.NativeIdentity == "" && len(names) > 0 {
		t.id = 0
		t.Report(diag.Info, codeIDColumn, pos,
			"no column nativeIdentity or id; the first column, %s, is taken for the account id", names[0])
	}

	if t.id < 0 {
		// A wrong name is mostly a spelling; the nearest column is named.
		want, near := "nativeIdentity or id", ""
		if t.NativeIdentity != "" {
			want = t.NativeIdentity
			if near = diag.Suggest(want, names); near != "" {
				near = " (" + near + ")"
			}
		}

		return fmt.Errorf("no column %s for the account id; there are %s%s", want, strings.Join(names, ", "), near)
	}

	if t.name < 0 && t.DisplayName != "" && t.list == nil {
		t.Report(diag.Warning, codeCSVHeader, pos, "no column %q for the account name; the account id is used",
			t.DisplayName)
	}
	t.split(names, pos)
	return nil
}

// split makes the columns and the schema of those that are attributes.
func (t *table) split(names []string, pos diag.Pos) {
	var kept []string
	attributes, first := t.attributeTable(), map[string]int{}
	t.idSlot, t.nmSlot = -1, -1
	for i, name := range names {
		name = strings.Clone(name)
		a, known := attributes[name]
		if !known {
			a = Attribute{Name: name}
		}
		known = known || t.Attributes == nil || t.KeepUnknown
		c := column{Attribute: a, keep: known || i == t.id || i == t.name}

		// A name that occurs twice keeps its first column, so that no value is silently taken from the
		// second.
		switch _, again := first[name]; {
		case again:
			// An attribute schema leaves unknown columns out, as a tenant does. Without one every
			// column is an attribute.
			t.Report(diag.Warning, codeCSVDuplicateColumn, pos, "column %q occurs twice; the first one counts", name)
			c = column{}
		case t.list != nil && t.list.fields[i] != "":
			c.field, c.keep = t.list.fields[i], attributes[name].Name != ""
		case slices.Contains(reserved[:], name):
			c.field = name
		case !c.keep && !slices.Contains(t.stableNames(), name):
			t.Report(diag.Info, codeColumnUnknown, pos, "column %q is not in the account schema; it is left out", name)
		}

		// Reserved columns set fields of the account and are attributes as well, if the schema has
		// them.
		if _, again := first[name]; !again {
			first[name] = i
		}

		if i == t.id && c.keep {
			t.idSlot = len(kept)
		}
		if i == t.name && c.keep {
			t.nmSlot = len(kept)
		}
		if c.keep {
			kept = append(kept, name)
		}
		t.columns = append(t.columns, c)
	}

	t.schema = identity.NewSchema(kept...)

	// A stable id may be a column that is no attribute, so it is looked for among all.
	for _, name := range t.stableNames() {
		if i, ok := first[name]; ok {
			t.stable = append(t.stable, i)
		}
	}

	t.assumeMissing(func(name string) bool { _, ok := first[name]; return ok })
	if t.OnColumns != nil {
		t.OnColumns(slices.Sorted(maps.Keys(first)))
	}
}

// attributeTable is the account schema by name; the first of two with one name
// counts.
func (r *Reading) attributeTable() map[string]Attribute {
	attributes := make(map[string]Attribute, len(r.Attributes))
	for _, a := range r.Attributes {
		if _, again := attributes[a.Name]; !again {
			attributes[a.Name] = a
		}
	}

	return attributes
}
