package profile_test

import (
	"context"
	"fmt"
	"testing/fstest"
	"time"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/store"
	"github.com/idprofile/engine/profile"
	"github.com/idprofile/engine/profile/config"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/builtin"
)

// folder is the configuration of a small tenant with the accounts of its source.
func folder() fstest.MapFS {
	return fstest.MapFS{
		"hr.json": {Data: []byte(`{"name": "HR", "connector": "delimited",
			"schemas": [{"name": "account", "identityAttribute": "id", "displayAttribute": "id"}]}`)},
		"employees.json": {Data: []byte(`{"name": "Employees", "priority": 10,
			"authoritativeSource": {"type": "SOURCE", "name": "HR"},
			"identityAttributeConfig": {"enabled": true, "attributeTransforms": [
				{"identityAttributeName": "uid", "transformDefinition":
					{"type": "accountAttribute", "attributes": {"sourceName": "HR", "attributeName": "id"}}},
				{"identityAttributeName": "lastname", "transformDefinition":
					{"type": "accountAttribute", "attributes": {"sourceName": "HR", "attributeName": "sn"}}},
				{"identityAttributeName": "email", "transformDefinition":
					{"type": "reference", "attributes": {"id": "Mail"}}}]}}`)},
		"mail.json": {Data: []byte(`{"name": "Mail", "type": "static", "attributes": {
			"sn": {"type": "accountAttribute", "attributes": {"sourceName": "HR", "attributeName": "sn"}},
			"value": "$sn.toLowerCase()@acme.example"}}`)},
		"accounts/HR.csv": {Data: []byte("id,sn\n1001,Lee\n1002,\n")},
	}
}

// ann is somebody with an account of HR.
func ann() *identity.Identity {
	return &identity.Identity{ID: "a1", Alias: "1001", Accounts: []identity.Account{{
		Source: "HR", NativeIdentity: "1001",
		Attributes: identity.NewAttributes(map[string]identity.Value{
			"id": identity.StringValue("1001"), "sn": identity.StringValue("Lee"),
		}),
	}}}
}

// The main road: load what the files say, compile it, run the accounts through it.
func Example() {
	fsys := folder()
	bundle, found := config.Load(fsys)
	sources, missing := bundle.Accounts(fsys, nil)
	engine, wrong := profile.Compile(bundle, profile.Options{})
	fmt.Println(found.HasErrors(), missing.HasErrors(), wrong.HasErrors())

	now := time.Date(2026, 1, 15, 9, 0, 0, 0, time.UTC)
	for r, err := range engine.Run(context.Background(), profile.RunOptions{Now: now}, sources...) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(r.Identity.Alias, r.Identity.Attribute("email"))
		for _, e := range r.Exceptions {
			fmt.Println(e.Code, e.Attributes)
		}
	}
	// Output:
	// false false false
	// 1001 "lee@acme.example"
	// 1002 null
	// MISSING_REQUIRED [email lastname]
}

// One person, without a population: all attributes, some of them, and why.
func ExampleEvaluator() {
	bundle, _ := config.Load(folder())
	engine, _ := profile.Compile(bundle, profile.Options{})
	v := engine.NewRun(profile.RunOptions{}).Evaluator(context.Background())

	r, err := v.Evaluate(ann())
	if err != nil {
		fmt.Println(err)
		return
	}
	for name, value := range r.Identity.Attributes.All() {
		fmt.Println(name, value)
	}

	r, err = v.Only("email").Evaluate(ann())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Identity.Attributes.Map())

	t, err := v.Explain(ann(), "email")
	if err != nil {
		fmt.Println(err)
		return
	}
	step := t.Attributes[0].Step
	fmt.Println(step.Operation, step.Name, step.Output, step.Steps[0].Pos)
	// Output:
	// uid "1001"
	// lastname "Lee"
	// email "lee@acme.example"
	// map[email:"lee@acme.example"]
	// reference Mail "lee@acme.example" mail.json:1:1
}

