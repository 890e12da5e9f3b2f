package transform_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/builtin"
)

// A transform from JSON to a value.
func Example() {
	def, findings := transform.Parse("email.json", []byte(`{
		"type": "static",
		"attributes": {
			"first": {"type": "accountAttribute", "attributes": {"sourceName": "HR", "attributeName": "givenName"}},
			"value": "$first.toLowerCase()@acme.example"
		}
	}`))
	if findings.HasErrors() {
		fmt.Println(findings)
		return
	}
	unit, _ := builtin.Library().Link(transform.Options{}, transform.Item{Def: def})
	scope := unit.NewScope(context.Background(), &transform.Env{Now: time.Date(2027, 3, 9, 0, 0, 0, 0, time.UTC)})
	scope.Reset(nil, []identity.Account{{Source: "HR", NativeIdentity: "7",
		Attributes: identity.NewAttributes(map[string]identity.Value{"givenName": identity.StringValue("Ann")})}})
	value, err := unit.Programs()[0].Eval(scope, identity.Value{})
	fmt.Println(value, err)
	// Output: "ann@acme.example" <nil>
}

// One transform on one value takes three lines. It needs no environment.
func ExampleUnit_Run() {
	def, _ := transform.Parse("x.json", []byte(`{"type":"substring","attributes":{"begin":0,"end":3}}`))
	unit, _ := builtin.Library().Link(transform.Options{}, transform.Item{Def: def})
	fmt.Println(unit.Run(context.Background(), nil, unit.Programs()[0], nil, nil, identity.StringValue("Kowalski")))
	// Output: "Kow" <nil>
}

// initials is an operation of a host: a struct with its attributes, a function
// that checks them, a node.
type initials struct {
	Input     transform.Input // it works on its input
	Separator transform.Child `json:"separator" default:"." doc:"text behind each letter"`
}

func (n *initials) Apply(s *transform.Scope, in identity.Value) (identity.Value, error) {
	if in.IsNull() {
		return in, nil // null gives null
	}
	separator := "."
	if n.Separator.Present() {
		v, err := n.Separator.Eval(s)
		if err != nil {
			return identity.Value{}, err
		}
		separator = v.Text()
	}
	buf := s.Buffer()
	for _, word := range strings.Fields(in.Text()) {
		buf = append(buf, word[0])
		buf = append(buf, separator...)
	}
	return s.Text(buf)
}

func compileInitials(c *transform.Compiler, n *initials) transform.Node {
	c.Unary()
	return transform.OnInput(n)
}

// A host adds an operation with one Define, and lists it.
func ExampleDefine() {
	operation := transform.Define("acme.initials", "The first letters of all words.", compileInitials,
		transform.Example{Doc: "A name", Config: `{"type":"acme.initials"}`, Input: identity.StringValue("Ann Lee"), Want: identity.StringValue("A.L.")})
	lib := builtin.Library().With(operation)

	def, _ := transform.Parse("x.json", []byte(`{"type":"lower","attributes":{"input":{"type":"acme.initials","attributes":{"separator":""}}}}`))
	unit, findings := lib.Link(transform.Options{}, transform.Item{Def: def})
	value, err := unit.Run(context.Background(), &transform.Env{}, unit.Programs()[0], nil, nil, identity.StringValue("Ann Lee"))
	fmt.Println(value, err, len(findings))
	// Output: "al" <nil> 0
}

func ExampleParse() {
	_, findings := transform.Parse("broken.json", []byte("{\n  \"type\": lower\n}"))
	fmt.Println(findings[0])
	// Output: broken.json:2:11: error json-syntax: found 'l', expected a JSON value
}

func ExampleLibrary_Compile() {
	def, _ := transform.Parse("x.json", []byte(`{"type":"dateFormat","attributes":{"inputFormat":"YYYY-MM-dd","outputFromat":"yyyy"}}`))
	_, findings := builtin.Library().Compile(def, nil)
	for _, d := range findings {
		fmt.Println(d)
	}
	// Output:
	// x.json:1:50: error date-weekyear: dateFormat.inputFormat: Y is the year of the week, which differs around New Year (use yyyy)
	// x.json:1:63: warning attribute-unknown: dateFormat has no attribute "outputFromat"; it has no effect (did you mean "outputFormat"?)
}

func ExampleLibrary_Lint() {
	def, _ := transform.Parse("region.json", []byte(`{"name":"Region","type":"lookup","attributes":{"table":{"US":"AMER"}}}`))
	findings := builtin.Library().Lint(transform.Options{Transforms: map[string]*transform.Definition{def.Name: def}})
	fmt.Println(findings[0].Severity, findings[0].Code, findings[0].Pos)
	// Output: warning lookup-default region.json:1:56
}

func ExampleError() {
	def, _ := transform.Parse("x.json", []byte(`{"type":"upper","attributes":{"input":{"type":"lookup","attributes":{"table":{"US":"AMER"}}}}}`))
	unit, _ := builtin.Library().Link(transform.Options{}, transform.Item{Def: def})
	_, err := unit.Run(context.Background(), &transform.Env{}, unit.Programs()[0], nil, nil, identity.StringValue("FR"))
	var e *transform.Error
	fmt.Println(errors.Is(err, transform.ErrNoMatch), errors.As(err, &e) && e.Op == "lookup")
	fmt.Println(err)
	// Output:
	// true true
	// upper.input: lookup: no match: Lookup table has no entry for input: FR and no default is specified
}

func ExampleLibrary_JSONSchema() {
	var schema struct {
		Defs map[string]struct{ Description string } `json:"$defs"`
	}
	if err := json.Unmarshal(builtin.Library().JSONSchema(), &schema); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(schema.Defs["op-trim"].Description)
	// Output: Removes blanks and control characters at both ends; no-break spaces stay.
}
