package builtin_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/idprofile/engine/identity/jsondoc"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/builtin"
)

// TestTraits: what operations say of themselves names things that there are.
func TestTraits(t *testing.T) {
	lib := builtin.Library()
	meant := map[string]string{}
	for _, typ := range lib.Types() {
		op, _ := lib.Operation(typ)
		for _, f := range op.Fields {
			if f.Role != "" && !slices.Contains(transform.Roles(), f.Role) {
				t.Errorf("%s.%s: there is no role %q", typ, f.Name, f.Role)
			}
		}
		for name := range op.Traits.Changes {
			if _, ok := op.Field(name); !ok {
				t.Errorf("%s: changes %q, which is no attribute", typ, name)
			}
		}
		if other := op.Traits.Instead; other != "" {
			if _, ok := lib.Operation(other); !ok {
				t.Errorf("%s: there is no operation %q", typ, other)
			}
		}
		for _, name := range op.Traits.Also {
			if name != strings.ToLower(name) || meant[name] != "" {
				t.Errorf("%s: %q is not in lower case, or means %s", typ, name, meant[name])
			}
			meant[name] = typ
			if _, ok := lib.Operation(name); ok {
				t.Errorf("%s: %q is an operation itself", typ, name)
			}
		}
	}
}

// TestMeant: names from elsewhere lead to the operation.
func TestMeant(t *testing.T) {
	for name, want := range map[string]string{
		"coalesce": `did you mean "firstValid"?`, "ToUpper": `did you mean "upper"?`, "uper": `did you mean "upper"?`, "quite-else": "",
		"getEndOfString": `use type "rule" with name "Cloud Services Deployment Utility" and operation "getEndOfString"`, "LOWER": `it is spelled "lower"`,
	} {
		def, _ := transform.Parse("", []byte(`{"type":"`+name+`"}`))
		_, found := builtin.Library().Compile(def, nil)
		if len(found) != 1 || found[0].Hint != want {
			t.Errorf("%s: found %v, want the hint %q", name, found, want)
		}
	}
}

// TestChanges: a plausible mistake gives another value, or none.
func TestChanges(t *testing.T) {
	lib := builtin.Library()
	for _, tc := range []struct{ op, attribute, value, want string }{
		{"dateFormat", "inputFormat", `"dd/MM/yyyy"`, `"MM/dd/yyyy"`},
		{"dateFormat", "inputFormat", `"ISO8601"`, `"yyyy-MM-dd"`},
		{"dateFormat", "outputFormat", `"EPOCH_TIME_JAVA"`, `"ISO8601"`},
		{"dateFormat", "outputFormat", `"yyyy"`, `"yyyy'~'"`},
		{"dateFormat", "outputFormat", `{"type":"static"}`, ``},
		{"dateMath", "expression", `"now-5d/d"`, `"now-6d/d"`},
		{"dateMath", "expression", `"now/d"`, `"now"`},
		{"dateMath", "expression", `"now"`, ``},
		{"dateCompare", "operator", `"GTE"`, `"lte"`},
		{"dateCompare", "operator", `"eq"`, ``},
		{"conditional", "expression", `"$a eq b"`, `"$a eq ~b"`},
		{"conditional", "expression", `"b"`, ``},
		{"conditional", "positiveCondition", `"b"`, `"b~"`},
		{"conditional", "positiveCondition", `7`, ``},
		{"firstValid", "ignoreErrors", `"true"`, `false`},
		{"firstValid", "ignoreErrors", `false`, ``},
		{"iso3166", "format", `"numeric"`, `"alpha2"`},
		{"e164phone", "defaultRegion", `"US"`, `"FR"`},
		{"e164phone", "defaultRegion", `"FR"`, `"JP"`},
		{"substring", "end", `"4"`, `5`},
		{"substring", "end", `"$x"`, ``},
	} {
		value, _ := jsondoc.Parse("", []byte(tc.value))
		op, _ := lib.Operation(tc.op)
		got := ""
		if n := op.Traits.Changes[tc.attribute](value); n != nil {
			got = string(n.Append(nil))
		}
		if got != tc.want {
			t.Errorf("%s.%s: %s becomes %s, want %s", tc.op, tc.attribute, tc.value, got, tc.want)
		}
	}
}
