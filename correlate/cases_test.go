package correlate_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/correlate"
	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/jsondoc"
)

// fields reads "a=1; b=x|y; c" into names and values: | separates the values of
// a list, a name alone is a flag, ~ is null.
func fields(s string) (map[string]identity.Value, map[string]bool) {
	values, flags := map[string]identity.Value{}, map[string]bool{}
	for part := range strings.SplitSeq(s, ";") {
		name, value, ok := strings.Cut(part, "=")
		name = strings.TrimSpace(name)
		switch {
		case name == "":
		case !ok:
			flags[name] = true
		case value == "~":
		case strings.Contains(value, "|"):
			values[name] = identity.StringsValue(strings.Split(value, "|")...)
		default:
			values[name] = identity.StringValue(value)
		}
	}
	return values, flags
}

func person(s string) identity.Identity {
	values, _ := fields(s)
	alias := values["alias"].Text()
	delete(values, "alias")
	return identity.Identity{Alias: alias, Attributes: identity.NewAttributes(values)}
}

func account(s string) identity.Account {
	values, flags := fields(s)
	a := identity.Account{Source: "S", NativeIdentity: values["id"].Text(), Name: values["name"].Text(), Disabled: flags["disabled"], ManuallyCorrelated: flags["manual"]}
	delete(values, "id")
	delete(values, "name")
	a.Attributes = identity.NewAttributes(values)
	return a
}

// config reads "email=mail, n=number(case)": criteria of the vendor, identity
// attribute first; (case) is ignoreCase true, (START) a match mode. Text that
// starts with { is JSON.
func config(t *testing.T, s string) *correlate.Config {
	t.Helper()
	if strings.HasPrefix(s, "{") {
		return parse(t, s)
	}
	c := &correlate.Config{}
	for part := range strings.SplitSeq(s, ",") {
		property, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok {
			continue
		}
		value, mode, _ := strings.Cut(strings.TrimSuffix(value, ")"), "(")
		a := correlate.Assignment{Property: property, Value: value, IgnoreCase: mode == "case"}
		if mode != "case" {
			a.MatchMode = mode
		}
		c.Assignments = append(c.Assignments, a)
	}
	return c
}

func describe(m correlate.Match) string {
	s := string(m.Method)
	if m.Method == correlate.ByConfig {
		s += fmt.Sprintf("[%d]", m.Criterion)
	}
	if m.Identity >= 0 {
		s += fmt.Sprintf(" %d", m.Identity)
	}
	if m.Excluded {
		s += " excluded"
	}
	if m.Stopped {
		s += " stopped"
	}
	for _, a := range m.Ambiguous {
		s += fmt.Sprintf(" {%s %v", a.Rule, a.Identities)
		if a.Shared {
			s += " shared"
		}
		s += "}"
	}
	return s
}

type matchCase struct {
	name, config string
	options      correlate.Options
	people       []string
	account      string
	want         string
}

// rules makes JSON of rules with the default match off.
func rules(list string) string { return `{"defaultMatch": false, "rules": [` + list + `]}` }

// one makes a rule of one condition with normalisers.
func one(names string) string {
	return rules(`{"id": "r", "conditions": [{"identity": "n", "account": "x", "normalize": ["` + strings.ReplaceAll(names, ",", `","`) + `"]}]}`)
}

var strictCase = correlate.Options{HonourIgnoreCase: true}

