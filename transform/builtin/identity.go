package builtin

import (
	"fmt"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
	"github.com/idprofile/engine/transform"
	"github.com/idprofile/engine/transform/internal/javatext"
)

type identityAttributeArgs struct {
	Name  transform.Child `json:"name" role:"name" required:"true" doc:"system name of the identity attribute"`
	fixed string
}

func (n *identityAttributeArgs) Eval(s *transform.Scope) (identity.Value, error) {
	name := n.fixed
	if name == "" {
		var err error
		if name, err = n.Name.Text(s); err != nil {
			return identity.Value{}, err
		}
	}

	return readSubject(s, name)
}

func readSubject(s *transform.Scope, name string) (identity.Value, error) {
	if s.Subject() == nil {
		return identity.Value{}, nil
	}
	return s.Subject().Attribute(name)
}

// checkIdentityName reports names that are no system names.
func checkIdentityName(c *transform.Compiler, name string) {
	known := c.IdentityAttributes()
	switch {
	case strings.ContainsAny(name, " \t"):
		c.Report(diag.Warning, codeIdentityName, "name", fmt.Sprintf("%q has blanks, as display names have", name),
			"use the system name, in camel case")
	case known != nil && !slices.Contains(known, name):
		c.Report(diag.Warning, codeIdentityName, "name", fmt.Sprintf("there is no identity attribute %q", name),
			c.Suggest(name, known))
	}
}

// identityAttribute reads an identity attribute. Unknown and unset give null.
//
// Source: DECISION 32.
func identityAttribute() transform.Operation {
	return transform.Define("identityAttribute", "Reads an identity attribute by its system name.",
		func(c *transform.Compiler, n *identityAttributeArgs) transform.Node {
			if !n.Name.Present() {
				return transform.Raise(fmt.Errorf("%w: name is missing", transform.ErrConfig))
			}
			if v, ok := n.Name.Const(); ok {
				n.fixed = v.Text()
				checkIdentityName(c, n.fixed)
			}

			c.ReadsIdentity(n.fixed)
			return n
		},
		transform.Phrase("identity.{name!}"),
		transform.Traits{Also: []string{"attribute"}, PassesInput: true, Tell: tell("%s", "name")},
		transform.Example{Doc: "Nobody", Config: `{"type":"identityAttribute","attributes":{"name":"email"}}`})
}

type displayNameNode struct{}

// Eval joins preferred or given name and family name. Empty counts as absent.
func (displayNameNode) Eval(s *transform.Scope) (identity.Value, error) {
	var parts [3]string
	for i, name := range [...]string{"preferredName", "firstname", "lastname"} {
		v, err := readSubject(s, name)
		if err != nil {
			return v, err
		}
		parts[i] = v.Text()
	}

	// The preferred name stands for the given one; empty counts as absent.
	first, last := parts[0], parts[2]
	if first == "" {
		first = parts[1]
	}

	if first == "" && last == "" {
		return identity.Value{}, nil
	}

	// The blank goes with the part that is missing.
	buf := javatext.AppendText(s.Buffer(), first)
	if first != "" && last != "" {
		buf = append(buf, ' ')
	}

	return s.Text(javatext.AppendText(buf, last))
}

// displayName gives the preferred, else the given name, a blank and the family
// name of the identity.
//
// Source: DECISION 29.
func displayName() transform.Operation {
	return transform.Define("displayName", "Preferred name, else given name, then a blank and the family name.",
		func(c *transform.Compiler, _ *struct{}) transform.Node {
			for _, name := range []string{"preferredName", "firstname", "lastname"} {
				c.ReadsIdentity(name)
			}
			if c.Node().Get("attributes").IsNull() {
				c.Infof(codeDisplaynameAttributes, "",
					"displayName has no attributes; the platform's page asks for an object that is not null")
			}

			return displayNameNode{}
		},
		transform.Phrase("preferred or first name, last name"),
		transform.Traits{PassesInput: true, Removable: true},
		transform.Example{Doc: "Nobody", Config: `{"type":"displayName","attributes":{}}`})
}

type referenceArgs struct {
	Input transform.Input
	ID    transform.Child `json:"id" role:"name" doc:"name of the stored transform"`
}

// reference evaluates a stored transform on the input.
//
// Error: [transform.ErrUnknown], [transform.ErrCycle].
// Source: DECISION 9.
func reference() transform.Operation {
	return transform.Define("reference", "Evaluates the stored transform of that name with the input.",
		compileReference,
		transform.Phrase("transform {id}"),
		transform.Traits{Tell: tell("%q", "id")},
		transform.Example{Doc: "A name that no transform has",
			Config: `{"type":"reference","attributes":{"id":"To lower case"}}`, Err: transform.ErrUnknown})
}

func compileReference(c *transform.Compiler, a *referenceArgs) transform.Node {
	if !a.ID.Present() {
		if id, ok := c.Node().Get("id").Str(); ok { // older mappings
			return c.Reference(id)
		}
		return c.Fail(codeReferenceNoID, "", "the reference names no transform")
	}

	// With a computed name any of them can be meant.
	if v, ok := a.ID.Const(); ok {
		return c.Reference(v.Text())
	}
	return &computedReference{id: a.ID, targets: c.AllReferences()}
}

// computedReference looks its target up when evaluated.
type computedReference struct {
	id      transform.Child
	targets map[string]transform.Node
}

func (n *computedReference) Eval(s *transform.Scope) (identity.Value, error) {
	name, err := n.id.Text(s)
	if err != nil {
		return identity.Value{}, err
	}

	target, ok := n.targets[name]
	if !ok {
		return identity.Value{}, fmt.Errorf("%w: there is no transform %q", transform.ErrUnknown, name)
	}
	return target.Eval(s)
}

type staticArgs struct {
	Variables transform.Variables
	Value     transform.Child `json:"value" role:"text" required:"true" doc:"text, rendered with the variables; numbers and booleans stay as they are"`
}

func (n *staticArgs) Eval(s *transform.Scope) (identity.Value, error) {
	if err := n.Variables.Bind(s); err != nil {
		return identity.Value{}, err
	}

	// Variables are evaluated first: one that raises fails the transform even when the value
	// is missing.
	if !n.Value.Present() {
		return identity.Value{}, fmt.Errorf("%w: value is missing", transform.ErrConfig)
	}

	v, err := n.Value.Eval(s)
	if err == nil && v.IsNull() {
		err = fmt.Errorf("%w: value is null", transform.ErrNull)
	}
	return v, err
}

// static gives a fixed text, or one rendered from variables.
//
// Source: DECISION 45, 5.
func static() transform.Operation {
	return transform.Define("static", "A fixed value, or a template rendered with variables: all other attributes.",
		func(c *transform.Compiler, n *staticArgs) transform.Node {
			f := c.Facts()
			*f = n.Value.Facts()
			f.Null = transform.NeverNull
			return n
		},
		transform.Phrase("{value}[\nwith {*}]"),
		transform.Traits{Also: []string{"literal"}, PassesInput: true},
		example("A template", `{"type":"static","attributes":{"value":"${a}-${b}","a":"x","b":"y"}}`, "", "x-y"))
}
