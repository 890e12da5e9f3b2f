package transform

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/idprofile/engine/identity"
	"github.com/idprofile/engine/identity/diag"
)

// Operation is one kind of transform: how its attributes are decoded, and how
// it is compiled. Make one with [Define].
type Operation struct {
	Type     string
	Doc      string
	Fields   []Field
	Examples []Example
	Parts    []Operation // that one of its attributes selects
	Traits   Traits
	Phrase   string // see [Phrase]
	input    bool   // consumes the input
	open     bool   // takes variables, so no attribute is unknown
	compile  func(c *Compiler) Node
}

// Kind is what an attribute holds.
type Kind string

// The kinds of attributes. All but tables and lists may be nested transforms and
// templates; so may the items of both.
const (
	KindAny       Kind = "any"
	KindInteger   Kind = "integer"
	KindBoolean   Kind = "boolean"
	KindList      Kind = "list"
	KindTable     Kind = "table"
	KindVariables Kind = "variables"
	KindArguments Kind = "arguments"
)

// Field describes an attribute of an operation, read from the struct that
// [Define] was given.
type Field struct {
	Name     string
	Kind     Kind
	Required bool
	Default  string
	Doc      string
	Role     Role
	// Catches names the boolean attribute with which the operation raises nothing
	// that the items of this list raise; the tag is catches.
	Catches string
	// Enum are the values that the attribute takes, in any case; Suggest are values
	// that it has a meaning for among others. The tags have commas between them.
	Enum, Suggest []string
	index         int
}

// Example is a use of an operation that a test runs and the reference page shows.
type Example struct {
	Doc    string
	Config string         // the transform as JSON
	Input  identity.Value // the implicit input
	Want   identity.Value
	Match  string // instead of Want: expression for the whole text of a random result
	Err    error  // instead of Want
}

// Define makes an operation. A is a struct that lists the attributes:
//
//	type lookup struct {
//		Input transform.Input // the operation consumes its input
//		Table transform.Table `json:"table" required:"true" doc:"keys and values"`
//	}
//
// Fields are of type [Child] (any value), [Int], [Bool], [][Child] (a list),
// [Table], [Variables] or [Arguments] (all other attributes), or [Input]. The compile function
// gets them compiled, checks what can be checked without data and returns the
// node, often the struct itself; that of an operation on its input is an
// [Applier] for [OnInput]. It runs once for each use; findings go to the
// compiler.
//
// The details are the [Traits] of the operation and its examples.
func Define[A any](typ, doc string, compile func(*Compiler, *A) Node, details ...Detail) Operation {
	op := Operation{Type: typ, Doc: doc}
	for _, d := range details {
		d.describe(&op)
	}

	t := reflect.TypeFor[A]()
	for i := range t.NumField() {
		op.addField(t.Field(i), i)
	}

	op.compile = func(c *Compiler) Node {
		args := new(A)
		err := c.decode(reflect.ValueOf(args).Elem(), op.Fields, op.open)
		node := compile(c, args)
		c.checkUnused()
		if err != nil {
			return Raise(err)
		}
		return node
	}

	return op
}

func commaSeparated(tag string) []string {
	if tag == "" {
		return nil
	}
	return strings.Split(tag, ",")
}

func (op *Operation) addField(f reflect.StructField, i int) {
	field := Field{
		Name:     f.Tag.Get("json"),
		Required: f.Tag.Get("required") == "true",
		Default:  f.Tag.Get("default"),
		Doc:      f.Tag.Get("doc"),
		Role:     Role(f.Tag.Get("role")),
		Catches:  f.Tag.Get("catches"),
		Enum:     commaSeparated(f.Tag.Get("enum")),
		Suggest:  commaSeparated(f.Tag.Get("suggest")),
		index:    i,
	}

	// The type of the field says how the attribute is decoded and what the pages call it.
	switch f.Type {
	case reflect.TypeFor[Input]():
		op.input = true
		return
	case reflect.TypeFor[Variables]():
		op.open = true
		field.Kind = KindVariables
	case reflect.TypeFor[Arguments]():
		op.open = true
		field.Kind = KindArguments
	case reflect.TypeFor[Child]():
		field.Kind = KindAny
	case reflect.TypeFor[Int]():
		field.Kind = KindInteger
	case reflect.TypeFor[Bool]():
		field.Kind = KindBoolean
	case reflect.TypeFor[[]Child]():
		field.Kind = KindList
	case reflect.TypeFor[Table]():
		field.Kind = KindTable
	default:
		return
	}

	op.Fields = append(op.Fields, field)
}

