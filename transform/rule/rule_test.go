package rule_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/rule"
)

type object map[string]identity.Value

func (o object) Attribute(name string) identity.Value { return o[name] }

var (
	str   = identity.StringValue
	names = rule.Names{Objects: []string{"account", "identity"}, Values: []string{"input"}}
)

func objects() []rule.Object {
	return []rule.Object{
		object{"mail": str("Ann.Lee@Example.com"), "number": str("00123"), "age": identity.IntValue(41), "groups": identity.StringsValue("a", "b", "admins"), "cost center": str("K1")},
		object{"email": str("ann.lee@example.com"), "vip": identity.BoolValue(true)},
	}
}

func TestValue(t *testing.T) {
	for _, c := range []struct {
		source string
		want   identity.Value
	}{
		{`lower(account.mail)`, str("ann.lee@example.com")},
		{`upper(identity.email)`, str("ANN.LEE@EXAMPLE.COM")},
		{`account["cost center"]`, str("K1")},
		{`account["cost" + " center"]`, str("K1")},
		{`account.missing`, identity.Value{}},
		{`lower(account.missing)`, identity.Value{}},
		{`trim("  x ") + "-" + string(account.age)`, str("x-41")},
		{`account.age + 1`, identity.IntValue(42)},
		{`1 + 2.5`, str("3.5")},
		{`2.5 + 0.5`, identity.IntValue(3)},
		{`digits("+49 (89) 12")`, str("498912")},
		{`trimPrefix(account.number, "00")`, str("123")},
		{`trimSuffix("a@b", "@b")`, str("a")},
		{`replace("a-b-c", "-", "")`, str("abc")},
		{`split(account.mail, "@")`, identity.StringsValue("Ann.Lee", "Example.com")},
		{`first(split(account.mail, "@"))`, str("Ann.Lee")},
		{`last(split(account.mail, "."))`, str("com")},
		{`join(split("a b c", " "), "_")`, str("a_b_c")},
		{`join(map(account.groups, upper(#)))`, str("ABADMINS")},
		{`join(filter(account.groups, len(#) > 1), ",")`, str("admins")},
		{`find(account.groups, # startsWith "ad")`, str("admins")},
		{`count(account.groups, len(#) == 1)`, identity.IntValue(2)},
		{`substr("äöü", 1)`, str("öü")},
		{`substr("äöü", -1)`, str("ü")},
		{`substr("äöü", 1, 1)`, str("ö")},
		{`substr("äöü", 9, 1)`, str("")},
		{`len("äöü")`, identity.IntValue(3)},
		{`len(account.groups)`, identity.IntValue(3)},
		{`indexOf("äöü", "ü")`, identity.IntValue(2)},
		{`indexOf(nil, "ü")`, identity.Value{}},
		{`int(account.number)`, identity.IntValue(123)},
		{`abs(-3)`, identity.IntValue(3)},
		{`min(3, 2.5, 4)`, str("2.5")},
		{`max(3, 2.5, 4)`, identity.IntValue(4)},
		{`default(account.missing, "", "x")`, str("x")},
		{`input`, str("in")},
		{`let x = lower(account.mail); x == identity.email`, identity.BoolValue(true)},
		{`account.age > 40 ? "old" : "young"`, str("old")},
		{`1..3`, identity.ListValue(identity.IntValue(1), identity.IntValue(2), identity.IntValue(3))},
		{`3..1`, identity.ListValue()},
	} {
		t.Run(c.source, func(t *testing.T) {
			p, err := rule.Compile("r", c.source, names, rule.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.Value(objects(), str("in"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want.String(), got.String()); diff != "" {
				t.Errorf("mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBool(t *testing.T) {
	for source, want := range map[string]bool{
		`lower(account.mail) == identity.email`:                    true,
		`account.mail == identity.email`:                           false,
		`account.mail matches "(?i)^ann\\."`:                       true,
		`account.missing matches "x"`:                              false,
		`account.missing contains "x"`:                             false,
		`account.mail endsWith ".com" && identity.vip`:             true,
		`"admins" in account.groups`:                               true,
		`"x" in account.missing`:                                   false,
		`"x" not in account.groups`:                                true,
		`any(account.groups, # == "b")`:                            true,
		`all(account.groups, # != "z")`:                            true,
		`none(account.groups, # == "b")`:                           false,
		`one(account.groups, # == "b")`:                            true,
		`account.missing == nil`:                                   true,
		`account.missing`:                                          false,
		`not identity.vip`:                                         false,
		`account.number in ["00123", "00124"]`:                     true,
		`account.age >= 41 and account.age < 42 or account.other`:  true,
		`startsWithX()  ?? false`:                                  false,
		`(account.missing ?? account.number) == "00123"`:           true,
		`any(split(account.mail, "@"), any(account.groups, true))`: true,
	} {
		p, err := rule.Compile("r", source, names, rule.Limits{})
		if strings.Contains(source, "startsWithX") {
			if err == nil {
				t.Errorf("%s: no error", source)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if got, err := p.Bool(objects()); err != nil || got != want {
			t.Errorf("%s = %v, %v, want %v", source, got, err, want)
		}
	}
}

func TestCompileErrors(t *testing.T) {
	for _, c := range []struct {
		source, want string
		line, column int
	}{
		{"account.mail ==", "unexpected token EOF", 1, 15},
		{"lower(account.mail)\n == nobody.mail", "unknown name nobody", 2, 5},
		{"lowr(account.mail)", `did you mean "lower"?`, 1, 1},
		{"now()", "unknown function now", 1, 1},
		{"  env(\"HOME\")", "unknown function env", 1, 3},
		{"sum([1,2])", "unknown function sum", 1, 1},
		{"reduce([1,2], #acc)", "unknown function reduce", 1, 1},
		{"repeat('x', 100)", "unknown function repeat", 1, 1},
		{"lower()", "lower has 0 arguments, expected 1", 1, 1},
		{"substr('a')", "expected 2 to 3", 1, 1},
		{"$run", "unknown name $run", 1, 1},
		{"$env", "unknown name $env", 1, 1},
		{"$add(1, 2)", "unknown name $add", 1, 1},
		{"input matches input", "must be a constant", 1, 7},
		{"input matches '('", "missing closing )", 1, 15},
		{"account('HR', 'x')", "unknown function account", 1, 1},
		{"input.foo.bar()", "only functions can be called", 1, 11},
		{"account", "account is no value", 1, 1},
		{"1 + (lower)", "lower is no value", 1, 6},
		{strings.Repeat("(", 20000), "at most", 1, 1},
		{strings.Repeat("[", 16000), "", 1, 0},
	} {
		_, err := rule.Compile("r", c.source, names, rule.Limits{})
		var at *rule.Error
		if !errors.As(err, &at) {
			t.Errorf("%.40q: error %v", c.source, err)
			continue
		}
		if !strings.Contains(err.Error(), c.want) || at.Line != c.line || c.column > 0 && at.Column != c.column {
			t.Errorf("%.40q: %v, want %q at %d:%d", c.source, err, c.want, c.line, c.column)
		}
	}
}

func TestEvaluationErrors(t *testing.T) {
	for _, c := range []struct {
		source string
		is     error
	}{
		{`1 + "a"`, nil},
		{`lower(account.age)`, nil},
		{`int("x")`, nil},
		{`1..100000000`, transform.ErrLimit},
		{`let r = 1..10000; all(r, all(r, all(r, # > 0)))`, transform.ErrLimit},
		{`let a = replace(account.long, "x", account.long); replace(a, "x", account.long)`, transform.ErrLimit},
		{`join(map(1..10000, account.long), "")`, transform.ErrLimit},
		{`map(1..5000, account.long + account.long + string(#))`, transform.ErrLimit},
		{`split(account.wide, "")`, transform.ErrLimit},
		{`map(1..10000, map(1..10000, #))`, transform.ErrLimit},
		{`1 % int(account.zero)`, nil},
		{`account.groups[7]`, nil},
	} {
		p, err := rule.Compile("r", c.source, names, rule.Limits{})
		if err != nil {
			t.Errorf("%s: %v", c.source, err)
			continue
		}
		objs := []rule.Object{object{"age": identity.IntValue(1), "zero": str("0"), "groups": identity.StringsValue("a"),
			"long": str(strings.Repeat("x", 2000)), "wide": str(strings.Repeat("y", 20000))}}
		_, err = p.Value(objs)
		var at *rule.Error
		if err == nil || !errors.As(err, &at) || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%s: error %v, want %v", c.source, err, c.is)
		}
	}
	p, err := rule.Compile("r", `"text"`, names, rule.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Bool(nil); !errors.Is(err, transform.ErrFormat) {
		t.Errorf("text as condition: %v", err)
	}
}

// TestText: positions are characters, and no character is ever cut.
func TestText(t *testing.T) {
	half := str("a\xed\xa0\xbdb") // half of a surrogate pair between letters
	for _, c := range []struct {
		source string
		input  identity.Value
		want   string
	}{
		{`input[0:2]`, str("Müller"), `"Mü"`},
		{`input[1:]`, str("Müller"), `"üller"`},
		{`input[:2]`, str("Müller"), `"Mü"`},
		{`input[-2:]`, str("Strauß"), `"uß"`},
		{`input[:-1]`, str("Strauß"), `"Strau"`},
		{`input[2:1]`, str("Müller"), `""`},
		{`input[0:99]`, str("Mü"), `"Mü"`},
		{`input[1]`, str("Müller"), `"ü"`},
		{`input[-1]`, str("Strauß"), `"ß"`},
		{`input[0:1]`, str("😀x"), `"😀"`},
		{`input[0:1] + input[1:2]`, str("李明"), `"李明"`},
		{`substr(input, 1, 1)`, str("Jürgen"), `"ü"`},
		{`len(input)`, str("Jürgen"), `6`},
		{`len(input)`, half, `3`},
		{`len(split(input, ""))`, half, `3`},
		{`join(split(input, ""), "")`, str("Jürgen"), `"Jürgen"`},
		{`len(input[1:2])`, half, `1`},
		{`upper(input)`, str("straße"), `"STRASSE"`},
		{`lower(input)`, str("ΟΔΟΣ"), `"οδος"`},
		{`trim(input)`, str("\u00a0x\x01"), `"\u00a0x"`},
		{`trim(input)`, str("  x\t"), `"x"`},
		{`input[0:2][1]`, str("Müller"), `"ü"`},
		{`(input ?? "")[0:1]`, identity.Value{}, `""`},
	} {
		p, err := rule.Compile("r", c.source, names, rule.Limits{})
		if err != nil {
			t.Errorf("%s: %v", c.source, err)
			continue
		}
		if got, err := p.Value(objects(), c.input); err != nil || got.String() != c.want {
			t.Errorf("%s of %s = %s, %v, want %s", c.source, c.input, got, err, c.want)
		}
	}
}

// TestNull: null in gives null out.
func TestNull(t *testing.T) {
	for _, source := range []string{
		`lower(nil)`, `upper(input)`, `trim(input)`, `digits(input)`, `input + "x"`, `"x" + input`, `input + 1`, `input - 1`, `2 * input`, `input / 2`,
		`input % 2`, `input ** 2`, `-input`, `+input`, `input[0:2]`, `input[0]`, `input[-1:]`, `input.name`, `input?.name`, `substr(input, 1)`, `substr("a", input)`,
		`replace(input, "a", "b")`, `replace("a", "a", input)`, `trimPrefix(input, "a")`, `trimPrefix("a", input)`, `trimSuffix("a", input)`,
		`split(input, ",")`, `split("a", input)`, `join(input)`, `join(map(input, upper(#)))`, `map(input, # + 1)`, `filter(input, true)`, `find(input, true)`,
		`first(input)`, `last(input)`, `len(input)`, `indexOf(input, "a")`, `indexOf("a", input)`, `int(input)`, `string(input)`, `abs(input)`, `min(input, 1)`, `max(1, input)`,
		`first(split(input, "@"))`, `upper(input[0:1]) + lower(input[1:])`, `account.missing[0:1]`, `lower(account.missing) + "@x"`, `input < 5`, `"a" >= input`,
	} {
		p, err := rule.Compile("r", source, names, rule.Limits{})
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if got, err := p.Value(objects(), identity.Value{}); err != nil || !got.IsNull() {
			t.Errorf("%s = %s, %v, want null", source, got, err)
		}
	}
	for source, want := range map[string]bool{
		`not input`: true, `!input`: true, `input and true`: false, `input or true`: true, `input ? true : false`: false, `input < 5`: false,
		`input > 5 or true`: true, `any(input, true)`: false, `all(input, false)`: true, `none(input, true)`: true, `count(input, true) == 0`: true,
		`input == nil`: true, `len(input) > 3`: false, `any([1, 2], nil)`: false, `if input { true } else { false }`: false,
	} {
		p, err := rule.Compile("r", source, names, rule.Limits{})
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if got, err := p.Bool(objects(), identity.Value{}); err != nil || got != want {
			t.Errorf("%s = %v, %v, want %v", source, got, err, want)
		}
	}
}

// goType finds what only people who write Go know.
var goType = regexp.MustCompile(`interface|reflect|runtime error|\bstring\b|\bint\b|\bfloat64\b|\bbool\b|<nil>|\bmap\[|uint8|\bslice bounds|\*rule|%!`)

// TestPlainErrors: errors speak of texts and numbers, not of Go types.
func TestPlainErrors(t *testing.T) {
	for _, source := range []string{
		`1 + "a"`, `"a" - 1`, `"a" * "b"`, `input - 1`, `input * 2`, `-input`, `-"a"`, `+"a"`, `not input`, `not "a"`, `input and true`, `"a" or true`,
		`input ? 1 : 2`, `"a" ? 1 : 2`, `input < 1`, `"a" < 1`, `1 < true`, `input["x"]`, `input.x`, `"abc".x`, `input[99]`, `"abc"[true]`, `input["a":2]`,
		`account.age[0]`, `account.age.x`, `account.groups["a"]`, `account.groups[9]`, `account.groups.name`, `filter(input, true)`, `map(account.age, 1)`,
		`filter(account.groups, #)`, `any(account.groups, 1)`, `count(account.groups)`, `all(1, true)`, `map("abc", #)`, `lower(1)`, `lower(account.groups)`,
		`split(1, 2)`, `replace("a", 1, "b")`, `join("a")`, `join(account.groups, 1)`, `substr(1, 1)`, `substr("a", "b")`, `len(1)`, `indexOf(1, "a")`, `int("x")`,
		`int(account.groups)`, `abs("x")`, `min("a", 1)`, `1 % 0`, `1 / 0`, `account.age % 0`, `1.5 % 2`, `"a" == 1`, `1 in "abc"`, `"a" in 5`, `1..input`, `input matches "a" + 1`,
		`{"a": 1}`, `{"a": 1}.b.c`, `[1, 2]["x"]`, `{"a": 1}[1]`, `input contains 1`, `1 startsWith "a"`, `let x = input; x - 1`, `account.vip - 1`, `string(account.groups)`,
		`first("abc")`, `last(1)`, `input()`, `1()`, `"a".b()`, `sort(account.groups)`, `input | foo()`, `trim(true)`, `digits([])`, `9223372036854775807 + 1 + "a"`, `true + true`, `true < false`, `[] + []`,
	} {
		var err error
		if p, compiling := rule.Compile("r", source, names, rule.Limits{}); compiling != nil {
			err = compiling
		} else {
			_, err = p.Value(objects(), str("in"))
		}
		if err == nil {
			continue
		}
		if word := goType.FindString(strings.ReplaceAll(err.Error(), "unknown function string", "")); word != "" {
			t.Errorf("%s: %q in %v", source, word, err)
		}
	}
}

func TestReads(t *testing.T) {
	p, err := rule.Compile("r", `account.b == identity.x && account["a"] == account.b && account[input] != nil`, names, rule.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := []rule.Read{{"account", ""}, {"account", "a"}, {"account", "b"}, {"identity", "x"}}
	if diff := cmp.Diff(want, p.Reads()); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

type subject struct {
	attributes map[string]identity.Value
	manager    *subject
	accounts   []identity.Account
	err        error
}

func (s *subject) ID() string   { return "id" }
func (s *subject) Name() string { return "name" }
func (s *subject) Attribute(name string) (identity.Value, error) {
	return s.attributes[name], s.err
}
func (s *subject) AttributeNames() []string { return nil }
func (s *subject) Manager() (transform.Subject, error) {
	if s.manager == nil {
		return nil, nil
	}
	return s.manager, nil
}
func (s *subject) IsManager() bool              { return false }
func (s *subject) Accounts() []identity.Account { return s.accounts }

func TestTransformRule(t *testing.T) {
	boss := &subject{attributes: map[string]identity.Value{"email": str("boss@x")}}
	ann := &subject{manager: boss, attributes: map[string]identity.Value{"email": str("ann@x")}, accounts: []identity.Account{
		{Source: "HR", Created: time.Unix(9, 0), Attributes: identity.NewAttributes(map[string]identity.Value{"n": str("late")})},
		{Source: "HR", Created: time.Unix(1, 0), Attributes: identity.NewAttributes(map[string]identity.Value{"n": str("early")})},
	}}
	call := transform.RuleCall{Name: "N", Attribute: "dept", Input: str("in"), OldValue: str("old"), Subject: ann,
		Args: map[string]identity.Value{"suffix": str("!")}, Now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	for source, want := range map[string]string{
		`input + args.suffix`:                      "in!",
		`oldValue`:                                 "old",
		`attribute + name`:                         "deptN",
		`now`:                                      "2026-01-02T03:04:05Z",
		`identity.email + manager.email`:           "ann@xboss@x",
		`account("HR", "n")`:                       "early",
		`default(account("AD", "n"), "none")`:      "none",
		`manager.email == nil ? "top" : "managed"`: "managed",
	} {
		r, err := rule.New("N", source, rule.Limits{})
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if got, err := r(t.Context(), call); err != nil || got.Text() != want {
			t.Errorf("%s = %v, %v, want %q", source, got, err, want)
		}
	}
	r, err := rule.New("N", `manager.email`, rule.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []transform.Subject{nil, boss} {
		if got, err := r(t.Context(), transform.RuleCall{Subject: s}); err != nil || !got.IsNull() {
			t.Errorf("manager of %v = %v, %v", s, got, err)
		}
	}
	failing := &subject{err: transform.ErrCycle}
	r, err = rule.New("N", `default(identity.email, "x")`, rule.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r(context.Background(), transform.RuleCall{Subject: failing}); !errors.Is(err, transform.ErrCycle) {
		t.Errorf("error of the subject: %v", err)
	}
}

func TestRules(t *testing.T) {
	rules, found := rule.Rules(map[string]string{"a": "input", "b": "input +", "c": "1"}, rule.Limits{})
	if len(rules) != 3 || rules["a"] == nil || rules["c"] == nil {
		t.Errorf("rules: %v", rules)
	}
	if _, err := rules["b"](t.Context(), transform.RuleCall{}); err == nil {
		t.Error("a rule that does not compile gives a value")
	}
	if len(found) != 1 || found[0].Code != "rule-expression" {
		t.Errorf("findings: %v", found)
	}
}

func TestConcurrent(t *testing.T) {
	p, err := rule.Compile("r", `join(map(account.groups, # + input), "")`, names, rule.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan string)
	for range 8 {
		go func() {
			var bad string
			for i := range 200 {
				in := strings.Repeat("x", i%7)
				v, err := p.Value(objects(), str(in))
				if want := "a" + in + "b" + in + "admins" + in; err != nil || v.Text() != want {
					bad = v.Text()
				}
			}
			done <- bad
		}()
	}
	for range 8 {
		if bad := <-done; bad != "" {
			t.Errorf("got %q", bad)
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, s := range []string{`lower(account.mail) == identity.email`, `let x = 1..10; map(x, # + 1)`, `input matches "a+"`, `{"a": [1, nil]}.a[0]`,
		`$run`, `account?.b ?? input`, `if input { 1 } else { 2 }`, `"` + "\xff", `1..1000000`, `filter(account.groups, {# > 1})[0]`, `input | lower() | trim()`, `input[1:2]`, `2 ** 99999`, `-9223372036854775808 / -1`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		p, err := rule.Compile("f", source, names, rule.Limits{Steps: 2000, Output: 10000, Items: 200})
		if err != nil {
			return
		}
		a, err1 := p.Value(objects(), str("in"))
		b, err2 := p.Value(objects(), str("in"))
		if a.String() != b.String() || (err1 == nil) != (err2 == nil) {
			t.Errorf("%q: %v, %v and then %v, %v", source, a, err1, b, err2)
		}
	})
}

func BenchmarkValue(b *testing.B) {
	p, err := rule.Compile("r", `lower(trim(account.mail))`, names, rule.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	objs := objects()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Value(objs); err != nil {
			b.Fatal(err)
		}
	}
}