func matchCases() []matchCase {
	ab := []string{"alias=a; uid=ua; n=1", "alias=b; uid=ub; n=2"}
	o := correlate.Options{}
	return []matchCase{
		// 8.2: criteria are alternatives in list order; one success is enough
		{"first criterion", "n=x", o, ab, "id=9; x=2", "CONFIG[0] 1"},
		{"second criterion", "m=y, n=x", o, ab, "id=9; x=1; y=3", "CONFIG[1] 0"},
		{"first wins over second", "n=x, n=y", o, ab, "id=9; x=1; y=2", "CONFIG[0] 0"},
		{"same property twice", "n=x, n=y", o, ab, "id=9; y=2", "CONFIG[1] 1"},
		{"no criterion matches", "n=x", o, ab, "id=9; x=3", "UNCORRELATED"},
		{"no criteria", "", o, ab, "id=9; x=1", "UNCORRELATED"},
		{"null value is skipped", "n=x", o, ab, "id=9; x=~", "UNCORRELATED"},
		{"missing value is skipped", "n=x, n=y", o, ab, "id=9; y=1", "CONFIG[1] 0"},
		{"empty value is skipped", "n=x", o, []string{"alias=a; n="}, "id=9; x=", "UNCORRELATED"},
		{"blank value is skipped", "n=x", o, []string{"alias=a; n= "}, "id=9; x= ", "UNCORRELATED"},
		{"blank of other kinds is skipped", "n=x", o, []string{"alias=a; n=\t"}, "id=9; x=\t", "UNCORRELATED"},
		{"null does not equal null", "n=x", o, []string{"alias=a", "alias=b"}, "id=9", "UNCORRELATED"},
		{"criterion on an attribute nobody has", "zz=x", o, ab, "id=9; x=1", "UNCORRELATED"},
		{"account's own field", "n=nativeIdentity", o, ab, "id=2", "CONFIG[0] 1"},
		{"account's display name", "n=displayName", o, ab, "id=9; name=1", "CONFIG[0] 0"},
		{"attribute before own field", "n=displayName", o, ab, "id=9; name=1; displayName=2", "CONFIG[0] 1"},
		// the default match: account name, then id, with alias, then uid
		{"default by name", "", o, ab, "id=9; name=b", "DEFAULT 1"},
		{"default by id", "", o, ab, "id=b; name=zz", "DEFAULT 1"},
		{"default name before id", "", o, ab, "id=b; name=a", "DEFAULT 0"},
		{"default without name uses id", "", o, ab, "id=a", "DEFAULT 0"},
		{"default without case", "", o, ab, "id=9; name=B", "DEFAULT 1"},
		{"default by uid", "", o, ab, "id=9; name=ub", "DEFAULT 1"},
		{"default alias before uid", "", o, []string{"alias=x; uid=y", "alias=y; uid=z"}, "id=9; name=y", "DEFAULT 1"},
		{"default does not trim", "", o, ab, "id=9; name=b ", "UNCORRELATED"},
		{"criteria before default", "n=x", o, ab, "id=9; name=b; x=1", "CONFIG[0] 0"},
		{"default after criteria fail", "n=x", o, ab, "id=9; name=b; x=7", "DEFAULT 1"},
		{"default off", `{"defaultMatch": false}`, o, ab, "id=a; name=b", "UNCORRELATED"},
		{"default ambiguous by name, found by id", "", o, []string{"alias=a", "alias=a", "alias=k"}, "id=k; name=a", "DEFAULT 2 {default name [0 1]}"},
		{"default ambiguous", "", o, []string{"alias=a", "alias=a"}, "id=9; name=a", "UNCORRELATED {default name [0 1]}"},
		// case, DECISION 32
		{"without case", "n=x", o, []string{"alias=a; n=AbC"}, "id=9; x=aBc", "CONFIG[0] 0"},
		{"umlauts without case", "n=x", o, []string{"alias=a; n=MÜLLER"}, "id=9; x=müller", "CONFIG[0] 0"},
		{"sharp s is not ss", "n=x", o, []string{"alias=a; n=STRASSE"}, "id=9; x=straße", "UNCORRELATED"},
		{"Turkish dotless i equals i, as in Java", "n=x", o, []string{"alias=a; n=ı"}, "id=9; x=i", "CONFIG[0] 0"},
		{"Kelvin sign equals k", "n=x", o, []string{"alias=a; n=\u212a"}, "id=9; x=k", "CONFIG[0] 0"},
		{"Greek sigmas are equal", "n=x", o, []string{"alias=a; n=ς"}, "id=9; x=Σ", "CONFIG[0] 0"},
		{"beyond the basic plane, too, case does not count", "n=x", o, []string{"alias=a; n=𐐀"}, "id=9; x=𐐨", "CONFIG[0] 0"},
		{"flag honoured: case counts", "n=x", strictCase, []string{"alias=a; n=AbC"}, "id=9; x=abc", "UNCORRELATED"},
		{"flag honoured: equal", "n=x", strictCase, []string{"alias=a; n=AbC"}, "id=9; x=AbC", "CONFIG[0] 0"},
		{"flag honoured: ignoreCase", "n=x(case)", strictCase, []string{"alias=a; n=AbC"}, "id=9; x=abc", "CONFIG[0] 0"},
		{"flag honoured: case tells people apart", "n=x", strictCase, []string{"alias=a; n=ab", "alias=b; n=AB"}, "id=9; x=AB", "CONFIG[0] 1"},
		{"default match never looks at the flag", "", strictCase, ab, "id=9; name=A", "DEFAULT 0"},
		// text form, no trimming
		{"no trimming of the account", "n=x", o, []string{"alias=a; n=E001"}, "id=9; x=E001 ", "UNCORRELATED"},
		{"no trimming of the identity", "n=x", o, []string{"alias=a; n= E001"}, "id=9; x=E001", "UNCORRELATED"},
		{"equal blanks are equal", "n=x", o, []string{"alias=a; n=E001 "}, "id=9; x=E001 ", "CONFIG[0] 0"},
		{"007 is not 7", "n=x", o, []string{"alias=a; n=7"}, "id=9; x=007", "UNCORRELATED"},
		{"7.0 is not 7", "n=x", o, []string{"alias=a; n=7"}, "id=9; x=7.0", "UNCORRELATED"},
		{"accents count", "n=x", o, []string{"alias=a; n=Jose"}, "id=9; x=José", "UNCORRELATED"},
		{"composed is not decomposed", "n=x", o, []string{"alias=a; n=é"}, "id=9; x=e\u0301", "UNCORRELATED"},
		{"the vendor has no placeholders", "n=x", o, []string{"alias=a; n=N/A"}, "id=9; x=n/a", "CONFIG[0] 0"},
		{"placeholders as an option", "n=x", correlate.Options{Placeholders: []string{"N/A"}}, []string{"alias=a; n=N/A"}, "id=9; x= n/a ", "UNCORRELATED"},
		// multi-valued
		{"any value may match", "n=x", o, ab, "id=9; x=7|2|8", "CONFIG[0] 1"},
		{"two values, one person", "n=x", o, []string{"alias=a; n=1", "alias=b; n=2"}, "id=9; x=1|1", "CONFIG[0] 0"},
		{"two values, two people", "n=x", o, ab, "id=9; x=1|2", "UNCORRELATED {config 0 [0 1]}"},
		{"blank items are skipped", "n=x", o, ab, "id=9; x=| |2", "CONFIG[0] 1"},
		{"only blank items", "n=x", o, []string{"alias=a; n="}, "id=9; x=| ", "UNCORRELATED"},
		// ambiguity, DECISION 30
		{"ambiguous, then the next", "e=x, n=y", o, []string{"alias=a; e=1; n=5", "alias=b; e=1; n=6"}, "id=9; x=1; y=6", "CONFIG[1] 1 {config 0 [0 1]}"},
		{"ambiguous, nothing else", "e=x", o, []string{"alias=a; e=1", "alias=b; e=1"}, "id=9; x=1", "UNCORRELATED {config 0 [0 1]}"},
		{"ambiguous, then default", "e=x", o, []string{"alias=a; e=1", "alias=b; e=1"}, "id=9; x=1; name=b", "DEFAULT 1 {config 0 [0 1]}"},
		{"ambiguous twice", "e=x, f=x", o, []string{"alias=a; e=1; f=1", "alias=b; e=1; f=1"}, "id=9; x=1", "UNCORRELATED {config 0 [0 1]} {config 1 [0 1]}"},
		{"ambiguous by case only", "e=x", o, []string{"alias=a; e=A", "alias=b; e=a"}, "id=9; x=A", "UNCORRELATED {config 0 [0 1]}"},
		{"stop at ambiguity", "e=x, n=y", correlate.Options{AmbiguityStop: true}, []string{"alias=a; e=1; n=5", "alias=b; e=1; n=6"}, "id=9; x=1; y=6", "UNCORRELATED stopped {config 0 [0 1]}"},
		{"stop does not concern the first unique", "n=y, e=x", correlate.Options{AmbiguityStop: true}, []string{"alias=a; e=1; n=5", "alias=b; e=1; n=6"}, "id=9; x=1; y=6", "CONFIG[0] 1"},
		{"at most ten are listed", "e=x", o, many(12, "e=1"), "id=9; x=1", "UNCORRELATED {config 0 [0 1 2 3 4 5 6 7 8 9]}"},
		// name, DECISION 29, and direction, DECISION 27
		{"property name is the alias", "name=x", o, ab, "id=9; x=b", "CONFIG[0] 1"},
		{"property alias", "alias=x", o, ab, "id=9; x=a", "CONFIG[0] 0"},
		{"property name falls back to uid", "name=x", o, ab, "id=9; x=ub", "CONFIG[0] 1"},
		{"property name is not the display name", "name=x", o, []string{"alias=a; displayName=Ann"}, "id=9; x=Ann", "UNCORRELATED"},
		{"property name as display name", "name=x", correlate.Options{NameIsDisplayName: true}, []string{"alias=a; displayName=Ann"}, "id=9; x=Ann", "CONFIG[0] 0"},
		{"property uid", "uid=x", o, ab, "id=9; x=ub", "CONFIG[0] 1"},
		{"property uid does not look at the alias", "uid=x", o, ab, "id=9; x=b", "UNCORRELATED"},
		{"the other direction", "x=n", correlate.Options{Swapped: true}, ab, "id=9; x=2", "CONFIG[0] 1"},
		// match mode, DECISION 28
		{"match mode is ignored", "n=x(START)", o, []string{"alias=a; n=abc"}, "id=9; x=ab", "UNCORRELATED"},
		{"match mode START", "n=x(START)", correlate.Options{MatchMode: true}, []string{"alias=a; n=ABC", "alias=b; n=xab"}, "id=9; x=ab", "CONFIG[0] 0"},
		{"match mode END", "n=x(END)", correlate.Options{MatchMode: true}, []string{"alias=a; n=ABC", "alias=b; n=xab"}, "id=9; x=ab", "CONFIG[0] 1"},
		{"match mode ANYWHERE", "n=x(ANYWHERE)", correlate.Options{MatchMode: true}, []string{"alias=a; n=xABC"}, "id=9; x=ab", "CONFIG[0] 0"},
		{"match mode ANYWHERE, several", "n=x(ANYWHERE)", correlate.Options{MatchMode: true}, []string{"alias=a; n=xABC", "alias=b; n=ab"}, "id=9; x=ab", "UNCORRELATED {config 0 [0 1]}"},
		{"match mode is not the other way round", "n=x(START)", correlate.Options{MatchMode: true}, []string{"alias=a; n=ab"}, "id=9; x=abc", "UNCORRELATED"},
		// the correlation rule of the source
		{"rule first", "n=x", hostRule("m", "7"), []string{"alias=a; n=1", "alias=b; m=7"}, "id=9; x=1", "RULE 1"},
		{"rule without result", "n=x", hostRule("m", ""), []string{"alias=a; n=1", "alias=b; m=7"}, "id=9; x=1", "CONFIG[0] 0"},
		{"rule without attribute", "n=x", hostRule("", "7"), []string{"alias=a; n=1", "alias=b; m=7"}, "id=9; x=1", "CONFIG[0] 0"},
		{"rule finds several", "n=x", hostRule("m", "7"), []string{"alias=a; n=1; m=7", "alias=b; m=7"}, "id=9; x=1", "CONFIG[0] 0 {rule by m [0 1]}"},
		{"rule finds nobody", "n=x", hostRule("m", "8"), []string{"alias=a; n=1", "alias=b; m=7"}, "id=9; x=1", "CONFIG[0] 0"},
		{"rule error goes on", "n=x", failingRule(), []string{"alias=a; n=1"}, "id=9; x=1", "CONFIG[0] 0"},
		{"rule by name", "n=x", hostRule("name", "B"), []string{"alias=a; n=1", "alias=b"}, "id=9; x=1", "RULE 1"},
		// 18, worked cases
		{"worked case 8", "email=mail, employeeNumber=number", o, []string{"alias=a; email=x@y; employeeNumber=1", "alias=b; email=x@y; employeeNumber=2"}, "id=9; mail=x@y; number=2", "CONFIG[1] 1 {config 0 [0 1]}"},
		{"worked case 9", "employeeNumber=number", o, []string{"alias=a; employeeNumber=E001"}, "id=9; number=E001 ", "UNCORRELATED"},
		// rules: normalisers
		{"rule: trim", one("trim"), o, []string{"n= E1"}, "id=9; x=E1 ", "CONFIG[0] 0"},
		{"rule: trim keeps case", one("trim"), o, []string{"n=E1"}, "id=9; x=e1", "UNCORRELATED"},
		{"rule: trim and fold", one("trim,fold"), o, []string{"n=E1"}, "id=9; x= e1", "CONFIG[0] 0"},
		{"rule: exact", one("exact"), o, []string{"n=E1"}, "id=9; x=e1", "UNCORRELATED"},
		{"rule: default is fold", rules(`{"conditions": [{"identity": "n", "account": "x"}]}`), o, []string{"n=E1"}, "id=9; x=e1", "CONFIG[0] 0"},
		{"rule: leading zeros", one("leadingZeros"), o, []string{"n=7"}, "id=9; x=007", "CONFIG[0] 0"},
		{"rule: diacritics", one("diacritics,fold"), o, []string{"n=Jose Lopez"}, "id=9; x=josé lópez", "CONFIG[0] 0"},
		{"rule: words", one("fold,words"), o, []string{"n=Ann Lee"}, "id=9; x=Lee, Ann", "CONFIG[0] 0"},
		{"rule: digits", one("digits"), o, []string{"n=E-100"}, "id=9; x=100", "CONFIG[0] 0"},
		{"rule: email", one("email"), o, []string{"n=Ann <ANN+hr@X.org>"}, "id=9; x=smtp:ann@x.org", "CONFIG[0] 0"},
		{"rule: dn part", rules(`{"id":"r","conditions":[{"identity":"n","account":"x","accountNormalize":["dn:CN","fold"]}]}`), o, []string{"n=Lee, Ann"}, "id=9; x=CN=Lee\\, Ann,OU=People", "CONFIG[0] 0"},
		{"rule: prefix on one side", rules(`{"id":"r","conditions":[{"identity":"n","account":"x","accountNormalize":["prefix:adm-","fold"]}]}`), o, []string{"n=ann"}, "id=9; x=ADM-ann", "CONFIG[0] 0"},
		{"rule: before @", rules(`{"id":"r","conditions":[{"identity":"n","account":"x","accountNormalize":["before:@","fold"]}]}`), o, []string{"n=ann"}, "id=9; x=Ann@x.org", "CONFIG[0] 0"},
		{"rule: placeholder", one("trim,fold"), o, []string{"n=N/A"}, "id=9; x=n/a", "UNCORRELATED"},
		{"rule: own placeholders", rules(`{"id":"r","placeholders":["zz"],"conditions":[{"identity":"n","account":"x"}]}`), o, []string{"n=N/A"}, "id=9; x=n/a", "CONFIG[0] 0"},
		{"rule: nothing left", one("digits"), o, []string{"n=abc"}, "id=9; x=abc", "UNCORRELATED"},
		// rules: several conditions, expressions, predicates, conditions
		{"rule: both conditions", both(""), o, []string{"n=1; m=a", "n=1; m=b"}, "id=9; x=1; y=B", "CONFIG[0] 1"},
		{"rule: one condition fails", both(""), o, []string{"n=1; m=a"}, "id=9; x=1; y=b", "UNCORRELATED"},
		{"rule: one condition blank", both(""), o, []string{"n=1; m="}, "id=9; x=1; y=", "UNCORRELATED"},
		{"rule: parts do not run together", both(""), o, []string{"n=1a; m=b"}, "id=9; x=1; y=ab", "UNCORRELATED"},
		{"rule: combinations of values", both(""), o, []string{"n=1; m=a", "n=2; m=b"}, "id=9; x=1|3; y=z|A", "CONFIG[0] 0"},
		{"rule: combinations, two people", both(""), o, []string{"n=1; m=a", "n=3; m=z"}, "id=9; x=1|3; y=z|A", "UNCORRELATED {r [0 1]}"},
		{"rule: predicate chooses", both(`"predicate": "account.z == identity.z",`), o, []string{"n=1; m=a; z=5", "n=1; m=a; z=6"}, "id=9; x=1; y=a; z=6", "CONFIG[0] 1"},
		{"rule: predicate rejects", both(`"predicate": "account.z == identity.z",`), o, []string{"n=1; m=a; z=5"}, "id=9; x=1; y=a; z=6", "UNCORRELATED"},
		{"rule: predicate that fails rejects", both(`"predicate": "account.z + 1 > 0",`), o, []string{"n=1; m=a"}, "id=9; x=1; y=a; z=6", "UNCORRELATED"},
		{"rule: when", both(`"when": "account.type == 'P'",`), o, []string{"n=1; m=a"}, "id=9; x=1; y=a; type=P", "CONFIG[0] 0"},
		{"rule: when not", both(`"when": "account.type == 'P'",`), o, []string{"n=1; m=a"}, "id=9; x=1; y=a; type=Q", "UNCORRELATED"},
		{"rule: when fails", both(`"when": "account.type + 1 > 2",`), o, []string{"n=1; m=a"}, "id=9; x=1; y=a; type=Q", "UNCORRELATED"},
		{"rule: expression of the account", rules(`{"id":"r","conditions":[{"identity":"n","accountExpression":"account.g + '.' + account.s"}]}`), o, []string{"n=ann.lee"}, "id=9; g=Ann; s=Lee", "CONFIG[0] 0"},
		{"rule: expressions of both", rules(`{"id":"r","conditions":[{"identityExpression":"substr(identity.f, 0, 1) + identity.l","accountExpression":"account.x"}]}`), o, []string{"f=Bob; l=Lee", "f=Ann; l=Lee"}, "id=9; x=alee", "CONFIG[0] 1"},
		{"rule: expression over null", rules(`{"id":"r","conditions":[{"identity":"n","accountExpression":"lower(account.g)"}]}`), o, []string{"n=x"}, "id=9", "UNCORRELATED"},
		{"rule: expression that fails", rules(`{"id":"r","conditions":[{"identity":"n","accountExpression":"account.g + 1"}]}`), o, []string{"n=x"}, "id=9; g=x", "UNCORRELATED"},
		// rules: priority and ambiguity
		{"rules by priority", rules(`{"id":"late","priority":2,"conditions":[{"identity":"n","account":"x"}]},{"id":"early","priority":1,"conditions":[{"identity":"m","account":"x"}]}`), o, []string{"n=1", "m=1"}, "id=9; x=1", "CONFIG[0] 1"},
		{"equal priorities in order", rules(`{"id":"a","conditions":[{"identity":"n","account":"x"}]},{"id":"b","conditions":[{"identity":"m","account":"x"}]}`), o, []string{"n=1", "m=1"}, "id=9; x=1", "CONFIG[0] 0"},
		{"rules before assignments", `{"rules":[{"id":"r","conditions":[{"identity":"m","account":"x"}]}],"attributeAssignments":[{"property":"n","value":"x"}]}`, o, []string{"n=1", "m=1"}, "id=9; x=1", "CONFIG[0] 1"},
		{"ambiguous: next", two("next"), o, []string{"n=1; m=5", "n=1; m=6"}, "id=9; x=1; y=6", "CONFIG[1] 1 {r [0 1]}"},
		{"ambiguous: stop", two("stop"), o, []string{"n=1; m=5", "n=1; m=6"}, "id=9; x=1; y=6", "UNCORRELATED stopped {r [0 1]}"},
		{"ambiguous: next takes an outsider", two("next"), o, []string{"n=1; m=5", "n=1; m=7", "m=6"}, "id=9; x=1; y=6", "CONFIG[1] 2 {r [0 1]}"},
		{"ambiguous: narrow refuses an outsider", two("narrow"), o, []string{"n=1; m=5", "n=1; m=7", "m=6"}, "id=9; x=1; y=6", "UNCORRELATED {r [0 1]}"},
		{"ambiguous: narrow chooses", two("narrow"), o, []string{"n=1; m=5", "n=1; m=6", "m=6"}, "id=9; x=1; y=6", "CONFIG[1] 1 {r [0 1]}"},
		{"ambiguous: narrow, still several", two("narrow"), o, []string{"n=1; m=6", "n=1; m=6", "m=6"}, "id=9; x=1; y=6", "UNCORRELATED {r [0 1]} {s [0 1]}"},
		{"shared by too many", rules(`{"id":"r","maxShared":2,"onAmbiguous":"stop","conditions":[{"identity":"n","account":"x"}]},{"id":"s","conditions":[{"identity":"m","account":"y"}]}`), o,
			[]string{"n=1", "n=1", "n=1; m=6"}, "id=9; x=1; y=6", "CONFIG[1] 2 {r [0 1 2] shared}"},
		{"shared by few enough", rules(`{"id":"r","maxShared":2,"conditions":[{"identity":"n","account":"x"}]}`), o, []string{"n=1", "n=1"}, "id=9; x=1", "UNCORRELATED {r [0 1]}"},
		{"excluded", `{"exclude":"account.type == 'service'","attributeAssignments":[{"property":"n","value":"x"}]}`, o, []string{"n=1"}, "id=9; x=1; type=service", "UNCORRELATED excluded"},
		{"not excluded", `{"exclude":"account.type == 'service'","attributeAssignments":[{"property":"n","value":"x"}]}`, o, []string{"n=1"}, "id=9; x=1; type=person", "CONFIG[0] 0"},
		{"excluded by a flag of the account", `{"exclude":"account.disabled","attributeAssignments":[{"property":"n","value":"x"}]}`, o, []string{"n=1"}, "id=9; x=1; disabled", "UNCORRELATED excluded"},
	}
}

