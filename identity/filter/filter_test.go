package filter_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/filter"
)

var properties = map[string]identity.Value{
	"dept":       identity.StringValue("Lab"),
	"empty":      identity.StringValue(""),
	"rank":       identity.IntValue(9),
	"active":     identity.BoolValue(true),
	"groups":     identity.StringsValue("CN=Staff,DC=x", "CN=Admins,DC=x"),
	"none":       identity.ListValue(),
	"Cost Ctr.1": identity.StringValue("c\"1\\"),
	"smile":      identity.StringValue("\U0001F600"),
	"blank":      identity.ListValue(identity.StringValue(""), identity.Value{}),
}

func property(name string) identity.Value { return properties[name] }

func TestMatch(t *testing.T) {
	for _, tc := range []struct {
		filter string
		want   bool
	}{
		{`dept == "Lab"`, true},
		{`dept == 'Lab'`, true},
		{`dept == "lab"`, false},
		{`dept != "lab"`, true},
		{`rank == 9`, true},
		{`rank == "9"`, true},
		{`rank == 9.0`, true},
		{`rank < 10`, false}, // as texts
		{`rank > 10`, true},
		{`dept <= "Lab"`, true},
		{`dept < "Lab"`, false},
		{`dept >= "Lab"`, true},
		{`dept > "La"`, true},
		{`smile < "` + "\uE000" + `"`, true}, // surrogates come first in UTF-16
		{`smile > "` + "\uD7FF" + `"`, true},
		{`active == true`, true},
		{`active == "true"`, true},
		{`active == false`, false},
		{`absent == null`, true},
		{`absent != null`, false},
		{`absent == ""`, false},
		{`empty == null`, false},
		{`empty == ""`, true},
		{`absent < "z"`, false},
		{`absent >= "a"`, false},
		{`dept > null`, false},
		{`absent != "x"`, true},
		{`groups == "CN=Staff,DC=x"`, true},
		{`groups == "CN=Staff"`, false},
		{`groups != "CN=Staff,DC=x"`, false},
		{`groups.contains("Admins")`, true},
		{`groups.contains("admins")`, false},
		{`groups.containsIgnoreCase("aDMINS")`, true},
		{`groups.startsWith("CN=A")`, true},
		{`groups.endsWith("DC=y")`, false},
		{`groups.containsAll({"CN=Staff,DC=x", "CN=Admins,DC=x"})`, true},
		{`groups.containsAll({"CN=Staff,DC=x", "x"})`, false},
		{`groups.containsAny({"CN=Staff,DC=x", "x"})`, true},
		{`groups.containsAny({"CN=Staff"})`, false},
		{`groups.containsAllIgnoreCase({"cn=staff,dc=X"})`, true},
		{`dept.in({"Fin", "Lab"})`, true},
		{`dept.in("Lab")`, true},
		{`dept.in({"Fin"})`, false},
		{`dept.inIgnoreCase({"LAB"})`, true},
		{`empty.in({null})`, false},
		{`absent.in({null, "x"})`, true},
		{`empty == {null}`, false},
		{`empty == {"x", ""}`, true},
		{`dept.startsWith(null)`, false},
		{`dept.startsWith("")`, true},
		{`absent.startsWith("")`, false},
		{`dept.startsWithIgnoreCase("lA")`, true},
		{`dept.endsWithIgnoreCase("AB")`, true},
		{`rank.contains(9)`, true},
		{`dept.isNull()`, false},
		{`absent.isNull()`, true},
		{`absent.notNull()`, false},
		{`empty.isEmpty()`, true},
		{`none.isEmpty()`, true},
		{`absent.isEmpty()`, true},
		{`blank.isEmpty()`, false},
		{`groups.isEmpty( )`, false},
		{`blank.contains("")`, true},
		{`Cost Ctr.1 == "c\"1\\"`, true},
		{`Cost Ctr.1.startsWith("c")`, true},
		{`Cost Ctr.1 . startsWith ( "c" )`, true},
		{`!(dept == "Lab")`, false},
		{`!dept == "Lab"`, false},
		{`!!dept.isNull()`, false},
		{`dept == "x" && rank == 9 || active == true`, true},
		{`dept == "x" && (rank == 9 || active == true)`, false},
		{`(((dept == "Lab")))`, true},
	} {
		f, err := filter.Parse(tc.filter)
		if err != nil {
			t.Errorf("%s: %v", tc.filter, err)
			continue
		}
		if got := f.Match(property); got != tc.want {
			t.Errorf("%s is %v, want %v", tc.filter, got, tc.want)
		}
	}
}

