package transform_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/builtin"
)

// history keeps former departments of a person: it needs that a piece that is not
// there yet does no harm.
const history = `{"name":"Dept History","type":"firstValid","attributes":{"values":[{"type":"static","attributes":{
	"cur":{"type":"concat","attributes":{"values":["[",{"type":"accountAttribute","attributes":{"sourceName":"HR","attributeName":"dept"}},"]"]}},
	"hist":{"type":"firstValid","attributes":{"values":[{"type":"identityAttribute","attributes":{"name":"deptHistory"}},"N/A"],"ignoreErrors":true}},
	"expiry":{"type":"firstValid","attributes":{"values":[{"type":"split","attributes":{"delimiter":"/","index":1,"throw":false,
		"input":{"type":"identityAttribute","attributes":{"name":"deptHistory"}}}},"null"]}},
	"value":"#if($hist == 'N/A' || $hist == $cur)$cur#elseif($expiry == 'null')$cur/2099/$hist#{else}$hist#end"}},"N/A"]}}`

// subjectWithHistory is a subject with one account and one attribute.
type subjectWithHistory struct {
	transform.Subject
	history  identity.Value
	accounts []identity.Account
}

func (p *subjectWithHistory) ID() string                               { return "1" }
func (p *subjectWithHistory) Attribute(string) (identity.Value, error) { return p.history, nil }
func (p *subjectWithHistory) Accounts() []identity.Account             { return p.accounts }

// TestDialectHistory: three runs of a published transform, with each of the
// switches that make it work, and without.
func TestDialectHistory(t *testing.T) {
	def, _ := transform.Parse("h.json", []byte(history))
	run := func(d transform.Dialect) (values []string, err error) {
		u, _ := builtin.Library().Link(transform.Options{Dialect: d}, transform.Item{Def: def})
		p := &subjectWithHistory{}
		for _, dept := range []string{"Sales", "Sales", "Legal"} {
			p.accounts = []identity.Account{{Source: "HR", Attributes: identity.NewAttributes(map[string]identity.Value{"dept": identity.StringValue(dept)})}}
			v, err := u.Run(t.Context(), &transform.Env{}, u.Programs()[0], p, p.accounts, identity.Value{})
			if err != nil {
				return values, err
			}
			p.history = v.Clone()
			values = append(values, v.Text())
		}
		return values, nil
	}
	if _, err := run(transform.Dialect{}); !errors.Is(err, transform.ErrRange) {
		t.Errorf("without a switch: error %v, want %v", err, transform.ErrRange)
	}
	for _, o := range transform.DialectOptions() {
		values, err := run(transform.Dialect{}.With(o))
		want := "[Sales] [Sales] [Legal]/2099/[Sales]"
		switch o.Name {
		case "dateCompareOneBranch":
			if err == nil {
				t.Errorf("%s: no error", o.Name)
			}
			continue
		case "failingVariablesUnset": // the last branch asks for what is not set
			want = "[Sales] [Sales]"
		}
		if got := strings.Join(values, " "); got != want {
			t.Errorf("%s: got %s, %v, want %s", o.Name, got, err, want)
		}
	}
}

// TestDialectOptions: what each switch changes, and what it leaves.
func TestDialectOptions(t *testing.T) {
	all := map[string]transform.DialectOption{}
	for _, o := range transform.DialectOptions() {
		all[o.Name] = o
	}
	lookup := `{"type":"lookup","attributes":{"input":"x","table":{"a":"b"}}}`
	before := func(branch string) string {
		return `{"type":"dateCompare","attributes":{"firstDate":"2026-01-01T00:00:00Z","secondDate":"2026-02-01T00:00:00Z","operator":"lt",` + branch + `}}`
	}
	for _, c := range []struct{ option, config, off, on string }{
		{"firstValidIgnoresErrors", `{"type":"firstValid","attributes":{"values":[` + lookup + `,"z"]}}`, "error", "z"},
		{"firstValidIgnoresErrors", `{"type":"firstValid","attributes":{"ignoreErrors":false,"values":[` + lookup + `,"z"]}}`, "error", "error"},
		{"firstValidIgnoresErrors", `{"type":"firstValid","attributes":{"ignoreErrors":true,"values":[` + lookup + `,"z"]}}`, "z", "z"},
		{"splitThrow", `{"type":"split","attributes":{"input":"a","delimiter":",","index":1,"throw":false}}`, "error", "null"},
		{"splitThrow", `{"type":"split","attributes":{"input":"a","delimiter":",","index":1,"throw":"false"}}`, "error", "null"},
		{"splitThrow", `{"type":"split","attributes":{"input":"a","delimiter":",","index":1,"throw":true}}`, "error", "error"},
		{"splitThrow", `{"type":"split","attributes":{"input":"a","delimiter":",","index":1,"throw":false,"throws":true}}`, "error", "error"},
		{"failingVariablesUnset", `{"type":"static","attributes":{"x":` + lookup + `,"value":"y"}}`, "error", "y"},
		{"failingVariablesUnset", `{"type":"static","attributes":{"x":` + lookup + `,"value":"$x"}}`, "error", "error"},
		{"failingVariablesUnset", `{"type":"conditional","attributes":{"x":` + lookup + `,"expression":"a eq b","positiveCondition":"$x","negativeCondition":"n"}}`, "error", "n"},
		{"dateCompareOneBranch", before(`"positiveCondition":"yes"`), "error", "yes"},
		{"dateCompareOneBranch", before(`"negativeCondition":"no"`), "error", "null"},
		{"dateCompareOneBranch", `{"type":"firstValid","attributes":{"values":[` + before(`"negativeCondition":"no"`) + `,"z"]}}`, "error", "z"},
		{"dateCompareOneBranch", before(`"positiveCondition":{"type":"identityAttribute","attributes":{"name":"x"}},"negativeCondition":"no"`), "error", "error"},
		{"dateCompareOneBranch", before(`"x":1`), "error", "error"},
	} {
		for _, d := range []transform.Dialect{{}, transform.Dialect{}.With(all[c.option])} {
			for _, plain := range []bool{false, true} {
				def, _ := transform.Parse("c.json", []byte(c.config))
				u, _ := builtin.Library().Link(transform.Options{Dialect: d, Plain: plain}, transform.Item{Def: def})
				v, err := u.Run(t.Context(), &transform.Env{}, u.Programs()[0], &subjectWithHistory{}, nil, identity.Value{})
				got, want := "null", c.off
				if d.Has(all[c.option]) {
					want = c.on
				}
				switch {
				case err != nil:
					got = "error"
				case !v.IsNull():
					got = v.Text()
				}
				if got != want {
					t.Errorf("%s, %+v, plain %v: got %s, want %s", c.config, d, plain, got, want)
				}
			}
		}
	}
}
