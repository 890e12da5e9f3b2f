package transform

import (
	"strings"
	"unicode"

	"github.com/idprofile/engine/identity/jsondoc"
)

// JSONSchema returns a JSON Schema (draft 2020-12) of transforms with the
// operations of the library, for editors: it knows every attribute with its
// meaning, and that transforms nest. It is stricter than evaluation in one thing: an attribute
// that an operation does not have is not valid, though a tenant accepts and ignores it.
func (l *Library) JSONSchema() []byte {
	s := &schema{lib: l}
	defs := jsondoc.NewObject(
		jsondoc.M("value", s.value()),
		jsondoc.M("integer", anyOf(describe("integer"), numericText(), s.ref("transform"))),
		jsondoc.M("boolean", anyOf(describe("boolean"), jsondoc.NewObject(jsondoc.M("type", text("string"))),
			s.ref("transform"))),
		jsondoc.M("transform", s.transform()),
	)

	for _, typ := range l.types {
		defs.Set("op-"+typ, s.operation(l.ops[typ]))
	}

	root := jsondoc.NewObject(
		jsondoc.M("$schema", text("https://json-schema.org/draft/2020-12/schema")),
		jsondoc.M("title", text("Transform")),
		jsondoc.M("$ref", text("#/$defs/transform")),
		jsondoc.M("properties", jsondoc.NewObject(
			jsondoc.M("$schema", describe("string")),
			jsondoc.M("name", jsondoc.NewObject(jsondoc.M("type", text("string")), jsondoc.M("minLength", jsondoc.NewInt(1)),
				jsondoc.M("maxLength", jsondoc.NewInt(MaxName)),
				jsondoc.M("description", text("name of a stored transform, by which references find it")))),
			jsondoc.M("requiresPeriodicRefresh", jsondoc.NewObject(jsondoc.M("type", text("boolean")),
				jsondoc.M("description", text("whether the nightly refresh calculates the value anew")))),
		)),
		jsondoc.M("$defs", defs),
	)

	return root.Indent()
}

type schema struct{ lib *Library }

func text(s string) *jsondoc.Node { return jsondoc.NewString(s) }

func describe(typ string) *jsondoc.Node { return jsondoc.NewObject(jsondoc.M("type", text(typ))) }

func anyOf(list ...*jsondoc.Node) *jsondoc.Node {
	return jsondoc.NewObject(jsondoc.M("anyOf", jsondoc.NewArray(list...)))
}

func (s *schema) ref(def string) *jsondoc.Node {
	return jsondoc.NewObject(jsondoc.M("$ref", text("#/$defs/"+def)))
}

// numericText allows numbers as text, and templates that give one.
func numericText() *jsondoc.Node {
	return jsondoc.NewObject(jsondoc.M("type", text("string")), jsondoc.M("pattern", text(`^\s*[-+]?\d+(\.0*)?\s*$|[$#]`)))
}

// value is anything that may stand where an attribute value is expected.
func (s *schema) value() *jsondoc.Node {
	list := jsondoc.NewObject(jsondoc.M("type", text("array")), jsondoc.M("items", s.ref("value")))
	scalar := jsondoc.NewObject(jsondoc.M("type",
		jsondoc.NewArray(text("string"), text("number"), text("boolean"), text("null"))))
	return anyOf(scalar, list, s.ref("transform"))
}

// transform is any operation: by its type, the rules of that operation hold.
func (s *schema) transform() *jsondoc.Node {
	var types, rules []*jsondoc.Node
	for _, typ := range s.lib.types {
		one := jsondoc.NewObject(jsondoc.M("const", text(typ)), jsondoc.M("description", text(s.lib.ops[typ].Doc)))
		types = append(types, one)
		is := jsondoc.NewObject(jsondoc.M("properties",
			jsondoc.NewObject(jsondoc.M("type", jsondoc.NewObject(jsondoc.M("const", text(typ)))))))
		rules = append(rules, jsondoc.NewObject(jsondoc.M("if", is), jsondoc.M("then", s.ref("op-"+typ))))
	}

	return jsondoc.NewObject(
		jsondoc.M("type", text("object")),
		jsondoc.M("required", jsondoc.NewArray(text("type"))),
		jsondoc.M("properties", jsondoc.NewObject(
			jsondoc.M("type", jsondoc.NewObject(jsondoc.M("description", text("the operation")),
				jsondoc.M("oneOf", jsondoc.NewArray(types...)))),
			jsondoc.M("attributes", jsondoc.NewObject(jsondoc.M("type", jsondoc.NewArray(text("object"), text("null"))))),
		)),
		jsondoc.M("allOf", jsondoc.NewArray(rules...)),
	)
}