func TestSyntax(t *testing.T) {
	for _, tc := range []struct{ filter, want string }{
		{``, "filter, character 1: expected the name of a property"},
		{`status ==`, "filter, character 10: expected a value"},
		{`status`, `filter, character 7: expected a comparison after "status"`},
		{`é = 1`, `filter, character 3: expected a comparison after "é"`},
		{`a == b`, `filter, character 6: found "b", expected a value: text stands in quotes`},
		{`a == E`, `filter, character 6: found "E", expected a value: text stands in quotes`},
		{`a == 0x10p0`, `filter, character 6: found "0x10p0", expected a value: text stands in quotes`},
		{`a == 1_000`, `filter, character 6: found "1_000", expected a value: text stands in quotes`},
		{`a == 1 b`, `filter, character 8: found "b", expected && or || or the end`},
		{`a == "x`, "filter, character 6: the text is not closed"},
		{`a == "x\`, "filter, character 6: the text is not closed"},
		{`(a == 1`, "filter, character 8: expected )"},
		{`a == 1)`, `filter, character 7: found ")", expected && or || or the end`},
		{`a == 1 &&`, "filter, character 10: expected the name of a property"},
		{`a == {1`, "filter, character 8: expected , or }"},
		{`a == {}`, "filter, character 7: expected a value"},
		{`a.b("x")`, `filter, character 1: "b" is no function; known are startsWith, endsWith, contains, containsAll, containsAny, in, isNull, notNull, isEmpty`},
		{`a.isNullIgnoreCase()`, `filter, character 1: "isNullIgnoreCase" is no function; known are startsWith, endsWith, contains, containsAll, containsAny, in, isNull, notNull, isEmpty`},
		{`.in("x")`, `filter, character 1: "in" is no function; known are startsWith, endsWith, contains, containsAll, containsAny, in, isNull, notNull, isEmpty`},
		{`a.isNull(1)`, "filter, character 12: wrong number of values for isNull"},
		{`a.in()`, "filter, character 7: wrong number of values for in"},
		{`a.in("x"`, "filter, character 9: expected )"},
		{strings.Repeat("!", 300) + "a == 1", "filter, character 202: nested more than 200 deep"},
	} {
		_, err := filter.Parse(tc.filter)
		var syntax *filter.SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%s: error %v, want a syntax error", tc.filter, err)
			continue
		}
		if diff := cmp.Diff(tc.want, err.Error()); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", tc.filter, diff)
		}
	}
}

func TestPrint(t *testing.T) {
	for _, tc := range []struct{ filter, want string }{
		{`(a=='x')`, `a == "x"`},
		{`((a==1)&&(b==2)||!(c==3))`, `a == 1 && b == 2 || !c == 3`},
		{`a==1&&(b==2||c==3)`, `a == 1 && (b == 2 || c == 3)`},
		{`!(a==1&&b==null)`, `!(a == 1 && b == null)`},
		{`a.inIgnoreCase({'x',true,"\n\"\\"})`, `a.inIgnoreCase({"x", true, "\n\"\\"})`},
		{`a.isNull( )`, `a.isNull()`},
		{`a.in({"x"})`, `a.in("x")`},
		{`a == 1e3`, `a == 1000`},
		{`a == 1.5`, `a == "1.5"`},
	} {
		f, err := filter.Parse(tc.filter)
		if err != nil {
			t.Errorf("%s: %v", tc.filter, err)
			continue
		}
		if diff := cmp.Diff(tc.want, f.String()); diff != "" {
			t.Errorf("%s: mismatch (-want +got):\n%s", tc.filter, diff)
		}
	}
	f, err := filter.Parse(`b == 1 && (a.isNull() || b == 2) && x.y == 3`)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"b", "a", "x.y"}, f.Properties()); diff != "" {
		t.Errorf("properties: mismatch (-want +got):\n%s", diff)
	}
}

// vector is a record of testdata/filters.json: which of the accounts that the
// filters keep comes first, oldest first, and has a value.
type vector struct {
	ID        string
	Transform struct {
		Attributes struct {
			AttributeName, AccountFilter, AccountPropertyFilter string
			AccountSortDescending                               bool
		}
	}
	Context struct {
		Accounts map[string][]struct {
			NativeIdentity, DisplayName, Created string
			Attributes                           identity.Attributes
		}
	}
	Expected struct {
		Value identity.Value
		Error bool
	}
}

func (v *vector) filters() []string {
	a := &v.Transform.Attributes
	return slices.DeleteFunc([]string{a.AccountFilter, a.AccountPropertyFilter}, func(s string) bool { return s == "" })
}

func vectors(t testing.TB) []vector {
	t.Helper()
	text, err := os.ReadFile("testdata/filters.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []vector
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestVectors(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.ID, func(t *testing.T) {
			var parsed []*filter.Filter
			for _, text := range v.filters() {
				f, err := filter.Parse(text)
				if (err != nil) != v.Expected.Error {
					t.Fatalf("%s: error %v, want an error: %v", text, err, v.Expected.Error)
				}
				parsed = append(parsed, f)
			}
			if v.Expected.Error {
				return
			}
			var got identity.Value
			best := ""
			for _, list := range v.Context.Accounts {
				for _, raw := range list {
					a := identity.Account{NativeIdentity: raw.NativeIdentity, Name: raw.DisplayName, Attributes: raw.Attributes}
					value := a.Attributes.Get(v.Transform.Attributes.AttributeName)
					kept := !slices.ContainsFunc(parsed, func(f *filter.Filter) bool { return !f.Match(a.Property) })
					better := best == "" || (raw.Created < best) != v.Transform.Attributes.AccountSortDescending
					if kept && better && !value.IsNull() {
						got, best = value, raw.Created
					}
				}
			}
			if !got.Equal(v.Expected.Value) {
				t.Errorf("%q: got %v, want %v", v.filters(), got, v.Expected.Value)
			}
		})
	}
}

func TestMatchAllocations(t *testing.T) {
	f, err := filter.Parse(`dept == "Lab" && groups.contains("Admins") && !dept.startsWith("x")`)
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { f.Match(property) }); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

func FuzzParse(f *testing.F) {
	for _, v := range vectors(f) {
		for _, text := range v.filters() {
			f.Add(text)
		}
	}
	for _, text := range []string{
		`a == "x" && (b != null || !c.isNull())`, `Cost Ctr.1.containsAnyIgnoreCase({"a", 'b', 1, true, null})`,
		`a <= 1.50e400`, `!!a.b.in({"\n\\\""})`, strings.Repeat("(", 200) + "a==1&&b==2||c==3" + strings.Repeat(")", 200), "a == -0", "a\u0085== 1",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		first, err := filter.Parse(text)
		if err != nil {
			_ = err.Error()
			return
		}
		first.Match(property)
		printed := first.String()
		second, err := filter.Parse(printed)
		if err != nil {
			t.Fatalf("%q, printed %q: %v", text, printed, err)
		}
		if again := second.String(); again != printed || second.Match(property) != first.Match(property) {
			t.Fatalf("%q, printed %q, then %q", text, printed, again)
		}
		if diff := cmp.Diff(first.Properties(), second.Properties()); diff != "" {
			t.Fatalf("%q: properties (-first +second):\n%s", text, diff)
		}
	})
}

func ExampleParse() {
	f, err := filter.Parse(`(type == "primary" && memberOf.contains("Admins"))`)
	if err != nil {
		fmt.Println(err)
		return
	}
	account := identity.Account{Attributes: identity.NewAttributes(map[string]identity.Value{
		"type":     identity.StringValue("primary"),
		"memberOf": identity.StringsValue("CN=Staff", "CN=Domain Admins"),
	})}
	fmt.Println(f, f.Match(account.Property))
	// Output: type == "primary" && memberOf.contains("Admins") true
}

func ExampleSyntaxError() {
	_, err := filter.Parse(`status == active`)
	fmt.Println(err)
	// Output: filter, character 11: found "active", expected a value: text stands in quotes
}

func BenchmarkMatch(b *testing.B) {
	f, err := filter.Parse(`dept == "Lab" && groups.contains("Admins")`)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		f.Match(property)
	}
}

// A conjunction accepts what its filter does, for all kinds of values.
func TestConjunction(t *testing.T) {
	text := identity.StringValue
	values := []identity.Value{
		{}, text(""), text("a"), text("ab"), text("cab"), text("A"), identity.IntValue(1), identity.BoolValue(true),
		identity.StringsValue("a", "b"), identity.StringsValue(), identity.ListValue(identity.Value{}),
	}
	tests := []string{
		`p == "a"`, `p != "a"`, `p == "1"`, `p == ""`, `p.startsWith("a")`, `p.endsWith("b")`, `p.contains("a")`, `p.isNull()`, `p.notNull()`,
	}
	others := []string{`p == 1`, `p == null`, `p < "b"`, `p.startsWithIgnoreCase("a")`, `p.in({"a","b"})`, `p.isEmpty()`, `p.containsAll({"a"})`}

	compared := 0
	check := func(src string, want bool) {
		f, err := filter.Parse(src)
		if err != nil {
			t.Fatal(err)
		}
		list, ok := f.Conjunction()
		if ok != want {
			t.Errorf("%s: conjunction %t, want %t", src, ok, want)
		}
		if !ok {
			return
		}
		for _, p := range values {
			for _, q := range values {
				read := func(name string) identity.Value { return map[string]identity.Value{"p": p, "q": q}[name] }
				got, known := true, true
				for i := range list {
					passes, sure := list[i].Accepts(read(list[i].Name))
					got, known = got && passes, known && sure
				}
				if accepts := f.Match(read); known && got != accepts {
					t.Errorf("%s for p %v, q %v: %t, want %t", src, p, q, got, accepts)
				} else if known {
					compared++
				}
			}
		}
	}
	for _, a := range tests {
		check(a, true)
		check("!("+a+")", true)
		for _, b := range tests {
			b = strings.ReplaceAll(b, "p", "q")
			check(a+" && !("+b+")", true)
			check(a+" && ("+b+" && "+a+")", true)
			check(a+" || "+b, false)
			check("!("+a+" && "+b+")", false)
		}
	}
	for _, src := range others {
		check(src, false)
		check(`p == "a" && `+src, false)
	}
	if compared < 1000 {
		t.Errorf("only %d comparisons", compared)
	}
}