func many(n int, s string) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = s
	}
	return list
}

func both(more string) string {
	return rules(`{"id": "r", ` + more + ` "conditions": [{"identity": "n", "account": "x"}, {"identity": "m", "account": "y"}]}`)
}

func two(onAmbiguous string) string {
	return rules(`{"id": "r", "onAmbiguous": "` + onAmbiguous + `", "conditions": [{"identity": "n", "account": "x"}]}, {"id": "s", "conditions": [{"identity": "m", "account": "y"}]}`)
}

func hostRule(attribute, value string) correlate.Options {
	return correlate.Options{RuleAttributes: []string{"m", "name"}, Rule: func(*identity.Account) (string, identity.Value, error) {
		return attribute, identity.StringValue(value), nil
	}}
}

func failingRule() correlate.Options {
	return correlate.Options{RuleAttributes: []string{"m"}, Rule: func(*identity.Account) (string, identity.Value, error) {
		return "m", identity.StringValue("1"), errors.New("the rule failed")
	}}
}

// TestMatch runs every case by the index, by the explanation and by the join.
func TestMatch(t *testing.T) {
	list := matchCases()
	for _, c := range list {
		t.Run(c.name, func(t *testing.T) {
			var people []identity.Identity
			for _, p := range c.people {
				people = append(people, person(p))
			}
			a := account(c.account)
			p := correlate.PopulationOf(people)
			co, found := correlate.Compile(config(t, c.config), c.options)
			if len(found) > 0 {
				t.Fatal(found)
			}
			x := correlate.IndexOf(p, co)
			b, err := co.Run(t.Context(), p, []identity.Account{a}, correlate.BulkOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for name, got := range map[string]correlate.Match{"index": co.Match(x, &a, correlate.Values(p)), "join": b.Match(0), "explain": co.Explain(x, &a, correlate.Values(p)).Match} {
				if diff := cmp.Diff(c.want, describe(got)); diff != "" {
					t.Errorf("%s: mismatch (-want +got):\n%s", name, diff)
				}
			}
		})
	}
	if len(list) < 100 {
		t.Errorf("only %d cases", len(list))
	}
}

// TestPlainIndex: an index of attributes alone serves criteria of the vendor,
// case included when values can be read.
func TestPlainIndex(t *testing.T) {
	x := correlate.NewIndex("n")
	values := []string{"ab", "AB", "x"}
	for n, v := range values {
		for key, name := range x.Keys() {
			if name == "n" {
				x.Put(int32(n), key, identity.StringValue(v))
			}
		}
	}
	value := func(n int32, _ string) identity.Value { return identity.StringValue(values[n]) }
	a := account("id=9; v=AB")
	c := correlate.New(config(t, "n=v"), correlate.Options{HonourIgnoreCase: true})
	if got := describe(c.Match(x, &a, value)); got != "CONFIG[0] 1" {
		t.Error(got)
	}
	c = correlate.New(config(t, "n=v"), correlate.Options{})
	if got := describe(c.Match(x, &a, nil)); got != "UNCORRELATED {config 0 [0 1]}" {
		t.Error(got)
	}
	x.Put(0, 2, identity.Value{})
	if got := describe(c.Match(x, &a, nil)); got != "CONFIG[0] 1" {
		t.Error(got)
	}
}

func TestCriterion(t *testing.T) {
	c := correlate.New(config(t, `{"rules":[{"id":"r","conditions":[{"identity":"m","account":"x"}]}],"attributeAssignments":[{"property":"n","value":"x"}]}`), correlate.Options{})
	for i, want := range map[int]string{0: "m = x", 1: "n = x", 2: "", -1: "alias = account name"} {
		if got := c.Criterion(i); got != want {
			t.Errorf("criterion %d is %q, want %q", i, got, want)
		}
	}
	if diff := cmp.Diff([]string{"r", "config 0", "default name", "default id"}, c.Rules()); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

func TestConfigFindings(t *testing.T) {
	for source, want := range map[string]string{
		`{"attributeAssignments":[{"property":"a","value":"b","operation":"NE"}]}`:                               "correlation-operation",
		`{"attributeAssignments":[{"property":"a","value":"b","complex":true}]}`:                                 "correlation-complex",
		`{"attributeAssignments":[{"property":"a","value":"b","filterString":"x"}]}`:                             "correlation-complex",
		`{"attributeAssignments":[{"property":"a"}]}`:                                                            "correlation-property",
		`{"attributeAssignments":[{"value":"a"}]}`:                                                               "correlation-property",
		`{"attributeAssignments":[{"property":"a","value":"b","matchMode":"START"}]}`:                            "correlation-matchmode",
		`{"attributeAssignments":[{"property":"a","value":"b","matchMode":"EXACT"}]}`:                            "correlation-matchmode",
		`{"attributeAssignments":null}`:                                                                          "",
		`{"attributeAssignments":[{"property":"a","value":"b","operationMatchMode":"EQUALS","matchMode":null}]}`: "",
		`{}`:                     "",
		`{"rules":[{"id":"r"}]}`: "correlation-rule",
		`{"rules":[{"id":"r","conditions":[{"identity":"a"}]}]}`:                                                   "correlation-rule",
		`{"rules":[{"id":"r","conditions":[{"account":"a"}]}]}`:                                                    "correlation-rule",
		`{"rules":[{"id":"r","wen":"x","conditions":[{"identity":"a","account":"b"}]}]}`:                           "correlation-rule",
		`{"rules":[{"id":"r","when":"x +","conditions":[{"identity":"a","account":"b"}]}]}`:                        "correlation-rule",
		`{"rules":[{"id":"r","when":"identity.x == 1","conditions":[{"identity":"a","account":"b"}]}]}`:            "correlation-rule",
		`{"rules":[{"id":"r","onAmbiguous":"first","conditions":[{"identity":"a","account":"b"}]}]}`:               "correlation-rule",
		`{"rules":[{"id":"r","conditions":[{"identity":"a","account":"b","normalize":["trimm"]}]}]}`:               "correlation-rule",
		`{"rules":[{"id":"r","conditions":[{"identity":"a","account":"b","normalize":["e164"]}]}]}`:                "correlation-rule",
		`{"rules":[{"id":"r","conditions":[{"identity":"a","account":"b","accountTransform":{"type":"lower"}}]}]}`: "correlation-rule",
		`{"rules":[{"id":"r","conditions":[{"identity":"a","identityExpression":"identity.b","account":"b"}]}]}`:   "correlation-rule",
		`{"rules":[{"id":"r","conditions":[{"identityExpression":"identity['a' + identity.b]","account":"b"}]}]}`:  "correlation-rule",
		`{"exclude":"account.","rules":[]}`:                                                                        "correlation-rule",
	} {
		n, found := jsondoc.Parse("c.json", []byte(source))
		if len(found) > 0 {
			t.Fatalf("%s: %v", source, found)
		}
		cfg, found := correlate.ParseConfig(n)
		c, more := correlate.Compile(cfg, correlate.Options{})
		found = append(found, more...)
		switch {
		case want == "" && len(found) > 0, want != "" && (len(found) == 0 || string(found[0].Code) != want):
			t.Errorf("%s: findings %v, want %q", source, found, want)
		}
		if c == nil {
			t.Errorf("%s: no correlator", source)
		}
	}
}

// tryParse reads a configuration, nil when it is no JSON.
func tryParse(source string) *correlate.Config {
	n, _ := jsondoc.Parse("c.json", []byte(source))
	if n == nil {
		return nil
	}
	c, _ := correlate.ParseConfig(n)
	return c
}
