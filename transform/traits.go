package transform

import (
	"slices"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/jsondoc"
)

// Detail is what [Define] is told of an operation beside its attributes and how
// it is compiled: an [Example], its [Traits], or its [Phrase].
type Detail interface{ describe(op *Operation) }

// Phrase is how [Library.Print] writes an operation behind its input: text in which
//
//	{name}         stands for an attribute, its default where it is absent
//	{a|b}          for the first of several that is there
//	{name!}        for a text, without quotation marks
//	{@name}        for the source that the attribute names
//	{name+}        for the items of a list, with plus signs between them
//	{name:a=x;b=y} for words instead of values
//	{*}            for all attributes that are variables
//	[...]          for what vanishes when an attribute in it is absent
//
// and a line end is a blank where the line may be broken.
type Phrase string

func (e Example) describe(op *Operation) { op.Examples = append(op.Examples, e) }
func (p Phrase) describe(op *Operation)  { op.Phrase = string(p) }
func (t Traits) describe(op *Operation)  { op.Traits = t }

// Traits say what everybody else has to know of an operation: the optimiser, the
// linter, explanations, coverage and mutants of tests. None of these has a list of
// operations by name, so a new operation is one file. The zero Traits are right
// for an operation of which nothing special is known.
type Traits struct {
	// Also are other names under which people look for the operation, in lower
	// case.
	Also []string
	// ReadyMade is the name of the stored transform that every tenant has from the
	// start and that is this operation without attributes; empty: none is.
	//
	// Source: the vendor's page on mapping identity profiles; lists of tenants,
	// where these transforms are marked as internal.
	ReadyMade string
	// Cheap: computing it again costs no more than looking a result up.
	Cheap bool
	// PassesInput: it hands its input on to what is inside and does not look at it.
	PassesInput bool
	// Removable: a configuration without it still means something, with its input
	// in its place.
	Removable bool
	// Instead is the operation that is confused with it and takes its place.
	Instead string
	// Changes are plausible mistakes in single attributes: each returns another
	// value, or nil when there is none for this one.
	Changes map[string]Change
	// Tell says in a few words what tells one use of the operation from others. It
	// is asked for the texts of the attributes, which are "" for what is no text.
	Tell func(text func(attribute string) string) string
	// Why says why an input gives this output where that is not plain: no value, or
	// one for everything else. It is given the attributes as they are written; ""
	// means that there is nothing to say.
	Why func(attributes *jsondoc.Node, input, output identity.Value) string
}

// Change returns another value for one of an attribute, or nil.
type Change func(v *jsondoc.Node) *jsondoc.Node

// Role says what the value of an attribute is good for. In the struct that
// [Define] is given it is the tag role.
type Role string

// The roles of attributes.
const (
	// RoleBranch is a value, or a table of them, of which only the chosen one is
	// evaluated.
	RoleBranch Role = "branch"
	// RoleCandidate is a list whose items are evaluated in turn until one of them
	// gives the value; it may be none.
	RoleCandidate Role = "candidate"
	// RolePart is a list whose items all become part of the value; texts in it are
	// mostly what stands between the others.
	RolePart Role = "part"
	// RoleItem is a list whose items all stand in the value one after another, null
	// as the text null.
	RoleItem Role = "item"
	// RoleStep is a table whose entries are applied one after another.
	RoleStep Role = "step"
	// RoleText is text that is the value, or that the value is rendered from.
	RoleText Role = "text"
	// RoleName names what is read or called.
	RoleName Role = "name"
	// RoleOption is a setting that also works without.
	RoleOption Role = "option"
	// RoleSwitch is true or false.
	RoleSwitch Role = "switch"
)

// Roles returns all roles.
func Roles() []Role {
	return []Role{RoleBranch, RoleCandidate, RolePart, RoleItem, RoleStep, RoleText, RoleName, RoleOption, RoleSwitch}
}

// With returns the attributes that have one of the roles, in the order of the
// reference page.
func (op *Operation) With(roles ...Role) []Field {
	var list []Field
	for _, f := range op.Fields {
		if slices.Contains(roles, f.Role) {
			list = append(list, f)
		}
	}

	return list
}

// Chooses reports whether the value of the operation is that of one of its
// attributes.
func (op *Operation) Chooses() bool { return len(op.With(RoleBranch, RoleCandidate)) > 0 }

// Field returns the attribute of that name.
func (op *Operation) Field(name string) (f Field, ok bool) {
	i := slices.IndexFunc(op.Fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return Field{}, false
	}
	return op.Fields[i], true
}