// ConsumesInput reports whether the operation works on its input.
func (op *Operation) ConsumesInput() bool { return op.input }

// Library is an immutable set of operations.
type Library struct {
	ops    map[string]*Operation
	folded map[string]string // lower case to the right spelling
	also   map[string]string // other names to the type, see [Traits.Also]
	types  []string
}

// NewLibrary returns a library of the given operations. Of two with the same
// type the later one counts, so a host can replace an operation.
func NewLibrary(ops ...Operation) *Library {
	l := &Library{ops: map[string]*Operation{}, folded: map[string]string{}, also: map[string]string{}}
	for i := range ops {
		op := &ops[i]
		if _, ok := l.ops[op.Type]; !ok {
			l.types = append(l.types, op.Type)
		}
		l.ops[op.Type] = op
		l.folded[strings.ToLower(op.Type)] = op.Type
	}

	slices.Sort(l.types)

	// In the order of the types, so that it does not depend on the order of the list who has a
	// name that two claim.
	for _, typ := range l.types {
		for _, name := range l.ops[typ].Traits.Also {
			l.also[name] = typ
		}
	}

	return l
}

// With returns a library that has the operations of l and the given ones.
func (l *Library) With(ops ...Operation) *Library {
	var all []Operation
	for _, typ := range l.types {
		all = append(all, *l.ops[typ])
	}
	return NewLibrary(append(all, ops...)...)
}

// Types returns the operation types in alphabetical order.
func (l *Library) Types() []string { return slices.Clone(l.types) }

// Operation returns the operation of a type; types are compared exactly.
func (l *Library) Operation(typ string) (*Operation, bool) {
	op, ok := l.ops[typ]
	return op, ok
}

// About returns what is known of a type: the operation, or for an unknown type one
// that has nothing but its name.
func (l *Library) About(typ string) *Operation {
	if op, ok := l.ops[typ]; ok {
		return op
	}
	return &Operation{Type: typ}
}

// Compile compiles one transform alone. References are looked up in transforms,
// which may be nil.
func (l *Library) Compile(def *Definition, transforms map[string]*Definition) (*Program, diag.List) {
	u, found := l.Link(Options{Transforms: transforms}, Item{Def: def})
	return u.programs[0], found
}

// unknown describes a type that the library does not have.
func (l *Library) unknown(typ string) (code diag.Code, message, hint string) {
	message = fmt.Sprintf("unknown operation %q", typ)
	if right, ok := l.folded[strings.ToLower(typ)]; ok {
		return codeTypeCase, message, fmt.Sprintf("it is spelled %q", right)
	}

	// People take the operations of the utility rule for types of their own.
	if whole := l.partOf(typ); whole != "" {
		return codeTypeUnknown, message, fmt.Sprintf("use type %q with name %q and operation %q", whole, UtilityRule, typ)
	}

	right := cmp.Or(l.also[strings.ToLower(typ)], diag.Near(typ, l.types))
	return codeTypeUnknown, message, diag.DidYouMean(right)
}

// partOf returns the operation that has one of that type among its parts.
func (l *Library) partOf(typ string) string {
	for _, whole := range l.types {
		if slices.ContainsFunc(l.ops[whole].Parts, func(part Operation) bool { return part.Type == typ }) {
			return whole
		}
	}

	return ""
}

// UtilityRule is the name of the rule that holds three documented operations.
const UtilityRule = "Cloud Services Deployment Utility"
