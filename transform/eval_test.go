package transform_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/builtin"
)

// compiled is a transform with everything that it needs to be evaluated.
type compiled struct {
	unit    *transform.Unit
	program *transform.Program
}

func compile(t testing.TB, config string, stored map[string]string, change func(*transform.Options)) compiled {
	t.Helper()
	o := transform.Options{Transforms: map[string]*transform.Definition{}}
	for name, src := range stored {
		def, _ := transform.Parse(name+".json", []byte(src))
		def.Name = name
		o.Transforms[name] = def
	}
	if change != nil {
		change(&o)
	}
	def, _ := transform.Parse("case.json", []byte(config))
	if def == nil {
		t.Fatalf("no transform: %s", config)
	}
	unit, _ := builtin.Library().Link(o, transform.Item{Def: def, Path: diag.Path{diag.Named("profile", "Employees"), diag.Named("attribute", "email")}})
	return compiled{unit, unit.Programs()[0]}
}

func (c compiled) eval(env *transform.Env, input identity.Value) (identity.Value, error) {
	return c.unit.Run(context.Background(), env, c.program, nil, nil, input)
}

func TestErrorText(t *testing.T) {
	const at = `profile "Employees" > attribute "email" > `
	for _, tc := range []struct {
		name, config, want string
		is                 error
	}{
		{"item of a list", op("firstValid", `"values":[null,`+op("substring", `"begin":0,"end":9`)+`]`),
			at + "firstValid.values[1]: substring: out of range: begin 0, end 9, length 5", transform.ErrRange},
		{"entry of a table", lookupOf(`"input":` + op("split", `"delimiter":",","index":3`)),
			at + `lookup.table["input"]: split: out of range: Split resulted in 1 items and you attempted to index at 3`, transform.ErrRange},
		{"no match", lookupOf(`"a":"b"`),
			`profile "Employees" > attribute "email": lookup: no match: Lookup table has no entry for input: input and no default is specified`, transform.ErrNoMatch},
		{"template", static("$y", `"a"`),
			at + `static.value: Error rendering template: $y: invalid reference $y [line 1, column 1]`, transform.ErrTemplate},
		{"through a reference", op("upper", `"input":`+op("reference", `"id":"fails"`)),
			at + `upper.input > transform "fails" > lower.input: dateMath: wrong format: cannot parse "x": expected yyyy-MM-ddTHH:mm and an offset at offset 0`, transform.ErrFormat},
		{"unknown transform", op("reference", `"id":"nope"`),
			`profile "Employees" > attribute "email": reference: unknown name: there is no transform "nope"`, transform.ErrUnknown},
		{"duplicate key", lookupOf(`"input":"b","input":"c"`),
			`profile "Employees" > attribute "email": lookup: the transform cannot be evaluated as it is configured: key "input" occurs twice in the table`, transform.ErrConfig},
		{"null branch", op("conditional", `"expression":"a eq a","positiveCondition":`+op("identityAttribute", `"name":"n"`)+`,"negativeCondition":"x"`),
			`profile "Employees" > attribute "email": conditional: null value: positiveCondition is null`, transform.ErrNull},
		{"rule", op("rule", `"name":"Theirs"`), `profile "Employees" > attribute "email": rule: rule failed: there is no stub for rule "Theirs"`, transform.ErrRule},
		{"configuration", op("nope", ""), `profile "Employees" > attribute "email": the transform cannot be evaluated as it is configured: unknown operation "nope"`, transform.ErrConfig},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := compile(t, tc.config, map[string]string{"fails": op("lower", `"input":`+op("dateMath", `"expression":"+1d","input":"x"`))}, nil)
			for range 2 { // shared errors are not changed by their readers
				_, err := c.eval(&transform.Env{}, identity.StringValue("input"))
				if !errors.Is(err, tc.is) {
					t.Fatalf("error %v, want %v", err, tc.is)
				}
				if tc.name == "through a reference" {
					if !strings.HasPrefix(err.Error(), at+`upper.input > transform "fails" > lower.input: dateMath: wrong format: `) {
						t.Errorf("got %s", err)
					}
					continue
				}
				if diff := cmp.Diff(tc.want, err.Error()); diff != "" {
					t.Errorf("mismatch (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestErrorHidesValuesInLogs(t *testing.T) {
	_, err := compile(t, lookupOf(`"a":"b"`), nil, nil).eval(&transform.Env{}, identity.StringValue("secret"))
	var e *transform.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %T", err)
	}
	var b strings.Builder
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "err", e)
	if log := b.String(); strings.Contains(log, "secret") || !strings.Contains(log, "lookup") || !strings.Contains(log, "no match") {
		t.Errorf("log: %s", log)
	}
	if got := e.Path.String(); got != `profile "Employees" > attribute "email"` {
		t.Errorf("path %s", got)
	}
}

// hostile are configurations that must end by their limits.
func hostile() map[string]struct {
	config string
	stored map[string]string
	input  string
} {
	deep := `{"type":"lower"}`
	for range 300 {
		deep = op("upper", `"input":`+deep)
	}
	bomb := map[string]string{"b0": op("identityAttribute", `"name":"x"`)}
	for i := 1; i < 40; i++ {
		ref := op("reference", fmt.Sprintf(`"id":"b%d"`, i-1))
		bomb[fmt.Sprintf("b%d", i)] = op("concat", `"values":[`+ref+","+ref+"]")
	}
	double := `{"a":"aa"`
	for i := range 40 {
		double += fmt.Sprintf(`,"a{1,%d}":"$0$0"`, i+1000)
	}
	long := strings.Repeat("a", 5000)
	type c = struct {
		config string
		stored map[string]string
		input  string
	}
	return map[string]c{
		"catastrophic expression":  {op("replace", `"regex":"(a*)*(?=b)c","replacement":""`), nil, long},
		"catastrophic delimiter":   {op("split", `"delimiter":"(a|a)*(?=b)c","index":0`), nil, long},
		"loops in loops":           {static("#foreach($i in [1..9999])#foreach($j in [1..9999])$x#end#end", `"a"`), nil, ""},
		"a long range":             {static("#foreach($i in [1..999999999])$x#end", `"a"`), nil, ""},
		"text that doubles":        {static("#set($y = $x)#foreach($i in [1..99])#set($y = $y + $y)#end$y", `"aaaa"`), nil, ""},
		"replacement that doubles": {op("replaceAll", `"table":`+double+`}`), nil, long},
		"a pad without end":        {op("leftPad", `"length":999999999999`), nil, "x"},
		"a pad of many pads":       {op("leftPad", `"length":99999999`), nil, "x"},
		"deep nesting":             {deep, nil, "x"},
		"reference bomb":           {op("reference", `"id":"b39"`), bomb, ""},
		"method in a loop":         {static("#foreach($i in [1..999999])$x.replaceAll('(a*)*b','')#end", `"`+long+`"`), nil, ""},
	}
}

// TestHostile: every hostile configuration ends in ErrLimit, in the same way each
// time.
func TestHostile(t *testing.T) {
	for name, tc := range hostile() {
		t.Run(name, func(t *testing.T) {
			c := compile(t, tc.config, tc.stored, nil)
			env := &transform.Env{Limits: transform.Limits{Steps: 100_000, Output: 4 << 20}}
			s := c.unit.NewScope(t.Context(), env)
			var texts []string
			var steps []int64
			for range 2 {
				s.Reset(nil, nil)
				_, err := c.program.Eval(s, identity.StringValue(tc.input))
				if !errors.Is(err, transform.ErrLimit) {
					t.Fatalf("error %v, want %v", err, transform.ErrLimit)
				}
				texts, steps = append(texts, err.Error()), append(steps, s.Budget().Steps)
			}
			if texts[0] != texts[1] || steps[0] != steps[1] {
				t.Errorf("two runs differ: %q and %d", texts, steps)
			}
		})
	}
}

// TestHostileJSON: JSON that is nested too deeply is refused when it is read.
func TestHostileJSON(t *testing.T) {
	src := strings.Repeat(`{"type":"lower","attributes":{"input":`, 100_000) + `"x"` + strings.Repeat("}}", 100_000)
	if def, found := transform.Parse("deep.json", []byte(src)); def != nil || !found.HasErrors() {
		t.Errorf("got %v with %d findings", def != nil, len(found))
	}
}

// TestBudgetIsPerEvaluation: what one evaluation spends, the next has again.
func TestBudgetIsPerEvaluation(t *testing.T) {
	c := compile(t, op("replace", `"regex":"(a+)(?=b)","replacement":"x"`), nil, nil)
	s := c.unit.NewScope(t.Context(), &transform.Env{Limits: transform.Limits{Steps: 2000}})
	s.Reset(nil, nil)
	for range 100 {
		if _, err := c.program.Eval(s, identity.StringValue("aaaaaaaaaab")); err != nil {
			t.Fatal(err)
		}
	}
}

// person is an identity with attributes and accounts.
type person struct {
	id    string
	attrs map[string]identity.Value
}

func (p person) ID() string                                    { return p.id }
func (p person) Name() string                                  { return p.id }
func (p person) Attribute(name string) (identity.Value, error) { return p.attrs[name], nil }
func (p person) AttributeNames() []string                      { return nil }
func (p person) Manager() (transform.Subject, error)           { return nil, nil }
func (p person) IsManager() bool                               { return false }
func (p person) Accounts() []identity.Account                  { return nil }

func hrAccount(id, mail, dept string) []identity.Account {
	return []identity.Account{{Source: "HR", NativeIdentity: id, Created: time.Unix(1, 0),
		Attributes: identity.NewAttributes(map[string]identity.Value{"mail": identity.StringValue(mail), "dept": identity.StringValue(dept)})}}
}

const busy = `{"type":"static","attributes":{"d":{"type":"lookup","attributes":{"input":` +
	`{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"dept"}},"table":{"A":"alpha","default":{"type":"lower"}}}},` +
	`"m":{"type":"replace","attributes":{"regex":"@.*$","replacement":"","input":{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"mail"}}}},` +
	`"r":{"type":"uuid"},"value":"${m}.$d.$identity.name #if($r.length() == 36)ok#end"}}`

// TestConcurrent: one unit, many scopes.
func TestConcurrent(t *testing.T) {
	c := compile(t, op("concat", `"values":[`+busy+`,"/",`+busy+`]`), nil, func(o *transform.Options) {
		o.Sources = []transform.SourceInfo{{Name: "HR"}}
	})
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			s := c.unit.NewScope(context.Background(), &transform.Env{Seed: 1})
			for i := range 200 {
				id := fmt.Sprintf("p%d-%d", worker, i)
				s.Reset(person{id: id}, hrAccount(id, id+"@example.com", "Sales"))
				v, err := c.program.Eval(s, identity.Value{})
				one := id + ".sales." + id + " ok"
				if err != nil || v.Text() != one+"/"+one {
					t.Errorf("got %s, %v", v, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// TestSharing: a subtree that occurs several times is evaluated once, also when
// it raises, and every reader sees its own path.
func TestSharing(t *testing.T) {
	part := op("substring", `"begin":5,"input":`+hr("dept"))
	c := compile(t, op("firstValid", `"ignoreErrors":true,"values":[`+part+`,`+op("upper", `"input":`+part)+`,"held"]`), nil, nil)
	s := c.unit.NewScope(t.Context(), &transform.Env{})
	s.Reset(nil, hrAccount("1", "m", "abc"))
	if v, err := c.program.Eval(s, identity.Value{}); err != nil || v.Text() != "held" {
		t.Errorf("got %s, %v", v, err)
	}
	c = compile(t, op("join", `"values":[`+op("firstValid", `"ignoreErrors":true,"values":[`+part+`,"x"]`)+`,`+op("upper", `"input":`+part)+`]`), nil, nil)
	s = c.unit.NewScope(t.Context(), &transform.Env{})
	s.Reset(nil, hrAccount("1", "m", "abc"))
	_, err := c.program.Eval(s, identity.Value{})
	want := `profile "Employees" > attribute "email" > join.values[1] > upper.input: substring: out of range: begin 5, end 3, length 3`
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

// TestOnce: a rule is called once for each time that it stands in the transform,
// and random values are those of the readable program.
func TestOnce(t *testing.T) {
	calls := 0
	env := &transform.Env{Rules: map[string]transform.Rule{"Mine": func(context.Context, transform.RuleCall) (identity.Value, error) {
		calls++
		return identity.StringValue("a,b"), nil
	}}}
	c := compile(t, op("split", `"delimiter":",","index":1,"input":`+op("rule", `"name":"Mine"`)), nil, nil)
	if v, err := c.eval(env, identity.Value{}); err != nil || v.Text() != "b" || calls != 1 {
		t.Errorf("got %s, %v after %d calls", v, err, calls)
	}
	random := op("replace", `"regex":"-","replacement":"","input":{"type":"uuid"}`)
	fast, _ := compile(t, random, nil, nil).eval(env, identity.Value{})
	plain, _ := compile(t, random, nil, func(o *transform.Options) { o.Plain = true }).eval(env, identity.Value{})
	if !fast.Equal(plain) {
		t.Errorf("fast draws %s, plain %s", fast, plain)
	}
}

// TestRemembered: results that are remembered stay what they are while a subject
// is calculated, whatever else is remembered meanwhile.
func TestRemembered(t *testing.T) {
	ref := func(input string) string { return op("reference", `"id":"clean","input":"`+input+`"`) }
	const n = 300
	var values, want []string
	for i := range n {
		values = append(values, ref(fmt.Sprintf("$x v%d", i)))
		want = append(want, fmt.Sprintf("m-v%d", i))
	}
	c := compile(t, op("static", `"x":`+hr("mail")+`,"value":`+op("join", `"values":[`+strings.Join(values, ",")+`]`)),
		map[string]string{"clean": op("upper", `"input":`+op("replace", `"regex":" ","replacement":"-","input":{"type":"lower"}`))}, nil)
	s := c.unit.NewScope(t.Context(), &transform.Env{})
	for range 5 {
		s.Reset(nil, hrAccount("1", "M", "x"))
		v, err := c.program.Eval(s, identity.Value{})
		if err != nil || v.Text() != strings.ToUpper(strings.Join(want, ",")) {
			t.Fatalf("got %s, %v", v, err)
		}
	}
}

// TestNested: an attribute that reads another one keeps its own variables,
// budget and place.
func TestNested(t *testing.T) {
	inner := compile(t, static("$x", `"inner"`), nil, nil)
	s := inner.unit.NewScope(t.Context(), &transform.Env{})
	s.Reset(nil, nil)
	s.SetAttribute("outer", identity.StringValue("old"))
	v, err := s.Nested(inner.program, "inner", identity.Value{}, identity.Value{})
	if err != nil || v.Text() != "inner" || s.Attribute() != "outer" || s.OldValue().Text() != "old" {
		t.Errorf("got %s, %v, then attribute %q", v, err, s.Attribute())
	}
}

// TestAllocations: the hot path allocates nothing once the scope is warm.
func TestAllocations(t *testing.T) {
	account := hr("mail")
	for name, config := range map[string]string{
		"accountAttribute": account,
		"lower":            op("lower", `"input":`+account),
		"concat":           op("concat", `"values":[`+account+`,"-",`+hr("dept")+`]`),
		"template":         static("mail ${x}!", account),
		"firstValid":       op("firstValid", `"values":[`+hr("nope")+`,`+account+`]`),
		"lookup":           op("lookup", `"input":`+account+`,"table":{"a":"b","default":{"type":"upper"}}`),
		"substring":        op("substring", `"begin":0,"end":3,"input":`+account),
		"conditional":      conditional("$x eq a", account),
		"account filter":   op("accountAttribute", `"sourceName":"HR","attributeName":"mail","accountSortDescending":false,"accountSortAttribute":"created"`),
	} {
		t.Run(name, func(t *testing.T) {
			c := compile(t, config, nil, nil)
			s := c.unit.NewScope(t.Context(), &transform.Env{})
			accounts := hrAccount("1", "Ann.Lee@Example.com", "Sales")
			allocs := testing.AllocsPerRun(100, func() {
				s.Reset(nil, accounts)
				if _, err := c.program.Eval(s, identity.Value{}); err != nil {
					t.Fatal(err)
				}
			})
			if allocs > 0 {
				t.Errorf("%.0f allocations, want none", allocs)
			}
		})
	}
}

// TestTracer: an observed unit reports every step, in order.
func TestTracer(t *testing.T) {
	c := compile(t, op("upper", `"input":`+op("concat", `"values":["a",{"type":"trim"}]`)), nil, func(o *transform.Options) { o.Observe = true })
	s := c.unit.NewScope(t.Context(), &transform.Env{})
	s.Reset(nil, nil)
	var steps []string
	s.SetTracer(&transform.Tracer{
		Begin: func(site *transform.Site, _ identity.Value) { steps = append(steps, "("+site.Type) },
		End:   func(_ *transform.Site, v identity.Value, _ error) { steps = append(steps, v.Text()+")") },
	})
	if _, err := c.program.Eval(s, identity.StringValue(" b ")); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(steps, " "), "(upper (concat ( a) (trim b) ab) AB)"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestDeps: what a program reads is known without data.
func TestDeps(t *testing.T) {
	c := compile(t, op("concat", `"values":[`+hr("mail")+`,`+op("identityAttribute", `"name":"email"`)+`,"$identity.getAttribute('uid')",`+
		op("reference", `"id":"r"`)+`,`+op("dateMath", `"expression":"now"`)+`,`+op("rule", `"name":"Mine"`)+`,{"type":"uuid"}]`),
		map[string]string{"r": op("reference", `"id":"s"`), "s": `{"type":"displayName"}`}, nil)
	want := transform.Deps{
		Accounts: []transform.Read{{Source: "HR", Attribute: "mail"}}, Identity: []string{"email", "firstname", "lastname", "preferredName", "uid"},
		Transforms: []string{"r", "s"}, Rules: []string{"Mine"}, Now: true, Random: true,
	}
	if diff := cmp.Diff(want, c.program.Deps); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

// Without an environment every operation gives what it gives with a zero one, and
// without a scope an error.
func TestNothingGiven(t *testing.T) {
	for _, config := range []string{
		`{"type":"upper"}`,
		`{"type":"rule","attributes":{"name":"X"}}`,
		`{"type":"randomAlphaNumeric","attributes":{"length":8}}`,
		`{"type":"uuid"}`,
		`{"type":"dateMath","attributes":{"expression":"now"}}`,
		`{"type":"static","attributes":{"value":"$now $identity.name"}}`,
		`{"type":"getReferenceIdentityAttribute","attributes":{"uid":"manager","attributeName":"email"}}`,
		`{"type":"usernameGenerator","attributes":{"sourceCheck":true,"patterns":["$fn"],"fn":"ann"}}`,
	} {
		c := compile(t, config, nil, nil)
		in := identity.StringValue("ann")
		want, wantErr := c.unit.Run(t.Context(), &transform.Env{}, c.program, nil, nil, in)
		got, err := c.unit.Run(t.Context(), nil, c.program, nil, nil, in)
		if fmt.Sprint(got, err) != fmt.Sprint(want, wantErr) {
			t.Errorf("%s: got %v, %v, want %v, %v", config, got, err, want, wantErr)
		}

		var e *transform.Error
		if _, err := c.program.Eval(nil, in); !errors.Is(err, transform.ErrNoScope) || !errors.As(err, &e) {
			t.Errorf("%s: without a scope: got error %v", config, err)
		}
	}
}