// An expression in the settings stands for the code of a rule.
func ExampleEngine_Run_rule() {
	fsys := folder()
	fsys["mail.json"] = &fstest.MapFile{Data: []byte(`{"name": "Mail", "type": "rule", "attributes": {"name": "Make Mail",
		"sn": {"type": "accountAttribute", "attributes": {"sourceName": "HR", "attributeName": "sn"}}}}`)}
	fsys["idprofile.json"] = &fstest.MapFile{Data: []byte(
		`{"rules": {"Make Mail": "lower(args.sn) + '@rule.example'"}}`)}
	bundle, found := config.Load(fsys)
	engine, wrong := profile.Compile(bundle, profile.Options{})
	fmt.Println(found, wrong)

	r, err := engine.NewRun(profile.RunOptions{}).Evaluator(context.Background()).Only("email").Evaluate(ann())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Identity.Attribute("email"), r.Errors)
	// Output:
	// [] []
	// "lee@rule.example" []
}

// backwards is an operation of a host: it turns its input round.
type backwards struct{ Input transform.Input }

func (n *backwards) Apply(s *transform.Scope, in identity.Value) (identity.Value, error) {
	if in.IsNull() {
		return in, nil // null gives null
	}

	buf := s.Buffer()
	letters := []rune(in.Text())
	for i := range letters {
		buf = append(buf, string(letters[len(letters)-1-i])...)
	}
	return s.Text(buf)
}

// An operation of the host's own is used like those of the platform.
func ExampleCompile_operation() {
	operation := transform.Define("acme.backwards", "The letters in reverse order.",
		func(c *transform.Compiler, n *backwards) transform.Node {
			c.Unary()
			return transform.OnInput(n)
		})
	fsys := folder()
	fsys["mail.json"] = &fstest.MapFile{Data: []byte(`{"name": "Mail", "type": "acme.backwards", "attributes": {"input":
		{"type": "accountAttribute", "attributes": {"sourceName": "HR", "attributeName": "sn"}}}}`)}
	bundle, _ := config.Load(fsys)
	engine, wrong := profile.Compile(bundle, profile.Options{Library: builtin.Library().With(operation)})
	fmt.Println(wrong)

	r, err := engine.NewRun(profile.RunOptions{}).Evaluator(context.Background()).Only("email").Evaluate(ann())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Identity.Attribute("email"))
	// Output:
	// []
	// "eeL"
}

// A store keeps identities from one aggregation to the next, which tells what
// changed.
func ExampleEngine_Aggregate() {
	fsys := folder()
	bundle, _ := config.Load(fsys)
	engine, _ := profile.Compile(bundle, profile.Options{})
	kept := store.NewMemory()
	for _, accounts := range []string{"id,sn\n1001,Lee\n1002,Poe\n", "id,sn\n1001,Lee\n1002,Fox\n"} {
		fsys["accounts/HR.csv"] = &fstest.MapFile{Data: []byte(accounts)}
		sources, _ := bundle.Accounts(fsys, nil)
		stats, err := engine.Aggregate(context.Background(), kept, profile.RunOptions{}, func(r *profile.Result) {
			for _, c := range r.Changes {
				fmt.Println(r.Identity.Alias, c.Attribute, c.OldValue, c.NewValue)
			}
		}, sources...)
		fmt.Println(stats.Created, "created,", stats.Saved, "saved", err)
	}
	// Output:
	// 1001 uid null "1001"
	// 1001 lastname null "Lee"
	// 1001 email null "lee@acme.example"
	// 1002 uid null "1002"
	// 1002 lastname null "Poe"
	// 1002 email null "poe@acme.example"
	// 2 created, 2 saved <nil>
	// 1002 lastname "Poe" "Fox"
	// 1002 email "poe@acme.example" "fox@acme.example"
	// 0 created, 1 saved <nil>
}