// operation is the shape of the attributes of one operation.
func (s *schema) operation(op *Operation) *jsondoc.Node {
	props := jsondoc.NewObject(jsondoc.M("input",
		described(s.ref("value"), "what the operation works on; without it, the input of the transform around it")))

	var required []*jsondoc.Node
	for _, f := range op.Fields {
		if f.Kind == KindVariables || f.Kind == KindArguments {
			continue
		}
		props.Set(f.Name, described(s.field(f), f.describe()))
		if f.Required {
			required = append(required, text(f.Name))
		}
	}

	attributes := jsondoc.NewObject(jsondoc.M("type", jsondoc.NewArray(text("object"), text("null"))),
		jsondoc.M("properties", props))

	shape := jsondoc.NewObject(jsondoc.M("description", text(op.Doc)))
	if required != nil {
		attributes.Set("required", jsondoc.NewArray(required...))
		shape.Set("required", jsondoc.NewArray(text("attributes")))
	}

	// A name that the operation does not have has no effect, which is hardly what somebody wants.
	attributes.Set("additionalProperties", jsondoc.NewBool(false))
	if op.open {
		attributes.Set("additionalProperties", s.ref("value"))
	}

	shape.Set("properties", jsondoc.NewObject(jsondoc.M("attributes", attributes)))
	return shape
}

// field is the shape of one attribute, with the values that it has a meaning for first.
func (s *schema) field(f Field) *jsondoc.Node {
	switch {
	case f.Enum != nil:
		return anyOf(enum(f.Enum), jsondoc.NewObject(jsondoc.M("type", text("string")),
			jsondoc.M("pattern", text(anyCase(f.Enum)+`|[$#]`))), s.ref("transform"))
	case f.Suggest != nil:
		return anyOf(enum(f.Suggest), s.kind(f.Kind))
	}

	return s.kind(f.Kind)
}

func enum(values []string) *jsondoc.Node {
	list := make([]*jsondoc.Node, len(values))
	for i, v := range values {
		list[i] = text(v)
	}
	return jsondoc.NewObject(jsondoc.M("enum", jsondoc.NewArray(list...)))
}

// anyCase is an expression for values in any case. The language of schemas has no flags.
func anyCase(values []string) string {
	var b strings.Builder
	for i, v := range values {
		if i > 0 {
			b.WriteByte('|')
		}
		for _, c := range v {
			lower, upper := unicode.ToLower(c), unicode.ToUpper(c)
			if lower == upper {
				b.WriteRune(c)
			} else {
				b.WriteString("[" + string(lower) + string(upper) + "]")
			}
		}
	}

	return "^(" + b.String() + ")$"
}

// kind is the shape of one attribute.
func (s *schema) kind(k Kind) *jsondoc.Node {
	switch k {
	case KindInteger:
		return s.ref("integer")
	case KindBoolean:
		return s.ref("boolean")
	case KindList:
		return jsondoc.NewObject(jsondoc.M("type", text("array")), jsondoc.M("items", s.ref("value")))
	case KindTable:
		return jsondoc.NewObject(jsondoc.M("type", text("object")), jsondoc.M("additionalProperties", s.ref("value")))
	}

	return s.ref("value")
}

func described(n *jsondoc.Node, doc string) *jsondoc.Node {
	if doc != "" {
		n.Set("description", text(doc))
	}
	return n
}

// describe says what an attribute means and what stands for it when it is absent.
func (f Field) describe() string {
	if f.Default == "" {
		return f.Doc
	}
	if f.Doc == "" {
		return "default: " + f.Default
	}
	return f.Doc + "; default: " + f.Default
}
